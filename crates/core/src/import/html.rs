//! What stands in angle brackets without being a placeholder: HTML elements and what tools print.

use super::vocabulary::{BOOLEAN_ATTRIBUTES, ELEMENTS, OUTPUT};

/// Whether the inside of angle brackets is an HTML element without or with attributes that have no value.
pub(super) fn is_element(inside: &str) -> bool {
    let inside = inside.to_ascii_lowercase();
    let mut words = inside.split_ascii_whitespace();
    words.next().is_some_and(|name| ELEMENTS.has(name)) && words.all(|word| BOOLEAN_ATTRIBUTES.has(word))
}

/// Whether a tool prints it so.
pub(super) fn is_output(inside: &str) -> bool {
    OUTPUT.has(&inside.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_no_free_words() {
        assert!(is_element("details") && is_element("DETAILS open") && is_element("br"));
        assert!(!is_element("label from alert") && !is_element("namespace") && !is_element(""));
    }
}
