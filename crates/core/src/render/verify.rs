//! Quoted lines that say what is expected, and what is to be verified: each begins a line of its own. The second kind
//! is ticked like a task, and numbered among them.

use comrak::nodes::{AstNode, NodeValue};

const EXPECTED: &str = "expected:";
const VERIFY: &str = "verify:";

/// Whether a text begins as a line does that is to be verified.
pub(super) fn is_start(text: &str) -> bool {
    begins_with(text, VERIFY)
}

fn begins_with(text: &str, word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether a line of either kind begins behind a line break.
pub(super) fn is_before_check<'a>(line_break: &'a AstNode<'a>) -> bool {
    line_break
        .next_sibling()
        .is_some_and(|next| match &next.data().value {
            NodeValue::Text(text) => [EXPECTED, VERIFY].iter().any(|word| begins_with(text, word)),
            _ => false,
        })
}

/// Whether a line that is to be verified begins with this node.
pub(super) fn begins<'a>(node: &'a AstNode<'a>) -> bool {
    matches!(&node.data().value, NodeValue::Text(text) if is_start(text))
        && node
            .previous_sibling()
            .is_none_or(|before| matches!(before.data().value, NodeValue::SoftBreak | NodeValue::LineBreak))
        && node.parent().is_some_and(|parent| {
            matches!(parent.data().value, NodeValue::Paragraph)
                && parent
                    .parent()
                    .is_some_and(|quote| matches!(quote.data().value, NodeValue::BlockQuote))
        })
}
