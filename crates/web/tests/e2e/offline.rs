//! Dead networks, dead servers and ended logins: nothing typed is lost, and what waited is sent once.

use serde_json::json;

use crate::harness::{Browser, both};
use crate::run::{Run, cut_over, prompt};

/// Fills all fields of the flow, two by keys and one in the panel.
async fn fill_three(browser: &Browser) {
    browser.fill("server_name", "srv-01").await;
    browser.fill("domain", "corp.contoso.example").await;
    browser.type_into("#panel-ticket", "CHG-7").await;
    browser.press("Enter").await;
}

async fn three_arrived_once(run: &Run) {
    run.until_variable("server_name", Some("srv-01")).await;
    run.until_variable("domain", Some("corp.contoso.example")).await;
    run.until_variable("ticket", Some("CHG-7")).await;
    assert_eq!(run.events("variable_set").await.len(), 3);
}

#[test]
fn what_is_filled_offline_outlives_a_reload_and_arrives_once() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let proxy = stage.proxy(run.site.url()).await;
        let morgan = run.open_at(stage, "morgan", proxy.url()).await;
        morgan.may_log("ERR_");
        proxy.cut();
        fill_three(&morgan).await;
        morgan.until_text("#save-state", "3 changes waiting").await;
        morgan
            .until_text("#bars .offline", "3 changes are kept on this device")
            .await;
        morgan.wait_for(".step-prose .value.waiting").await;
        morgan.screenshot("runner-offline").await;
        morgan.click("#save-state").await;
        morgan.until_text("[popover] ul", "corp.contoso.example").await;
        morgan.press("Escape").await;

        // The page itself cannot be read again.
        morgan.execute("location.reload()", &[]).await;
        morgan.wait_gone("#runner").await;
        assert_eq!(run.events("variable_set").await.len(), 0);
        proxy.mend();
        morgan.open(&run.page()).await;
        three_arrived_once(&run).await;
        morgan.until_saved().await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
        assert_eq!(morgan.kept("rf.out:").await, [""; 0]);
    });
}

#[test]
fn what_is_filled_offline_is_sent_when_the_network_is_back() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.may_log("ERR_");
        morgan.offline(true).await;
        fill_three(&morgan).await;
        morgan
            .until_text("#bars .offline", "3 changes are kept on this device")
            .await;
        morgan.click("#actions-look [data-action=done]").await;
        morgan
            .until_text("#bars .offline", "4 changes are kept on this device")
            .await;
        morgan.offline(false).await;
        three_arrived_once(&run).await;
        run.until_step("look", "state", "done").await;
        morgan.until_saved().await;
        morgan.until_text("#toast", "Sent 4 changes").await;
        morgan.wait_gone("#bars .offline").await;
        morgan.until_everywhere("server_name", "srv-01").await;
        assert_eq!(run.events("step_done").await.len(), 1);
    });
}

#[test]
fn a_value_that_changed_meanwhile_is_asked_about_on_return() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.may_log("ERR_");
        morgan.may_log("409");
        morgan.offline(true).await;
        fill_three(&morgan).await;
        morgan.until_text("#save-state", "3 changes waiting").await;
        run.set(&run.lena, &json!({ "domain": "lena.contoso.example" }))
            .await;
        morgan.offline(false).await;
        run.until_variable("server_name", Some("srv-01")).await;
        run.until_variable("ticket", Some("CHG-7")).await;
        morgan
            .until_text(".conflict", "Lena set this to lena.contoso.example")
            .await;
        assert_eq!(
            run.variable("domain").await.as_deref(),
            Some("lena.contoso.example")
        );
        morgan.click(".conflict button >> Keep mine").await;
        run.until_variable("domain", Some("corp.contoso.example")).await;
    });
}

#[test]
fn a_server_that_is_killed_loses_nothing() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.may_log("ERR_");
        morgan.may_log("503");
        morgan.fill("server_name", "srv-01").await;
        run.until_variable("server_name", Some("srv-01")).await;
        morgan.type_into("#panel-ticket", "CHG").await;
        morgan.press("Enter").await;
        morgan.type_into(&prompt("domain"), "corp.con").await;
        run.site.kill9();
        morgan.type_into(&prompt("domain"), "toso.example").await;
        morgan.press("Enter").await;
        morgan.click("#actions-look [data-action=note]").await;
        morgan.type_into("#note-look", "While it was down").await;
        morgan.wait_for("#bars .offline").await;
        run.site.restart().await;
        run.until_variable("domain", Some("corp.contoso.example")).await;
        run.until_variable("ticket", Some("CHG")).await;
        run.until_step("look", "note", "While it was down").await;
        assert_eq!(run.events("variable_set").await.len(), 3);
        morgan.until_saved().await;
        // The stream comes back, too.
        run.set(&run.lena, &json!({ "contact": "Ravi" })).await;
        morgan.until_everywhere("contact", "Ravi").await;
    });
}

#[test]
fn who_was_signed_out_signs_in_and_what_waited_is_sent() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.may_log("401");
        morgan.may_log("ERR_");
        // As ended elsewhere: this browser still shows the page.
        let elsewhere = "const done = arguments[0];
            fetch('/sign-out', { method: 'POST', redirect: 'manual', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })
                .then((answer) => done(answer.type));";
        morgan.execute_async(elsewhere, &[]).await;
        morgan.fill("server_name", "srv-01").await;
        morgan.wait_for("#sign-in-again").await;
        morgan
            .until_text("#sign-in-again", "is sent when you sign in again")
            .await;
        assert_eq!(run.variable("server_name").await, None);
        let person = run.site.person("morgan").clone();
        morgan.type_into("#again-email", &person.email).await;
        morgan.type_into("#again-password", "not this one").await;
        morgan.press("Enter").await;
        morgan.until_text("#sign-in-again .error", "wrong").await;
        morgan.replace("#again-password", &person.password).await;
        morgan.press("Enter").await;
        morgan.wait_gone("#sign-in-again").await;
        run.until_variable("server_name", Some("srv-01")).await;
        morgan.until_everywhere("server_name", "srv-01").await;
        assert_eq!(run.history("server_name").await, ["srv-01"]);
        run.set(&run.lena, &json!({ "ticket": "7" })).await;
        morgan.until_everywhere("ticket", "7").await;
    });
}

#[test]
fn what_is_typed_and_not_sent_outlives_a_reload() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        // The focus stays, so nothing is sent; then the page is gone without a warning.
        morgan.type_into(&prompt("domain"), "corp.con").await;
        morgan.reload().await;
        morgan.until_value(&prompt("domain"), "corp.con").await;
        assert_eq!(run.variable("domain").await, None);
        morgan.type_into(&prompt("domain"), "toso.example").await;
        morgan.press("Enter").await;
        run.until_variable("domain", Some("corp.contoso.example")).await;

        morgan.click("#actions-look [data-action=note]").await;
        morgan.type_into("#note-look", "Half a note").await;
        morgan.reload().await;
        run.until_step("look", "note", "Half a note").await;
        assert_eq!(morgan.kept("rf.draft:").await, [""; 0]);
    });
}

#[test]
fn two_tabs_send_what_waits_once() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let proxy = stage.proxy(run.site.url()).await;
        let morgan = run.open_at(stage, "morgan", proxy.url()).await;
        morgan.may_log("ERR_");
        morgan.tab(1).await;
        morgan.open(&run.page()).await;
        morgan.wait_for(".step-title").await;
        proxy.cut();
        fill_three(&morgan).await;
        morgan.until_text("#save-state", "3 changes waiting").await;
        morgan.tab(0).await;
        // The other tab knows of them.
        morgan.until_text("#save-state", "3 changes waiting").await;
        proxy.mend();
        three_arrived_once(&run).await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
        morgan.tab(1).await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
        morgan.until_saved().await;
    });
}

#[test]
fn what_waits_in_one_account_outlives_work_in_another() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        run.site.second_account("Northwind", "morgan").await;
        let morgan = run.open(stage, "morgan").await;
        morgan.may_log("ERR_");
        morgan.may_log("409");
        // Another tab is there before, since one that opens sends what waits.
        morgan.tab(1).await;
        morgan.open("/people").await;
        morgan.wait_for(".page-sub >> Contoso IT").await;
        morgan.tab(0).await;
        morgan.offline(true).await;
        morgan.fill("server_name", "srv-01").await;
        morgan.until_text("#save-state", "1 change waiting").await;

        morgan.tab(1).await;
        morgan.click("#account-menu summary").await;
        morgan.click("#account-menu button >> Switch to Northwind").await;
        morgan.until_path("/").await;
        morgan.open("/people").await;
        morgan.wait_for(".page-sub >> Northwind").await;
        morgan.tab(0).await;
        morgan.offline(false).await;
        morgan.wait_for("#toast >> You are in another account now.").await;
        morgan.until_text("#save-state", "1 change waiting").await;
        assert_eq!(run.variable("server_name").await, None);
        assert_eq!(morgan.kept("rf.out:").await.len(), 1);

        morgan.tab(1).await;
        morgan.click("#account-menu summary").await;
        morgan.click("#account-menu button >> Switch to Contoso IT").await;
        morgan.until_path("/").await;
        morgan.open(&run.page()).await;
        run.until_variable("server_name", Some("srv-01")).await;
        morgan.until_saved().await;
        morgan.until_everywhere("server_name", "srv-01").await;
        assert_eq!(run.history("server_name").await, ["srv-01"]);
        assert_eq!(morgan.kept("rf.out:").await, [""; 0]);
    });
}
