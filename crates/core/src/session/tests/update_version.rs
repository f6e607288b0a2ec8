//! Moving a prepared session to a newer version, and handing one over.

use super::*;

const NEWER: &str = r#"{
    "title": "Cut-over", "fields": [
        {"name": "Server_Name", "type": "fqdn", "required": true},
        {"name": "PORT", "type": "text", "default": "8443"},
        {"name": "window", "required": true}],
    "sections": [{"steps": [
        {"id": "one", "title": "On [VAR:server_name]"},
        {"id": "two", "title": "Mention [VAR:ticket]"},
        {"id": "three", "title": "Look at [VAR:note]"}]}]}"#;

fn newer() -> Outline {
    let parts: FlowParts = serde_json::from_str(NEWER).unwrap();
    Outline::of(&FlowDocument::check(parts).unwrap(), |_| 0)
}

fn prepared() -> Kept {
    Kept::prepared_by(
        1,
        &Preparation {
            values: values(&[
                ("server_name", Some("srv-01")),
                ("port", Some("8443")),
                ("site", Some("Oslo")),
                ("ticket", Some("")),
            ]),
            ..Preparation::default()
        },
    )
}

fn updates(kept: &mut Kept, number: u128, version: i64) -> Result<(Vec<EventKind>, Fitting), Refusal> {
    kept.minute += 1;
    let to = newer();
    let mut act = Act {
        who: person(number),
        now: at(kept.minute),
        random: &mut kept.random,
    };
    let mut standing = kept.variables.clone();
    let (from, to) = (kept.outline.clone(), (version, &to));
    let (change, fitting) = update_version(&kept.session, &from, to, &mut standing, &mut act)?;
    let kinds = change.events.iter().map(|event| event.kind).collect();
    if !change.events.is_empty() {
        assert!(change.moves_session());
        kept.outline = newer();
    }
    kept.keep(change);
    assert_eq!(kept.variables, standing);
    kept.holds();
    Ok((kinds, fitting))
}

#[test]
fn what_fits_comes_along_and_the_rest_is_named() {
    let mut kept = prepared();
    let foreseen = fitting(&kept.outline, &newer(), &kept.variables);
    let (kinds, fitting) = updates(&mut kept, 1, 2).unwrap();
    assert_eq!(kinds, [EventKind::VersionChanged]);
    assert_eq!(fitting, foreseen);
    assert_eq!(fitting.kept, ["PORT", "ticket"]);
    let dropped: Vec<_> = fitting
        .dropped
        .iter()
        .map(|one| (one.name.as_str(), one.value.as_str(), one.reason.as_str()))
        .collect();
    assert_eq!(dropped[0].0, "server_name");
    assert!(
        dropped[0].2.contains("is not a full domain name"),
        "{}",
        dropped[0].2
    );
    assert_eq!(
        dropped[1],
        ("site", "Oslo", "the newer version has no such variable")
    );
    let event = kept.events.last().unwrap();
    let facts = ["from", "to", "dropped"].map(|name| event.payload.facts[name].as_str());
    assert_eq!(facts, ["1", "2", "server_name site"]);
    assert_eq!(kept.variables["server_name"].value, None);
    assert_eq!(kept.variables["site"].value, None);
    let session = &kept.session;
    assert_eq!(
        (session.flow_version, session.steps, session.variables),
        (2, 3, 5)
    );
    assert_eq!((session.filled, session.missing), (1, 2));
}

#[test]
fn the_same_again_changes_nothing_and_an_older_version_is_refused() {
    let mut kept = prepared();
    updates(&mut kept, 1, 3).unwrap();
    let (kinds, fitting) = updates(&mut kept, 1, 3).unwrap();
    assert_eq!(kinds, []);
    assert!(fitting.dropped.is_empty());
    assert!(matches!(updates(&mut kept, 1, 2), Err(Refusal::Invalid(_))));
}

#[test]
fn a_value_takes_the_form_of_its_new_field_and_one_kept_as_invalid_stays_so_until_it_fits() {
    let mut kept = prepared();
    let set = SetVariables {
        values: values(&[("port", Some("soon")), ("server_name", Some("not a host!"))]),
        keep_invalid: true,
        ..SetVariables::default()
    };
    kept.does(1, |session, outline, standing, _, act| {
        set_variables(session, outline, standing, &set, act)
    })
    .unwrap();
    let (kinds, fitting) = updates(&mut kept, 1, 2).unwrap();
    assert_eq!(kinds, [EventKind::VersionChanged, EventKind::VariableSet]);
    assert_eq!(fitting.kept, ["Server_Name", "PORT", "ticket"]);
    assert!(kept.variables["port"].valid, "any text fits now");
    assert!(!kept.variables["server_name"].valid);

    let mut kept = prepared();
    kept.sets(1, &[("server_name", Some("srv.example.com"))]).unwrap();
    let (_, fitting) = updates(&mut kept, 1, 2).unwrap();
    assert_eq!(fitting.kept, ["Server_Name", "PORT", "ticket"]);
}

#[test]
fn who_prepared_it_its_assignee_its_team_and_admins_may_and_only_while_it_is_prepared() {
    for (who, may) in [(1, true), (2, true), (3, false), (4, false), (5, true)] {
        assert_eq!(updates(&mut prepared(), who, 2).is_ok(), may, "{who}");
    }
    let mut kept = prepared();
    kept.does(2, |session, _, _, _, act| start_prepared(session, act))
        .unwrap();
    assert_eq!(
        updates(&mut kept, 2, 2).unwrap_err(),
        Refusal::WrongStatus(Status::Active)
    );
    let mut kept = prepared();
    kept.does(1, |session, _, _, _, act| discard(session, act))
        .unwrap();
    assert_eq!(
        updates(&mut kept, 1, 2).unwrap_err(),
        Refusal::Ended(Status::Discarded)
    );
}

proptest! {
    #[test]
    fn every_value_is_kept_or_named(
        server in prop::option::of("[a-z]{1,4}([.][a-z]{1,4})?"), port in prop::option::of("[0-9]{0,5}"),
        site in prop::option::of("[a-z ]{0,5}"), ticket in prop::option::of("[A-Z]{0,3}"),
    ) {
        let mut kept = Kept::prepared_by(1, &Preparation::default());
        let all = [("server_name", &server), ("port", &port), ("site", &site), ("ticket", &ticket)];
        for (name, value) in all {
            let set = SetVariables {
                values: values(&[(name, value.as_deref())]),
                keep_invalid: true,
                ..SetVariables::default()
            };
            kept.does(1, |session, outline, standing, _, act| set_variables(session, outline, standing, &set, act))
                .unwrap();
        }
        let (_, fitting) = updates(&mut kept, 1, 2).unwrap();
        for (name, value) in all {
            let is_kept = fitting.kept.iter().any(|kept| kept.eq_ignore_ascii_case(name));
            let is_dropped = fitting.dropped.iter().any(|dropped| dropped.name.eq_ignore_ascii_case(name));
            prop_assert_eq!(is_kept || is_dropped, value.is_some());
            prop_assert!(!(is_kept && is_dropped));
            let stands = kept.variables.get(name).and_then(|variable| variable.value.as_ref());
            prop_assert_eq!(stands.is_some(), is_kept);
        }
    }
}

#[test]
fn a_handover_says_what_whoever_goes_on_should_know() {
    let mut kept = Kept::started_by(2);
    let to = |number| {
        Some(Some(Assignee {
            user_id: user(number),
            role: Some(Role::Engineer),
        }))
    };
    let changes = |kept: &mut Kept, details: Details| {
        kept.does(2, |session, _, _, _, act| change_details(session, &details, act))
    };
    let alone = Details {
        handover_note: Some("Mind the gap".into()),
        title: Some("T".into()),
        ..Details::default()
    };
    let Err(Refusal::Invalid(problems)) = changes(&mut kept, alone) else {
        panic!("a note without an assignee")
    };
    assert!(problems[0].to_string().starts_with("/handover_note: "));
    let handed = Details {
        handover_note: Some("Mind the gap".into()),
        assignee: to(3),
        ..Details::default()
    };
    assert_eq!(changes(&mut kept, handed.clone()), Ok(vec![EventKind::Assigned]));
    let payload = &kept.events.last().unwrap().payload;
    assert_eq!(payload.typed("note"), "Mind the gap");
    assert_eq!(payload.facts["assigned_to_id"], user(3).to_string());
    assert_eq!(changes(&mut kept, handed), Ok(Vec::new()), "nobody else goes on");
}
