//! Rendering as a whole: hostile documents, hostile values, real runbooks.

use std::collections::HashMap;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, parse_document};

use super::compile::{Compiled, compile_text, options};
use super::highlight::Highlighter;
use super::swap::is_ours;
use super::*;
use crate::flow::{FlowDocument, MAX_BODY};
use crate::step::StepId;

pub(super) fn body(source: &str) -> Compiled {
    compile_text(source, false, "p-", &mut Highlighter::new()).unwrap()
}

pub(super) fn values(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn html(source: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    body(source).text.html.html(&values(pairs), &mut out);
    out
}

/// Writes holes as text, and nothing behind links.
struct Bare;

impl Writer for Bare {
    fn hole(&mut self, hole: &Hole<'_>, value: Option<&str>, out: &mut String) {
        if hole.context != Context::AfterLink {
            escape_html(value.unwrap_or(&hole.variable.source), out);
        }
    }
}

/// Without the markup of holes.
fn bare(source: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    body(source)
        .text
        .html
        .html_with(&values(pairs), &mut out, &mut Bare);
    out.trim_end().to_owned()
}

fn title(source: &str) -> String {
    let mut out = String::new();
    compile_text(source, true, "", &mut Highlighter::new())
        .unwrap()
        .text
        .html
        .html(&values(&[("a", "v")]), &mut out);
    out
}

#[test]
fn holes_have_their_markup() {
    assert_eq!(
        html("on [VAR:Host] and [VAR:b]", &[("host", "a<b>")]),
        "<p>on <span class=\"value\" dir=\"auto\">a&lt;b&gt;</span> and <span class=\"unset\">[VAR:b]</span></p>\n"
    );
    assert_eq!(
        html("[VAR:a|upper][VAR:a]", &[("a", "x")])
            .matches("class=\"value\"")
            .count(),
        2
    );
    assert!(html("[VAR:a|sh]", &[]).contains(">[VAR:a|sh]<"));
    assert!(html("[VAR:a]", &[("a", "")]).contains("dir=\"auto\"></span>"));
}

#[test]
fn values_are_text_everywhere() {
    let evil = "**x** `y` <script>\"'&lt; [VAR:b] | \n\n# z";
    let escaped = "**x** `y` &lt;script&gt;&quot;&#39;&amp;lt; [VAR:b] | \n\n# z";
    for source in [
        "[VAR:a]",
        "`[VAR:a]`",
        "```\n[VAR:a]\n```",
        "| h |\n|--|\n| [VAR:a] |",
        "# [VAR:a]",
        "**[VAR:a]**",
        "<b>[VAR:a]</b>",
        "[[VAR:a]](x)",
        "![[VAR:a]](x)",
    ] {
        let html = bare(source, &[("a", evil), ("b", "secret")]);
        assert!(html.contains(escaped), "{source}: {html}");
        assert!(!html.contains("secret"), "{source}");
    }
}

#[test]
fn contexts_are_known() {
    let contexts = |source: &str| {
        body(source)
            .text
            .html
            .holes()
            .map(|hole| hole.context)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        contexts("[VAR:a] `[VAR:b]`\n\n```sh\n[VAR:c]\n```\n\n    [VAR:d]"),
        [
            Context::Text,
            Context::InlineCode,
            Context::CodeBlock,
            Context::CodeBlock
        ]
    );
    assert_eq!(contexts("[x](y \"[VAR:a]\")"), [Context::Attribute]);
    assert_eq!(contexts("<pre>[VAR:a]</pre>"), [Context::CodeBlock]);
    assert_eq!(
        contexts("<kbd title='[VAR:b]'>[VAR:a]</kbd>"),
        [Context::Attribute, Context::Text]
    );
}

#[test]
fn a_backslash_makes_it_literal_everywhere() {
    assert_eq!(
        bare("\\[VAR:a] `\\[VAR:a]`", &[("a", "v")]),
        "<p>[VAR:a] <code>[VAR:a]</code></p>"
    );
    assert_eq!(
        bare("```\n\\[VAR:a]\n```", &[("a", "v")]),
        "<pre tabindex=\"0\"><code>[VAR:a]\n</code></pre>"
    );
    assert_eq!(
        bare("```\n\\\\[VAR:a]\\share\n```", &[("a", "v")]),
        "<pre tabindex=\"0\"><code>\\\\v\\share\n</code></pre>"
    );
    assert_eq!(bare("\\[VAR:a](x)", &[]), "<p>[VAR:a](x)</p>");
    assert_eq!(
        bare("[x](/y/\\[VAR:a])", &[]),
        "<p><a href=\"/y/%5BVAR%3Aa%5D\" rel=\"noopener noreferrer\">x</a></p>"
    );
}

#[test]
fn link_targets_are_checked() {
    let link = |source: &str, a: &str| bare(source, &[("a", a), ("b", "")]);
    let rel = " rel=\"noopener noreferrer\"";
    assert_eq!(
        link("[x](https://[VAR:a]/p)", "h.x"),
        format!("<p><a href=\"https://h.x/p\"{rel}>x</a></p>")
    );
    assert_eq!(
        link("[x]([VAR:a])", "https://h.x/\"><script>"),
        format!("<p><a href=\"https://h.x/%22%3E%3Cscript%3E\"{rel}>x</a></p>")
    );
    for (source, a) in [
        ("[x]([VAR:a])", "javascript:alert(1)"),
        ("[x](java[VAR:a]:alert(1))", "script"),
        ("[x](//[VAR:a])", "h.x"),
        ("[x]([VAR:a][VAR:b])", "java"),
        ("[x](javascript:[VAR:a])", "y"),
        ("[x](data:text/html,[VAR:a])", "y"),
        ("<a href='[VAR:a]'>x</a>", "javascript:alert(1)"),
        ("<a href='java&#115;cript:[VAR:a]'>x</a>", "1"),
        ("[x](javascript:alert)", ""),
        ("[x](//evil)", ""),
        ("<a href='javascript&colon;alert'>x</a>", ""),
        ("<a href='java\nscript:alert'>x</a>", ""),
        ("<a href='/\\evil'>x</a>", ""),
    ] {
        assert_eq!(link(source, a), format!("<p><a{rel}>x</a></p>"), "{source}");
    }
    assert_eq!(
        bare("[x](https://h/[VAR:z])", &[]),
        format!("<p><a{rel}>x</a></p>")
    );
    assert!(link("see https://[VAR:a].x/y", "h").contains("href=\"https://h.x/y\""));
    assert!(link("[x][r]\n\n[r]: https://h/[VAR:a]", "ü").contains("href=\"https://h/%C3%BC\""));
}

#[test]
fn images_become_links() {
    assert_eq!(
        bare("![alt](https://h/i.png \"t\")", &[]),
        "<p><a href=\"https://h/i.png\" title=\"t\" rel=\"noopener noreferrer\">alt</a></p>"
    );
    assert_eq!(
        bare("![](https://h/i.png)", &[]),
        "<p><a href=\"https://h/i.png\" rel=\"noopener noreferrer\">https://h/i.png</a></p>"
    );
    assert_eq!(
        bare("[![alt](b.png)](c)", &[]),
        "<p><a href=\"c\" rel=\"noopener noreferrer\">alt</a></p>"
    );
    assert_eq!(bare("![x](data:image/png;base64,AA)", &[]), "<p>x</p>");
    assert_eq!(
        bare("<img src=https://h/i onerror=x alt='a<b'>", &[]),
        "<a href=\"https://h/i\" rel=\"noopener noreferrer\">a&lt;b</a>"
    );
    assert!(
        bare("![[VAR:a]](https://h/[VAR:a])", &[("a", "q")])
            .contains("href=\"https://h/q\" rel=\"noopener noreferrer\">q</a>")
    );
}

#[test]
fn html_is_sanitised() {
    let html = bare(
        "<details open onclick=x><summary>s</summary>\n\n**b** <sup>1</sup><kbd>k</kbd><span class='value hl-x btn' style='y' id=i>q</span>\n\n</details>\n\n<script>alert(1)</script><iframe src=x></iframe><style>p{}</style>",
        &[],
    );
    assert!(
        html.starts_with("<details open=\"\"><summary>s</summary>"),
        "{html}"
    );
    assert!(
        html.contains("<strong>b</strong> <sup>1</sup><kbd>k</kbd>"),
        "{html}"
    );
    assert!(
        html.contains("class=\"hl-x\"")
            && html.contains("id=\"p-i\"")
            && !html.contains("btn")
            && !html.contains("style")
    );
    assert!(
        html.ends_with("</details>") && !html.contains("alert") && !html.contains("iframe"),
        "{html}"
    );
    assert_eq!(bare("<b>x\n\ny", &[]), "<p><b>x</b></p>\n<p>y</p>");
}

#[test]
fn github_flavour_is_there() {
    let html = bare(
        "- [ ] a\n- [x] b\n\n~~c~~ www.x.org d[^n]\n\n[^n]: e [VAR:a]\n\n| x |\n|---|\n| y |",
        &[],
    );
    assert!(
        html.contains(
            "<li class=\"task\"><input class=\"task-box\" type=\"checkbox\" disabled data-task=\"0\"> a</li>"
        ),
        "{html}"
    );
    assert!(html.contains("data-task=\"1\" checked> b"), "{html}");
    assert!(
        html.contains("<del>c</del>")
            && html.contains("href=\"http://www.x.org\"")
            && html.contains("<td>y</td>"),
        "{html}"
    );
    assert!(
        html.contains("href=\"#p-fn-1\"")
            && html.contains("id=\"p-fnref-1\"")
            && html.contains("id=\"p-fn-1\""),
        "{html}"
    );
    assert!(
        html.contains("class=\"footnotes\"") && html.contains("href=\"#p-fnref-1\""),
        "{html}"
    );
    assert_eq!(
        bare(
            "<input class=task-box data-task=0> &#x10FFF0;&#x100000;&#xF0000; [VAR:a]",
            &[("a", "v")]
        ),
        "<p>   v</p>".replace("   ", "  ")
    );
}

#[test]
fn titles_are_inline() {
    assert_eq!(
        title("1. Go to `[VAR:a]`"),
        "1. Go to <code><span class=\"value\" dir=\"auto\">v</span></code>"
    );
    assert_eq!(title("# x"), "# x");
    assert_eq!(
        title("*(a)* **b** _c_"),
        "<em>(a)</em> <strong>b</strong> <em>c</em>"
    );
    assert_eq!(
        title("- [VAR:a]"),
        "- <span class=\"value\" dir=\"auto\">v</span>"
    );
    assert_eq!(title("C #"), "C #");
    assert_eq!(title("<b id=nav>x</b>"), "<b>x</b>");
    assert_eq!(title("<div>x"), "x");
}

#[test]
fn plain_text_has_no_markup() {
    let plain = |source: &str, unset| {
        let mut out = String::new();
        body(source)
            .text
            .plain
            .text(&values(&[("a", "*v*")]), unset, &mut out);
        out
    };
    assert_eq!(
        plain("**x** [VAR:a] `y` [VAR:b]", Unset::Placeholder),
        "x *v* y [VAR:b]"
    );
    assert_eq!(plain("[VAR:b]x", Unset::Blank), "x");
    assert_eq!(
        plain(
            "# t\n\npara\nline\n\n1. one\n2. two\n   - in\n     more\n\n> q\n\n```sh\na\n  b\n```\n\n- [x] d\n- [ ] [l](https://x.y)\n\n| a | b |\n|--|--|\n| c | d |",
            Unset::Blank
        ),
        "t\n\npara line\n\n1. one\n2. two\n  - in more\n\n> q\n\na\n  b\n\n- [x] d\n- [ ] l <https://x.y>\n\na: c; b: d"
    );
}

#[test]
fn commands_are_what_copy_gives() {
    let compiled =
        body("```powershell title=\"On [VAR:a]\"\nGet-X [VAR:a|ps]\n\n```\n\n- a\n  ```\n  [VAR:b]\n  ```\n");
    let text = |plain: &PlainTemplate| {
        let mut out = String::new();
        plain.text(&values(&[("a", "it's")]), Unset::Placeholder, &mut out);
        out
    };
    assert_eq!(compiled.commands.len(), 2);
    assert_eq!(compiled.commands[0].language, "powershell");
    assert_eq!(text(compiled.commands[0].title.as_ref().unwrap()), "On it's");
    assert_eq!(text(&compiled.commands[0].text), "Get-X 'it''s'\n");
    assert_eq!(text(&compiled.commands[1].text), "[VAR:b]");
    assert!(compiled.keys.contains("a") && compiled.keys.contains("b"));
}

#[test]
fn a_flow_compiles_with_problems_by_pointer() {
    let flow = |body: &str| {
        let json = serde_json::json!({"title": "T [VAR:x]", "sections": [{"title": "", "steps": [
            {"id": "s1", "title": "*one*", "body": body, "choices": [{"label": "go [VAR:y]", "step": "s1"}]}]}]});
        compile(&FlowDocument::from_json(&json.to_string()).unwrap())
    };
    let compiled = flow("- [ ] a [VAR:Z]").unwrap();
    let step = compiled.step(&StepId::parse("s1").unwrap()).unwrap();
    assert_eq!(step.tasks, 1);
    assert_eq!(step.keys.iter().collect::<Vec<_>>(), ["y", "z"]);
    assert_eq!(compiled.keys().len(), 3);
    assert!(compiled.bytes() > 500 && compiled.bytes() < 20_000);
    let problems = flow(&"[VAR:a]".repeat(MAX_PLACEHOLDERS + 1)).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "/sections/0/steps/0/body: there are more than 10000 placeholders"
    );
    assert!(flow(&"*a ".repeat(1_000).repeat(2)).is_ok());
    assert!(flow(&"[VAR:a]".repeat(20_000)).is_err());
}

/// The runbooks that are there to test with, where they are.
fn corpus() -> Vec<(String, String)> {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus"));
    let (mut folders, mut documents) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md")
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                documents.push((path.display().to_string(), text));
            }
        }
    }
    if documents.is_empty() {
        eprintln!("no corpus here");
    }
    documents
}

/// All text of a tree, without white space.
fn tree_text<'a>(root: &'a AstNode<'a>) -> String {
    let mut text = String::new();
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::Text(literal) => text.push_str(literal),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::CodeBlock(block) => text.push_str(&block.literal),
            NodeValue::HtmlInline(literal) => raw_html::text_of(literal, &mut text),
            NodeValue::HtmlBlock(block) => raw_html::text_of(&block.literal, &mut text),
            _ => {}
        }
    }
    text.retain(|c| !c.is_whitespace());
    text
}

#[test]
fn real_runbooks_keep_their_text() {
    for (path, document) in corpus() {
        let source = &document[..document.floor_char_boundary(MAX_BODY)];
        let compiled = compile_text(source, false, "p-", &mut Highlighter::new()).unwrap();
        let mut page = String::new();
        compiled.text.html.html_with(&(), &mut page, &mut Bare);
        assert!(!page.contains(is_ours), "{path}");
        let mut text = String::new();
        raw_html::text_of(&page, &mut text);
        text.retain(|c| !c.is_whitespace());
        let arena = Arena::new();
        let expected = tree_text(parse_document(&arena, source, &options()));
        // What only the page has: the ways back from footnotes, and addresses of images without a text.
        if !source.contains("[^") && !source.contains("![]") {
            assert_eq!(text, expected, "{path}");
        }
        let mut export = String::new();
        compiled
            .text
            .markdown
            .markdown(&(), Unset::Placeholder, &mut export);
        if !source.contains('\r') {
            assert_eq!(export, source, "{path}");
        }
    }
}
