//! `POST /sessions/{id}/complete`: saves what was filled, then completes.
//!
//! Whoever asks to fill gets the page again where a value is refused; whoever asks to complete anyway does, and what
//! they typed is kept even where it does not fit.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use resolutionflow_core::id::SessionId;
use resolutionflow_core::problem::{Place, Problem};
use resolutionflow_core::session::Outcome;
use serde_json::Value;

use super::{Ending, Typed, late, page, report, words};
use crate::api::sessions::complete::{self as completing, CompleteSession};
use crate::api::sessions::variables::{PatchVariables, set_variables};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitCompleteSession, Visitor};
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::pages::refusal::Refusal;
use crate::request::{IdempotencyKey, Json, Pairs, Path};

/// The form as it was sent.
#[derive(Default)]
pub(super) struct Sent {
    key: String,
    /// Whether a refused value is no reason to stay.
    pub(super) anyway: bool,
    /// Texts by the name of their variable, as often as they were sent.
    pub(super) values: BTreeMap<String, Vec<String>>,
    /// The versions that were seen.
    seen: BTreeMap<String, i64>,
    outcome: Option<Outcome>,
    pub(super) note: Option<String>,
    pub(super) next_steps: Option<String>,
}

impl Sent {
    fn read(pairs: Vec<(String, String)>) -> Self {
        let mut sent = Self::default();
        for (name, value) in pairs {
            // Browsers send two bytes for each end of a line.
            let value = value.replace("\r\n", "\n");
            match name.split_once(':') {
                Some(("fill", name)) => sent.values.entry(name.to_owned()).or_default().push(value),
                Some(("seen", name)) => {
                    let version = value.parse().unwrap_or(0);
                    sent.seen.insert(name.to_owned(), version);
                }
                Some(_) => {}
                None => match name.as_str() {
                    "key" => sent.key = value,
                    "do" => sent.anyway = value == "anyway",
                    "outcome" => sent.outcome = Outcome::ALL.into_iter().find(|one| one.as_str() == value),
                    "outcome_note" => sent.note = Some(value),
                    "next_steps" => sent.next_steps = Some(value),
                    _ => {}
                },
            }
        }
        sent
    }

    /// The key of one of the two changes; a form that is sent twice makes each of them once.
    fn key(&self, of: &str) -> Option<IdempotencyKey> {
        (!self.key.is_empty())
            .then(|| IdempotencyKey::parse(&format!("{}-{of}", self.key)))
            .flatten()
    }

    /// What is to be changed: what differs from what stands. A blank where nothing stands says nothing.
    fn changes(&self, ending: &Ending) -> PatchVariables {
        let outline = &ending.version.outline;
        let mut patch = PatchVariables {
            variables: BTreeMap::new(),
            expected: BTreeMap::new(),
            keep_invalid: self.anyway,
        };
        for (name, texts) in &self.values {
            let Some((key, known)) = outline.variable(name) else {
                continue;
            };
            let text = texts.join("\n");
            let stands = ending
                .variables
                .get(&key)
                .and_then(|variable| variable.value.as_deref());
            if text == stands.unwrap_or_default() {
                continue;
            }
            let name = known.name.to_string();
            if let Some(seen) = self.seen.get(&name).filter(|_| !self.anyway) {
                patch.expected.insert(name.clone(), *seen);
            }
            patch.variables.insert(name, (!text.is_empty()).then_some(text));
        }
        patch
    }

    /// What to show again of it.
    fn typed(&self, ending: &Ending) -> Typed {
        let outline = &ending.version.outline;
        let values = self.values.iter();
        Typed {
            values: values
                .filter_map(|(name, texts)| Some((outline.variable(name)?.0, texts.join("\n"))))
                .filter(|(key, text)| !text.is_empty() || ending.variables.contains_key(key))
                .collect(),
            outcome: self.outcome,
            note: self.note.clone(),
            next_steps: self.next_steps.clone(),
            ..Typed::default()
        }
    }
}

/// `POST /sessions/{id}/complete`
pub(super) async fn complete(
    State(app): State<App>,
    Visit(visitor): VisitCompleteSession,
    Path(id): Path<SessionId>,
    Pairs(pairs): Pairs,
) -> Result<Response> {
    let sent = Sent::read(pairs);
    let ending = match Ending::read(&app, &visitor, id).await {
        Ok(Ok(ending)) => ending,
        Ok(Err(_)) => return late::ended(&app, &visitor, id, &sent).await,
        Err(error @ Error::Forbidden(_)) => return late::not_theirs(&app, &visitor, id, &sent, error).await,
        Err(error) => return Err(error),
    };
    let patch = sent.changes(&ending);
    if !patch.variables.is_empty() {
        let caller = May(visitor.caller.clone());
        let saved = set_variables(
            State(app.clone()),
            caller,
            Path(id),
            sent.key("values"),
            Json(patch),
        )
        .await;
        match saved {
            Ok(_) => {}
            // A text that cannot be kept at all, or a colleague's change: no reason not to complete.
            Err(Error::Unprocessable(_) | Error::Conflict { .. }) if sent.anyway => {}
            Err(error) => return refused(&app, &visitor, id, &sent, error).await,
        }
    }
    let body = CompleteSession {
        outcome: sent.outcome,
        outcome_note: sent.note.clone(),
        next_steps: sent.next_steps.clone(),
    };
    let caller = May(visitor.caller.clone());
    let done = completing::complete(
        State(app.clone()),
        caller,
        Path(id),
        sent.key("complete"),
        Some(Json(body)),
    );
    match done.await {
        Ok(_) => Ok(report(id).into_response()),
        Err(error) => refused(&app, &visitor, id, &sent, error).await,
    }
}

/// The page again with all that was typed, and what is wrong beside it.
async fn refused(app: &App, visitor: &Visitor, id: SessionId, sent: &Sent, error: Error) -> Result<Response> {
    let refusal = Refusal::of(error)?;
    // As it stands now, which is what the next try must have seen.
    let ending = match Ending::read(app, visitor, id).await {
        Ok(Ok(ending)) => ending,
        Ok(Err(_)) => return late::ended(app, visitor, id, sent).await,
        Err(error @ Error::Forbidden(_)) => return late::not_theirs(app, visitor, id, sent, error).await,
        Err(error) => return Err(error),
    };
    let mut typed = sent.typed(&ending);
    match refusal.error() {
        Error::Unprocessable(problems) => {
            for problem in problems {
                note(&mut typed, &ending, problem);
            }
        }
        Error::Conflict {
            kind: Kind::NewerValue,
            members,
            ..
        } => {
            let newer = members["current"]["variables"].as_object().into_iter().flatten();
            for (name, current) in newer {
                let Some((key, _)) = ending.version.outline.variable(name) else {
                    continue;
                };
                let by = ending
                    .variables
                    .get(&key)
                    .map_or(words::SOMEBODY, |variable| ending.name(variable.set_by_id));
                let value = current.get("value").and_then(Value::as_str);
                typed.wrong.insert(key, words::newer(by, value));
            }
        }
        _ => typed.failed = Some(refusal.text()),
    }
    Ok(refusal.answer(page(app, visitor, &ending, &typed)))
}

/// Puts a problem beside the text that it is about.
fn note(typed: &mut Typed, ending: &Ending, problem: &Problem) {
    let pointer = match &problem.place {
        Place::Pointer { pointer } => pointer.as_str(),
        Place::Text { .. } => "",
    };
    let name = pointer.strip_prefix("/variables/").unwrap_or_default();
    match ending.version.outline.variable(name) {
        Some((key, _)) => {
            typed.wrong.insert(key, problem.detail.clone());
        }
        None => typed.failed = Some(problem.detail.clone()),
    }
}
