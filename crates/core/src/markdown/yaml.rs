//! YAML as a small tree that knows its places: enough for front matter, with nothing guessed.
//!
//! Scalars keep their text, so that `default: 022` is the text `022` and `NO` is no boolean. The tree is bounded
//! in depth, nodes and text, aliases included, which is what makes a "billion laughs" harmless.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Number, Value};
use serde_saphyr::granit_parser::{self, Event, Marker, Parser, ScalarStyle};

use crate::problem::Problem;

/// The most nodes of one front matter, aliases counted as what they stand for.
pub(crate) const MAX_NODES: usize = 100_000;
/// The most scalar text of one front matter, aliases counted likewise, in bytes.
const MAX_TEXT: usize = super::limits::MAX_TEXT;
/// How deep lists and mappings may stand in each other.
pub(crate) const MAX_DEPTH: usize = 32;

/// One node with the place where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The line in the whole document, from 1.
    pub(crate) line: usize,
    /// The character in the line, from 1.
    pub(crate) column: usize,
    pub(crate) content: Content,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A scalar; only a plain one may be null, a boolean or a number.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the text, without duplicate keys.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The scalar's text as written, or nothing where it is null or no scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, plain } if !(*plain && is_null(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether this is null: nothing, `~` or `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if is_null(text))
    }

    /// The node as JSON; a plain scalar is a number only where JSON would write it the same way.
    pub(crate) fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar { text, plain } => scalar(text, *plain),
            Content::List(items) => items.iter().map(Node::to_json).collect(),
            Content::Map(entries) => {
                let entry =
                    |(key, value): &(Node, Node)| (key.key().unwrap_or_default().to_owned(), value.to_json());
                Value::Object(entries.iter().map(entry).collect::<Map<_, _>>())
            }
        }
    }

    /// The text of a mapping's key, null written as it stands.
    pub(crate) fn key(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// A problem at this node's place.
    pub(crate) fn problem(&self, detail: impl Into<String>) -> Problem {
        Problem::in_text(self.line, self.column, detail)
    }

    /// Adds this node's nodes and bytes to the totals, and says how deep it is.
    fn measure(&self, nodes: &mut usize, bytes: &mut usize) -> usize {
        *nodes += 1;
        match &self.content {
            Content::Scalar { text, .. } => {
                *bytes += text.len();
                0
            }
            Content::List(items) => {
                1 + items
                    .iter()
                    .map(|item| item.measure(nodes, bytes))
                    .max()
                    .unwrap_or(0)
            }
            Content::Map(entries) => {
                let depth =
                    |(key, value): &(Node, Node)| key.measure(nodes, bytes).max(value.measure(nodes, bytes));
                1 + entries.iter().map(depth).max().unwrap_or(0)
            }
        }
    }
}

/// What a scalar is in JSON.
pub(crate) fn scalar(text: &str, plain: bool) -> Value {
    match text {
        _ if !plain => Value::String(text.to_owned()),
        _ if is_null(text) => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The number that is written exactly so; `1.10`, `007` and `0x1f` stay text, which loses nothing.
fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return None;
    }
    let number = if text.contains(['.', 'e', 'E']) {
        Number::from_f64(text.parse().ok()?)
    } else if text.starts_with('-') {
        text.parse::<i64>().ok().map(Number::from)
    } else {
        text.parse::<u64>().ok().map(Number::from)
    }?;
    (number.to_string() == text).then_some(number)
}

/// Reads one YAML document whose first line is `first_line` of the whole text; nothing where it is empty.
pub(crate) fn read(text: &str, first_line: usize) -> Result<Option<Node>, Vec<Problem>> {
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        // A value in `{ help: "..." }` might be a key until its end is seen.
        simple_key_max_lookahead: 64 * 1024,
        emit_comments: false,
    };
    let mut builder = Builder {
        first_line,
        ..Builder::default()
    };
    for item in Parser::new_from_str_with_options(text, options) {
        let step = match item {
            Ok((event, span)) => builder.take(event, span.start),
            Err(error) => {
                Err(builder.problem(*error.marker(), format!("this is not YAML: {}", error.info())))
            }
        };
        if let Err(problem) = step {
            builder.problems.push(problem);
            break;
        }
    }
    if builder.problems.is_empty() {
        Ok(builder.root)
    } else {
        Err(builder.problems)
    }
}

/// A collection that is still open.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<Node>,
    seen: HashSet<String>,
}

#[derive(Default)]
struct Builder {
    first_line: usize,
    root: Option<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    bytes: usize,
    problems: Vec<Problem>,
}

impl Builder {
    fn problem(&self, at: Marker, detail: impl Into<String>) -> Problem {
        Problem::in_text(at.line().max(1) - 1 + self.first_line, at.col() + 1, detail)
    }

    fn node(&self, at: Marker, content: Content) -> Node {
        Node {
            line: at.line().max(1) - 1 + self.first_line,
            column: at.col() + 1,
            content,
        }
    }

    fn take(&mut self, event: Event<'_>, at: Marker) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain =
                    style == ScalarStyle::Plain && !tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                self.count(1, text.len(), 0, at)?;
                let node = self.node(
                    at,
                    Content::Scalar {
                        text: text.into_owned(),
                        plain,
                    },
                );
                self.put(node, anchor);
                Ok(())
            }
            Event::Alias(anchor) => {
                // An anchor that is still open stands inside itself.
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(self.problem(at, "this alias stands inside what it refers to"));
                };
                let (mut nodes, mut bytes) = (0, 0);
                let depth = node.measure(&mut nodes, &mut bytes);
                self.count(nodes, bytes, depth, at)?;
                let node = self.anchors[&anchor].clone();
                self.put(node, 0);
                Ok(())
            }
            Event::SequenceStart(_, anchor, _) => self.start(Content::List(Vec::new()), anchor, at),
            Event::MappingStart(_, anchor, _) => self.start(Content::Map(Vec::new()), anchor, at),
            Event::SequenceEnd | Event::MappingEnd => {
                let open = self.open.pop().expect("the parser closes only what it opened");
                self.put(open.node, open.anchor);
                Ok(())
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(self.problem(at, "front matter is one YAML document; here a second begins"))
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, content: Content, anchor: usize, at: Marker) -> Result<(), Problem> {
        self.count(1, 0, 1, at)?;
        let node = self.node(at, content);
        self.open.push(Open {
            node,
            anchor,
            key: None,
            seen: HashSet::new(),
        });
        Ok(())
    }

    /// Counts what is about to stand in the tree, itself `depth` deep.
    fn count(&mut self, nodes: usize, bytes: usize, depth: usize, at: Marker) -> Result<(), Problem> {
        self.nodes += nodes;
        self.bytes += bytes;
        if self.nodes > MAX_NODES || self.bytes > MAX_TEXT {
            return Err(self.problem(
                at,
                "the front matter is too large, aliases counted as what they stand for",
            ));
        }
        if self.open.len() + depth > MAX_DEPTH {
            return Err(self.problem(at, format!("this is nested more than {MAX_DEPTH} deep")));
        }
        Ok(())
    }

    /// Puts a finished node where it belongs.
    fn put(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match (&mut open.node.content, open.key.take()) {
            (Content::List(items), _) => items.push(node),
            (Content::Map(entries), Some(key)) => entries.push((key, node)),
            (Content::Map(_), None) => {
                match node.key() {
                    None => self.problems.push(node.problem("a key must be text")),
                    Some(key) if !open.seen.insert(key.to_owned()) => {
                        self.problems
                            .push(node.problem(format!("the key {key:?} is here twice")));
                    }
                    Some(_) => {}
                }
                open.key = Some(node);
            }
            (Content::Scalar { .. }, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        read(text, 1).unwrap().map_or(Value::Null, |node| node.to_json())
    }

    fn first_error(text: &str) -> String {
        read(text, 2).unwrap_err()[0].to_string()
    }

    #[test]
    fn scalars_mean_what_they_say() {
        assert_eq!(
            json(
                "[22, -1, 1.5, true, False, ~, , NO, on, 007, 1.10, 0x1f, 2024-01-31, '22', !!str 22, .inf, 1e999]"
            ),
            serde_json::json!([
                22,
                -1,
                1.5,
                true,
                false,
                null,
                null,
                "NO",
                "on",
                "007",
                "1.10",
                "0x1f",
                "2024-01-31",
                "22",
                "22",
                ".inf",
                "1e999"
            ])
        );
        assert_eq!(
            json("a: {b: [c]}\nd: |\n  e\n  f\n"),
            serde_json::json!({"a": {"b": ["c"]}, "d": "e\nf\n"})
        );
        assert_eq!(json("a: &x [1]\nb: *x"), serde_json::json!({"a": [1], "b": [1]}));
        assert_eq!(json(""), Value::Null);
        assert_eq!(json("# only a comment\n"), Value::Null);
    }

    #[test]
    fn mistakes_have_a_place() {
        assert_eq!(
            first_error("a: 1\na: 2\n"),
            "line 3, column 1: the key \"a\" is here twice"
        );
        assert!(first_error("a: [1\nb: 2\n").starts_with("line "));
        assert_eq!(first_error("[a]: 1\n"), "line 2, column 1: a key must be text");
        assert!(first_error("a: &x [*x]\n").starts_with("line 2, column 8: this alias"));
        assert!(first_error("a: *x\n").contains("not YAML"));
        assert!(first_error(&"[".repeat(100_000)).starts_with("line 2, column 33: "));
        assert!(first_error(&"- ".repeat(100_000)).starts_with("line 2, column "));
    }

    #[test]
    fn a_billion_laughs_are_refused() {
        let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for level in 1..12 {
            let inner = vec![format!("*a{}", level - 1); 10].join(", ");
            text += &format!("a{level}: &a{level} [{inner}]\n");
        }
        assert!(first_error(&text).contains("too large"));
        let mut text = String::from("a0: &a0 [[[[[[[[x]]]]]]]]\n");
        for level in 1..20 {
            text += &format!("a{level}: &a{level} [[[[[[[[*a{}]]]]]]]]\n", level - 1);
        }
        assert!(first_error(&text).contains("nested more than 32"));
    }
}
