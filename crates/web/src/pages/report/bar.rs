//! The bar above a report: what is shown, copying, the files, printing, and opening the session again.

use maud::{Markup, html};
use resolutionflow_core::render::Unset;
use resolutionflow_core::variable::Shown;

use super::choice::{Choice, FORMATS};
use super::words;
use crate::api::sessions::export::Export;
use crate::context::App;
use crate::pages::components::form;
use crate::pages::components::icon::{Icon, icon};
use crate::pages::words::prepare as preparing;

/// What the visitor may do with the session.
#[derive(Clone, Copy, Debug)]
pub(super) struct May {
    pub reopen: bool,
    pub prepare: bool,
}

/// The bar. Changing an option shows the report anew; without scripts a button does.
pub(super) fn draw(app: &App, report: &Export, choice: &Choice, may: May) -> Markup {
    let at = format!("/sessions/{}", report.kept.session.id);
    let file = |format: &str| format!("{at}/export?{}", choice.file(format));
    html! {
        div class="report-options" {
            div class="buttons report-actions" {
                button class="button primary needs-js" type="button" data-copy-from=(file("text")) {
                    (icon(Icon::Copy)) (words::COPY)
                }
                span class="report-files" role="group" aria-label=(words::DOWNLOAD) {
                    @for (format, name) in FORMATS {
                        a class="button" href=(file(name)) download { (words::file(format)) }
                    }
                }
                button class="button needs-js" type="button" data-action="print" { (words::PRINT) }
                @if may.prepare {
                    a class="button" href={ "/flows/" (report.kept.session.flow_id) "/prepare?from=" (report.kept.session.id) } { (preparing::AGAIN) }
                }
                @if may.reopen {
                    form method="post" action={ (at) "/reopen" } {
                        (form::key(app))
                        button class="button" type="submit" { (words::REOPEN) }
                    }
                }
            }
            details class="report-more" open {
                summary { (words::OPTIONS) }
                (options(report, choice, &at))
            }
        }
    }
}

fn options(report: &Export, choice: &Choice, at: &str) -> Markup {
    html! {
        form class="report-choices" method="get" action={ (at) "/report" } aria-label=(words::OPTIONS)
            hx-get={ (at) "/report" } hx-trigger="change" hx-target="#report" hx-select="#report" hx-swap="outerHTML"
            hx-replace-url="true" hx-sync="this:replace" {
            label {
                (words::FORMAT)
                select class="control" id="report-format" name="format" {
                    @for (format, name) in FORMATS {
                        option value=(name) selected[format == choice.format] { (words::format(format)) }
                    }
                }
            }
            label {
                (words::STEPS)
                select class="control" id="report-steps" name="up_to" {
                    option value="" { (words::ALL_STEPS) }
                    @for (position, (id, title)) in steps(report).into_iter().enumerate() {
                        option value=(id) selected[id == choice.up_to] { (words::up_to(position + 1, &title)) }
                    }
                }
            }
            (check("unset", "blank", words::BLANK, choice.is_blank))
            (check("summary_first", "true", words::SUMMARY, choice.summary_first))
            (check("times", "false", words::NO_TIMES, choice.without_times))
            fieldset class="report-masks" {
                legend { (words::MASK) }
                @for (name, label) in words::MASKS {
                    (check("mask", name, label, choice.masks.iter().any(|mask| mask == name)))
                }
            }
            noscript { button class="button" type="submit" { (words::APPLY) } }
        }
    }
}

fn check(name: &str, value: &str, label: &str, is_on: bool) -> Markup {
    html! {
        label class="check" {
            input type="checkbox" id={ "report-" (name) "-" (value) } name=(name) value=(value) checked[is_on];
            (label)
        }
    }
}

/// The id and the title of every step, with the values in place.
fn steps(report: &Export) -> Vec<(&str, String)> {
    let shown = Shown {
        outline: &report.version.outline,
        variables: &report.kept.variables,
    };
    let steps = report.version.compiled.steps().iter();
    steps
        .map(|step| {
            let mut title = String::new();
            step.title.plain.text(&shown, Unset::Placeholder, &mut title);
            (step.id.as_str(), title)
        })
        .collect()
}
