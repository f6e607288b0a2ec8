//! How a page writes what stands in a text: its holes, and what surrounds its blocks of code.

use std::fmt::Write;

use super::escape_html;
use super::swap::Variable;

/// What stands around a hole in HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Text of a paragraph, a heading, a cell.
    Text,
    /// Text or code inside a link, where no control may stand.
    LinkText,
    /// Code inside a line.
    InlineCode,
    /// A block of code.
    CodeBlock,
    /// The value of an attribute, such as a title.
    Attribute,
    /// Directly behind a link that has the variable in its text, its title or its target: a place for the
    /// control that may not stand inside. There is one for each variable of the link.
    AfterLink,
}

/// A place where a value stands.
#[derive(Clone, Copy, Debug)]
pub struct Hole<'t> {
    /// The variable and what is done to its value.
    pub variable: &'t Variable,
    /// What stands around it.
    pub context: Context,
    /// Its number in the text, from 0: the same in every rendering. Not every number is one of a hole that is
    /// written, as holes in attributes are counted too.
    pub number: usize,
}

/// A block of code, fenced or indented, that does not stand inside a link.
#[derive(Clone, Copy, Debug)]
pub struct CommandBlock<'t> {
    /// Its number in the text, from 0, which is its place in [`CompiledStep::commands`] too.
    ///
    /// [`CompiledStep::commands`]: super::CompiledStep::commands
    pub number: usize,
    /// The first word behind the fence, empty where there is none.
    pub language: &'t str,
    /// The keys of the variables that stand in it, each once, in the order of the text.
    pub variables: &'t [String],
}

/// Writes what a page wants otherwise than it stands in the text.
pub trait Writer {
    /// Writes a hole. The value is there after its filters, and must be escaped.
    fn hole(&mut self, hole: &Hole<'_>, value: Option<&str>, out: &mut String);

    /// Writes what stands directly before the `<pre>` of a block of code.
    fn command_open(&mut self, _command: &CommandBlock<'_>, _out: &mut String) {}

    /// Writes what stands directly behind its `</pre>`.
    fn command_close(&mut self, _command: &CommandBlock<'_>, _out: &mut String) {}

    /// Writes the box of the task of that number, from 0; `is_done` where the author ticked it.
    fn task(&mut self, number: usize, is_done: bool, out: &mut String) {
        let checked = if is_done { " checked" } else { "" };
        let _ = write!(
            out,
            "<input class=\"task-box\" type=\"checkbox\" disabled data-task=\"{number}\"{checked}>"
        );
    }
}

/// The default markup.
pub(super) struct Spans;

impl Writer for Spans {
    fn hole(&mut self, hole: &Hole<'_>, value: Option<&str>, out: &mut String) {
        if hole.context == Context::AfterLink {
            return;
        }
        out.push_str(if value.is_some() {
            "<span class=\"value\" dir=\"auto\">"
        } else {
            "<span class=\"unset\">"
        });
        escape_html(value.unwrap_or(&hole.variable.source), out);
        out.push_str("</span>");
    }
}
