//! Letters that tell members what concerns them: one thing each, or all of a day in one.

use resolutionflow_core::notice::NoticeKind;
use resolutionflow_store::outbox::Told;

use super::letter::{Draft, Item, Link};
use super::words;
use crate::pages::components::session;
use crate::pages::words::notifications as bell;

/// A letter about one thing.
pub(super) fn one(told: &Told) -> Draft {
    let (sentence, title) = (sentence(told), title(told));
    let number = words::number(&session::number(told.session_number));
    let mut paragraphs = vec![format!("{number}: {title}")];
    if !told.client.is_empty() {
        paragraphs.push(words::client(&told.client));
    }
    let about_due = matches!(told.kind, NoticeKind::DueSoon | NoticeKind::Overdue);
    let open = told.kind != NoticeKind::Completed;
    if let Some(due) = told.due_at.filter(|_| open && !about_due) {
        paragraphs.push(words::due(&words::at(due)));
    }
    Draft {
        subject: format!("{sentence}: {title}"),
        head: sentence,
        paragraphs,
        items: Vec::new(),
        button: Some(Link {
            label: if open { words::OPEN } else { words::OPEN_REPORT }.to_owned(),
            path: path(told),
        }),
        why: words::why(&told.account_name, bell::kind(told.kind)),
        choose: Some(choose()),
    }
}

/// One letter about several things that the same member is told.
pub(super) fn digest(told: &[&Told]) -> Draft {
    let account = told.first().map_or("", |first| first.account_name.as_str());
    let items = told.iter().map(|one| Item {
        text: sentence(one),
        link: Link {
            label: title(one),
            path: path(one),
        },
    });
    let head = words::digest(told.len());
    Draft {
        subject: format!("{account}: {head}"),
        head,
        paragraphs: Vec::new(),
        items: items.collect(),
        button: Some(Link {
            label: words::OPEN_NOTIFICATIONS.to_owned(),
            path: "/notifications".to_owned(),
        }),
        why: words::why_daily(account),
        choose: Some(choose()),
    }
}

fn choose() -> Link {
    Link {
        label: words::CHOOSE.to_owned(),
        path: "/settings#notifications".to_owned(),
    }
}

fn title(told: &Told) -> String {
    session::title(&told.flow_title, &told.session_title)
}

fn path(told: &Told) -> String {
    let report = if told.kind == NoticeKind::Completed {
        "/report"
    } else {
        ""
    };
    format!("/sessions/{}{report}", told.session_id)
}

fn sentence(told: &Told) -> String {
    let who = told.actor.as_deref().map_or(bell::SOMEBODY, session::first_name);
    let due = told.due_at.map(words::at);
    match told.kind {
        NoticeKind::PreparedForMe => bell::prepared(who),
        NoticeKind::Taken => bell::taken(who),
        NoticeKind::Reassigned => bell::reassigned(who, told.assigned_to_id == Some(told.user_id)),
        NoticeKind::DueSoon => due.map_or_else(|| words::DUE.to_owned(), |due| words::due_soon(&due)),
        NoticeKind::Overdue => due.map_or_else(|| words::DUE.to_owned(), |due| words::overdue(&due)),
        NoticeKind::Completed => bell::completed(who),
    }
}
