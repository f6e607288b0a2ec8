//! Link targets: what an address may be, with and without values in it.
//!
//! A target is http, https, mailto or a path inside this site. Values in a target are percent-encoded, so they
//! cannot end what the author began; a value that opens a target is a whole address, and is checked as one.

use std::borrow::Cow;
use std::fmt::Write;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use super::Values;
use super::swap::{Spot, Swapped, Variable, is_ours};
use crate::filter::{Filter, RESERVED, apply_all};

/// What may not stand in a Markdown or HTML address as it is.
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'\\')
    .add(b'{')
    .add(b'}')
    .add(b'|')
    .add(b'^')
    .add(b'(')
    .add(b')')
    .add(b'[')
    .add(b']')
    .add(b'*')
    .add(b'_')
    .add(b'~')
    .add(b'\'');

/// One part of a target.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Literal(String),
    Variable(u32),
}

/// An address with values in it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    parts: Vec<Part>,
    /// Whether the author's text alone decides that the address is one we allow.
    fixed: bool,
}

impl Target {
    /// Cuts an address at its holes; in literal parts, what an address cannot hold is percent-encoded.
    pub(super) fn new(address: &str, swapped: &Swapped) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let mut literal = String::new();
        for character in address.chars() {
            match swapped.spot(character) {
                Some(Spot::Variable(index)) => {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Variable(*index));
                }
                Some(Spot::Literal(text)) => literal.extend(utf8_percent_encode(text, RESERVED)),
                None if is_ours(character) => {}
                None => literal.push(character),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        let fixed = match parts.as_slice() {
            [Part::Literal(literal)] => is_allowed(literal),
            [Part::Literal(literal), ..] => is_decided(literal) && is_allowed(literal),
            _ => false,
        };
        Self { parts, fixed }
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = u32> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(index) => Some(*index),
            Part::Literal(_) => None,
        })
    }

    /// Whether a value opens the address, or could decide its scheme.
    pub(super) const fn is_fixed(&self) -> bool {
        self.fixed
    }

    pub(super) fn bytes(&self) -> usize {
        let text: usize = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(literal) => literal.len(),
                Part::Variable(_) => 0,
            })
            .sum();
        text + self.parts.len() * size_of::<Part>()
    }

    /// The address with its values, or nothing where one is unset or the whole is not one we allow.
    pub(super) fn resolve(&self, variables: &[Variable], values: &impl Values) -> Option<String> {
        let mut address = String::new();
        for (position, part) in self.parts.iter().enumerate() {
            match part {
                Part::Literal(literal) => address.push_str(literal),
                Part::Variable(index) => {
                    let variable = &variables[*index as usize];
                    let value = values.value(&variable.key)?;
                    if position == 0 {
                        address.push_str(&opening(&apply_all(&variable.filters, value))?);
                    } else {
                        address.push_str(&inside(variable, value));
                    }
                }
            }
        }
        (self.fixed || (is_allowed(&address) && is_readable(&address))).then_some(address)
    }
}

/// Whether a browser would make sense of the address at all.
fn is_readable(address: &str) -> bool {
    matches!(
        Url::parse(address),
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase)
    )
}

/// A value inside a target: percent-encoded, and once only where its last filter is `|url`.
pub(super) fn inside(variable: &Variable, value: &str) -> String {
    let filtered = apply_all(&variable.filters, value);
    if variable.filters.last() == Some(&Filter::Url) {
        return filtered.into_owned();
    }
    utf8_percent_encode(&filtered, RESERVED).to_string()
}

/// A value that opens a target: a whole http, https or mailto address, written so that it ends nothing.
pub(super) fn opening(value: &str) -> Option<String> {
    let url = Url::parse(value.trim()).ok()?;
    let whole = match url.scheme() {
        "http" | "https" => url.has_host(),
        "mailto" => !url.path().is_empty(),
        _ => false,
    };
    whole.then(|| utf8_percent_encode(url.as_str(), UNSAFE).to_string())
}

/// Whether an address is http, https, mailto, or a path or fragment inside this site.
pub(super) fn is_allowed(address: &str) -> bool {
    // What a browser drops before it reads an address (WHATWG URL, 4.4).
    let read: String = address
        .trim_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .take_while(|c| !matches!(c, '?' | '#'))
        .collect();
    let mut bytes = read.bytes();
    if let (Some(b'/' | b'\\'), Some(b'/' | b'\\')) = (bytes.next(), bytes.next()) {
        return false;
    }
    match read.split_once(':') {
        Some((scheme, _)) if !scheme.contains(['/', '\\']) => ["http", "https", "mailto"]
            .iter()
            .any(|allowed| scheme.eq_ignore_ascii_case(allowed)),
        _ => true,
    }
}

/// Whether no text behind this beginning can change where it leads: scheme or path have begun.
fn is_decided(beginning: &str) -> bool {
    let trimmed = beginning.trim_start_matches(|c: char| c <= ' ');
    let Some(at) = trimmed.find([':', '/', '?', '#', '\\']) else {
        return false;
    };
    match trimmed.as_bytes()[at] {
        // One slash may become two by what follows, but a value has none: it is percent-encoded.
        b'/' | b'?' | b'#' => true,
        b':' => trimmed.as_bytes().get(at + 1) == Some(&b'/') || trimmed[..at].eq_ignore_ascii_case("mailto"),
        _ => false,
    }
}

/// Appends an address as the value of an HTML attribute.
pub(super) fn write_attribute(address: &str, out: &mut String) {
    for character in address.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c.is_control() || c == ' ' || !c.is_ascii() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    write!(out, "%{byte:02X}").expect("a String takes everything");
                }
            }
            c => out.push(c),
        }
    }
}

/// Decodes the few entities that addresses in raw HTML have; others stay as they are, which is harmless.
pub(super) fn decode_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let character = end.and_then(|end| match &rest[1..end] {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "colon" => Some(':'),
            "sol" => Some('/'),
            "Tab" => Some('\t'),
            "NewLine" => Some('\n'),
            number => number.strip_prefix('#').and_then(|number| {
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                    None => number.parse(),
                };
                code.ok().and_then(char::from_u32).filter(|c| !is_ours(*c))
            }),
        });
        if let (Some(character), Some(end)) = (character, end) {
            decoded.push(character);
            rest = &rest[end + 1..];
        } else {
            decoded.push('&');
            rest = &rest[1..];
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::swap::swap;
    use super::*;

    fn resolve(address: &str, values: &[(&str, &str)]) -> Option<String> {
        let swapped = swap(address, false).unwrap();
        let target = Target::new(&swapped.text, &swapped);
        let values: HashMap<String, String> =
            values.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        target.resolve(&swapped.variables, &values)
    }

    #[test]
    fn values_inside_a_target_are_percent_encoded() {
        assert_eq!(
            resolve("https://[VAR:h]/x?q=[VAR:q]", &[("h", "a.b"), ("q", "c d&e/\"")]).unwrap(),
            "https://a.b/x?q=c%20d%26e%2F%22"
        );
        assert_eq!(resolve("/x/[VAR:a|url]", &[("a", "a b")]).unwrap(), "/x/a%20b");
        assert_eq!(
            resolve("mailto:[VAR:a]", &[("a", "x@y.z")]).unwrap(),
            "mailto:x%40y.z"
        );
        assert_eq!(resolve("https://[VAR:h]/", &[]), None);
        assert_eq!(resolve(r"/\[VAR:h]", &[]).unwrap(), "/%5BVAR%3Ah%5D");
    }

    #[test]
    fn an_opening_value_is_a_whole_address() {
        assert_eq!(
            resolve("[VAR:a]", &[("a", "https://x.y/a b")]).unwrap(),
            "https://x.y/a%20b"
        );
        assert_eq!(
            resolve("[VAR:a]/[VAR:b]", &[("a", "http://x.y"), ("b", "c/d")]).unwrap(),
            "http://x.y//c%2Fd"
        );
        assert_eq!(
            resolve("[VAR:a]", &[("a", "mailto:a@b.c")]).unwrap(),
            "mailto:a@b.c"
        );
        for value in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//x.y",
            "x.y",
            "",
            "/x",
            "http:",
            "mailto:",
            "file:///x",
            "java\nscript:x",
        ] {
            assert_eq!(resolve("[VAR:a]", &[("a", value)]), None, "{value:?}");
        }
    }

    #[test]
    fn a_scheme_cannot_be_made_of_parts() {
        assert_eq!(resolve("java[VAR:a]:alert(1)", &[("a", "script")]), None);
        assert_eq!(
            resolve("java[VAR:a]", &[("a", "script:alert(1)")]).unwrap(),
            "javascript%3Aalert%281%29"
        );
        assert_eq!(resolve("//[VAR:a]", &[("a", "x.y")]), None);
        assert_eq!(
            resolve("[VAR:a][VAR:b]", &[("a", "javascript"), ("b", ":x")]),
            None
        );
        assert_eq!(
            resolve("[VAR:a][VAR:b]", &[("a", ""), ("b", "https://x.y")]),
            None
        );
        assert_eq!(resolve("javascript:[VAR:a]", &[("a", "x")]), None);
        assert_eq!(resolve(" javascript:[VAR:a]", &[("a", "x")]), None);
        assert_eq!(resolve("/[VAR:a]", &[("a", "/x.y")]).unwrap(), "/%2Fx.y");
        assert_eq!(resolve("[VAR:a]://x.y", &[("a", "https")]), None);
        assert_eq!(
            resolve("h[VAR:a]://x.y", &[("a", "ttps")]).unwrap(),
            "https://x.y"
        );
    }

    #[test]
    fn what_a_target_may_be() {
        for address in [
            "http://x",
            "HTTPS://x",
            "mailto:a@b",
            "a/b",
            "/a",
            "#a",
            "?a:b",
            "a/b:c",
            "",
            "./x",
        ] {
            assert!(is_allowed(address), "{address:?}");
        }
        for address in [
            "javascript:x",
            "java\nscript:x",
            "\u{1}javascript:x",
            "//x",
            "/\\x",
            "\\\\x",
            "data:x",
            "vbscript:x",
            "/\t/x",
            "a b:c",
        ] {
            assert!(!is_allowed(address), "{address:?}");
        }
    }
}
