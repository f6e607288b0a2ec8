//! Masked exports: nothing that is masked stands anywhere, and the history still verifies.

use serde_json::{Value, json as value};

use super::super::*;
use super::example::Run;
use super::{event, made};
use crate::event::{GENESIS, hexadecimal};
use crate::id::SessionId;
use crate::session::{Completion, Details, Outcome, StepState, StepWork};

const ALL: Mask = Mask {
    addresses: true,
    mail: true,
    tokens: true,
};

const SECRETS: &[&str] = &[
    "10.20.30.40",
    "10.20.30.99",
    "10.20.30.0/24",
    "fe80::77",
    "00:1b:44:11:3a:b7",
    "lena@contoso.com",
    "ops@contoso.com",
    "hunter2",
    "s3cret-pass",
    "AKIAIOSFODNN7EXAMPLE",
    "MIIEowIBAAKCAQEA",
    "10.20.30.41",
];

fn run() -> Run {
    let flow = value!({
        "title": "Move 10.20.30.99",
        "fields": [
            {"name": "host", "label": "Host (was 10.20.30.99)", "default": "10.20.30.99"},
            {"name": "net"}, {"name": "user"},
            {"name": "db_password", "label": "Database"},
            {"name": "long", "type": "long_text"}],
        "sections": [{"title": "In 10.20.30.0/24", "body": "Ask ops@contoso.com or <ops@contoso.com>.", "steps": [
            {"id": "one", "title": "Ping `10.20.30.99` as [VAR:user]@contoso.com", "body":
                "See [it](https://10.20.30.99/x) and [VAR:net].41; \\\\10.20.30.99\\share, \\[VAR:host].\n\n10.20.30.99: the old one\n\n```sh\nping [VAR:host]\nssh [VAR:net].41\nmysql --password [VAR:db_password] -h 10.20.30.99\ntoken=\"s3cret-pass\"\n```\n\n    cd \\10.20.30.99",
             "choices": [{"label": "10.20.30.99 answers [VAR:host]", "step": "two"}]},
            {"id": "two", "title": "Then"}]}]});
    let mut run = Run::of(&flow.to_string());
    run.names
        .values_mut()
        .next_back()
        .unwrap()
        .push_str(" lena@contoso.com");
    run.sets(&[
        ("host", Some("10.20.30.40")),
        ("net", Some("10.20.30")),
        ("user", Some("lena")),
        ("db_password", Some("hunter2")),
        ("long", Some("a fe80::77\n-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\nb")),
    ]);
    run.works(
        "one",
        &StepWork {
            state: Some(StepState::Done),
            choice: Some("10.20.30.99 answers [VAR:host]".into()),
            note: Some("Key AKIAIOSFODNN7EXAMPLE\nfor 00:1b:44:11:3a:b7".into()),
            output: Some("Authorization: Bearer s3cret-pass\n10.20.30.40 up".into()),
            ..StepWork::default()
        },
    );
    run.changes(&Details {
        title: Some("Move to 10.20.30.40".into()),
        note: Some("Mail lena@contoso.com".into()),
        ..Details::default()
    });
    run.says("password: hunter2");
    run.completes(&Completion {
        outcome: Some(Outcome::Resolved),
        outcome_note: Some("10.20.30.40 is up".into()),
        next_steps: Some("Tell ops@contoso.com".into()),
    });
    run
}

#[test]
fn nothing_that_is_masked_stands_anywhere() {
    let run = run();
    let options = Options {
        mask: ALL,
        ..Options::default()
    };
    for form in [markdown, html, text] {
        let text = made(&run, &options, form);
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        for word in ["[address]", "[mail]", "[token]", "the old one"] {
            assert!(text.contains(word), "{word} in {text}");
        }
        assert!(!text.contains("masked_"), "{text}");
    }
    let text = made(&run, &options, text);
    for line in [
        "Move to [address]\n",
        "STEPS: In [address]\n",
        "Step 1: Ping [address] as [mail]\n",
        "chosen: [address] answers\n  [address].\n",
        "  See it <https://[address]/x> and [address]; \\[address]\\share, [VAR:host].\n",
        "  ping [address]\n  ssh [address]\n  mysql --password [token] -h [address]\n  token=[token]\n",
        "db_password): [token]\n",
        "  a [address]\n  [token]\n  b\n",
        "  Authorization: Bearer [token]\n  [address] up\n",
    ] {
        assert!(text.contains(line), "{line:?} in {text}");
    }
}

#[test]
fn a_masked_json_form_still_verifies() {
    let run = run();
    let options = Options {
        mask: ALL,
        ..Options::default()
    };
    let text = made(&run, &options, json);
    let document: Value = serde_json::from_str(&text).unwrap();
    let session: SessionId = document["id"].as_str().unwrap().parse().unwrap();
    let mut previous = GENESIS;
    let mut masked = 0;
    for value in document["events"].as_array().unwrap() {
        let event = event(value);
        assert!(event.follows(&previous, session), "{value}");
        masked += event
            .payload
            .texts
            .values()
            .filter(|text| text.text.is_none())
            .count();
        previous = event.hash;
    }
    assert_eq!(document["head"], hexadecimal(&previous));
    assert_eq!(document["masked"], value!(["addresses", "mail", "tokens"]));
    assert!(masked >= 7, "{document:#}");
    assert_eq!(document["variables"]["user"]["value"], "lena");
    assert_eq!(document["variables"]["db_password"]["value"], "[token]");
    assert_eq!(document["steps"][0]["choice"], "[address] answers [VAR:host]");
    // The labels of choices are facts of the history, which has to verify.
    let mut all = document.clone();
    for event in all["events"].as_array_mut().unwrap() {
        event["facts"] = Value::Null;
    }
    let all = all.to_string();
    for secret in SECRETS {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[test]
fn only_what_was_asked_for_is_masked() {
    let options = Options {
        mask: Mask {
            mail: true,
            ..Mask::default()
        },
        ..Options::default()
    };
    let text = made(&run(), &options, text);
    assert!(text.contains("10.20.30.40") && text.contains("hunter2"), "{text}");
    assert!(!text.contains("@contoso.com"), "{text}");
}

#[test]
fn a_text_that_grows_too_long_is_left_out() {
    let body = "::1 ".repeat(crate::flow::MAX_BODY / 4);
    let flow = value!({"title": "T", "sections": [{"steps": [{"id": "one", "title": "Do", "body": body}]}]});
    let run = Run::of(&flow.to_string());
    let options = Options {
        mask: ALL,
        ..Options::default()
    };
    let text = made(&run, &options, text);
    assert!(
        !text.contains("::1") && text.contains("Step 1: Do\nOpen.\n\n  [token]\n"),
        "{text}"
    );
}

#[test]
fn without_anything_to_mask_nothing_changes() {
    let run = Run::started();
    let options = Options {
        mask: ALL,
        ..Options::default()
    };
    for form in [markdown, html, text] {
        assert_eq!(made(&run, &options, form), made(&run, &Options::default(), form));
    }
}
