//! Placeholders: `[VAR:name]` and `[VAR:name|filter|filter]`, found in a text before anything else reads it.
//!
//! The word is exactly `VAR`; names are compared without regard to case. A backslash before the bracket makes it
//! literal text and disappears, in prose and in code. Two backslashes are two backslashes (`\\[VAR:server]\share`
//! is a UNC path): only the odd one counts. What is not well formed is plain text, and listed by [`malformed`].

use std::collections::BTreeMap;
use std::ops::Range;

use crate::field::FieldName;
use crate::filter::Filter;
use crate::flow::FlowDocument;
use crate::problem::Problem;
use crate::step::StepId;

/// The most filters one placeholder may have.
pub const MAX_FILTERS: usize = 8;

const OPENING: &str = "[VAR:";

/// One placeholder in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// The variable, as written.
    pub name: FieldName,
    /// What is done to its value, from left to right.
    pub filters: Vec<Filter>,
    /// Where it stands in the text, in bytes, brackets included.
    pub range: Range<usize>,
}

/// What a bracket may be.
pub(crate) enum Token {
    Placeholder(Placeholder),
    /// A literal: the range of its backslash and what follows, brackets included.
    Literal(Range<usize>),
    /// Plain text that looks as if a placeholder had been meant, and why it is none.
    Malformed(Range<usize>, String),
}

/// Where a variable is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The first spelling in the flow.
    pub name: FieldName,
    /// The steps that use it, in order, each once; empty when only titles, descriptions and sections do.
    pub steps: Vec<StepId>,
}

/// Every placeholder in the text, in order.
pub fn find(text: &str) -> Vec<Placeholder> {
    tokens(text)
        .filter_map(|token| match token {
            Token::Placeholder(placeholder) => Some(placeholder),
            Token::Literal(_) | Token::Malformed(..) => None,
        })
        .collect()
}

/// What looks like a placeholder and is none, with line and column.
pub fn malformed(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (mut line, mut line_start, mut seen) = (1, 0, 0);
    for token in tokens(text) {
        if let Token::Malformed(range, reason) = token {
            for (at, _) in text[seen..range.start].match_indices('\n') {
                line += 1;
                line_start = seen + at + 1;
            }
            seen = range.start;
            let column = text[line_start..range.start].chars().count() + 1;
            problems.push(Problem::in_text(line, column, reason));
        }
    }
    problems
}

/// Every variable that the flow uses, by key.
pub fn names(document: &FlowDocument) -> BTreeMap<String, Use> {
    let mut uses = BTreeMap::new();
    let parts = document.parts();
    let mut add = |text: &str, step: Option<&StepId>| {
        for placeholder in find(text) {
            let entry: &mut Use = uses.entry(placeholder.name.key()).or_insert_with(|| Use {
                name: placeholder.name,
                steps: Vec::new(),
            });
            if let Some(step) = step
                && entry.steps.last() != Some(step)
            {
                entry.steps.push(step.clone());
            }
        }
    };
    add(&parts.title, None);
    add(&parts.description, None);
    for section in &parts.sections {
        add(&section.title, None);
        add(&section.body, None);
        for step in &section.steps {
            add(&step.title, Some(&step.id));
            add(&step.body, Some(&step.id));
            for choice in &step.choices {
                add(&choice.label, Some(&step.id));
            }
        }
    }
    uses
}

/// Everything in the text that begins as a placeholder does, in order; each byte is looked at once or twice.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(OPENING)?;
        let backslashes = text[at..start]
            .bytes()
            .rev()
            .take_while(|byte| *byte == b'\\')
            .count();
        match parse(text, start) {
            Ok(placeholder) => {
                at = placeholder.range.end;
                Some(if backslashes % 2 == 1 {
                    Token::Literal(start - 1..at)
                } else {
                    Token::Placeholder(placeholder)
                })
            }
            Err(reason) => {
                at = start + OPENING.len();
                Some(Token::Malformed(start..at, reason))
            }
        }
    })
}

/// Reads the placeholder that begins at `start`, or says why there is none.
fn parse(text: &str, start: usize) -> Result<Placeholder, String> {
    let from = start + OPENING.len();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut end = from
        + text.as_bytes()[from..]
            .iter()
            .take(65)
            .take_while(|byte| is_name(byte))
            .count();
    let closes = |end: usize| matches!(text.as_bytes().get(end), Some(b']' | b'|'));
    let name = if closes(end) {
        FieldName::parse(&text[from..end])?
    } else {
        // The rest up to the bracket makes a better message than its first wrong letter.
        let shown: String = text[from..]
            .chars()
            .take(80)
            .take_while(|c| !matches!(c, ']' | '\n'))
            .collect();
        return Err(match FieldName::parse(&shown) {
            Ok(_) => format!("[VAR:{shown} has no closing bracket"),
            Err(reason) => reason,
        });
    };
    let mut filters = Vec::new();
    while text.as_bytes()[end] == b'|' {
        let begin = end + 1;
        end = begin
            + text.as_bytes()[begin..]
                .iter()
                .take(65)
                .take_while(|byte| is_name(byte))
                .count();
        let filter = &text[begin..end];
        if !closes(end) {
            return Err(format!("[VAR:{name}|{filter} has no closing bracket"));
        }
        filters.push(Filter::parse(filter).ok_or_else(|| {
            format!(
                "there is no filter {filter:?}; there are {}",
                Filter::ALL.map(Filter::name).join(", ")
            )
        })?);
        if filters.len() > MAX_FILTERS {
            return Err(format!("[VAR:{name}] has more than {MAX_FILTERS} filters"));
        }
    }
    Ok(Placeholder {
        name,
        filters,
        range: start..end + 1,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<String> {
        find(text).into_iter().map(|p| text[p.range].to_owned()).collect()
    }

    #[test]
    fn finds_names_and_filters() {
        let text = "a [VAR:Host|trim|sh][VAR:b] c";
        let all = find(text);
        assert_eq!(all[0].name.as_str(), "Host");
        assert_eq!(all[0].name.key(), "host");
        assert_eq!(all[0].filters, [Filter::Trim, Filter::Sh]);
        assert_eq!(found(text), ["[VAR:Host|trim|sh]", "[VAR:b]"]);
    }

    #[test]
    fn what_is_malformed_is_text_and_is_listed() {
        for text in [
            "[VAR:]",
            "[VAR:1x]",
            "[VAR:a-b]",
            "[VAR:a",
            "[VAR:a|nope]",
            "[VAR:a|]",
            "[VAR:a|SH]",
            "[VAR: a]",
            "[VAR:ä]",
            "[VAR:a|sh",
            "[VAR:[VAR:",
            "[VAR:a|sh|sh|sh|sh|sh|sh|sh|sh|sh]",
        ] {
            assert!(find(text).is_empty(), "{text}");
            assert!(!malformed(text).is_empty(), "{text}");
        }
        for text in ["[var:a]", "[Var:a]", "VAR:a", "[VAR]", ""] {
            assert!(find(text).is_empty(), "{text}");
            assert!(malformed(text).is_empty(), "{text}");
        }
        let long = "x".repeat(64);
        assert_eq!(found(&format!("[VAR:{long}]")).len(), 1);
        assert!(found(&format!("[VAR:{long}x]")).is_empty());
        assert_eq!(
            malformed("ä\nü [VAR:1]\n[VAR:a]\n[VAR:]")
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            [
                "line 2, column 3: the name \"1\" must begin with a letter from A to Z",
                "line 4, column 1: a field needs a name",
            ]
        );
    }

    #[test]
    fn an_odd_backslash_makes_it_literal() {
        assert!(found(r"\[VAR:a]").is_empty());
        assert_eq!(found(r"\\[VAR:a]\share"), ["[VAR:a]"]);
        assert!(found(r"\\\[VAR:a]").is_empty());
        assert_eq!(found(r"\[VAR:a][VAR:b]"), ["[VAR:b]"]);
        assert_eq!(found("[VAR:[VAR:a]"), ["[VAR:a]"]);
    }

    #[test]
    fn names_are_collected_by_key_with_their_steps() {
        let document = FlowDocument::from_json(
            r#"{"title": "For [VAR:Client]", "sections": [{"title": "", "steps": [
                {"id": "one", "title": "Go to [VAR:host]", "body": "[VAR:HOST] [VAR:client]"},
                {"id": "two", "title": "x", "body": "[VAR:host]"}]}]}"#,
        )
        .unwrap();
        let names = names(&document);
        assert_eq!(names.keys().collect::<Vec<_>>(), ["client", "host"]);
        assert_eq!(names["client"].name.as_str(), "Client");
        assert_eq!(names["client"].steps.len(), 1);
        assert_eq!(
            names["host"].steps.iter().map(StepId::as_str).collect::<Vec<_>>(),
            ["one", "two"]
        );
    }

    proptest! {
        #[test]
        fn ranges_are_in_order_and_read_again(text in r"(\[VAR:|[aA1_|\]\[\\]|sh|\n|ü){0,40}") {
            let mut last = 0;
            for placeholder in find(&text) {
                prop_assert!(placeholder.range.start >= last);
                last = placeholder.range.end;
                let again = find(&text[placeholder.range.clone()]);
                prop_assert_eq!(again.len(), 1);
                prop_assert_eq!(&again[0].name, &placeholder.name);
            }
            let _ = malformed(&text);
        }
    }
}
