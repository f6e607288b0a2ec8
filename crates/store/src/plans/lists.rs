//! The ways to narrow the list of sessions, and by which index each is found.

use resolutionflow_core::session::Status;

use super::id;
use crate::sessions::{Assigned, Filter};
use crate::testing::now;

/// Each way to narrow the list of sessions, and the index that finds it.
pub(super) fn lists() -> Vec<(Filter, &'static str)> {
    let none = Filter::default;
    let status = |status| Filter {
        status: Some(status),
        ..none()
    };
    let assigned = Some(Assigned::To(id(1)));
    vec![
        (none(), "sqlite_autoindex_sessions_1"),
        (status(Status::Prepared), "sessions_prepared"),
        (status(Status::Active), "sessions_active"),
        (status(Status::Discarded), "sessions_discarded"),
        (status(Status::Completed), "sessions_completed"),
        (
            Filter {
                number: Some(1),
                ..none()
            },
            "sqlite_autoindex_sessions_2",
        ),
        (Filter { assigned, ..none() }, "sessions_by_assignee"),
        (
            Filter {
                assigned,
                ..status(Status::Prepared)
            },
            "sessions_queue",
        ),
        (
            Filter {
                assigned: Some(Assigned::Nobody),
                ..status(Status::Prepared)
            },
            "sessions_queue",
        ),
        (
            Filter {
                prepared_by_id: Some(id(1)),
                ..none()
            },
            "sessions_by_preparer",
        ),
        (
            Filter {
                owner_id: Some(id(1)),
                ..none()
            },
            "sessions_by_owner",
        ),
        (
            Filter {
                flow_id: Some(id(1)),
                ..none()
            },
            "sessions_by_flow",
        ),
        (
            Filter {
                client: Some("C".into()),
                ..none()
            },
            "sessions_by_client",
        ),
        (
            Filter {
                team_id: Some(id(1)),
                ..none()
            },
            "sqlite_autoindex_sessions_1",
        ),
        (
            Filter {
                due_before: Some(now()),
                ..none()
            },
            "sqlite_autoindex_sessions_1",
        ),
        (
            Filter {
                text: Some("1".into()),
                ..none()
            },
            "sqlite_autoindex_sessions_1",
        ),
        (
            Filter {
                started_after: Some(now()),
                ..none()
            },
            "sqlite_autoindex_sessions_1",
        ),
        (
            Filter {
                missing: true,
                ..status(Status::Active)
            },
            "sessions_active",
        ),
    ]
}

/// Each queue that is listed by due time, and the index that it is walked along.
pub(super) fn lists_by_due() -> Vec<(Filter, &'static str)> {
    let prepared = || Filter {
        status: Some(Status::Prepared),
        ..Filter::default()
    };
    vec![
        (prepared(), "sessions_prepared_due"),
        (
            Filter {
                assigned: Some(Assigned::To(id(1))),
                ..prepared()
            },
            "sessions_prepared_for",
        ),
        (
            Filter {
                assigned: Some(Assigned::Nobody),
                team_id: Some(id(0)),
                ..prepared()
            },
            "sessions_unassigned",
        ),
        (
            Filter {
                prepared_by_id: Some(id(1)),
                ..prepared()
            },
            "sessions_prepared_by",
        ),
        (
            Filter {
                due_after: Some(now()),
                due_before: Some(now()),
                ..prepared()
            },
            "sessions_prepared_due",
        ),
    ]
}

/// Each way to narrow the list of one person's sessions, and the indexes that find what they started and what is
/// assigned to them.
pub(super) fn lists_of_a_person() -> Vec<(Filter, [&'static str; 2])> {
    let mine = || Filter {
        mine: Some(id(1)),
        ..Filter::default()
    };
    let active = ["sessions_active_by_owner", "sessions_active_by_assignee"];
    vec![
        (mine(), ["sessions_by_owner", "sessions_by_assignee"]),
        (
            Filter {
                status: Some(Status::Active),
                ..mine()
            },
            active,
        ),
        (
            Filter {
                status: Some(Status::Active),
                flow_id: Some(id(1)),
                ..mine()
            },
            active,
        ),
        (
            Filter {
                status: Some(Status::Prepared),
                ..mine()
            },
            ["sessions_queue", "sessions_queue"],
        ),
        (
            Filter {
                status: Some(Status::Completed),
                missing: true,
                text: Some("1".into()),
                ..mine()
            },
            ["sessions_by_owner", "sessions_by_assignee"],
        ),
    ]
}
