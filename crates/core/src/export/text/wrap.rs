//! Lines of a text form: broken between words at 78 columns, but never inside code, values or long words.

use std::ops::Range;

use crate::export::escape::{lines, visible};
use crate::render::PlainText;

/// How long a line should be at most, in characters: what mail and tickets show whole (RFC 5322, section 2.1.1).
const WIDTH: usize = 78;

/// Text with its line breaks as `\n`, control characters as their pictures, and without what would turn the
/// direction of the text around it.
pub(super) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for (number, line) in lines(text).enumerate() {
        if number > 0 {
            clean.push('\n');
        }
        clean.extend(line.chars().filter(|c| !turns(*c)).map(visible));
    }
    clean
}

/// Whether a character embeds, overrides or isolates a direction (Unicode, UAX #9, section 2), or breaks a line
/// without being a line break.
const fn turns(character: char) -> bool {
    matches!(
        character,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}'
    )
}

/// Appends lines as they are, each behind the indent.
pub(super) fn verbatim(text: &str, indent: &str, out: &mut String) {
    for line in text.split('\n') {
        whole(line, indent, out);
    }
}

fn whole(line: &str, indent: &str, out: &mut String) {
    if !line.trim().is_empty() {
        out.push_str(indent);
        out.push_str(line.trim_end());
    }
    out.push('\n');
}

/// Appends text, each line of it broken where it is too long.
pub(super) fn wrapped(text: &str, indent: &str, out: &mut String) {
    for line in text.split('\n') {
        broken(line, 0, &[], indent, out);
    }
}

/// Appends a text of the flow: its blocks of code as they are, its values and code in lines unbroken.
pub(super) fn plain(plain: &PlainText, indent: &str, out: &mut String) {
    let (text, blocks, kept) = cleaned(plain);
    let mut at = 0;
    for line in text.split('\n') {
        let range = at..at + line.len();
        at = range.end + 1;
        let next = blocks.partition_point(|block| block.end < range.start);
        if blocks.get(next).is_some_and(|block| block.start <= range.end) {
            whole(line, indent, out);
            continue;
        }
        let first = kept.partition_point(|kept| kept.end <= range.start);
        let last = kept.partition_point(|kept| kept.start < range.end);
        broken(line, range.start, &kept[first..last.max(first)], indent, out);
    }
}

/// The text after [`clean`], with its ranges where they are now.
fn cleaned(plain: &PlainText) -> (String, Vec<Range<usize>>, Vec<Range<usize>>) {
    let mut ends: Vec<usize> = plain
        .blocks
        .iter()
        .chain(&plain.kept)
        .flat_map(|range| [range.start, range.end])
        .collect();
    ends.sort_unstable();
    ends.dedup();
    let mut text = String::with_capacity(plain.text.len());
    let mut places = Vec::with_capacity(ends.len());
    let mut at = 0;
    for end in &ends {
        text.push_str(&clean(&plain.text[at..*end]));
        places.push(text.len());
        at = *end;
    }
    text.push_str(&clean(&plain.text[at..]));
    let place = |end: usize| ends.binary_search(&end).map_or(0, |index| places[index]);
    let moved = |ranges: &[Range<usize>]| {
        let ranges = ranges.iter().map(|range| place(range.start)..place(range.end));
        ranges.collect()
    };
    let (blocks, kept) = (moved(&plain.blocks), moved(&plain.kept));
    (text, blocks, kept)
}

/// Appends a line that begins at `start` of its text, broken at spaces that are in nothing which is kept together.
fn broken(line: &str, start: usize, kept: &[Range<usize>], indent: &str, out: &mut String) {
    if indent.chars().count() + line.chars().count() <= WIDTH {
        whole(line, indent, out);
        return;
    }
    let hanging = hanging(line);
    let first = hanging.len();
    // Nothing but our own words begins at the edge.
    let hanging = if indent.is_empty() {
        format!("  {hanging}")
    } else {
        hanging
    };
    let mut kept = kept.iter().peekable();
    let mut written = out.len();
    out.push_str(indent);
    let mut column = indent.chars().count();
    // What of the line is not written yet, and how wide that is.
    let (mut from, mut width) = (0, 0);
    let mut is_first = true;
    for (at, character) in line.char_indices().chain([(line.len(), ' ')]) {
        while kept.next_if(|range| range.end <= start + at).is_some() {}
        let is_kept = kept.peek().is_some_and(|range| range.start < start + at);
        let is_break = at == line.len() || character == ' ' && at >= first && !is_kept;
        if !is_break {
            width += 1;
            continue;
        }
        let word = &line[from..at];
        if !is_first && column + width > WIDTH && !word.trim().is_empty() {
            let end = written + out[written..].trim_end().len();
            out.truncate(end);
            out.push('\n');
            written = out.len();
            out.push_str(indent);
            out.push_str(&hanging);
            out.push_str(word.trim_start());
            column = indent.chars().count() + hanging.chars().count() + word.trim_start().chars().count();
        } else {
            out.push_str(word);
            column += width;
        }
        // The space stands before the next word.
        (from, width) = (at, 1);
        is_first = false;
    }
    let end = written + out[written..].trim_end().len();
    out.truncate(end);
    out.push('\n');
}

/// What stands before the further lines of a broken one: as much space as it is indented itself, and as its marker
/// takes; quotes go on.
fn hanging(line: &str) -> String {
    let mut hanging = String::new();
    let mut rest = line;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_number = (1..=3).contains(&digits) && rest[digits..].starts_with(". ");
        let (length, is_quote) = match rest {
            rest if rest.starts_with("> ") => (2, true),
            rest if rest.starts_with(' ') => (1, false),
            rest if rest.starts_with("- ") => (2, false),
            rest if rest.starts_with("[ ] ") || rest.starts_with("[x] ") => (4, false),
            _ if is_number => (digits + 2, false),
            _ => return hanging,
        };
        if hanging.len() + length > WIDTH / 2 {
            return hanging;
        }
        if is_quote {
            hanging.push_str("> ");
        } else {
            hanging.extend(std::iter::repeat_n(' ', length));
        }
        rest = &rest[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(text: &str, indent: &str) -> Vec<String> {
        let mut out = String::new();
        wrapped(text, indent, &mut out);
        out.lines().map(str::to_owned).collect()
    }

    #[test]
    fn lines_break_between_words() {
        let word = "wonderful ";
        assert_eq!(lines_of(&word.repeat(7), ""), [word.repeat(7).trim_end()]);
        assert_eq!(
            lines_of(&word.repeat(9), ""),
            [word.repeat(7).trim_end(), "  wonderful wonderful"]
        );
        let item = lines_of(&format!("  - [x] {}", word.repeat(9)), "  ");
        assert_eq!(
            item[1],
            format!("{}wonderful wonderful wonderful", " ".repeat(10))
        );
        let quote = lines_of(&format!("> {}", word.repeat(9)), "");
        assert_eq!(quote[1], "  > wonderful wonderful");
        let number = lines_of(&format!("12. {}", word.repeat(9)), "");
        assert!(number[1].starts_with("      wonderful"));
    }

    #[test]
    fn long_words_and_what_is_kept_are_whole() {
        let long = "x".repeat(100);
        assert_eq!(
            lines_of(&format!("a {long} b"), ""),
            ["a", &format!("  {long}"), "  b"]
        );
        assert_eq!(lines_of(&long, "  "), [format!("  {long}")]);
        let value = "two words ".repeat(9).trim_end().to_owned();
        let text = format!("Call {value} now");
        let kept = PlainText {
            kept: std::iter::once(5..5 + value.len()).collect(),
            text,
            blocks: Vec::new(),
        };
        let mut out = String::new();
        plain(&kept, "", &mut out);
        assert_eq!(out, format!("Call\n  {value}\n  now\n"));
    }

    #[test]
    fn blocks_stay_as_they_are() {
        let code = "word ".repeat(30);
        let text = format!("Run\n\n{}\n  x\n\nthen", code.trim_end());
        let text = PlainText {
            blocks: std::iter::once(5..text.len() - 6).collect(),
            kept: Vec::new(),
            text,
        };
        let mut out = String::new();
        plain(&text, "", &mut out);
        assert_eq!(out, format!("Run\n\n{}\n  x\n\nthen\n", code.trim_end()));
    }

    #[test]
    fn nothing_turns_the_text_around_it() {
        assert_eq!(clean("a\u{202e}b\u{2067}\r\nשלום\u{1b}[0m"), "ab\nשלום␛[0m");
    }
}
