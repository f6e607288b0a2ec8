//! Prepared sessions: one that two want, one that is reviewed and moved to a newer version, one that is handed over.

use serde_json::{Value, json};

use crate::harness::{Api, Browser, Site, Stage, both, until};
use crate::run::cut_over;

/// A prepared session, and its flow.
struct Prepared {
    flow: String,
    id: String,
}

async fn prepared(site: &Site, by: &str, more: &Value) -> Prepared {
    let api = site.api(by).await;
    let flow = site
        .api("morgan")
        .await
        .does("POST", "/api/v1/flows", &cut_over())
        .await;
    let flow = flow["flow"]["id"].as_str().unwrap().to_owned();
    let mut body = json!({ "flow_id": flow, "variables": { "server_name": "srv-01" } });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let session = api.does("POST", "/api/v1/sessions/prepare", &body).await;
    let id = session["id"].as_str().unwrap().to_owned();
    Prepared { flow, id }
}

async fn open(stage: &Stage, site: &Site, name: &str, path: &str) -> Browser {
    let browser = stage.browser(name, site.url()).await;
    browser.sign_in(site.person(name)).await;
    browser.open(path).await;
    browser
}

async fn until_session(api: &Api, id: &str, member: &str, value: &Value) {
    until(&format!("{member} of the session is {value}"), async || {
        let session = api.get(&format!("/api/v1/sessions/{id}")).await;
        let seen = &session[member];
        if seen == value {
            Ok(())
        } else {
            Err(seen.to_string())
        }
    })
    .await;
}

#[test]
fn from_the_lead_through_the_queue_to_the_document() {
    both(async |stage| {
        let site = stage.demo().await;
        let flow = site
            .api("morgan")
            .await
            .does("POST", "/api/v1/flows", &cut_over())
            .await;
        let flow = flow["flow"]["id"].as_str().unwrap().to_owned();
        // The engineer looks at the queue while the lead prepares.
        let lena = open(stage, &site, "lena", "/").await;
        let morgan = open(stage, &site, "morgan", &format!("/flows/{flow}/prepare")).await;
        morgan.type_into("#title", "Contoso, Saturday window").await;
        morgan.choose("#assigned_to", "Lena Koch").await;
        morgan.type_into("#ticket", "CHG0042817").await;
        morgan.type_into("#note", "Tell the desk before you begin.").await;
        morgan.type_into("#panel-server_name", "srv-01").await;
        let unread: usize = lena
            .attribute_of("#bell", "data-unread")
            .await
            .unwrap()
            .parse()
            .unwrap();
        let more = format!("#bell[data-unread='{}']", unread + 1);
        let began = std::time::Instant::now();
        morgan.press("Enter").await;
        morgan.until_text("#toast", "Prepared for Lena").await;
        // No reload: what it shows is what the stream brought.
        lena.until_text("#main", "Contoso, Saturday window").await;
        println!("in the queue after {:?}", began.elapsed());
        lena.wait_for(&more).await;
        lena.click("#main a >> Contoso, Saturday window").await;
        lena.wait_for(".bar.prepared").await;
        lena.until_text(".bar.prepared", "Tell the desk before you begin.")
            .await;
        lena.until_everywhere("server_name", "srv-01").await;
        lena.screenshot("prepared-opened").await;
        lena.click("form[action$='/start'] button").await;
        lena.wait_gone(".bar.prepared").await;
        lena.wait_for("#finish-button").await;
        lena.click("button >> Mark done").await;
        lena.click("#finish-button").await;
        lena.wait_for("dialog#finish").await;
        // One required value is missing, and it may be.
        lena.until_text("#finish", "1 required value is empty").await;
        lena.until_text("#finish", "[VAR:domain]").await;
        lena.click("#finish button >> Complete anyway").await;
        lena.until_text("#main", "[VAR:domain]").await;
        let page = lena.path().await;
        let session = page.trim_end_matches("/report").to_owned();
        let api = site.api("lena").await;
        let state = api.get(&format!("/api/v1{session}")).await;
        assert_eq!(state["status"], "completed");
        assert_eq!(state["missing_required"], json!(["domain"]));
        let document = api.get(&format!("/api/v1{session}/export?format=markdown")).await;
        let document = document.as_str().unwrap();
        for part in ["srv-01", "[VAR:domain]", "CHG0042817", "Lena Koch", "Morgan Osei"] {
            assert!(document.contains(part), "{part} is not in\n{document}");
        }
        // Who prepared it learns that it is done.
        let told = site.api("morgan").await.get("/api/v1/notifications").await;
        assert_eq!(told["items"][0]["kind"], "completed");
    });
}

#[test]
fn an_unassigned_one_is_wanted_by_two() {
    both(async |stage| {
        let site = stage.demo().await;
        let one = prepared(&site, "morgan", &json!({})).await;
        let page = format!("/sessions/{}", one.id);
        let lena = open(stage, &site, "lena", &page).await;
        let ravi = open(stage, &site, "ravi", &page).await;
        ravi.may_log("409");
        lena.wait_for("form[action$='/take'] button").await;
        ravi.wait_for("form[action$='/take'] button").await;
        lena.click("form[action$='/take'] button").await;
        lena.wait_gone("form[action$='/take']").await;
        lena.click("form[action$='/start'] button").await;
        lena.wait_gone(".bar.prepared").await;
        // The other sees it without a reload, and may watch.
        ravi.until_text("#bars", "Lena owns this session").await;
        assert_eq!(ravi.count("form[action$='/start']").await, 0);
        let session = site.api("ravi").await.get(&format!("/api/v1{page}")).await;
        assert_eq!(session["status"], "active");
        assert_eq!(session["owner_id"], session["assigned_to_id"]);
    });
}

#[test]
fn a_stale_one_is_reviewed_and_updated() {
    both(async |stage| {
        let site = stage.demo().await;
        let morgan = site.api("morgan").await;
        let one = prepared(
            &site,
            "morgan",
            &json!({ "variables": { "server_name": "srv-01", "ticket": "CHG-1" } }),
        )
        .await;
        let mut changed = cut_over();
        changed["fields"][2] = json!({ "name": "ticket", "label": "Ticket", "type": "number" });
        changed["sections"][0]["steps"][1]["title"] = json!("Move it over");
        let at = format!("/api/v1/flows/{}", one.flow);
        morgan.does("PUT", &format!("{at}/draft"), &changed).await;
        morgan.does("POST", &format!("{at}/versions"), &json!({})).await;

        let lena = open(stage, &site, "lena", &format!("/sessions/{}", one.id)).await;
        let ravi = open(stage, &site, "ravi", &format!("/sessions/{}", one.id)).await;
        ravi.wait_for(".bar.prepared").await;
        lena.until_text(
            ".bar.prepared",
            "The flow is now v2: 1 step changed, 1 field changed.",
        )
        .await;
        lena.click(".bar.prepared a[href$='/review']").await;
        lena.until_text("h1", "Review session").await;
        lena.until_text(".dropped", "CHG-1").await;
        lena.until_text(".difference del", "Move it").await;
        lena.until_text(".difference ins", "Move it over").await;
        lena.click("form[action$='/update'] button").await;
        lena.wait_for("#runner").await;
        lena.until_text("#rail-move .rail-title", "Move it over").await;
        lena.wait_gone(".bar.prepared a[href$='/review']").await;
        until_session(&morgan, &one.id, "flow_version", &json!(2)).await;
        // Who has it open has the new steps, too.
        ravi.until_text("#rail-move .rail-title", "Move it over").await;
        ravi.wait_gone(".bar.prepared a[href$='/review']").await;
        // The first step that is marked starts it.
        lena.press("d").await;
        until_session(&morgan, &one.id, "status", &json!("active")).await;
        lena.wait_gone(".bar.prepared").await;
    });
}

#[test]
fn one_that_runs_is_handed_over() {
    both(async |stage| {
        let site = stage.demo().await;
        let one = prepared(&site, "lena", &json!({ "title": "Contoso" })).await;
        let page = format!("/sessions/{}", one.id);
        let lena = open(stage, &site, "lena", &page).await;
        lena.click("form[action$='/start'] button").await;
        lena.wait_gone(".bar.prepared").await;
        lena.press("d").await;
        lena.wait_for("#rail-look.done").await;
        let ravi = open(stage, &site, "ravi", &page).await;
        ravi.until_text("#bars", "You are watching").await;
        lena.open(&format!("{page}/assign")).await;
        lena.choose("#assign-to", "Ravi Iyer").await;
        lena.type_into("#assign-note", "Two steps are left.").await;
        lena.click("form.narrow .primary").await;
        lena.wait_for("#runner").await;
        // He may go on, without a reload.
        ravi.wait_gone("#bars .watching").await;
        ravi.go_to("move").await;
        ravi.press("d").await;
        let api = site.api("lena").await;
        until("both steps are done", async || {
            let session = api.get(&format!("/api/v1{page}")).await;
            let by: Vec<_> = session["steps"].as_array().unwrap()[..2]
                .iter()
                .map(|step| step["finished_by_id"].clone())
                .collect();
            if by.iter().all(|id| !id.is_null()) && by[0] != by[1] {
                Ok(())
            } else {
                Err(format!("{by:?}"))
            }
        })
        .await;
        lena.open(&format!("{page}/report")).await;
        lena.until_text(".document", "Two steps are left.").await;
    });
}
