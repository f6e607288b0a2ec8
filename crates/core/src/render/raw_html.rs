//! Raw HTML in Markdown, read token by token and written again so that it is always closed and properly nested.
//!
//! A tree builder takes quadratic time over deep or crossed tags and long attribute lists; what is written here
//! has neither, whatever was read. It also keeps a tag inside the block that holds it. What is allowed at all is
//! decided once more by the sanitiser.

use std::ops::Range;

use super::link::{self, Target};
use super::swap::{Swapped, is_ours};

/// How deep tags and blocks may stand inside each other.
pub(super) const MAX_DEPTH: usize = 256;

/// The tags that survive.
pub(super) const TAGS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Those of them that a title may have.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "i", "img", "ins", "kbd",
    "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    "wbr",
];

/// Attributes that are read; which tag may have which is the sanitiser's to say.
const ATTRIBUTES: &[&str] = &[
    "align", "alt", "class", "colspan", "datetime", "dir", "href", "id", "lang", "open", "rowspan", "scope",
    "span", "src", "start", "title",
];

/// What stands open.
enum Open {
    /// A tag of raw HTML.
    Tag(&'static str),
    /// A node of the document, beyond which no raw tag is closed.
    Node,
}

/// The open tags of a document that is being written.
#[derive(Default)]
pub(super) struct Tags {
    open: Vec<Open>,
    /// Whether something stood deeper than [`MAX_DEPTH`]; what was deeper is not written.
    pub too_deep: bool,
}

impl Tags {
    /// Enters a node of the document.
    pub(super) fn enter(&mut self) {
        self.too_deep |= self.open.len() > MAX_DEPTH;
        self.open.push(Open::Node);
    }

    /// Leaves the node that was entered last, closing every raw tag inside it.
    pub(super) fn leave(&mut self, out: &mut String) {
        while let Some(Open::Tag(name)) = self.open.pop() {
            close(name, out);
        }
    }

    fn start(&mut self, name: &'static str, out: &mut String) -> bool {
        let closes: &[&str] = match name {
            "p" => &["p"],
            "li" => &["li"],
            "dt" | "dd" => &["dt", "dd"],
            "td" | "th" => &["td", "th"],
            "tr" => &["td", "th", "tr"],
            _ => &[],
        };
        while let Some(Open::Tag(open)) = self.open.last()
            && closes.contains(open)
        {
            close(open, out);
            self.open.pop();
        }
        if is_void(name) {
            return true;
        }
        if self.open.len() > MAX_DEPTH {
            self.too_deep = true;
            return false;
        }
        self.open.push(Open::Tag(name));
        true
    }

    fn end(&mut self, name: &str, out: &mut String) {
        let inside = self.open.iter().rev().map_while(|open| match open {
            Open::Tag(name) => Some(*name),
            Open::Node => None,
        });
        if let Some(above) = inside.into_iter().position(|open| open == name) {
            for _ in 0..=above {
                if let Some(Open::Tag(name)) = self.open.pop() {
                    close(name, out);
                }
            }
        }
    }
}

fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn is_void(name: &str) -> bool {
    matches!(name, "br" | "col" | "hr" | "img" | "wbr")
}

/// Writes one literal of raw HTML: known tags with known attributes, text, and nothing else.
pub(super) fn write(
    literal: &str,
    tags: &mut Tags,
    targets: &mut Vec<Target>,
    swapped: &Swapped,
    out: &mut String,
) {
    let mut at = 0;
    // Once a tag has no end, no later one is looked for: that would be quadratic.
    let mut unended = false;
    while let Some(length) = literal[at..].find('<') {
        out.push_str(&literal[at..at + length]);
        at += length;
        let token = if unended { Token::Text } else { token(literal, at) };
        // A title stands inside a line of the page, where no block can.
        let known = |name: &str| known(name).filter(|name| swapped.prefix == 0 || INLINE.contains(name));
        match token {
            Token::Text => {
                out.push_str("&lt;");
                at += 1;
            }
            Token::Unended => unended = true,
            Token::Nothing(end) => at = end,
            Token::End(name, end) => {
                if let Some(name) = known(&name) {
                    tags.end(name, out);
                }
                at = end;
            }
            Token::Start(name, attributes, end) => {
                at = end;
                if matches!(name.as_str(), "script" | "style") {
                    at = end_of_raw_text(literal, end, &name);
                } else if let Some(name) = known(&name)
                    && tags.start(name, out)
                {
                    out.push('<');
                    out.push_str(name);
                    for (attribute, value) in attributes {
                        write_attribute(literal, attribute, value, targets, swapped, out);
                    }
                    out.push('>');
                }
            }
        }
    }
    out.push_str(&literal[at..]);
}

/// The text of a literal of raw HTML, its entities decoded where they are simple.
pub(super) fn text_of(literal: &str, out: &mut String) {
    let mut at = 0;
    let mut unended = false;
    while let Some(length) = literal[at..].find('<') {
        out.push_str(&link::decode_entities(&literal[at..at + length]));
        at += length;
        match if unended { Token::Text } else { token(literal, at) } {
            Token::Text => {
                out.push('<');
                at += 1;
            }
            Token::Unended => unended = true,
            Token::Nothing(end) | Token::End(_, end) => at = end,
            Token::Start(name, attributes, end) => {
                at = end;
                match name.as_str() {
                    "script" | "style" => at = end_of_raw_text(literal, end, &name),
                    "br" => out.push('\n'),
                    "img" => out.extend(
                        attributes
                            .iter()
                            .find(|(name, _)| *name == "alt")
                            .map(|(_, value)| link::decode_entities(&literal[value.clone()])),
                    ),
                    _ => {}
                }
            }
        }
    }
    out.push_str(&link::decode_entities(&literal[at..]));
}

fn known(name: &str) -> Option<&'static str> {
    TAGS.iter().find(|tag| **tag == name).copied()
}

fn write_attribute(
    literal: &str,
    attribute: &'static str,
    value: Range<usize>,
    targets: &mut Vec<Target>,
    swapped: &Swapped,
    out: &mut String,
) {
    let value = &literal[value];
    out.push(' ');
    out.push_str(attribute);
    out.push_str("=\"");
    if matches!(attribute, "href" | "src") {
        write_target(&link::decode_entities(value), targets, swapped, out);
    } else {
        for character in value.chars() {
            match character {
                '"' => out.push_str("&quot;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                character => out.push(character),
            }
        }
    }
    out.push('"');
}

/// Writes an address into an attribute: itself where it has no hole, else its number in the table of targets.
pub(super) fn write_target(address: &str, targets: &mut Vec<Target>, swapped: &Swapped, out: &mut String) {
    if address.chars().any(is_ours) {
        out.push('#');
        out.push(swapped.marks.target);
        out.push_str(&targets.len().to_string());
        targets.push(Target::new(address, swapped));
    } else if link::is_allowed(address) {
        link::write_attribute(address, out);
    }
}

type Attributes = Vec<(&'static str, Range<usize>)>;

enum Token {
    /// A `<` that begins nothing.
    Text,
    /// A tag that the literal never ends.
    Unended,
    /// A comment, a declaration, an instruction: up to there.
    Nothing(usize),
    Start(String, Attributes, usize),
    End(String, usize),
}

/// Reads the token at a `<`, as the HTML standard's tokenizer does.
fn token(literal: &str, at: usize) -> Token {
    let bytes = literal.as_bytes();
    match bytes.get(at + 1) {
        Some(b'!') if literal[at..].starts_with("<!--") => {
            let end = literal[at + 4..]
                .find("-->")
                .map_or(literal.len(), |end| at + 4 + end + 3);
            Token::Nothing(end)
        }
        Some(b'!' | b'?') => {
            Token::Nothing(literal[at..].find('>').map_or(literal.len(), |end| at + end + 1))
        }
        Some(b'/') if bytes.get(at + 2).is_some_and(u8::is_ascii_alphabetic) => {
            let (name, from) = name(literal, at + 2);
            match attributes(literal, from) {
                Some((_, end)) => Token::End(name, end),
                None => Token::Unended,
            }
        }
        Some(letter) if letter.is_ascii_alphabetic() => {
            let (name, from) = name(literal, at + 1);
            match attributes(literal, from) {
                Some((attributes, end)) => Token::Start(name, attributes, end),
                None => Token::Unended,
            }
        }
        _ => Token::Text,
    }
}

/// The name of a tag in lower case, and where it ends.
fn name(literal: &str, at: usize) -> (String, usize) {
    let is_end = |c: char| matches!(c, '\t' | '\n' | '\x0C' | ' ' | '/' | '>');
    let end = literal[at..]
        .find(is_end)
        .map_or(literal.len(), |length| at + length);
    // No name that we know is longer; this one may be as long as the text.
    let name = if end - at > 16 {
        String::new()
    } else {
        literal[at..end].to_ascii_lowercase()
    };
    (name, end)
}

/// The known attributes of a tag, the first of each, and where the tag ends; nothing where it does not.
fn attributes(literal: &str, mut at: usize) -> Option<(Attributes, usize)> {
    let bytes = literal.as_bytes();
    let is_space = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\x0C' | b' ');
    let mut found: Attributes = Vec::new();
    loop {
        while is_space(*bytes.get(at)?) || bytes[at] == b'/' {
            at += 1;
        }
        if bytes[at] == b'>' {
            return Some((found, at + 1));
        }
        let start = at;
        at += 1;
        while !is_space(*bytes.get(at)?) && !matches!(bytes[at], b'/' | b'>' | b'=') {
            at += 1;
        }
        let name = &bytes[start..at];
        while is_space(*bytes.get(at)?) {
            at += 1;
        }
        let mut value = at..at;
        if bytes[at] == b'=' {
            at += 1;
            while is_space(*bytes.get(at)?) {
                at += 1;
            }
            if let quote @ (b'"' | b'\'') = bytes[at] {
                let length = bytes[at + 1..].iter().position(|byte| *byte == quote)?;
                value = at + 1..at + 1 + length;
                at = value.end + 1;
            } else {
                value.start = at;
                while !is_space(*bytes.get(at)?) && bytes[at] != b'>' {
                    at += 1;
                }
                value.end = at;
            }
        }
        if let Some(known) = ATTRIBUTES
            .iter()
            .find(|known| known.as_bytes().eq_ignore_ascii_case(name))
            && !found.iter().any(|(name, _)| name == known)
        {
            found.push((known, value));
        }
    }
}

/// Where the content of a script or style ends: behind its closing tag, or with the literal.
fn end_of_raw_text(literal: &str, from: usize, name: &str) -> usize {
    let rest = &literal.as_bytes()[from..];
    rest.windows(2 + name.len())
        .position(|window| window.starts_with(b"</") && window[2..].eq_ignore_ascii_case(name.as_bytes()))
        .and_then(|close| {
            literal[from + close..]
                .find('>')
                .map(|end| from + close + end + 1)
        })
        .unwrap_or(literal.len())
}

#[cfg(test)]
mod tests {
    use super::super::swap::swap;
    use super::*;

    fn written(html: &str) -> String {
        let swapped = swap(html, false).unwrap();
        let (mut tags, mut out) = (Tags::default(), String::new());
        tags.enter();
        write(&swapped.text, &mut tags, &mut Vec::new(), &swapped, &mut out);
        tags.leave(&mut out);
        out
    }

    #[test]
    fn tags_are_closed_and_nested() {
        assert_eq!(written("<b><i>x</b>y"), "<b><i>x</i></b>y");
        assert_eq!(written("x</b></div>"), "x");
        assert_eq!(written("<ul><li>a<li>b</ul>"), "<ul><li>a</li><li>b</li></ul>");
        assert_eq!(written("<BR/><Kbd>x"), "<br><kbd>x</kbd>");
    }

    #[test]
    fn unknown_things_are_dropped() {
        assert_eq!(
            written("<blink>x</blink><!-- y --><?z?><script>a<b>c</SCRIPT >d"),
            "xd"
        );
        assert_eq!(
            written("<b onclick=x style='y' title='a\"b<'>"),
            "<b title=\"a&quot;b&lt;\"></b>"
        );
        assert_eq!(written("a < b <3 <b title=\"x"), "a &lt; b &lt;3 &lt;b title=\"x");
        assert_eq!(written("<a href='java&#x73;cript:x'>x"), "<a href=\"\">x</a>");
        assert_eq!(written("<script>x"), "");
    }

    #[test]
    fn depth_is_bounded() {
        let swapped = swap("", false).unwrap();
        let (mut tags, mut out) = (Tags::default(), String::new());
        write(
            &"<div>".repeat(1000),
            &mut tags,
            &mut Vec::new(),
            &swapped,
            &mut out,
        );
        assert!(tags.too_deep);
    }
}
