//! The blocks of a foreign document and the lines they stand on, as a Markdown parser sees them.
//!
//! Everything after this works on whole lines of the source, so that no text can fall between two nodes.

use std::ops::Range;

use comrak::nodes::{AstNode, ListType, NodeValue};
use comrak::{Arena, Options, parse_document};

/// The most characters of a paragraph that are kept to make a title from.
const MAX_PLAIN: usize = 1000;

/// The document as blocks and as leaves.
pub(super) struct Outline {
    /// The blocks that stand in nothing else, in order.
    pub(super) blocks: Vec<Block>,
    /// The blocks that hold text, in order, wherever they stand.
    pub(super) leaves: Vec<Leaf>,
}

/// A block that stands in nothing else.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// What it is.
    pub(super) kind: Kind,
    /// Its first line, counted from 0.
    pub(super) start: usize,
}

/// What a block is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A heading; the text without its markup.
    Heading { level: u8, text: String },
    /// A list.
    List(List),
    /// A paragraph; the text without its markup.
    Paragraph(Lead),
    /// A code block.
    Code,
    /// A line across the page.
    Rule,
    /// Raw HTML, a quote, a table, or several blocks that belong together.
    Other,
}

/// A list.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// The first number; `None` for bullets.
    pub(super) number: Option<usize>,
    /// Its items.
    pub(super) items: Vec<Item>,
}

/// An item of a list.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its first line.
    pub(super) start: usize,
    /// Its first paragraph or heading.
    pub(super) lead: Option<Lead>,
    /// The first line of the code block that it begins with.
    pub(super) code: Option<String>,
    /// Whether there is nothing but the lead.
    pub(super) simple: bool,
    /// Whether it has a checkbox.
    pub(super) task: bool,
    /// Whether its lead is one link and nothing else.
    pub(super) link: bool,
}

/// A paragraph or heading that a title can be made from.
#[derive(Clone, Debug)]
pub(super) struct Lead {
    /// Its lines.
    pub(super) lines: Range<usize>,
    /// Its text without its markup, as Markdown: inline code and escapes stay.
    pub(super) text: String,
}

/// A block that holds text.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// What its text is.
    pub(super) kind: LeafKind,
    /// Its lines.
    pub(super) lines: Range<usize>,
}

/// What the text of a leaf is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LeafKind {
    /// Paragraphs, headings, tables.
    Prose,
    /// A code block with the first word of its info string, in lower case.
    Code(String),
    /// Raw HTML.
    Html,
}

/// Reads the blocks of a text.
pub(super) fn outline(text: &str) -> Outline {
    let arena = Arena::new();
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.strikethrough = true;
    let root = parse_document(&arena, text, &options);
    Outline {
        blocks: root.children().map(block).collect(),
        leaves: leaves(root),
    }
}

/// The lines of a node, counted from 0.
fn lines<'a>(node: &'a AstNode<'a>) -> Range<usize> {
    let position = node.data.borrow().sourcepos;
    let start = position.start.line.saturating_sub(1);
    start..position.end.line.max(start + 1)
}

fn block<'a>(node: &'a AstNode<'a>) -> Block {
    let start = lines(node).start;
    let kind = match &node.data.borrow().value {
        NodeValue::Heading(heading) => Kind::Heading {
            level: heading.level,
            text: plain(node),
        },
        NodeValue::List(list) => Kind::List(List {
            number: (list.list_type == ListType::Ordered).then_some(list.start),
            items: node.children().map(item).collect(),
        }),
        NodeValue::Paragraph => Kind::Paragraph(Lead {
            lines: lines(node),
            text: plain(node),
        }),
        NodeValue::CodeBlock(_) => Kind::Code,
        NodeValue::ThematicBreak => Kind::Rule,
        _ => Kind::Other,
    };
    Block { kind, start }
}

fn item<'a>(node: &'a AstNode<'a>) -> Item {
    let mut item = Item {
        start: lines(node).start,
        lead: None,
        code: None,
        simple: node.children().count() < 2,
        task: matches!(node.data.borrow().value, NodeValue::TaskItem(_)),
        link: false,
    };
    if let Some(first) = node.first_child() {
        match &first.data.borrow().value {
            NodeValue::Paragraph | NodeValue::Heading(_) => {
                item.lead = Some(Lead {
                    lines: lines(first),
                    text: plain(first),
                });
                item.link = item.simple
                    && first.children().count() == 1
                    && first
                        .children()
                        .all(|child| matches!(child.data.borrow().value, NodeValue::Link(_)));
            }
            NodeValue::CodeBlock(code) => {
                item.code = Some(first_line(&code.literal));
                item.simple = false;
            }
            _ => item.simple = false,
        }
    }
    item
}

fn first_line(code: &str) -> String {
    code.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect()
}

/// The text of a paragraph or heading without emphasis, links and HTML; a line for each hard break.
fn plain<'a>(node: &'a AstNode<'a>) -> String {
    let mut text = String::new();
    for child in node.descendants().skip(1) {
        if text.len() > MAX_PLAIN {
            break;
        }
        match &child.data.borrow().value {
            // A footnote's mark, which reads as a link while its definition stands elsewhere.
            NodeValue::Text(literal) if literal.starts_with('^') && is_link(child.parent()) => {}
            NodeValue::Text(literal) => escape_into(literal, &mut text),
            NodeValue::Code(code) => {
                let fence = "`".repeat(longest_run(&code.literal) + 1);
                let pad = if code.literal.starts_with('`') || code.literal.ends_with('`') {
                    " "
                } else {
                    ""
                };
                for part in [&fence, pad, &code.literal, pad, &fence] {
                    text.push_str(part);
                }
            }
            NodeValue::SoftBreak => text.push(' '),
            NodeValue::LineBreak => text.push('\n'),
            _ => {}
        }
        if begins_in_bold(node, child) {
            text.push('\n');
        }
    }
    let lines = text
        .split('\n')
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether a text is a paragraph's first words in bold with a new sentence behind them: `**Scope it** Usually ...`
fn begins_in_bold<'a>(paragraph: &'a AstNode<'a>, text: &'a AstNode<'a>) -> bool {
    let Some(strong) = text
        .parent()
        .filter(|parent| matches!(parent.data.borrow().value, NodeValue::Strong))
    else {
        return false;
    };
    let first = paragraph
        .first_child()
        .is_some_and(|first| first.same_node(strong));
    let last = strong.last_child().is_some_and(|last| last.same_node(text));
    first
        && last
        && strong.next_sibling().is_some_and(|next| {
            let data = next.data.borrow();
            matches!(&data.value, NodeValue::Text(text)
                if text.starts_with(' ') && text.trim_start().starts_with(char::is_uppercase))
        })
}

fn is_link(node: Option<&AstNode<'_>>) -> bool {
    node.is_some_and(|node| matches!(node.data.borrow().value, NodeValue::Link(_)))
}

/// Adds text so that Markdown reads it as that text again.
fn escape_into(literal: &str, text: &mut String) {
    let mut previous = ' ';
    let link = literal.contains("](") || literal.contains("[VAR:");
    let mut characters = literal.chars().peekable();
    while let Some(character) = characters.next() {
        let special = match character {
            '*' | '`' | '\\' => true,
            '[' => link,
            '<' => characters
                .peek()
                .is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')),
            // Between letters it is no emphasis.
            '_' => {
                !(previous.is_alphanumeric() && characters.peek().is_some_and(|next| next.is_alphanumeric()))
            }
            _ => false,
        };
        if special {
            text.push('\\');
        }
        text.push(character);
        previous = character;
    }
}

fn longest_run(code: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for byte in code.bytes() {
        run = if byte == b'`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn leaves<'a>(root: &'a AstNode<'a>) -> Vec<Leaf> {
    let mut leaves: Vec<Leaf> = Vec::new();
    for node in root.descendants() {
        let kind = match &node.data.borrow().value {
            NodeValue::Paragraph | NodeValue::Heading(_) | NodeValue::Table(_) => LeafKind::Prose,
            NodeValue::CodeBlock(code) => LeafKind::Code(
                code.info
                    .split([' ', ',', '{', '\t'])
                    .next()
                    .unwrap_or_default()
                    .to_ascii_lowercase(),
            ),
            NodeValue::HtmlBlock(_) => LeafKind::Html,
            _ => continue,
        };
        let mut lines = lines(node);
        // A leaf never begins before its predecessor has ended.
        if let Some(previous) = leaves.last() {
            lines.start = lines.start.max(previous.lines.end);
        }
        if lines.start < lines.end {
            leaves.push(Leaf { kind, lines });
        }
    }
    leaves
}
