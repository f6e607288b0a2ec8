//! A text inside a larger document, such as a step's body in an export: its headings stand below the step's, and
//! its tasks show what was ticked.
//!
//! A checked flow leaves no fence and no HTML open in a body and has no heading of two levels with a line below it
//! at the top level; one in a quote or a list stays as it is.

use comrak::nodes::{AstNode, LineColumn, NodeValue};

use super::place::{Edit, Kind};
use super::swap::Swapped;
use super::verify;

/// The level of the headings that the larger document has above this text.
const ABOVE: u8 = 3;

/// Finds what is written another way inside a larger document.
pub(super) fn find<'a>(root: &'a AstNode<'a>, swapped: &Swapped) -> Vec<Edit> {
    let text = swapped.text.as_str();
    let line_starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let place = |at: LineColumn| Some(line_starts.get(at.line.checked_sub(1)?)? + at.column.checked_sub(1)?);
    let mut edits = Vec::new();
    let mut tasks = 0;
    for node in root.descendants() {
        let data = node.data();
        match &data.value {
            NodeValue::Heading(heading) if !heading.setext => {
                let at = place(data.sourcepos.start);
                edits.extend(at.and_then(|at| deeper(text, heading.level, at)));
            }
            NodeValue::TaskItem(item) => {
                let at = place(item.symbol_sourcepos.start);
                edits.extend(at.and_then(|at| tick(text, tasks, at)));
                tasks += 1;
            }
            _ if verify::begins(node) => {
                let at = place(data.sourcepos.start);
                edits.extend(at.and_then(|at| verified(text, tasks, at)));
                tasks += 1;
            }
            _ => {}
        }
    }
    edits
}

/// Puts more marks before those that a heading has.
fn deeper(text: &str, level: u8, at: usize) -> Option<Edit> {
    let below = (level.max(ABOVE) + 1).min(6);
    let marks = "######".get(..usize::from(below.checked_sub(level)?))?;
    let is_heading = text.get(at..)?.starts_with('#');
    (is_heading && !marks.is_empty()).then_some(Edit {
        range: at..at,
        kind: Kind::Nested(marks),
    })
}

/// Makes a hole of the symbol in a box.
fn tick(text: &str, task: usize, at: usize) -> Option<Edit> {
    let symbol = text.get(at..)?.chars().next()?;
    let end = at + symbol.len_utf8();
    let is_box = text.get(..at)?.ends_with('[') && text.get(end..)?.starts_with(']');
    is_box.then_some(Edit {
        range: at..end,
        kind: Kind::Tick { task, symbol },
    })
}

/// Puts a box before a line that says what is to be verified.
fn verified(text: &str, task: usize, at: usize) -> Option<Edit> {
    verify::is_start(text.get(at..)?).then_some(Edit {
        range: at..at,
        kind: Kind::Box { task },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use comrak::{Arena, parse_document};
    use proptest::prelude::*;

    use super::super::Unset;
    use super::super::compile::options;
    use super::super::tests::{body, values};
    use super::*;
    use crate::markdown::{check_body_structure, normalise_body};

    fn nested(source: &str, ticked: &[u16]) -> String {
        let mut out = String::new();
        let ticked: BTreeSet<u16> = ticked.iter().copied().collect();
        let text = body(source).text.markdown;
        text.nested(&values(&[("a", "```\nv")]), Unset::Placeholder, &ticked, &mut out);
        out
    }

    #[test]
    fn headings_stand_below_the_third_level() {
        for (source, inside) in [
            ("# a", "#### a"),
            ("### a ###\n\nb", "#### a ###\n\nb"),
            ("#### a\n###### b", "##### a\n###### b"),
            ("> - ## a\n>   b", "> - #### a\n>   b"),
            ("ä\n\n  # ä [VAR:b]", "ä\n\n  #### ä [VAR:b]"),
            ("```\n# a\n```\n# b", "```\n# a\n```\n#### b"),
            ("\\# a\n\n#b", "\\# a\n\n#b"),
        ] {
            assert_eq!(nested(source, &[]), inside, "{source:?}");
        }
    }

    #[test]
    fn outside_of_a_document_a_text_is_as_it_was_written() {
        for source in ["# a\n\nb\n---\n\n- [ ] c\n- [x] d", "```\nopen", "<!-- open"] {
            let mut out = String::new();
            body(source)
                .text
                .markdown
                .markdown(&(), Unset::Placeholder, &mut out);
            assert_eq!(out, source);
        }
    }

    #[test]
    fn tasks_are_ticked_by_their_number() {
        let source = "- [ ] a\n  - [ ] ä [VAR:b]\n- [x] c\n> 1. [ ] d\n\n`- [ ] e`\n\n- [ ] f";
        let ticked = "- [ ] a\n  - [x] ä [VAR:b]\n- [x] c\n> 1. [x] d\n\n`- [ ] e`\n\n- [ ] f";
        assert_eq!(nested(source, &[1, 3, 9]), ticked);
        assert_eq!(nested(source, &[]), source);
    }

    #[test]
    fn lines_to_verify_have_a_box_of_their_own() {
        let source = "> expected: a\n> verify: ä [VAR:b]\n> more\n\n- [ ] c\n  > Verify: *d*\n\nverify: no\n\n> to verify: no";
        let ticked = "> expected: a\n> [x] verify: ä [VAR:b]\n> more\n\n- [ ] c\n  > [x] Verify: *d*\n\nverify: no\n\n> to verify: no";
        assert_eq!(nested(source, &[0, 2]), ticked);
        assert_eq!(
            nested(source, &[1]),
            ticked.replace("[x]", "[ ]").replace("[ ] c", "[x] c")
        );
        let mut out = String::new();
        body(source)
            .text
            .markdown
            .markdown(&(), Unset::Placeholder, &mut out);
        assert_eq!(out, source);
    }

    proptest! {
        #[test]
        fn the_next_step_is_always_one(lines in prop::collection::vec(prop::sample::select(vec![
            "# a", "## b ##", "a", "a\n===", "a\nb\n---", "---", "", "  ", "> # c", "> a\n> -", "- # d", "- [ ] e", "  - [x] f",
            "1. [ ] g", "```", "~~~", "````sh", "  ```", "> ```", "- ```", "    code", "\t# x", "<!--", "-->", "<!", ">", "<?",
            "?>", "<pre>", "</pre>", "<script>", "<![CDATA[", "<div>", "[VAR:a]", "# [VAR:a]", "| a |\n|---|", "[^1]: x", "[^1]",
        ]), 0..8)) {
            let mut source = lines.join("\n");
            normalise_body(&mut source);
            if !check_body_structure(&source).is_empty() {
                return Ok(());
            }
            let document = format!("### before\n\n{}\n\n### after\n", nested(&source, &[0, 1]).trim_end());
            let arena = Arena::new();
            let root = parse_document(&arena, &document, &options());
            let levels: Vec<u8> = root
                .children()
                .filter_map(|node| match &node.data().value {
                    NodeValue::Heading(heading) => Some(heading.level),
                    _ => None,
                })
                .collect();
            prop_assert_eq!(levels.first(), Some(&3), "{}", document);
            prop_assert_eq!(levels.last(), Some(&3), "{}", document);
            let inside = &levels[1..levels.len() - 1];
            prop_assert!(inside.iter().all(|level| *level > 3), "{:?} in\n{}", levels, document);
        }
    }
}
