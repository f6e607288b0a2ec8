//! Where a search matches in a text: the same way as the database looks, in any case.

use std::ops::Range;

use maud::{Markup, html};

/// How many characters of a line stand before and behind a match.
const BEFORE: usize = 32;
const BEHIND: usize = 64;

/// Where the words first stand in a text, in bytes.
pub fn first(text: &str, words: &str) -> Option<Range<usize>> {
    all(text, words).into_iter().next()
}

/// A text in which every match is marked; no words mark nothing.
pub fn marked(text: &str, words: &str) -> Markup {
    let mut pieces = Vec::new();
    let mut at = 0;
    for found in all(text, words) {
        pieces.push((&text[at..found.start], &text[found.clone()]));
        at = found.end;
    }
    html! {
        @for (before, found) in &pieces { (before) mark { (found) } }
        (text[at..])
    }
}

/// The line of a text that matches first, with what stands around the match.
pub fn excerpt(text: &str, words: &str) -> Option<String> {
    let found = first(text, words)?;
    let line = text[..found.start].rfind('\n').map_or(0, |at| at + 1);
    let start = line + marks(&text[line..found.start]);
    let end = text[found.end..]
        .find('\n')
        .map_or(text.len(), |at| found.end + at);
    let mut from = text[start..found.start]
        .char_indices()
        .rev()
        .take(BEFORE)
        .last()
        .map_or(found.start, |(at, _)| start + at);
    let to = text[found.end..end]
        .char_indices()
        .nth(BEHIND)
        .map_or(end, |(at, _)| found.end + at);
    let mut cut = "";
    if from > start {
        cut = "…";
        // No word is cut where one begins to read.
        from += text[from..found.start].find(' ').map_or(0, |space| space + 1);
    }
    let behind = if to < end { "…" } else { "" };
    Some(format!("{cut}{}{behind}", text[from..to].trim()))
}

/// How many bytes at the beginning of a line only say what kind of line it is.
fn marks(line: &str) -> usize {
    let rest = line.trim_start_matches([' ', '-', '*', '>', '#', '|']);
    let rest = ["[ ] ", "[x] "]
        .iter()
        .find_map(|mark| rest.strip_prefix(mark))
        .unwrap_or(rest);
    line.len() - rest.len()
}

/// Every match, without overlaps. Small letters may have other lengths than capitals, so places are counted along.
fn all(text: &str, words: &str) -> Vec<Range<usize>> {
    let words = words.trim().to_lowercase();
    if words.is_empty() {
        return Vec::new();
    }
    let (mut small, mut places) = (String::with_capacity(text.len()), Vec::with_capacity(text.len()));
    for (at, character) in text.char_indices() {
        for lower in character.to_lowercase() {
            small.push(lower);
            places.extend(std::iter::repeat_n(
                at..at + character.len_utf8(),
                lower.len_utf8(),
            ));
        }
    }
    let found = small.match_indices(&words);
    found
        .map(|(at, words)| places[at].start..places[at + words.len() - 1].end)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_marked_in_any_case_and_escaped() {
        let marked = |text, words| marked(text, words).into_string();
        assert_eq!(
            marked("Server serves", "SER"),
            "<mark>Ser</mark>ver <mark>ser</mark>ves"
        );
        assert_eq!(marked("a <b> & c", "<b>"), "a <mark>&lt;b&gt;</mark> &amp; c");
        assert_eq!(marked("İzmir Äpfel", "äpf"), "İzmir <mark>Äpf</mark>el");
        assert_eq!(marked("plain", ""), "plain");
        assert_eq!(marked("plain", "no"), "plain");
    }

    #[test]
    fn an_excerpt_is_one_line_around_the_match() {
        assert_eq!(excerpt("one\ntwo here\nthree", "HERE").unwrap(), "two here");
        assert_eq!(excerpt("one", "two"), None);
        assert_eq!(excerpt("one\n- [ ] Tell them", "them").unwrap(), "Tell them");
        assert_eq!(excerpt("- [ ] a", "- [").unwrap(), "- [ ] a");
        let long = format!("{}middle{}", "ä".repeat(100), "ö".repeat(100));
        assert_eq!(
            excerpt("some words that stand a long way before the match", "match").unwrap(),
            "…stand a long way before the match"
        );
        let cut = excerpt(&long, "middle").unwrap();
        assert_eq!(cut, format!("…{}middle{}…", "ä".repeat(32), "ö".repeat(64)));
    }
}
