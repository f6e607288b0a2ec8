//! The report in HTML: its parts in the order of the Markdown form.

use std::fmt::Write;

use super::{HtmlPen, escape_html, facts, prose};
use crate::event::EventKind;
use crate::export::pen::Pen;
use crate::export::variables::{Row, Value, label, rows};
use crate::export::{Options, Report, activity, moment, notes, outcome_name, state};
use crate::render::Unset;
use crate::session::StepRecord;

/// Appends the report, of what is masked already.
pub(super) fn write(report: &Report<'_>, options: &Options, out: &mut String) {
    out.push_str("<article class=\"report\">\n");
    head(report, options, out);
    outcome(report, out);
    still_unset(report, options, out);
    if !report.session.note.trim().is_empty() {
        out.push_str("<section>\n<h2>Note for the assignee</h2>\n");
        prose::typed(&report.session.note, out);
        out.push_str("</section>\n");
    }
    variables(report, options, out);
    steps(report, options, out);
    session_notes(report, options, out);
    happened(report, options, out);
    out.push_str("</article>\n");
}

fn head(report: &Report<'_>, options: &Options, out: &mut String) {
    out.push_str("<header>\n<h1>");
    facts::title(report, options, &HtmlPen, out);
    let _ = write!(
        out,
        "</h1>\n<p class=\"status\">{}</p>\n<dl class=\"facts\">\n",
        facts::status(report, options)
    );
    for (word, text) in facts::facts(report, options, &HtmlPen) {
        let _ = writeln!(out, "<div><dt>{word}</dt> <dd>{text}</dd></div>");
    }
    out.push_str("</dl>\n</header>\n");
}

fn outcome(report: &Report<'_>, out: &mut String) {
    let session = report.session;
    if session.outcome.is_some() || !session.outcome_note.trim().is_empty() {
        out.push_str("<section>\n<h2>Outcome</h2>\n");
        if let Some(outcome) = session.outcome {
            let _ = writeln!(out, "<p class=\"outcome\">{}.</p>", outcome_name(outcome));
        }
        prose::typed(&session.outcome_note, out);
        out.push_str("</section>\n");
    }
    if !session.next_steps.trim().is_empty() {
        out.push_str("<section>\n<h2>Next steps</h2>\n");
        prose::typed(&session.next_steps, out);
        out.push_str("</section>\n");
    }
}

fn still_unset(report: &Report<'_>, options: &Options, out: &mut String) {
    let unset = facts::still_unset(report, options, &HtmlPen);
    if unset.is_empty() {
        return;
    }
    out.push_str("<section>\n<h2>Still unset</h2>\n<ul>\n");
    for line in unset {
        let _ = writeln!(out, "<li>{line}</li>");
    }
    out.push_str("</ul>\n</section>\n");
}

fn variables(report: &Report<'_>, options: &Options, out: &mut String) {
    let rows = rows(report);
    if rows.is_empty() {
        return;
    }
    out.push_str(
        "<section>\n<h2>Variables</h2>\n<table class=\"variables\">\n<thead><tr><th scope=\"col\">Variable</th>\
         <th scope=\"col\">Value</th><th scope=\"col\">Set by</th>",
    );
    if options.times {
        out.push_str("<th scope=\"col\">Set at</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr><th scope=\"row\">");
        if let Some(label) = label(row.known) {
            HtmlPen.typed(label, out);
            out.push(' ');
        }
        // A name holds nothing that is markup.
        let _ = write!(
            out,
            "<code class=\"name\">{}</code></th><td>",
            row.known.name.as_str()
        );
        value(&row, options, out);
        out.push_str("</td><td>");
        if let Some((by, _)) = row.set {
            HtmlPen.typed(by, out);
        }
        out.push_str("</td>");
        if options.times {
            let at = row.set.map_or(String::new(), |(_, at)| moment(at));
            let _ = write!(out, "<td class=\"time\">{at}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

fn value(row: &Row<'_>, options: &Options, out: &mut String) {
    let mut filled = |value: &str, behind: &str| {
        out.push_str("<span class=\"value\" dir=\"auto\">");
        prose::broken(value, out);
        out.push_str("</span>");
        out.push_str(behind);
    };
    match row.value {
        Value::Set("", _) => out.push_str("(empty)"),
        Value::Set(value, true) => filled(value, ""),
        Value::Set(value, false) => filled(value, " (does not fit, kept)"),
        Value::Default(value) => filled(value, " (default)"),
        Value::Unset if options.unset == Unset::Placeholder => {
            let _ = write!(
                out,
                "<span class=\"unset\">[VAR:{}]</span>",
                row.known.name.as_str()
            );
        }
        Value::Unset => {}
    }
}

fn steps(report: &Report<'_>, options: &Options, out: &mut String) {
    let shown = report.steps_shown(options);
    for (section, source) in report.sections_shown(options) {
        out.push_str("<section>\n<h2>");
        if source.title.trim().is_empty() {
            out.push_str("Steps");
        } else {
            HtmlPen.flow(report, options, &section.title, out);
        }
        out.push_str("</h2>\n");
        prose::body(report, options, &section.body.html, None, out);
        for position in section.steps.clone().take_while(|position| *position < shown) {
            step(report, options, position, out);
        }
        out.push_str("</section>\n");
    }
}

fn step(report: &Report<'_>, options: &Options, position: usize, out: &mut String) {
    let step = &report.compiled.steps()[position];
    let record = report.steps.get(&step.id);
    let _ = write!(out, "<section class=\"report-step\">\n<h3>{}. ", position + 1);
    HtmlPen.flow(report, options, &step.title, out);
    out.push_str("</h3>\n<p class=\"state\">");
    state::state(report, options, &HtmlPen, position, record, out);
    match record {
        Some(record) if !record.reason.trim().is_empty() => {
            out.push_str(", because:</p>\n");
            prose::typed(&record.reason, out);
        }
        _ => out.push_str(".</p>\n"),
    }
    let ticked = record.map(|record| &record.checked);
    prose::body(report, options, &step.body.html, ticked, out);
    if let Some(record) = record {
        written(record, out);
    }
    out.push_str("</section>\n");
}

/// What people wrote about a step.
fn written(record: &StepRecord, out: &mut String) {
    if !record.note.trim().is_empty() {
        out.push_str("<h4>Note</h4>\n");
        prose::typed(&record.note, out);
    }
    if !record.output.trim().is_empty() {
        out.push_str("<h4>Output</h4>\n");
        prose::output(&record.output, out);
    }
}

fn session_notes(report: &Report<'_>, options: &Options, out: &mut String) {
    let mut notes = notes(report).peekable();
    if notes.peek().is_none() {
        return;
    }
    out.push_str("<section>\n<h2>Notes</h2>\n");
    for event in notes {
        out.push_str("<p class=\"state\">");
        HtmlPen.typed(report.name(event.actor_id), out);
        if options.times {
            let _ = write!(out, ", {}", moment(event.at));
        }
        if event.kind == EventKind::LateNoteAdded {
            out.push_str(", after completion");
        }
        out.push_str(":</p>\n");
        prose::typed(event.payload.typed("text"), out);
    }
    out.push_str("</section>\n");
}

fn happened(report: &Report<'_>, options: &Options, out: &mut String) {
    let days = activity::days(report, options, &HtmlPen);
    if days.is_empty() {
        return;
    }
    out.push_str("<section>\n<h2>Activity</h2>\n");
    for day in days {
        if let Some(date) = day.date {
            let _ = writeln!(out, "<h3>{date}, UTC</h3>");
        }
        out.push_str("<ol class=\"activity\">\n");
        for (time, line) in day.lines {
            out.push_str("<li>");
            if let Some(time) = time {
                out.push_str("<span class=\"time\">");
                escape_html(&time, out);
                out.push_str("</span> ");
            }
            out.push_str("<span>");
            out.push_str(&line);
            out.push_str("</span></li>\n");
        }
        out.push_str("</ol>\n");
    }
    out.push_str("</section>\n");
}
