//! The HTML form: one file that needs nothing else, black on white, made to be printed.

mod body;
mod prose;

use super::pen::Pen;
use super::{Options, Report, facts, mask};
use crate::render::{Text, escape_html};
use prose::Holes;

/// How the file looks; the page that shows a report has its own rules.
const STYLE: &str = include_str!("html/report.css");

/// Appends the session as an HTML file: no script, nothing from elsewhere.
pub fn html(report: &Report<'_>, options: &Options, out: &mut String) {
    mask::masked(report, options.mask, |report| {
        out.push_str(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
        );
        let mut title = String::new();
        if report.session.title.trim().is_empty() {
            let flow = &report.compiled.title().plain;
            flow.text(&report.shown(), options.unset, &mut title);
        } else {
            title.push_str(&report.session.title);
        }
        prose::line(&title, out);
        out.push_str("</title>\n<style>\n");
        out.push_str(STYLE);
        out.push_str("</style>\n</head>\n<body>\n");
        body::write(report, options, out);
        out.push_str("</body>\n</html>\n");
    });
}

/// Appends the report alone, as an `<article class="report">` for a page.
pub fn html_body(report: &Report<'_>, options: &Options, out: &mut String) {
    mask::masked(report, options.mask, |report| body::write(report, options, out));
}

/// Writes HTML. Typed text is kept apart from what stands around it, whichever way it runs.
pub(super) struct HtmlPen;

impl Pen for HtmlPen {
    fn typed(&self, text: &str, out: &mut String) {
        out.push_str("<bdi>");
        prose::line(text, out);
        out.push_str("</bdi>");
    }

    fn exact(&self, line: &str, out: &mut String) {
        out.push_str("<code dir=\"auto\">");
        prose::line(line, out);
        out.push_str("</code>");
    }

    fn flow(&self, report: &Report<'_>, options: &Options, text: &Text, out: &mut String) {
        text.html
            .html_with(&report.shown(), out, &mut Holes::new(options, None));
    }
}
