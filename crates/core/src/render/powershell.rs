//! Highlights `PowerShell`, which the syntax set lacks for the expression engine that is all Rust.
//!
//! One look at each character: comments, strings, here-strings, variables, parameters, numbers, keywords and
//! `Verb-Noun` commands. It understands no more, and needs no more.

use super::escape_html;

const KEYWORDS: &[&str] = &[
    "begin",
    "break",
    "catch",
    "class",
    "continue",
    "do",
    "dynamicparam",
    "else",
    "elseif",
    "end",
    "enum",
    "exit",
    "filter",
    "finally",
    "for",
    "foreach",
    "function",
    "if",
    "in",
    "param",
    "process",
    "return",
    "switch",
    "throw",
    "trap",
    "try",
    "until",
    "using",
    "while",
];

/// Appends the code as HTML with `hl-` classes.
pub(super) fn highlight(code: &str, out: &mut String) {
    let bytes = code.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let (class, length) = token(code, at);
        let end = at + length;
        if let Some(class) = class {
            out.push_str("<span class=\"");
            out.push_str(class);
            out.push_str("\">");
            escape_html(&code[at..end], out);
            out.push_str("</span>");
        } else {
            escape_html(&code[at..end], out);
        }
        at = end;
    }
}

/// The class and length of what begins at `at`, which is never empty.
fn token(code: &str, at: usize) -> (Option<&'static str>, usize) {
    let rest = &code[at..];
    let bytes = rest.as_bytes();
    let to = |end: &str, from: usize| {
        rest[from..]
            .find(end)
            .map_or(rest.len(), |length| from + length + end.len())
    };
    let is_start = at == 0 || !is_word(code.as_bytes()[at - 1]);
    let next = bytes.get(1).copied().unwrap_or(b' ');
    match bytes[0] {
        b'<' if next == b'#' => (Some("hl-comment"), to("#>", 2)),
        b'#' if is_start => (Some("hl-comment"), rest.find('\n').unwrap_or(rest.len())),
        b'@' if next == b'\'' => (Some("hl-string"), to("\n'@", 2)),
        b'@' if next == b'"' => (Some("hl-string"), to("\n\"@", 2)),
        b'\'' => (Some("hl-string"), to("'", 1)),
        b'"' => (Some("hl-string"), double_quoted(bytes)),
        b'$' if next == b'{' => (Some("hl-variable"), to("}", 2)),
        b'$' if is_word(next) && next != b'-' => (Some("hl-variable"), 1 + word(&bytes[1..], b":")),
        b'$' if matches!(next, b'_' | b'?' | b'$' | b'^') => (Some("hl-variable"), 2),
        b'-' if is_start && next.is_ascii_alphabetic() => (Some("hl-attribute"), 1 + word(&bytes[1..], b"")),
        b'`' if next != b' ' => (
            Some("hl-escape"),
            1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        ),
        b'0'..=b'9' if is_start => (Some("hl-number"), word(bytes, b".")),
        letter if letter.is_ascii_alphabetic() && is_start => {
            let length = word(bytes, b"-");
            let word = &rest[..length];
            let class = if word.contains('-') {
                Some("hl-function")
            } else {
                KEYWORDS
                    .iter()
                    .any(|keyword| keyword.eq_ignore_ascii_case(word))
                    .then_some("hl-keyword")
            };
            (class, length)
        }
        _ => (None, rest.chars().next().map_or(1, char::len_utf8)),
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How far a word goes that may also have those bytes in it.
fn word(bytes: &[u8], more: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| is_word(**byte) || more.contains(byte))
        .count()
}

fn double_quoted(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'`' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn highlighted(code: &str) -> String {
        let mut out = String::new();
        highlight(code, &mut out);
        out
    }

    #[test]
    fn what_is_seen_has_a_class() {
        let html = highlighted(
            "foreach ($x in $env:A) { Get-ADUser -Filter 'a''b' -Top 5 } # <end>\n@\"\nx\n\"@ \"a`\"b\"",
        );
        for part in [
            "\"hl-keyword\">foreach<",
            "\"hl-variable\">$x<",
            "\"hl-variable\">$env:A<",
            "\"hl-function\">Get-ADUser<",
            "\"hl-attribute\">-Filter<",
            "\"hl-number\">5<",
            "\"hl-comment\"># &lt;end&gt;<",
            "\"hl-string\">@&quot;\nx\n&quot;@<",
            "\"hl-string\">&quot;a`&quot;b&quot;<",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    proptest! {
        #[test]
        fn no_character_is_lost(code in r#"([a-zA-Z$@#"'`<>{}\n \-0-9üé]|<#|#>|@'|'@){0,60}"#) {
            let html = highlighted(&code);
            let mut text = String::new();
            super::super::raw_html::text_of(&html.replace("&#39;", "'"), &mut text);
            prop_assert_eq!(text, code);
        }
    }
}
