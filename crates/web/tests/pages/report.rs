//! Reports: what is shown is the body of the file with the same options.

use serde_json::{Value, json};

use crate::cast::{TestApp, apps, path};
use crate::visitor::Visitor;

/// A session of Lena's, half filled, with things that would like to be markup; and where its pages are.
async fn worked(app: &TestApp) -> (Value, String) {
    let flow = app.flow().await;
    let lena = app.member("lena");
    let session = lena.starts(&flow).await;
    let at = path(&session);
    let values = json!({"address": "10.0.0.7", "ticket": "</article><script>alert(1)</script>"});
    lena.sets(&session, &values).await.with(200);
    let note = json!({"state": "done", "note": "<img src=x onerror=alert(2)> lena@example.com", "output": "</pre><b>"});
    lena.put(format!("{at}/steps/look")).json(&note).await.with(200);
    (session, at)
}

/// The queries that stand for all options.
const QUERIES: [&str; 6] = [
    "",
    "unset=blank",
    "up_to=look",
    "summary_first=true",
    "times=false",
    "mask=addresses%2Cmail%2Ctokens",
];

#[tokio::test]
async fn what_is_shown_is_the_body_of_the_file() {
    for app in apps().await {
        let (_, at) = worked(&app).await;
        for name in ["lena", "morgan", "vera"] {
            let visitor = Visitor::signed_in(&app, name).await;
            for query in QUERIES {
                let page = visitor.get(&format!("{at}/report?{query}")).await.ok();
                let file = visitor
                    .get(&format!("{at}/export?format=html&{query}"))
                    .await
                    .ok();
                assert!(
                    file.header("content-disposition")
                        .starts_with("attachment; filename=\"session-0001.html\"")
                );
                let start = file.text.find("<article").unwrap();
                let end = file.text.find("</article>").unwrap();
                assert!(
                    page.text.contains(&file.text[start..end]),
                    "{query}: {}",
                    page.text
                );
                for text in [&page.text, &file.text] {
                    assert!(
                        !text.contains("<script>alert")
                            && !text.contains("<img src=x")
                            && !text.contains("</pre><b>")
                    );
                }
                // The same as the API gives to a program.
                let api = app
                    .member(name)
                    .get(format!("{at}/export?format=html&{query}"))
                    .await;
                assert_eq!(api.text(), file.text);
            }
        }
    }
}

#[tokio::test]
async fn every_form_can_be_shown_copied_and_kept() {
    for app in apps().await {
        let (_, at) = worked(&app).await;
        let vera = Visitor::signed_in(&app, "vera").await;
        let page = vera
            .get(&format!(
                "{at}/report?unset=blank&mask=mail&mask=tokens&times=false&up_to=look"
            ))
            .await
            .ok();
        let query = "unset=blank&amp;up_to=look&amp;times=false&amp;mask=mail%2Ctokens";
        let page = page.has(&[
            "data-copy-from=\"",
            "Copy for ticket",
            "data-action=\"print\"",
            "In progress",
        ]);
        for form in ["html", "markdown", "text", "json"] {
            assert!(
                page.text
                    .contains(&format!("{at}/export?format={form}&amp;{query}\"")),
                "{form}: {}",
                page.text
            );
        }
        let page = page.has(&[
            "value=\"blank\" checked",
            "value=\"false\" checked",
            "value=\"mail\" checked",
            "value=\"look\" selected",
        ]);
        let page = page.lacks(&[
            "value=\"addresses\" checked",
            "value=\"true\" checked",
            "lena@example.com",
        ]);
        page.lacks(&["Restart it</h"]);
        for (form, kind, ending) in [
            ("markdown", "text/markdown; charset=utf-8", "md"),
            ("text", "text/plain; charset=utf-8", "txt"),
            ("json", "application/json", "json"),
        ] {
            let file = vera.get(&format!("{at}/export?format={form}")).await.ok();
            assert_eq!(file.header("content-type"), kind);
            assert!(
                file.header("content-disposition")
                    .contains(&format!("session-0001.{ending}"))
            );
            let shown = vera.get(&format!("{at}/report?format={form}")).await.ok();
            let escaped = file
                .text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;");
            assert!(shown.text.contains(&escaped), "{form}: {}", shown.text);
        }
    }
}

#[tokio::test]
async fn a_report_says_what_a_parameter_cannot_be() {
    for app in apps().await {
        let (_, at) = worked(&app).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        for (query, name) in [
            ("format=pdf", "format"),
            ("up_to=nowhere", "up_to"),
            ("mask=names", "mask"),
        ] {
            let page = lena.get(&format!("{at}/report?{query}")).await;
            assert_eq!(page.status, 422, "{query}");
            page.has(&[&format!("<code>{name}</code>")]);
        }
        lena.get(&format!("{at}/report?unset=&up_to=&other=%3Cscript%3E"))
            .await
            .ok();
    }
}

#[tokio::test]
async fn an_ended_session_is_reopened_for_a_day_by_who_may() {
    for app in apps().await {
        let (session, at) = worked(&app).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let reopen = format!("action=\"{at}/reopen\"");
        lena.get(&format!("{at}/report")).await.ok().lacks(&[&reopen]);
        app.member("lena").does("complete", &session).await.with(200);
        let report = lena.get(&format!("{at}/report")).await.ok();
        report.has(&[&reopen, "Completed"]).lacks(&["In progress"]);
        for name in ["morgan", "vera"] {
            let other = Visitor::signed_in(&app, name).await;
            other.get(&format!("{at}/report")).await.ok().lacks(&[&reopen]);
        }
        app.clock.advance(chrono::TimeDelta::hours(25));
        lena.get(&format!("{at}/report")).await.ok().lacks(&[&reopen]);
    }
}

#[tokio::test]
async fn strangers_see_nothing() {
    for app in apps().await {
        let (_, at) = worked(&app).await;
        let sid = Visitor::signed_in(&app, "sid").await;
        let nobody = Visitor::new(&app);
        for page in ["report", "export?format=text"] {
            let path = format!("{at}/{page}");
            assert_eq!(sid.get(&path).await.status, 404);
            assert!(nobody.get(&path).await.goes_to().starts_with("/sign-in?next="));
        }
    }
}
