//! A change that was refused: the page again, with what was typed, and what is wrong with it.

use std::collections::BTreeMap;

use axum::response::Response;
use maud::{Markup, html};
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{StepRecord, StepState};

use super::page;
use super::scene::{Scene, View, label};
use crate::auth::visitor::Visitor;
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::refusal::Refusal;
use crate::pages::words::runner as words;

/// A text of a variable that was not kept.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    /// What was typed.
    pub text: String,
    /// Whether it was typed in the text of the step; else in the panel.
    pub in_prompt: bool,
    /// Whether it is why the change was refused.
    pub is_bad: bool,
}

/// What is wrong with one text.
#[derive(Clone, Debug)]
pub(in crate::pages) struct Fault {
    /// The variable.
    pub key: String,
    /// Why, as a sentence without a full stop.
    pub why: String,
    /// Whether it can be kept all the same.
    pub keepable: bool,
}

/// What was typed about a step.
#[derive(Clone, Debug)]
pub(super) struct TypedStep {
    pub step: String,
    pub note: Option<String>,
    pub output: Option<String>,
    /// Why it was to be skipped.
    pub reason: Option<String>,
}

/// Everything about a refusal.
#[derive(Clone, Debug, Default)]
pub(super) struct Refused {
    /// What happened, where no single text is at fault.
    pub what: Option<String>,
    pub faults: Vec<Fault>,
    pub typed: BTreeMap<String, Typed>,
    pub step: Option<TypedStep>,
    /// Whether somebody else changed that step since.
    pub is_newer: bool,
    /// A note on the session that was not kept.
    pub note: Option<String>,
}

impl Refused {
    /// What was typed of a variable in the text of a step.
    pub(super) fn prompt(&self, key: &str) -> Option<(&str, &Typed)> {
        let (key, typed) = self.typed.get_key_value(key)?;
        typed.in_prompt.then_some((key.as_str(), typed))
    }

    /// What was typed of a variable in the panel.
    pub(super) fn panel(&self, key: &str) -> Option<&Typed> {
        self.typed.get(key).filter(|typed| !typed.in_prompt)
    }

    /// What was typed about a step.
    pub(super) fn step(&self, id: &str) -> Option<&TypedStep> {
        self.step.as_ref().filter(|typed| typed.step == id)
    }
}

/// What a refusal says. What is wrong with a value begins with the value, which stays as it was typed.
pub(super) fn text(refusal: &Refusal) -> String {
    if refusal.problems().is_empty() {
        return refusal.text();
    }
    let details = refusal.problems().iter().map(|problem| problem.detail.as_str());
    details.collect::<Vec<_>>().join("; ")
}

/// The page again.
pub(super) async fn again(
    app: &App,
    visitor: &Visitor,
    id: SessionId,
    step: Option<String>,
    refused: Refused,
) -> Result<Markup> {
    let view = View {
        step,
        refused: Some(refused),
        ..View::default()
    };
    page::draw(app, visitor, id, &view).await
}

/// Answers a refusal that concerns the session as a whole, with the note that was typed, if that is what it was.
pub(super) async fn whole(
    app: &App,
    visitor: &Visitor,
    id: SessionId,
    note: Option<String>,
    error: Error,
) -> Result<Response> {
    let refusal = Refusal::of(error)?;
    let refused = Refused {
        what: Some(text(&refusal)),
        note,
        ..Refused::default()
    };
    Ok(refusal.answer(again(app, visitor, id, None, refused).await?))
}

/// What is kept of the step that something was typed about.
fn record<'s>(scene: &'s Scene<'_>, typed: &TypedStep) -> Option<&'s StepRecord> {
    let mut records = scene.snapshot.steps.values();
    records.find(|record| record.step_id.as_str() == typed.step)
}

/// What was typed where this page has no place for it any more: the session has ended or is somebody else's now, or the
/// step was finished meanwhile and asks for no reason.
fn homeless<'r>(scene: &'r Scene<'_>, refused: &'r Refused) -> Vec<(&'r str, &'r str)> {
    let mut texts = Vec::new();
    if !scene.rights.fill {
        // Those of the panel stand there.
        let prompts = refused.typed.iter().filter(|(_, typed)| typed.in_prompt);
        texts.extend(prompts.map(|(key, typed)| {
            let label = scene.known(key).map_or(key.as_str(), label);
            (label, typed.text.as_str())
        }));
    }
    if let Some(typed) = &refused.step {
        let works = scene.rights.work;
        let is_open = record(scene, typed).is_none_or(|record| record.state == StepState::Open);
        let of_step = [
            (words::NOTE, &typed.note, works),
            (words::OUTPUT, &typed.output, works),
            (words::REASON, &typed.reason, works && is_open),
        ];
        let written = of_step.into_iter().filter(|(.., has_place)| !has_place);
        texts.extend(written.filter_map(|(label, text, _)| Some((label, text.as_deref()?))));
    }
    if !scene.rights.note {
        texts.extend(refused.note.as_deref().map(|note| (words::SESSION_NOTE, note)));
    }
    texts.retain(|(_, text)| !text.trim().is_empty());
    texts
}

/// What was refused, above everything else.
pub(super) fn summary(scene: &Scene<'_>, refused: &Refused) -> Markup {
    let newer = refused.step.as_ref().filter(|_| refused.is_newer);
    let standing = newer.map(|typed| {
        record(scene, typed).map_or((String::new(), String::new()), |record| {
            (record.note.clone(), record.output.clone())
        })
    });
    let homeless = homeless(scene, refused);
    html! {
        div class="error-summary" id="refused" role="alert" tabindex="-1" {
            h2 {
                @if refused.faults.is_empty() { (words::not_saved()) } @else { (words::look(refused.faults.len())) }
            }
            @if let Some(what) = &refused.what { p { (what) } }
            @if !refused.faults.is_empty() {
                ul { @for fault in &refused.faults { (line(scene, refused, fault)) } }
                button class="button small" type="submit" form="fill" { (words::SAVE_AGAIN) }
            }
            @if let Some((note, output)) = standing {
                p { (words::STEP_CHANGED) }
                @for (name, text) in [(words::NOTE, note), (words::OUTPUT, output)] {
                    p class="record-label" { (name) }
                    pre dir="auto" { @if text.is_empty() { (words::NOTHING) } @else { (text) } }
                }
            }
            @if !homeless.is_empty() {
                p { (words::TYPED) }
                @for (label, text) in &homeless {
                    p class="record-label" { (label) }
                    pre dir="auto" { (text) }
                }
            }
        }
    }
}

fn line(scene: &Scene<'_>, refused: &Refused, fault: &Fault) -> Markup {
    let known = scene.known(&fault.key);
    let typed = refused.typed.get(&fault.key);
    html! {
        li {
            a href={ "#panel-" (fault.key) } { (known.map_or(fault.key.as_str(), label)) } ": " (fault.why) ". "
            @if let Some(typed) = typed.filter(|typed| !typed.text.is_empty()) {
                (words::you_typed()) span class="value" dir="auto" { (typed.text) } " "
            }
            @if let Some(known) = known.filter(|_| fault.keepable) {
                label class="check" {
                    input type="checkbox" form="fill" name="keep" value=(known.name); " " (words::KEEP_ANYWAY)
                }
            }
        }
    }
}
