//! Bodies: cut out of a document, they must stand alone and not tear apart what comes after them.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

use super::text::join_trimmed;

/// The text of lines as a body: no heading above the third level, nothing left open at the end.
pub(super) fn body<T: AsRef<str>>(lines: &[T]) -> String {
    let text = join_trimmed(lines);
    let suspicious = text.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with(['#', '=', '-', '`', '~', '<', '>'])
    });
    if suspicious { mend(&text) } else { text }
}

/// Headings of the first two levels are flows' own; an open fence or comment would swallow the next step.
fn mend(text: &str) -> String {
    let arena = Arena::new();
    let mut options = Options::default();
    options.extension.table = true;
    let root = parse_document(&arena, text, &options);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut close = String::new();
    for node in root.children() {
        let data = node.data.borrow();
        let start = data.sourcepos.start.line.saturating_sub(1);
        let end = data
            .sourcepos
            .end
            .line
            .saturating_sub(1)
            .min(lines.len().saturating_sub(1));
        match &data.value {
            NodeValue::Heading(heading) if heading.level < 3 => {
                if heading.setext {
                    // The underline is the last line; the text may have several.
                    let joined: Vec<&str> = lines[start..end].iter().map(|line| line.trim()).collect();
                    let joined = format!("### {}", joined.join(" "));
                    for line in &mut lines[start..=end] {
                        line.clear();
                    }
                    lines[start] = joined;
                } else if let Some(line) = lines.get_mut(start) {
                    *line = format!("###{}", line.trim_start().trim_start_matches('#'));
                }
            }
            NodeValue::CodeBlock(code) if code.fenced && !code.closed => {
                close = char::from(code.fence_char).to_string().repeat(code.fence_length);
            }
            NodeValue::HtmlBlock(html) => {
                html_end(html.block_type, &html.literal).clone_into(&mut close);
            }
            NodeValue::BlockQuote => {
                close.clear();
                for line in lines.iter_mut().take(end + 1).skip(start) {
                    escape_choice(line);
                }
            }
            _ => close.clear(),
        }
    }
    let mut text = join_trimmed(&lines);
    if !close.is_empty() {
        text.push('\n');
        text.push_str(&close);
    }
    text
}

/// A quote that reads like one of our choices is still only a quote: its colon is escaped.
fn escape_choice(line: &mut String) {
    let quoted = line.trim_start_matches([' ', '>']);
    if line.trim_start().starts_with('>') && quoted.starts_with("choice:") && quoted.contains("->") {
        let colon = line.len() - quoted.len() + "choice".len();
        line.insert(colon, '\\');
    }
}

/// What ends an HTML block that its own text does not end (`CommonMark` 0.31, section 4.6).
fn html_end(block_type: u8, literal: &str) -> &'static str {
    let lower = literal.to_ascii_lowercase();
    let ends: &[&'static str] = match block_type {
        1 if lower.contains("<script") => &["</script>", "</pre>", "</style>", "</textarea>"],
        1 if lower.contains("<style") => &["</style>", "</pre>", "</script>", "</textarea>"],
        1 if lower.contains("<textarea") => &["</textarea>", "</pre>", "</style>", "</script>"],
        1 => &["</pre>", "</script>", "</style>", "</textarea>"],
        2 => &["-->"],
        3 => &["?>"],
        4 => &[">"],
        5 => &["]]>"],
        _ => return "",
    };
    if ends.iter().any(|end| lower.contains(&end.to_ascii_lowercase())) {
        ""
    } else {
        ends[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        body(&text.lines().collect::<Vec<_>>())
    }

    #[test]
    fn high_headings_become_third_level() {
        assert_eq!(
            of("# A\ntext\n## B\n### C\n#### D"),
            "### A\ntext\n### B\n### C\n#### D"
        );
        assert_eq!(of("A\n===\ntext\n\nB\n---"), "### A\n\ntext\n\n### B");
    }

    #[test]
    fn quotes_are_no_choices() {
        assert_eq!(of("> choice: a -> #b\n> text"), "> choice\\: a -> #b\n> text");
        assert_eq!(of("```\n> choice: a -> b\n```"), "```\n> choice: a -> b\n```");
    }

    #[test]
    fn headings_in_code_stay() {
        assert_eq!(of("```\n# A\n```"), "```\n# A\n```");
        assert_eq!(of("    # A"), "    # A");
    }

    #[test]
    fn what_is_open_is_closed() {
        assert_eq!(of("~~~~sh\nls"), "~~~~sh\nls\n~~~~");
        assert_eq!(of("<!-- a\n# b"), "<!-- a\n# b\n-->");
        assert_eq!(of("<pre>\na"), "<pre>\na\n</pre>");
        assert_eq!(of("<details>\na"), "<details>\na");
    }
}
