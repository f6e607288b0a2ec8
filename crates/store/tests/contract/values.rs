//! Values come back as they were given: long, hostile, many at once, and to the microsecond.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Timelike};
use resolutionflow_core::session::{Preparation, StepWork, prepare, start, work_step};
use resolutionflow_store::{Error, members, sessions};

use super::world::{
    MORGAN, account, assert_whole, at, command, commit, companies, id, kept, make, set, sets, started,
};

const HOSTILE: [&str; 10] = [
    "'; DROP TABLE sessions; --",
    "\"quoted\" and `ticked` and $1 ?1 %s {}",
    "\\' \\\\ \\0 \\x00",
    "line\nline\r\n\ttab",
    "\u{202e}right to left\u{202c} שלום العربية",
    "e\u{301} é \u{200b}\u{feff} zero",
    "😀👩‍👩‍👧‍👦🏳️‍🌈",
    "[VAR:server_name] \\[VAR:x] <script>alert(1)</script>",
    "\u{1}\u{7f}\u{85}\u{2028}\u{fffd}\u{10ffff}",
    " surrounded by space ",
];

#[tokio::test]
async fn hostile_text_comes_back_as_it_was() {
    for test in companies().await {
        started(&test, 300).await;
        for (number, text) in (1..).zip(HOSTILE) {
            let asked = set(&[("site", Some(text))]);
            // The rules decide what a value may be; what they take comes back.
            let Ok(change) = sets(&test, 300, MORGAN, number, asked).await else {
                continue;
            };
            let kept = kept(&test, 300).await;
            assert_eq!(kept.variables["site"], change.variables[0]);
            assert_eq!(kept.events.last(), change.events.last());
        }
        for (number, text) in (20..).zip(HOSTILE) {
            let work = StepWork {
                note: Some(text.into()),
                output: Some(text.into()),
                ..StepWork::default()
            };
            let change = command(&test, 300, MORGAN, number, move |standing, act| {
                let step = standing.outline.step("one").unwrap();
                work_step(&standing.session, step, standing.steps.get(&step.id), &work, act)
            });
            let change = change.await.unwrap();
            let kept = kept(&test, 300).await;
            assert_eq!(kept.steps[&change.steps[0].step_id], change.steps[0]);
            assert_eq!(kept.steps[&change.steps[0].step_id].note, text);
        }
        for (session, text) in (400..).zip(HOSTILE) {
            let preparation = Preparation {
                note: text.into(),
                ..Preparation::default()
            };
            make(&test, session, MORGAN, 1, move |new, outline, act| {
                prepare(new, outline, &preparation, act)
            })
            .await;
            assert_eq!(kept(&test, session).await.session.note, text);
        }
        assert_whole(&kept(&test, 300).await);
    }
}

#[tokio::test]
async fn long_values_come_back_whole() {
    for test in companies().await {
        started(&test, 300).await;
        for (number, long) in (1..).zip([
            "x".repeat(64 * 1024),
            "\"".repeat(64 * 1024),
            "ü😀".repeat(10_922),
        ]) {
            assert!(long.len() > 65_000);
            let change = sets(&test, 300, MORGAN, number, set(&[("site", Some(long.as_str()))]))
                .await
                .unwrap();
            let (note, output) = (long.clone(), long.clone());
            command(&test, 300, MORGAN, number + 100, move |standing, act| {
                let work = StepWork {
                    note: Some(note.clone()),
                    output: Some(output.clone()),
                    ..StepWork::default()
                };
                let step = standing.outline.step("one").unwrap();
                work_step(&standing.session, step, standing.steps.get(&step.id), &work, act)
            })
            .await
            .unwrap();
            let kept = kept(&test, 300).await;
            assert_eq!(kept.variables["site"], change.variables[0]);
            assert_eq!(kept.variables["site"].value.as_ref(), Some(&long));
            assert!(
                kept.steps
                    .values()
                    .all(|step| step.note == long && step.output == long)
            );
            assert_whole(&kept);
        }
    }
}

#[tokio::test]
async fn hundreds_of_variables_are_kept_at_once() {
    for test in companies().await {
        // Around the size of one statement, and well over it.
        for (session, count) in (300..).zip([1, 99, 100, 101, 199, 200, 201, 250]) {
            let all: BTreeMap<_, _> = (0..count)
                .map(|number| (format!("v_{number:03}"), Some(format!("value {number}"))))
                .collect();
            let first = resolutionflow_core::session::SetVariables {
                values: all.clone(),
                ..Default::default()
            };
            let made = make(&test, session, MORGAN, 1, move |new, outline, act| {
                start(new, outline, &first, act)
            })
            .await;
            assert_eq!(made.variables.len(), count);
            let found = kept(&test, session).await;
            assert_eq!(found.variables.into_values().collect::<Vec<_>>(), made.variables);
            assert_eq!(found.events, made.events);

            let again = resolutionflow_core::session::SetVariables {
                values: all
                    .into_keys()
                    .map(|name| (name, Some("again".to_owned())))
                    .collect(),
                ..Default::default()
            };
            let change = sets(&test, session, MORGAN, 2, again).await.unwrap();
            let found = kept(&test, session).await;
            assert_whole(&found);
            assert_eq!(found.events.len(), 1 + 2 * count);
            assert!(found.variables.values().all(|variable| variable.version == 2));
            assert_eq!(
                found.variables.into_values().collect::<Vec<_>>(),
                change.variables
            );
        }
    }
}

#[tokio::test]
async fn times_keep_their_microseconds_and_nothing_finer() {
    for test in companies().await {
        for (session, nanoseconds) in (300..).zip([0_u32, 1_000, 999_999_000, 123_456_789]) {
            let due_at = at(0).with_nanosecond(nanoseconds).unwrap();
            let preparation = Preparation {
                due_at: Some(due_at),
                ..Preparation::default()
            };
            make(&test, session, MORGAN, 1, move |new, outline, act| {
                prepare(new, outline, &preparation, act)
            })
            .await;
            let cut = due_at - TimeDelta::nanoseconds(i64::from(nanoseconds % 1_000));
            let kept = kept(&test, session).await;
            assert_eq!(kept.session.due_at, Some(cut));
            assert_eq!(kept.session.created_at, at(1));
            assert_whole(&kept);
        }
        // Long ago and far away.
        for (session, seconds) in [(400, -4_000_000_000_i64), (401, 200_000_000_000)] {
            let preparation = Preparation {
                due_at: Some(at(seconds)),
                ..Preparation::default()
            };
            make(&test, session, MORGAN, 1, move |new, outline, act| {
                prepare(new, outline, &preparation, act)
            })
            .await;
            assert_eq!(kept(&test, session).await.session.due_at, Some(at(seconds)));
        }
    }
}

#[tokio::test]
async fn a_nul_is_refused_alike() {
    for test in companies().await {
        let named = commit!(test, |tx| members::create_account(
            tx,
            id(7),
            "a\0b",
            id(70),
            at(0)
        )
        .await);
        assert!(matches!(named, Err(Error::Nul)), "{named:?}");
        let mut change = started(&test, 300).await;
        change.session.note = "\0".into();
        let saved = commit!(test, [change], |tx| sessions::save(tx, account(), &change).await);
        assert!(matches!(saved, Err(Error::Nul)), "{saved:?}");
    }
}
