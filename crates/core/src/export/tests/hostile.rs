//! Whatever people type, the document has the shape that a harmless run has, and the text they typed.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options as Dialect, parse_document};
use proptest::prelude::*;

use super::super::*;
use super::example::Run;
use super::exported;
use crate::session::{Completion, Details, Outcome, StepState, StepWork};

const FLOW: &str = r#"{
    "title": "The flow",
    "fields": [{"name": "value", "label": "A label", "type": "long_text"}, {"name": "other"}],
    "sections": [{"title": "Only", "steps": [
        {"id": "one", "title": "First", "body": "Use [VAR:value] and `[VAR:value]`.\n\n```\n[VAR:value]\n```"},
        {"id": "two", "title": "Second", "body": "Then [VAR:other]."}]}]}"#;

fn dialect() -> Dialect<'static> {
    let mut dialect = Dialect::default();
    dialect.extension.strikethrough = true;
    dialect.extension.table = true;
    dialect.extension.autolink = true;
    dialect.extension.tasklist = true;
    dialect.extension.footnotes = true;
    dialect.extension.math_dollars = true;
    dialect
}

/// Everything typed is this text, or this text on one line where only that is taken.
fn run(typed: &str) -> Run {
    let mut run = Run::of(FLOW);
    let line: String = typed
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    for name in run.names.values_mut() {
        *name = format!("N{line}");
    }
    run.minute = 1;
    let text = || Some(format!("T{typed}"));
    run.sets(&[("value", Some(typed)), ("other", Some(&format!("O{typed}")))]);
    run.works(
        "one",
        &StepWork {
            state: Some(StepState::Done),
            note: text(),
            output: text(),
            ..StepWork::default()
        },
    );
    run.works(
        "two",
        &StepWork {
            state: Some(StepState::Skipped),
            note: Some(typed.into()),
            output: Some(typed.into()),
            reason: text(),
            ..StepWork::default()
        },
    );
    run.changes(&Details {
        title: Some(format!("A{}", line.chars().take(100).collect::<String>())),
        note: text(),
        ..Details::default()
    });
    run.says(&format!("T{typed}"));
    run.completes(&Completion {
        outcome: Some(Outcome::Resolved),
        outcome_note: text(),
        next_steps: text(),
    });
    run
}

/// What has a shape: all but text, code in a line and line breaks; and how many paragraphs there are does not count.
fn shape<'a>(root: &'a AstNode<'a>) -> Vec<String> {
    let mut shape = Vec::new();
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::Text(_)
            | NodeValue::Code(_)
            | NodeValue::SoftBreak
            | NodeValue::LineBreak
            | NodeValue::Paragraph => {}
            // The flow's own texts keep values apart with empty comments.
            NodeValue::HtmlInline(html) if html == "<br>" || html == "<!-- -->" => {}
            NodeValue::CodeBlock(block) => shape.push(format!("code {}", block.info)),
            NodeValue::Heading(heading) => shape.push(format!("heading {}", heading.level)),
            value => shape.push(value.xml_node_name().into()),
        }
    }
    shape
}

/// All text and code without white space.
fn text<'a>(root: &'a AstNode<'a>) -> String {
    let mut text = String::new();
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::Text(literal) => text.push_str(literal),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::CodeBlock(block) => text.push_str(&block.literal),
            _ => {}
        }
    }
    squeeze(&text)
}

fn squeeze(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .map(|c| match c {
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap(),
            '\u{7f}' => '\u{2421}',
            c => c,
        })
        .filter(|c| !c.is_whitespace())
        .collect()
}

fn check(typed: &str) {
    let dialect = dialect();
    let (arena, other) = (Arena::new(), Arena::new());
    let export = exported(&run(typed), Unset::Placeholder);
    let root = parse_document(&arena, &export, &dialect);
    let harmless = exported(&run("harmless"), Unset::Placeholder);
    let harmless = shape(parse_document(&other, &harmless, &dialect));
    assert_eq!(shape(root), harmless, "{typed:?}:\n{export}");
    let (text, wanted) = (text(root), squeeze(typed));
    // The title, the note for the assignee, the outcome, what is next, the table, the steps.
    let found = text.matches(&wanted).count();
    assert!(
        wanted.is_empty() || found >= 8,
        "{typed:?} stands {found} times in\n{export}\n{text}"
    );
}

const HOSTILE: &[&str] = &[
    "# heading",
    "a\n===\nb\n---\nc",
    "- item\n  - [x] task\n1. one\n2) two",
    "```\ncode\n```\n~~~~~~~~~\nx",
    "````````\n`\n``",
    "<script>alert(1)</script><!-- x --><br><details>",
    "&lt;b&gt; &#x3c; &copy",
    "[link](http://example.com) ![image](x) [ref] [^1]\n\n[ref]: http://example.com\n[^1]: note",
    "http://example.com www.example.com lena@contoso.com <http://a.b> ftp://x mailto:a@b.co xmpp:a@b.co/c",
    "|a|b|\n|-|-|\n|c|d|",
    "a\n:-\nb",
    "x | y \\| z \\\\| `|` `\\|` a@b.co\\|c",
    "C:\\temp\\ \\\\server\\share\\",
    "> quote\n>> more\n\n> again",
    "    indented\n\tcode",
    "*a* _b_ **c** __d__ ~~e~~ ~f~ $g$ $$h$$ a_b_c _x",
    "a  \nb\\\nc\r\nd\re\n\n\nf\n ",
    "***\n___\n---\n+++\n===",
    "\u{1b}[31mred\u{7f}\u{b}\u{c}x",
    "[VAR:other] \\[VAR:value]",
    "\u{a0}x\u{2028}y\u{85}z \u{202e}abc",
    "`",
    "\\",
    "|",
    "#",
    "-",
    "+",
    "=",
    "~",
    "1.",
    "1)",
    "12345. x",
    "*",
    "_",
    "<",
    ">",
    "&",
    "!",
    "[",
    "]",
    "@",
    ":",
    "$",
    " `a` ",
    "`` a",
    "a``",
    "`a@b.co`",
    "\\`a\\`",
    "a #",
    "# # #",
    "!@",
    "a@b.co|",
    "`www.x.y|`",
    "\\\\|",
    "\\\\\\|x",
    "x\\",
    "`x\\",
    "www.\\|",
    "  lead",
    "\tlead",
    "x\u{1}\n\u{2}",
];

#[test]
fn no_text_makes_markup() {
    for typed in HOSTILE {
        check(typed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_mixture_makes_markup(parts in prop::collection::vec(
        prop_oneof![
            prop::sample::select(HOSTILE).prop_map(str::to_owned),
            prop::sample::select(vec!["\n", " ", "\r\n", "\n\n", "`", "\\", "|", "@", "://", "www.", "a", "1", "http", "<", "."])
                .prop_map(str::to_owned),
            "[ -~\n]{0,8}",
            "\\PC{0,4}",
        ], 1..6)) {
        let typed = parts.concat();
        // Nothing has another shape than something: there is no quote then.
        prop_assume!(!typed.trim().is_empty());
        check(&typed);
    }
}
