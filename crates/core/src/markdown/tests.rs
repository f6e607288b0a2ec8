//! The rules of the Markdown form by example, its mistakes with their places, and its limits.

use super::*;
use crate::flow::FlowDocument;
use crate::problem::Problem;

const EXAMPLE: &str = include_str!("example.md");

fn errors(text: &str) -> Vec<String> {
    parse(text).unwrap_err().iter().map(Problem::to_string).collect()
}

#[test]
fn the_example_reads_as_it_looks() {
    let flow = parse(EXAMPLE).unwrap();
    let json: serde_json::Value = serde_json::from_str(&flow.to_json()).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "id": "0198c0de-0000-7000-8000-000000000000",
            "title": "Domain controller cut-over: [VAR:server_name]",
            "description": "What this flow is for.\n\nIn two paragraphs.",
            "tags": ["windows", "ad"],
            "fields": [
                {"name": "server_name", "label": "Server name", "type": "hostname", "required": true,
                 "help": "Short host name, as in the ticket"},
                {"name": "port", "type": "port", "default": "22"},
                {"name": "answer", "type": "select", "default": "NO", "options": ["NO", "on", "1"]},
                {"name": "load", "type": "number", "min": 0.5, "max": 10.0},
            ],
            "sections": [
                {"steps": [{"id": "read-this", "title": "Read this", "kind": "info"}]},
                {"title": "Prepare", "body": "Section text.", "steps": [
                    {"id": "snapshot", "title": "Snapshot the old host", "kind": "action", "minutes": 5,
                     "body": "Sign in to [VAR:server_name] ...\n\n```sh\n# not a heading\n## nor this\n```\n\n> verify: The snapshot is listed.",
                     "choices": [{"label": "It answers -> fast", "step": "promote"}, {"label": "It does not", "step": "read-this"}]},
                    {"id": "promote", "title": "Promote ${NAME}", "kind": "warning", "body": "### Deeper\n\nText."},
                ]},
            ],
            "front_matter": {"owner": {"team": "infra", "pager": null}, "weight": 10, "version": "1.10"},
        })
    );
    assert_eq!(parse(&print(&flow)).unwrap(), flow);
}

#[test]
fn the_example_is_printed_in_one_style() {
    let printed = print(&parse(EXAMPLE).unwrap());
    assert_eq!(
        printed,
        "---\n\
         id: 0198c0de-0000-7000-8000-000000000000\n\
         title: \"Domain controller cut-over: [VAR:server_name]\"\n\
         tags: [windows, ad]\n\
         fields:\n  \
           - { name: server_name, label: Server name, type: hostname, required: true, help: \"Short host name, as in the ticket\" }\n  \
           - { name: port, type: port, default: \"22\" }\n  \
           - { name: answer, type: select, default: \"NO\", options: [\"NO\", \"on\", \"1\"] }\n  \
           - { name: load, type: number, min: 0.5, max: 10 }\n\
         owner: { pager: null, team: infra }\n\
         version: \"1.10\"\n\
         weight: 10\n\
         ---\n\
         What this flow is for.\n\nIn two paragraphs.\n\n\
         ## Read this {#read-this kind=info}\n\n\
         # Prepare\n\nSection text.\n\n\
         ## Snapshot the old host {#snapshot kind=action minutes=5}\n\n\
         Sign in to [VAR:server_name] ...\n\n```sh\n# not a heading\n## nor this\n```\n\n\
         > verify: The snapshot is listed.\n\n\
         > choice: It answers -> fast -> #promote\n> choice: It does not -> #read-this\n\n\
         ## Promote ${NAME} {#promote kind=warning}\n\n### Deeper\n\nText.\n"
    );
    assert!(is_flow_form(&printed));
}

#[test]
fn every_mistake_is_named_at_its_place() {
    let text = "---\ntitle: a\ntags: {a: 1}\nfields:\n  - { name: a b }\n  - { name: x, type: ipv7, requird: yes }\n  - { name: x }\n  - { name: s, secret: true }\n---\n\n## One {#one kind=acton}\n\n## Two {#one minutes=-1 colour=red}\n\n> choice: Go -> #three\n\n# Last\n\n## {#four}\n\n<!-- open\n";
    assert_eq!(
        errors(text),
        [
            "line 3, column 7: `tags` must be text",
            "line 5, column 13: the name \"a b\" has ' '; letters, digits and _ are allowed",
            "line 6, column 22: there is no field type \"ipv7\"; the types are text, long_text, number, boolean, date, datetime, select, multi_select, email, url, hostname, fqdn, ip, cidr, mac and port",
            "line 6, column 28: a field has no `requird`; it has name, label, type, required, default, help, options, min, max, integer, secret",
            "line 7, column 13: \"x\" is declared twice; the first is field 1",
            "line 8, column 24: secret fields are refused until values can be sealed; take `secret` out",
            "line 11, column 14: there is no kind \"acton\"; the kinds are action, info, verify, warning",
            "line 13, column 4: the step id \"one\" is used twice; first in line 11",
            "line 13, column 14: `minutes` is a whole number from 0 to 65535, not \"-1\"",
            "line 13, column 25: there is no attribute \"colour=red\"; a step has #id, kind= and minutes=, and braces that belong to the title need {} after them",
            "line 15, column 1: no step has the id \"three\"",
            "line 19, column 4: this must not be empty",
            "line 21, column 1: the HTML comment that opens here is never closed",
        ]
    );
}

#[test]
fn a_flow_needs_its_front_matter_and_a_step() {
    assert_eq!(errors("").len(), 2);
    assert!(errors("# a\n## b\n")[0].starts_with("line 1, column 1: a flow begins with its front matter"));
    assert_eq!(
        errors("---\nfields: []\n---\n## a\n"),
        ["line 2, column 1: the front matter needs a `title`"]
    );
    assert_eq!(
        errors("---\ntitle:\n---\n## a\n"),
        ["line 2, column 6: `title` must be text"]
    );
    assert_eq!(
        errors("---\ntitle: a\n---\ntext\n"),
        ["line 4, column 1: a flow needs at least one step"]
    );
    assert_eq!(errors("---\ntitle: a\nid: 7\n---\n## a\n").len(), 1);
    assert_eq!(
        errors("---\ntitle: a\ntitle: b\n---\n## a\n"),
        ["line 3, column 1: the key \"title\" is here twice"]
    );
    assert_eq!(errors("---\n- a\n---\n## a\n").len(), 1);
    assert_eq!(errors("---\ntitle: [a\n---\n## a\n").len(), 1);
}

#[test]
fn line_ends_and_a_byte_order_mark_do_not_matter() {
    let flow = parse(EXAMPLE).unwrap();
    assert_eq!(
        parse(&format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n"))).unwrap(),
        flow
    );
    assert_eq!(parse(&EXAMPLE.replace('\n', "\r")).unwrap(), flow);
}

#[test]
fn titles_keep_what_looks_like_marks() {
    let title = |heading: &str| {
        let flow = parse(&format!("---\ntitle: t\n---\n{heading}\n")).unwrap();
        assert_eq!(parse(&print(&flow)).unwrap(), flow, "{heading}");
        flow.into_parts().sections.remove(0).steps.remove(0).title
    };
    assert_eq!(title("## a {#b} ##"), "a");
    assert_eq!(title("## a {b} {}"), "a {b}");
    assert_eq!(title("## a {{b}}"), "a {{b}}");
    assert_eq!(title("## a ${B}"), "a ${B}");
    assert_eq!(title("## a # {#b}"), "a #");
    assert_eq!(title("## a\\ {#b}"), "a\\");
    assert_eq!(title("## # {#b}"), "#");
    assert_eq!(title("Underlined\nin two {#x}\n---"), "Underlined in two");
    assert!(
        errors("---\ntitle: t\n---\n## a {b}\n")[0]
            .starts_with("line 4, column 7: there is no attribute \"b\"")
    );
    assert!(
        errors("---\ntitle: t\n---\n## ä {#b #b}\n")[0].starts_with("line 4, column 10: `#` is here twice")
    );
}

#[test]
fn bodies_that_cannot_stand_between_headings_are_refused() {
    let refusal = |body: &str| {
        let json = serde_json::json!({"title": "t", "sections": [{"steps": [{"id": "a", "title": "a", "body": body}]}]});
        FlowDocument::from_json(&json.to_string())
            .map(|_| ())
            .map_err(|problems| problems[0].to_string())
    };
    for body in [
        "```\n# a\n```",
        "- ```\n  a",
        "<div>\n# a\n</div>",
        "### a",
        "> choice: a",
        "a\n\n---\n\nb",
        "\r\n  a\r\n",
    ] {
        assert_eq!(refusal(body), Ok(()), "{body:?}");
    }
    let refused = [
        ("a\n\n## b", "line 3: a body cannot have a heading"),
        ("a\n---\nb", "line 1: the line of dashes or equals signs"),
        (
            "\n\na\n```\nb",
            "line 2: the code fence that opens here is never closed",
        ),
        ("<script>", "line 1: the HTML element that opens here"),
        ("> choice: a -> #a", "line 1: a choice is"),
        ("a\n> choice: a -> b\n\nc", "line 2: a choice is"),
    ];
    for (body, detail) in refused {
        let found = refusal(body).unwrap_err();
        assert!(
            found.starts_with(&format!("/sections/0/steps/0/body: {detail}")),
            "{body:?}: {found}"
        );
    }
}

#[test]
fn other_front_matter_is_bounded() {
    let flow = |value: serde_json::Value| {
        FlowDocument::from_json(
            &serde_json::json!({"title": "t", "sections": [{"steps": [{"id": "a", "title": "a"}]}], "front_matter": value})
                .to_string(),
        )
    };
    assert!(flow(serde_json::json!({"title": "x"})).is_err());
    assert!(flow(serde_json::json!({"k".repeat(501): 1})).is_err());
    assert!(flow(serde_json::json!({"a": vec![0; 60_000]})).is_err());
    let deep = |depth: usize| (0..depth).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
    assert!(flow(serde_json::json!({"a": deep(32)})).is_err());
    let deepest = flow(
        serde_json::json!({"a": deep(31), "k".repeat(500): "v".repeat(200_000), "b": {"c": "\"".repeat(100_000)}}),
    );
    let deepest = deepest.unwrap();
    assert_eq!(parse(&print(&deepest)), Ok(deepest));
}

#[test]
fn the_size_limit_is_that_of_the_markdown_form() {
    let flow = |size: usize| {
        let step =
            |n: usize| serde_json::json!({"id": format!("s{n}"), "title": "a", "body": "x".repeat(size)});
        let json =
            serde_json::json!({"title": "t", "sections": [{"steps": (0..4).map(step).collect::<Vec<_>>()}]});
        FlowDocument::from_json(&json.to_string())
    };
    let largest = flow(262_000).unwrap();
    assert_eq!(parse(&print(&largest)), Ok(largest));
    assert!(
        flow(262_144).unwrap_err()[0]
            .detail
            .contains("in its Markdown form")
    );
    assert!(parse(&" ".repeat(limits::MAX_TEXT + 1)).is_err());
}

#[test]
fn too_many_headings_are_one_problem() {
    let head = "---\ntitle: t\n---\n";
    assert_eq!(
        errors(&format!("{head}{}", "## a\n".repeat(501))),
        ["line 504, column 1: there are more than 500 steps"]
    );
    assert_eq!(
        errors(&format!("{head}{}", "# a\n".repeat(201))),
        ["line 204, column 1: there are more than 200 sections"]
    );
    assert!(parse(&format!("{head}{}{}", "# a\n".repeat(200), "## a\n".repeat(500))).is_ok());
    assert_eq!(
        errors(&format!("{head}{}", "## a {b}\n".repeat(500))).len(),
        parse::MAX_PROBLEMS
    );
}

#[test]
fn hostile_texts_are_answered() {
    // What is quadratic in these lengths takes minutes, after which the runner of the tests stops it.
    let head = "---\ntitle: t\n---\n## a\n";
    let pieces = [
        ">",
        "[",
        "- ",
        "* a ",
        "![",
        "<",
        "`a``",
        "a\n=\n",
        "## a\n",
        "> choice: a -> #a\n",
        "> a\n\n",
        "# {\n",
        "|a",
        "\t-\n",
        "[^a]: ",
        "<!-- ",
        "```\n",
        "[VAR:",
        "{#a} ",
        "---\n",
        "\n",
        "\u{feff}",
        "\r",
    ];
    for piece in pieces {
        let text = format!("{head}{}", piece.repeat((limits::MAX_TEXT - 100) / piece.len()));
        let _ = parse(&text);
    }
    for inside in ["a ", "#a ", "kind=a ", "minutes=1 ", "{", "}", "=", "-> "] {
        let text = format!(
            "{head}## a {{{}}}\n",
            inside.repeat(limits::MAX_TEXT / 2 / inside.len())
        );
        assert!(
            parse(&text).unwrap_err().len() <= parse::MAX_PROBLEMS,
            "{inside:?}"
        );
    }
    for yaml in [
        "[", "- ", "a: ", "{a: ", "\"", "? ", "&a ", "*a ", "a\n", "'", "|\n", "# ", "!a ",
    ] {
        let text = format!("---\n{}\n---\n## a\n", yaml.repeat(200_000 / yaml.len()));
        assert!(parse(&text).is_err(), "{yaml:?}");
    }
}
