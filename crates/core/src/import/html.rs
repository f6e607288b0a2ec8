//! The words that stand in angle brackets without being placeholders: HTML elements and what tools print.

/// Every element of HTML (WHATWG HTML, section 4, and obsolete elements that authors still write), sorted.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "applet",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "del",
    "details",
    "dfn",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "link",
    "main",
    "map",
    "mark",
    "marquee",
    "math",
    "menu",
    "meta",
    "meter",
    "nav",
    "nobr",
    "noframes",
    "noscript",
    "object",
    "ol",
    "optgroup",
    "option",
    "output",
    "p",
    "param",
    "path",
    "picture",
    "pre",
    "progress",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "script",
    "search",
    "section",
    "select",
    "slot",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "track",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Attributes that stand without a value.
const BOOLEAN_ATTRIBUTES: &[&str] = &[
    "allowfullscreen",
    "async",
    "autofocus",
    "autoplay",
    "checked",
    "compact",
    "controls",
    "default",
    "defer",
    "disabled",
    "hidden",
    "inert",
    "ismap",
    "loop",
    "multiple",
    "muted",
    "nomodule",
    "noshade",
    "novalidate",
    "nowrap",
    "open",
    "playsinline",
    "readonly",
    "required",
    "reversed",
    "selected",
];

/// What kubectl and its kin print where a value is missing.
const OUTPUT: &[&str] = &[
    "invalid",
    "invalid value",
    "nil",
    "no value",
    "none",
    "not set",
    "null",
    "pending",
    "unknown",
    "unset",
];

/// Whether the inside of angle brackets is an HTML element without or with attributes that have no value.
pub(super) fn is_element(inside: &str) -> bool {
    let inside = inside.to_ascii_lowercase();
    let mut words = inside.split_ascii_whitespace();
    words
        .next()
        .is_some_and(|name| ELEMENTS.binary_search(&name).is_ok())
        && words.all(|word| BOOLEAN_ATTRIBUTES.binary_search(&word).is_ok())
}

/// Whether a tool prints it so.
pub(super) fn is_output(inside: &str) -> bool {
    OUTPUT
        .binary_search(&inside.to_ascii_lowercase().as_str())
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(ELEMENTS.is_sorted() && BOOLEAN_ATTRIBUTES.is_sorted() && OUTPUT.is_sorted());
    }

    #[test]
    fn elements_have_no_free_words() {
        assert!(is_element("details") && is_element("DETAILS open") && is_element("br"));
        assert!(!is_element("label from alert") && !is_element("namespace") && !is_element(""));
    }
}
