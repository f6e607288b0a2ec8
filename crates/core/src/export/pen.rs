//! How a form writes text: what people typed, and what the flow says.

use super::escape::{Place, code, inline};
use super::{Options, Report};
use crate::render::Text;

/// Writes text so that a reader of the form sees exactly that text. Our own words need no pen: they hold nothing
/// that is markup in any form.
pub(super) trait Pen {
    /// Typed text on one line; its line breaks become spaces.
    fn typed(&self, text: &str, out: &mut String);

    /// One line of text that is read letter by letter, such as a value.
    fn exact(&self, line: &str, out: &mut String);

    /// A text of the flow on one line, with its values.
    fn flow(&self, report: &Report<'_>, options: &Options, text: &Text, out: &mut String);
}

/// Writes Markdown.
pub(super) struct MarkdownPen;

impl Pen for MarkdownPen {
    fn typed(&self, text: &str, out: &mut String) {
        inline(text, Place::Line, out);
    }

    fn exact(&self, line: &str, out: &mut String) {
        code(line, Place::Line, out);
    }

    fn flow(&self, report: &Report<'_>, options: &Options, text: &Text, out: &mut String) {
        text.markdown.markdown(&report.shown(), options.unset, out);
    }
}
