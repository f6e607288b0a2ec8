//! `POST /sessions/{id}/variables`: fills variables from the form of the page, for who runs no scripts.
//!
//! `fill:NAME` is a prompt in the text, where nothing typed says nothing; `panel:NAME` is the control of the panel,
//! `seen:NAME` the version that it showed and `was:NAME` a print of its text, so that only what somebody changed is
//! written, and only over what they saw.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use resolutionflow_core::access::Action;
use resolutionflow_core::field::{FieldType, keepable};
use resolutionflow_core::id::SessionId;
use resolutionflow_core::variable::{Known, Outline};
use sha2::{Digest, Sha256};

use super::control::kind;
use super::refused::{self, Fault, Refused, Typed};
use super::snapshot::Snapshot;
use crate::api::sessions::variables::{PatchVariables, set_variables};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, Visitor};
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::pages::refusal::Refusal;
use crate::pages::words::runner as words;
use crate::request::{IdempotencyKey, Json, Pairs, Path};

/// Fills.
pub(super) async fn fill(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::SetVariables as usize }>,
    Path(id): Path<SessionId>,
    Pairs(pairs): Pairs,
) -> Result<Response> {
    let snapshot = Snapshot::read(&app, visitor.caller.account_id, id, None).await?;
    let session = &snapshot.session;
    let version = app
        .versions
        .get(
            &app.db,
            visitor.caller.account_id,
            session.flow_id,
            session.flow_version,
        )
        .await?;
    let sent = Sent::read(&version.outline, pairs);
    let (texts, faults) = sent.changes(&version.outline);
    let step = sent.step.clone();
    if !faults.is_empty() {
        let refused = refused_texts(&texts, faults);
        let page = refused::again(&app, &visitor, id, step, refused).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    if !texts.is_empty() {
        let body = sent.patch(&texts);
        let key = sent.key.as_deref().and_then(IdempotencyKey::parse);
        let caller = May(visitor.caller.clone());
        if let Err(error) = set_variables(State(app.clone()), caller, Path(id), key, Json(body)).await {
            return refuse(&app, &visitor, id, (sent, texts), error).await;
        }
    }
    Ok(Redirect::to(&address(id, step.as_deref())).into_response())
}

/// The page of a session, at a step.
pub(super) fn address(id: SessionId, step: Option<&str>) -> String {
    match step.filter(|step| !step.is_empty()) {
        None => format!("/sessions/{id}"),
        Some(step) => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("step", step)
                .finish();
            format!("/sessions/{id}?{query}")
        }
    }
}

/// What the API refused, on the page, with everything that was typed.
async fn refuse(
    app: &App,
    visitor: &Visitor,
    id: SessionId,
    (sent, texts): (Sent, Texts),
    error: Error,
) -> Result<Response> {
    let newer = match &error {
        Error::Conflict {
            kind: Kind::NewerValue,
            members,
            ..
        } => members["current"]["variables"]
            .as_object()
            .map(|variables| variables.keys().map(|name| name.to_ascii_lowercase()).collect())
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    let refusal = Refusal::of(error)?;
    let snapshot = Snapshot::read(app, visitor.caller.account_id, id, None).await?;
    let faults: Vec<_> = newer
        .into_iter()
        .filter_map(|key: String| {
            let standing = snapshot.variables.get(&key)?;
            let who = snapshot.name(standing.set_by_id).unwrap_or(words::SOMEBODY);
            let why = words::newer(who, standing.value.as_deref());
            Some(Fault {
                key,
                why,
                keepable: false,
            })
        })
        .collect();
    let what = faults.is_empty().then(|| refused::text(&refusal));
    let refused = Refused {
        what,
        ..refused_texts(&texts, faults)
    };
    let page = refused::again(app, visitor, id, sent.step.clone(), refused).await?;
    Ok(refusal.answer(page))
}

/// The new text of each variable that somebody changed, by its key, with whether it was typed in a prompt.
pub(in crate::pages) type Texts = BTreeMap<String, (String, bool)>;

/// What a form says of one variable.
#[derive(Debug, Default)]
pub(in crate::pages) struct Said {
    prompts: Vec<String>,
    pub panel: Vec<String>,
    pub seen: Option<i64>,
    was: Option<String>,
}

/// A form that was sent.
#[derive(Debug, Default)]
pub(in crate::pages) struct Sent {
    pub key: Option<String>,
    step: Option<String>,
    pub keep: BTreeSet<String>,
    pub said: BTreeMap<String, Said>,
}

impl Sent {
    pub(in crate::pages) fn read(outline: &Outline, pairs: Vec<(String, String)>) -> Self {
        let mut sent = Self::default();
        for (name, text) in pairs {
            match name.split_once(':') {
                None if name == "key" => sent.key = Some(text),
                None if name == "step" => sent.step = Some(text),
                None if name == "keep" => {
                    sent.keep.insert(text.to_ascii_lowercase());
                }
                None => {}
                Some((what, rest)) => {
                    // Buttons of one group have a name for each place that they stand in.
                    let name = rest.split(':').next().unwrap_or_default();
                    let Some((key, _)) = outline.variable(name) else {
                        continue;
                    };
                    let said = sent.said.entry(key).or_default();
                    match what {
                        "fill" => said.prompts.push(text),
                        "panel" => said.panel.push(text),
                        "seen" => said.seen = text.parse().ok(),
                        "was" => said.was = Some(text),
                        _ => {}
                    }
                }
            }
        }
        sent
    }

    /// What changes, and what is wrong with it.
    pub(in crate::pages) fn changes(&self, outline: &Outline) -> (Texts, Vec<Fault>) {
        let (mut texts, mut faults) = (Texts::new(), Vec::new());
        for (key, known) in outline.variables() {
            let Some(said) = self.said.get(key) else { continue };
            let changed = said.changed(known);
            let Some((first, in_prompt)) = changed.first() else {
                continue;
            };
            let differs = |(text, _): &&(String, bool)| normal(known, text) != normal(known, first);
            let why = match changed.iter().find(differs) {
                Some((other, _)) => Some((words::two_texts(first, other), false)),
                None if self.keep.contains(key) => keepable(first).err().map(|why| (why.to_string(), false)),
                None => known
                    .accept(first)
                    .err()
                    .map(|why| (why.to_string(), keepable(first).is_ok())),
            };
            if let Some((why, keepable)) = why {
                faults.push(Fault {
                    key: key.to_owned(),
                    why,
                    keepable,
                });
            }
            texts.insert(key.to_owned(), (first.clone(), *in_prompt));
        }
        (texts, faults)
    }

    pub(in crate::pages) fn patch(&self, texts: &Texts) -> PatchVariables {
        let value = |text: &String| (!text.is_empty()).then(|| text.clone());
        let seen = |key: &String| Some((key.clone(), self.said.get(key)?.seen?));
        PatchVariables {
            variables: texts
                .iter()
                .map(|(key, (text, _))| (key.clone(), value(text)))
                .collect(),
            expected: texts.keys().filter_map(seen).collect(),
            keep_invalid: !self.keep.is_empty(),
        }
    }
}

/// What was typed, with what is wrong with it.
fn refused_texts(texts: &Texts, faults: Vec<Fault>) -> Refused {
    let typed = texts.iter().map(|(key, (text, in_prompt))| {
        let typed = Typed {
            text: text.clone(),
            in_prompt: *in_prompt,
            is_bad: faults.iter().any(|fault| fault.key == *key),
        };
        (key.clone(), typed)
    });
    Refused {
        typed: typed.collect(),
        faults,
        ..Refused::default()
    }
}

impl Said {
    /// The texts that differ from what the page showed, each with whether it was typed in a prompt.
    fn changed(&self, known: &Known) -> Vec<(String, bool)> {
        let is_new = |text: &str| self.was.as_deref().is_none_or(|was| print(known, text) != was);
        let prompts = self.prompts.iter().filter(|text| !text.trim().is_empty());
        let mut changed: Vec<_> = prompts
            .filter(|text| is_new(text))
            .map(|text| (text.clone(), true))
            .collect();
        // Of a list without a choice nothing is sent; of a pair of buttons without one neither, but that cannot be
        // taken back.
        let panel = match kind(known) {
            FieldType::MultiSelect if self.seen.is_some() => Some(self.panel.join("\n")),
            _ => self.panel.last().cloned(),
        };
        changed.extend(panel.filter(|text| is_new(text)).map(|text| (text, false)));
        changed
    }
}

/// A text as it is compared: what a browser does to it on the way makes no difference.
fn normal(known: &Known, text: &str) -> String {
    known.accept(text).unwrap_or_else(|_| match kind(known) {
        FieldType::LongText | FieldType::MultiSelect => text.replace("\r\n", "\n"),
        _ => text.replace(['\r', '\n'], ""),
    })
}

/// A short print of a text, by which a form knows whether it was changed.
pub(in crate::pages) fn print(known: &Known, text: &str) -> String {
    digest(&normal(known, text))
}

/// A short print of any text.
pub(in crate::pages) fn digest(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest[..8].iter().fold(String::new(), |mut print, byte| {
        let _ = write!(print, "{byte:02x}");
        print
    })
}

#[cfg(test)]
mod tests {
    use resolutionflow_core::flow::{FlowDocument, FlowParts};
    use serde_json::json;

    use super::*;

    fn outline() -> Outline {
        let parts: FlowParts = serde_json::from_value(json!({
            "title": "x",
            "fields": [{"name": "Port", "type": "port"}, {"name": "sites", "type": "multi_select", "options": ["a", "b"]},
                {"name": "at", "type": "datetime"}, {"name": "why", "type": "long_text"}],
            "sections": [{"steps": [{"id": "s", "title": "S"}]}],
        }))
        .unwrap();
        Outline::of(&FlowDocument::check(parts).unwrap(), |_| 0)
    }

    fn changes(pairs: &[(&str, &str)]) -> (Vec<(String, String)>, Vec<String>) {
        let pairs = pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let (texts, faults) = Sent::read(&outline(), pairs).changes(&outline());
        let texts = texts.into_iter().map(|(key, (text, _))| (key, text)).collect();
        (texts, faults.into_iter().map(|fault| fault.why).collect())
    }

    fn was(name: &str, text: &str) -> String {
        print(outline().variable(name).unwrap().1, text)
    }

    #[test]
    fn what_nobody_changed_says_nothing() {
        let (port, sites, at, why) = (
            was("port", "443"),
            was("sites", "a\nb"),
            was("at", "2026-11-28T20:00:00"),
            was("why", "1\n2"),
        );
        let pairs = [
            ("fill:Port", ""),
            ("fill:Port", "443"),
            ("panel:Port", "443"),
            ("seen:Port", "1"),
            ("was:Port", &port),
            ("panel:sites", "a"),
            ("panel:sites", "b"),
            ("seen:sites", "1"),
            ("was:sites", &sites),
            ("panel:at", "2026-11-28T20:00"),
            ("seen:at", "1"),
            ("was:at", &at),
            ("panel:why", "1\r\n2"),
            ("seen:why", "1"),
            ("was:why", &why),
            ("panel:other", "x"),
        ];
        assert_eq!(changes(&pairs), (vec![], vec![]));
    }

    #[test]
    fn a_choice_can_be_taken_back_and_a_text_cleared() {
        let (port, sites) = (was("port", "443"), was("sites", "a"));
        let pairs = [
            ("panel:port", ""),
            ("was:port", &port),
            ("seen:sites", "1"),
            ("was:sites", &sites),
        ];
        let cleared = |key: &str| (key.to_owned(), String::new());
        assert_eq!(changes(&pairs).0, [cleared("port"), cleared("sites")]);
    }

    #[test]
    fn two_texts_for_one_variable_are_a_question() {
        let none = was("port", "");
        let (_, faults) = changes(&[("fill:Port", "1"), ("fill:port", "2"), ("was:port", &none)]);
        assert_eq!(faults, ["You typed two different texts: “1” and “2”"]);
        let (texts, faults) = changes(&[("fill:Port", "1"), ("fill:port", " 1 "), ("was:port", &none)]);
        assert_eq!((texts.len(), faults.len()), (1, 0));
    }

    #[test]
    fn what_does_not_fit_is_kept_only_on_request() {
        let none = was("port", "");
        assert_eq!(changes(&[("fill:Port", "70000"), ("was:Port", &none)]).1.len(), 1);
        assert!(
            changes(&[("fill:Port", "70000"), ("was:Port", &none), ("keep", "Port")])
                .1
                .is_empty()
        );
    }
}
