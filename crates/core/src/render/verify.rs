//! Quoted lines that say what is to be verified: each is ticked like a task, and numbered among them.

use comrak::nodes::{AstNode, NodeValue};

const WORD: &str = "verify:";

/// Whether a text begins as such a line does.
pub(super) fn is_start(text: &str) -> bool {
    text.get(..WORD.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(WORD))
}

/// Whether such a line begins with this node.
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
