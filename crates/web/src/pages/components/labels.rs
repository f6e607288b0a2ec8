//! A flow's texts before any value: where one will stand, the label of its field.

use std::fmt::Write;

use maud::{Markup, PreEscaped, html};
use resolutionflow_core::render::{
    CommandBlock, Context, Hole, HtmlTemplate, PlainTemplate, Unset, Values, Writer,
};
use resolutionflow_core::variable::Outline;

use crate::pages::words::runner as words;

/// Writes labels where values will stand.
pub struct Labels<'o>(pub &'o Outline);

impl Labels<'_> {
    /// What people read for a variable: the label of its field, or its name.
    pub fn label<'a>(&'a self, key: &'a str) -> &'a str {
        self.0.variable(key).map_or(key, |(_, known)| {
            known
                .field
                .as_ref()
                .map_or(known.name.as_str(), |field| field.label())
        })
    }

    /// A text with its markup.
    pub fn html(outline: &Outline, text: &HtmlTemplate) -> Markup {
        let mut out = String::new();
        text.html_with(&(), &mut out, &mut Labels(outline));
        // What scrolls by itself can be reached by keys. In a text this would stand escaped.
        PreEscaped(out.replace("<pre>", "<pre tabindex=\"0\">"))
    }

    /// A text without markup.
    pub fn plain(outline: &Outline, text: &PlainTemplate) -> String {
        let mut out = String::new();
        text.text(&Labels(outline), Unset::Placeholder, &mut out);
        out
    }
}

impl Values for Labels<'_> {
    fn value(&self, key: &str) -> Option<&str> {
        let (_, known) = self.0.variable(key)?;
        Some(
            known
                .field
                .as_ref()
                .map_or(known.name.as_str(), |field| field.label()),
        )
    }
}

impl Writer for Labels<'_> {
    fn hole(&mut self, hole: &Hole<'_>, _value: Option<&str>, out: &mut String) {
        if hole.context == Context::AfterLink {
            return;
        }
        let label = self.label(&hole.variable.key);
        out.push_str(&html! { span class="unset" { (label) } }.into_string());
    }

    fn command_open(&mut self, command: &CommandBlock<'_>, out: &mut String) {
        let caption = html! { figcaption { span { (words::language(command.language)) } } };
        let _ = write!(out, "<figure class=\"command\">{}", caption.into_string());
    }

    fn task(&mut self, number: usize, is_done: bool, out: &mut String) {
        let task = html! {
            input class="task-box" type="checkbox" disabled data-task=(number) checked[is_done] aria-label=(words::TICK);
        };
        out.push_str(&task.0);
    }

    fn command_close(&mut self, _command: &CommandBlock<'_>, out: &mut String) {
        out.push_str("</figure>");
    }
}
