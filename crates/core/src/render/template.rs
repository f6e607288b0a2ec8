//! HTML in pieces: what never changes, and the holes, each knowing what stands around it.

use std::sync::Arc;

use super::link::{self, Target};
use super::swap::Variable;
use super::writer::{CommandBlock, Context, Hole, Spans, Writer};
use super::{Values, escape_html};
use crate::filter::apply_all;

#[derive(Clone, Copy, Debug)]
pub(super) enum Piece {
    /// Text up to that byte of the literals.
    Literal(u32),
    Hole(u32, Context),
    /// An attribute with the address of that number, or nothing.
    Target(u32),
    /// Here a block of code begins, in the order of [`HtmlTemplate::commands`].
    CommandOpen(u32),
    CommandClose(u32),
    /// The box of the next task; whether the author ticked it.
    Task(bool),
}

/// A block of code in the markup.
#[derive(Debug)]
pub(super) struct Block {
    pub number: usize,
    pub language: String,
    /// The keys of the variables in it, each once.
    pub variables: Vec<String>,
}

/// A text as HTML, ready for values.
#[derive(Debug)]
pub struct HtmlTemplate {
    pub(super) literals: String,
    pub(super) pieces: Vec<Piece>,
    pub(super) targets: Vec<Target>,
    pub(super) commands: Vec<Block>,
    pub(super) variables: Arc<[Variable]>,
    pub(super) tasks: usize,
}

impl HtmlTemplate {
    /// Appends the text with its values, in the default markup: a filled hole is `<span class="value"
    /// dir="auto">`, an unset one `<span class="unset">` around the placeholder.
    pub fn html(&self, values: &impl Values, out: &mut String) {
        self.html_with(values, out, &mut Spans);
    }

    /// Appends the text; holes in text and code are written by `writer`, who gets the value after its filters
    /// and must escape it.
    pub fn html_with(&self, values: &impl Values, out: &mut String, writer: &mut impl Writer) {
        let mut at = 0;
        let (mut number, mut tasks) = (0, 0);
        for piece in &self.pieces {
            match *piece {
                Piece::Literal(end) => {
                    out.push_str(&self.literals[at..end as usize]);
                    at = end as usize;
                }
                Piece::Hole(index, context) => {
                    let variable = &self.variables[index as usize];
                    let value = values
                        .value(&variable.key)
                        .map(|value| apply_all(&variable.filters, value));
                    if context == Context::Attribute {
                        escape_html(value.as_deref().unwrap_or(&variable.source), out);
                    } else {
                        let hole = Hole {
                            variable,
                            context,
                            number,
                        };
                        writer.hole(&hole, value.as_deref(), out);
                    }
                    number += 1;
                }
                Piece::Target(number) => {
                    if let Some(address) = self.targets[number as usize].resolve(&self.variables, values) {
                        out.push_str(" href=\"");
                        link::write_attribute(&address, out);
                        out.push('"');
                    }
                }
                Piece::CommandOpen(number) => writer.command_open(&self.command(number), out),
                Piece::CommandClose(number) => writer.command_close(&self.command(number), out),
                Piece::Task(is_done) => {
                    writer.task(tasks, is_done, out);
                    tasks += 1;
                }
            }
        }
    }

    fn command(&self, number: u32) -> CommandBlock<'_> {
        let block = &self.commands[number as usize];
        CommandBlock {
            number: block.number,
            language: &block.language,
            variables: &block.variables,
        }
    }

    /// The holes in text, code and attributes, in order.
    pub fn holes(&self) -> impl Iterator<Item = Hole<'_>> {
        self.pieces
            .iter()
            .filter_map(|piece| match *piece {
                Piece::Hole(index, context) => Some((index, context)),
                _ => None,
            })
            .enumerate()
            .map(|(number, (index, context))| Hole {
                variable: &self.variables[index as usize],
                context,
                number,
            })
            .filter(|hole| hole.context != Context::AfterLink)
    }

    /// The variables that stand in link targets.
    pub fn target_variables(&self) -> impl Iterator<Item = &Variable> {
        self.targets
            .iter()
            .flat_map(Target::variables)
            .map(|index| &self.variables[index as usize])
    }

    /// How many task items it has, numbered from 0 by `data-task`.
    pub const fn tasks(&self) -> usize {
        self.tasks
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        let keys = |block: &Block| -> usize {
            let lengths = block.variables.iter().map(|key| size_of::<String>() + key.len());
            lengths.sum()
        };
        size_of::<Self>()
            + self.literals.len()
            + self.pieces.len() * size_of::<Piece>()
            + self.targets.iter().map(Target::bytes).sum::<usize>()
            + self
                .commands
                .iter()
                .map(|block| size_of::<Block>() + block.language.len() + keys(block))
                .sum::<usize>()
    }

    /// The literal text, for tests: no character of the swap may be in it.
    #[cfg(test)]
    pub(super) fn literals(&self) -> &str {
        &self.literals
    }
}
