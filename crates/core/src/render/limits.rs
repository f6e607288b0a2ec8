//! The bounds of one text: what would take long to parse or to sanitise is refused, with the reason.

use crate::flow::MAX_BODY;
use crate::markdown::limits::check_nesting;

/// How many tags and entities one text may become: what the sanitiser's work grows with.
const MAX_MARKUP: usize = 100_000;

/// Refuses a text that is longer than a body may be, or nests too deep.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.len() > MAX_BODY {
        return Err(format!(
            "the text has {} bytes; {MAX_BODY} are allowed",
            text.len()
        ));
    }
    check_nesting(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_refused() {
        assert!(check(&"x".repeat(MAX_BODY)).is_ok());
        assert!(check(&"x".repeat(MAX_BODY + 1)).is_err());
        assert!(check(&format!("a\n{}", ">".repeat(65))).is_err());
        assert!(check_html(&"<".repeat(MAX_MARKUP)).is_ok());
        assert!(check_html(&"<".repeat(MAX_MARKUP + 1)).is_err());
    }
}
