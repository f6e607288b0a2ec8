//! `/sessions/{id}/review`: what a newer version of the flow means for a prepared session, side by side; and moving
//! it there.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use resolutionflow_core::access::Action;
use resolutionflow_core::flow::difference::{Line, LineKind, PartChange};
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::Status;
use resolutionflow_store::{sessions, variables};
use serde::Deserialize;
use serde_json::json;

use super::refused;
use super::variables::address;
use crate::api::sessions::update::{self as api, Foreseen};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::form;
use crate::pages::components::session::number;
use crate::pages::shell::{self, Frame, Section};
use crate::pages::words::review as words;
use crate::request::{Form, IdempotencyKey, Json, Path};

/// How many lines that are the same stand around those that are not.
const CONTEXT: usize = 3;

/// The page. One that runs the newest version, or runs already, leads to the session.
pub(super) async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(id): Path<SessionId>,
) -> Result<Response> {
    let account = visitor.caller.account_id;
    let (session, values) = app
        .read(move |tx| {
            Box::pin(async move {
                let session = sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                Ok((session, variables::all(tx, account, id).await?))
            })
        })
        .await?;
    let path = address(id, None);
    if session.status() != Status::Prepared {
        return Ok(Redirect::to(&path).into_response());
    }
    let foreseen = api::foresee(&app, &visitor.caller, &session, values).await?;
    let (from, to) = (foreseen.from.number, foreseen.to.number);
    if from == to {
        return Ok(Redirect::to(&path).into_response());
    }
    let may = |action| session.may(&visitor.caller.actor(), action);
    let button = |action: &str, class: &str, word: &str, version: Option<i64>| {
        html! {
            form method="post" action={ (path) "/" (action) } {
                (form::key(&app))
                @if let Some(version) = version { input type="hidden" name="flow_version" value=(version); }
                button class=(class) type="submit" { (word) }
            }
        }
    };
    let title = words::title(&number(session.number));
    let content = html! {
        div class="page-head" {
            div {
                h1 { (title) }
                p class="page-sub" { (words::summary(from, to, &foreseen.difference.words())) }
            }
            div class="page-actions" {
                @if may(Action::UpdateVersion) { (button("update", "button primary", &words::update(to), Some(to))) }
                @if may(Action::StartSession) { (button("start", "button", words::RUN_AS_PREPARED, None)) }
                @if may(Action::DiscardSession) { (button("discard", "button", words::DISCARD, None)) }
            }
        }
        (values_part(&foreseen))
        (differences(&foreseen))
        p { a href=(path) { (words::BACK) } }
    };
    let mut frame = Frame::new(title.clone(), "review", Section::Sessions);
    frame.crumbs =
        html! { a href=(path) { (number(session.number)) } " / " span aria-current="page" { (title) } };
    Ok(shell::page(&app, &visitor, &frame, &content).into_response())
}

/// What becomes of the values.
fn values_part(foreseen: &Foreseen) -> Markup {
    let fitting = &foreseen.fitting;
    html! {
        @if !fitting.kept.is_empty() { p { (words::kept(fitting.kept.len())) } }
        @if !fitting.dropped.is_empty() {
            section class="section" {
                h2 { (words::DROPPED) }
                ul class="dropped" {
                    @for dropped in &fitting.dropped {
                        li {
                            span class="mono" { (dropped.name) } ": " span class="value" dir="auto" { (dropped.value) }
                            " " span class="why" { (dropped.reason) "." }
                        }
                    }
                }
            }
        }
    }
}

fn differences(foreseen: &Foreseen) -> Markup {
    let versions = (foreseen.from.number, foreseen.to.number);
    let difference = &foreseen.difference;
    html! {
        @if !difference.texts.is_empty() {
            section class="section" {
                h2 { (words::TEXTS) }
                @for change in &difference.texts { (part(change, versions)) }
            }
        }
        @if !difference.steps.is_empty() {
            section class="section" {
                h2 { (words::STEPS) }
                @for step in &difference.steps {
                    h3 class="changed" dir="auto" {
                        span class="where" { (words::place(step.before, step.after)) } " " (step.title) " "
                        span class="chip outline" { (words::fate(step.fate)) }
                    }
                    @for change in &step.changes { (part(change, versions)) }
                }
            }
        }
        @if !difference.fields.is_empty() {
            section class="section" {
                h2 { (words::FIELDS) }
                @for field in &difference.fields {
                    h3 class="changed" dir="auto" {
                        (field.label) " " span class="mono" { (field.name) } " "
                        span class="chip outline" { (words::fate(field.fate)) }
                    }
                    @for change in &field.changes { (part(change, versions)) }
                }
            }
        }
    }
}

/// One part, before and after side by side, line by line.
fn part(change: &PartChange, (from, to): (i64, i64)) -> Markup {
    html! {
        table class="difference" {
            caption { (words::part(change.part)) }
            thead { tr { th scope="col" { (words::version(from)) } th scope="col" { (words::version(to)) } } }
            tbody {
                @for row in rows(&change.lines) {
                    @match row {
                        Row::Same(text) => { tr { td dir="auto" { (text) } td dir="auto" { (text) } } }
                        Row::Left(count) => { tr class="left-out" { td colspan="2" { (words::same_lines(count)) } } }
                        Row::Other(before, after) => {
                            tr {
                                td class=[before.map(|_| "removed")] dir="auto" { @if let Some(text) = before { del { (text) } } }
                                td class=[after.map(|_| "added")] dir="auto" { @if let Some(text) = after { ins { (text) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A row of two texts side by side.
#[derive(Debug, PartialEq, Eq)]
enum Row<'a> {
    Same(&'a str),
    /// That many lines are the same.
    Left(usize),
    /// What went, and what stands in its place.
    Other(Option<&'a str>, Option<&'a str>),
}

fn rows(lines: &[Line]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let run =
            |kind: LineKind, from: usize| lines[from..].iter().take_while(|line| line.kind == kind).count();
        let same = run(LineKind::Same, at);
        if same > 0 {
            let (before, after) = (
                if at == 0 { 0 } else { CONTEXT },
                if at + same == lines.len() { 0 } else { CONTEXT },
            );
            let texts =
                |from: usize, to: usize| lines[from..to].iter().map(|line| Row::Same(line.text.as_str()));
            if same > before + after + 1 {
                rows.extend(texts(at, at + before));
                rows.push(Row::Left(same - before - after));
                rows.extend(texts(at + same - after, at + same));
            } else {
                rows.extend(texts(at, at + same));
            }
            at += same;
            continue;
        }
        let removed = run(LineKind::Removed, at);
        let added = run(LineKind::Added, at + removed);
        let text = |from: usize, count: usize, index: usize| {
            (index < count).then(|| lines[from + index].text.as_str())
        };
        for index in 0..removed.max(added) {
            rows.push(Row::Other(
                text(at, removed, index),
                text(at + removed, added, index),
            ));
        }
        at += removed + added;
    }
    rows
}

/// The form as it was sent.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    key: String,
    #[serde(default)]
    flow_version: Option<i64>,
}

/// Moves the session to the version that was looked at.
pub(super) async fn update(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::UpdateVersion as usize }>,
    Path(id): Path<SessionId>,
    Form(sent): Form<Sent>,
) -> Result<Response> {
    let body =
        serde_json::from_value(json!({ "flow_version": sent.flow_version })).map_err(Error::internal)?;
    let (caller, key) = (May(visitor.caller.clone()), IdempotencyKey::parse(&sent.key));
    match api::update(State(app.clone()), caller, Path(id), key, Json(body)).await {
        Ok(_) => Ok(Redirect::to(&address(id, None)).into_response()),
        Err(error) => refused::whole(&app, &visitor, id, None, error).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(marked: &str) -> Vec<Line> {
        let line = |line: &str| Line {
            kind: match &line[..1] {
                "-" => LineKind::Removed,
                "+" => LineKind::Added,
                _ => LineKind::Same,
            },
            text: line[1..].to_owned(),
        };
        marked.split(',').map(line).collect()
    }

    #[test]
    fn what_went_stands_beside_what_came() {
        let marked = lines(" a,-b,-c,+d, e,+f");
        let expected = [
            Row::Same("a"),
            Row::Other(Some("b"), Some("d")),
            Row::Other(Some("c"), None),
            Row::Same("e"),
            Row::Other(None, Some("f")),
        ];
        assert_eq!(rows(&marked), expected);
    }

    #[test]
    fn long_runs_of_the_same_are_left_out() {
        let same: Vec<_> = (0..20).map(|number| format!(" {number}")).collect();
        let marked = lines(&format!("{},-x,{}", same.join(","), same.join(",")));
        let left: Vec<_> = rows(&marked);
        assert_eq!(left[0], Row::Left(17));
        assert_eq!(left[1..4], [Row::Same("17"), Row::Same("18"), Row::Same("19")]);
        assert_eq!(left[4], Row::Other(Some("x"), None));
        assert_eq!(left[8], Row::Left(17));
        assert_eq!(left.len(), 9);
    }
}
