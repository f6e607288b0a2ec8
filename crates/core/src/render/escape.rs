//! Values as Markdown text: whatever they hold, a reader of the export sees exactly that.
//!
//! Backslashes where `CommonMark` takes them (section 2.4), entities for space that would be dropped, and empty
//! comments where only they keep two texts apart (a mail address becomes a link although it is escaped).

use std::fmt::Write;

/// What stands around a hole in prose.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// The character before it, unless it begins the text or the line.
    pub before: Option<char>,
    /// The character behind it, unless it ends the text or the line.
    pub after: Option<char>,
    /// Whether only container markers and digits stand before it in its line.
    pub at_start: bool,
    /// Whether it is in a table cell.
    pub in_table: bool,
}

/// Appends a value as prose.
pub(super) fn prose(value: &str, around: Around, out: &mut String) {
    if value.is_empty() {
        let is_plain = |side: Option<char>| {
            side.is_some_and(|c| c.is_alphanumeric() || matches!(c, ' ' | ',' | '.' | ';' | ':' | '?' | '/'))
        };
        if around.at_start || !is_plain(around.before) || !is_plain(around.after) {
            out.push_str("&#32;");
        }
        return;
    }
    if around.before == Some('@') {
        out.push_str("<!-- -->");
    }
    for (number, line) in lines(value).enumerate() {
        if number > 0 {
            out.push_str("<br>");
        } else if line.is_empty() && around.at_start {
            // `<br>` alone in its line would begin a block of HTML.
            out.push_str("&#32;");
        }
        prose_line(line, number == 0, around, out);
    }
    if around.after == Some('@') && value.ends_with(char::is_alphanumeric) {
        out.push_str("<!-- -->");
    }
}

fn prose_line(line: &str, is_first: bool, around: Around, out: &mut String) {
    // A number before a dot would begin a list.
    let is_number = is_first
        && around.at_start
        && matches!(around.after, Some('.' | ')'))
        && line.bytes().all(|byte| byte.is_ascii_digit());
    let mut digits_only = true;
    let mut before = None;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let after = characters.peek().copied();
        let is_edge = before.is_none() || after.is_none();
        match character {
            // White space that ends or begins something would be dropped, or keep emphasis from closing.
            c if c.is_whitespace() && is_edge || c.is_ascii_control() && c != '\t' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if is_number && after.is_none() => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\\' => out.push_str(if around.in_table { "&#92;" } else { "\\\\" }),
            '@' => {
                let left = before.or(around.before.filter(|_| is_first));
                if left.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '+' | '-' | '_')) {
                    out.push_str("<!-- -->");
                }
                out.push_str("\\@");
            }
            c if needs_backslash(c, before, after, digits_only) => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        digits_only &= character.is_ascii_digit();
        before = Some(character);
    }
}

/// Whether a character could begin markup where it stands in a value.
fn needs_backslash(character: char, before: Option<char>, after: Option<char>, digits_only: bool) -> bool {
    if !character.is_ascii_punctuation() {
        return false;
    }
    match character {
        _ if before.is_none() || after.is_none() => true,
        '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '#' | '!' | '^' | '$' | '|' => true,
        ':' => after == Some('/'),
        '.' | ')' => (digits_only && after == Some(' ')) || matches!(before, Some('w' | 'W')),
        _ => false,
    }
}

/// Appends a value as the title of a link.
pub(super) fn title(value: &str, in_table: bool, out: &mut String) {
    for character in value.chars() {
        match character {
            '\n' | '\r' => out.push(' '),
            '\\' if in_table => out.push_str("&#92;"),
            c if c.is_ascii_punctuation() => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
}

/// Appends a value inside a line of code, where nothing but its backticks can be escaped.
pub(super) fn inline_code(value: &str, in_table: bool, out: &mut String) {
    for (number, line) in lines(value).enumerate() {
        if number > 0 {
            out.push(' ');
        }
        if in_table {
            out.push_str(&line.replace('|', "\\|"));
        } else {
            out.push_str(line);
        }
    }
}

/// Appends a value in a block of code: its further lines begin as the block's lines do.
pub(super) fn code_block(value: &str, prefix: &str, out: &mut String) {
    for (number, line) in lines(value).enumerate() {
        if number > 0 {
            out.push('\n');
            out.push_str(prefix);
        }
        out.push_str(line);
    }
}

/// Appends a value in raw HTML, as content or in a quoted attribute.
pub(super) fn raw_html(value: &str, out: &mut String) {
    // A blank line would end the block.
    let is_blank = value.trim().is_empty();
    if value.is_empty() {
        out.push_str("&#32;");
    }
    for (number, line) in lines(value).enumerate() {
        if number > 0 {
            out.push_str("&#10;");
        }
        for character in line.chars() {
            if is_blank || matches!(character, '&' | '<' | '>' | '"' | '\'' | '`' | '|') {
                let _ = write!(out, "&#{};", u32::from(character));
            } else {
                out.push(character);
            }
        }
    }
}

/// Appends a placeholder or what looks like one: itself where nothing around it could make it a link.
pub(super) fn placeholder(text: &str, around: Around, is_followed: bool, out: &mut String) {
    let is_alone = !is_followed
        && !matches!(around.after, Some('(' | '[' | ':'))
        && !matches!(around.before, Some(']' | '!' | '\\'))
        && !text.contains('|')
        && !text.ends_with("_]");
    if is_alone {
        out.push_str(text);
    } else {
        prose(text, around, out);
    }
}

/// The lines of a value, however they end.
fn lines(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
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
