//! Working a step: its state, note, output, ticked items and choice.

use std::collections::BTreeMap;

use super::start::start_prepared;
use super::{Act, Change, MAX_NOTE, Refusal, Session, Status, StepRecord, StepState, check_typed, count};
use crate::access::Action;
use crate::event::{EventKind, Payload};
use crate::problem::Problem;
use crate::variable::{Outline, OutlineStep};

/// What is asked of a step; what is `None` or not named is not touched.
#[derive(Clone, Debug, Default)]
pub struct StepWork {
    /// Where it stands.
    pub state: Option<StepState>,
    /// What people write about it.
    pub note: Option<String>,
    /// What a command printed.
    pub output: Option<String>,
    /// Why it is skipped.
    pub reason: Option<String>,
    /// The label of a choice; empty takes it back.
    pub choice: Option<String>,
    /// Items to tick or clear, counted from 0.
    pub checks: BTreeMap<u16, bool>,
    /// The version of the step that the request saw; 0 for an untouched one.
    pub expected_version: Option<i64>,
}

/// Works a step. The first work on a prepared session starts it.
pub fn work_step(
    session: &Session,
    step: &OutlineStep,
    standing: Option<&StepRecord>,
    work: &StepWork,
    act: &mut Act<'_>,
) -> Result<Change, Refusal> {
    session.require_open()?;
    check(step, work)?;
    let mut change = if session.status() == Status::Prepared {
        start_prepared(session, act)?
    } else {
        Change::to(session.clone())
    };
    change.session.require(&act.who, Action::WorkSteps)?;
    let untouched = StepRecord {
        step_id: step.id.clone(),
        state: StepState::Open,
        note: String::new(),
        output: String::new(),
        reason: String::new(),
        choice: String::new(),
        checked: std::collections::BTreeSet::new(),
        version: 0,
        changed_by_id: act.who.user_id,
        changed_at: act.now,
        finished_at: None,
        finished_by_id: None,
    };
    let before = standing.unwrap_or(&untouched);
    let mut after = before.clone();
    let events = change.events.len();
    write_texts(&mut change, &mut after, work, act);
    tick(&mut change, &mut after, work, act);
    mark(&mut change, &mut after, work, act);
    if change.events.len() == events {
        return Ok(change);
    }
    if work
        .expected_version
        .is_some_and(|expected| expected != before.version)
    {
        return Err(Refusal::StepConflict(Box::new(before.clone())));
    }
    let finished = |state| i64::from(state != StepState::Open);
    change.session.finished_steps += finished(after.state) - finished(before.state);
    after.version += 1;
    after.changed_by_id = act.who.user_id;
    after.changed_at = act.now;
    change.steps.push(after);
    Ok(change)
}

fn check(step: &OutlineStep, work: &StepWork) -> Result<(), Refusal> {
    let mut problems = Vec::new();
    for (text, at) in [
        (&work.note, "/note"),
        (&work.output, "/output"),
        (&work.reason, "/reason"),
    ] {
        check_typed(
            text.as_deref().unwrap_or_default(),
            at,
            MAX_NOTE,
            false,
            &mut problems,
        );
    }
    if work.reason.is_some() && work.state != Some(StepState::Skipped) {
        problems.push(Problem::at("/reason", "a reason goes with the state skipped"));
    }
    for item in work.checks.keys() {
        if usize::from(*item) >= step.items {
            let detail = format!("the step has {} checkable items, counted from 0", step.items);
            problems.push(Problem::at(format!("/checks/{item}"), detail));
        }
    }
    if let Some(choice) = work.choice.as_deref().filter(|choice| !choice.is_empty())
        && !step.choices.iter().any(|known| known.label == choice)
    {
        problems.push(Problem::at(
            "/choice",
            format!("the step has no choice {choice:?}"),
        ));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(problems))
    }
}

fn about(step: &StepRecord) -> Payload {
    Payload::default().fact("step", step.step_id.as_str())
}

fn write_texts(change: &mut Change, after: &mut StepRecord, work: &StepWork, act: &mut Act<'_>) {
    if let Some(note) = work.note.as_ref().filter(|note| **note != after.note) {
        after.note.clone_from(note);
        let payload = about(after).text("note", note, act.random);
        change.record(act, EventKind::StepNoted, payload);
    }
    if let Some(output) = work.output.as_ref().filter(|output| **output != after.output) {
        after.output.clone_from(output);
        let payload = about(after).text("output", output, act.random);
        change.record(act, EventKind::StepOutput, payload);
    }
}

fn tick(change: &mut Change, after: &mut StepRecord, work: &StepWork, act: &Act<'_>) {
    for (item, ticked) in &work.checks {
        let changed = if *ticked {
            after.checked.insert(*item)
        } else {
            after.checked.remove(item)
        };
        if changed {
            let payload = about(after)
                .fact("item", item.to_string())
                .fact("checked", ticked.to_string());
            change.record(act, EventKind::ItemChecked, payload);
        }
    }
}

fn mark(change: &mut Change, after: &mut StepRecord, work: &StepWork, act: &mut Act<'_>) {
    let state = work.state.unwrap_or(after.state);
    let reason = match (state, &work.reason) {
        (StepState::Skipped, Some(reason)) => reason.clone(),
        (StepState::Skipped, None) => after.reason.clone(),
        _ => String::new(),
    };
    let choice = work.choice.clone().unwrap_or_else(|| after.choice.clone());
    if (state, &reason, &choice) == (after.state, &after.reason, &after.choice) {
        return;
    }
    let kind = match state {
        StepState::Open => EventKind::StepOpened,
        StepState::Done => EventKind::StepDone,
        StepState::Skipped => EventKind::StepSkipped,
    };
    let mut payload = about(after).text("reason", &reason, act.random);
    if !choice.is_empty() {
        payload = payload.fact("choice", choice.as_str());
    }
    change.record(act, kind, payload);
    if state != after.state {
        let finished = state != StepState::Open;
        after.finished_at = finished.then_some(act.now);
        after.finished_by_id = finished.then_some(act.who.user_id);
    }
    (after.state, after.reason, after.choice) = (state, reason, choice);
}

/// How many of the steps are done or skipped; what [`Session::finished_steps`] must always equal.
pub fn finished_steps<'a>(outline: &Outline, records: impl Iterator<Item = &'a StepRecord>) -> i64 {
    let finished = records.filter(|record| record.state != StepState::Open);
    count(
        finished
            .filter(|record| outline.step(record.step_id.as_str()).is_some())
            .count(),
    )
}
