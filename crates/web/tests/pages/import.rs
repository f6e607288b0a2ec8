//! Importing: what would become of a document is seen first, and nothing typed is lost.

use resolutionflow::config::Size;
use resolutionflow_store::testing::databases;

use crate::cast::{TestApp, apps};
use crate::visitor::{Page, Visitor};

const IMPORT: &str = "/flows/import";
const RUNBOOK: &str = "# Restart a pod\n\nWhat it is for.\n\n1. Look at <pod-name> in $NAMESPACE.\n2. Restart \
                       <pod-name>.\n\n   ```sh\n   kubectl delete pod <pod-name>\n   ```\n";

/// One part of a form with files.
pub(crate) enum Part<'a> {
    Text(&'a str, &'a str),
    File(&'a str, &'a [u8]),
}

use Part::{File, Text};

/// Sends a form as browsers send those with files.
pub(crate) async fn upload(visitor: &Visitor, parts: &[Part<'_>]) -> Page {
    let mut body: Vec<u8> = Vec::new();
    for part in parts {
        let (head, content) = match part {
            Text(name, value) => (format!("name=\"{name}\"\r\n"), value.as_bytes()),
            File(name, bytes) => (
                format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/markdown\r\n"),
                *bytes,
            ),
        };
        body.extend(b"--line\r\nContent-Disposition: form-data; ");
        body.extend(head.as_bytes());
        body.extend(b"\r\n");
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--line--\r\n");
    visitor
        .send_body(IMPORT, "multipart/form-data; boundary=line", body)
        .await
}

async fn flows(app: &TestApp) -> usize {
    let flows = app.member("lena").get("/flows").await.with(200);
    flows["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn nothing_is_imported_by_a_form_of_another_account() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        let file = File("pods.md", RUNBOOK.as_bytes());
        let other = app.member("sid").account.to_string();
        let refused = upload(&lena, &[Text("of-account", &other), Text("confirm", "1"), file]).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert_eq!(flows(&app).await, 0);
    }
}

#[tokio::test]
async fn a_runbook_is_seen_before_it_is_imported() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        lena.get(IMPORT)
            .await
            .ok()
            .has(&["multipart/form-data", "type=\"file\""]);
        let preview = upload(&lena, &[File("pods.md", RUNBOOK.as_bytes())]).await.ok();
        let preview = preview.has(&[
            "Restart a pod",
            "2 steps, 1 field",
            "&lt;pod-name&gt;",
            "[VAR:pod_name]",
            "3 times, lines 5, 6, 9",
            "not chosen above",
            "Import as v1",
        ]);
        assert_eq!(flows(&app).await, 0, "looking keeps nothing");

        assert_eq!(preview.hidden("file_name"), "pods.md");
        let key = preview.hidden("key");
        let form = [
            Text("file_name", "pods.md"),
            Text("styles", "chosen"),
            Text("style", "kebab"),
            Text("style", "dollar"),
            Text("text", &RUNBOOK.replace('\n', "\r\n")),
            Text("confirm", "1"),
            Text("key", &key),
        ];
        let to = upload(&lena, &form).await.goes_to();
        assert_eq!(
            upload(&lena, &form).await.goes_to(),
            to,
            "sent twice, imported once"
        );
        assert_eq!(flows(&app).await, 1);
        let flow = app.member("lena").get(&to).await.with(200);
        assert_eq!(flow["flow"]["latest_version"], 1);
        let names: Vec<_> = flow["document"]["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| &field["name"])
            .collect();
        assert_eq!(names, ["pod_name", "namespace"]);
        let command = flow["document"]["sections"][0]["steps"][1]["body"]
            .as_str()
            .unwrap();
        assert!(!command.contains('\r'), "{command:?}");
    }
}

#[tokio::test]
async fn styles_are_converted_as_chosen() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        let none = upload(&lena, &[Text("styles", "chosen"), Text("text", RUNBOOK)])
            .await
            .ok();
        none.has(&["2 steps, 0 fields", "not chosen above"]);
        let dollar = [
            Text("styles", "chosen"),
            Text("style", "dollar"),
            Text("text", RUNBOOK),
        ];
        upload(&lena, &dollar)
            .await
            .ok()
            .has(&["2 steps, 1 field", "[VAR:namespace]"]);
    }
}

#[tokio::test]
async fn a_document_that_names_its_flow_becomes_its_next_version() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        let flow = app.flow().await;
        let id = flow["id"].as_str().unwrap();
        let text = app.member("lena").get(format!("/flows/{id}/export")).await.text();
        upload(&lena, &[Text("text", &text)])
            .await
            .ok()
            .has(&["exactly like this", "own form"]);
        let changed = text.replace("Restart it", "Restart it well");
        let preview = upload(&lena, &[Text("text", &changed)]).await.ok();
        preview.has(&["Restart a service", "Import as v2"]);
        let form = [Text("text", &changed), Text("confirm", "1")];
        assert_eq!(upload(&lena, &form).await.goes_to(), format!("/flows/{id}"));
        let flow = app.member("lena").get(format!("/flows/{id}")).await.with(200);
        assert_eq!(flow["flow"]["latest_version"], 2);
        // Another account has no such flow, and learns nothing of it.
        let sid = Visitor::signed_in(&app, "sid").await;
        upload(&sid, &[Text("text", &changed)])
            .await
            .ok()
            .has(&["Import as v1"]);
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_said_with_its_place_and_stays() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        for (parts, status, expected) in [
            (vec![Text("text", " \r\n ")], 422, "There is no text"),
            (vec![File("", b""), Text("text", "")], 422, "There is no text"),
            (vec![File("a.md", b"# A\n\n1. b\xffc\n")], 400, "Line 3, column 5"),
            (
                vec![Text("text", "# A\r\n\r\n1. b\0c\r\n")],
                422,
                "Line 3, column 5",
            ),
        ] {
            let page = upload(&lena, &parts).await;
            assert_eq!(page.status, status, "{}", page.text);
            page.has(&[expected, "Nothing was saved"]);
        }
        let wrong = "---\ntitle: Broken\nfields:\n  - name: 1st\n---\n\n## Part\n\n### A step\n";
        for extra in [None, Some(Text("confirm", "1"))] {
            let parts: Vec<_> = [Text("text", wrong)].into_iter().chain(extra).collect();
            let page = upload(&lena, &parts).await;
            assert_eq!(page.status, 422, "{}", page.text);
            page.has(&["Line ", ", column ", "name: 1st"]);
        }
        assert_eq!(flows(&app).await, 0);
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_on_the_page() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| settings.limits.import = Size::mebibytes(1)).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let large = format!("# Large\n\n{}", "- Look at it again\n".repeat(60_000));
        for part in [File("large.md", large.as_bytes()), Text("text", &large)] {
            let page = upload(&lena, &[part]).await;
            assert_eq!(page.status, 413, "{}", page.text);
            page.has(&["over the limit of 1 MiB", "Nothing was saved"]);
        }
    }
}

#[tokio::test]
async fn a_hostile_document_is_text() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        let text = "# </textarea><script>alert(1)</script>\n\n\n1. <img src=x onerror=alert(2)> and {{\"><script>}}\n\
                    2. [link](javascript:alert(3))\n\n   </textarea><script>alert(4)</script>\n";
        let name = "\u{202e}<script>alert(5)</script>.md";
        let page = upload(&lena, &[File(name, text.as_bytes())]).await.ok();
        page.lacks(&["<script>alert", "href=\"javascript:", "<img src=x"]);
        // What was sent comes back whole, with the first line break that browsers drop.
        let lines = "\n\n# A\n\n1. b\n";
        let page = upload(&lena, &[Text("text", lines)]).await.ok();
        assert!(
            page.text.contains(">\n\n\n# A\n\n1. b\n</textarea>"),
            "{}",
            page.text
        );
    }
}

#[tokio::test]
async fn only_who_writes_flows_imports() {
    for app in apps().await {
        let vera = Visitor::signed_in(&app, "vera").await;
        assert_eq!(vera.get(IMPORT).await.status, 403);
        let form = [Text("text", RUNBOOK), Text("confirm", "1")];
        assert_eq!(upload(&vera, &form).await.status, 403);
        let nobody = Visitor::new(&app);
        assert_eq!(
            nobody.get(IMPORT).await.goes_to(),
            "/sign-in?next=%2Fflows%2Fimport"
        );
        assert_eq!(upload(&nobody, &form).await.status, 401);
        assert_eq!(flows(&app).await, 0);
    }
}
