//! Documents that are written to take long or to break something: they give clean HTML or a reason.

use proptest::prelude::*;

use super::Unset;
use super::compile::compile_text;
use super::highlight::Highlighter;
use super::swap::is_ours;
use super::tests::values;
use crate::placeholder;

/// What a hostile author may write, of that size.
#[expect(clippy::too_many_lines, reason = "a list")]
#[expect(clippy::format_collect, reason = "tests need no speed")]
fn pathological(size: usize) -> Vec<(&'static str, String)> {
    let fill = |piece: &str| piece.repeat(size / piece.len());
    let both = |left: &str, right: &str| {
        let count = size / (left.len() + right.len());
        left.repeat(count) + &right.repeat(count)
    };
    vec![
        ("brackets", both("[", "]")),
        ("open brackets", fill("[")),
        ("links", both("[", "](x)")),
        ("images", both("![", "](x)")),
        ("link references", fill("[a]: b\n")),
        ("link labels", fill("[a][b]")),
        ("quotes", fill(">")),
        ("quote lines", fill("> a\n>> b\n")),
        ("lists", fill("- ")),
        ("list lines", fill("- a\n")),
        (
            "deep lists",
            (0..)
                .map(|i| " ".repeat(2 * (i % 100)) + "- a\n")
                .take(size / 102)
                .collect(),
        ),
        (
            "lists of 60",
            (0..)
                .map(|i| " ".repeat(2 * (i % 30)) + "- a\n")
                .take(size / 35)
                .collect(),
        ),
        ("emphasis", both("*a ", " a*")),
        ("mixed emphasis", fill("*a _b **c __d ")),
        ("emphasis nested", both("**a ", "b** ")),
        ("stars", fill("*")),
        ("tildes", fill("~~a ~")),
        ("tables", "|a|\n|-|\n".to_owned() + &fill("|x|\n")),
        ("wide tables", fill("|a").clone() + "\n" + &fill("|-") + "\n"),
        (
            "short rows",
            "|a".repeat(size / 100) + "\n" + &"|-".repeat(size / 100) + "\n" + &"|x\n".repeat(size / 100),
        ),
        ("footnotes", fill("[^a] ") + "\n\n[^a]: x"),
        (
            "footnote definitions",
            (0..size / 24)
                .map(|i| format!("[^{i}]\n\n[^{i}]: x\n\n"))
                .collect(),
        ),
        (
            "nested footnotes",
            (0..size / 24)
                .map(|i| format!("[^{i}]: [^{}]\n\n", i + 1))
                .collect::<String>()
                + "[^0]",
        ),
        ("divs", fill("<div>")),
        ("open tags", fill("<b>x ")),
        (
            "different tags",
            (0..size / 20).map(|i| format!("<b title={i}>x\n\n")).collect(),
        ),
        ("crossed tags", fill("<b><i></b></i>\n\n")),
        ("links in html", fill("<a href=x><b>")),
        (
            "attributes",
            "<b ".to_owned() + &(0..size / 7).map(|i| format!("a{i} ")).collect::<String>() + ">",
        ),
        ("unended tags", fill("<a ")),
        ("unended values", fill("<a b=\"")),
        ("comments", fill("<!--")),
        ("declarations", fill("<!a")),
        ("instructions", fill("<?")),
        ("cdata", fill("<![CDATA[")),
        ("tables in html", fill("<table><tr><td>x\n")),
        ("scripts", fill("<script>")),
        (
            "backticks",
            (1..)
                .map(|i| "`".repeat(i) + "a")
                .scan(0, |length, run| {
                    *length += run.len();
                    (*length < size).then_some(run)
                })
                .collect(),
        ),
        ("open fences", fill("```\n")),
        ("code", "```sh\n".to_owned() + &fill("echo 'a' | grep \"$(x)\"\n")),
        ("one line of code", "```sh\n".to_owned() + &fill("echo ")),
        ("indented code", fill("    a\n")),
        ("entities", fill("&#xF0000;")),
        ("ampersands", fill("&")),
        ("backslashes", fill("\\")),
        ("addresses", fill("a@b.c ")),
        ("half addresses", fill("a@")),
        ("www", fill("www.")),
        ("urls", fill("http://a")),
        ("headings", fill("# a\n")),
        ("rules", fill("---\n")),
        ("setext", fill("a\n=\n")),
        ("lines", fill("\n")),
        ("spaces", fill(" ")),
        ("tabs", fill("\t")),
        ("placeholders", fill("[VAR:a]").chars().take(60_000).collect()),
        ("half placeholders", fill("[VAR:")),
        ("placeholder filters", fill("[VAR:a|sh")),
        (
            "placeholders in code",
            fill("`[VAR:a]` ").chars().take(90_000).collect(),
        ),
        (
            "placeholders in tags",
            fill("<a href=\"[VAR:a]\" ").chars().take(90_000).collect(),
        ),
        (
            "placeholder lines",
            fill("[VAR:a]\n").chars().take(70_000).collect(),
        ),
        (
            "placeholder in a fence",
            "```\n".to_owned() + &fill("[VAR:a]\n").chars().take(70_000).collect::<String>(),
        ),
    ]
}

#[test]
fn hostile_documents_give_html_or_a_reason() {
    for (name, source) in pathological(20_000) {
        let compiled = compile_text(&source, false, "p-", &mut Highlighter::new());
        match compiled {
            Ok(compiled) => {
                assert!(!compiled.text.html.literals().contains(is_ours), "{name}");
                assert!(!compiled.text.plain.literals().contains(is_ours), "{name}");
            }
            Err(reason) => assert!(!reason.is_empty(), "{name}"),
        }
    }
}

const PIECES: &[&str] = &[
    "[VAR:a]",
    "\\[VAR:a]",
    "\\\\[VAR:a]",
    "[VAR:a|sh]",
    "**",
    "*",
    "_",
    "`",
    "``",
    "```",
    "\n",
    "\n\n",
    "    ",
    "> ",
    "- ",
    "1. ",
    "# ",
    "|",
    "|-|",
    "[",
    "]",
    "(",
    ")",
    "![",
    "](",
    "<",
    ">",
    "<b>",
    "</b>",
    "<a href=\"",
    "\"",
    "<kbd>",
    "<!--",
    "-->",
    "<div>",
    "</div>",
    "<pre>",
    "<script>",
    "&",
    "&#xF0000;",
    "%F3%B0%80%80",
    "http://",
    "www.",
    "[^1]",
    "[^1]: ",
    "\u{F0000}",
    "javascript:",
    "//",
    ":",
    "x",
    " ",
    "~~",
    "- [ ] ",
    "\t",
    "style=\"x\"",
    "title=\"",
    "\\",
    "@",
    "x.y",
    "data:",
    "<img src=",
];

/// Pieces among which no hole can get lost or stand twice.
const PROSE: &[&str] = &[
    "[VAR:a]",
    "[VAR:b|sh]",
    "**",
    "*",
    "_",
    "\n",
    "\n\n",
    "    ",
    "> ",
    "- ",
    "1. ",
    "# ",
    "x",
    " ",
    "~~x~~",
    "&amp;",
    "!",
    "\\\\",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_document_gives_clean_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let source = pieces.concat();
        let compiled = compile_text(&source, false, "p-", &mut Highlighter::new()).unwrap();
        let html = &compiled.text.html;
        prop_assert!(!html.literals().contains(is_ours));
        prop_assert!(!compiled.text.plain.literals().contains(is_ours));
        for evil in ["\"><script x='", "javascript:alert(1)", "script", "//x.y"] {
            let mut page = String::new();
            html.html(&values(&[("a", evil)]), &mut page);
            prop_assert!(!page.contains("<script") && !page.contains(is_ours), "{}", page);
            for tag in page.split("<a ").skip(1).filter_map(|rest| rest.split('>').next()) {
                prop_assert!(!tag.contains("href=\"javascript") && !tag.contains("href=\"//"), "{}", page);
            }
            let mut export = String::new();
            compiled.text.markdown.markdown(&values(&[("a", evil)]), Unset::Blank, &mut export);
            prop_assert!(!export.contains(is_ours));
        }
    }

    #[test]
    fn prose_keeps_every_hole(pieces in prop::collection::vec(prop::sample::select(PROSE), 0..40)) {
        let source = pieces.concat();
        let compiled = compile_text(&source, false, "p-", &mut Highlighter::new()).unwrap();
        let names: Vec<String> = placeholder::find(&source).into_iter().map(|p| p.name.key()).collect();
        let holes: Vec<String> = compiled.text.html.holes().map(|hole| hole.variable.key.clone()).collect();
        prop_assert_eq!(&holes, &names);
        let plain: Vec<String> = compiled.text.plain.variables().map(|variable| variable.key.clone()).collect();
        prop_assert_eq!(&plain, &names);
    }
}
