//! The cases that a person would name.

use std::collections::BTreeMap;

use super::*;

#[test]
fn a_flow_starts_with_nothing_filled_in() {
    let kept = Kept::started_by(2);
    assert_eq!(kept.session.status(), Status::Active);
    assert!(kept.variables.is_empty());
    let missing: Vec<_> = kept
        .outline
        .missing_required(&kept.variables)
        .map(ToString::to_string)
        .collect();
    assert_eq!(missing, ["server_name", "site"]);
    assert_eq!(
        (kept.session.filled, kept.session.variables),
        (1, 4),
        "the default of Port shows"
    );
}

#[test]
fn a_viewer_starts_nothing() {
    let random = &mut Random::new([1; 32]);
    let act = &mut Act {
        who: person(4),
        now: at(0),
        random,
    };
    let refusal = start(&new_session(), &outline(), &SetVariables::default(), act).unwrap_err();
    assert!(matches!(refusal, Refusal::Forbidden(_)));
}

#[test]
fn a_merge_touches_only_what_it_names_and_normalises() {
    let mut kept = Kept::started_by(2);
    kept.sets(2, &[("SERVER_NAME", Some(" SRV-01 ")), ("ticket", Some("T1"))])
        .unwrap();
    kept.sets(2, &[("site", Some(""))]).unwrap();
    assert_eq!(kept.variables["server_name"].value.as_deref(), Some("srv-01"));
    assert_eq!(kept.variables["ticket"].value.as_deref(), Some("T1"));
    assert_eq!(
        kept.variables["site"].value.as_deref(),
        Some(""),
        "empty on purpose is set"
    );
    assert_eq!(kept.session.missing, 1, "and still missing");
    kept.sets(2, &[("server_name", None)]).unwrap();
    assert_eq!(kept.variables["server_name"].value, None);
    assert_eq!(kept.session.missing, 2);
}

#[test]
fn one_bad_value_refuses_the_whole_request_and_names_every_fault() {
    let mut kept = Kept::started_by(2);
    let refusal = kept
        .sets(
            2,
            &[
                ("site", Some("x")),
                ("port", Some("70000")),
                ("nobody", Some("x")),
            ],
        )
        .unwrap_err();
    let Refusal::Invalid(problems) = refusal else {
        panic!("{refusal:?}")
    };
    let at: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(at.len(), 2, "{at:?}");
    assert!(
        at[0].starts_with("/variables/nobody: ") && at[1].starts_with("/variables/port: "),
        "{at:?}"
    );
    assert!(kept.variables.is_empty());
}

#[test]
fn a_value_that_does_not_fit_is_kept_on_request_and_marked() {
    let mut kept = Kept::started_by(2);
    let set = SetVariables {
        values: values(&[("port", Some("soon"))]),
        keep_invalid: true,
        ..SetVariables::default()
    };
    kept.does(2, |session, outline, standing, _, act| {
        set_variables(session, outline, standing, &set, act)
    })
    .unwrap();
    assert!(!kept.variables["port"].valid);
    let invalid: Vec<_> = kept
        .outline
        .invalid(&kept.variables)
        .map(ToString::to_string)
        .collect();
    assert_eq!(invalid, ["Port"]);
}

#[test]
fn a_stale_write_is_told_what_stands_and_applies_nothing() {
    let mut kept = Kept::started_by(2);
    kept.sets(2, &[("site", Some("Oslo"))]).unwrap();
    let set = SetVariables {
        values: values(&[("site", Some("Bergen")), ("ticket", Some("T2"))]),
        expected: BTreeMap::from([("site".to_owned(), 0)]),
        keep_invalid: false,
    };
    let refusal = kept
        .does(2, |session, outline, standing, _, act| {
            set_variables(session, outline, standing, &set, act)
        })
        .unwrap_err();
    let Refusal::Conflicts(conflicts) = refusal else {
        panic!("{refusal:?}")
    };
    assert_eq!(conflicts[0].name, "site");
    assert_eq!(
        conflicts[0].current.as_ref().unwrap().value.as_deref(),
        Some("Oslo")
    );
    assert!(!kept.variables.contains_key("ticket"));
}

#[test]
fn the_same_value_again_changes_nothing() {
    let mut kept = Kept::started_by(2);
    kept.sets(2, &[("site", Some("Oslo"))]).unwrap();
    assert_eq!(
        kept.sets(2, &[("site", Some("Oslo")), ("ticket", None)]),
        Ok(Vec::new())
    );
    assert_eq!(kept.variables["site"].version, 1);
}

#[test]
fn the_second_start_and_the_second_take_are_told_who_won() {
    let mut kept = Kept::prepared_by(1, &Preparation::default());
    let start =
        |kept: &mut Kept, number| kept.does(number, |session, _, _, _, act| start_prepared(session, act));
    let taking = |kept: &mut Kept, number| kept.does(number, |session, _, _, _, act| take(session, act));
    assert!(
        matches!(taking(&mut kept, 3), Err(Refusal::Forbidden(_))),
        "another team"
    );
    taking(&mut kept, 2).unwrap();
    assert_eq!(
        taking(&mut kept, 5),
        Err(Refusal::AlreadyAssigned { to: user(2) })
    );
    assert!(
        matches!(start(&mut kept, 1), Err(Refusal::Forbidden(_))),
        "assigned to somebody else"
    );
    start(&mut kept, 2).unwrap();
    for again in [2, 5] {
        assert!(matches!(start(&mut kept, again), Err(Refusal::AlreadyStarted { by, .. }) if by == user(2)));
    }
}

#[test]
fn the_first_step_marked_starts_a_prepared_session() {
    let assignee = Some(Assignee {
        user_id: user(3),
        role: Some(Role::Engineer),
    });
    let mut kept = Kept::prepared_by(
        1,
        &Preparation {
            assignee,
            ..Preparation::default()
        },
    );
    let done = StepWork {
        state: Some(StepState::Done),
        ..StepWork::default()
    };
    assert!(matches!(kept.works(2, "one", &done), Err(Refusal::Forbidden(_))));
    assert_eq!(
        kept.works(3, "one", &done),
        Ok(vec![EventKind::Started, EventKind::StepDone])
    );
    assert_eq!(kept.session.owner_id, Some(user(3)));
    assert_eq!(kept.steps.values().next().unwrap().finished_by_id, Some(user(3)));
}

#[test]
fn an_assignee_is_an_engineer_or_above_of_the_account() {
    for role in [None, Some(Role::Viewer)] {
        let preparation = Preparation {
            assignee: Some(Assignee {
                user_id: user(4),
                role,
            }),
            ..Preparation::default()
        };
        let random = &mut Random::new([1; 32]);
        let act = &mut Act {
            who: person(1),
            now: at(0),
            random,
        };
        let refusal = prepare(&new_session(), &outline(), &preparation, act).unwrap_err();
        let Refusal::Invalid(problems) = refusal else {
            panic!("{refusal:?}")
        };
        assert!(problems[0].to_string().starts_with("/assigned_to_id"));
    }
}

#[test]
fn completing_with_something_missing_works_and_then_only_late_notes_and_reopening_do() {
    let mut kept = Kept::started_by(2);
    let completion = Completion {
        outcome: Some(Outcome::Workaround),
        ..Completion::default()
    };
    kept.does(2, |session, _, _, _, act| complete(session, &completion, act))
        .unwrap();
    assert_eq!(kept.session.status(), Status::Completed);
    assert_eq!(kept.session.missing, 2);
    assert_eq!(
        kept.sets(2, &[("site", Some("x"))]),
        Err(Refusal::Ended(Status::Completed))
    );
    let note = kept.does(2, |session, _, _, _, act| add_note(session, "forgot this", act));
    assert_eq!(note, Ok(vec![EventKind::LateNoteAdded]));
    kept.minute += 24 * 60;
    assert_eq!(
        kept.does(2, |session, _, _, _, act| reopen(session, act)),
        Err(Refusal::TooLate)
    );
    kept.minute -= 60;
    kept.does(2, |session, _, _, _, act| reopen(session, act))
        .unwrap();
    assert_eq!(kept.session.status(), Status::Active);
}

#[test]
fn a_ticket_is_one_line_and_its_address_leads_somewhere() {
    let refused = |preparation: &Preparation| {
        let random = &mut Random::new([1; 32]);
        let act = &mut Act {
            who: person(1),
            now: at(0),
            random,
        };
        match prepare(&new_session(), &outline(), preparation, act) {
            Err(Refusal::Invalid(problems)) => problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    let problems = refused(&Preparation {
        ticket: "INC\n1".into(),
        ticket_url: "javascript:alert(1)".into(),
        client: "x".repeat(201),
        ..Preparation::default()
    });
    assert_eq!(
        problems,
        [
            "/ticket: this must be one line",
            "/client: this has 201 bytes; 200 are allowed",
            "/ticket_url: this is not a web address: it must begin with https:// or http://",
        ]
    );
    let problems = refused(&Preparation {
        ticket_url: format!("https://x.example/{}", "x".repeat(2_000)),
        ..Preparation::default()
    });
    assert_eq!(problems, ["/ticket_url: this has 2018 bytes; 2000 are allowed"]);

    let mut kept = Kept::prepared_by(
        1,
        &Preparation {
            ticket: "INC-1".into(),
            ticket_url: " HTTPS://Desk.example.com/1 ".into(),
            client: "Contoso".into(),
            ..Preparation::default()
        },
    );
    assert_eq!(kept.session.ticket_url, "https://desk.example.com/1");
    assert_eq!(kept.events[0].payload.typed("ticket"), "INC-1");
    let changes = |kept: &mut Kept, details: Details| {
        kept.does(1, |session, _, _, _, act| change_details(session, &details, act))
    };
    let same = Details {
        ticket: Some("INC-1".into()),
        ticket_url: Some("https://desk.example.com/1".into()),
        client: Some("Contoso".into()),
        ..Details::default()
    };
    assert_eq!(changes(&mut kept, same), Ok(Vec::new()));
    let other = Details {
        ticket_url: Some(String::new()),
        client: Some("Fabrikam".into()),
        ..Details::default()
    };
    assert_eq!(changes(&mut kept, other), Ok(vec![EventKind::DetailsChanged]));
    assert_eq!(kept.events[1].payload.facts["changed"], "ticket_url client");
    assert_eq!(
        (kept.session.ticket_url.as_str(), kept.session.client.as_str()),
        ("", "Fabrikam")
    );
    let wrong = Details {
        ticket_url: Some("//desk".into()),
        ..Details::default()
    };
    assert!(matches!(changes(&mut kept, wrong), Err(Refusal::Invalid(_))));
}

#[test]
fn a_step_refuses_items_choices_and_reasons_that_it_does_not_have() {
    let mut kept = Kept::started_by(2);
    let work = StepWork {
        checks: BTreeMap::from([(2, true)]),
        choice: Some("It does not".into()),
        reason: Some("why".into()),
        ..StepWork::default()
    };
    let Err(Refusal::Invalid(problems)) = kept.works(2, "one", &work) else {
        panic!()
    };
    assert_eq!(problems.len(), 3, "{problems:?}");
    let chosen = StepWork {
        choice: Some("It answers".into()),
        state: Some(StepState::Done),
        ..StepWork::default()
    };
    kept.works(2, "two", &chosen).unwrap();
    assert_eq!(kept.steps.values().next().unwrap().choice, "It answers");
    let stale = StepWork {
        note: Some("n".into()),
        expected_version: Some(0),
        ..StepWork::default()
    };
    assert!(matches!(
        kept.works(2, "two", &stale),
        Err(Refusal::StepConflict(_))
    ));
}

#[test]
fn what_somebody_holds_goes_to_their_heirs_and_nothing_else_does() {
    let assignee = |number: u128| Assignee {
        user_id: user(number),
        role: Some(person(number).role),
    };
    let heirs = |prepared: Option<u128>, active: Option<u128>| Heirs {
        prepared: prepared.map(assignee),
        active: active.map(assignee),
    };
    let ask = |session: &Session, who: u128, leaver: u128, heirs: &Heirs| {
        let random = &mut Random::new([1; 32]);
        let act = &mut Act {
            who: person(who),
            now: at(9),
            random,
        };
        hand_over(session, user(leaver), heirs, act)
    };
    // Person 1 looks after members, 2 and 3 are engineers, 4 is a viewer.
    let active = Kept::started_by(2).session;
    assert!(held_by(&active, user(2)) && !held_by(&active, user(3)));
    for (who, heirs) in [
        (3, heirs(None, Some(3))),
        (1, heirs(Some(3), None)),
        (1, heirs(None, Some(2))),
        (1, heirs(None, Some(4))),
        (1, heirs(Some(4), Some(3))),
    ] {
        assert!(ask(&active, who, 2, &heirs).is_err(), "{heirs:?} by {who}");
    }
    for who in [1, 2] {
        let change = ask(&active, who, 2, &heirs(None, Some(3))).unwrap();
        let session = change.session;
        assert_eq!(
            (session.assigned_to_id, session.owner_id),
            (Some(user(3)), Some(user(2)))
        );
        assert_eq!(change.events.len(), 1);
        assert!(!held_by(&session, user(2)) && held_by(&session, user(3)));
        let again = ask(&session, who, 2, &heirs(None, Some(3))).unwrap();
        assert!(again.events.is_empty(), "it is not theirs any more");
    }

    let preparation = Preparation {
        assignee: Some(assignee(2)),
        ..Preparation::default()
    };
    let prepared = Kept::prepared_by(3, &preparation).session;
    assert!(held_by(&prepared, user(2)) && !held_by(&prepared, user(3)));
    let change = ask(&prepared, 1, 2, &heirs(None, None)).unwrap();
    assert_eq!(change.session.assigned_to_id, None, "anyone in its team");
    let change = ask(&prepared, 1, 2, &heirs(Some(3), None)).unwrap();
    assert_eq!(change.session.assigned_to_id, Some(user(3)));
}
