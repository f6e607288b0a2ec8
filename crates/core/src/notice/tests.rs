//! Who is told what, as a person would say it, and what holds for any change.

use proptest::prelude::*;

use super::*;
use crate::event::Payload;
use crate::id::Id;

const PREPARER: u128 = 1;
const LENA: u128 = 2;
const MORGAN: u128 = 3;

fn user(number: u128) -> UserId {
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

fn at(hours: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::hours(hours)
}

fn seen(status: Status, assignee: Option<u128>, owner: Option<u128>) -> Seen {
    Seen {
        status,
        prepared_by_id: Some(user(PREPARER)),
        assigned_to_id: assignee.map(user),
        owner_id: owner.map(user),
        due_at: None,
    }
}

fn event(kind: EventKind, who: u128) -> Event {
    Event {
        number: 7,
        at: at(0),
        actor_id: user(who),
        kind,
        payload: Payload::default(),
        hash: [0; 32],
    }
}

/// Whom a change tells what.
fn told(before: Option<Seen>, after: Seen, kind: EventKind, who: u128) -> Vec<(u128, NoticeKind)> {
    let notices = notices(before, after, &[event(kind, who)]);
    assert!(
        notices
            .told
            .iter()
            .all(|notice| notice.cause == 7 && notice.actor_id == Some(user(who)))
    );
    let told = notices.told.iter();
    told.map(|notice| (notice.user_id.uuid().as_u128(), notice.kind))
        .collect()
}

use EventKind as E;
use NoticeKind as N;
use Status::{Active, Completed, Prepared};

#[test]
fn the_assignee_hears_of_what_is_prepared_for_them_and_nobody_of_their_own_doing() {
    let lenas = seen(Prepared, Some(LENA), None);
    let nobodys = seen(Prepared, None, None);
    assert_eq!(
        told(None, lenas, E::Prepared, PREPARER),
        [(LENA, N::PreparedForMe)]
    );
    assert_eq!(told(None, lenas, E::Prepared, LENA), []);
    assert_eq!(told(None, nobodys, E::Prepared, PREPARER), []);
    assert_eq!(
        told(Some(nobodys), lenas, E::Assigned, PREPARER),
        [(LENA, N::PreparedForMe)]
    );
}

#[test]
fn who_prepared_it_hears_who_took_it_or_started_it_untaken() {
    let (nobodys, lenas) = (seen(Prepared, None, None), seen(Prepared, Some(LENA), None));
    assert_eq!(told(Some(nobodys), lenas, E::Taken, LENA), [(PREPARER, N::Taken)]);
    let started = seen(Active, None, Some(LENA));
    assert_eq!(
        told(Some(nobodys), started, E::Started, LENA),
        [(PREPARER, N::Taken)]
    );
    let started = seen(Active, Some(LENA), Some(LENA));
    assert_eq!(told(Some(lenas), started, E::Started, LENA), []);
    assert_eq!(told(Some(nobodys), lenas, E::Taken, PREPARER), []);
}

#[test]
fn a_reassignment_is_told_to_the_old_and_the_new() {
    let (lenas, morgans) = (
        seen(Prepared, Some(LENA), None),
        seen(Prepared, Some(MORGAN), None),
    );
    assert_eq!(
        told(Some(lenas), morgans, E::Assigned, PREPARER),
        [(LENA, N::Reassigned), (MORGAN, N::PreparedForMe)]
    );
    let (lenas, morgans) = (
        seen(Active, Some(LENA), Some(LENA)),
        seen(Active, Some(MORGAN), Some(LENA)),
    );
    assert_eq!(
        told(Some(lenas), morgans, E::Assigned, PREPARER),
        [(LENA, N::Reassigned), (MORGAN, N::Reassigned)]
    );
    assert_eq!(
        told(Some(lenas), morgans, E::Assigned, LENA),
        [(MORGAN, N::Reassigned)]
    );
}

#[test]
fn who_prepared_it_hears_that_it_is_completed_and_the_rest_is_void() {
    let (before, after) = (
        seen(Active, Some(LENA), Some(LENA)),
        seen(Completed, Some(LENA), Some(LENA)),
    );
    assert_eq!(
        told(Some(before), after, E::Completed, LENA),
        [(PREPARER, N::Completed)]
    );
    let void = notices(Some(before), after, &[event(E::Completed, LENA)]).withdrawn;
    assert!(!void.contains(&N::Completed) && void.contains(&N::Overdue));
    let reopened = notices(Some(after), before, &[event(E::Reopened, LENA)]);
    assert!(reopened.withdrawn.contains(&N::Completed) && reopened.told.is_empty());
    let discarded = Seen {
        status: Status::Discarded,
        ..before
    };
    let void = notices(Some(before), discarded, &[event(E::Discarded, LENA)]).withdrawn;
    assert_eq!(void, N::ALL);
    let lenas = seen(Prepared, Some(LENA), None);
    let discarded = Seen {
        status: Status::Discarded,
        ..lenas
    };
    assert_eq!(
        told(Some(discarded), lenas, E::Reopened, PREPARER),
        [(LENA, N::PreparedForMe)]
    );
}

#[test]
fn a_due_time_is_told_anew_when_it_or_whom_it_concerns_changes() {
    let due = |hours: i64, assignee| Seen {
        due_at: Some(at(hours)),
        ..seen(Prepared, assignee, None)
    };
    let anew = |before, after, kind| notices(Some(before), after, &[event(kind, PREPARER)]).due_anew();
    assert!(anew(due(1, None), due(2, None), E::DetailsChanged));
    assert!(anew(due(1, None), due(1, Some(LENA)), E::Assigned));
    assert!(!anew(due(1, Some(LENA)), due(1, Some(LENA)), E::DetailsChanged));
    assert!(!anew(due(1, None), due(1, None), E::VariableSet));
    assert_eq!(super::due(at(25), at(0)), None);
    assert_eq!(super::due(at(24), at(0)), Some(N::DueSoon));
    assert_eq!(super::due(at(0), at(0)), Some(N::Overdue));
}

#[test]
fn a_notice_has_the_same_id_however_often_it_is_made() {
    let notice = Notice {
        user_id: user(LENA),
        kind: N::Taken,
        cause: 7,
        actor_id: None,
    };
    let session = Id::from_uuid(uuid::Uuid::from_u128(9));
    assert_eq!(notice.id(session, at(0)), notice.id(session, at(0)));
    let other = Notice { cause: 8, ..notice };
    assert_ne!(notice.id(session, at(0)), other.id(session, at(0)));
    for kind in N::ALL {
        assert_eq!(N::parse(kind.as_str()), Some(kind));
    }
}

fn any_seen() -> impl Strategy<Value = Seen> {
    let person = || prop::option::of((1..4_u128).prop_map(user));
    let status = prop::sample::select(Status::ALL.to_vec());
    (status, person(), person(), person(), prop::option::of(0..3_i64)).prop_map(
        |(status, prepared_by_id, assigned_to_id, owner_id, due)| Seen {
            status,
            prepared_by_id,
            assigned_to_id,
            owner_id,
            due_at: due.map(at),
        },
    )
}

proptest! {
    #[test]
    fn nobody_hears_of_their_own_doing_or_twice_of_one_event(
        before in prop::option::of(any_seen()), after in any_seen(),
        kinds in prop::collection::vec(prop::sample::select(EventKind::ALL.to_vec()), 0..4), who in 1..4_u128,
    ) {
        let events: Vec<_> = (1..)
            .zip(&kinds)
            .map(|(number, kind)| Event { number, ..event(*kind, who) })
            .collect();
        let notices = notices(before, after, &events);
        let mut seen = std::collections::HashSet::new();
        for notice in &notices.told {
            prop_assert_ne!(notice.user_id, user(who));
            prop_assert!(seen.insert((notice.user_id, notice.cause)));
        }
        let quiet = kinds.iter().all(|kind| matches!(kind, EventKind::VariableSet | EventKind::StepDone));
        if quiet && before == Some(after) {
            prop_assert!(notices.is_empty());
        }
    }
}

#[test]
fn the_letter_of_the_day_goes_out_at_seven() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    for (now, next) in [
        ("2026-01-05T06:59:59.999999Z", "2026-01-05T07:00:00Z"),
        ("2026-01-05T07:00:00Z", "2026-01-06T07:00:00Z"),
        ("2026-12-31T23:59:59Z", "2027-01-01T07:00:00Z"),
    ] {
        assert_eq!(next_digest(at(now)), at(next), "{now}");
    }
}
