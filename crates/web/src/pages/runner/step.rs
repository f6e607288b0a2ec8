//! A step: what is to be done, what was recorded of it, and the buttons that mark it.

use maud::{Markup, PreEscaped, html};
use resolutionflow_core::session::{StepRecord, StepState};
use resolutionflow_core::step::StepKind;

use super::hole::Holes;
use super::scene::Scene;
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::{form, time};
use crate::pages::words::runner as words;

/// The article of a step; the page shows one at a time.
pub(super) fn step(scene: &Scene<'_>, position: usize) -> Markup {
    let (step, compiled) = (scene.steps[position], &scene.version.compiled.steps()[position]);
    let id = step.id.as_str();
    let is_current = position == scene.current;
    let record = scene.record(position);
    let actions = format!("actions-{id}");
    let shown = scene.shown();

    let mut holes = Holes::new(scene, format!("{id}-title"));
    holes.is_current = is_current;
    let mut title = String::new();
    compiled.title.html.html_with(&shown, &mut title, &mut holes);
    let introduction = scene.section_before(position).map(|(number, section)| {
        let mut text = String::new();
        holes.place = format!("section-{number}");
        section.body.html.html_with(&shown, &mut text, &mut holes);
        text
    });
    id.clone_into(&mut holes.place);
    holes.form = scene.rights.work.then_some(actions.as_str());
    holes.commands = &compiled.commands;
    holes.ticked = record.map(|record| &record.checked);
    let mut body = String::new();
    compiled.body.html.html_with(&shown, &mut body, &mut holes);
    let boxes = holes.boxes;

    html! {
        article class={ "step " (kind_class(step.kind)) } id={ "step-" (id) } data-step=(id) data-version=(scene.shown_version())
            hidden[!is_current] aria-labelledby={ "title-" (id) } {
            @if let Some(introduction) = introduction.filter(|text| !text.trim().is_empty()) {
                div class="step-prose section-prose" { (PreEscaped(introduction)) }
            }
            p class="step-meta" {
                (words::step_of(position + 1, scene.steps.len()))
                @if let Some(minutes) = step.minutes { " · " (words::minutes(minutes)) }
                @if let Some(kind) = kind_word(step.kind) { " · " (kind) }
            }
            h2 class="step-title" id={ "title-" (id) } dir="auto" { (PreEscaped(title)) }
            div class="step-prose" id={ "body-" (id) } { (PreEscaped(body)) }
            (written(scene, position, record, &actions))
            @if scene.rights.work { (buttons(scene, position, record, &actions, &boxes)) }
        }
    }
}

const fn kind_class(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Action => "kind-action",
        StepKind::Info => "kind-info",
        StepKind::Verify => "kind-verify",
        StepKind::Warning => "kind-warning",
    }
}

const fn kind_word(kind: StepKind) -> Option<&'static str> {
    match kind {
        StepKind::Action => None,
        StepKind::Info => Some(words::INFO),
        StepKind::Verify => Some(words::VERIFY),
        StepKind::Warning => Some(words::WARNING),
    }
}

/// What people wrote about a step, and who finished it.
fn written(scene: &Scene<'_>, position: usize, record: Option<&StepRecord>, actions: &str) -> Markup {
    let (id, kind) = (scene.steps[position].id.as_str(), scene.steps[position].kind);
    let refused = scene.view.refused.as_ref().and_then(|refused| refused.step(id));
    let typed = |text: fn(&super::refused::TypedStep) -> &Option<String>| {
        refused.and_then(|typed| text(typed).as_deref())
    };
    let note = record.map_or("", |record| &record.note);
    let output = record.map_or("", |record| &record.output);
    html! {
        section class="step-record" id={ "record-" (id) } {
            @if scene.rights.work {
                (areas(id, kind, actions, &Texts {
                    note: typed(|t| &t.note).unwrap_or(note),
                    output: typed(|t| &t.output).unwrap_or(output),
                    reason: typed(|t| &t.reason).unwrap_or_default(),
                }, record))
            } @else {
                @if !note.is_empty() {
                    div { p class="record-label" { (words::NOTE) } p class="note-text" dir="auto" { (note) } }
                }
                @if !output.is_empty() {
                    details class="output" open { summary { (words::OUTPUT) } pre tabindex="0" dir="auto" { (output) } }
                }
            }
            @if let Some(record) = record { (finished(scene, record)) }
        }
    }
}

/// What stands where people write about a step.
struct Texts<'t> {
    note: &'t str,
    output: &'t str,
    /// Why it was to be skipped, where that was refused.
    reason: &'t str,
}

/// Where people write. A blank one is out of sight until somebody asks for it, where scripts run.
///
/// A check asks at once for what the engineer sees.
fn areas(
    id: &str,
    kind: StepKind,
    actions: &str,
    &Texts { note, output, reason }: &Texts<'_>,
    record: Option<&StepRecord>,
) -> Markup {
    let checks = kind == StepKind::Verify;
    let output_label = if checks { words::RESULT } else { words::OUTPUT };
    let version = record.map_or(0, |record| record.version);
    let blank = |text: &str| if text.is_empty() { " blank" } else { "" };
    html! {
        div class={ "record-note" (blank(note)) } {
            label for={ "note-" (id) } { (words::NOTE) }
            textarea class="note" id={ "note-" (id) } name="note" form=(actions) data-draft={ "note:" (id) }
                data-version=(version) dir="auto" rows="2" placeholder=" " { "\n" (note) }
        }
        details class={ "output" @if !checks { (blank(output)) } } open[checks || !output.is_empty()] {
            summary { (output_label) }
            textarea id={ "output-" (id) } name="output" form=(actions) data-draft={ "output:" (id) } data-version=(version)
                aria-label=(output_label) dir="auto" rows="3" spellcheck="false" { "\n" (output) }
        }
        @if record.is_none_or(|record| record.state == StepState::Open) {
            div class="reason-row" {
                div {
                    label for={ "reason-" (id) } { (words::REASON) }
                    input id={ "reason-" (id) } name="reason" form=(actions) data-draft={ "reason:" (id) } dir="auto"
                        value=[(!reason.is_empty()).then_some(reason)] autocomplete="off";
                }
                button class="button" form=(actions) name="state" value="skipped" { (words::SKIP_STEP) }
            }
        }
        noscript { button class="button small" form=(actions) name="save" value="texts" { (words::SAVE_TEXTS) } }
    }
}

fn finished(scene: &Scene<'_>, record: &StepRecord) -> Markup {
    let who = record.finished_by_id.map(|id| scene.by_name(id));
    let (Some(who), Some(at)) = (who, record.finished_at) else {
        return Markup::default();
    };
    let skipped = record.state == StepState::Skipped;
    html! {
        p class={ "done-by" @if skipped { " skipped" } } {
            @if skipped { (icon(Icon::Skip)) } @else { (icon(Icon::Check)) }
            span dir="auto" {
                @if skipped { (words::skipped_by(who)) } @else { (words::done_by(who)) }
                (time::relative(at))
                @if !record.reason.is_empty() { (words::reason(&record.reason)) }
                @if !record.choice.is_empty() { " · " (words::chose(&record.choice)) }
            }
        }
    }
}

fn buttons(
    scene: &Scene<'_>,
    position: usize,
    record: Option<&StepRecord>,
    actions: &str,
    boxes: &[usize],
) -> Markup {
    let step = scene.steps[position];
    let is_open = scene.state(position) == StepState::Open;
    html! {
        form class="step-actions" id=(actions) method="post" action={ (scene.path()) "/steps/" (step.id) } {
            (form::key(scene.app))
            input type="hidden" name="step_version" value=(record.map_or(0, |record| record.version));
            @for number in boxes { input type="hidden" name="box" value=(number); }
            @if !is_open {
                button class="button" name="state" value="open" data-action="reopen-step" { (icon(Icon::Undo)) (words::UNDO) }
            } @else if step.choices.is_empty() {
                button class="button primary" name="state" value="done" data-action="done" {
                    @if step.kind == StepKind::Verify { (words::VERIFIED) } @else { (words::MARK_DONE) }
                    " " kbd { "D" }
                }
            } @else {
                p class="choices-label" { (words::CHOICES) }
                @for (number, choice) in step.choices.iter().enumerate() {
                    button class="button" name="choice" value=(choice.label) data-to=(choice.step) dir="auto" {
                        (choice_label(scene, position, number))
                    }
                }
            }
            @if is_open {
                button class="button" name="state" value="skipped" data-action="skip" { (words::SKIP) " " kbd { "S" } }
            }
            button class="button" type="submit" name="note-open" value="1" data-action="note" { (words::ADD_NOTE) " " kbd { "N" } }
        }
    }
}

/// The label of a choice with its values; a button holds no control.
fn choice_label(scene: &Scene<'_>, position: usize, number: usize) -> String {
    let mut label = String::new();
    if let Some(choice) = scene.version.compiled.steps()[position].choices.get(number) {
        let unset = resolutionflow_core::render::Unset::Placeholder;
        choice.plain.text(&scene.shown(), unset, &mut label);
    }
    label
}
