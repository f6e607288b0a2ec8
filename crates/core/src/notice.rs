//! Notices: who is told of what happened to a session, and which notices are withdrawn since their reason is gone.
//!
//! Pure: from what stood, what stands and what happened. One notice an event and person, and none to whoever caused it.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::{Event, EventKind};
use crate::id::{NoticeId, SessionId, UserId};
use crate::random::Random;
use crate::session::{Session, Status};

/// How long before its due time a session is said to be due soon, in hours.
pub const SOON_HOURS: i64 = 24;

/// For how many days what somebody is told is worth a mail.
pub const MAIL_DAYS: i64 = 3;

/// The hour of the day, in UTC, at which the letters of the day go out.
pub const DIGEST_HOUR: u32 = 7;

/// When the next letters of the day go out, strictly after `now`.
pub fn next_digest(now: DateTime<Utc>) -> DateTime<Utc> {
    let today =
        now.date_naive().and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(i64::from(DIGEST_HOUR));
    if today > now {
        today
    } else {
        today + TimeDelta::days(1)
    }
}

/// What somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A session is prepared for them.
    PreparedForMe,
    /// Somebody took what they prepared for anyone in the team.
    Taken,
    /// A session is somebody else's to run now, or theirs.
    Reassigned,
    /// A session of theirs is due within a day.
    DueSoon,
    /// A session of theirs should be done.
    Overdue,
    /// What they prepared is completed.
    Completed,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::PreparedForMe,
        Self::Taken,
        Self::Reassigned,
        Self::DueSoon,
        Self::Overdue,
        Self::Completed,
    ];

    /// The name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreparedForMe => "prepared_for_me",
            Self::Taken => "taken",
            Self::Reassigned => "reassigned",
            Self::DueSoon => "due_soon",
            Self::Overdue => "overdue",
            Self::Completed => "completed",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What notices look at of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Where it is in its life.
    pub status: Status,
    /// Who prepared it.
    pub prepared_by_id: Option<UserId>,
    /// Who is to run it.
    pub assigned_to_id: Option<UserId>,
    /// Who started it.
    pub owner_id: Option<UserId>,
    /// When it should be done.
    pub due_at: Option<DateTime<Utc>>,
}

impl Seen {
    /// What there is to see of a session.
    pub fn of(session: &Session) -> Self {
        Self {
            status: session.status(),
            prepared_by_id: session.prepared_by_id,
            assigned_to_id: session.assigned_to_id,
            owner_id: session.owner_id,
            due_at: session.due_at,
        }
    }

    /// Whom its due time concerns: its assignee, else its owner, else who prepared it.
    pub fn minder(&self) -> Option<UserId> {
        self.assigned_to_id.or(self.owner_id).or(self.prepared_by_id)
    }
}

/// Something to tell somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Notice {
    /// Whom.
    pub user_id: UserId,
    /// What.
    pub kind: NoticeKind,
    /// Why: the number of the event, or the due time in microseconds since 1970. There is one notice of a kind to a
    /// person for it.
    pub cause: i64,
    /// Who caused it; nobody where time did.
    pub actor_id: Option<UserId>,
}

impl Notice {
    /// Its identifier, which is the same however often it is made: also that of its mail.
    pub fn id(&self, session: SessionId, now: DateTime<Utc>) -> NoticeId {
        let mut hasher = Sha256::new();
        hasher.update(b"resolutionflow notice 1\0");
        hasher.update(session.uuid().as_bytes());
        hasher.update(self.user_id.uuid().as_bytes());
        hasher.update(self.cause.to_be_bytes());
        hasher.update(self.kind.as_str());
        NoticeId::new(now, &mut Random::new(hasher.finalize().into()))
    }
}

/// What a change tells, and which earlier notices of the session it makes void.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// The kinds whose notices are withdrawn, from everybody; before anything is told.
    pub withdrawn: Vec<NoticeKind>,
    /// What is told.
    pub told: Vec<Notice>,
}

impl Notices {
    /// Whether nothing is told and nothing withdrawn.
    pub fn is_empty(&self) -> bool {
        self.withdrawn.is_empty() && self.told.is_empty()
    }

    /// Whether the due time is to be told anew: it or whom it concerns changed, or the session opened again.
    pub fn due_anew(&self) -> bool {
        self.withdrawn.contains(&NoticeKind::DueSoon)
    }

    fn withdraw(&mut self, kinds: &[NoticeKind]) {
        for kind in kinds {
            if !self.withdrawn.contains(kind) {
                self.withdrawn.push(*kind);
            }
        }
    }

    fn tell(&mut self, whom: Option<UserId>, kind: NoticeKind, event: &Event) {
        let Some(user_id) = whom.filter(|whom| *whom != event.actor_id) else {
            return;
        };
        let notice = Notice {
            user_id,
            kind,
            cause: event.number,
            actor_id: Some(event.actor_id),
        };
        let again = |told: &Notice| (told.user_id, told.cause) == (user_id, event.number);
        if !self.told.iter().any(again) {
            self.told.push(notice);
        }
    }
}

/// What to tell of a change, and what to withdraw. `before` is nothing for a new session.
pub fn notices(before: Option<Seen>, after: Seen, events: &[Event]) -> Notices {
    use NoticeKind as N;
    let mut notices = Notices::default();
    let was = before.unwrap_or(Seen {
        status: Status::Prepared,
        prepared_by_id: after.prepared_by_id,
        assigned_to_id: None,
        owner_id: None,
        due_at: None,
    });
    for event in events {
        match event.kind {
            EventKind::Prepared => notices.tell(after.assigned_to_id, N::PreparedForMe, event),
            EventKind::Taken => {
                notices.withdraw(&[N::PreparedForMe, N::Reassigned]);
                notices.tell(after.prepared_by_id, N::Taken, event);
            }
            EventKind::Assigned => {
                notices.withdraw(&[N::PreparedForMe, N::Reassigned, N::Taken]);
                notices.tell(was.assigned_to_id, N::Reassigned, event);
                let kind = if after.status == Status::Prepared {
                    N::PreparedForMe
                } else {
                    N::Reassigned
                };
                notices.tell(after.assigned_to_id, kind, event);
            }
            EventKind::Started if before.is_some() => {
                notices.withdraw(&[N::PreparedForMe, N::Reassigned]);
                if was.assigned_to_id.is_none() {
                    notices.tell(after.prepared_by_id, N::Taken, event);
                }
            }
            EventKind::Completed => {
                notices.withdraw(&[N::PreparedForMe, N::Taken, N::Reassigned, N::DueSoon, N::Overdue]);
                notices.tell(after.prepared_by_id, N::Completed, event);
            }
            EventKind::Discarded => notices.withdraw(&N::ALL),
            EventKind::Reopened => {
                notices.withdraw(&[N::Completed, N::DueSoon, N::Overdue]);
                if after.status == Status::Prepared {
                    notices.tell(after.assigned_to_id, N::PreparedForMe, event);
                }
            }
            _ => {}
        }
    }
    let due_otherwise = was.due_at != after.due_at || was.minder() != after.minder();
    if before.is_some() && due_otherwise {
        notices.withdraw(&[N::DueSoon, N::Overdue]);
    }
    notices
}

/// What the due time of an open session says now: that it is soon, that it is over, or nothing yet.
pub fn due(due_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<NoticeKind> {
    if due_at <= now {
        Some(NoticeKind::Overdue)
    } else if due_at - now <= TimeDelta::hours(SOON_HOURS) {
        Some(NoticeKind::DueSoon)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
