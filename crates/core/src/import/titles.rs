//! Titles: the first sentence of what an author wrote, on one line, and words that tell what a step is.

use super::text::words;
use super::vocabulary::{ABBREVIATIONS, ASKING, IMPERATIVES, LOOSE_ENDS, TELLING};
use crate::step::StepKind;

/// The most characters of a title that is made from a sentence.
pub(super) const MAX_TITLE: usize = 120;
/// A text up to this long stays whole, even when it is two sentences.
const SHORT: usize = 90;

/// A title made from a text without markup, and whether it has all of the text.
///
/// The first sentence where there is one within the limit, otherwise as many words as fit, with `…`.
pub(super) fn title(text: &str) -> String {
    let text = text.split('\n').next().unwrap_or_default();
    // Marks of references, `[1]`, that stood small and high.
    let text = match text.rsplit_once('[') {
        Some((before, mark)) if mark.strip_suffix(']').is_some_and(|n| n.parse::<u16>().is_ok()) => {
            before.trim_end()
        }
        _ => text,
    };
    let length = text.chars().count();
    let sentence = first_sentence(text);
    let chosen = if length <= SHORT { text } else { sentence };
    if chosen.chars().count() <= MAX_TITLE {
        return tidy(chosen).to_owned();
    }
    let cut = cut(chosen);
    if cut.is_empty() {
        String::new()
    } else {
        format!("{cut}…")
    }
}

/// Without the punctuation that ends a sentence or announces what follows.
fn tidy(text: &str) -> &str {
    let bare = text.trim().trim_end_matches([':', ';', ',']).trim_end();
    let bare = match bare.strip_suffix('.') {
        Some(shorter) if !shorter.ends_with('.') && !ends_with_abbreviation(shorter) => shorter,
        _ => bare,
    };
    // A backslash at the end would escape what a page puts behind it.
    let bare = bare.trim_end_matches('\\').trim();
    if bare.is_empty() { text.trim() } else { bare }
}

fn ends_with_abbreviation(text: &str) -> bool {
    let word = text
        .rsplit([' ', '('])
        .next()
        .unwrap_or_default()
        .trim_start_matches(['_', '*', '\\']);
    ABBREVIATIONS.has(&word.to_lowercase())
}

/// The text up to the first full stop, question or exclamation mark that ends a sentence.
fn first_sentence(text: &str) -> &str {
    let mut code = false;
    let mut deep = 0_usize;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '`' => code = !code,
            '(' | '[' => deep += 1,
            ')' | ']' => deep = deep.saturating_sub(1),
            '.' | '!' | '?' if !code && deep == 0 && at >= 12 => {
                let ends = characters.peek().is_some_and(|(_, next)| next.is_whitespace());
                let begins = text[at + 1..]
                    .trim_start()
                    .starts_with(|c: char| !c.is_lowercase() || c == '`');
                if ends && begins && !(character == '.' && ends_with_abbreviation(&text[..at])) {
                    return &text[..=at];
                }
            }
            _ => {}
        }
    }
    text
}

/// As many whole words as fit; inline code and placeholders are not cut through.
fn cut(text: &str) -> &str {
    let mut end = 0;
    let mut code = 0;
    let mut bracket = false;
    let mut run = 0;
    for (count, (at, character)) in text.char_indices().enumerate() {
        if count >= MAX_TITLE {
            break;
        }
        if character == '`' {
            run += 1;
        } else if run > 0 {
            code = if code == run {
                0
            } else if code == 0 {
                run
            } else {
                code
            };
            run = 0;
        }
        match character {
            '[' => bracket = true,
            ']' => bracket = false,
            ' ' if code == 0 && !bracket => end = at,
            _ => {}
        }
    }
    let mut cut = text[..end].trim_end();
    while let Some((before, last)) = cut.rsplit_once(' ') {
        if !LOOSE_ENDS.has(&last.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()) {
            break;
        }
        cut = before.trim_end();
    }
    cut.trim_end_matches([',', ';', ':', '(', '-', '–', '—', '\\'])
        .trim_end()
}

/// Whether a heading introduces a telling part: meaning, impact, references and the like, or a question.
pub(super) fn is_telling(heading: &str) -> bool {
    let heading = heading.trim().trim_end_matches(':').to_lowercase();
    (heading.ends_with('?') && heading != "how?")
        || heading.starts_with("reference")
        || heading.starts_with("additional ")
        || TELLING.has(heading.trim_start_matches(|c: char| !c.is_alphabetic()))
}

/// Whether a heading asks for something to be done.
pub(super) fn is_asking(heading: &str) -> bool {
    words(heading).any(|word| ASKING.has(&word)) && !is_telling(heading)
}

/// Whether a sentence begins with a verb that tells someone to do something.
pub(super) fn is_imperative(text: &str) -> bool {
    let mut first = words(text).skip_while(|word| word == "please" || word == "optional");
    first.next().is_some_and(|word| IMPERATIVES.has(&word))
}

/// What a step is, from its title; `None` where the title does not tell.
pub(super) fn kind(title: &str) -> Option<StepKind> {
    match words(title).next()?.as_str() {
        "verify" | "confirm" | "validate" => Some(StepKind::Verify),
        "warning" | "caution" | "danger" => Some(StepKind::Warning),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_its_title() {
        assert_eq!(title("Restart the service."), "Restart the service");
        assert_eq!(title("Determine the scope:"), "Determine the scope");
        assert_eq!(title("Stay calm. Breathe."), "Stay calm. Breathe");
        assert_eq!(title("Check logs, mails, etc."), "Check logs, mails, etc.");
    }

    #[test]
    fn a_long_text_gives_its_first_sentence() {
        let text = "Check the pods in the namespace e.g. with kubectl. Then look at all of the events that the cluster has kept.";
        assert_eq!(title(text), "Check the pods in the namespace e.g. with kubectl");
    }

    #[test]
    fn a_long_sentence_ends_at_a_word() {
        let text = format!("Retrieve {} of the cluster", "one metric and ".repeat(20));
        let title = title(&text);
        assert!(title.ends_with("one…") || title.ends_with("metric…"), "{title}");
        assert!(title.chars().count() <= MAX_TITLE + 1);
    }

    #[test]
    fn code_and_placeholders_are_not_cut_through() {
        let text = format!("Run `{}` now", "kubectl get pods -A ".repeat(10));
        assert_eq!(title(&text), "Run…");
        let text = format!("{} [VAR:some_name] and more words", "x".repeat(110));
        assert_eq!(title(&text), format!("{}…", "x".repeat(110)));
        assert_eq!(title(&"x".repeat(500)), "");
    }

    #[test]
    fn headings_tell_or_ask() {
        assert!(
            is_telling("Meaning")
                && is_telling("What is it?")
                && !is_telling("How?")
                && is_telling("Reference: Call Etiquette")
        );
        assert!(is_asking("Diagnosis") && is_asking("Steps to fix") && !is_asking("Impact"));
        assert!(
            is_imperative("**Do not** pay")
                && is_imperative("Quarantine users")
                && !is_imperative("pod priority")
        );
    }
}
