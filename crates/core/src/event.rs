//! Events: what happened in a session, each bound to the one before by a hash.
//!
//! A text that a person typed enters the hash only as a salted commitment, so that an export can leave it out and
//! still be verified. The hash is defined here and never changes; a new form would get a new label.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{SessionId, UserId};
use crate::random::Random;

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// What the first event of a session follows.
pub const GENESIS: Hash = [0; 32];

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The session was set up ahead.
    Prepared,
    /// The session became active.
    Started,
    /// An unassigned session got an assignee, by that person.
    Taken,
    /// The assignee changed.
    Assigned,
    /// A prepared session moved to a newer version of its flow.
    VersionChanged,
    /// Title, note, due time or outcome changed.
    DetailsChanged,
    /// A variable got a value.
    VariableSet,
    /// A variable lost its value.
    VariableUnset,
    /// A step was done.
    StepDone,
    /// A step was skipped.
    StepSkipped,
    /// A step was opened again.
    StepOpened,
    /// A step's note changed.
    StepNoted,
    /// A step's output changed.
    StepOutput,
    /// A checkable item of a step was ticked or cleared.
    ItemChecked,
    /// A note was added to the session.
    NoteAdded,
    /// A note was added after the session ended.
    LateNoteAdded,
    /// The session was completed.
    Completed,
    /// The session was discarded.
    Discarded,
    /// Completion or discarding was undone.
    Reopened,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::Prepared,
        Self::Started,
        Self::Taken,
        Self::Assigned,
        Self::VersionChanged,
        Self::DetailsChanged,
        Self::VariableSet,
        Self::VariableUnset,
        Self::StepDone,
        Self::StepSkipped,
        Self::StepOpened,
        Self::StepNoted,
        Self::StepOutput,
        Self::ItemChecked,
        Self::NoteAdded,
        Self::LateNoteAdded,
        Self::Completed,
        Self::Discarded,
        Self::Reopened,
    ];

    /// The name in the database, the API and the hash.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Started => "started",
            Self::Taken => "taken",
            Self::Assigned => "assigned",
            Self::VersionChanged => "version_changed",
            Self::DetailsChanged => "details_changed",
            Self::VariableSet => "variable_set",
            Self::VariableUnset => "variable_unset",
            Self::StepDone => "step_done",
            Self::StepSkipped => "step_skipped",
            Self::StepOpened => "step_opened",
            Self::StepNoted => "step_noted",
            Self::StepOutput => "step_output",
            Self::ItemChecked => "item_checked",
            Self::NoteAdded => "note_added",
            Self::LateNoteAdded => "late_note_added",
            Self::Completed => "completed",
            Self::Discarded => "discarded",
            Self::Reopened => "reopened",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A typed text with the salt of its commitment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaltedText {
    /// What was typed; `None` in a masked export.
    pub text: Option<String>,
    /// 16 random bytes, in hexadecimal; `None` in a masked export.
    pub salt: Option<String>,
    /// SHA-256 over label, salt and text, in hexadecimal.
    pub commitment: String,
}

impl SaltedText {
    /// Commits to a text.
    pub fn new(text: &str, random: &mut Random) -> Self {
        let salt = hexadecimal(&random.bytes::<16>());
        let commitment = hexadecimal(&Self::digest(&salt, text));
        Self {
            text: Some(text.to_owned()),
            salt: Some(salt),
            commitment,
        }
    }

    /// Whether the commitment is that of the text; a masked one cannot be contradicted.
    pub fn holds(&self) -> bool {
        match (&self.text, &self.salt) {
            (Some(text), Some(salt)) => hexadecimal(&Self::digest(salt, text)) == self.commitment,
            (None, None) => true,
            _ => false,
        }
    }

    fn digest(salt: &str, text: &str) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(b"resolutionflow text 1\0");
        chain(&mut hasher, salt.as_bytes());
        chain(&mut hasher, text.as_bytes());
        hasher.finalize().into()
    }
}

/// What an event says beyond its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// Names, states and ids: always shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// What people typed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, SaltedText>,
}

impl Payload {
    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a typed text, unless it is empty.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str, random: &mut Random) -> Self {
        if !text.is_empty() {
            self.texts.insert(name.to_owned(), SaltedText::new(text, random));
        }
        self
    }

    /// The typed text of that name, or the empty text.
    pub fn typed(&self, name: &str) -> &str {
        self.texts
            .get(name)
            .and_then(|salted| salted.text.as_deref())
            .unwrap_or_default()
    }
}

/// One thing that happened in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The place in the session's history, from 1, without gaps; the session's version after it.
    pub number: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor_id: UserId,
    /// What.
    pub kind: EventKind,
    /// What more.
    pub payload: Payload,
    /// The digest over all of the above and the previous event's hash.
    pub hash: Hash,
}

impl Event {
    /// The hash that an event with these contents has after `previous`.
    pub fn digest(
        previous: &Hash,
        session: SessionId,
        number: i64,
        at: DateTime<Utc>,
        actor: UserId,
        kind: EventKind,
        payload: &Payload,
    ) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(b"resolutionflow event 1\0");
        hasher.update(previous);
        hasher.update(session.uuid().as_bytes());
        hasher.update(number.to_be_bytes());
        hasher.update(at.timestamp_micros().to_be_bytes());
        hasher.update(actor.uuid().as_bytes());
        chain(&mut hasher, kind.as_str().as_bytes());
        hasher.update((payload.facts.len() as u64).to_be_bytes());
        for (name, value) in &payload.facts {
            chain(&mut hasher, name.as_bytes());
            chain(&mut hasher, value.as_bytes());
        }
        hasher.update((payload.texts.len() as u64).to_be_bytes());
        for (name, text) in &payload.texts {
            chain(&mut hasher, name.as_bytes());
            chain(&mut hasher, text.commitment.as_bytes());
        }
        hasher.finalize().into()
    }

    /// Whether the event follows `previous` and its texts are those it committed to.
    pub fn follows(&self, previous: &Hash, session: SessionId) -> bool {
        let digest = Self::digest(
            previous,
            session,
            self.number,
            self.at,
            self.actor_id,
            self.kind,
            &self.payload,
        );
        digest == self.hash && self.payload.texts.values().all(SaltedText::holds)
    }
}

/// Hashes a part with its length, so that no two lists of parts give the same bytes.
fn chain(hasher: &mut Sha256, part: &[u8]) {
    hasher.update((part.len() as u64).to_be_bytes());
    hasher.update(part);
}

/// Lower-case hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(previous: &Hash, number: i64, payload: Payload) -> Event {
        let at = DateTime::from_timestamp_micros(1_700_000_000_000_000).unwrap();
        let (session, actor) = (
            SessionId::from_uuid(uuid::Uuid::nil()),
            UserId::from_uuid(uuid::Uuid::max()),
        );
        let hash = Event::digest(
            previous,
            session,
            number,
            at,
            actor,
            EventKind::VariableSet,
            &payload,
        );
        Event {
            number,
            at,
            actor_id: actor,
            kind: EventKind::VariableSet,
            payload,
            hash,
        }
    }

    #[test]
    fn a_changed_fact_text_or_number_breaks_the_chain() {
        let session = SessionId::from_uuid(uuid::Uuid::nil());
        let random = &mut Random::new([7; 32]);
        let good = event(
            &GENESIS,
            1,
            Payload::default()
                .fact("name", "host")
                .text("value", "srv-01", random),
        );
        assert!(good.follows(&GENESIS, session));

        let mut fact = good.clone();
        fact.payload.facts.insert("name".into(), "other".into());
        let mut text = good.clone();
        text.payload.texts.get_mut("value").unwrap().text = Some("srv-02".into());
        let mut number = good.clone();
        number.number = 2;
        for bad in [fact, text, number] {
            assert!(!bad.follows(&GENESIS, session));
        }
        assert!(!good.follows(&[1; 32], session));
    }

    #[test]
    fn a_masked_text_still_verifies() {
        let random = &mut Random::new([7; 32]);
        let mut masked = event(&GENESIS, 1, Payload::default().text("value", "hunter2", random));
        let salted = masked.payload.texts.get_mut("value").unwrap();
        (salted.text, salted.salt) = (None, None);
        assert!(masked.follows(&GENESIS, SessionId::from_uuid(uuid::Uuid::nil())));
    }

    #[test]
    fn the_hash_is_what_it_always_was() {
        let payload = Payload {
            facts: BTreeMap::from([("name".into(), "host".into())]),
            texts: BTreeMap::from([(
                "value".into(),
                SaltedText {
                    text: None,
                    salt: None,
                    commitment: "00".repeat(32),
                },
            )]),
        };
        assert_eq!(
            hexadecimal(&event(&GENESIS, 1, payload).hash),
            "da37369ccb019569f9a1aa505d7219766c3b1e235646924779d0c9e6b47a34fb"
        );
    }

    #[test]
    fn names_of_kinds_read_back() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(EventKind::parse("nonsense"), None);
    }
}
