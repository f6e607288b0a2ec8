//! Exports with hostile values, read back: the text has the values in it, and the blocks are the same.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, parse_document};
use proptest::prelude::*;

use super::compile::options;
use super::swap::{Spot, swap};
use super::tests::{body, values};
use super::*;

fn export(source: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    body(source)
        .text
        .markdown
        .markdown(&values(pairs), Unset::Placeholder, &mut out);
    out
}

/// The shape of a tree, and its text with what `fill` makes of each character in prose and in code.
fn read<'a>(root: &'a AstNode<'a>, fill: &dyn Fn(char, bool) -> String) -> (Vec<String>, String) {
    let (mut shape, mut text) = (Vec::new(), String::new());
    let write = |literal: &str, is_block: bool, text: &mut String| {
        text.extend(literal.chars().map(|c| fill(c, is_block)));
    };
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::Text(literal) => write(literal, true, &mut text),
            NodeValue::Code(code) => {
                shape.push("code".into());
                write(&code.literal, false, &mut text);
            }
            NodeValue::CodeBlock(block) => {
                shape.push(format!("block {}", block.fenced));
                write(&block.literal, true, &mut text);
            }
            NodeValue::HtmlInline(literal) if literal == "<br>" => text.push('\n'),
            NodeValue::HtmlInline(literal) if literal == "<!-- -->" => {}
            NodeValue::HtmlInline(literal) if literal == "<code>" => shape.push("code".into()),
            NodeValue::HtmlInline(literal) => {
                let mut raw = String::new();
                raw_html::text_of(literal, &mut raw);
                write(&raw, true, &mut text);
            }
            NodeValue::HtmlBlock(block) => {
                shape.push("html".into());
                let mut raw = String::new();
                raw_html::text_of(&block.literal, &mut raw);
                write(&raw, true, &mut text);
            }
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            value => {
                if value.block() {
                    text.push('\u{1}');
                }
                shape.push(value.xml_node_name().into());
            }
        }
    }
    (shape, text)
}

/// Checks an export with that value for every variable against the source's own tree.
fn check(source: &str, value: &str) {
    let pairs = [("a", value), ("b", "plain")];
    let export = export(source, &pairs);
    let swapped = swap(source, false).unwrap();
    let lines = value.replace("\r\n", "\n").replace('\r', "\n");
    let fill = |c: char, is_block: bool| match swapped.spot(c) {
        Some(Spot::Variable(index)) if swapped.variables[*index as usize].key == "b" => "plain".into(),
        Some(Spot::Variable(_)) if is_block => lines.clone(),
        Some(Spot::Variable(_)) => lines.replace('\n', " "),
        Some(Spot::Literal(text)) => text.clone(),
        None => c.to_string(),
    };
    let (arena, other) = (Arena::new(), Arena::new());
    let options = options();
    let (shape, mut text) = read(parse_document(&arena, &swapped.text, &options), &fill);
    let (export_shape, mut export_text) =
        read(parse_document(&other, &export, &options), &|c, _| c.to_string());
    assert_eq!(export_shape, shape, "{source:?} with {value:?}:\n{export}");
    if value.trim().is_empty() {
        // Nothing cannot stand everywhere; a blank stands for it.
        text.retain(|c| !c.is_whitespace());
        export_text.retain(|c| !c.is_whitespace());
    }
    if source.contains("indented") {
        // Such a block has no blank lines at its end.
        text.truncate(text.trim_end().len());
        export_text.truncate(export_text.trim_end().len());
    }
    // A break that would stand alone has a blank before it.
    let tidy = |text: String| {
        text.split('\n')
            .map(|line| line.trim_end_matches(' ').to_owned() + "\n")
            .collect::<String>()
    };
    assert_eq!(
        tidy(export_text),
        tidy(text),
        "{source:?} with {value:?}:\n{export}"
    );
}

const SOURCES: &[&str] = &[
    "[VAR:a]",
    "before [VAR:a] after",
    "before[VAR:a]after",
    "one\n[VAR:a]\nthree",
    "[VAR:a][VAR:b]",
    "[VAR:b][VAR:a] x",
    "# [VAR:a]",
    "# The [VAR:a] title",
    "[VAR:a]. next",
    "[VAR:a]\n---",
    "- [VAR:a]\n- [ ] [VAR:a] x\n",
    "1. x [VAR:a]\n   y\n\n   [VAR:a]",
    "> [VAR:a]\n> more",
    "| h | [VAR:a] |\n|---|---|\n| [VAR:a] | `[VAR:a]` |\n|[VAR:a]|x|",
    "`[VAR:a]`",
    "x `a [VAR:a] b` y",
    "x `` ` [VAR:a] `` y",
    "x `[VAR:a][VAR:b]` \\`` z ` y",
    "```sh\n[VAR:a]\n```\nafter",
    "```\nx [VAR:a] y\n  [VAR:b]\n```",
    "~~~~ps1 title=\"x\"\n[VAR:a]\n~~~~\nafter",
    "- x\n\n  ```\n  [VAR:a]\n  ```\n- y",
    "> ```\n> x [VAR:a]\n> ```\n\nafter",
    "```\nx [VAR:a]",
    "**[VAR:a]** and *[VAR:a]* and ~~[VAR:a]~~",
    "foo**[VAR:a]**bar",
    "_[VAR:a]_ x",
    "[[VAR:a]](https://x.y/z) [x [VAR:a]](y)",
    "![[VAR:a]](x.png)",
    "[x](https://h/[VAR:a]?q=[VAR:a]) y",
    "[x](/y \"t [VAR:a]\") y",
    "[x]([VAR:a]) y",
    "[x][r] y\n\n[r]: https://h/[VAR:a]",
    "<kbd>[VAR:a]</kbd> x",
    "<div title=\"[VAR:a]\">\n[VAR:a]\n</div>",
    "curl <[VAR:a]> x",
    "<a [VAR:a]> &[VAR:a]; x",
    "user@[VAR:a] and [VAR:a]@host.org",
    "[x] [VAR:a] ![VAR:a] y",
    "text\n\n    indented [VAR:a]\n",
];

const VALUES: &[&str] = &[
    "x",
    "",
    " ",
    "  x  ",
    "*x*",
    "**",
    "_x_",
    "__init__",
    "`",
    "``",
    "`` x",
    "`x`",
    "```",
    "~~~~",
    "# x",
    " x ##",
    "- x",
    "+ x",
    "1. x",
    "1)",
    "12",
    "=",
    "===",
    "---",
    "> x",
    "| x |",
    "a|b",
    "\\",
    "\\|",
    "a\\",
    "\\\\",
    "<b>",
    "</div>",
    "<!-- x",
    "-->",
    "<script>alert(1)</script>",
    "&amp;",
    "amp",
    "&#32;",
    "[x](y)",
    "](javascript:x)",
    "[^1]",
    "![x](y)",
    "x\ny",
    "\n",
    "x\n\ny",
    "\n\nx",
    "x\n",
    "x\n```\ny",
    "a\n~~~~\nb",
    "```\n````",
    "\n    x",
    "- a\n- b",
    "https://x.y/z?a=b&c=d",
    "http://x",
    "www.x.org",
    "a@b.org",
    "mailto:a@b.org",
    "javascript:alert(1)",
    "a b c",
    "x\ty",
    "\tx",
    "\u{b}",
    "ü漢🦀",
    "\u{a0}x\u{a0}",
    "\u{202e}x",
    "(x)",
    "\"x\"",
    "'x'",
    "$x$",
    "{{x}}",
    "~x~",
    "~~x~~",
    "x ",
    " x",
    "x\r\ny",
    "x\ry",
    "192.168.1.1",
    "srv-01.corp.local",
    "C:\\x\\y",
    "!",
    ":",
    "::",
    "a:/b",
    "[VAR:b]",
    "\\[VAR:b]",
    "title=\"",
    "x)",
    "(",
    ")",
    "2. ",
    "\u{F0000}",
    "<br>",
    "&",
    ";",
    "ftp://x.y",
];

#[test]
fn hostile_values_stay_text() {
    for source in SOURCES {
        for value in VALUES {
            check(source, value);
        }
    }
}

#[test]
fn harmless_values_leave_the_source_alone() {
    assert_eq!(
        export(
            "on [VAR:a], *x*\n```\n[VAR:a]\n```\n`` [VAR:a] ``",
            &[("a", "srv-01.x.org")]
        ),
        "on srv-01.x.org, *x*\n```\nsrv-01.x.org\n```\n`` srv-01.x.org ``"
    );
    assert_eq!(
        export("[x](https://[VAR:a]/y)", &[("a", "h.x")]),
        "[x](https://h.x/y)"
    );
    assert_eq!(
        export("[x]([VAR:a])", &[("a", "https://h.x/?a=1&b=(2)")]),
        "[x](https://h.x/?a=1&amp;b=%282%29)"
    );
}

#[test]
fn unset_variables_show_their_placeholder_or_nothing() {
    assert_eq!(
        export("a [VAR:Some_Name] `[VAR:b|sh]`", &[]),
        "a [VAR:Some_Name] `[VAR:b|sh]`"
    );
    assert_eq!(export("[VAR:a][VAR:b](x)", &[]), "\\[VAR:a\\]\\[VAR:b\\](x)");
    let mut blank = String::new();
    body("a [VAR:a] b `[VAR:a]`")
        .text
        .markdown
        .markdown(&(), Unset::Blank, &mut blank);
    assert_eq!(blank, "a  b ` `");
    assert_eq!(
        export("```\n\\[VAR:a] \\\\[VAR:b]\n```", &[("b", "x")]),
        "```\n[VAR:a] \\\\x\n```"
    );
}

#[test]
fn fences_and_backticks_grow() {
    assert_eq!(
        export("```\n[VAR:a]\n```", &[("a", "x\n```\n````")]),
        "`````\nx\n```\n````\n`````"
    );
    assert_eq!(export("`[VAR:a]`", &[("a", "a`b")]), "``a`b``");
    assert_eq!(export("`[VAR:a]`", &[("a", "`")]), "`` ` ``");
    assert_eq!(
        export("- ```\n  [VAR:a]\n  ```", &[("a", "x\ny")]),
        "- ```\n  x\n  y\n  ```"
    );
    assert_eq!(
        export("> ```\n> [VAR:a]\n> ```", &[("a", "x\ny")]),
        "> ```\n> x\n> y\n> ```"
    );
}

#[test]
fn targets_are_checked() {
    for (source, value) in [
        ("[x]([VAR:a])", "javascript:x"),
        ("[x](java[VAR:a]:x)", "script"),
        ("[x](//[VAR:a])", "h"),
    ] {
        let export = export(source, &[("a", value)]);
        assert!(export.contains('#'), "{export}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_value_stays_text(
        source in prop::sample::select(SOURCES),
        value in r"([a-z0-9]{1,3}|[ -/:-@\[-`{-~]|[\n \t]|```|~~~|\*\*|<b>|www\.|http://|ü|\u{a0}){0,8}",
    ) {
        check(source, &value);
    }
}
