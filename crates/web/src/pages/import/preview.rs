//! What would become of a document: its title, steps and fields, what is converted, and what stays and why.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};
use resolutionflow_core::field::Field;
use resolutionflow_core::flow::FlowDocument;
use resolutionflow_core::import::{Form, Import, Options, Report, Style};
use resolutionflow_core::render::{self, CompiledFlow, HtmlTemplate};
use resolutionflow_store::flows;

use super::upload::Upload;
use super::{source, words};
use crate::auth::visitor::Visitor;
use crate::context::App;
use crate::error::{Error, Result};
use crate::importing;
use crate::pages::components::form;
use crate::pages::components::icon::{Icon, icon};

/// What importing would do to the flow that the document names.
enum Standing {
    /// It is a new one.
    New,
    /// It gets a next version.
    Next { title: String, latest: i64 },
    /// It stands as it is in the document.
    Same,
}

/// Reads the document and shows what it would become.
pub(super) async fn preview(app: &App, visitor: &Visitor, upload: &Upload) -> Result<Markup> {
    let (text, options) = (
        upload.text.clone(),
        Options {
            convert: upload.styles.clone(),
            file_name: upload.file_name.clone(),
            into: None,
        },
    );
    let read = tokio::task::spawn_blocking(move || {
        let imported = importing::read(&text, &options)?;
        let compiled = render::compile(&imported.document)?;
        Ok((imported, compiled))
    });
    let (Import { document, report }, compiled) = read
        .await
        .map_err(Error::internal)?
        .map_err(Error::Unprocessable)?;
    let standing = standing(app, visitor, &document).await?;
    Ok(draw(app, upload, &document, &report, &compiled, &standing))
}

async fn standing(app: &App, visitor: &Visitor, document: &FlowDocument) -> Result<Standing> {
    let Some(id) = document.parts().id else {
        return Ok(Standing::New);
    };
    let account = visitor.caller.account_id;
    let found = app
        .read(move |tx| {
            Box::pin(async move {
                let Some(flow) = flows::find(tx, account, id).await? else {
                    return Ok(None);
                };
                let stands = flows::document(tx, account, id, flow.latest_version).await?;
                Ok(Some((flow, stands)))
            })
        })
        .await?;
    let Some((flow, stands)) = found else {
        return Ok(Standing::New);
    };
    let mut parts = document.parts().clone();
    parts.id = None;
    if stands.is_some_and(|stands| *stands.parts() == parts) {
        return Ok(Standing::Same);
    }
    Ok(Standing::Next {
        title: flow.title,
        latest: flow.latest_version,
    })
}

fn draw(
    app: &App,
    upload: &Upload,
    document: &FlowDocument,
    report: &Report,
    compiled: &CompiledFlow,
    standing: &Standing,
) -> Markup {
    let import = match standing {
        Standing::Next { latest, .. } => words::import_next(latest + 1),
        Standing::New | Standing::Same => words::IMPORT_NEW.to_owned(),
    };
    html! {
        form class="import-preview" id="import" method="post" action="/flows/import" enctype="multipart/form-data" {
            (form::key(app))
            input type="hidden" name="styles" value="chosen";
            @if let Some(name) = &upload.file_name { input type="hidden" name="file_name" value=(name); }
            div class="page-head" {
                div {
                    h1 { (html_of(&compiled.title().html)) }
                    p class="page-sub" { (words::size(report.steps, report.fields)) }
                }
                div class="page-actions" {
                    a class="button" href="/flows/import" { (words::BACK) }
                    button class="button" type="submit" { (words::PREVIEW_AGAIN) }
                    button class="button primary" type="submit" name="confirm" value="1" { (import) }
                }
            }
            @match standing {
                Standing::New => {},
                Standing::Next { title, latest } => (note(&words::next_version(title, *latest))),
                Standing::Same => (note(words::SAME)),
            }
            @if report.form == Form::Flow { (note(words::OWN_FORM)) } @else { (styles(upload)) (converted(report)) }
            @if !report.left_alone.is_empty() { (left_alone(report)) }
            @if !report.notes.is_empty() { (notes(report)) }
            (fields(document, report))
            (steps(document, compiled))
            details class="section source-text" {
                summary { (words::SOURCE) }
                (source(&upload.text))
            }
        }
    }
}

fn note(text: &str) -> Markup {
    html! { p class="note-line" { (icon(Icon::Note)) span { (text) } } }
}

/// The choice of styles; with scripts, changing it shows the preview anew.
fn styles(upload: &Upload) -> Markup {
    html! {
        fieldset class="section" hx-post="/flows/import" hx-encoding="multipart/form-data" hx-trigger="change"
            hx-include="closest form" hx-target="#import" hx-select="#import" hx-swap="outerHTML" hx-sync="this:replace" {
            legend class="section-legend" { (words::STYLES) }
            div class="check-row" {
                @for style in Style::ALL {
                    label class="check" {
                        input type="checkbox" id={ "style-" (style) } name="style" value=(style)
                            checked[upload.styles.contains(&style)];
                        code { (words::example(style)) }
                    }
                }
            }
        }
    }
}

fn head(title: &str, count: Option<usize>) -> Markup {
    html! {
        div class="section-head" {
            h2 { (title) }
            @if let Some(count) = count { span class="section-count" { (count) } }
        }
    }
}

fn converted(report: &Report) -> Markup {
    html! {
        section class="section" {
            (head(words::CONVERTED, Some(report.conversions.len())))
            @if report.conversions.is_empty() {
                p class="empty" { (words::NOT_CONVERTED) }
            } @else {
                ul class="list conversions" {
                    @for one in &report.conversions {
                        li class="row" {
                            span class="from" {
                                @for (at, spelling) in one.spellings.iter().enumerate() {
                                    @if at > 0 { " " }
                                    code { (spelling) }
                                }
                            }
                            code class="to" { "[VAR:" (one.name) "]" }
                            span class="row-cell" {
                                (words::times(one.count)) ", " (words::lines(&one.lines, one.count > one.lines.len()))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn left_alone(report: &Report) -> Markup {
    html! {
        section class="section" {
            (head(words::LEFT_ALONE, Some(report.left_alone.len())))
            ul class="list conversions" {
                @for one in &report.left_alone {
                    li class="row" {
                        code class="from" { (one.spelling) }
                        span { (words::reason(&one.reason)) }
                        span class="row-cell" {
                            (words::times(one.count)) ", " (words::lines(&one.lines, one.count > one.lines.len()))
                        }
                    }
                }
            }
        }
    }
}

fn notes(report: &Report) -> Markup {
    html! {
        section class="section" {
            (head(words::NOTES, None))
            ul class="findings" {
                @for note in &report.notes { li { (icon(Icon::Note)) span { (words::sentence(note)) } } }
            }
        }
    }
}

fn fields(document: &FlowDocument, report: &Report) -> Markup {
    let mut spellings: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &report.conversions {
        let found = one.spellings.iter().map(String::as_str);
        spellings.entry(&one.name).or_default().extend(found);
    }
    let from = |field: &Field| {
        if let Some(spellings) = spellings.get(field.name.as_str()) {
            html! { @for one in spellings { code { (one) } " " } }
        } else {
            html! { (words::DECLARED) }
        }
    };
    html! {
        section class="section" {
            (head(words::FIELDS, Some(document.fields().len())))
            @if document.fields().is_empty() {
                p class="empty" { (words::NO_FIELDS) }
            } @else {
                ul class="list import-fields" {
                    @for field in document.fields() {
                        li class="row" {
                            div class="row-title" { (field.label()) code class="faint" { (field.name) } }
                            span class="row-cell" { (words::field_type(field.field_type)) }
                            span class="row-cell" { @if field.required { (words::REQUIRED) } @else { (words::OPTIONAL) } }
                            span class="row-cell from" { (from(field)) }
                        }
                    }
                }
            }
        }
    }
}

fn steps(document: &FlowDocument, compiled: &CompiledFlow) -> Markup {
    let parts = document.parts();
    html! {
        section class="section" {
            (head(words::STEPS, Some(compiled.steps().len())))
            @if !parts.description.is_empty() {
                details class="import-text" {
                    summary { (words::DESCRIPTION) }
                    div class="step-prose" { (html_of(&compiled.description().html)) }
                }
            }
            ol class="outline" {
                @for (section, written) in compiled.sections().iter().zip(&parts.sections) {
                    @if !written.title.is_empty() {
                        li class="outline-section" { (html_of(&section.title.html)) }
                    }
                    @if !written.body.is_empty() {
                        li { div class="step-prose section-body" { (html_of(&section.body.html)) } }
                    }
                    @for at in section.steps.clone() {
                        (step(at, compiled, written.steps.get(at - section.steps.start).is_none_or(|step| step.body.is_empty())))
                    }
                }
            }
        }
    }
}

/// One step, unfolded by whoever wants to read it; one without a body has nothing to unfold.
fn step(at: usize, compiled: &CompiledFlow, is_empty: bool) -> Markup {
    let step = &compiled.steps()[at];
    let line = html! {
        span class="outline-number" { (at + 1) }
        span class="outline-title" { (html_of(&step.title.html)) }
    };
    html! {
        li {
            @if is_empty {
                div class="outline-step" { (line) }
            } @else {
                details { summary { (line) } div class="step-prose" { (html_of(&step.body.html)) } }
            }
        }
    }
}

/// A text without values; it was made clean when it was compiled.
fn html_of(template: &HtmlTemplate) -> Markup {
    let mut out = String::new();
    template.html(&(), &mut out);
    PreEscaped(out)
}
