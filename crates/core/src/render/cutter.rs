//! Cuts clean HTML into the pieces of a template.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::escape_html;
use super::html::CleanHtml;
use super::link::{self, Target};
use super::swap::{Spot, Swapped, is_ours};
use super::template::{Block, HtmlTemplate, Piece};
use super::writer::Context;

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
            commands: Vec::new(),
            variables: Arc::clone(&swapped.variables),
            tasks: 0,
        },
        literal_end: 0,
        blocks: Vec::new(),
        codes: 0,
        links: 0,
        link_variables: Vec::new(),
        command_variables: Vec::new(),
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
    /// For each open `pre` whether it is a command; commands do not stand in each other.
    blocks: Vec<bool>,
    /// How many `code` and `a` stand open.
    codes: usize,
    links: usize,
    /// The variables of the open link and of the open command, as they come.
    link_variables: Vec<u32>,
    command_variables: Vec<u32>,
}

impl Cutter<'_> {
    fn context(&self) -> Context {
        match (self.links, self.blocks.len(), self.codes) {
            (0, 0, 0) => Context::Text,
            (0, 0, _) => Context::InlineCode,
            (0, ..) => Context::CodeBlock,
            _ => Context::LinkText,
        }
    }

    fn key(&self, index: u32) -> &str {
        &self.swapped.variables[index as usize].key
    }

    /// The first index of each variable that is in the list, as keys tell them apart.
    fn each_once(&self, indices: Vec<u32>) -> Vec<u32> {
        let mut seen = BTreeSet::new();
        indices
            .into_iter()
            .filter(|index| seen.insert(self.key(*index)))
            .collect()
    }

    fn hole(&mut self, index: u32, context: Context) {
        self.end_literal();
        self.template.pieces.push(Piece::Hole(index, context));
        if self.links > 0 {
            self.link_variables.push(index);
        }
        if self.blocks.contains(&true) {
            self.command_variables.push(index);
        }
    }

    /// Behind the outermost link: holes for the variables that stood in it.
    fn end_link(&mut self) {
        let indices = std::mem::take(&mut self.link_variables);
        for index in self.each_once(indices) {
            self.hole(index, Context::AfterLink);
        }
    }

    /// Begins a command, of which the text behind its `<pre>` says the number.
    fn start_command(&mut self, behind: &str) -> bool {
        let mark = self.swapped.marks.command;
        let Some((code, text)) = behind.split_once('>').filter(|_| self.links == 0) else {
            return false;
        };
        let number = text
            .strip_prefix(mark)
            .and_then(|text| text.split_once(mark))
            .and_then(|(number, _)| number.parse().ok());
        let (Some(number), true) = (number, code.starts_with("<code")) else {
            return false;
        };
        let language = code.split('"').find_map(|value| value.strip_prefix("language-"));
        self.end_literal();
        self.template
            .pieces
            .push(Piece::CommandOpen(next_index(&self.template.commands)));
        self.template.commands.push(Block {
            number,
            language: language.unwrap_or("").to_owned(),
            variables: Vec::new(),
        });
        true
    }

    fn end_command(&mut self) {
        let indices = std::mem::take(&mut self.command_variables);
        let keys = self
            .each_once(indices)
            .into_iter()
            .map(|index| self.key(index).to_owned());
        let variables = keys.collect();
        self.end_literal();
        if let Some(command) = self.template.commands.last_mut() {
            command.variables = variables;
            let index = next_index(&self.template.commands) - 1;
            self.template.pieces.push(Piece::CommandClose(index));
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
                Some(Spot::Variable(index)) => self.hole(*index, context),
                Some(Spot::Literal(literal)) => escape_html(literal, &mut self.template.literals),
                None if character == self.swapped.marks.command => {
                    // Behind it stand a number and the mark again.
                    rest = rest.split_once(character).map_or(rest, |(_, rest)| rest);
                }
                None => self.mark(character, context),
            }
        }
        self.template.literals.push_str(rest);
    }

    fn mark(&mut self, character: char, context: Context) {
        let marks = self.swapped.marks;
        let is_text = context != Context::Attribute && self.blocks.is_empty() && self.codes == 0;
        if is_text && (character == marks.task_open || character == marks.task_done) {
            self.end_literal();
            self.template
                .pieces
                .push(Piece::Task(character == marks.task_done));
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
        let (attributes, end) = attributes(html, name_end);
        if is_end {
            self.template.literals.push_str(&html[at..end]);
            self.end_tag(name);
            return end;
        }
        match name {
            "pre" => {
                let is_command = self.start_command(&html[end..]);
                self.blocks.push(is_command);
            }
            "code" => self.codes += 1,
            "a" => self.links += 1,
            _ => {}
        }
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

    fn end_tag(&mut self, name: &str) {
        match name {
            "pre" => {
                let is_command = self.blocks.pop();
                if is_command == Some(true) {
                    self.end_command();
                }
            }
            "code" => self.codes = self.codes.saturating_sub(1),
            "a" => {
                self.links = self.links.saturating_sub(1);
                if self.links == 0 {
                    self.end_link();
                }
            }
            _ => {}
        }
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
        self.link_variables.extend(target.variables());
        self.end_literal();
        let place = next_index(&self.template.targets);
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
            self.links += 1;
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
            self.end_tag("a");
        }
    }
}

/// The index that the next item of the list gets.
fn next_index<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).expect("a document is bounded")
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
