//! When a prepared session needs a look before it runs.

use super::*;

fn days(days: i64) -> DateTime<Utc> {
    at(days * 24 * 60)
}

#[test]
fn each_reason_is_said_and_no_other() {
    let kept = Kept::prepared_by(1, &Preparation::default());
    let fresh = &kept.session;
    let due = Session {
        due_at: Some(at(60)),
        ..fresh.clone()
    };
    let assigned = Session {
        assigned_to_id: Some(user(2)),
        ..fresh.clone()
    };
    for (session, latest, stale_days, active, now, expected) in [
        (fresh, 1, 7, true, at(1), vec![]),
        (fresh, 3, 7, true, at(1), vec![Stale::NewerVersion { latest: 3 }]),
        (fresh, 1, 7, true, days(7), vec![]),
        (fresh, 1, 7, true, days(9), vec![Stale::Old { days: 9 }]),
        (fresh, 1, 0, true, days(900), vec![]),
        (&due, 1, 7, true, at(60), vec![]),
        (&due, 1, 7, true, at(61), vec![Stale::PastDue { since: at(60) }]),
        (fresh, 1, 7, false, at(1), vec![]),
        (&assigned, 1, 7, true, at(1), vec![]),
        (&assigned, 1, 7, false, at(1), vec![Stale::AssigneeGone]),
    ] {
        let found = staleness(session, latest, stale_days, active, now);
        assert_eq!(found, expected, "{latest} {stale_days} {active} {now}");
    }
    let all = Session {
        due_at: due.due_at,
        ..assigned
    };
    let names: Vec<_> = staleness(&all, 2, 1, false, days(2))
        .into_iter()
        .map(Stale::as_str)
        .collect();
    assert_eq!(names, Stale::NAMES);
}

proptest! {
    #[test]
    fn only_a_prepared_session_is_stale(
        started in any::<bool>(), discarded in any::<bool>(), latest in 0..5_i64, stale_days in any::<i64>(),
        active in any::<bool>(), days_later in 0..2_000_i64,
    ) {
        let mut session = Kept::prepared_by(1, &Preparation::default()).session;
        session.due_at = Some(at(5));
        session.assigned_to_id = Some(user(2));
        session.started_at = started.then(|| at(1));
        session.discarded_at = discarded.then(|| at(2));
        let found = staleness(&session, latest, stale_days, active, days(days_later));
        prop_assert!(found.is_empty() || (!started && !discarded));
        let is_old = found.iter().any(|stale| stale.as_str() == "old");
        prop_assert!(stale_days != 0 || !is_old);
    }
}
