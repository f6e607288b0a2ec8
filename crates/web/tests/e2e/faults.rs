//! Networks that are slow, repeat, lose and reorder: one effect for each change, and the newest is what stands.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Fault, both};
use crate::run::{Run, cut_over, prompt, without_stream};

/// Wakes the stream of a page that has lost it.
const LISTEN_AGAIN: &str = "dispatchEvent(new Event('online'))";

/// How many requests for fragments this page has had an answer to.
const ANSWERED: &str =
    "return performance.getEntriesByType('resource').filter((one) => one.name.includes('/fragments')).length";

#[test]
fn a_change_that_arrives_twice_has_one_effect() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let proxy = stage.proxy(run.site.url()).await;
        let morgan = run.open_at(stage, "morgan", proxy.url()).await;
        let values = proxy.on("PATCH", &run.path(), Fault::Double);
        let steps = proxy.on("PUT", &run.path(), Fault::Double);
        morgan.fill("server_name", "srv-01").await;
        assert_eq!(values.until_answered(2).await, [200, 200]);
        morgan.until_everywhere("server_name", "srv-01").await;
        morgan.click("#actions-look [data-action=done]").await;
        assert_eq!(steps.until_answered(2).await, [200, 200]);
        morgan.until_saved().await;
        assert_eq!(run.history("server_name").await, ["srv-01"]);
        assert_eq!(run.events("step_done").await.len(), 1);
    });
}

#[test]
fn a_change_whose_answer_is_lost_is_sent_again_and_has_one_effect() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let proxy = stage.proxy(run.site.url()).await;
        let morgan = run.open_at(stage, "morgan", proxy.url()).await;
        morgan.may_log("ERR_");
        let lost = proxy.on("PATCH", &run.path(), Fault::LoseAnswer).times(1);
        morgan.fill("server_name", "srv-01").await;
        assert_eq!(lost.until_answered(1).await, [200]);
        let again = proxy.on("PATCH", &run.path(), Fault::Delay(Duration::ZERO));
        // A repeat under the key of the first; a new key would be refused, since the version has moved on.
        assert_eq!(again.until_answered(1).await, [200]);
        morgan.until_saved().await;
        morgan.until_everywhere("server_name", "srv-01").await;
        assert_eq!(run.history("server_name").await, ["srv-01"]);
        assert_eq!(morgan.count(".conflict").await, 0);
    });
}

#[test]
fn a_slow_server_is_not_waited_for() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let proxy = stage.proxy(run.site.url()).await;
        let morgan = run.open_at(stage, "morgan", proxy.url()).await;
        let held = proxy.on("PATCH", &run.path(), Fault::Hold);
        morgan.fill("server_name", "srv-01").await;
        assert_eq!(morgan.focused().await, "input[name=fill:domain]");
        morgan.until_everywhere("server_name", "srv-01").await;
        morgan.until_text("#save-state", "Saving…").await;
        // Meanwhile the work goes on, and the newest of one variable is what is sent next.
        morgan.replace("#panel-ticket", "7").await;
        morgan.press("Enter").await;
        morgan.replace("#panel-ticket", "8").await;
        morgan.press("Enter").await;
        held.lift();
        morgan.until_saved().await;
        run.until_variable("ticket", Some("8")).await;
        morgan.until_everywhere("ticket", "8").await;
        assert_eq!(run.history("ticket").await, ["8"]);
    });
}

#[test]
fn an_older_rendering_that_comes_late_is_ignored() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let proxy = stage.proxy(run.site.url()).await;
        let morgan = run.open_at(stage, "morgan", proxy.url()).await;
        morgan.may_log("ERR_");
        let live = proxy.on("GET", "/live", Fault::Refuse);
        let late = proxy
            .on("GET", &format!("{}/fragments", run.page()), Fault::Hold)
            .times(1);
        without_stream(&proxy, &morgan).await;
        run.set(&run.lena, &json!({ "server_name": "srv-01" })).await;
        morgan.execute(LISTEN_AGAIN, &[]).await;
        // Asked because the stream is away, and rendered while srv-01 stood.
        assert_eq!(late.until_answered(1).await, [200]);
        run.set(
            &run.lena,
            &json!({ "server_name": "srv-02", "domain": "corp.contoso.example" }),
        )
        .await;
        live.lift();
        morgan.execute(LISTEN_AGAIN, &[]).await;
        morgan.until_everywhere("server_name", "srv-02").await;
        let answered = morgan.execute(ANSWERED, &[]).await.as_u64().unwrap();
        late.release();
        morgan
            .until("the late rendering has arrived", async || {
                let now = morgan.execute(ANSWERED, &[]).await.as_u64().unwrap();
                if now > answered {
                    Ok(())
                } else {
                    Err(format!("{now} answers"))
                }
            })
            .await;
        run.set(&run.lena, &json!({ "ticket": "7" })).await;
        morgan.until_everywhere("ticket", "7").await;
        morgan.until_everywhere("server_name", "srv-02").await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
    });
}

#[test]
fn a_stream_that_breaks_is_taken_up_where_it_was() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let proxy = stage.proxy(run.site.url()).await;
        let morgan = run.open_at(stage, "morgan", proxy.url()).await;
        morgan.may_log("ERR_");
        run.set(&run.lena, &json!({ "server_name": "srv-01" })).await;
        morgan.until_everywhere("server_name", "srv-01").await;
        proxy.cut();
        run.set(&run.lena, &json!({ "server_name": "srv-02" })).await;
        run.set(&run.lena, &json!({ "domain": "corp.contoso.example" }))
            .await;
        proxy.mend();
        morgan.until_everywhere("server_name", "srv-02").await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
        // A fragments answer that is lost changes nothing either.
        proxy
            .on("GET", &format!("{}/fragments", run.page()), Fault::LoseAnswer)
            .times(2);
        proxy.cut();
        run.set(&run.lena, &json!({ "ticket": "7" })).await;
        proxy.mend();
        morgan.until_everywhere("ticket", "7").await;
    });
}

#[test]
fn what_is_copied_while_the_stream_is_away_is_what_is_shown() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let proxy = stage.proxy(run.site.url()).await;
        let morgan = run.open_at(stage, "morgan", proxy.url()).await;
        morgan.may_log("ERR_");
        proxy.on("GET", "/live", Fault::Refuse);
        without_stream(&proxy, &morgan).await;
        let values = json!({ "server_name": "srv-01", "domain": "corp.contoso.example" });
        run.set(&run.lena, &values).await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
        morgan.type_into(&prompt("ticket"), "it's 7").await;
        morgan.click("#step-look [data-action=copy]").await;
        morgan.until_text("#step-look [data-action=copy]", "Copied").await;
        let copied = morgan.clipboard().await;
        assert_eq!(
            copied.trim_end(),
            r"ssh srv-01.corp.contoso.example 'df -h' # 'it'\''s 7'"
        );
        run.until_variable("ticket", Some("it's 7")).await;
    });
}

#[test]
fn a_merge_that_fails_loses_nothing() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.may_log("broken on purpose");
        // The first piece of the next batch is not merged.
        let breaks = "const { morph } = Idiomorph;
            Idiomorph.morph = () => { Idiomorph.morph = morph; throw new Error('broken on purpose'); };";
        morgan.execute(breaks, &[]).await;
        run.set(&run.lena, &json!({ "server_name": "srv-01" })).await;
        morgan.until_everywhere("server_name", "srv-01").await;
        run.set(&run.lena, &json!({ "domain": "corp.contoso.example" }))
            .await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
        morgan.until_text("#title-look", "Look at srv-01").await;
        morgan
            .until_text("#rail-look .rail-title", "Look at srv-01")
            .await;
        morgan.until_text("#panel-title", "2 of 4 filled").await;
    });
}

#[test]
fn a_listener_that_throws_leaves_no_change_behind() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let morgan = run.open(stage, "morgan").await;
        morgan.may_log("broken on purpose");
        let breaks = "const row = document.getElementById('var-server_name');
            row.toggleAttribute = () => { delete row.toggleAttribute; throw new Error('broken on purpose'); };";
        morgan.execute(breaks, &[]).await;
        morgan.fill("server_name", "srv-01").await;
        morgan.fill("domain", "corp.contoso.example").await;
        run.until_variable("domain", Some("corp.contoso.example")).await;
        morgan.until_saved().await;
        morgan.until_everywhere("server_name", "srv-01").await;
        morgan.until_everywhere("domain", "corp.contoso.example").await;
        assert_eq!(morgan.kept("rf.out:").await, [""; 0]);
        assert_eq!(morgan.kept("rf.draft:").await, [""; 0]);
        assert_eq!(run.events("variable_set").await.len(), 2);
        morgan.reload().await;
        morgan.wait_for(&prompt("ticket")).await;
        assert_eq!(run.events("variable_set").await.len(), 2);
    });
}
