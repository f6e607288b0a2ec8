//! A document as plain text: for commands that are copied, titles in lists, and tickets.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use comrak::arena_tree::NodeEdge;
use comrak::nodes::{AstNode, ListType, NodeValue};

use super::raw_html;
use super::swap::{Marks, Spot, Swapped, Variable, is_ours};
use super::{Unset, Values, verify};
use crate::filter::apply_all;

/// What is not literal, or begins or ends something there.
#[derive(Clone, Copy, Debug)]
enum Piece {
    Hole(u32),
    /// Code inside a line begins or ends.
    Code,
    /// A block of code begins or ends.
    Block,
    /// What stands in the box of the next task; whether the author ticked it.
    Task(bool),
}

/// A text without markup, ready for values.
#[derive(Debug)]
pub struct PlainTemplate {
    literals: String,
    /// With their places in the literals.
    pieces: Vec<(u32, Piece)>,
    variables: Arc<[Variable]>,
}

/// A text with its values, and what in it is to stay as it is where its lines are broken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlainText {
    /// The text.
    pub text: String,
    /// Blocks of code, each from its first character to its last.
    pub blocks: Vec<Range<usize>>,
    /// Values and code inside lines.
    pub kept: Vec<Range<usize>>,
}

impl PlainTemplate {
    /// Appends the text with its values, as they are.
    pub fn text(&self, values: &impl Values, unset: Unset, out: &mut String) {
        let mut at = 0;
        for (place, piece) in &self.pieces {
            out.push_str(&self.literals[at..*place as usize]);
            at = *place as usize;
            match piece {
                Piece::Hole(index) => self.hole(*index, values, unset, out),
                Piece::Task(is_done) => out.push(if *is_done { 'x' } else { ' ' }),
                Piece::Code | Piece::Block => {}
            }
        }
        out.push_str(&self.literals[at..]);
    }

    /// The text with its values and the ticks of its tasks, by their numbers from 0.
    pub fn ticked(&self, values: &impl Values, unset: Unset, ticked: &BTreeSet<u16>) -> PlainText {
        let mut plain = PlainText::default();
        let (mut code, mut block) = (None, None);
        let mut tasks = 0_u16;
        let mut at = 0;
        for (place, piece) in &self.pieces {
            plain.text.push_str(&self.literals[at..*place as usize]);
            at = *place as usize;
            let here = plain.text.len();
            let toggle = |start: &mut Option<usize>, ranges: &mut Vec<Range<usize>>| match start.take() {
                Some(start) => ranges.push(start..here),
                None => *start = Some(here),
            };
            match piece {
                Piece::Hole(index) => {
                    self.hole(*index, values, unset, &mut plain.text);
                    if code.is_none() && block.is_none() {
                        plain.kept.push(here..plain.text.len());
                    }
                }
                Piece::Task(is_done) => {
                    let is_ticked = *is_done || ticked.contains(&tasks);
                    plain.text.push(if is_ticked { 'x' } else { ' ' });
                    tasks = tasks.saturating_add(1);
                }
                Piece::Code => toggle(&mut code, &mut plain.kept),
                Piece::Block => toggle(&mut block, &mut plain.blocks),
            }
        }
        plain.text.push_str(&self.literals[at..]);
        plain
    }

    fn hole(&self, index: u32, values: &impl Values, unset: Unset, out: &mut String) {
        let variable = &self.variables[index as usize];
        match values.value(&variable.key) {
            Some(value) => out.push_str(&apply_all(&variable.filters, value)),
            None if unset == Unset::Placeholder => out.push_str(&variable.source),
            None => {}
        }
    }

    /// The variables in it, in order.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.pieces.iter().filter_map(|(_, piece)| match piece {
            Piece::Hole(index) => Some(&self.variables[*index as usize]),
            _ => None,
        })
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.literals.len() + self.pieces.len() * size_of::<(u32, Piece)>()
    }

    #[cfg(test)]
    pub(super) fn literals(&self) -> &str {
        &self.literals
    }
}

/// Cuts plain text at the characters of the swap.
pub(super) fn cut(text: &str, swapped: &Swapped) -> PlainTemplate {
    let marks = swapped.marks;
    let mut literals = String::with_capacity(text.len());
    let mut pieces = Vec::new();
    for character in text.chars() {
        let piece = match swapped.spot(character) {
            Some(Spot::Variable(index)) => Piece::Hole(*index),
            Some(Spot::Literal(literal)) => {
                literals.push_str(literal);
                continue;
            }
            None if character == marks.target => Piece::Code,
            None if character == marks.command => Piece::Block,
            None if character == marks.task_open => Piece::Task(false),
            None if character == marks.task_done => Piece::Task(true),
            None if is_ours(character) => continue,
            None => {
                literals.push(character);
                continue;
            }
        };
        pieces.push((u32::try_from(literals.len()).expect("a text is bounded"), piece));
    }
    literals.shrink_to_fit();
    PlainTemplate {
        literals,
        pieces,
        variables: Arc::clone(&swapped.variables),
    }
}

/// Writes a document as plain text: blocks apart, lists with their markers, code as it is. Marks stand around code, and for
/// what stands in the boxes of tasks.
pub(super) fn write<'a>(root: &'a AstNode<'a>, marks: Marks) -> String {
    let mut writer = Writer {
        marks,
        out: String::new(),
        indent: String::new(),
        lists: Vec::new(),
        pending: String::new(),
        columns: Vec::new(),
        heads: None,
        column: 0,
        cell_start: 0,
    };
    for edge in root.traverse() {
        match edge {
            NodeEdge::Start(node) => writer.start(node),
            NodeEdge::End(node) => writer.end(node),
        }
    }
    let end = writer.out.trim_end().len();
    writer.out.truncate(end);
    writer.out
}

struct Writer {
    marks: Marks,
    out: String,
    /// What stands before each line of the open containers.
    indent: String,
    /// For each open list the number of its next item; nothing for bullets.
    lists: Vec<Option<usize>>,
    /// The marker of an item that has no text yet.
    pending: String,
    /// The heads of the columns of the open table.
    columns: Vec<String>,
    /// While these are read: where they began, and the marker that stood before.
    heads: Option<(usize, String)>,
    /// The number of the next cell in its row.
    column: usize,
    /// Where the text of the open cell begins.
    cell_start: usize,
}

impl Writer {
    fn start<'a>(&mut self, node: &'a AstNode<'a>) {
        match &node.data().value {
            NodeValue::Text(text) => {
                if verify::begins(node) {
                    let mark = self.marks.task_open;
                    self.write(&format!("[{mark}] "));
                }
                self.write(text);
            }
            NodeValue::Code(code) => {
                let mark = self.marks.target;
                self.write(&format!("{mark}{}{mark}", code.literal));
            }
            // A line that is only broken in the source goes on, but for the ones that a checker reads.
            NodeValue::SoftBreak if !verify::is_before_check(node) => self.write(" "),
            NodeValue::SoftBreak | NodeValue::LineBreak => self.write("\n"),
            NodeValue::CodeBlock(block) => {
                let mark = self.marks.command;
                self.block(&format!("{mark}{}{mark}", block.literal.trim_end_matches('\n')));
            }
            NodeValue::HtmlBlock(block) => {
                let mut text = String::new();
                raw_html::text_of(&block.literal, &mut text);
                if !text.trim().is_empty() {
                    self.block(text.trim());
                }
            }
            NodeValue::HtmlInline(literal) => {
                let mut text = String::new();
                raw_html::text_of(literal, &mut text);
                self.write(&text);
            }
            NodeValue::FootnoteReference(reference) => {
                let mark = format!("[{}]", reference.ix);
                self.write(&mark);
            }
            NodeValue::FootnoteDefinition(definition) => {
                self.pending = format!("[{}] ", definition.name);
            }
            NodeValue::List(list) => {
                self.lists
                    .push((list.list_type == ListType::Ordered).then_some(list.start));
            }
            NodeValue::Item(_) => self.item(""),
            NodeValue::TaskItem(task) => {
                let mark = match task.symbol {
                    Some(_) => self.marks.task_done,
                    None => self.marks.task_open,
                };
                self.item(&format!("[{mark}] "));
            }
            NodeValue::BlockQuote => self.indent.push_str("> "),
            NodeValue::Table(_) => self.columns.clear(),
            NodeValue::TableRow(is_head) => {
                self.column = 0;
                if *is_head {
                    self.heads = Some((self.out.len(), self.pending.clone()));
                }
            }
            NodeValue::TableCell => self.cell(),
            NodeValue::ThematicBreak => self.block("---"),
            _ => {}
        }
    }

    fn end<'a>(&mut self, node: &'a AstNode<'a>) {
        match &node.data().value {
            NodeValue::Paragraph => {
                let is_tight =
                    node.parent()
                        .and_then(AstNode::parent)
                        .is_some_and(|list| match &list.data().value {
                            NodeValue::List(list) => list.tight,
                            _ => false,
                        });
                self.end_line(!is_tight);
            }
            NodeValue::Heading(_) | NodeValue::Table(_) => self.end_line(true),
            NodeValue::TableCell if self.heads.is_some() => {
                self.columns.push(self.out[self.cell_start..].to_owned());
            }
            NodeValue::TableRow(_) => {
                match self.heads.take() {
                    // The heads stand before each cell, where there are any.
                    Some((start, pending)) if node.next_sibling().is_some() => {
                        self.out.truncate(start);
                        self.pending = pending;
                    }
                    _ => self.end_line(false),
                }
            }
            NodeValue::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.end_line(true);
                }
            }
            NodeValue::Item(_) | NodeValue::TaskItem(_) => {
                self.flush_marker();
                self.indent.truncate(self.indent.len().saturating_sub(2));
            }
            NodeValue::BlockQuote => {
                self.indent.truncate(self.indent.len().saturating_sub(2));
                self.end_line(true);
            }
            NodeValue::Link(link) => {
                if let Some(address) = shown_address(node, &link.url) {
                    let shown = format!(" <{address}>");
                    self.write(&shown);
                }
            }
            _ => {}
        }
    }

    /// Columns mean nothing where letters are not all of one width: each cell says of which it is.
    fn cell(&mut self) {
        if self.column > 0 {
            self.write("; ");
        }
        if self.heads.is_some() {
            self.write("");
        } else if let Some(head) = self.head() {
            let head = format!("{head}: ");
            self.write(&head);
        }
        self.cell_start = self.out.len();
        self.column += 1;
    }

    /// The head of the column, if it has one.
    fn head(&self) -> Option<&str> {
        let head = self.columns.get(self.column).map(|head| head.trim());
        head.filter(|head| !head.is_empty())
    }

    fn item(&mut self, task: &str) {
        self.flush_marker();
        self.pending.clear();
        match self.lists.last_mut() {
            Some(Some(number)) => {
                let _ = write!(self.pending, "{number}. ");
                *number += 1;
            }
            _ => self.pending.push_str("- "),
        }
        self.pending.push_str(task);
        self.indent.push_str("  ");
    }

    fn flush_marker(&mut self) {
        if !self.pending.is_empty() {
            self.write("");
            self.end_line(false);
        }
    }

    /// Writes text into the line, and before each line what stands before it.
    fn write(&mut self, text: &str) {
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.out.push('\n');
            }
            if self.out.is_empty() || self.out.ends_with('\n') {
                let marker = std::mem::take(&mut self.pending);
                let own = if marker.is_empty() {
                    0
                } else {
                    2.min(self.indent.len())
                };
                self.out.push_str(&self.indent[..self.indent.len() - own]);
                self.out.push_str(&marker);
            }
            self.out.push_str(line);
        }
    }

    fn block(&mut self, text: &str) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.write(text);
        self.end_line(true);
    }

    fn end_line(&mut self, is_apart: bool) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        if is_apart && !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }
}

/// The address of a link, where its text does not say it already.
fn shown_address<'a>(node: &'a AstNode<'a>, address: &str) -> Option<String> {
    let is_web = address.starts_with("http://") || address.starts_with("https://");
    let is_own_text = node.first_child().is_some_and(|child| match &child.data().value {
        NodeValue::Text(text) => address.ends_with(text.as_ref()),
        _ => false,
    });
    (is_web && !is_own_text).then(|| address.to_owned())
}
