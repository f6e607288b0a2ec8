//! A text as Markdown for exports: the author's source, with values escaped for where they stand.
//!
//! What stands where comes from the tree of the same swapped text. Fences and backticks grow when a value needs
//! it; everything else of the source stays as it was written.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::escape::Around;
use super::link::{self, Target};
use super::nested;
use super::place::{self, Kind, Place};
use super::swap::{Spot, Swapped, Variable};
use super::{Unset, Values, escape};
use crate::filter::{RESERVED, apply_all};
use comrak::nodes::AstNode;
use percent_encoding::utf8_percent_encode;

#[derive(Clone, Debug)]
enum What {
    Variable(u32),
    Literal(Box<str>),
}

#[derive(Clone, Debug)]
enum Piece {
    /// Source up to that byte of the literals.
    Source(u32),
    Hole(What, Place),
    /// A code span begins, with as many backticks; its end is that piece.
    Span {
        ticks: u32,
        padded: bool,
        fixed: bool,
        end: u32,
    },
    SpanEnd,
    /// A fence of that character begins or ends.
    Fence {
        character: char,
        length: u32,
    },
    FenceEnd,
    /// Keeps emphasis apart from the word beside it, where the value of that variable is not a word there.
    Guard {
        variable: u32,
        is_before: bool,
    },
    /// Stands only inside a larger document.
    Nested(&'static str),
    /// The symbol in the box of a task.
    Tick {
        task: u16,
        symbol: char,
    },
    /// A task without a box in the source; inside a larger document it has one.
    Box(u16),
}

/// A text as Markdown, ready for values.
#[derive(Debug)]
pub struct MarkdownTemplate {
    literals: String,
    pieces: Vec<Piece>,
    targets: Vec<Target>,
    variables: Arc<[Variable]>,
}

/// A fence that stands open while its block is written.
struct OpenFence {
    /// Where more of it can be put in.
    at: usize,
    character: char,
    length: u32,
}

impl MarkdownTemplate {
    /// Appends the text with its values.
    pub fn markdown(&self, values: &impl Values, unset: Unset, out: &mut String) {
        let mut fence = None;
        self.write(0..self.pieces.len(), values, unset, None, &mut fence, out);
        close_fence(&mut fence, out);
    }

    /// Appends the text with its values as a part of a larger document, below a heading of the third level: its
    /// headings stand below that one, the ticked tasks (numbered from 0) are ticked.
    pub fn nested(&self, values: &impl Values, unset: Unset, ticked: &BTreeSet<u16>, out: &mut String) {
        let mut fence = None;
        self.write(0..self.pieces.len(), values, unset, Some(ticked), &mut fence, out);
        close_fence(&mut fence, out);
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.literals.len()
            + self.pieces.len() * size_of::<Piece>()
            + self.targets.iter().map(Target::bytes).sum::<usize>()
    }

    fn write(
        &self,
        pieces: Range<usize>,
        values: &impl Values,
        unset: Unset,
        ticked: Option<&BTreeSet<u16>>,
        fence: &mut Option<OpenFence>,
        out: &mut String,
    ) {
        let mut at = self.start_of(pieces.start);
        let mut number = pieces.start;
        while number < pieces.end {
            match &self.pieces[number] {
                Piece::Source(end) => {
                    out.push_str(&self.literals[at..*end as usize]);
                    at = *end as usize;
                }
                Piece::Hole(what, place) => self.hole(what, place, values, unset, out),
                Piece::Span {
                    ticks,
                    padded,
                    fixed,
                    end,
                } => {
                    let mut content = String::new();
                    let inside = number + 1..*end as usize;
                    self.write(inside, values, unset, ticked, &mut None, &mut content);
                    if self.has_escaped_pipe(number, *end as usize, values, unset) {
                        // In a table no code span can hold a backslash before a pipe.
                        let around = Around {
                            in_table: true,
                            ..Around::default()
                        };
                        out.push_str("<code>");
                        escape::prose(&content.replace("\\|", "|"), around, out);
                        out.push_str("</code>");
                    } else {
                        write_span(&content, *ticks as usize, *padded, *fixed, out);
                    }
                    number = *end as usize;
                    at = self.start_of(number);
                }
                Piece::Fence { character, length } => {
                    close_fence(fence, out);
                    *fence = Some(OpenFence {
                        at: out.len(),
                        character: *character,
                        length: *length,
                    });
                }
                Piece::FenceEnd => {
                    if let Some((character, more)) = close_fence(fence, out) {
                        out.extend(std::iter::repeat_n(character, more));
                    }
                }
                Piece::Guard { variable, is_before } => {
                    let variable = &self.variables[*variable as usize];
                    let value = Self::shown(variable, values, unset);
                    let edge = if *is_before {
                        value.chars().next()
                    } else {
                        value.chars().next_back()
                    };
                    if !edge.is_some_and(char::is_alphanumeric) {
                        out.push_str("<!-- -->");
                    }
                }
                Piece::Nested(text) => out.push_str(if ticked.is_some() { text } else { "" }),
                Piece::Box(task) => {
                    if let Some(ticked) = ticked {
                        out.push_str(if ticked.contains(task) { "[x] " } else { "[ ] " });
                    }
                }
                Piece::Tick { task, symbol } => {
                    let is_ticked = ticked.is_some_and(|ticked| ticked.contains(task));
                    out.push(if is_ticked { 'x' } else { *symbol });
                }
                Piece::SpanEnd => {}
            }
            number += 1;
        }
    }

    /// Whether a value in a code span of a table has a backslash before a pipe.
    fn has_escaped_pipe(&self, from: usize, to: usize, values: &impl Values, unset: Unset) -> bool {
        self.pieces[from..to].iter().any(|piece| match piece {
            Piece::Hole(What::Variable(index), Place::Code { in_table: true }) => {
                Self::shown(&self.variables[*index as usize], values, unset).contains("\\|")
            }
            _ => false,
        })
    }

    /// Where in the literals the source of that piece begins.
    fn start_of(&self, piece: usize) -> usize {
        // Source stands between any two other pieces.
        self.pieces[..piece]
            .iter()
            .rev()
            .find_map(|piece| match piece {
                Piece::Source(end) => Some(*end as usize),
                _ => None,
            })
            .unwrap_or(0)
    }

    fn shown<'v>(variable: &'v Variable, values: &'v impl Values, unset: Unset) -> std::borrow::Cow<'v, str> {
        match values.value(&variable.key) {
            Some(value) => apply_all(&variable.filters, value),
            None if unset == Unset::Placeholder => variable.source.as_str().into(),
            None => "".into(),
        }
    }

    fn hole(&self, what: &What, place: &Place, values: &impl Values, unset: Unset, out: &mut String) {
        let (variable, text, is_value) = match what {
            What::Literal(literal) => (None, std::borrow::Cow::Borrowed(&**literal), false),
            What::Variable(index) => {
                let variable = &self.variables[*index as usize];
                let is_value = unset == Unset::Blank || values.value(&variable.key).is_some();
                (Some(variable), Self::shown(variable, values, unset), is_value)
            }
        };
        match place {
            Place::Prose { around, .. } if is_value => escape::prose(&text, *around, out),
            Place::Prose { around, is_followed } => escape::placeholder(&text, *around, *is_followed, out),
            Place::Title { in_table } => escape::title(&text, *in_table, out),
            Place::Code { in_table } => escape::inline_code(&text, *in_table, out),
            Place::Block { prefix } => escape::code_block(&text, prefix, out),
            Place::Html => escape::raw_html(&text, out),
            Place::Target {
                target,
                is_first,
                is_opening,
            } => {
                let target = &self.targets[*target as usize];
                if *is_first && !target.is_fixed() {
                    if target.resolve(&self.variables, values).is_none() {
                        // Not an address that we allow: a fragment leads nowhere.
                        out.push('#');
                    } else if *is_opening && let Some(address) = link::opening(&text) {
                        out.push_str(&address.replace('&', "&amp;"));
                        return;
                    }
                }
                match variable {
                    Some(variable) if is_value => {
                        let value = values.value(&variable.key).unwrap_or("");
                        out.push_str(&link::inside(variable, value));
                    }
                    _ => out.extend(utf8_percent_encode(&text, RESERVED)),
                }
            }
            Place::Unknown => out.extend(utf8_percent_encode(&text, RESERVED)),
        }
    }
}

/// Writes a code span with as many backticks as its content needs.
fn write_span(content: &str, ticks: usize, padded: bool, fixed: bool, out: &mut String) {
    let mut runs = std::collections::BTreeSet::new();
    let mut run = 0;
    for byte in content.bytes().chain([0]) {
        if byte == b'`' {
            run += 1;
        } else if run > 0 {
            runs.insert(run);
            run = 0;
        }
    }
    let ticks = if runs.contains(&ticks) {
        (1..=runs.len() + 1)
            .find(|ticks| !runs.contains(ticks))
            .unwrap_or(ticks)
    } else {
        ticks
    };
    let is_blank = content.bytes().all(|byte| byte == b' ');
    let is_at_edge = content.starts_with('`') || content.ends_with('`');
    let is_spaced = content.starts_with(' ') && content.ends_with(' ');
    let pad = !is_blank && !fixed && (padded || is_at_edge || is_spaced);
    out.extend(std::iter::repeat_n('`', ticks));
    out.push_str(if pad || content.is_empty() { " " } else { "" });
    out.push_str(content);
    out.push_str(if pad { " " } else { "" });
    out.extend(std::iter::repeat_n('`', ticks));
}

/// Makes the open fence longer than every line that would end it, and says by how much.
fn close_fence(fence: &mut Option<OpenFence>, out: &mut String) -> Option<(char, usize)> {
    let OpenFence {
        at,
        character,
        length,
    } = fence.take()?;
    let length = length as usize;
    let longest = out[at..]
        .lines()
        .skip(1)
        .map(|line| line.trim_start_matches([' ', '\t', '>']).trim_end())
        .filter(|line| line.len() >= length && line.chars().all(|c| c == character))
        .map(str::len)
        .max()?;
    let more = longest - length + 1;
    out.insert_str(at, &character.to_string().repeat(more));
    Some((character, more))
}

/// Cuts the source at the holes, each with what stands around it in the tree.
pub(super) fn cut<'a>(root: &'a AstNode<'a>, swapped: &Swapped) -> MarkdownTemplate {
    let (found, targets) = place::find(root, swapped);
    let mut edits = nested::find(root, swapped);
    edits.extend(found);
    // Stable: what goes around a hole at the same place comes first.
    edits.sort_by_key(|edit| edit.range.start);
    let mut template = MarkdownTemplate {
        literals: String::with_capacity(swapped.text.len()),
        pieces: Vec::with_capacity(edits.len() * 2 + 1),
        targets,
        variables: Arc::clone(&swapped.variables),
    };
    let mut at = swapped.prefix;
    let mut span = None;
    for edit in edits {
        if edit.range.start < at {
            continue;
        }
        template.literals.push_str(&swapped.text[at..edit.range.start]);
        at = edit.range.end;
        if let Kind::Insert(text) = edit.kind {
            template.literals.push_str(text);
            continue;
        }
        end_source(&mut template);
        let position = u32::try_from(template.pieces.len()).expect("a text is bounded");
        let piece = match edit.kind {
            Kind::Hole { spot, place } => {
                let what = match &swapped.spots[spot].2 {
                    Spot::Variable(index) => What::Variable(*index),
                    Spot::Literal(literal) => What::Literal(literal.as_str().into()),
                };
                Piece::Hole(what, place)
            }
            Kind::SpanStart { ticks, padded, fixed } => {
                span = Some(position);
                let ticks = u32::try_from(ticks).expect("a text is bounded");
                // Until its end is found, it ends at once.
                Piece::Span {
                    ticks,
                    padded,
                    fixed,
                    end: position + 1,
                }
            }
            Kind::SpanEnd => {
                if let Some(Piece::Span { end, .. }) =
                    span.take().map(|span| &mut template.pieces[span as usize])
                {
                    *end = position;
                }
                Piece::SpanEnd
            }
            Kind::Fence { character, length } => Piece::Fence {
                character,
                length: u32::try_from(length).expect("a text is bounded"),
            },
            Kind::FenceEnd => Piece::FenceEnd,
            Kind::Guard { spot, is_before } => match swapped.spots[spot].2 {
                Spot::Variable(variable) => Piece::Guard { variable, is_before },
                Spot::Literal(_) => continue,
            },
            Kind::Nested(text) => Piece::Nested(text),
            Kind::Box { task } => Piece::Box(u16::try_from(task).unwrap_or(u16::MAX)),
            Kind::Tick { task, symbol } => Piece::Tick {
                task: u16::try_from(task).unwrap_or(u16::MAX),
                symbol,
            },
            Kind::Insert(_) => continue,
        };
        template.pieces.push(piece);
    }
    template.literals.push_str(&swapped.text[at..]);
    end_source(&mut template);
    template.literals.shrink_to_fit();
    template.pieces.shrink_to_fit();
    template
}

fn end_source(template: &mut MarkdownTemplate) {
    let end = u32::try_from(template.literals.len()).expect("a text is bounded");
    template.pieces.push(Piece::Source(end));
}
