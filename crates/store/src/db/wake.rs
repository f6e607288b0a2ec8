//! Wake-ups: who watches what is told that there is something new, and reads it.
//!
//! They carry no data, and one may get lost, between servers or when a receiver lags: whoever listens also
//! polls slowly. So a lost wake-up costs a second, never a change.

use resolutionflow_core::id::{AccountId, Id, SessionId};
use uuid::Uuid;

/// What can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Something in an account's lists and queues changed.
    Account(AccountId),
    /// A session has new events.
    Session(AccountId, SessionId),
    /// Mail waits to be sent.
    Outbox,
}

/// One wake-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// Look at this.
    Topic(Topic),
    /// Something was missed, nobody knows what: look at everything.
    Everything,
}

/// The longest payload PostgreSQL takes is 7999 bytes.
const PAYLOAD: usize = 7900;

impl Topic {
    fn write(self, out: &mut String) {
        let (kind, ids) = match self {
            Self::Account(account) => ('a', [Some(account.uuid()), None]),
            Self::Session(account, session) => ('s', [Some(account.uuid()), Some(session.uuid())]),
            Self::Outbox => ('o', [None, None]),
        };
        out.push(kind);
        for id in ids.into_iter().flatten() {
            out.push_str(id.simple().encode_lower(&mut Uuid::encode_buffer()));
        }
    }

    fn read(text: &str) -> Option<Self> {
        let id = |from: usize| Uuid::try_parse(text.get(from..from + 32)?).ok();
        match (text.chars().next()?, text.len()) {
            ('o', 1) => Some(Self::Outbox),
            ('a', 33) => Some(Self::Account(Id::from_uuid(id(1)?))),
            ('s', 65) => Some(Self::Session(Id::from_uuid(id(1)?), Id::from_uuid(id(33)?))),
            _ => None,
        }
    }
}

/// Puts topics into one payload; where they do not fit, the payload says "everything".
pub(super) fn payload(topics: impl IntoIterator<Item = Topic>) -> String {
    let mut text = String::new();
    for topic in topics {
        if !text.is_empty() {
            text.push(',');
        }
        topic.write(&mut text);
        if text.len() > PAYLOAD {
            return EVERYTHING.to_owned();
        }
    }
    text
}

/// The payload that wakes everybody.
pub(super) const EVERYTHING: &str = "*";

/// Reads a payload; what another version of this program wrote and this one cannot read wakes everybody.
pub(super) fn wakes(payload: &str) -> Vec<Wake> {
    let topics: Option<Vec<_>> = payload
        .split(',')
        .map(|text| Topic::read(text).map(Wake::Topic))
        .collect();
    topics.unwrap_or_else(|| vec![Wake::Everything])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: u128) -> Topic {
        Topic::Session(
            Id::from_uuid(Uuid::from_u128(7)),
            Id::from_uuid(Uuid::from_u128(number)),
        )
    }

    #[test]
    fn a_payload_reads_back_as_it_was_written() {
        let topics = [
            session(1),
            Topic::Account(Id::from_uuid(Uuid::from_u128(9))),
            Topic::Outbox,
            session(u128::MAX),
        ];
        let expected: Vec<_> = topics.into_iter().map(Wake::Topic).collect();
        assert_eq!(wakes(&payload(topics)), expected);
    }

    #[test]
    fn what_does_not_fit_or_cannot_be_read_wakes_everybody() {
        assert_eq!(wakes(&payload((0..1000).map(session))), [Wake::Everything]);
        assert!(payload((0..119).map(session)).len() < 8000);
        for hostile in [
            "",
            "*",
            ",",
            "x",
            "oo",
            "s12",
            "é",
            "sé",
            &"s".repeat(65),
            &"é".repeat(33),
            "a,,a",
        ] {
            assert_eq!(wakes(hostile), [Wake::Everything], "{hostile}");
        }
    }
}
