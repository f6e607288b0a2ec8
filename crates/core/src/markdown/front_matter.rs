//! Front matter: the YAML between two lines of `---` that a Markdown file may begin with.

/// The YAML of a document, cut out but not yet read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrontMatterSource<'a> {
    /// The YAML between the two marker lines, line ends as they were.
    pub text: &'a str,
    /// The line of the document on which the YAML begins, counted from 1.
    pub line: usize,
}

/// Cuts a document into its front matter, its body, and the line on which the body begins (counted from 1).
///
/// Front matter opens with `---` alone on the first line, after a byte-order mark perhaps, and ends at the next
/// line that is `---` or `...` alone. Without such an end there is none, and the body is the whole document
/// without its byte-order mark.
pub fn split_front_matter(text: &str) -> (Option<FrontMatterSource<'_>>, &str, usize) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut offset = 0;
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        offset += line.len();
        match (index, line.trim_end()) {
            (0, "---") => start = offset,
            (0, _) => break,
            (_, "---" | "...") => {
                let yaml = &text[start..offset - line.len()];
                return (
                    Some(FrontMatterSource { text: yaml, line: 2 }),
                    &text[offset..],
                    index + 2,
                );
            }
            _ => {}
        }
    }
    (None, text, 1)
}

/// Whether the document is a flow in our own form, not some other Markdown.
///
/// It is when its front matter has a key `fields`, which [`print`](super::print) always writes, or an `id` that
/// is a UUID. Keys stand at the first column, so this needs no YAML and holds for a document with a mistake too.
pub fn is_flow_form(text: &str) -> bool {
    let (Some(source), _, _) = split_front_matter(text) else {
        return false;
    };
    source.text.lines().any(|line| {
        let Some((key, value)) = line.split_once(':') else {
            return false;
        };
        match key.trim_end() {
            "fields" => true,
            "id" => {
                let value = value.split(" #").next().unwrap_or_default().trim();
                uuid::Uuid::parse_str(value.trim_matches(['"', '\''])).is_ok()
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_cut_from_the_body() {
        let split = |text: &'static str| {
            let (source, body, line) = split_front_matter(text);
            (source.map(|source| source.text), body, line)
        };
        assert_eq!(split("---\na: 1\n---\nb\n"), (Some("a: 1\n"), "b\n", 4));
        assert_eq!(
            split("\u{feff}---\r\na: 1\r\n--- \r\nb"),
            (Some("a: 1\r\n"), "b", 4)
        );
        assert_eq!(split("---\n---\n"), (Some(""), "", 3));
        assert_eq!(split("---\na\n...\nb"), (Some("a\n"), "b", 4));
        assert_eq!(split("---\na: 1\n"), (None, "---\na: 1\n", 1));
        assert_eq!(split("\u{feff}# a\n---\n---\n"), (None, "# a\n---\n---\n", 1));
        assert_eq!(split(" ---\na: 1\n---\n"), (None, " ---\na: 1\n---\n", 1));
        assert_eq!(split(""), (None, "", 1));
    }

    #[test]
    fn our_form_is_known_by_its_keys() {
        assert!(is_flow_form("---\ntitle: a\nfields: []\n---\n"));
        assert!(is_flow_form(
            "---\r\nid: 0198c0de-0000-7000-8000-000000000000 # kept\r\n---\r\n"
        ));
        assert!(is_flow_form(
            "---\nid: \"0198c0de-0000-7000-8000-000000000000\"\n---\n"
        ));
        assert!(is_flow_form("---\ntitle: [\nfields:\n---\n"));
        assert!(!is_flow_form("---\nid: install\ntitle: a\n---\n"));
        assert!(!is_flow_form("---\ntitle: a\nmore:\n  fields: []\n---\n"));
        assert!(!is_flow_form("fields: []\n"));
        assert!(!is_flow_form(""));
    }
}
