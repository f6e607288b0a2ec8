//! Without scripts: starting, filling, working, completing and exporting are plain forms.

use serde_json::json;

use crate::harness::{Browser, Stage, both};
use crate::run::{Run, cut_over, value};

/// A prompt in the text; without scripts it is a control of a form.
fn field(key: &str) -> String {
    format!(".step input[name=\"fill:{key}\"]")
}

async fn open(stage: &Stage, run: &Run, name: &str) -> Browser {
    let browser = stage.browser(name, run.site.url()).await;
    browser.without_scripts().await;
    browser.sign_in(run.site.person(name)).await;
    browser
}

#[test]
fn a_whole_run_needs_no_scripts() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let ravi = open(stage, &run, "ravi").await;
        ravi.open(&format!("/flows/{}", run.flow)).await;
        ravi.click("button >> Start flow").await;
        ravi.until_path("/sessions/").await;
        let id = ravi.path().await.trim_start_matches("/sessions/").to_owned();
        let path = format!("/api/v1/sessions/{}", &id[..36]);
        ravi.screenshot("runner-without-scripts").await;

        // Two at once, by Enter.
        ravi.type_into(&field("domain"), "corp.contoso.example").await;
        ravi.type_into(&field("server_name"), "srv-01").await;
        ravi.press("Enter").await;
        ravi.until_text(&value("server_name"), "srv-01").await;
        ravi.until_text(&value("domain"), "corp.contoso.example").await;
        // In the panel.
        ravi.type_into("#panel-ticket", "7").await;
        ravi.click("button >> Save values").await;
        ravi.until_text(&value("ticket"), "7").await;
        // A filled value is edited.
        ravi.click(&value("ticket")).await;
        ravi.until_path("/sessions/").await;
        ravi.replace(&field("ticket"), "8").await;
        ravi.press("Enter").await;
        ravi.until_text(&value("ticket"), "8").await;

        ravi.type_into("#note-look", "All is well").await;
        ravi.click("#actions-look button >> Mark done").await;
        ravi.wait_for("#rail-look.done").await;
        ravi.click("#rail-move a").await;
        ravi.wait_for("#step-move").await;
        ravi.click("#step-move .task-box").await;
        ravi.click("#actions-move button[value=done]").await;
        ravi.wait_for("#rail-move.done").await;
        ravi.click("#finish-button").await;
        ravi.until_text("#main", "2 of 3 steps done").await;
        ravi.click("#main form[method=post] button.primary").await;
        ravi.until_path(&format!("/sessions/{}/report", &id[..36])).await;
        ravi.until_text("#main", "All is well").await;
        let link = ravi.attribute_of("a[href*=\"/export\"]", "href").await.unwrap();
        assert!(link.starts_with("/sessions/"), "{link}");

        let session = run.morgan.get(&path).await;
        assert_eq!(session["status"], "completed");
        let values =
            ["server_name", "domain", "ticket"].map(|name| session["variables"][name]["value"].clone());
        assert_eq!(
            values,
            [json!("srv-01"), json!("corp.contoso.example"), json!("8")]
        );
        assert_eq!(session["steps"][0]["note"], "All is well");
        assert_eq!(session["steps"][1]["checked"], json!([0]));
    });
}

#[test]
fn a_newer_value_is_asked_about_on_a_page() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = open(stage, &run, "morgan").await;
        morgan.may_log("409");
        morgan.may_log("422");
        morgan.open(&run.page()).await;
        run.set(&run.lena, &json!({ "server_name": "srv-02" })).await;
        morgan.type_into(&field("server_name"), "srv-01").await;
        morgan.press("Enter").await;
        morgan.until_text("#refused", "Lena").await;
        morgan.until_text("#refused", "srv-02").await;
        // Nothing was saved, and nothing that was typed is lost.
        assert_eq!(run.variable("server_name").await.as_deref(), Some("srv-02"));
        assert_eq!(morgan.value_of(&field("server_name")).await, "srv-01");
        morgan.screenshot("runner-conflict-page").await;
        morgan.click("#refused button >> Save again").await;
        run.until_variable("server_name", Some("srv-01")).await;
        assert_eq!(run.history("server_name").await, ["srv-02", "srv-01"]);

        // What does not fit is said where it was typed.
        morgan.type_into(&field("domain"), "no domain").await;
        morgan.press("Enter").await;
        morgan.until_text("#refused", "Domain").await;
        assert_eq!(morgan.value_of(&field("domain")).await, "no domain");
        assert_eq!(run.variable("domain").await, None);
        morgan.click("#refused input[name=keep]").await;
        morgan.click("#refused button >> Save again").await;
        run.until_variable("domain", Some("no domain")).await;
    });
}

#[test]
fn a_form_that_is_sent_twice_has_one_effect() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let proxy = stage.proxy(run.site.url()).await;
        let morgan = stage.browser("morgan", proxy.url()).await;
        morgan.without_scripts().await;
        morgan.sign_in(run.site.person("morgan")).await;
        morgan.open(&run.page()).await;
        let steps = proxy.on(
            "POST",
            &format!("{}/steps/", run.page()),
            crate::harness::Fault::Double,
        );
        morgan.click("#actions-look button >> Mark done").await;
        assert_eq!(steps.until_answered(2).await, [303, 303]);
        morgan.wait_for("#rail-look.done").await;
        assert_eq!(run.events("step_done").await.len(), 1);
    });
}
