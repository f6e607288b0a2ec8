//! Setting variables: a partial merge, all of it or nothing.

use std::collections::{BTreeMap, HashMap};

use super::{Act, Change, Conflict, MAX_VARIABLES, Refusal, Session};
use crate::access::Action;
use crate::event::{EventKind, Payload};
use crate::problem::Problem;
use crate::variable::{Known, Outline, Variable, Variables, judge};

/// What is asked of the variables.
#[derive(Clone, Debug, Default)]
pub struct SetVariables {
    /// A value each; `None` unsets, the empty text sets to empty. What is not named is not touched.
    pub values: BTreeMap<String, Option<String>>,
    /// The version that the request saw, for those it wants guarded; 0 stands for unset.
    pub expected: BTreeMap<String, i64>,
    /// Whether a value that does not fit its type is kept, marked as such.
    pub keep_invalid: bool,
}

/// Sets and unsets variables of an open session. `standing` has all its variables and is brought up to date.
pub fn set_variables(
    session: &Session,
    outline: &Outline,
    standing: &mut Variables,
    set: &SetVariables,
    act: &mut Act<'_>,
) -> Result<Change, Refusal> {
    session.require_open()?;
    session.require(&act.who, Action::SetVariables)?;
    let mut change = Change::to(session.clone());
    apply(&mut change, outline, standing, set, act)?;
    change.count(outline, standing);
    Ok(change)
}

/// Judges every value first, then changes; a refusal leaves `standing` as it was.
pub(super) fn apply(
    change: &mut Change,
    outline: &Outline,
    standing: &mut Variables,
    set: &SetVariables,
    act: &mut Act<'_>,
) -> Result<(), Refusal> {
    if set.values.len() > MAX_VARIABLES {
        return Err(Refusal::invalid(
            "/variables",
            format!(
                "there are {} variables; {MAX_VARIABLES} are allowed in one request",
                set.values.len()
            ),
        ));
    }
    let mut problems = Vec::new();
    let mut judged = Vec::with_capacity(set.values.len());
    let mut seen = HashMap::new();
    for (name, text) in &set.values {
        let at = pointer("/variables", name);
        let Some((key, known)) = outline.variable(name) else {
            problems.push(Problem::at(at, format!("the flow has no variable {name:?}")));
            continue;
        };
        if let Some(first) = seen.insert(key.clone(), name) {
            problems.push(Problem::at(
                at,
                format!("{name:?} and {first:?} are the same variable"),
            ));
            continue;
        }
        match text
            .as_deref()
            .map(|text| judge(known, text, set.keep_invalid))
            .transpose()
        {
            Ok(value) => judged.push((key, known, value)),
            Err(invalid) => problems.push(Problem::at(at, invalid.to_string())),
        }
    }
    let expected = expected_versions(outline, set, &mut problems);
    if !problems.is_empty() {
        return Err(Refusal::Invalid(problems));
    }

    judged.retain(|(key, _, value)| !stands(standing.get(key), value.as_ref()));
    let conflicts: Vec<_> = judged
        .iter()
        .filter(|(key, ..)| {
            expected
                .get(key)
                .is_some_and(|version| !saw(standing.get(key), *version))
        })
        .map(|(key, known, _)| Conflict {
            name: known.name.to_string(),
            current: standing.get(key).cloned(),
        })
        .collect();
    if !conflicts.is_empty() {
        return Err(Refusal::Conflicts(conflicts));
    }
    for (key, known, value) in judged {
        write(change, standing, key, known, value, act);
    }
    Ok(())
}

fn expected_versions(
    outline: &Outline,
    set: &SetVariables,
    problems: &mut Vec<Problem>,
) -> HashMap<String, i64> {
    let mut expected = HashMap::new();
    for (name, version) in &set.expected {
        let key = name.to_ascii_lowercase();
        let written =
            outline.variable(name).is_some() && set.values.keys().any(|n| n.eq_ignore_ascii_case(name));
        if !written {
            let detail = format!("{name:?} is not among the variables of this request");
            problems.push(Problem::at(pointer("/expected", name), detail));
        } else if *version < 0 {
            problems.push(Problem::at(pointer("/expected", name), "a version is 0 or more"));
        } else if expected.insert(key, *version).is_some() {
            problems.push(Problem::at(
                pointer("/expected", name),
                format!("{name:?} is named twice"),
            ));
        }
    }
    expected
}

/// Whether a variable already is what is asked; then a retry changes nothing.
fn stands(standing: Option<&Variable>, value: Option<&(String, bool)>) -> bool {
    match (standing, value) {
        (None, None) => true,
        (Some(variable), None) => variable.value.is_none(),
        (Some(variable), Some((text, valid))) => {
            variable.value.as_deref() == Some(text) && variable.valid == *valid
        }
        (None, Some(_)) => false,
    }
}

/// Whether the version that a request saw is the one that stands.
fn saw(standing: Option<&Variable>, version: i64) -> bool {
    standing.is_none_or(|variable| variable.value.is_none() && version == 0 || variable.version == version)
        && (standing.is_some() || version == 0)
}

/// Takes a value away that the version has no place for; what happened as a whole is recorded by the caller.
pub(super) fn unset(change: &mut Change, standing: &mut Variables, key: String, act: &Act<'_>) {
    let version = standing.get(&key).map_or(0, |variable| variable.version) + 1;
    let variable = Variable {
        key: key.clone(),
        value: None,
        valid: true,
        version,
        set_by_id: act.who.user_id,
        set_at: act.now,
    };
    change.variables.push(variable.clone());
    standing.insert(key, variable);
}

pub(super) fn write(
    change: &mut Change,
    standing: &mut Variables,
    key: String,
    known: &Known,
    value: Option<(String, bool)>,
    act: &mut Act<'_>,
) {
    let version = standing.get(&key).map_or(0, |variable| variable.version) + 1;
    let mut payload = Payload::default().fact("name", known.name.as_str());
    let (kind, value, valid) = match value {
        None => (EventKind::VariableUnset, None, true),
        Some((text, valid)) => {
            payload = payload.text("value", &text, act.random);
            if !valid {
                payload = payload.fact("valid", "false");
            }
            (EventKind::VariableSet, Some(text), valid)
        }
    };
    change.record(act, kind, payload);
    let variable = Variable {
        key: key.clone(),
        value,
        valid,
        version,
        set_by_id: act.who.user_id,
        set_at: act.now,
    };
    change.variables.push(variable.clone());
    standing.insert(key, variable);
}

/// A JSON pointer to a member (RFC 6901).
fn pointer(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}
