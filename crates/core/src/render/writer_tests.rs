//! What a page writes into a text: holes by their number and context, and what surrounds blocks of code.

use std::fmt::Write;

use proptest::prelude::*;

use super::compile::compile_text;
use super::highlight::Highlighter;
use super::tests::{body, values};
use super::{CommandBlock, Context, Hole, MAX_PLACEHOLDERS, Unset, Writer, escape_html};

/// Writes everything that it is told, in brackets that no text has.
#[derive(Default)]
struct Told {
    numbers: Vec<usize>,
    open: Vec<usize>,
}

impl Writer for Told {
    fn hole(&mut self, hole: &Hole<'_>, value: Option<&str>, out: &mut String) {
        self.numbers.push(hole.number);
        let context = match hole.context {
            Context::Text => "",
            Context::LinkText => "link ",
            Context::InlineCode => "code ",
            Context::CodeBlock => "block ",
            Context::Attribute => unreachable!("attributes are not the page's to write"),
            Context::AfterLink => "after ",
        };
        let _ = write!(out, "⟨{}: {context}{}=", hole.number, hole.variable.key);
        escape_html(value.unwrap_or("?"), out);
        out.push('⟩');
    }

    fn command_open(&mut self, command: &CommandBlock<'_>, out: &mut String) {
        self.open.push(command.number);
        let variables = command.variables.join(" ");
        let _ = write!(out, "⟪{} {}: {variables}⟫", command.number, command.language);
    }

    fn command_close(&mut self, command: &CommandBlock<'_>, out: &mut String) {
        assert_eq!(self.open.pop(), Some(command.number));
        let _ = write!(out, "⟪/{}⟫", command.number);
    }
}

fn told(source: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut writer = Told::default();
    let text = body(source).text;
    text.html.html_with(&values(pairs), &mut out, &mut writer);
    assert!(writer.open.is_empty());
    let written: Vec<usize> = text.html.holes().map(|hole| hole.number).collect();
    assert!(written.is_sorted() && writer.numbers.is_sorted());
    out.trim_end().to_owned()
}

const REL: &str = " rel=\"noopener noreferrer\"";

#[test]
fn blocks_of_code_are_surrounded() {
    assert_eq!(
        told(
            "```text title=\"x\"\n[VAR:b] [VAR:A] [VAR:a|sh]\n```",
            &[("a", "<v>")]
        ),
        "⟪0 text: b a⟫<pre tabindex=\"0\"><code class=\"language-text\">⟨0: block b=?⟩ ⟨1: block a=&lt;v&gt;⟩ \
         ⟨2: block a=&#39;&lt;v&gt;&#39;⟩\n</code></pre>⟪/0⟫"
    );
    let two = told("1. x\n\n   ```\n   [VAR:a]\n   ```\n\ny\n\n    [VAR:b]\n", &[]);
    assert!(
        two.contains("<p>x</p>\n⟪0 : a⟫<pre tabindex=\"0\"><code>⟨0: block a=?⟩\n</code></pre>⟪/0⟫\n</li>"),
        "{two}"
    );
    assert!(
        two.ends_with("⟪1 : b⟫<pre tabindex=\"0\"><code>⟨1: block b=?⟩\n</code></pre>⟪/1⟫"),
        "{two}"
    );
    // The number of a block is its place among the commands of its step.
    let source = "    a\n\nx\n\n```c++\nb\n```\n\n<table>\n\n```\nc\n```\n\n</table>\n\n```\nd\n```\n";
    let commands = body(source).commands;
    let page = told(source, &[]);
    for (number, command) in commands.iter().enumerate() {
        let mut text = String::new();
        command.text.text(&(), Unset::Placeholder, &mut text);
        let language = if command.language.is_empty() {
            ""
        } else {
            " class=\"language-c++\""
        };
        let block = format!(
            "⟪{number} {}: ⟫<pre tabindex=\"0\"><code{language}>{text}\n</code></pre>⟪/{number}⟫",
            command.language
        );
        assert!(page.contains(&block), "{page}");
    }
    assert_eq!(commands.len(), 4);
}

#[test]
fn markup_of_the_author_is_no_command() {
    for source in [
        "<pre>[VAR:a]</pre>",
        "<pre><code class=language-sh>x</code></pre>",
        "`x`",
        "<pre><code>&#xF0002;0&#xF0002;</code></pre>",
        "<a href='/x'>\n\n```\nx\n```\n\n</a>",
    ] {
        let page = told(source, &[]);
        assert!(!page.contains('⟪'), "{page}");
    }
    let inside = told("<div><pre>\n\n```\n[VAR:a]\n```\n\n[VAR:b]\n</pre></div>", &[]);
    assert!(
        inside.contains("⟪0 : a⟫<pre tabindex=\"0\"><code>⟨0: block a=?⟩\n</code></pre>⟪/0⟫"),
        "{inside}"
    );
}

#[test]
fn holes_of_a_link_have_a_place_behind_it() {
    assert_eq!(
        told(
            "see [on [VAR:a] `[VAR:b]` [VAR:A]](https://[VAR:c]/[VAR:a]) now [VAR:a]",
            &[("a", "v"), ("c", "h")]
        ),
        format!(
            "<p>see <a href=\"https://h/v\"{REL}>on ⟨0: link a=v⟩ <code>⟨1: link b=?⟩</code> ⟨2: link a=v⟩</a>\
             ⟨3: after c=h⟩⟨4: after a=v⟩⟨5: after b=?⟩ now ⟨6: a=v⟩</p>"
        )
    );
    assert_eq!(
        told("[x](https://[VAR:c]/)", &[]),
        format!("<p><a{REL}>x</a>⟨0: after c=?⟩</p>")
    );
    assert_eq!(
        told("![[VAR:b]](https://[VAR:c]/) ![y](z)", &[("c", "h")]),
        format!(
            "<p><a href=\"https://h/\"{REL}>⟨0: link b=?⟩</a>⟨1: after c=h⟩⟨2: after b=?⟩ <a href=\"z\"{REL}>y</a></p>"
        )
    );
    assert_eq!(
        told("[![[VAR:a]](/[VAR:b])](/[VAR:c])", &[]),
        format!("<p><a{REL}>⟨0: link a=?⟩</a>⟨1: after c=?⟩⟨2: after a=?⟩</p>")
    );
    // A title is counted, but is no place for a control.
    assert_eq!(
        told("[x](y \"[VAR:t]\") [VAR:u]", &[("t", "\">")]),
        format!("<p><a href=\"y\" title=\"&quot;&gt;\"{REL}>x</a>⟨1: after t=&quot;&gt;⟩ ⟨2: u=?⟩</p>")
    );
    // Only behind the outermost of links that a table lets stand in each other.
    let nested = told(
        "<a href='/[VAR:a]'><table><tr><td><a href='/x'>[VAR:b]</a></td></tr></table></a>",
        &[],
    );
    for (at, _) in nested.match_indices("after") {
        let links = |text: &str| (text.matches("<a").count(), text.matches("</a>").count());
        let (open, closed) = links(&nested[..at]);
        assert_eq!(open, closed, "{nested}");
    }
}

#[test]
fn the_default_markup_has_no_place_behind_links() {
    let mut out = String::new();
    let text = body("[[VAR:a]](/x/[VAR:b])\n\n```\n[VAR:a]\n```").text;
    text.html.html(&values(&[("a", "<v>")]), &mut out);
    assert_eq!(
        out,
        format!(
            "<p><a{REL}><span class=\"value\" dir=\"auto\">&lt;v&gt;</span></a></p>\n\
             <pre tabindex=\"0\"><code><span class=\"value\" dir=\"auto\">&lt;v&gt;</span>\n</code></pre>\n"
        )
    );
    let contexts: Vec<Context> = text.html.holes().map(|hole| hole.context).collect();
    assert_eq!(contexts, [Context::LinkText, Context::CodeBlock]);
}

#[test]
fn a_box_in_a_link_is_still_counted() {
    let text = body("<div><a href=x>\n\n- [ ] t\n\n</a></div>").text;
    assert_eq!(text.html.tasks(), 1);
}

#[test]
fn boxes_are_the_writers() {
    struct Ticks(Vec<(usize, bool)>);
    impl Writer for Ticks {
        fn hole(&mut self, _: &Hole<'_>, _: Option<&str>, _: &mut String) {}

        fn task(&mut self, number: usize, is_done: bool, out: &mut String) {
            self.0.push((number, is_done));
            out.push('#');
        }
    }
    let (mut ticks, mut out) = (Ticks(Vec::new()), String::new());
    let text = body("- [ ] a\n- [x] b\n  - [ ] c").text;
    text.html.html_with(&(), &mut out, &mut ticks);
    assert_eq!(ticks.0, [(0, false), (1, true), (2, false)]);
    assert!(
        out.contains("<li class=\"task\"># a</li>") && !out.contains("input"),
        "{out}"
    );
}

#[test]
fn quoted_checks_begin_lines_and_what_is_verified_has_a_box() {
    let mut out = String::new();
    let text = body("> expected: a\n> more\n> verify: b [VAR:x]\n\n- [ ] c").text;
    text.html.html(&(), &mut out);
    assert_eq!(text.html.tasks(), 2);
    let (quote, list) = out.split_once("</blockquote>").unwrap();
    assert!(quote.contains("expected: a\nmore<br>\n<input"), "{out}");
    assert!(
        quote.contains("data-task=\"0\"") && list.contains("data-task=\"1\""),
        "{out}"
    );
    assert!(!out.contains("verify: b [VAR:x]<input"), "{out}");
}

#[test]
fn plain_text_says_what_stays_whole() {
    let source = "Go to `the console` of [VAR:a] and [VAR:b].\n\n- [ ] one\n- [x] two\n\n  ```\n  [VAR:a]\n   x\n  ```\n- [ ] three";
    let ticked =
        body(source)
            .text
            .plain
            .ticked(&values(&[("a", "Oslo\nCellar 2")]), Unset::Blank, &[2].into());
    assert_eq!(
        ticked.text,
        "Go to the console of Oslo\nCellar 2 and .\n\n- [ ] one\n\n- [x] two\n\n  Oslo\nCellar 2\n   x\n\n- [x] three"
    );
    let part = |range: &std::ops::Range<usize>| &ticked.text[range.clone()];
    let kept: Vec<_> = ticked.kept.iter().map(part).collect();
    assert_eq!(kept, ["the console", "Oslo\nCellar 2", ""]);
    let blocks: Vec<_> = ticked.blocks.iter().map(part).collect();
    assert_eq!(blocks, ["Oslo\nCellar 2\n   x"]);
}

#[test]
fn a_long_block_with_many_variables_is_quick() {
    let mut lines = String::new();
    for number in 0..MAX_PLACEHOLDERS {
        let _ = writeln!(lines, "[VAR:v{number}]");
    }
    for source in [
        format!("```\n{lines}```\n"),
        format!("[{}](/x)", lines.replace('\n', " ")),
    ] {
        let compiled = compile_text(&source, false, "", &mut Highlighter::new()).unwrap();
        assert_eq!(compiled.text.html.holes().count(), MAX_PLACEHOLDERS);
    }
}

const PIECES: &[&str] = &[
    "[VAR:a]",
    "[VAR:b|sh]",
    "\n",
    "\n\n",
    "    ",
    "```\n",
    "`",
    "[",
    "](",
    ")",
    "![",
    "<a href='/[VAR:c]'>",
    "</a>",
    "<pre>",
    "</pre>",
    "<code>",
    "<table>",
    "<tr><td>",
    "</table>",
    "<b>",
    "> ",
    "- ",
    "- [ ] ",
    "x",
    " ",
    "[^1]",
    "\n[^1]: ",
    "# ",
    "<details>",
    "</details>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn commands_and_links_are_whole(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30)) {
        let source = pieces.concat();
        let page = told(&source, &[("a", "</a></pre><script>"), ("c", "\"></a>")]);
        prop_assert!(!page.contains("<script"), "{}", page);
        for (at, bracket) in page.match_indices('⟪') {
            let rest = &page[at + bracket.len()..];
            if rest.starts_with('/') {
                prop_assert!(page[..at].ends_with("</pre>"), "{}", page);
            } else if let Some((_, behind)) = rest.split_once('⟫') {
                prop_assert!(behind.starts_with("<pre tabindex=\"0\"><code"), "{}", page);
            }
        }
        // What a page may put a control in stands in no link.
        let mut depth = 0_usize;
        for (at, _) in page.match_indices(['<', '⟨', '⟪']) {
            let rest = &page[at..];
            if rest.starts_with("<a ") || rest.starts_with("<a>") {
                depth += 1;
            } else if rest.starts_with("</a>") {
                depth -= 1;
            } else if rest.starts_with('⟪') {
                prop_assert_eq!(depth, 0, "{}", page);
            } else if rest.starts_with('⟨') {
                let is_in_link = rest.split('=').next().is_some_and(|head| head.contains("link "));
                prop_assert_eq!(is_in_link, depth > 0, "{}", page);
            }
        }
    }
}
