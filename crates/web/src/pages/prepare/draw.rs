//! The form.

use chrono::SecondsFormat;
use maud::{Markup, html};
use resolutionflow_core::variable::Known;
use resolutionflow_store::sessions::Listed;

use super::base::Base;
use super::sheet::{Left, Sheet};
use super::written::Detail;
use super::{ticket, words};
use crate::auth::visitor::Visitor;
use crate::context::App;
use crate::error::Result;
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::labels::Labels;
use crate::pages::components::{form, session, time};
use crate::pages::runner::control::{self, Control};
use crate::pages::runner::refused::Fault;
use crate::pages::runner::scene::{is_required, label};
use crate::pages::runner::variables::{digest, print};
use crate::pages::shell::{self, Frame, Section};

/// The page.
pub(super) async fn page(app: &App, visitor: &Visitor, base: &Base, sheet: &Sheet) -> Result<Markup> {
    let past = base.past(app, visitor, &sheet.client).await?;
    let flow = title(base);
    let here = html! { span aria-current="page" { (heading(base)) } };
    let (section, crumbs) = match &base.session {
        None => (
            Section::Flows,
            html! { a href="/flows" { (super::super::words::flows::TITLE) } " / " a href={ "/flows/" (base.flow.id) } dir="auto" { (flow) } " / " (here) },
        ),
        Some(session) => (
            Section::Sessions,
            html! {
                a href="/sessions" { (super::super::words::shell::SESSIONS) } " / "
                a href={ "/sessions/" (session.id) } { (session::number(session.number)) } " / " (here)
            },
        ),
    };
    let frame = Frame {
        crumbs,
        ..Frame::new(format!("{}: {flow}", heading(base)), "prepare", section)
    };
    let content = whole(app, visitor, base, sheet, &past);
    Ok(shell::page(app, visitor, &frame, &content))
}

/// What the flow is called, with labels where values will stand.
fn title(base: &Base) -> String {
    Labels::plain(&base.version.outline, &base.version.compiled.title().plain)
}

fn heading(base: &Base) -> &'static str {
    if base.session.is_none() {
        words::TITLE
    } else {
        words::EDIT_TITLE
    }
}

fn whole(app: &App, visitor: &Visitor, base: &Base, sheet: &Sheet, past: &[Listed]) -> Markup {
    let back = match &base.session {
        None => format!("/flows/{}", base.flow.id),
        Some(session) => format!("/sessions/{}", session.id),
    };
    let save = if base.session.is_none() {
        words::PREPARE
    } else {
        words::SAVE
    };
    html! {
        form id="prepare" class="prepare" method="post" action=(base.address()) novalidate autocomplete="off"
            data-again[sheet.is_again] {
            (form::key(app))
            input type="hidden" name="flow_version" value=(base.version.number);
            input type="hidden" name="offset" value=(sheet.offset);
            div class="page-head" {
                h1 { (heading(base)) }
                div class="page-actions" {
                    a class="button" href=(back) { (words::CANCEL) }
                    button class="button primary" type="submit" { (save) }
                }
            }
            @if sheet.is_refused { (summary(base, sheet)) }
            p class="note-line" id="brought-back" role="status" hidden {
                (icon(Icon::Undo)) span { (words::BROUGHT_BACK) " " button class="link-button" type="button" { (words::DISCARD) } }
            }
            (details(visitor, base, sheet))
            (variables(base, sheet, past))
            (control_of(base, sheet, Detail::Note, &|id, described| html! {
                textarea class="control" id=(id) name=(Detail::Note.name()) dir="auto" rows="3" aria-describedby=[described] {
                    "\n" (text_of(base, sheet, Detail::Note))
                }
            }))
        }
    }
}

/// What is wrong, above everything else, with ways to each.
fn summary(base: &Base, sheet: &Sheet) -> Markup {
    let outline = &base.version.outline;
    let details = sheet.wrong.iter().map(|(detail, why)| {
        (
            format!("#{}", detail.name()),
            detail.label(),
            words::sentence(why),
        )
    });
    let faults = outline.variables().filter_map(|(key, known)| {
        let fault = sheet.faults.get(key)?;
        Some((format!("#panel-{key}"), label(known), words::wrong(&fault.why)))
    });
    let all: Vec<_> = details.chain(faults).collect();
    let labels: Vec<_> = all.iter().map(|(_, label, _)| *label).collect();
    html! {
        div class="error-summary" id="refused" role="alert" tabindex="-1" autofocus {
            h2 { @if labels.is_empty() { (words::NOT_SAVED) } @else { (words::look(&labels)) } }
            @if let Some(failed) = &sheet.failed { p { (words::sentence(failed)) } }
            @if !all.is_empty() {
                ul { @for (to, label, why) in &all { li { a href=(to) { (label) } ": " (why) } } }
            }
            p { (words::NOTHING_SAVED) }
        }
    }
}

/// What a detail shows.
fn text_of(base: &Base, sheet: &Sheet, detail: Detail) -> String {
    sheet
        .details
        .get(&detail)
        .cloned()
        .unwrap_or_else(|| base.detail(detail))
}

/// A detail: its label, its control, what is wrong with it, and a print of what stands.
fn control_of(
    base: &Base,
    sheet: &Sheet,
    detail: Detail,
    control: &dyn Fn(&str, Option<String>) -> Markup,
) -> Markup {
    let name = detail.name();
    let wrong = sheet.wrong.get(&detail);
    let help = match detail {
        Detail::Ticket => Some(html! { (words::TICKET_HELP) }),
        Detail::Due => Some(html! { noscript { (words::UTC) } }),
        Detail::AssignedTo if !base.rights.assign => Some(html! { (words::NOT_ASSIGN) }),
        _ => None,
    };
    let described = [wrong.map(|_| "error"), help.as_ref().map(|_| "help")];
    let described: Vec<_> = described
        .into_iter()
        .flatten()
        .map(|what| format!("{name}-{what}"))
        .collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let is_optional = matches!(detail, Detail::Title | Detail::Due);
    html! {
        div class={ "field" @if wrong.is_some() { " bad" } } {
            label for=(name) class="field-label" {
                span { (detail.label()) } @if is_optional { span class="faint" { (words::OPTIONAL) } }
            }
            (control(name, described))
            input type="hidden" name={ "before:" (name) } value=(digest(&base.detail(detail)));
            @if let Some(wrong) = wrong { p class="error" id={ (name) "-error" } { (words::sentence(wrong)) } }
            @if let Some(help) = help { p class="help" id={ (name) "-help" } { (help) } }
        }
    }
}

fn details(visitor: &Visitor, base: &Base, sheet: &Sheet) -> Markup {
    let line = |detail: Detail, kind: &'static str| {
        let text = text_of(base, sheet, detail);
        let wrong = sheet.wrong.get(&detail).map(|_| "true");
        control_of(base, sheet, detail, &|id, described| {
            html! {
                input class="control" id=(id) name=(id) type=(kind) value=(text) dir="auto" autocomplete="off"
                    aria-invalid=[wrong] aria-describedby=[described];
            }
        })
    };
    html! {
        div class="field-group" {
            div class="field" {
                span class="field-label" { (words::FLOW) }
                p class="flow-name" {
                    a href={ "/flows/" (base.flow.id) } dir="auto" { (title(base)) } " " span class="faint" { (words::version(base.version.number)) }
                }
            }
            (assignee(visitor, base, sheet))
            (line(Detail::Title, "text"))
            (due(base, sheet))
            (client(base, sheet))
            (line(Detail::Ticket, "text"))
            (line(Detail::TicketUrl, "url"))
        }
    }
}

fn assignee(visitor: &Visitor, base: &Base, sheet: &Sheet) -> Markup {
    let chosen = text_of(base, sheet, Detail::AssignedTo);
    let is_there = |member: &&resolutionflow_store::members::Member| member.user_id.to_string() == chosen;
    let gone = base
        .session
        .as_ref()
        .and_then(|session| session.assigned_to_id)
        .filter(|id| id.to_string() == chosen && !base.people.iter().any(|member| is_there(&member)));
    control_of(base, sheet, Detail::AssignedTo, &|id, described| {
        html! {
            select class="control" id=(id) name=(id) disabled[!base.rights.assign] aria-describedby=[described] {
                option value="" { (words::ANYONE) }
                @if let Some(id) = gone { option value=(id) selected { (base.name(id)) ", " (words::GONE) } }
                @for member in &base.people {
                    option value=(member.user_id) selected[is_there(&member)] {
                        (member.name) @if member.user_id == visitor.user_id() { ", " (words::YOU) }
                    }
                }
            }
        }
    })
}

/// When it is due. What stands is in UTC until a script says it where the visitor is; what was typed stays as typed.
fn due(base: &Base, sheet: &Sheet) -> Markup {
    let typed = sheet.details.get(&Detail::Due);
    let stands = base.session.as_ref().and_then(|session| session.due_at);
    let at = stands
        .filter(|_| typed.is_none())
        .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    let text = text_of(base, sheet, Detail::Due);
    // A browser's own control shows nothing for what it cannot hold.
    let kind = control::input_type(resolutionflow_core::field::FieldType::Datetime, &text);
    control_of(base, sheet, Detail::Due, &|id, described| {
        html! {
            input class="control" id=(id) name=(id) type=(kind) value=(text) autocomplete="off" data-at=[&at]
                aria-invalid=[sheet.wrong.get(&Detail::Due).map(|_| "true")] aria-describedby=[described];
        }
    })
}

/// The client; naming another one lists their sessions to copy from.
fn client(base: &Base, sheet: &Sheet) -> Markup {
    control_of(base, sheet, Detail::Client, &|id, described| {
        html! {
            input class="control" id=(id) name=(id) type="text" value=(sheet.client) dir="auto" autocomplete="off"
                aria-invalid=[sheet.wrong.get(&Detail::Client).map(|_| "true")] aria-describedby=[described]
                hx-post=(base.address()) hx-trigger="change" hx-vals=(CHECK) hx-target="#past" hx-select="#past"
                hx-swap="outerHTML";
        }
    })
}

/// What a request says that only wants to be told.
const CHECK: &str = r#"{"do":"check"}"#;

fn variables(base: &Base, sheet: &Sheet, past: &[Listed]) -> Markup {
    let all: Vec<_> = base.version.outline.variables().collect();
    html! {
        section class="section prepare-variables" id="prepare-variables" aria-labelledby="variables" {
            div class="section-head" {
                h2 id="variables" { (words::VARIABLES) }
                span class="section-count" id="filled-count" { (words::filled(sheet.filled(base), all.len())) }
                @if base.rights.values { (copy(base, sheet, past)) }
            }
            @if !base.rights.values {
                p class="muted" { (words::NOT_VALUES) }
            } @else if all.is_empty() {
                p class="muted" { (words::NO_VARIABLES) }
            } @else {
                (ticket::draw(base, sheet))
                @if let Some(news) = &sheet.news { (news_bar(news, words::GO_ON)) }
                (left(&sheet.left))
                div class="prepare-rows" {
                    @for (key, known) in &all {
                        (row(&Row {
                            key,
                            known,
                            text: sheet.text(base, key),
                            stands: base.value(key),
                            seen: base.variables.get(*key).map_or(0, |variable| variable.version),
                            fault: sheet.faults.get(*key),
                            is_kept: sheet.keep.contains(*key),
                            check: &base.address(),
                        }))
                    }
                }
            }
        }
    }
}

/// What was filled in from elsewhere.
pub(in crate::pages) fn news_bar(news: &str, go_on: &str) -> Markup {
    html! {
        div class="bar" id="news" role="status" { (icon(Icon::Note)) span { (news) " " (go_on) } }
    }
}

/// What was not filled in, and why.
pub(in crate::pages) fn left(left: &[Left]) -> Markup {
    html! {
        @if !left.is_empty() {
            div class="left-values" {
                p class="left-head" { (words::LEFT) }
                ul {
                    @for one in left {
                        li { code dir="auto" { (one.name) } ": " code dir="auto" { (one.value) } " " span class="help" { (words::wrong(&one.why)) } }
                    }
                }
            }
        }
    }
}

/// The past sessions to copy from. Each is a button of the form, so that nothing that was typed is lost.
fn copy(base: &Base, sheet: &Sheet, past: &[Listed]) -> Markup {
    let client = sheet.client.trim();
    html! {
        details class="menu copy-from" {
            summary class="button small" { (words::COPY) " ▾" }
            div class="menu-list" id="past" {
                @if past.is_empty() {
                    p class="menu-title" { @if client.is_empty() { (words::NO_PAST) } @else { (words::no_past_of(client)) } }
                } @else {
                    p class="menu-title" { @if client.is_empty() { (words::PAST) } @else { (words::past_of(client)) } }
                }
                @for listed in past {
                    @let past = &listed.session;
                    button name="copy" value=(past.id) formaction=(base.address()) hx-post=(base.address())
                        hx-target="#prepare-variables" hx-select="#prepare-variables" hx-swap="outerHTML" {
                        span class="row-number" { (session::number(past.number)) }
                        span {
                            (session::title(&listed.flow_title, &past.title))
                            span class="faint" {
                                @if !past.client.is_empty() { (past.client) ", " }
                                (words::filled(count(past.filled), count(past.variables))) ", " (time::relative(past.created_at))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn count(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// A variable with its control.
pub(in crate::pages) struct Row<'a> {
    pub key: &'a str,
    pub known: &'a Known,
    /// What it shows.
    pub text: &'a str,
    /// What stands, with the version of that.
    pub stands: &'a str,
    pub seen: i64,
    pub fault: Option<&'a Fault>,
    /// Whether a wrong value is to be kept.
    pub is_kept: bool,
    /// Where to ask what is wrong, once something was typed; nowhere where it is empty.
    pub check: &'a str,
}

/// The variable, its control, its help, and what is wrong with it.
pub(in crate::pages) fn row(row: &Row<'_>) -> Markup {
    let (key, known) = (row.key, row.known);
    let class = match (row.fault.is_some(), row.text.is_empty(), is_required(known)) {
        (true, ..) => "invalid",
        (_, true, true) => "missing",
        (_, true, false) => "unfilled",
        _ => "filled",
    };
    let control = Control {
        key,
        known,
        text: row.text,
        bad: row.fault.is_some(),
    };
    let checks = !row.check.is_empty();
    html! {
        div class={ "field-row " (class) } hx-post=[checks.then_some(row.check)] hx-trigger=[checks.then_some("change")]
            hx-vals=[checks.then_some(CHECK)] hx-target=[checks.then(|| format!("#wrong-{key}"))]
            hx-select=[checks.then(|| format!("#wrong-{key}"))] hx-select-oob=[checks.then_some("#filled-count")]
            hx-swap=[checks.then_some("outerHTML")] {
            div class="field-head" { (control::heading(key, known)) }
            (control.panel(true))
            input type="hidden" name={ "seen:" (known.name) } value=(row.seen);
            input type="hidden" name={ "was:" (known.name) } value=(print(known, row.stands));
            @if let Some(help) = control::help(key, known.field.as_ref()) { (help) }
            div id={ "wrong-" (key) } aria-live="polite" {
                @if let Some(fault) = row.fault {
                    p class="error" id={ "error-" (key) } { (words::wrong(&fault.why)) }
                }
                @if row.is_kept || row.fault.is_some_and(|fault| fault.keepable) {
                    label class="check" {
                        input type="checkbox" name="keep" value=(known.name) checked[row.is_kept]; (words::KEEP)
                    }
                }
            }
        }
    }
}
