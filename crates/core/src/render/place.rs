//! Where in the source of a text its holes stand, and which fences and backticks hold them.

use std::collections::HashSet;
use std::ops::Range;

use comrak::arena_tree::NodeEdge;
use comrak::nodes::{AstNode, NodeCode, NodeCodeBlock, NodeValue};

use super::escape::Around;
use super::link::{self, Target};
use super::swap::{Spot, Swapped, is_ours};

/// What stands around a hole in Markdown.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// Text; `is_followed` by another hole.
    Prose {
        around: Around,
        is_followed: bool,
    },
    Title {
        in_table: bool,
    },
    Code {
        in_table: bool,
    },
    /// A block of code, whose further lines begin with `prefix`.
    Block {
        prefix: Box<str>,
    },
    Html,
    /// An address; `is_first` of its holes, and at its very beginning.
    Target {
        target: u32,
        is_first: bool,
        is_opening: bool,
    },
    /// Somewhere that no reader sees.
    Unknown,
}

/// One change to the source.
#[derive(Debug)]
pub(super) struct Edit {
    /// What of the source is taken out.
    pub range: Range<usize>,
    pub kind: Kind,
}

/// What is put in its place.
#[derive(Debug)]
pub(super) enum Kind {
    Hole {
        spot: usize,
        place: Place,
    },
    SpanStart {
        ticks: usize,
        padded: bool,
        fixed: bool,
    },
    SpanEnd,
    Fence {
        character: char,
        length: usize,
    },
    FenceEnd,
    Guard {
        spot: usize,
        is_before: bool,
    },
    Insert(&'static str),
    /// Put in only inside a larger document.
    Nested(&'static str),
    /// A box for the task of that number, from 0, which the source does not have.
    Box {
        task: usize,
    },
    /// The symbol in the box of the task of that number, from 0.
    Tick {
        task: usize,
        symbol: char,
    },
}

/// Finds the places of all holes, as edits in the order of the source, and the addresses with holes in them.
pub(super) fn find<'a>(root: &'a AstNode<'a>, swapped: &Swapped) -> (Vec<Edit>, Vec<Target>) {
    if swapped.spots.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut finder = Finder {
        swapped,
        places: vec![Place::Unknown; swapped.spots.len()],
        edits: Vec::new(),
        targets: Vec::new(),
        line_starts: std::iter::once(0)
            .chain(swapped.text.match_indices('\n').map(|(at, _)| at + 1))
            .collect(),
        inserted: HashSet::new(),
        cells: 0,
    };
    for edge in root.traverse() {
        match edge {
            NodeEdge::Start(node) => finder.node(&node.data().value),
            NodeEdge::End(node) => {
                if matches!(node.data().value, NodeValue::TableCell) {
                    finder.cells -= 1;
                }
            }
        }
    }
    for spot in 0..swapped.spots.len() {
        if let Place::Prose { around, .. } = &finder.places[spot] {
            let in_table = around.in_table;
            finder.prose(spot, in_table);
        }
    }
    for (spot, place) in finder.places.into_iter().enumerate() {
        let at = swapped.spots[spot].1;
        finder.edits.push(Edit {
            range: at..at + HOLE,
            kind: Kind::Hole { spot, place },
        });
    }
    let rank = |kind: &Kind| match kind {
        Kind::SpanEnd | Kind::FenceEnd => 0,
        Kind::Guard { .. } => 1,
        Kind::Insert(_) | Kind::Fence { .. } | Kind::SpanStart { .. } => 2,
        Kind::Hole { .. } | Kind::Nested(_) | Kind::Tick { .. } | Kind::Box { .. } => 3,
    };
    finder
        .edits
        .sort_by_key(|edit| (edit.range.start, rank(&edit.kind)));
    (finder.edits, finder.targets)
}

/// How many bytes a character of the swap takes.
const HOLE: usize = 4;
/// How far back a `<` or `&` is looked for.
const LOOK_BACK: usize = 1_000;

struct Finder<'s> {
    swapped: &'s Swapped,
    places: Vec<Place>,
    edits: Vec<Edit>,
    targets: Vec<Target>,
    line_starts: Vec<usize>,
    /// Where something was put in already.
    inserted: HashSet<usize>,
    /// Whether a table cell is open.
    cells: usize,
}

impl Finder<'_> {
    fn node(&mut self, value: &NodeValue) {
        let in_table = self.cells > 0;
        match value {
            NodeValue::TableCell => self.cells += 1,
            NodeValue::Text(text) => {
                let around = Around {
                    in_table,
                    ..Around::default()
                };
                self.set(
                    text,
                    &Place::Prose {
                        around,
                        is_followed: false,
                    },
                );
            }
            NodeValue::Code(code) => self.code(code, in_table),
            NodeValue::CodeBlock(block) => self.block(block),
            NodeValue::Link(link) | NodeValue::Image(link) => {
                self.target(&link.url);
                self.set(&link.title, &Place::Title { in_table });
            }
            NodeValue::HtmlInline(literal) => self.html(literal),
            NodeValue::HtmlBlock(block) => self.html(&block.literal),
            _ => {}
        }
    }

    fn spots(&self, literal: &str) -> Vec<usize> {
        if literal.is_ascii() {
            return Vec::new();
        }
        literal
            .chars()
            .filter_map(|character| self.swapped.index(character))
            .collect()
    }

    /// Sets the place of every hole in a literal that has none yet.
    fn set(&mut self, literal: &str, place: &Place) {
        for spot in self.spots(literal) {
            if matches!(self.places[spot], Place::Unknown) {
                self.places[spot] = place.clone();
            }
        }
    }

    fn target(&mut self, address: &str) {
        let spots = self.spots(address);
        if spots.is_empty()
            || spots
                .iter()
                .any(|spot| !matches!(self.places[*spot], Place::Unknown))
        {
            return;
        }
        let number = u32::try_from(self.targets.len()).expect("targets are bounded by the text");
        self.targets.push(Target::new(address, self.swapped));
        let mut is_first = true;
        for spot in spots {
            let is_variable = matches!(self.swapped.spots[spot].2, Spot::Variable(_));
            let is_opening = address.starts_with(self.swapped.spots[spot].0);
            self.places[spot] = Place::Target {
                target: number,
                is_first: is_first && is_variable,
                is_opening,
            };
            is_first &= !is_variable;
        }
    }

    /// Finds the backticks around a code span: it has none of its own length in it, so counting is enough.
    fn code(&mut self, code: &NodeCode, in_table: bool) {
        let spots = self.spots(&code.literal);
        let (Some(first), Some(last)) = (spots.first(), spots.last()) else {
            return;
        };
        let text = self.swapped.text.as_bytes();
        let (first, last) = (&self.swapped.spots[*first], &self.swapped.spots[*last]);
        let count = |text: &str| text.bytes().filter(|byte| *byte == b'`').count();
        let Some((before, _)) = code.literal.split_once(first.0) else {
            return;
        };
        let Some((_, after)) = code.literal.rsplit_once(last.0) else {
            return;
        };
        let ticks = code.num_backticks;
        let is_tick = |at: &usize| text[*at] == b'`';
        // Back over the backticks of the content, to the last of the opening ones; forward in the same way.
        let Some(open) = (0..first.1).rev().filter(is_tick).nth(count(before)) else {
            return;
        };
        let Some(close) = (last.1..text.len()).filter(is_tick).nth(count(after)) else {
            return;
        };
        let (start, end) = ((open + 1).saturating_sub(ticks), close + ticks);
        if end > text.len()
            || text[start..=open]
                .iter()
                .chain(&text[close..end])
                .any(|byte| *byte != b'`')
        {
            return;
        }
        let content = &text[open + 1..close];
        let padded = content.first() == Some(&b' ') && content.last() == Some(&b' ');
        let is_space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\n'));
        // A line break that pads stays where it is.
        let fixed = !padded && is_space(content.first()) && is_space(content.last());
        let pad = usize::from(padded);
        self.edits.push(Edit {
            range: start..open + 1 + pad,
            kind: Kind::SpanStart { ticks, padded, fixed },
        });
        self.edits.push(Edit {
            range: close - pad..end,
            kind: Kind::SpanEnd,
        });
        for spot in spots {
            self.places[spot] = Place::Code { in_table };
        }
    }

    fn line(&self, number: usize) -> Range<usize> {
        let start = self.line_starts[number];
        let end = self
            .line_starts
            .get(number + 1)
            .map_or(self.swapped.text.len(), |next| next - 1);
        start..end
    }

    fn line_of(&self, spot: usize) -> usize {
        self.line_starts
            .partition_point(|start| *start <= self.swapped.spots[spot].1)
            - 1
    }

    /// A block of code has one line for each line of the source, so its fences are found by counting.
    fn block(&mut self, block: &NodeCodeBlock) {
        let spots = self.spots(&block.literal);
        let (Some(first), Some(last)) = (spots.first(), spots.last()) else {
            return;
        };
        let text = &self.swapped.text;
        if !block.fenced {
            self.indented(&block.literal);
            return;
        }
        let character = char::from(block.fence_char);
        let count = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
        let position = |spot: usize| {
            block
                .literal
                .find(self.swapped.spots[spot].0)
                .expect("the spot is from here")
        };
        let above = count(&block.literal[..position(*first)]) + 1;
        let below = count(&block.literal[position(*last)..]);
        let Some(open_line) = self
            .line_of(*first)
            .checked_sub(above)
            .map(|line| self.line(line))
        else {
            return;
        };
        let fence = character.to_string().repeat(block.fence_length);
        let Some(open) = text[open_line.clone()]
            .find(&fence)
            .map(|at| open_line.start + at)
        else {
            return;
        };
        let prefix = continuation(&text[open_line.start..open]);
        let close_line = self.line_of(*last) + below;
        if block.closed && close_line < self.line_starts.len() {
            let line = self.line(close_line);
            let Some(close) = text[line.clone()].find(&fence).map(|at| line.start + at) else {
                return;
            };
            self.edits.push(Edit {
                range: close..close,
                kind: Kind::FenceEnd,
            });
        }
        let length = block.fence_length;
        self.edits.push(Edit {
            range: open..open,
            kind: Kind::Fence { character, length },
        });
        for spot in spots {
            self.places[spot] = Place::Block {
                prefix: prefix.clone(),
            };
        }
    }

    /// What stands before a line of indented code is what stands before its further lines.
    fn indented(&mut self, literal: &str) {
        let mut line_start = 0;
        for (at, character) in literal.char_indices() {
            if character == '\n' {
                line_start = at + 1;
            } else if let Some(spot) = self.swapped.index(character) {
                let line = self.line(self.line_of(spot));
                let end = self.swapped.spots[spot]
                    .1
                    .saturating_sub(at - line_start)
                    .max(line.start);
                let prefix = continuation(self.swapped.text.get(line.start..end).unwrap_or("    "));
                self.places[spot] = Place::Block { prefix };
            }
        }
    }

    /// Holes in raw HTML: in text and titles they are text, in addresses parts of those, elsewhere unseen.
    fn html(&mut self, literal: &str) {
        if self.spots(literal).is_empty() {
            return;
        }
        let mut rest = literal;
        while let Some(at) = rest.find('<') {
            self.set(&rest[..at], &Place::Html);
            let tag_end = rest[at..].find('>').map_or(rest.len(), |length| at + length + 1);
            let tag = &rest[at..tag_end];
            rest = &rest[tag_end..];
            let mut parts = tag.split('"');
            while let (Some(before), Some(value)) = (parts.next(), parts.next()) {
                let name = before.trim_end().strip_suffix('=').unwrap_or("").trim_end();
                let is = |wanted: &str| {
                    name.len() > wanted.len() && name.to_ascii_lowercase().ends_with(&format!(" {wanted}"))
                };
                if is("title") || is("alt") {
                    self.set(value, &Place::Html);
                } else if is("href") || is("src") {
                    self.target(&link::decode_entities(value));
                }
            }
        }
        self.set(rest, &Place::Html);
    }

    /// Looks around a hole in prose, and keeps what stands there from becoming markup with some value.
    fn prose(&mut self, spot: usize, in_table: bool) {
        let text = &self.swapped.text;
        let at = self.swapped.spots[spot].1;
        let line = self.line(self.line_of(spot));
        let start = line.start.max(self.swapped.prefix);
        let (left, right) = (&text[start..at], &text[at + HOLE..line.end]);
        let around = Around {
            before: left.chars().next_back(),
            after: right.chars().next(),
            at_start: left.len() < 200
                && left.bytes().all(|b| {
                    matches!(
                        b,
                        b' ' | b'\t' | b'>' | b'-' | b'*' | b'+' | b'.' | b')' | b'0'..=b'9'
                    )
                }),
            in_table,
        };
        let is_followed = around.after.is_some_and(is_ours);
        self.places[spot] = Place::Prose { around, is_followed };
        let is_run = |c: char| matches!(c, '*' | '_' | '~');
        let outside = left.trim_end_matches(is_run);
        if outside.len() < left.len() && outside.ends_with(char::is_alphanumeric) {
            let at = start + outside.len();
            self.edits.push(Edit {
                range: at..at,
                kind: Kind::Guard {
                    spot,
                    is_before: true,
                },
            });
        }
        let outside = right.trim_start_matches(is_run);
        if outside.len() < right.len() && outside.starts_with(char::is_alphanumeric) {
            let at = line.end - outside.len();
            self.edits.push(Edit {
                range: at..at,
                kind: Kind::Guard {
                    spot,
                    is_before: false,
                },
            });
        }
        // A `<` or `&` before a hole begins nothing, or the hole would be part of it; with a value it might.
        let bytes = text.as_bytes();
        let mut word = true;
        for place in (start.max(at.saturating_sub(LOOK_BACK))..at).rev() {
            let is_escaped = place > start && bytes[place - 1] == b'\\';
            match bytes[place] {
                b'>' | b'`' => break,
                b'<' | b'&' if (word || bytes[place] == b'<') && !is_escaped => {
                    if self.inserted.insert(place) {
                        self.edits.push(Edit {
                            range: place..place,
                            kind: Kind::Insert("\\"),
                        });
                    }
                    break;
                }
                byte => word &= byte.is_ascii_alphanumeric() || byte == b'#',
            }
        }
    }
}

/// How the lines after one with that beginning begin: markers become blanks.
fn continuation(beginning: &str) -> Box<str> {
    let mut prefix: String = beginning
        .chars()
        .map(|c| if matches!(c, '>' | '\t') { c } else { ' ' })
        .collect();
    if prefix.ends_with('>') {
        // It takes one blank with it.
        prefix.push(' ');
    }
    prefix.into()
}
