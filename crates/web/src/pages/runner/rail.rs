//! The rail: every step with its state, what is missing in it, and who is there.

use maud::{Markup, html};
use resolutionflow_core::render::Unset;
use resolutionflow_core::session::StepState;

use super::scene::Scene;
use crate::pages::components::avatar;
use crate::pages::words::runner as words;

/// The rail.
pub(super) fn rail(scene: &Scene<'_>) -> Markup {
    let (finished, steps) = (scene.finished(), scene.steps.len());
    html! {
        nav class="rail" id="rail" aria-label=(words::STEPS) data-version=(scene.shown_version()) {
            button class="rail-toggle" type="button" data-action="rail" aria-expanded="false" {
                (words::position(scene.current + 1, steps))
            }
            p class="rail-count" { (words::finished_of(finished, steps)) }
            progress max=(steps.max(1)) value=(finished) aria-label=(words::STEPS_FINISHED) {}
            ol {
                @for section in scene.version.compiled.sections() {
                    @let title = section_title(scene, section);
                    @if !title.is_empty() { li class="rail-section" { (title) } }
                    @for position in section.steps.clone() { (row(scene, position)) }
                }
            }
        }
    }
}

fn section_title(scene: &Scene<'_>, section: &resolutionflow_core::render::CompiledSection) -> String {
    let mut title = String::new();
    section
        .title
        .plain
        .text(&scene.shown(), Unset::Placeholder, &mut title);
    title
}

fn row(scene: &Scene<'_>, position: usize) -> Markup {
    let id = scene.steps[position].id.as_str();
    let state = scene.state(position);
    let missing = scene.missing_in(position);
    let said = match state {
        StepState::Open => None,
        StepState::Done => Some(words::DONE),
        StepState::Skipped => Some(words::SKIPPED),
    };
    html! {
        li class={ "rail-step " (state.as_str()) } id={ "rail-" (id) } data-step=(id) {
            a href={ "?step=" (id) } aria-current=[(position == scene.current).then_some("step")] {
                span class="state" aria-hidden="true" {}
                span class="rail-title" dir="auto" { (scene.titles[position]) }
                @if let Some(said) = said { span class="visually-hidden" { ", " (said) } }
                @if missing > 0 {
                    span class="count" aria-hidden="true" { (missing) }
                    span class="visually-hidden" { ", " (words::missing(missing)) }
                }
            }
            span class="here" {
                @for person in &scene.snapshot.present {
                    @let is_here = person.step_id.as_ref().is_some_and(|step| step.as_str() == id);
                    @if is_here && person.user_id != scene.viewer.user_id {
                        span class={ "avatar small " (avatar::colour(person.user_id)) } title=(person.name) {
                            (avatar::initials(&person.name))
                        }
                    }
                }
            }
        }
    }
}
