//! Texts in HTML: what people typed, line by line, and bodies of the flow below the headings of the report.

use std::collections::BTreeSet;

use crate::export::escape::{lines, visible};
use crate::export::{Options, Report};
use crate::render::{Context, Hole, HtmlTemplate, Unset, Writer, escape_html};

/// Appends one line of typed text, as it is between other words.
pub(super) fn line(text: &str, out: &mut String) {
    for (number, line) in lines(text).enumerate() {
        out.push_str(if number > 0 { " " } else { "" });
        escape_html(&shown(line), out);
    }
}

/// Appends typed text with its line breaks.
pub(super) fn broken(text: &str, out: &mut String) {
    for (number, line) in lines(text).enumerate() {
        out.push_str(if number > 0 { "<br>" } else { "" });
        escape_html(&shown(line), out);
    }
}

/// Appends typed text as a block, or nothing where there is none.
pub(super) fn typed(text: &str, out: &mut String) {
    if !text.trim().is_empty() {
        out.push_str("<blockquote class=\"typed\" dir=\"auto\">");
        broken(text.trim_matches(['\n', '\r']).trim_end(), out);
        out.push_str("</blockquote>\n");
    }
}

/// Appends typed text as a block of code.
pub(super) fn output(text: &str, out: &mut String) {
    // The first line break behind `<pre>` would not count.
    out.push_str("<pre><code>");
    let text = text.strip_suffix('\n').unwrap_or(text);
    for line in lines(text) {
        escape_html(&shown(line), out);
        out.push('\n');
    }
    out.push_str("</code></pre>\n");
}

fn shown(line: &str) -> String {
    line.chars().map(visible).collect()
}

/// Appends a body of the flow, its headings below the third level and everything in it open.
pub(super) fn body(
    report: &Report<'_>,
    options: &Options,
    text: &HtmlTemplate,
    ticked: Option<&BTreeSet<u16>>,
    out: &mut String,
) {
    let mut html = String::new();
    text.html_with(&report.shown(), &mut html, &mut Holes::new(options, ticked));
    if html.trim().is_empty() {
        return;
    }
    out.push_str("<div class=\"prose\">\n");
    nested(&html, out);
    out.push_str("</div>\n");
}

/// Appends HTML that a template wrote: the only `<` in it that are not escaped begin tags.
fn nested(html: &str, out: &mut String) {
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find('>').map_or(rest.len(), |end| end + 1);
        let (tag, behind) = rest.split_at(end);
        rest = behind;
        let name_at = if tag.starts_with("</") { 2 } else { 1 };
        let name_end = tag[name_at..]
            .find([' ', '>'])
            .map_or(tag.len(), |end| name_at + end);
        match &tag[name_at..name_end] {
            "h1" | "h2" | "h3" => heading(tag, name_at, 4, out),
            "h4" => heading(tag, name_at, 5, out),
            "h5" => heading(tag, name_at, 6, out),
            // What is folded would not be printed.
            "details" if name_at == 1 && !tag.contains(" open=") => {
                out.push_str("<details open=\"\"");
                out.push_str(&tag[name_end..]);
            }
            _ => out.push_str(tag),
        }
    }
    out.push_str(rest);
}

fn heading(tag: &str, name_at: usize, level: u8, out: &mut String) {
    out.push_str(&tag[..=name_at]);
    out.push(char::from(b'0' + level));
    out.push_str(&tag[name_at + 2..]);
}

/// Writes values and boxes as a report shows them.
pub(super) struct Holes<'a> {
    unset: Unset,
    ticked: Option<&'a BTreeSet<u16>>,
}

impl<'a> Holes<'a> {
    pub(super) fn new(options: &Options, ticked: Option<&'a BTreeSet<u16>>) -> Self {
        Self {
            unset: options.unset,
            ticked,
        }
    }
}

impl Writer for Holes<'_> {
    fn hole(&mut self, hole: &Hole<'_>, value: Option<&str>, out: &mut String) {
        match value {
            _ if hole.context == Context::AfterLink => {}
            Some(value) => {
                out.push_str("<span class=\"value\" dir=\"auto\">");
                broken(value, out);
                out.push_str("</span>");
            }
            None if self.unset == Unset::Placeholder => {
                out.push_str("<span class=\"unset\">");
                escape_html(&hole.variable.source, out);
                out.push_str("</span>");
            }
            None => {}
        }
    }

    fn task(&mut self, number: usize, is_done: bool, out: &mut String) {
        let is_ticked =
            |ticked: &BTreeSet<u16>| u16::try_from(number).is_ok_and(|number| ticked.contains(&number));
        out.push_str(if is_done || self.ticked.is_some_and(is_ticked) {
            "<input type=\"checkbox\" disabled checked aria-label=\"done\">"
        } else {
            "<input type=\"checkbox\" disabled aria-label=\"not done\">"
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_stand_below_the_report_and_nothing_is_folded() {
        let mut out = String::new();
        nested(
            "<h1 id=\"a\">a</h1><h3>b</h3><h4>c</h4><h6>d</h6><hr><details><summary>e</summary></details><details open=\"\">",
            &mut out,
        );
        assert_eq!(
            out,
            "<h4 id=\"a\">a</h4><h4>b</h4><h5>c</h5><h6>d</h6><hr><details open=\"\"><summary>e</summary></details><details open=\"\">"
        );
    }
}
