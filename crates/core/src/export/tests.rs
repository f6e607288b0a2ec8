//! One full example against its golden file, and hostile values, names and notes against a harmless run.

mod example;
mod forms;
mod hostile;
mod masks;

use serde_json::Value;

use super::*;
use crate::event::{Event, EventKind, GENESIS, Payload, SaltedText, hexadecimal};
use crate::id::SessionId;
use crate::session::{StepState, StepWork};
use example::Run;

fn exported(run: &Run, unset: Unset) -> String {
    let mut out = String::new();
    markdown(
        &run.report(),
        &Options {
            unset,
            ..Options::default()
        },
        &mut out,
    );
    out
}

/// Compares with a file of the folder `snapshots`, or writes it where `UPDATE_SNAPSHOTS` is set.
fn golden(name: &str, text: &str) {
    let path = format!("{}/snapshots/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{path} is not what is exported now:\n{text}");
}

#[test]
fn a_finished_session_is_exported_as_its_golden_file_says() {
    let run = Run::finished();
    golden("session.md", &exported(&run, Unset::Placeholder));
    let (report, options) = (run.report(), Options::default());
    let json = json::document(&report, &options);
    golden(
        "session.json",
        &(serde_json::to_string_pretty(&json).unwrap() + "\n"),
    );
    golden("session.html", &made(&run, &options, html));
    golden("session.txt", &made(&run, &options, text));
}

/// A form of a session, whole.
fn made(run: &Run, options: &Options, form: fn(&Report<'_>, &Options, &mut String)) -> String {
    let mut out = String::new();
    form(&run.report(), options, &mut out);
    out
}

#[test]
fn an_active_session_says_that_it_is_in_progress() {
    let mut run = Run::started();
    run.minute += 125;
    let text = exported(&run, Unset::Placeholder);
    assert!(
        text.contains("\nSession 0417: In progress, as of 2026-11-28 22:05 UTC.\n"),
        "{text}"
    );
    assert!(text.contains("\n- Duration: 2 h 05 min so far\n"), "{text}");
    assert!(text.contains("\n- Finished: 0 of 4 steps\n"), "{text}");
    assert!(
        text.contains("\n- Still unset: 2 required variables, `server_name`, `site`\n"),
        "{text}"
    );
    assert!(
        !text.contains("## Outcome") && !text.contains("## Notes"),
        "{text}"
    );
}

#[test]
fn a_prepared_session_has_not_started_and_has_no_duration() {
    let text = exported(&Run::prepared(), Unset::Placeholder);
    assert!(
        text.contains("\nSession 0417: Prepared, not started, as of 2026-11-28 20:00 UTC.\n"),
        "{text}"
    );
    assert!(
        text.contains("\n- Assigned to: Lena Koch\n- Due: 2026-11-28 22:00 UTC\n"),
        "{text}"
    );
    assert!(
        !text.contains("Duration") && !text.contains("Started by"),
        "{text}"
    );
}

#[test]
fn a_discarded_session_says_by_whom() {
    let mut run = Run::started();
    run.minute += 1;
    run.discards();
    let text = exported(&run, Unset::Placeholder);
    assert!(text.contains("\nSession 0417: Discarded.\n"), "{text}");
    assert!(
        text.contains("\n- Discarded by: Lena Koch, 2026-11-28 20:01 UTC\n- Duration: 1 min\n"),
        "{text}"
    );
}

#[test]
fn unset_is_the_placeholder_or_blank_and_a_default_is_named_as_one() {
    let run = Run::started();
    let placeholder = exported(&run, Unset::Placeholder);
    assert!(
        placeholder.contains("| Server name (`server_name`) | [VAR:server_name] | | |\n"),
        "{placeholder}"
    );
    assert!(
        placeholder.contains("| `Port` | `443` (default) | | |\n"),
        "{placeholder}"
    );
    assert!(
        placeholder.contains("Sign in to [VAR:server_name] "),
        "{placeholder}"
    );
    let blank = exported(&run, Unset::Blank);
    assert!(
        blank.contains("| Server name (`server_name`) |  | | |\n"),
        "{blank}"
    );
    assert!(
        !blank.contains("VAR:") && blank.contains("`443` (default)"),
        "{blank}"
    );
}

#[test]
fn what_does_not_fit_and_what_is_empty_on_purpose_is_marked() {
    let mut run = Run::started();
    run.sets(&[
        ("Port", Some("soon|later")),
        ("site", Some("")),
        ("ticket", Some("T1")),
    ]);
    run.sets(&[("ticket", None)]);
    let text = exported(&run, Unset::Placeholder);
    let row = "| `Port` | `soon\\|later` (does not fit, kept) | Lena Koch | 2026-11-28 20:00 UTC |\n";
    assert!(text.contains(row), "{text}");
    assert!(text.contains("| Site (`site`) | (empty) | Lena Koch |"), "{text}");
    assert!(text.contains("| `ticket` | [VAR:ticket] | | |\n"), "{text}");
    assert!(
        text.contains("Lena Koch set `Port` to `soon|later`, which does not fit\n"),
        "{text}"
    );
    assert!(text.contains("Lena Koch set Site to nothing\n"), "{text}");
    assert!(text.contains("Lena Koch cleared `ticket`\n"), "{text}");
}

#[test]
fn nobody_is_nameless() {
    let mut run = Run::started();
    run.names.clear();
    let text = exported(&run, Unset::Placeholder);
    assert!(
        text.contains("- Started by: a former member, 2026-11-28 20:00 UTC\n"),
        "{text}"
    );
    assert!(
        json::document(&run.report(), &Options::default())
            .people
            .is_empty()
    );
}

#[test]
fn masked_texts_are_left_out() {
    let mut run = Run::started();
    run.sets(&[("ticket", Some("hunter2"))]);
    for event in &mut run.events {
        for text in event.payload.texts.values_mut() {
            (text.text, text.salt) = (None, None);
        }
    }
    run.variables.clear();
    let text = exported(&run, Unset::Placeholder);
    assert!(
        text.contains("Lena Koch set `ticket`\n") && !text.contains("hunter2"),
        "{text}"
    );
}

fn event(value: &Value) -> Event {
    let hash: Vec<u8> = value["hash"]
        .as_str()
        .unwrap()
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let texts: BTreeMap<String, SaltedText> = serde_json::from_value(value["texts"].clone()).unwrap();
    Event {
        number: value["number"].as_i64().unwrap(),
        at: serde_json::from_value(value["at"].clone()).unwrap(),
        actor_id: serde_json::from_value(value["actor_id"].clone()).unwrap(),
        kind: EventKind::parse(value["kind"].as_str().unwrap()).unwrap(),
        payload: Payload {
            facts: serde_json::from_value(value["facts"].clone()).unwrap(),
            texts,
        },
        hash: hash.try_into().unwrap(),
    }
}

#[test]
fn the_events_of_the_json_form_verify() {
    let mut run = Run::started();
    run.micros = 123_457;
    run.sets(&[("ticket", Some("T\u{2028}1")), ("site", Some("a\r\nb"))]);
    let text = serde_json::to_string(&json::document(&run.report(), &Options::default())).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let session: SessionId = document["id"].as_str().unwrap().parse().unwrap();
    let mut previous = GENESIS;
    let events = document["events"].as_array().unwrap();
    for value in events {
        let event = event(value);
        assert!(event.follows(&previous, session), "{value}");
        previous = event.hash;
    }
    assert_eq!(document["head"], hexadecimal(&previous));
    assert_eq!(document["event_count"], events.len());
    assert_eq!(document["format"], FORMAT);
}

#[test]
fn two_hundred_steps_and_long_notes_are_linear() {
    let length = |steps: usize| {
        let mut run = Run::large(steps);
        let note = "a `b` *c* lena@contoso.com www.example.com | [x](y)\n".repeat(64 * 1024 / 53);
        for number in 0..steps {
            let work = StepWork {
                state: Some(StepState::Done),
                note: Some(note.get(..note.len() * 20 / steps).unwrap_or(&note).to_owned()),
                output: Some("`".repeat(64 * 1024 * 20 / steps)),
                ..StepWork::default()
            };
            run.works(&format!("step-{number}"), &work);
        }
        run.sets(&[
            ("long", Some(&"|`\\".repeat(20_000))),
            ("host", Some(&"h".repeat(1000))),
        ]);
        exported(&run, Unset::Placeholder).len()
    };
    let (few, many) = (length(20), length(200));
    assert!(few > 20 * 3 * 64 * 1024 && many < 2 * few, "{few} {many}");
}

#[test]
fn a_body_fits_below_its_step() {
    let flow = r####"{"title": "T", "sections": [{"title": "S", "steps": [
        {"id": "a", "title": "A", "body": "### Big\n\n- [ ] one\n- [ ] two\n\n> # Quoted"},
        {"id": "b", "title": "B", "body": ""}]}]}"####;
    let mut run = Run::of(flow);
    run.works(
        "a",
        &StepWork {
            checks: BTreeMap::from([(1, true)]),
            ..StepWork::default()
        },
    );
    let text = exported(&run, Unset::Placeholder);
    let steps = "### 1. A\n\nOpen.\n\n#### Big\n\n- [ ] one\n- [x] two\n\n> #### Quoted\n\n### 2. B\n\nOpen.\n\n## Act";
    assert!(text.contains(steps), "{text}");
}
