//! HTML in pieces: what never changes, and the holes, each knowing what stands around it.

use std::sync::Arc;

use super::html::CleanHtml;
use super::link::{self, Target};
use super::swap::{Spot, Swapped, Variable, is_ours};
use super::{Values, escape_html};
use crate::filter::apply_all;

/// What stands around a hole in HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Text of a paragraph, a heading, a cell.
    Text,
    /// Code inside a line.
    InlineCode,
    /// A block of code.
    CodeBlock,
    /// The value of an attribute, such as a title.
    Attribute,
}

/// A place where a value stands.
#[derive(Clone, Copy, Debug)]
pub struct Hole<'t> {
    /// The variable and what is done to its value.
    pub variable: &'t Variable,
    /// What stands around it.
    pub context: Context,
}

#[derive(Clone, Copy, Debug)]
enum Piece {
    /// Text up to that byte of the literals.
    Literal(u32),
    Hole(u32, Context),
    /// An attribute with the address of that number, or nothing.
    Target(u32),
}

/// A text as HTML, ready for values.
#[derive(Debug)]
pub struct HtmlTemplate {
    literals: String,
    pieces: Vec<Piece>,
    targets: Vec<Target>,
    variables: Arc<[Variable]>,
    tasks: usize,
}

impl HtmlTemplate {
    /// Appends the text with its values, in the default markup: a filled hole is `<span class="value"
    /// dir="auto">`, an unset one `<span class="unset">` around the placeholder.
    pub fn html(&self, values: &impl Values, out: &mut String) {
        self.html_with(values, out, &mut |hole, value, out| {
            out.push_str(if value.is_some() {
                "<span class=\"value\" dir=\"auto\">"
            } else {
                "<span class=\"unset\">"
            });
            escape_html(value.unwrap_or(&hole.variable.source), out);
            out.push_str("</span>");
        });
    }

    /// Appends the text; holes in text and code are written by the caller, who gets the value after its filters
    /// and must escape it.
    pub fn html_with(
        &self,
        values: &impl Values,
        out: &mut String,
        write: &mut impl FnMut(&Hole, Option<&str>, &mut String),
    ) {
        let mut at = 0;
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
                        write(&Hole { variable, context }, value.as_deref(), out);
                    }
                }
                Piece::Target(number) => {
                    if let Some(address) = self.targets[number as usize].resolve(&self.variables, values) {
                        out.push_str(" href=\"");
                        link::write_attribute(&address, out);
                        out.push('"');
                    }
                }
            }
        }
    }

    /// The holes in text, code and attributes, in order.
    pub fn holes(&self) -> impl Iterator<Item = Hole<'_>> {
        self.pieces.iter().filter_map(|piece| match *piece {
            Piece::Hole(index, context) => Some(Hole {
                variable: &self.variables[index as usize],
                context,
            }),
            Piece::Literal(_) | Piece::Target(_) => None,
        })
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
        size_of::<Self>()
            + self.literals.len()
            + self.pieces.len() * size_of::<Piece>()
            + self.targets.iter().map(Target::bytes).sum::<usize>()
    }

    /// The literal text, for tests: no character of the swap may be in it.
    #[cfg(test)]
    pub(super) fn literals(&self) -> &str {
        &self.literals
    }
}

/// Cuts clean HTML at the characters of the swap.
pub(super) fn cut(clean: &CleanHtml, swapped: &Swapped) -> HtmlTemplate {
    let mut html = clean.html.as_str();
    if swapped.prefix > 0 {
        // A title is one paragraph, which is the caller's to mark up.
        let opening = format!("<p>{} ", swapped.marks.title);
        html = html.strip_prefix(&opening).unwrap_or(html);
        html = html.trim_end().strip_suffix("</p>").unwrap_or(html);
    }
    let mut cutter = Cutter {
        swapped,
        targets: &clean.targets,
        template: HtmlTemplate {
            literals: String::with_capacity(html.len()),
            pieces: Vec::new(),
            targets: Vec::new(),
            variables: Arc::clone(&swapped.variables),
            tasks: 0,
        },
        literal_end: 0,
        blocks: 0,
        codes: 0,
        links: 0,
    };
    let mut at = 0;
    while let Some(length) = html[at..].find('<') {
        cutter.text(&html[at..at + length], cutter.context());
        at = cutter.tag(html, at + length);
    }
    cutter.text(&html[at..], cutter.context());
    cutter.end_literal();
    let mut template = cutter.template;
    template.literals.shrink_to_fit();
    template.pieces.shrink_to_fit();
    template
}

struct Cutter<'s> {
    swapped: &'s Swapped,
    targets: &'s [Target],
    template: HtmlTemplate,
    /// Where the last literal piece ends.
    literal_end: u32,
    /// How many `pre`, `code` and `a` stand open.
    blocks: usize,
    codes: usize,
    links: usize,
}

impl Cutter<'_> {
    fn context(&self) -> Context {
        match (self.blocks, self.codes) {
            (0, 0) => Context::Text,
            (0, _) => Context::InlineCode,
            _ => Context::CodeBlock,
        }
    }

    fn end_literal(&mut self) {
        let end = u32::try_from(self.template.literals.len()).expect("a document is bounded");
        if self.literal_end < end {
            self.literal_end = end;
            self.template.pieces.push(Piece::Literal(end));
        }
    }

    /// Text that is escaped already, with holes.
    fn text(&mut self, text: &str, context: Context) {
        let mut rest = text;
        while let Some(at) = rest.find(is_ours) {
            self.template.literals.push_str(&rest[..at]);
            let character = rest[at..].chars().next().expect("found above");
            rest = &rest[at + character.len_utf8()..];
            match self.swapped.spot(character) {
                Some(Spot::Variable(index)) => {
                    self.end_literal();
                    self.template.pieces.push(Piece::Hole(*index, context));
                }
                Some(Spot::Literal(literal)) => escape_html(literal, &mut self.template.literals),
                None => self.mark(character, context),
            }
        }
        self.template.literals.push_str(rest);
    }

    fn mark(&mut self, character: char, context: Context) {
        let marks = self.swapped.marks;
        if context == Context::Text && (character == marks.task_open || character == marks.task_done) {
            let checked = if character == marks.task_done {
                " checked"
            } else {
                ""
            };
            let number = self.template.tasks.to_string();
            for part in [
                "<input class=\"task-box\" type=\"checkbox\" disabled data-task=\"",
                &number,
                "\"",
                checked,
                ">",
            ] {
                self.template.literals.push_str(part);
            }
            self.template.tasks += 1;
        }
    }

    /// Takes the tag at `at`, and returns where it ends. Tags are well formed: the sanitiser wrote them.
    fn tag(&mut self, html: &str, at: usize) -> usize {
        let is_end = html[at + 1..].starts_with('/');
        let name_at = at + 1 + usize::from(is_end);
        let name_end = html[name_at..]
            .find([' ', '>'])
            .map_or(html.len(), |length| name_at + length);
        let name = &html[name_at..name_end];
        let depth = match name {
            "pre" => Some(&mut self.blocks),
            "code" => Some(&mut self.codes),
            "a" => Some(&mut self.links),
            _ => None,
        };
        if let Some(depth) = depth {
            *depth = if is_end {
                depth.saturating_sub(1)
            } else {
                *depth + 1
            };
        }
        let (attributes, end) = attributes(html, name_end);
        if name == "img" {
            self.image(&attributes);
            return end;
        }
        self.template.literals.push_str(&html[at..name_end]);
        for (name, value) in attributes {
            self.attribute(name, value);
        }
        self.template.literals.push('>');
        end
    }

    fn attribute(&mut self, name: &str, value: &str) {
        if matches!(name, "href" | "src")
            && let Some(number) = value
                .strip_prefix('#')
                .and_then(|v| v.strip_prefix(self.swapped.marks.target))
        {
            self.target(number);
            return;
        }
        let literals = &mut self.template.literals;
        literals.push(' ');
        literals.push_str(if name == "src" { "href" } else { name });
        literals.push_str("=\"");
        if name == "title" {
            self.attribute_text(value, Context::Attribute);
        } else {
            literals.extend(value.chars().filter(|c| !is_ours(*c)));
        }
        self.template.literals.push('"');
    }

    /// The value of an attribute as text; the sanitiser may leave `<` as it is there.
    fn attribute_text(&mut self, value: &str, context: Context) {
        if value.contains(['<', '>']) {
            self.text(&value.replace('<', "&lt;").replace('>', "&gt;"), context);
        } else {
            self.text(value, context);
        }
    }

    fn target(&mut self, number: &str) {
        let Some(target) = number
            .parse()
            .ok()
            .and_then(|number: usize| self.targets.get(number))
        else {
            return;
        };
        if target.variables().next().is_none() {
            // Only literals that look like placeholders: the address is known now.
            if let Some(address) = target.resolve(&self.swapped.variables, &()) {
                self.template.literals.push_str(" href=\"");
                link::write_attribute(&address, &mut self.template.literals);
                self.template.literals.push('"');
            }
            return;
        }
        self.end_literal();
        let place = u32::try_from(self.template.targets.len()).expect("targets are bounded by the text");
        self.template.targets.push(target.clone());
        self.template.pieces.push(Piece::Target(place));
    }

    /// An image becomes a link to it: a page that loads from elsewhere tells there who reads it.
    fn image(&mut self, attributes: &[(&str, &str)]) {
        let find = |name: &str| {
            attributes
                .iter()
                .find(|(n, _)| *n == name)
                .map_or("", |(_, value)| *value)
        };
        let (address, alternative) = (find("src"), find("alt"));
        let is_link = self.links == 0 && !address.is_empty();
        if is_link {
            self.template.literals.push_str("<a");
            self.attribute("src", address);
            if !find("title").is_empty() {
                self.attribute("title", find("title"));
            }
            self.template.literals.push_str(" rel=\"noopener noreferrer\">");
        }
        let context = self.context();
        if !alternative.trim().is_empty() {
            self.attribute_text(alternative, context);
        } else if address.starts_with('#') && address.contains(self.swapped.marks.target) {
            self.template.literals.push_str("image");
        } else {
            self.attribute_text(address, context);
        }
        if is_link {
            self.template.literals.push_str("</a>");
        }
    }
}

/// The attributes of a tag that the sanitiser wrote, and where the tag ends.
fn attributes(html: &str, mut at: usize) -> (Vec<(&str, &str)>, usize) {
    let mut found = Vec::new();
    while html[at..].starts_with(' ') {
        at += 1;
        let Some(length) = html[at..].find("=\"") else {
            break;
        };
        let name = &html[at..at + length];
        let value_at = at + length + 2;
        let value_end = html[value_at..]
            .find('"')
            .map_or(html.len(), |length| value_at + length);
        found.push((name, &html[value_at..value_end]));
        at = (value_end + 1).min(html.len());
    }
    let end = html[at..].find('>').map_or(html.len(), |length| at + length + 1);
    (found, end)
}
