//! The block structure of a Markdown text: where its headings and quotes are, and what is left open at its end.
//!
//! Everything that reads the source by lines asks here first, so that a `# x` inside a fence, a list, a quote or
//! an HTML block is never taken for a heading.

use comrak::nodes::NodeValue;
use comrak::{Arena, Node, Options};

/// A heading of level 1 or 2 at the top level. Lines count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) level: u8,
    /// The first line of the heading.
    pub(crate) start: usize,
    /// The line after the heading.
    pub(crate) end: usize,
    /// The Markdown source of its text, on one line.
    pub(crate) text: String,
    /// The character at which the text begins in its first line, from 0.
    pub(crate) column: usize,
}

/// The block structure of a text. Lines count from 0.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Headings of level 1 and 2 at the top level.
    pub(crate) headings: Vec<Heading>,
    /// The lines of each quote at the top level: the first, and the first of the next block or the end.
    pub(crate) quotes: Vec<(usize, usize)>,
    /// The line and the name of the block that swallows whatever follows the text.
    pub(crate) unclosed: Option<(usize, &'static str)>,
}

/// The options under which every part of a flow is read; what renders must see the same blocks.
fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.parse.leave_footnote_definitions = true;
    options
}

/// Parses a text, hands its tree to `read`, and drops it.
///
/// The tree's line numbers are one too high: a line is put before the text, because the parser skips a
/// byte-order mark at the very beginning and nowhere else.
pub(crate) fn with_tree<T>(text: &str, read: impl for<'a> FnOnce(Node<'a>) -> T) -> T {
    let arena = Arena::new();
    read(comrak::parse_document(&arena, &format!("\n{text}"), &options()))
}

/// Finds the structure of a text whose line ends are `\n` and which [`check_nesting`](super::limits::check_nesting)
/// let pass.
pub(crate) fn outline(text: &str) -> Outline {
    let lines: Vec<&str> = text.split('\n').collect();
    with_tree(text, |root| {
        let mut outline = Outline::default();
        for node in root.children() {
            let data = node.data();
            let start = data.sourcepos.start.line.saturating_sub(2);
            if let Some(quote) = outline.quotes.last_mut().filter(|quote| quote.1 == usize::MAX) {
                quote.1 = start;
            }
            match &data.value {
                NodeValue::Heading(heading) if heading.level <= 2 => {
                    let last = data
                        .sourcepos
                        .end
                        .line
                        .saturating_sub(2)
                        .clamp(start, lines.len() - 1);
                    outline.headings.push(if heading.setext {
                        setext(heading.level, start, last, &lines)
                    } else {
                        atx(heading.level, start, &lines)
                    });
                }
                NodeValue::BlockQuote => outline.quotes.push((start, usize::MAX)),
                NodeValue::CodeBlock(code)
                    if code.fenced && !code.closed && node.next_sibling().is_none() =>
                {
                    outline.unclosed = Some((start, "code fence"));
                }
                NodeValue::HtmlBlock(html) if node.next_sibling().is_none() => {
                    outline.unclosed = open_html(html.block_type, &html.literal).map(|name| (start, name));
                }
                _ => {}
            }
        }
        if let Some(quote) = outline.quotes.last_mut().filter(|quote| quote.1 == usize::MAX) {
            quote.1 = lines.len();
        }
        outline
    })
}

/// `## Text ##`: the text without the marks on either side.
fn atx(level: u8, line: usize, lines: &[&str]) -> Heading {
    let source = lines[line];
    let text = source
        .trim_start_matches([' ', '\t'])
        .trim_start_matches('#')
        .trim_matches([' ', '\t']);
    let text = match text.trim_end_matches('#') {
        open if open.is_empty() || open.ends_with([' ', '\t']) => open.trim_end_matches([' ', '\t']),
        _ => text,
    };
    Heading {
        level,
        start: line,
        end: line + 1,
        text: one_line(text),
        column: column(source, text),
    }
}

/// Lines of text over a line of `===` or `---`.
fn setext(level: u8, start: usize, last: usize, lines: &[&str]) -> Heading {
    let parts: Vec<&str> = lines[start..last]
        .iter()
        .map(|line| line.trim_matches([' ', '\t']))
        .collect();
    let column = parts.first().map_or(0, |first| column(lines[start], first));
    Heading {
        level,
        start,
        end: last + 1,
        text: one_line(&parts.join(" ")),
        column,
    }
}

/// A title is one line without control characters, so a tab in it is a blank.
fn one_line(text: &str) -> String {
    text.replace('\t', " ")
}

/// The character of `line` at which its part `text` begins.
fn column(line: &str, text: &str) -> usize {
    line.find(text).map_or(0, |at| line[..at].chars().count())
}

/// The name of an HTML block that only its own end mark closes, when that mark is missing: kinds 1 to 5 of
/// [CommonMark, section 4.6](https://spec.commonmark.org/0.31.2/#html-blocks).
fn open_html(block_type: u8, literal: &str) -> Option<&'static str> {
    let (name, ends): (_, &[&str]) = match block_type {
        1 => (
            "HTML element",
            &["</script>", "</pre>", "</style>", "</textarea>"],
        ),
        2 => ("HTML comment", &["-->"]),
        3 => ("processing instruction", &["?>"]),
        4 => ("HTML declaration", &[">"]),
        5 => ("CDATA section", &["]]>"]),
        _ => return None,
    };
    let literal = literal.to_ascii_lowercase();
    (!ends.iter().any(|end| literal.contains(end))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(text: &str) -> Vec<(u8, usize, usize, String)> {
        outline(text)
            .headings
            .into_iter()
            .map(|h| (h.level, h.start, h.end, h.text))
            .collect()
    }

    #[test]
    fn headings_are_found_at_the_top_level_only() {
        let text = "# a\n```\n# b\n```\n- # c\n\n> # d\n\n<div>\n# e\n</div>\n\n    # f\n\n### g\n  ## h ##\n#i\n\n#\tj\tk #\\#\n";
        let found: Vec<_> = headings(text).into_iter().map(|h| (h.0, h.1, h.3)).collect();
        assert_eq!(
            found,
            [
                (1, 0, "a".into()),
                (2, 15, "h".into()),
                (1, 18, "j k #\\#".into())
            ]
        );
    }

    #[test]
    fn underlined_headings_count() {
        assert_eq!(
            headings("x\n\na\n b\n---\nc\n=\n"),
            [(2, 2, 5, "a b".into()), (1, 5, 7, "c".into())]
        );
        assert_eq!(headings("|a|b|\n|-|-|\n|1|2|\n---\n"), []);
        assert_eq!(headings("a\n\n---\n"), []);
    }

    #[test]
    fn closing_marks_and_empty_headings() {
        let text = |line: &str| headings(line)[0].3.clone();
        assert_eq!(text("# a # #"), "a #");
        assert_eq!(text("# a#"), "a#");
        assert_eq!(text("# a \\"), "a \\");
        assert_eq!(text("#"), "");
        assert_eq!(text("## ##"), "");
        assert_eq!(text("\u{feff}\n# a"), "a");
        assert_eq!(headings("\u{feff}# a"), []);
    }

    #[test]
    fn what_is_left_open_is_named() {
        let unclosed = |text: &str| outline(text).unclosed;
        assert_eq!(unclosed("a\n```\nb"), Some((1, "code fence")));
        assert_eq!(unclosed("~~~~\na\n~~~"), Some((0, "code fence")));
        assert_eq!(unclosed("```\na\n```"), None);
        assert_eq!(unclosed("- ```\n  a"), None);
        assert_eq!(unclosed("<!-- a"), Some((0, "HTML comment")));
        assert_eq!(unclosed("<!-- a\n\nb -->"), None);
        assert_eq!(unclosed("a\n\n<PRE>\nb"), Some((2, "HTML element")));
        assert_eq!(unclosed("<pre>\nb</PRE>c"), None);
        assert_eq!(unclosed("<?a"), Some((0, "processing instruction")));
        assert_eq!(unclosed("<!A"), Some((0, "HTML declaration")));
        assert_eq!(unclosed("<![CDATA[>"), Some((0, "CDATA section")));
        assert_eq!(unclosed("<div>"), None);
    }

    #[test]
    fn quotes_reach_to_the_next_block() {
        assert_eq!(outline("a\n> b\nc\n\n> d\n\n# e").quotes, [(1, 4), (4, 6)]);
    }
}
