//! Typed text as Markdown: whatever it holds, a reader of the export sees exactly that text.
//!
//! It should read well unrendered too, in a ticket: a backslash stands only where a character could begin markup
//! (`CommonMark` 0.31, section 2.4), and words that readers of Markdown would make links of become code.

use std::ops::Range;

/// What takes a line of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A line of its own, a part of one, or a heading.
    Line,
    /// A cell of a table, where a pipe needs a backslash even in code.
    Cell,
}

/// Appends typed text as one line of prose; its line breaks become spaces.
pub(super) fn inline(text: &str, place: Place, out: &mut String) {
    for (number, line) in lines(text).enumerate() {
        if number > 0 {
            out.push(' ');
        }
        prose(line.trim(), place, out);
    }
}

/// Appends typed text as a quote, line by line; nothing where there is no text.
pub(super) fn quote(text: &str, out: &mut String) {
    let mut blank = 0;
    let mut is_first = true;
    for line in lines(text).map(str::trim_end) {
        if line.is_empty() {
            blank += 1;
            continue;
        }
        if is_first {
            out.push_str("> ");
        } else if blank > 0 {
            out.push_str("\n>\n> ");
        } else {
            // Two spaces keep the line break.
            out.push_str("  \n> ");
        }
        (is_first, blank) = (false, 0);
        prose(line, Place::Line, out);
    }
    if !is_first {
        out.push_str("\n\n");
    }
}

/// Appends typed text as a block of code that nothing in it can end.
pub(super) fn fence(text: &str, out: &mut String) {
    let length = longest_run(text).max(2) + 1;
    out.extend(std::iter::repeat_n('`', length));
    out.push_str("text\n");
    let text = text.strip_suffix('\n').unwrap_or(text);
    for line in lines(text) {
        for character in line.chars() {
            out.push(visible(character));
        }
        out.push('\n');
    }
    out.extend(std::iter::repeat_n('`', length));
    out.push_str("\n\n");
}

/// Appends typed text for a cell of a table: code, and a `<br>` for each line break.
pub(super) fn cell(text: &str, out: &mut String) {
    for (number, line) in lines(text).enumerate() {
        if number > 0 {
            out.push_str("<br>");
        }
        code(line, Place::Cell, out);
    }
}

/// Appends one line of typed text as code.
pub(super) fn code(line: &str, place: Place, out: &mut String) {
    match place {
        Place::Line => span(line, place, out),
        // A table takes the backslash before a pipe for its own, in code too.
        Place::Cell => {
            for (number, part) in line.split("\\|").enumerate() {
                if number > 0 {
                    out.push_str("&#92;\\|");
                }
                span(part, place, out);
            }
        }
    }
}

fn span(text: &str, place: Place, out: &mut String) {
    if text.trim().is_empty() {
        // Code of nothing but space would not be code.
        plain(text, 0..text.len(), out);
        return;
    }
    let ticks = longest_run(text) + 1;
    let is_edge = |c: char| c == '`' || c == ' ';
    let padding = if text.starts_with(is_edge) || text.ends_with(is_edge) {
        " "
    } else {
        ""
    };
    out.extend(std::iter::repeat_n('`', ticks));
    out.push_str(padding);
    for character in text.chars() {
        match visible(character) {
            '|' if place == Place::Cell => out.push_str("\\|"),
            c => out.push(c),
        }
    }
    out.push_str(padding);
    out.extend(std::iter::repeat_n('`', ticks));
}

/// The lines of a text, however they end.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r']) else {
            rest = None;
            return Some(text);
        };
        let length = if text[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&text[end + length..]);
        Some(&text[..end])
    })
}

/// One line as prose: words that would become links as code, the rest escaped.
fn prose(line: &str, place: Place, out: &mut String) {
    let mut from = 0;
    let mut at = 0;
    for word in line.split_inclusive([' ', '\t']) {
        let bare = word.trim_end_matches([' ', '\t']);
        if is_address(bare) {
            plain(line, from..at, out);
            code(bare, place, out);
            from = at + bare.len();
        }
        at += word.len();
    }
    plain(line, from..line.len(), out);
}

/// Whether a reader of Markdown might make a link of a word (GFM 0.29, section 6.9).
fn is_address(word: &str) -> bool {
    let www = |bytes: &[u8]| bytes.eq_ignore_ascii_case(b"www.");
    word.contains('@') || word.contains("://") || word.as_bytes().windows(4).any(www)
}

/// Escapes a part of a line.
fn plain(line: &str, part: Range<usize>, out: &mut String) {
    let mut before = line[..part.start].chars().next_back();
    // Whether nothing but digits came yet, which a dot would make a list of.
    let mut digits = part.start == 0;
    let mut characters = line[part.start..].chars().peekable();
    let mut left = part.len();
    while let Some(character) = characters.next().filter(|_| left > 0) {
        left -= character.len_utf8();
        let after = characters.peek().copied();
        let is_edge = before.is_none() || after.is_none();
        match visible(character) {
            ' ' if is_edge => out.push_str("&#32;"),
            '\t' if is_edge => out.push_str("&#9;"),
            '\\' if after.is_none_or(|c| c.is_ascii_punctuation()) => out.push_str("&#92;"),
            c if begins_markup(c, before, after, digits) => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        digits &= character.is_ascii_digit();
        before = Some(character);
    }
}

/// Whether a character could begin or end markup between these two.
fn begins_markup(character: char, before: Option<char>, after: Option<char>, digits: bool) -> bool {
    let is_word = |side: Option<char>| side.is_some_and(char::is_alphanumeric);
    match character {
        '`' | '*' | '[' | '<' | '~' | '|' | '$' => true,
        '_' => !(is_word(before) && is_word(after)),
        '&' => after.is_some_and(|c| c == '#' || c.is_ascii_alphanumeric()),
        '#' => before.is_none_or(|c| c.is_whitespace() || c == '#'),
        '.' | ')' => digits && before.is_some() && after.is_none_or(char::is_whitespace),
        '>' | '-' | '+' | '=' | ':' => before.is_none(),
        _ => false,
    }
}

/// A character as it may stand in a text file: control characters as their pictures (Unicode, U+2400).
pub(super) fn visible(character: char) -> char {
    match character {
        '\t' => '\t',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(' '),
        '\u{7f}' => '\u{2421}',
        c => c,
    }
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_reads_as_it_was_typed() {
        for text in [
            "srv-01.contoso.com, 10.0.0.1:443 (was 10.0.0.2)",
            "server_name is C:\\temp\\x",
            "a -> b, 3 = 3; done! 50% & more",
            "It's \"fine\"",
        ] {
            let mut out = String::new();
            inline(text, Place::Line, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn only_what_begins_markup_is_escaped() {
        for (text, escaped) in [
            ("1. one", "1\\. one"),
            ("- one", "\\- one"),
            ("a * b [c](d) <e>", "a \\* b \\[c](d) \\<e>"),
            ("see www.a.b now", "see `www.a.b` now"),
            ("a\n\nb\r\nc", "a  b c"),
            ("\\\\srv\\a", "&#92;\\srv\\a"),
            ("a|b", "a\\|b"),
        ] {
            let mut out = String::new();
            inline(text, Place::Line, &mut out);
            assert_eq!(out, escaped, "{text:?}");
        }
    }

    #[test]
    fn code_holds_backticks_and_pipes() {
        for (text, place, code_span) in [
            ("a|b", Place::Line, "`a|b`"),
            ("a|b", Place::Cell, "`a\\|b`"),
            ("a\\|b", Place::Cell, "`a`&#92;\\|`b`"),
            ("`a``", Place::Line, "``` `a`` ```"),
            (" ", Place::Cell, "&#32;"),
        ] {
            let mut out = String::new();
            code(text, place, &mut out);
            assert_eq!(out, code_span, "{text:?}");
        }
    }

    #[test]
    fn a_fence_is_longer_than_any_in_its_text() {
        let mut out = String::new();
        fence("a\r\n````\n\u{1b}b", &mut out);
        assert_eq!(out, "`````text\na\n````\n␛b\n`````\n\n");
    }
}
