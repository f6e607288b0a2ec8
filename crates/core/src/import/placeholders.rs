//! Finds what an author wrote for "put your value here" and turns it into `[VAR:name]`.
//!
//! One pass over each leaf of the document, with a bounded look ahead at each byte, so the work is linear. What
//! could as well be HTML, a link, shell or a template stays, and the report says why. The rules for angle
//! brackets and braces are in [`super::candidates`].

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::candidates;
use super::names;
use super::outline::{Leaf, LeafKind};
use super::report::Tally;
use super::style::Style;
use crate::field::{Field, FieldName};
use crate::flow::MAX_FIELDS;

/// What is to become of something that looks like a placeholder.
pub(super) enum Verdict {
    /// It becomes this variable.
    Convert(String),
    /// It stays, and this is why.
    Leave(&'static str),
    /// It is in our own form already.
    Existing(String),
}

/// Something that looks like a placeholder.
pub(super) struct Found {
    /// Where, in bytes of the whole text.
    pub(super) range: Range<usize>,
    /// What it looks like.
    pub(super) style: Style,
    /// What is to become of it.
    pub(super) verdict: Verdict,
}

/// A piece of text with one meaning: a leaf of the document, or a line between leaves.
pub(super) struct Unit<'a> {
    /// The text of the document up to the end of the unit.
    pub(super) text: &'a str,
    /// Where the unit begins, in bytes.
    pub(super) start: usize,
    /// What it is.
    pub(super) kind: &'a LeafKind,
    /// The inline code in it, sorted.
    pub(super) code: Vec<Range<usize>>,
    /// For each piece of inline code, or for the one code block, whether it is a template.
    pub(super) templates: Vec<bool>,
    /// How deep the place that is looked at stands in template blocks.
    pub(super) template_depth: Cell<usize>,
    /// The names that are closed by a tag such as `</name>`.
    pub(super) closed: HashSet<&'a str>,
    /// The shell variables that are assigned in it.
    pub(super) assigned: HashSet<&'a str>,
    /// The reference labels of the document, in lower case.
    pub(super) labels: &'a HashSet<String>,
    /// The styles that become placeholders.
    pub(super) convert: &'a BTreeSet<Style>,
}

impl Unit<'_> {
    /// The code around a byte: the whole unit, or the inline code.
    pub(super) fn code_around(&self, at: usize) -> Option<Range<usize>> {
        if matches!(self.kind, LeafKind::Code(_)) {
            return Some(self.start..self.text.len());
        }
        let next = self.code.partition_point(|range| range.end <= at);
        self.code.get(next).filter(|range| range.start <= at).cloned()
    }

    /// Whether the code around a byte is a template.
    pub(super) fn in_template(&self, at: usize) -> bool {
        let index = if matches!(self.kind, LeafKind::Code(_)) {
            0
        } else {
            self.code.partition_point(|range| range.end <= at)
        };
        self.templates.get(index).copied().unwrap_or(false)
    }

    /// The byte at a place, 0 beyond both ends of the unit.
    pub(super) fn byte(&self, at: usize) -> u8 {
        if at < self.start {
            0
        } else {
            self.text.as_bytes().get(at).copied().unwrap_or(0)
        }
    }

    /// The byte before a place, 0 at the beginning of the unit.
    pub(super) fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |before| self.byte(before))
    }

    /// The bytes between `from` and the next `close` on the same line, at most `most` bytes away.
    pub(super) fn until(&self, from: usize, close: &str, most: usize) -> Option<&str> {
        let mut end = (from + most).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let rest = self.text.get(from..end)?;
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        line.find(close).map(|length| &line[..length])
    }
}

/// The variables of a document, in the order of first use.
#[derive(Default)]
pub(super) struct Variables {
    names: Vec<FieldName>,
    by_key: HashMap<String, usize>,
}

impl Variables {
    /// The variable as it was first written; declares it where it is new. `None` where a flow has no room.
    fn declare(&mut self, name: &str) -> Option<&FieldName> {
        let name = FieldName::parse(name).ok()?;
        let key = name.key();
        if let Some(index) = self.by_key.get(&key) {
            return self.names.get(*index);
        }
        if self.names.len() >= MAX_FIELDS {
            return None;
        }
        self.by_key.insert(key, self.names.len());
        self.names.push(name);
        self.names.last()
    }

    /// An optional text field for each.
    pub(super) fn into_fields(self) -> Vec<Field> {
        self.names.into_iter().map(names::field).collect()
    }
}

/// What a conversion needs to know beside the text.
pub(super) struct Conversion<'a> {
    /// The styles that become placeholders.
    pub(super) convert: &'a BTreeSet<Style>,
    /// The reference labels of the document, in lower case.
    pub(super) labels: &'a HashSet<String>,
    /// The lines of the file before the text.
    pub(super) first_line: usize,
}

impl Conversion<'_> {
    /// The text with its placeholders in our form; every line stays a line.
    pub(super) fn run(
        &self,
        text: &str,
        leaves: &[Leaf],
        variables: &mut Variables,
        tally: &mut Tally,
    ) -> String {
        let mut result = String::with_capacity(text.len() + text.len() / 8);
        let mut copied = 0;
        let mut line = self.first_line + 1;
        let mut counted = 0;
        for found in self.find(text, leaves) {
            let Found {
                range,
                style,
                verdict,
            } = found;
            line += text[counted..range.start]
                .bytes()
                .filter(|byte| *byte == b'\n')
                .count();
            counted = range.start;
            let spelling = &text[range.clone()];
            match verdict {
                Verdict::Leave(reason) if style != Style::Mustache && spelling.contains('=') => {
                    // One entry for an element, whatever its attributes are.
                    let name = spelling.split([' ', '=']).next().unwrap_or_default();
                    tally.left_alone(style, &format!("{name} ...>"), reason, line);
                }
                Verdict::Existing(name) => {
                    variables.declare(&name);
                }
                Verdict::Leave(reason) => tally.left_alone(style, spelling, reason, line),
                Verdict::Convert(_) if is_escaped(&text[..range.start]) => {
                    tally.left_alone(
                        style,
                        spelling,
                        "a backslash before it would make [VAR:...] literal",
                        line,
                    );
                }
                Verdict::Convert(name) => {
                    let Some(name) = variables.declare(&name) else {
                        tally.left_alone(style, spelling, "a flow has room for 200 fields", line);
                        continue;
                    };
                    tally.converted(style, name.as_str(), spelling, line);
                    result.push_str(&text[copied..range.start]);
                    result.push_str("[VAR:");
                    result.push_str(name.as_str());
                    result.push(']');
                    copied = range.end;
                }
            }
        }
        result.push_str(&text[copied..]);
        result
    }

    fn find(&self, text: &str, leaves: &[Leaf]) -> Vec<Found> {
        let starts: Vec<usize> = std::iter::once(0)
            .chain(
                text.bytes()
                    .enumerate()
                    .filter(|(_, b)| *b == b'\n')
                    .map(|(i, _)| i + 1),
            )
            .collect();
        let offset = |line: usize| starts.get(line).copied().unwrap_or(text.len());
        let mut found = Vec::new();
        let mut line = 0;
        for leaf in leaves {
            while line < leaf.lines.start.min(starts.len()) {
                self.scan(
                    &text[..offset(line + 1)],
                    offset(line),
                    &LeafKind::Prose,
                    &mut found,
                );
                line += 1;
            }
            self.scan(
                &text[..offset(leaf.lines.end)],
                offset(line),
                &leaf.kind,
                &mut found,
            );
            line = line.max(leaf.lines.end);
        }
        while line < starts.len() {
            self.scan(
                &text[..offset(line + 1)],
                offset(line),
                &LeafKind::Prose,
                &mut found,
            );
            line += 1;
        }
        found
    }

    /// Looks through one unit: `text` from `start` to its end.
    fn scan(&self, text: &str, start: usize, kind: &LeafKind, found: &mut Vec<Found>) {
        let own = &text[start.min(text.len())..];
        if !own.contains(['<', '{', '$', '[']) {
            return;
        }
        let code_block = matches!(kind, LeafKind::Code(_));
        let code = if *kind == LeafKind::Prose {
            inline_code(own, start)
        } else {
            Vec::new()
        };
        let templates = if !own.contains("{{") {
            Vec::new()
        } else if code_block {
            vec![candidates::is_template(own)]
        } else {
            code.iter()
                .map(|range| candidates::is_template(&text[range.clone()]))
                .collect()
        };
        let unit = Unit {
            text,
            start,
            kind,
            code,
            templates,
            template_depth: Cell::new(0),
            closed: candidates::closed_names(own),
            assigned: if code_block && own.contains('$') {
                candidates::assigned_names(own)
            } else {
                HashSet::new()
            },
            labels: self.labels,
            convert: self.convert,
        };
        let bytes = text.as_bytes();
        let mut at = start;
        let mut comments = true;
        while at < bytes.len() {
            at = match bytes[at] {
                b'\\' if unit.code_around(at).is_none() && unit.byte(at + 1) == b'<' => {
                    candidates::angle(&unit, at + 1, found)
                }
                b'\\' if matches!(unit.byte(at + 1), b'[' | b'$' | b'{' | b'\\') => at + 2,
                b'<' if comments && text[at..].starts_with("<!--") && unit.code_around(at).is_none() => {
                    // Nobody reads or copies a comment.
                    text[at..].find("-->").map_or_else(
                        || {
                            comments = false;
                            at + 4
                        },
                        |length| at + length + 3,
                    )
                }
                b'<' => candidates::angle(&unit, at, found),
                b'{' if unit.byte(at + 1) == b'{' => candidates::braces(&unit, at, found),
                b'$' => candidates::dollar(&unit, at, found),
                b'[' => candidates::bracket(&unit, at, found),
                _ => at + 1,
            };
        }
    }
}

/// Whether a placeholder after this text would be literal: an odd number of backslashes ends it.
fn is_escaped(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// The inside of each piece of inline code (`CommonMark` 0.31, section 6.1), in bytes of the whole text.
fn inline_code(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(offset) = bytes[at..].iter().position(|byte| *byte == b'`') {
        at += offset;
        let length = bytes[at..].iter().take_while(|byte| **byte == b'`').count();
        runs.push((at, length));
        at += length;
    }
    // The runs of each length, so that a closer is found without a search.
    let mut by_length: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, (_, length)) in runs.iter().enumerate() {
        by_length.entry(*length).or_default().push(index);
    }
    let mut spans = Vec::new();
    let mut index = 0;
    while let Some((at, length)) = runs.get(index).copied() {
        let escaped = at > 0 && bytes[at - 1] == b'\\';
        let same = &by_length[&length];
        let closer = same
            .get(same.partition_point(|candidate| *candidate <= index))
            .copied();
        match closer {
            Some(closer) if !escaped => {
                spans.push(start + at + length..start + runs[closer].0);
                index = closer + 1;
            }
            _ => index += 1,
        }
    }
    spans
}

/// Swaps every `[VAR:name]` for private-use characters, which no Markdown rule looks at.
pub(super) fn mask(text: &str) -> (String, Vec<String>) {
    let mut masked = String::with_capacity(text.len());
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("[VAR:") {
        let escaped = is_escaped(&rest[..at]);
        masked.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(length) = candidates::existing(rest).filter(|_| !escaped) {
            masked.push('\u{e000}');
            masked.push_str(&names.len().to_string());
            masked.push('\u{e001}');
            names.push(rest[..length].to_owned());
            rest = &rest[length..];
        } else {
            masked.push_str("[VAR:");
            rest = &rest[5..];
        }
    }
    masked.push_str(rest);
    (masked, names)
}

/// Undoes [`mask`] in a part of its result.
pub(super) fn unmask(text: &str, names: &[String]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{e000}') {
        result.push_str(before);
        let Some((number, after)) = after.split_once('\u{e001}') else {
            rest = "";
            break;
        };
        if let Some(name) = number.parse().ok().and_then(|number: usize| names.get(number)) {
            result.push_str(name);
        }
        rest = after;
    }
    result.push_str(rest);
    result
}
