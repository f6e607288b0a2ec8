//! Moving a prepared session to a newer version of its flow, with every value that still fits.

use super::variables::{unset, write};
use super::{Act, Change, Refusal, Session, Status, count};
use crate::access::Action;
use crate::event::{EventKind, Payload};
use crate::variable::{Known, Outline, Variable, Variables};

/// A value that did not come along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The variable, spelled as the version it was set in spells it.
    pub name: String,
    /// What it was.
    pub value: String,
    /// Why it did not come along, as a sentence without a full stop.
    pub reason: String,
}

/// What becomes of the values of a session on another version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fitting {
    /// The names of the variables whose value comes along, in the order of that version.
    pub kept: Vec<String>,
    /// The values that do not.
    pub dropped: Vec<Dropped>,
}

/// What would become of the values of a session that runs `from`, were it on `to`.
pub fn fitting(from: &Outline, to: &Outline, standing: &Variables) -> Fitting {
    judge_all(from, to, standing).fitting()
}

/// Moves a prepared session from the version that it runs, which is `from`, to the version `number`, which is `to`;
/// changes nothing where it is on that version already.
///
/// A value comes along where the newer version knows its variable and the value fits there, in that field's normal
/// form; one that was kept although it does not fit comes along as such. `standing` has all its variables and is
/// brought up to date.
pub fn update_version(
    session: &Session,
    from: &Outline,
    (number, to): (i64, &Outline),
    standing: &mut Variables,
    act: &mut Act<'_>,
) -> Result<(Change, Fitting), Refusal> {
    session.require_open()?;
    if session.status() != Status::Prepared {
        return Err(Refusal::WrongStatus(session.status()));
    }
    session.require(&act.who, Action::UpdateVersion)?;
    if number < session.flow_version {
        let detail = format!("the session is on version {} already", session.flow_version);
        return Err(Refusal::invalid("/flow_version", detail));
    }
    let judged = judge_all(from, to, standing);
    let fitting = judged.fitting();
    let mut changed = Change::to(session.clone());
    if number == session.flow_version {
        return Ok((changed, fitting));
    }
    let change = &mut changed;
    change.session.flow_version = number;
    change.session.variables = count(to.variables().count());
    change.session.steps = count(to.steps().len());
    let names: Vec<_> = fitting
        .dropped
        .iter()
        .map(|dropped| dropped.name.as_str())
        .collect();
    let payload = Payload::default()
        .fact("from", session.flow_version.to_string())
        .fact("to", number.to_string())
        .fact("dropped", names.join(" "));
    change.record(act, EventKind::VersionChanged, payload);
    for (key, _) in judged.dropped {
        unset(change, standing, key, act);
    }
    for (key, known, value) in judged.kept {
        let stands = |variable: &Variable| {
            (variable.value.as_deref(), variable.valid) == (Some(value.0.as_str()), value.1)
        };
        if !standing.get(&key).is_some_and(stands) {
            write(change, standing, key, known, Some(value), act);
        }
    }
    change.count(to, standing);
    Ok((changed, fitting))
}

/// What becomes of each value, by the key of its variable.
struct Judged<'a> {
    kept: Vec<(String, &'a Known, (String, bool))>,
    dropped: Vec<(String, Dropped)>,
}

impl Judged<'_> {
    fn fitting(&self) -> Fitting {
        let kept = self.kept.iter().map(|(_, known, _)| known.name.to_string());
        Fitting {
            kept: kept.collect(),
            dropped: self.dropped.iter().map(|(_, dropped)| dropped.clone()).collect(),
        }
    }
}

fn judge_all<'a>(from: &Outline, to: &'a Outline, standing: &Variables) -> Judged<'a> {
    let mut judged = Judged {
        kept: Vec::new(),
        dropped: Vec::new(),
    };
    for (key, known) in to.variables() {
        let Some((variable, value)) = set(standing, key) else {
            continue;
        };
        match known.accept(value) {
            Ok(normal) => judged.kept.push((key.to_owned(), known, (normal, true))),
            Err(_) if !variable.valid => judged
                .kept
                .push((key.to_owned(), known, (value.to_owned(), false))),
            Err(invalid) => judged
                .dropped
                .push(dropped(from, key, value, invalid.to_string())),
        }
    }
    for key in standing.keys().filter(|key| to.variable(key).is_none()) {
        if let Some((_, value)) = set(standing, key) {
            let reason = "the newer version has no such variable".to_owned();
            judged.dropped.push(dropped(from, key, value, reason));
        }
    }
    judged
}

fn set<'a>(standing: &'a Variables, key: &str) -> Option<(&'a Variable, &'a str)> {
    let variable = standing.get(key)?;
    Some((variable, variable.value.as_deref()?))
}

fn dropped(from: &Outline, key: &str, value: &str, reason: String) -> (String, Dropped) {
    let name = from
        .variable(key)
        .map_or_else(|| key.to_owned(), |(_, known)| known.name.to_string());
    let dropped = Dropped {
        name,
        value: value.to_owned(),
        reason,
    };
    (key.to_owned(), dropped)
}
