//! The panel: every variable with its value, who set it and when, and a control to change it.

use maud::{Markup, html};
use resolutionflow_core::session::Status;
use resolutionflow_core::variable::{Known, Variable};

use super::bars;
use super::control::{self, Control, kind, kind_name};
use super::scene::{Scene, is_required, label};
use super::variables::print;
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::{form, time};
use crate::pages::words::runner as words;

/// The panel.
pub(super) fn panel(scene: &Scene<'_>) -> Markup {
    let step = scene.steps.get(scene.current).map_or("", |step| step.id.as_str());
    let action = format!("{}/variables", scene.path());
    html! {
        aside class="panel" id="panel" aria-labelledby="panel-title" {
            (title(scene))
            button class="icon-button panel-close needs-js" type="button" data-action="close-panel" aria-label=(words::CLOSE_PANEL) {
                (icon(Icon::Close))
            }
            div class="panel-tools needs-js" {
                input type="search" id="panel-find" placeholder=(words::FIND) aria-label=(words::FIND_VARIABLE);
                select id="panel-filter" aria-label=(words::ORDER) {
                    option value="unfilled" { (words::UNFILLED_FIRST) }
                    option value="missing" { (words::ONLY_UNFILLED) }
                }
            }
            form id="fill" method="post" action=(action) {
                (form::key(scene.app))
                input type="hidden" name="step" value=(step);
                ol class="fields" { @for (key, known) in order(scene) { (row(scene, key, known)) } }
                @if scene.rights.fill {
                    noscript { button class="button primary" type="submit" { (words::SAVE_VALUES) } }
                }
            }
            form id="edit" method="get" action=(scene.path()) { input type="hidden" name="step" value=(step); }
            footer {
                button class="needs-js" type="button" data-action="copy-all" { (words::COPY_ALL) }
                @if scene.rights.note { (note(scene)) }
                @if scene.rights.assign {
                    a class="link-button" href={ (scene.path()) "/assign" } { (words::HAND_OVER) }
                }
                // Where it has ended, the bar has it.
                @if scene.rights.prepare && matches!(scene.snapshot.session.status(), Status::Active | Status::Prepared) {
                    (bars::again(scene, "link-button"))
                }
                @if scene.rights.discard {
                    form method="post" action={ (scene.path()) "/discard" } {
                        (form::key(scene.app)) button class="link-button" type="submit" { (words::DISCARD) }
                    }
                }
            }
        }
    }
}

/// A note on the session as a whole; after its end it is a late one.
fn note(scene: &Scene<'_>) -> Markup {
    let ended = scene
        .snapshot
        .session
        .completed_at
        .or(scene.snapshot.session.discarded_at)
        .is_some();
    let typed = scene
        .view
        .refused
        .as_ref()
        .and_then(|refused| refused.note.as_deref());
    let label = if ended {
        words::LATE_NOTE
    } else {
        words::SESSION_NOTE
    };
    html! {
        details class="session-note" open[typed.is_some()] {
            summary { (label) }
            form method="post" action={ (scene.path()) "/notes" } {
                (form::key(scene.app))
                textarea class="control" name="text" rows="3" dir="auto" required aria-label=(label) {
                    "\n" (typed.unwrap_or_default())
                }
                button class="button small" type="submit" { (words::SAVE_NOTE) }
            }
        }
    }
}

/// The heading with how much is filled.
pub(super) fn title(scene: &Scene<'_>) -> Markup {
    let outline = &scene.version.outline;
    let (filled, all) = (
        outline.filled(&scene.snapshot.variables),
        outline.variables().count(),
    );
    html! {
        h2 id="panel-title" data-version=(scene.shown_version()) {
            (words::panel_title()) span id="filled-count" { (words::filled(filled, all)) }
        }
    }
}

/// Required and unfilled first, then as the flow has them.
fn order<'s>(scene: &'s Scene<'_>) -> Vec<(&'s str, &'s Known)> {
    let mut rows: Vec<_> = scene.version.outline.variables().collect();
    rows.sort_by_key(|(key, _)| !scene.is_missing(key));
    rows
}

/// One variable.
pub(super) fn row(scene: &Scene<'_>, key: &str, known: &Known) -> Markup {
    let variable = scene.variable(key);
    let set = variable.and_then(|variable| variable.value.as_deref());
    let shown = scene.value(key);
    let is_invalid = scene.is_invalid(key);
    let refused = scene.view.refused.as_ref();
    let typed = refused.and_then(|refused| refused.panel(key));
    let wrong = refused.and_then(|refused| refused.faults.iter().find(|fault| fault.key == key));
    let kept = if is_invalid {
        set.and_then(|value| known.accept(value).err())
    } else {
        None
    };
    // What is empty on purpose asks for nothing any more.
    let is_filled = set.is_some() || shown.is_some_and(|value| !value.is_empty());
    let class = match (is_invalid, scene.is_missing(key), is_filled) {
        (true, ..) => "invalid",
        (_, true, _) => "missing",
        (_, _, true) => "filled",
        _ => "unfilled",
    };
    let steps = scene.uses.get(key).map_or(&[][..], Vec::as_slice);
    let step_ids: Vec<_> = steps
        .iter()
        .map(|position| scene.steps[*position].id.as_str())
        .collect();
    let control = Control {
        key,
        known,
        text: typed.map_or(shown.unwrap_or_default(), |typed| &typed.text),
        bad: typed.is_some_and(|typed| typed.is_bad),
    };
    let field = known.field.as_ref();
    html! {
        li class={ "field-row " (class) } id={ "var-" (key) } data-var=(key) data-name=(known.name) data-label=(label(known))
            data-kind=(kind_name(kind(known))) data-required[is_required(known)]
            data-version=(variable.map_or(0, |variable| variable.version)) data-set[set.is_some()]
            data-valid=[is_invalid.then_some("false")] data-by=[variable.map(|variable| variable.set_by_id)]
            data-default=[known.default()] data-steps=(step_ids.join(" ")) data-value=(set.unwrap_or_default())
            data-fragment=(scene.shown_version()) {
            div class="field-head" {
                (control::heading(key, known))
                span class="field-state" { (state(scene, known, variable)) }
            }
            (control.panel(scene.rights.fill))
            input type="hidden" name={ "seen:" (known.name) } value=(variable.map_or(0, |variable| variable.version));
            input type="hidden" name={ "was:" (known.name) } value=(print(known, shown.unwrap_or_default()));
            @if let Some(help) = control::help(key, field) { (help) }
            @if !steps.is_empty() { p class="uses" { span { (words::uses(steps.len())) } } }
            @if let Some(fault) = wrong {
                p class="prompt-error" id={ "error-" (key) } { span { (fault.why) "." } }
            } @else if let Some(kept) = kept {
                p class="local-note warn" id={ "error-" (key) } { span { (kept) "." } }
            }
        }
    }
}

/// How a variable stands: who set it and when, or why it shows what it shows.
fn state(scene: &Scene<'_>, known: &Known, variable: Option<&Variable>) -> Markup {
    let Some((variable, value)) = variable.and_then(|variable| Some((variable, variable.value.as_deref()?)))
    else {
        let word = match (known.default(), is_required(known)) {
            (Some(default), _) if !default.is_empty() => words::DEFAULT,
            (_, true) => words::REQUIRED,
            _ => "",
        };
        return html! { (word) };
    };
    let session = &scene.snapshot.session;
    let is_prepared = session.prepared_by_id == Some(variable.set_by_id)
        && session.started_at.is_none_or(|started| variable.set_at < started);
    html! {
        @if !variable.valid {
            (words::kept_not(kind(known).noun()))
        } @else if value.is_empty() {
            (words::EMPTY_ON_PURPOSE)
        } @else if is_prepared {
            (words::prepared_by(scene.by_name(variable.set_by_id)))
        } @else {
            (scene.short_name(variable.set_by_id)) ", " (time::relative(variable.set_at))
        }
    }
}
