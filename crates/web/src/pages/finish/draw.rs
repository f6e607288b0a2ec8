//! The form: what is done, what is missing with a control for each, what is not done, and how it ended.

use maud::{Markup, PreEscaped, html};
use resolutionflow_core::export::duration;
use resolutionflow_core::field::{Field, FieldName};
use resolutionflow_core::session::{Outcome, StepState};
use resolutionflow_core::variable::Known;

use super::field::{self, Control};
use super::{Ending, Typed, words};
use crate::context::App;
use crate::pages::components::form;
use crate::pages::components::icon::{Icon, icon};

/// Where the form stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On a page of its own.
    Page,
    /// In the dialog of the runner.
    Dialog,
}

/// What must be looked at, in the order of the flow.
struct Needs<'e> {
    missing: Vec<&'e str>,
    invalid: Vec<&'e str>,
    all: Vec<(&'e str, &'e Known)>,
}

impl<'e> Needs<'e> {
    fn of(ending: &'e Ending, typed: &Typed) -> Self {
        let outline = &ending.version.outline;
        let missing: Vec<&str> = outline
            .missing_required(&ending.variables)
            .map(FieldName::as_str)
            .collect();
        let invalid: Vec<&str> = outline
            .invalid(&ending.variables)
            .map(FieldName::as_str)
            .collect();
        let all = outline.variables().filter(|(key, known)| {
            let name = known.name.as_str();
            missing.contains(&name) || invalid.contains(&name) || typed.wrong.contains_key(*key)
        });
        Self {
            all: all.collect(),
            missing,
            invalid,
        }
    }
}

/// The form.
pub(super) fn form(app: &App, ending: &Ending, typed: &Typed, place: Place) -> Markup {
    let (session, needs) = (&ending.session, Needs::of(ending, typed));
    let title = words::title(session.number);
    html! {
        div class="finish" { form method="post" action={ "/sessions/" (session.id) "/complete" } novalidate {
            (form::key(app))
            div class="dialog-head" {
                @if place == Place::Dialog {
                    h2 id="finish-title" { (title) }
                    button class="icon-button" type="button" data-action="cancel" aria-label=(words::CLOSE) {
                        (icon(Icon::Close))
                    }
                } @else {
                    h1 id="finish-title" { (title) }
                }
            }
            div class="dialog-body" {
                p class="finish-facts" { (facts(ending)) }
                (summary(ending, typed))
                (warnings(&needs))
                @for (at, (key, known)) in needs.all.iter().enumerate() {
                    (control(ending, typed, key, known, at == 0))
                }
                (not_done(ending))
                (ended(ending, typed))
            }
            div class="dialog-foot" { (buttons(ending, &needs, place)) }
        } }
    }
}

fn facts(ending: &Ending) -> String {
    let (steps, started) = (&ending.steps, ending.session.started_at);
    let done = steps
        .values()
        .filter(|step| step.state == StepState::Done)
        .count();
    let took = duration(ending.now - started.unwrap_or(ending.now));
    words::facts(done, ending.version.outline.steps().len(), &took)
}

/// What was refused, above everything else.
fn summary(ending: &Ending, typed: &Typed) -> Markup {
    if typed.wrong.is_empty() && typed.failed.is_none() {
        return Markup::default();
    }
    html! {
        div class="error-summary" role="alert" tabindex="-1" {
            @if !typed.wrong.is_empty() {
                h2 { (words::need_look(typed.wrong.len())) }
                ul {
                    @for (key, detail) in &typed.wrong {
                        li { a href={ "#finish-" (key) } { (label(ending, key)) } ": " (words::wrong(detail)) }
                    }
                }
            }
            @if let Some(failed) = &typed.failed { p { (words::sentence(failed)) } }
            p { (words::LOOK) }
        }
    }
}

/// What people call a variable.
fn label<'e>(ending: &'e Ending, key: &'e str) -> &'e str {
    let known = ending.version.outline.variable(key).map(|(_, known)| known);
    known.map_or(key, |known| {
        known.field.as_ref().map_or(known.name.as_str(), Field::label)
    })
}

fn warnings(needs: &Needs<'_>) -> Markup {
    html! {
        @if !needs.missing.is_empty() {
            p class="note-line warn" {
                (icon(Icon::Warning))
                span {
                    (words::missing(needs.missing.len()))
                    @for (at, name) in needs.missing.iter().enumerate() {
                        @if at > 0 { ", " }
                        code class="unset" { "[VAR:" (name) "]" }
                    }
                    "."
                }
            }
        }
        @if !needs.invalid.is_empty() {
            p class="note-line warn" { (icon(Icon::Warning)) span { (words::invalid(needs.invalid.len())) } }
        }
    }
}

fn control(ending: &Ending, typed: &Typed, key: &str, known: &Known, first: bool) -> Markup {
    let standing = ending.variables.get(key);
    let stands = standing.and_then(|variable| variable.value.as_deref());
    let control = Control {
        key,
        known,
        text: typed
            .values
            .get(key)
            .map_or(stands.unwrap_or_default(), String::as_str),
        seen: standing.map_or(0, |variable| variable.version),
        wrong: typed.wrong.get(key).map(String::as_str),
        focus: first,
    };
    field::draw(&control)
}

/// Every step that is open or was skipped, with the way to it.
fn not_done(ending: &Ending) -> Markup {
    let compiled = &ending.version.compiled;
    let shown = resolutionflow_core::variable::Shown {
        outline: &ending.version.outline,
        variables: &ending.variables,
    };
    let state = |id| ending.steps.get(id).map_or(StepState::Open, |step| step.state);
    let rest: Vec<_> = compiled
        .steps()
        .iter()
        .filter(|step| state(&step.id) != StepState::Done)
        .collect();
    html! {
        @if !rest.is_empty() {
            p class="record-label muted" { (words::NOT_DONE) }
            ul class="finish-steps" {
                @for step in rest {
                    @let skipped = state(&step.id) == StepState::Skipped;
                    li {
                        span class={ "state" @if skipped { " skipped" } } aria-hidden="true" {}
                        span {
                            (titled(|out| step.title.html.html(&shown, out)))
                            ", " (if skipped { words::SKIPPED } else { words::OPEN })
                        }
                        a href={ "/sessions/" (ending.session.id) "?step=" (step.id) } { (words::GO) }
                    }
                }
            }
        }
    }
}

/// A title that was made clean when its flow was compiled.
fn titled(write: impl FnOnce(&mut String)) -> Markup {
    let mut out = String::new();
    write(&mut out);
    PreEscaped(out)
}

fn ended(ending: &Ending, typed: &Typed) -> Markup {
    let session = &ending.session;
    let outcome = typed.outcome.or(session.outcome);
    let note = typed.note.as_deref().unwrap_or(&session.outcome_note);
    let next_steps = typed.next_steps.as_deref().unwrap_or(&session.next_steps);
    html! {
        div class="finish-end" {
            div class="field" {
                label for="finish-outcome" { (words::OUTCOME) }
                select class="control" id="finish-outcome" name="outcome" {
                    option value="" { (words::NO_OUTCOME) }
                    @for one in Outcome::ALL {
                        option value=(one.as_str()) selected[outcome == Some(one)] { (words::outcome(one)) }
                    }
                }
            }
            (area("outcome_note", words::NOTE, note))
            (area("next_steps", words::NEXT, next_steps))
        }
    }
}

/// Lines that somebody may write; a line break directly behind the tag would not count.
fn area(name: &str, label: &str, text: &str) -> Markup {
    html! {
        div class="field" {
            label for={ "finish-end-" (name) } { (label) }
            textarea class="control" id={ "finish-end-" (name) } name=(name) rows="2" dir="auto"
                data-draft={ "finish:" (name) } { "\n" (text) }
        }
    }
}

/// The button that Enter presses stands first; the style sheet puts the other one before it.
fn buttons(ending: &Ending, needs: &Needs<'_>, place: Place) -> Markup {
    html! {
        @if needs.all.is_empty() {
            button class="button primary" type="submit" name="do" value="anyway" data-action="complete" { (words::DONE) }
        } @else {
            button class="button primary" type="submit" name="do" value="fill" data-action="fill-complete" {
                (words::FILL)
            }
            button class="button start first" type="submit" name="do" value="anyway" data-action="complete" {
                (words::ANYWAY)
            }
        }
        @if place == Place::Page {
            a class="button first" href={ "/sessions/" (ending.session.id) } { (words::BACK) }
        }
    }
}
