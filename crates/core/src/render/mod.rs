//! Rendering in two halves: a flow version is compiled once, and for each request only pieces and values are put
//! into one buffer.
//!
//! Placeholders are swapped for characters of their own before Markdown sees the text, the whole document is
//! sanitised, and only then it is cut at the holes, each knowing what stands around it. A value is always text:
//! escaped for its place, never Markdown, never HTML, never expanded again.

mod compile;
mod cutter;
mod escape;
mod export;
#[cfg(test)]
mod export_tests;
mod highlight;
#[cfg(test)]
mod hostile_tests;
mod html;
mod limits;
mod link;
mod nested;
mod place;
mod plain;
mod powershell;
mod raw_html;
mod swap;
mod template;
#[cfg(test)]
mod tests;
mod verify;
mod writer;
#[cfg(test)]
mod writer_tests;

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

pub(crate) use compile::compile_parts;
pub use compile::{Command, CompiledFlow, CompiledSection, CompiledStep, Text, compile};
pub use export::MarkdownTemplate;
pub use plain::{PlainTemplate, PlainText};
pub use swap::{MAX_PLACEHOLDERS, Variable};
pub use template::HtmlTemplate;
pub use writer::{CommandBlock, Context, Hole, Writer};

/// Where a template finds its values.
pub trait Values {
    /// The value of the variable with that key (its name in lower case); nothing while it is unset.
    fn value(&self, key: &str) -> Option<&str>;
}

/// No value at all.
impl Values for () {
    fn value(&self, _key: &str) -> Option<&str> {
        None
    }
}

impl<V: Values> Values for &V {
    fn value(&self, key: &str) -> Option<&str> {
        (*self).value(key)
    }
}

impl Values for BTreeMap<String, String> {
    fn value(&self, key: &str) -> Option<&str> {
        self.get(key).map(String::as_str)
    }
}

impl<S: BuildHasher> Values for HashMap<String, String, S> {
    fn value(&self, key: &str) -> Option<&str> {
        self.get(key).map(String::as_str)
    }
}

/// What an export shows for an unset variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unset {
    /// The placeholder as written.
    #[default]
    Placeholder,
    /// Nothing.
    Blank,
}

/// Appends text as HTML, fit for content and for quoted attributes.
pub(crate) fn escape_html(text: &str, out: &mut String) {
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(&text[written..at]);
        out.push_str(escaped);
        written = at + 1;
    }
    out.push_str(&text[written..]);
}
