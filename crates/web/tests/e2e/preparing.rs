//! Preparing a session: by its form, by a ticket's text, by a past session, and after leaving it half way.

use serde_json::{Value, json};

use crate::harness::{Browser, Stage, both, once};
use crate::run::{Run, cut_over};

async fn lena(stage: &Stage, run: &Run) -> Browser {
    let lena = stage.browser("lena", run.site.url()).await;
    lena.sign_in(run.site.person("lena")).await;
    lena
}

async fn prepared(run: &Run) -> Vec<Value> {
    let path = format!("/api/v1/sessions?status=prepared&flow_id={}", run.flow);
    run.morgan.get(&path).await["items"].as_array().unwrap().clone()
}

#[test]
fn a_session_is_prepared_from_the_page_of_its_flow_by_keys() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let lena = lena(stage, &run).await;
        lena.open(&format!("/flows/{}", run.flow)).await;
        lena.wait_for("[data-key=p]").await;
        lena.press("p").await;
        lena.until_path(&format!("/flows/{}/prepare", run.flow)).await;
        lena.type_into("#title", "Contoso, Saturday window").await;
        lena.choose("#assigned_to", "Morgan Osei").await;
        lena.set("#due", "2026-11-28T20:00").await;
        let there = "return new Date('2026-11-28T20:00').toISOString().replace('.000', '')";
        let due = lena.execute(there, &[]).await;
        lena.type_into("#panel-server_name", "no host!").await;
        // What is wrong is said when the field is left, and the count follows.
        lena.focus("#panel-domain").await;
        lena.until_text("#wrong-server_name", "no host! is not a host name")
            .await;
        lena.until_text("#filled-count", "1 of 4 filled").await;
        lena.may_log("422");
        lena.press("Enter").await;
        lena.wait_for("#refused").await;
        assert_eq!(lena.focused().await, "#refused");
        lena.until_text("#refused", "1 value needs a look: Server name")
            .await;
        assert_eq!(lena.value_of("#title").await, "Contoso, Saturday window");
        assert_eq!(lena.value_of("#due").await, "2026-11-28T20:00");
        lena.replace("#panel-server_name", "srv-01").await;
        lena.press("Enter").await;
        lena.until_text("#toast", "Prepared for Morgan").await;
        let session = prepared(&run).await.remove(0);
        assert_eq!(session["due_at"], due);
        assert_eq!(session["title"], "Contoso, Saturday window");
        lena.click("#toast button >> Copy link").await;
        lena.until("the link is copied", async || {
            let copied = lena.clipboard().await;
            let right = copied.ends_with(&format!("/sessions/{}", session["id"].as_str().unwrap()));
            if right { Ok(()) } else { Err(copied) }
        })
        .await;
        // What was prepared is no draft any more.
        lena.open(&format!("/flows/{}/prepare", run.flow)).await;
        lena.wait_for("#title").await;
        assert_eq!(lena.value_of("#title").await, "");
        assert!(!lena.is_visible("#brought-back").await);
    });
}

#[test]
fn a_ticket_fills_what_is_chosen_and_nothing_else_moves() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let lena = lena(stage, &run).await;
        lena.open(&format!("/flows/{}/prepare", run.flow)).await;
        lena.type_into("#title", "From the ticket").await;
        lena.click(".ticket-text summary").await;
        lena.type_into("#ticket-text", "Server name: srv-07\nDomain: not a domain")
            .await;
        lena.click("button >> Look for values").await;
        lena.wait_for("#offers").await;
        assert_eq!(
            lena.count("input[name='pick:server_name'][value='srv-07']:checked")
                .await,
            1
        );
        lena.until_text("#offers", "not a domain is not").await;
        assert_eq!(lena.count("input[name='pick:domain'][value='']:checked").await, 1);
        assert_eq!(lena.value_of("#panel-server_name").await, "");
        lena.click("button >> Fill the chosen ones").await;
        lena.until_value("#panel-server_name", "srv-07").await;
        lena.until_text("#filled-count", "1 of 4 filled").await;
        assert_eq!(lena.value_of("#title").await, "From the ticket");
        assert!(prepared(&run).await.is_empty());
    });
}

/// A change request as people paste it: long, quoted, with signatures and more hosts than there are fields.
fn long_ticket() -> String {
    let head = "CHG0042817 / Cut-over of file server\n\nHi all,\n\nas agreed we move the shares on Saturday 28.11.2026.\n\
                Server name: srv-files-03\nDomain:\tcorp.contoso.example\nContact: Ana Ruiz <ana.ruiz@contoso.example>\n\n";
    let quoted = (0..400).map(|number| {
        let (third, fourth) = (number / 250, number % 250);
        format!(
            "> On day {number}, Ravi wrote: old-{number:03}.corp.contoso.example (10.20.{third}.{fourth}) \u{2013} \
             <b>checked</b> {{{{7*7}}}} [VAR:server_name] ${{HOME}} \u{202e}txet\n"
        )
    });
    let mut ticket = head.to_owned() + &quoted.collect::<String>();
    ticket.push_str("--\nAna Ruiz | +34 600 000 000 | https://contoso.example/?a=1&b=%3Cscript%3E\n");
    ticket
}

#[test]
fn a_long_ticket_is_pasted_and_looked_at_before_it_fills() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let lena = lena(stage, &run).await;
        lena.open(&format!("/flows/{}/prepare", run.flow)).await;
        lena.click(".ticket-text summary").await;
        lena.focus("#ticket-text").await;
        lena.copy(&long_ticket()).await;
        lena.press("Control+v").await;
        lena.until("the ticket is there", async || {
            let pasted = lena.value_of("#ticket-text").await.len();
            if pasted > 30_000 {
                Ok(())
            } else {
                Err(pasted.to_string())
            }
        })
        .await;
        lena.click("button >> Look for values").await;
        lena.wait_for("#offers").await;
        for (name, value) in [
            ("server_name", "srv-files-03"),
            ("domain", "corp.contoso.example"),
        ] {
            let chosen = format!("input[name='pick:{name}'][value='{value}']:checked");
            assert_eq!(lena.count(&chosen).await, 1, "{name}");
            assert_eq!(lena.value_of(&format!("#panel-{name}")).await, "");
        }
        // What it says stays text.
        assert_eq!(lena.count("#offers b, #offers .hole").await, 0);
        lena.screenshot("prepare-ticket").await;
        lena.click("button >> Fill the chosen ones").await;
        lena.until_value("#panel-server_name", "srv-files-03").await;
        lena.until_value("#panel-domain", "corp.contoso.example").await;
        assert!(prepared(&run).await.is_empty());
    });
}

#[test]
fn a_link_with_hostile_values_is_shown_and_runs_nothing() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let lena = lena(stage, &run).await;
        let hostile = [
            (
                "ticket",
                "\"><img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>",
            ),
            ("contact", "[VAR:server_name] {{7*7}} $(reboot) \u{202e}gnp.exe"),
            ("domain", "javascript:document.title='run'"),
            ("server_name", "srv-01"),
            ("onclick", "document.title='run'"),
            ("assigned_to", "somebody"),
        ];
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(hostile)
            .finish();
        for page in ["prepare", "start"] {
            lena.open(&format!("/flows/{}/{page}?{query}", run.flow)).await;
            lena.until_value("#panel-server_name", "srv-01").await;
            assert_eq!(lena.value_of("#panel-ticket").await, hostile[0].1);
            assert_eq!(lena.value_of("#panel-contact").await, hostile[1].1);
            // A value that does not fit is shown with what is wrong, and a name that is no field fills nothing.
            lena.until_text("#wrong-domain", "is not").await;
            lena.until_text("#main", "onclick").await;
            assert_ne!(lena.title().await, "run");
            assert_eq!(
                lena.count("#main script, #main [onerror], #main [onclick], #main img")
                    .await,
                0
            );
        }
        assert!(prepared(&run).await.is_empty());
        // Nothing counted before it was sent; then all that fits does, as text.
        lena.replace("#panel-domain", "corp.contoso.example").await;
        lena.click("button >> Start").await;
        lena.wait_for(".step-title").await;
        lena.until_everywhere("ticket", hostile[0].1).await;
        assert_ne!(lena.title().await, "run");
        assert_eq!(lena.count("#main [onerror], #main .step-prose script").await, 0);
    });
}

#[test]
fn a_past_session_of_the_client_is_copied_from() {
    both(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        run.set(
            &run.lena,
            &json!({ "server_name": "srv-01", "domain": "corp.contoso.example" }),
        )
        .await;
        let lena = lena(stage, &run).await;
        lena.open(&format!("/flows/{}/prepare", run.flow)).await;
        lena.type_into("#panel-domain", "mine.contoso.example").await;
        lena.type_into("#client", "Fabrikam").await;
        lena.press("Tab").await;
        lena.until("the list is of the client", async || {
            let text = lena
                .execute("return document.getElementById('past').textContent", &[])
                .await;
            let text = text.as_str().unwrap().to_owned();
            if text.contains("for Fabrikam yet") {
                Ok(())
            } else {
                Err(text)
            }
        })
        .await;
        lena.replace("#client", "").await;
        lena.press("Tab").await;
        lena.click(".copy-from summary").await;
        lena.click("#past button").await;
        lena.until_value("#panel-server_name", "srv-01").await;
        assert_eq!(lena.value_of("#panel-domain").await, "mine.contoso.example");
        lena.until_text(".left-values", "What you typed stays.").await;
    });
}

#[test]
fn leaving_keeps_what_was_typed_on_the_device() {
    once(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let lena = lena(stage, &run).await;
        let form = format!("/flows/{}/prepare", run.flow);
        lena.open(&form).await;
        lena.type_into("#title", "Half a title").await;
        lena.type_into("#panel-ticket", "INC-1").await;
        let kept = "return Object.keys(localStorage).filter((key) => key.startsWith('rf.form:')).length";
        lena.until("it is kept", async || {
            let count = lena.execute(kept, &[]).await;
            if count == 1 {
                Ok(())
            } else {
                Err(count.to_string())
            }
        })
        .await;
        lena.open("/").await;
        lena.wait_for("h1").await;
        lena.open(&form).await;
        lena.until_value("#title", "Half a title").await;
        lena.until_value("#panel-ticket", "INC-1").await;
        lena.until_text("#brought-back", "Brought back what you typed.")
            .await;
        lena.screenshot("prepare-brought-back").await;
        lena.click("#brought-back button").await;
        lena.until_value("#title", "").await;
        lena.wait_gone("#brought-back").await;
        assert_eq!(lena.value_of("#panel-ticket").await, "");
    });
}

#[test]
fn an_edit_that_was_left_is_still_over_what_was_seen() {
    once(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let body = json!({ "flow_id": run.flow, "variables": { "server_name": "srv-01" }, "title": "First" });
        let session = run.lena.does("POST", "/api/v1/sessions/prepare", &body).await;
        let id = session["id"].as_str().unwrap();
        let lena = lena(stage, &run).await;
        lena.open(&format!("/sessions/{id}")).await;
        lena.click("a >> Edit").await;
        lena.until_value("#title", "First").await;
        lena.replace("#panel-server_name", "srv-03").await;
        lena.press("Tab").await;
        lena.until("it is kept", async || {
            let kept = lena
                .execute("return JSON.stringify(localStorage)", &[])
                .await
                .to_string();
            if kept.contains("srv-03") {
                Ok(())
            } else {
                Err(kept)
            }
        })
        .await;
        lena.open("/").await;
        lena.wait_for("h1").await;
        let path = format!("/api/v1/sessions/{id}");
        let newer = json!({ "variables": { "server_name": "srv-02", "domain": "corp.contoso.example" } });
        run.lena.does("PATCH", &format!("{path}/variables"), &newer).await;
        lena.may_log("409");
        lena.open(&format!("/sessions/{id}/edit")).await;
        lena.until_value("#panel-server_name", "srv-03").await;
        assert_eq!(lena.value_of("#panel-domain").await, "corp.contoso.example");
        lena.click("button >> Save").await;
        lena.until_text("#refused", "set this to “srv-02” meanwhile")
            .await;
        lena.click("button >> Save").await;
        lena.wait_for(".bar.prepared").await;
        let session = run.lena.get(&path).await;
        assert_eq!(session["variables"]["server_name"]["value"], "srv-03");
        assert_eq!(session["variables"]["domain"]["value"], "corp.contoso.example");
    });
}

#[test]
fn without_scripts_it_works_the_same() {
    once(async |stage| {
        let run = Run::of(stage, &cut_over()).await;
        let lena = stage.browser("lena", run.site.url()).await;
        lena.without_scripts().await;
        lena.sign_in(run.site.person("lena")).await;
        lena.open(&format!("/flows/{}/prepare", run.flow)).await;
        lena.click(".ticket-text summary").await;
        lena.type_into("#ticket-text", "Server name: srv-07").await;
        lena.click("button >> Look for values").await;
        lena.wait_for("#offers").await;
        lena.click("button >> Fill the chosen ones").await;
        lena.until_value("#panel-server_name", "srv-07").await;
        lena.click("button.primary >> Prepare").await;
        lena.until_text("#toast", "Prepared for anyone in the team").await;
        let session = prepared(&run).await.remove(0);
        let path = format!("/api/v1/sessions/{}", session["id"].as_str().unwrap());
        let session = run.morgan.get(&path).await;
        assert_eq!(session["variables"]["server_name"]["value"], "srv-07");
    });
}
