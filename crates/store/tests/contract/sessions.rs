//! Sessions: each command of a whole life is read back exactly as the rules made it.

use std::collections::BTreeMap;

use resolutionflow_core::access::Role;
use resolutionflow_core::event::EventKind;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{
    Assignee, Change, Completion, Details, Outcome, Preparation, SetVariables, StepState, StepWork, add_note,
    change_details, complete, discard, prepare, reopen, start, start_prepared, take, work_step,
};
use resolutionflow_core::step::StepId;
use resolutionflow_core::variable::Variables;
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Error, Result, sessions, steps};

use super::world::{
    Failed, Kept, LENA, MORGAN, OLGA, Standing, account, actor, assert_whole, at, command, commit, companies,
    flow, id, kept, kept_in, locked, look, make, random, set, sets, started, values,
};

/// What should be kept, grown by each change.
struct Expected(Kept);

impl Expected {
    fn of(change: Change) -> Self {
        let mut expected = Self(Kept {
            session: change.session.clone(),
            variables: Variables::new(),
            steps: BTreeMap::new(),
            events: Vec::new(),
        });
        expected.add(change);
        expected
    }

    fn add(&mut self, change: Change) {
        self.0.session = change.session;
        self.0
            .variables
            .extend(change.variables.into_iter().map(|one| (one.key.clone(), one)));
        self.0
            .steps
            .extend(change.steps.into_iter().map(|one| (one.step_id.clone(), one)));
        self.0.events.extend(change.events);
    }

    async fn is_kept(&self, test: &TestDb, session: u128) {
        let kept = kept(test, session).await;
        assert_eq!(kept, self.0);
        assert_whole(&kept);
    }
}

fn preparation() -> Preparation {
    Preparation {
        values: values(&[
            ("SERVER_NAME", Some("srv-01")),
            ("v_000", Some("x")),
            ("site", Some("")),
        ]),
        assignee: Some(Assignee {
            user_id: id(LENA),
            role: Some(Role::Engineer),
        }),
        title: "For the ticket \"4711\" ' ; -- %".into(),
        note: "Mind the\nsecond line \u{202e}abc\u{202c} 😀".into(),
        due_at: Some(at(86_400)),
        ticket: "INC-4711".into(),
        ticket_url: "https://desk.example.com/4711".into(),
        client: " Contoso ÄG".into(),
        keep_invalid: false,
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it is one life, told in order")]
async fn a_whole_life_is_kept_as_the_rules_made_it() {
    for test in companies().await {
        let made = make(&test, 300, MORGAN, 1, |new, outline, act| {
            prepare(new, outline, &preparation(), act)
        })
        .await;
        let mut expected = Expected::of(made);
        expected.is_kept(&test, 300).await;

        let work = |step: &'static str, work: StepWork| {
            move |standing: &mut Standing, act: &mut resolutionflow_core::session::Act<'_>| {
                let id = StepId::parse(step).unwrap();
                let outline = standing.outline.step(step).unwrap();
                work_step(&standing.session, outline, standing.steps.get(&id), &work, act)
            }
        };
        let details = Details {
            title: Some("Another".into()),
            note: Some(String::new()),
            ticket: Some("INC-4712".into()),
            ticket_url: Some(String::new()),
            client: Some("Fabrikam".into()),
            due_at: Some(None),
            outcome: Some(Some(Outcome::Workaround)),
            outcome_note: Some("so far".into()),
            next_steps: Some("wait".into()),
            ..Details::default()
        };
        let change = command(&test, 300, OLGA, 2, move |standing, act| {
            change_details(&standing.session, &details, act)
        });
        expected.add(change.await.unwrap());
        expected.is_kept(&test, 300).await;

        let change = command(&test, 300, LENA, 3, |standing, act| {
            start_prepared(&standing.session, act)
        });
        expected.add(change.await.unwrap());
        expected.is_kept(&test, 300).await;

        let asked = SetVariables {
            keep_invalid: true,
            ..set(&[
                ("port", Some("not a port")),
                ("v_000", None),
                ("server_name", Some("srv-02")),
                ("v_001", Some("")),
            ])
        };
        expected.add(sets(&test, 300, LENA, 4, asked).await.unwrap());
        expected.is_kept(&test, 300).await;
        assert!(!expected.0.variables["port"].valid);
        assert_eq!(expected.0.variables["v_000"].value, None);
        assert_eq!(expected.0.variables["server_name"].version, 2);
        for (when, text) in [(40, "8443"), (41, "again no port"), (42, "9443")] {
            let asked = SetVariables {
                keep_invalid: true,
                ..set(&[("port", Some(text))])
            };
            expected.add(sets(&test, 300, LENA, when, asked).await.unwrap());
            expected.is_kept(&test, 300).await;
        }

        let skip = StepWork {
            state: Some(StepState::Skipped),
            note: Some("n".into()),
            output: Some("$ ls\n\ttab".into()),
            reason: Some("not here".into()),
            checks: BTreeMap::from([(0, true), (1, true)]),
            ..StepWork::default()
        };
        expected.add(command(&test, 300, LENA, 5, work("one", skip)).await.unwrap());
        expected.is_kept(&test, 300).await;
        let open = StepWork {
            state: Some(StepState::Open),
            checks: BTreeMap::from([(0, false)]),
            ..StepWork::default()
        };
        expected.add(command(&test, 300, LENA, 6, work("one", open)).await.unwrap());
        let done = StepWork {
            state: Some(StepState::Done),
            choice: Some("It answers".into()),
            ..StepWork::default()
        };
        expected.add(command(&test, 300, LENA, 7, work("two", done)).await.unwrap());
        expected.is_kept(&test, 300).await;
        assert_eq!(expected.0.steps.len(), 2);
        for (when, choice) in [(70, ""), (71, "It answers")] {
            let other = StepWork {
                choice: Some(choice.into()),
                ..StepWork::default()
            };
            expected.add(command(&test, 300, LENA, when, work("two", other)).await.unwrap());
            expected.is_kept(&test, 300).await;
        }

        let completion = Completion {
            outcome: Some(Outcome::Resolved),
            outcome_note: Some("All is well".into()),
            next_steps: Some(String::new()),
        };
        for when in [8, 10] {
            let completion = completion.clone();
            let change = command(&test, 300, LENA, when, move |standing, act| {
                complete(&standing.session, &completion, act)
            });
            expected.add(change.await.unwrap());
            let change = command(&test, 300, LENA, when + 1, |standing, act| {
                if act.now == at(9) {
                    reopen(&standing.session, act)
                } else {
                    add_note(&standing.session, "late", act)
                }
            });
            expected.add(change.await.unwrap());
            expected.is_kept(&test, 300).await;
        }
        let last = expected.0.events.last().unwrap();
        assert_eq!(last.kind, EventKind::LateNoteAdded);

        // What a list shows of a step is what one look at it shows.
        let step = StepId::parse("two").unwrap();
        let found = look!(test, [step], |tx| steps::find(tx, account(), id(300), &step)
            .await)
        .unwrap();
        assert_eq!(found.as_ref(), expected.0.steps.get(&step));
        let unknown = StepId::parse("three").unwrap();
        let found = look!(test, [unknown], |tx| steps::find(
            tx,
            account(),
            id(300),
            &unknown
        )
        .await)
        .unwrap();
        assert_eq!(found, None);
    }
}

#[tokio::test]
async fn every_other_command_is_kept_too() {
    for test in companies().await {
        let mut expected = Expected::of(
            make(&test, 300, MORGAN, 1, |new, outline, act| {
                prepare(new, outline, &Preparation::default(), act)
            })
            .await,
        );
        expected.is_kept(&test, 300).await;
        expected.add(
            command(&test, 300, LENA, 2, |s, act| take(&s.session, act))
                .await
                .unwrap(),
        );
        expected.add(
            command(&test, 300, MORGAN, 3, |s, act| discard(&s.session, act))
                .await
                .unwrap(),
        );
        expected.is_kept(&test, 300).await;
        expected.add(
            command(&test, 300, MORGAN, 4, |s, act| reopen(&s.session, act))
                .await
                .unwrap(),
        );
        let nobody = Details {
            assignee: Some(None),
            ..Details::default()
        };
        let change = command(&test, 300, MORGAN, 5, move |s, act| {
            change_details(&s.session, &nobody, act)
        });
        expected.add(change.await.unwrap());
        expected.add(
            command(&test, 300, MORGAN, 6, |s, act| add_note(&s.session, "note", act))
                .await
                .unwrap(),
        );
        expected.is_kept(&test, 300).await;

        let made = make(&test, 301, LENA, 7, |new, outline, act| {
            start(new, outline, &set(&[("port", Some(" 8443 "))]), act)
        });
        Expected::of(made.await).is_kept(&test, 301).await;
    }
}

#[tokio::test]
async fn a_lock_without_a_save_changes_nothing() {
    for test in companies().await {
        let expected = Expected::of(started(&test, 300).await);
        let locked = commit!(test, |tx| sessions::lock(tx, account(), id(300)).await).unwrap();
        assert_eq!(locked.as_ref(), Some(&expected.0.session));
        expected.is_kept(&test, 300).await;
    }
}

#[tokio::test]
async fn a_session_that_is_not_there_is_not_found_and_not_saved() {
    for test in companies().await {
        let change = started(&test, 300).await;
        assert!(kept_in(&test, account(), 999).await.is_none());
        assert_eq!(
            commit!(test, |tx| sessions::lock(tx, account(), id(999)).await).unwrap(),
            None
        );
        let mut strange = change.clone();
        strange.session.id = id(999);
        let saved = commit!(test, [strange], |tx| sessions::save(tx, account(), &strange)
            .await);
        assert!(matches!(saved, Err(Error::NoRow)), "{saved:?}");
        let twice = commit!(test, [change], |tx| sessions::create(tx, account(), &change)
            .await);
        assert!(matches!(twice, Err(Error::Duplicate)), "{twice:?}");
        let mut number = change.clone();
        number.session.id = id(301);
        let taken = commit!(test, [number], |tx| sessions::create(tx, account(), &number)
            .await);
        assert!(matches!(taken, Err(Error::Duplicate)), "{taken:?}");
        let mut version = change;
        (
            version.session.id,
            version.session.number,
            version.session.flow_version,
        ) = (id(302), 9, 7);
        let unpublished = commit!(test, [version], |tx| sessions::create(tx, account(), &version)
            .await);
        assert!(
            matches!(unpublished, Err(Error::Constraint(_))),
            "{unpublished:?}"
        );
        assert!(kept_in(&test, account(), 302).await.is_none());
    }
}

#[tokio::test]
async fn a_command_that_changes_nothing_writes_nothing() {
    for test in companies().await {
        started(&test, 300).await;
        sets(&test, 300, MORGAN, 4, set(&[("v_001", Some("same"))]))
            .await
            .unwrap();
        let before = kept(&test, 300).await;
        let change = sets(&test, 300, MORGAN, 5, set(&[("v_001", Some("same"))]))
            .await
            .unwrap();
        assert!(change.events.is_empty());
        assert_eq!(kept(&test, 300).await, before);
    }
}

#[tokio::test]
async fn a_change_that_was_decided_on_an_older_state_is_refused_whole() {
    for test in companies().await {
        started(&test, 300).await;
        // Decided without the lock, and somebody else is faster.
        let late = test
            .db
            .read_long::<_, Failed, _>(|tx| {
                Box::pin(async move {
                    let session = sessions::find(tx, account(), id(300))
                        .await?
                        .ok_or(Error::NoRow)?;
                    let mut random = random(1);
                    let mut act = resolutionflow_core::session::Act {
                        who: actor(MORGAN),
                        now: at(5),
                        random: &mut random,
                    };
                    Ok(complete(&session, &Completion::default(), &mut act)?)
                })
            })
            .await
            .unwrap();
        sets(&test, 300, MORGAN, 4, set(&[("v_001", Some("first"))]))
            .await
            .unwrap();
        let before = kept(&test, 300).await;
        let saved = commit!(test, [late], |tx| sessions::save(tx, account(), &late).await);
        assert!(matches!(saved, Err(Error::NoRow)), "{saved:?}");
        assert_eq!(kept(&test, 300).await, before);
    }
}

#[tokio::test]
async fn what_fails_after_the_save_leaves_nothing() {
    for test in companies().await {
        started(&test, 300).await;
        let before = kept(&test, 300).await;
        let failed: Result<(), Failed> = test
            .db
            .write(|tx| {
                Box::pin(async move {
                    let mut standing = locked(tx, account(), id(300)).await?;
                    let mut random = random(1);
                    let mut act = resolutionflow_core::session::Act {
                        who: actor(MORGAN),
                        now: at(5),
                        random: &mut random,
                    };
                    let asked = set(&[("v_001", Some("lost")), ("server_name", Some("lost"))]);
                    let change = resolutionflow_core::session::set_variables(
                        &standing.session,
                        standing.outline,
                        &mut standing.variables,
                        &asked,
                        &mut act,
                    )?;
                    sessions::save(tx, account(), &change).await?;
                    let session: SessionId = id(300);
                    let kept = sessions::find(tx, account(), session)
                        .await?
                        .ok_or(Error::NoRow)?;
                    assert_eq!(kept, change.session, "the transaction sees its own work");
                    Err(Failed::Store(Error::NoRow))
                })
            })
            .await;
        assert!(matches!(failed, Err(Failed::Store(Error::NoRow))), "{failed:?}");
        assert_eq!(kept(&test, 300).await, before);

        // A start that fails takes its number back.
        let refused: Result<()> = commit!(test, |tx| {
            sessions::next_number(tx, account(), flow(), sessions::Begins::Started, at(9)).await?;
            Err(Error::NoRow)
        });
        assert!(refused.is_err());
        assert_eq!(started(&test, 301).await.session.number, 2);
    }
}

#[tokio::test]
async fn an_account_that_is_not_there_gives_no_numbers() {
    for test in companies().await {
        let number = commit!(test, |tx| sessions::next_number(
            tx,
            id(9),
            flow(),
            sessions::Begins::Started,
            at(9)
        )
        .await);
        assert!(matches!(number, Err(Error::NoRow)), "{number:?}");
    }
}
