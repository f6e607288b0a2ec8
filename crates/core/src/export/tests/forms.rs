//! What a reader may choose, in every form; and hostile values in HTML and in text.

use serde_json::Value;

use super::super::*;
use super::example::Run;
use super::made;
use crate::session::{Completion, Details, Outcome, StepState, StepWork};

type Form = fn(&Report<'_>, &Options, &mut String);

const FORMS: [Form; 4] = [markdown, html, text, json];

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn steps_behind_the_last_one_are_left_out() {
    let run = Run::finished();
    let options = Options {
        up_to: Some(StepId::parse("check").unwrap()),
        ..Options::default()
    };
    for form in [markdown, html, text] {
        let text = made(&run, &options, form);
        for shown in ["Snapshot", "Does it answer?", "up to step 2", "did", "step 1"] {
            assert!(text.contains(shown), "{shown} in {text}");
        }
        for hidden in ["Switch over", "Tell Oslo", "step 3", "step 4", "for DNS"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    let document = parsed(&made(&run, &options, json));
    assert_eq!(document["up_to"], "check");
    assert_eq!(document["steps"].as_array().unwrap().len(), 2);
    assert_eq!(document["sections"].as_array().unwrap().len(), 1);
    assert_eq!(
        document["events"].as_array().unwrap().len(),
        20,
        "all, to be verified"
    );
}

#[test]
fn a_last_step_inside_a_section_cuts_it() {
    let run = Run::finished();
    let options = Options {
        up_to: Some(StepId::parse("switch").unwrap()),
        ..Options::default()
    };
    let document = parsed(&made(&run, &options, json));
    assert_eq!(document["sections"][1]["step_ids"], serde_json::json!(["switch"]));
    let unknown = Options {
        up_to: Some(StepId::parse("nowhere").unwrap()),
        ..Options::default()
    };
    assert!(made(&run, &unknown, text).contains("Step 4: Tell Oslo Basement"));
}

#[test]
fn without_times_two_runs_compare() {
    let options = Options {
        times: false,
        ..Options::default()
    };
    let (run, mut later) = (Run::finished(), Run::finished());
    let hours = chrono::TimeDelta::minutes(30_000);
    let session = &mut later.session;
    session.created_at += hours;
    session.updated_at += hours;
    for at in [&mut session.started_at, &mut session.completed_at]
        .into_iter()
        .flatten()
    {
        *at += hours;
    }
    session.head = [9; 32];
    later.events.iter_mut().for_each(|event| {
        event.at += hours;
        event.hash = [9; 32];
        for salted in event.payload.texts.values_mut() {
            (salted.salt, salted.commitment) = (Some("other".into()), "other".into());
        }
        if event
            .payload
            .facts
            .get("due_at")
            .is_some_and(|due_at| !due_at.is_empty())
        {
            event
                .payload
                .facts
                .insert("due_at".into(), "2027-01-01T00:00:00Z".into());
        }
    });
    later
        .variables
        .values_mut()
        .for_each(|variable| variable.set_at += hours);
    for record in later.steps.values_mut() {
        record.changed_at += hours;
        record.finished_at = record.finished_at.map(|at| at + hours);
    }
    for form in FORMS {
        let text = made(&run, &options, form);
        assert_eq!(text, made(&later, &options, form));
        assert_ne!(
            made(&run, &Options::default(), form),
            made(&later, &Options::default(), form)
        );
        for time in ["2026", " UTC", "Duration", "20:04"] {
            assert!(!text.contains(time), "{time} in {text}");
        }
        assert!(text.contains("Lena Koch"), "{text}");
    }
    let started = made(&Run::started(), &options, text);
    assert!(started.contains("Session 0417: In progress.\n"), "{started}");
}

#[test]
fn what_is_unset_can_stand_first() {
    let run = Run::started();
    let options = Options {
        summary_first: true,
        ..Options::default()
    };
    let markdown = made(&run, &options, markdown);
    assert!(
        markdown.contains(
            "\n## Still unset\n\n- Server name (`server_name`), used in steps 1, 2, 3\n- Site (`site`), used in steps 1, 4\n\n## Variables"
        ),
        "{markdown}"
    );
    assert!(!markdown.contains("- Still unset:"), "{markdown}");
    let text = made(&run, &options, text);
    assert!(
        text.contains("\n\n\nSTILL UNSET\n\n- Server name (server_name), used in steps 1, 2, 3\n"),
        "{text}"
    );
    let html = made(&run, &options, html);
    assert!(
        html.contains("<h2>Still unset</h2>\n<ul>\n<li><bdi>Server name</bdi> (<code dir=\"auto\">server_name</code>), used in steps 1, 2, 3</li>"),
        "{html}"
    );
    let complete = made(&Run::finished(), &options, super::super::text);
    assert!(!complete.contains("STILL UNSET"), "{complete}");
}

#[test]
fn blank_leaves_nothing_in_any_form() {
    let options = Options {
        unset: Unset::Blank,
        ..Options::default()
    };
    for form in FORMS {
        let text = made(&Run::started(), &options, form);
        assert!(!text.contains("VAR:") && text.contains("443"), "{text}");
    }
}

#[test]
fn the_preview_is_the_report_alone() {
    let run = Run::finished();
    let body = made(&run, &Options::default(), html_body);
    assert!(body.starts_with("<article class=\"report\">") && body.ends_with("</article>\n"));
    let file = made(&run, &Options::default(), html);
    assert!(file.contains(&body) && file.contains("<title>Cut-over &lt;b&gt;tonight&lt;/b&gt;</title>"));
}

/// Everything typed is this text.
fn typed(typed: &str) -> Run {
    let flow = r#"{"title": "The flow", "fields": [{"name": "value", "label": "A label", "type": "long_text"}],
        "sections": [{"title": "At [VAR:value]", "steps": [{"id": "one", "title": "First [VAR:value]",
        "body": "Use [VAR:value] and `[VAR:value]` [here](https://x.y/[VAR:value] \"[VAR:value]\").\n\n- [ ] x\n\n```sh\n[VAR:value]\n```"}]}]}"#;
    let mut run = Run::of(flow);
    let line: String = typed
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    for name in run.names.values_mut() {
        *name = format!("N{line}");
    }
    let text = || Some(typed.to_owned());
    run.sets(&[("value", Some(typed))]);
    run.works(
        "one",
        &StepWork {
            state: Some(StepState::Skipped),
            note: text(),
            output: text(),
            reason: text(),
            ..StepWork::default()
        },
    );
    run.changes(&Details {
        title: Some(format!("A{}", line.chars().take(60).collect::<String>())),
        note: text(),
        ..Details::default()
    });
    run.says(typed);
    run.completes(&Completion {
        outcome: Some(Outcome::Resolved),
        outcome_note: text(),
        next_steps: text(),
    });
    run
}

const HOSTILE: &[&str] = &[
    "</style></title><script>alert(1)</script>",
    "<img src=x onerror=alert(1)> <!-- <b> -->",
    "\"><a href=\"javascript:x\" onclick='y'>",
    "</pre></code></span></bdi></article>",
    "a\u{202e}fdp.exe\u{2067} \u{200f}\u{5d0}",
    "line\n\nOUTCOME\n\nResolved.\n\nSTEPS\n\nStep 1: x",
    "&lt; &amp; &#60; 👩‍👩‍👧 é\u{301} 漢字",
    "\u{1b}[31mred\u{7f}\u{b}x\u{2028}y",
    "VARIABLES\r\nx: y\rz",
];

/// The tags of a document, without what they say.
fn tags(html: &str) -> Vec<String> {
    let tags = html.split('<').skip(1).map(|rest| {
        let tag = rest.split('>').next().unwrap_or_default();
        let attributes = tag.split('"').step_by(2).collect::<Vec<_>>();
        attributes.join("\"")
    });
    tags.filter(|tag| tag != "br").collect()
}

#[test]
fn no_text_makes_html() {
    let harmless = made(&typed("harmless"), &Options::default(), html);
    for hostile in HOSTILE {
        let page = made(&typed(hostile), &Options::default(), html);
        assert_eq!(tags(&page), tags(&harmless), "{hostile:?}: {page}");
        assert!(!page.contains("<script"), "{page}");
        assert_eq!(page.matches("</style>").count(), 1);
    }
}

#[test]
fn no_text_makes_a_heading() {
    let headings = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
        let words = lines.map(|line| line.split([' ', ':']).next().unwrap_or_default().to_owned());
        words
            .filter(|word| word.len() > 1 && !word.starts_with('N'))
            .collect()
    };
    let harmless = made(&typed("harmless"), &Options::default(), text);
    for hostile in HOSTILE {
        let text = made(&typed(hostile), &Options::default(), text);
        let (found, wanted) = (headings(&text), headings(&harmless));
        for heading in ["OUTCOME", "STEPS", "VARIABLES", "Step", "ACTIVITY", "Resolved"] {
            let count = |list: &[String]| list.iter().filter(|word| *word == heading).count();
            assert_eq!(
                count(&found),
                count(&wanted),
                "{heading} of {hostile:?} in {text}"
            );
        }
        assert!(
            !text.contains(['\u{1b}', '\r', '\u{202e}', '\u{2067}', '\u{2028}']),
            "{text}"
        );
    }
}

#[test]
fn values_of_several_lines_keep_them() {
    let run = typed("one <1>\n  two\nthree");
    let text = made(&run, &Options::default(), text);
    assert!(
        text.contains("\nA label (value):\n  one <1>\n    two\n  three\n  set by "),
        "{text}"
    );
    assert!(
        text.contains("\n  one <1>\n    two\n  three\n\nNote:\n  one <1>\n    two\n  three\n"),
        "{text}"
    );
    let html = made(&run, &Options::default(), html);
    assert!(
        html.contains("dir=\"auto\">one &lt;1&gt;<br>  two<br>three</span></td>"),
        "{html}"
    );
}

#[test]
fn commands_and_long_values_stay_whole() {
    let long = format!("{} {}", "word".repeat(40), "👩‍👩‍👧 ".repeat(20).trim_end());
    let text = made(&typed(&long), &Options::default(), text);
    assert!(text.contains(&format!("\n  {long}\n")), "{text}");
    let unbroken = text
        .lines()
        .filter(|line| line.chars().count() > 78 && !line.contains("word"));
    assert_eq!(unbroken.count(), 0, "{text}");
}

#[test]
fn values_of_64_kib_are_linear() {
    for piece in ["<b> ", "a\n", "[VAR:value] "] {
        let run = typed(&piece.repeat(64 * 1024 / piece.len()));
        for form in FORMS {
            let text = made(&run, &Options::default(), form);
            assert!(text.len() < 64 * 1024 * 20 * 6, "{piece:?} {}", text.len());
        }
    }
    let mask = Mask {
        addresses: true,
        mail: true,
        tokens: true,
    };
    for piece in ["x", " 10.0.0.1"] {
        let run = typed(&piece.repeat(64 * 1024 / piece.len()));
        let options = Options {
            mask,
            ..Options::default()
        };
        assert!(!made(&run, &options, text).contains("10.0.0.1"));
    }
}
