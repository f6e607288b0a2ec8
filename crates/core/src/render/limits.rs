//! The guard before every parse: what nests too deep or is too long is refused, with the reason.
//!
//! A parser walks all open containers for every line, so depth times length is the work; both are bounded here by
//! one look at the beginning of each line.

/// The longest text that is rendered, in bytes.
const MAX_TEXT: usize = crate::flow::MAX_BODY;
/// How many tags and entities one text may become: what the sanitiser's work grows with.
const MAX_MARKUP: usize = 100_000;
/// How deep quotes and lists may stand inside each other.
const MAX_NESTING: usize = 64;

/// Refuses a text that is too long or whose quotes and lists stand too deep in each other.
///
/// A line stays in a container only by its `>` or by two columns of indentation, and opens one only by a marker:
/// its depth is at most its markers and half its indentation.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.len() > MAX_TEXT {
        return Err(format!(
            "the text has {} bytes; {MAX_TEXT} are allowed",
            text.len()
        ));
    }
    match text.lines().position(|line| depth(line.as_bytes()) > MAX_NESTING) {
        Some(line) => Err(format!(
            "line {}: quotes and lists stand more than {MAX_NESTING} deep in each other",
            line + 1
        )),
        None => Ok(()),
    }
}

/// Refuses HTML that would keep the sanitiser busy for longer than a page is worth.
pub(super) fn check_html(html: &str) -> Result<(), String> {
    let markup = html.bytes().filter(|byte| matches!(byte, b'<' | b'&')).count();
    if markup > MAX_MARKUP {
        return Err(format!(
            "the text becomes {markup} tags and entities; {MAX_MARKUP} are allowed"
        ));
    }
    Ok(())
}

/// No fewer than the containers that are open behind the beginning of the line; 0 where it opens none.
fn depth(line: &[u8]) -> usize {
    let (mut markers, mut blanks) = (0, 0);
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        match byte {
            b' ' => blanks += 1,
            b'\t' => blanks += 4,
            b'>' => markers += 1,
            b'-' | b'+' | b'*' if is_blank(line, at + 1) => markers += 1,
            b'0'..=b'9' => {
                let digits = line[at..]
                    .iter()
                    .take(10)
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                let delimiter = at + digits;
                if digits == 10
                    || !matches!(line.get(delimiter), Some(b'.' | b')'))
                    || !is_blank(line, delimiter + 1)
                {
                    break;
                }
                markers += 1;
                at = delimiter;
            }
            b'[' if line.get(at + 1) == Some(&b'^') => {
                let Some(close) = line[at..].iter().take(1_000).position(|byte| *byte == b']') else {
                    break;
                };
                if line.get(at + close + 1) != Some(&b':') {
                    break;
                }
                markers += 1;
                at += close + 1;
            }
            _ => break,
        }
        at += 1;
    }
    // `- - - -` and `* * * *` are rules, however long.
    let first = line.iter().find(|byte| !byte.is_ascii_whitespace());
    let is_rule = first.is_some_and(|first| {
        matches!(first, b'-' | b'*')
            && line
                .iter()
                .all(|byte| byte == first || byte.is_ascii_whitespace())
    });
    if markers == 0 || is_rule {
        0
    } else {
        markers + blanks / 2
    }
}

fn is_blank(line: &[u8], at: usize) -> bool {
    matches!(line.get(at), None | Some(b' ' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_containers_are_refused() {
        for text in [
            ">".repeat(65),
            "- ".repeat(65) + "x",
            "> - ".repeat(40) + "x",
            "1. ".repeat(70) + "x",
            format!("{}- x", " ".repeat(140)),
        ] {
            assert!(check(&format!("a\n{text}")).is_err(), "{text}");
        }
        for text in [
            ">".repeat(60),
            "- ".repeat(200),
            " ".repeat(500) + "x",
            "* * *".repeat(50),
            "1. a\n   - b\n     > c".into(),
        ] {
            assert!(check(&text).is_ok(), "{text}");
        }
        assert!(check(&"x".repeat(MAX_TEXT + 1)).is_err());
    }
}
