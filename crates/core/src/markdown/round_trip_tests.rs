//! Both forms against each other: what is printed reads as the same flow, whatever stands in it.

use proptest::prelude::*;

use super::*;
use crate::flow::{FlowDocument, FlowParts};

/// Lines that mean something to Markdown, to YAML or to this form.
fn hostile_line() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        " ",
        "# x",
        "## x {#x}",
        "### x",
        "```",
        "~~~sh",
        "---",
        "===",
        "- a",
        "  - b",
        "1. c",
        "> quote",
        "> choice: a -> #s0",
        "> choice: b ->",
        "> verify: ok",
        ">",
        "<div>",
        "</div>",
        "<!-- a",
        "-->",
        "<script>",
        "    code",
        "\tcode",
        "[a]: /url",
        "[^a]: note",
        "|a|b|",
        "|-|-|",
        "a\\",
        "- [ ] task",
        "- ```",
        "> ```",
        "\u{feff}",
        "\u{a0}",
        "\u{2028}",
        "[VAR:x]",
        "* * *",
        "<?php",
        "\r",
        "a\rb",
        "text",
        "text  ",
        "</script>",
        "- ",
        "\u{feff}```",
    ])
    .prop_map(str::to_owned);
    prop_oneof![8 => known, 1 => "\\PC{0,12}"]
}

fn hostile_body() -> impl Strategy<Value = String> {
    prop::collection::vec(hostile_line(), 0..8).prop_map(|lines| lines.join("\n"))
}

fn hostile_title() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "Title",
        "a #",
        "##",
        "# a",
        "a\\",
        "a {b}",
        "a {#b}",
        "{}",
        "a {",
        "a }",
        "> a",
        "- a",
        "```",
        "no",
        "12:30",
        "1.0",
        "~",
        "a: b",
        "a -> #s0",
        "->",
        "'a",
        "\"a\\",
        "[VAR:x]",
        "---",
        "\u{feff}a",
        "a\u{a0}#",
        " a ",
        "&a",
        "*a",
        "!a",
        "<<",
        "true",
        "\u{2028}a\u{2028}b",
        "a #b",
        "choice:",
        "0x1f",
        "1e3",
    ])
    .prop_map(str::to_owned);
    prop_oneof![4 => known, 1 => "\\PC{1,12}"]
}

fn hostile_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        hostile_title().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(hostile_title(), inner, 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

prop_compose! {
    fn hostile_step()(title in hostile_title(), body in hostile_body(), minutes in any::<Option<u16>>(),
        kind in prop::sample::select(vec!["action", "info", "verify", "warning"]),
        choices in prop::collection::vec(hostile_title(), 0..3)) -> serde_json::Value {
        let choices: Vec<_> = choices.iter().map(|label| serde_json::json!({"label": label, "step": "s0"})).collect();
        serde_json::json!({"title": title, "body": body, "minutes": minutes, "kind": kind, "choices": choices})
    }
}

prop_compose! {
    fn hostile_parts()(title in hostile_title(), description in hostile_body(), untitled in any::<bool>(),
        tags in prop::collection::vec(hostile_title(), 0..3),
        fields in prop::collection::vec((hostile_title(), any::<String>(), any::<Option<f32>>()), 0..3),
        sections in prop::collection::vec((hostile_title(), hostile_body(), prop::collection::vec(hostile_step(), 0..3)), 1..4),
        front_matter in prop::collection::btree_map(hostile_title(), hostile_value(), 0..3)) -> FlowParts {
        let mut count = 0;
        let mut sections: Vec<_> = sections.into_iter().map(|(title, body, mut steps)| {
            for step in &mut steps {
                step["id"] = format!("s{count}").into();
                count += 1;
            }
            serde_json::json!({"title": title, "body": body, "steps": steps})
        }).collect();
        if untitled {
            sections[0]["title"] = "".into();
            sections[0]["body"] = "".into();
        }
        let fields: Vec<_> = fields.into_iter().enumerate().map(|(index, (label, help, min))| {
            serde_json::json!({"name": format!("f{index}"), "label": label, "help": help,
                "type": if min.is_some() { "number" } else { "text" }, "min": min.filter(|min| min.is_finite())})
        }).collect();
        serde_json::from_value(serde_json::json!({"title": title, "description": description, "tags": tags, "fields": fields,
            "sections": sections, "front_matter": front_matter})).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_as_the_same_flow(parts in hostile_parts()) {
        // Drop the bodies that no flow may have, not the whole flow: most would fail on one of them.
        let mut parts = parts;
        let allowed = |body: &mut String| {
            normalise_body(body);
            if !check_body_structure(body).is_empty() {
                body.clear();
            }
        };
        allowed(&mut parts.description);
        for section in &mut parts.sections {
            allowed(&mut section.body);
            section.steps.iter_mut().for_each(|step| allowed(&mut step.body));
        }
        prop_assume!(parts.sections.iter().any(|section| !section.steps.is_empty()));
        if let Ok(flow) = FlowDocument::check(parts) {
            let printed = print(&flow);
            prop_assert!(is_flow_form(&printed));
            let read = parse(&printed);
            prop_assert!(read.as_ref() == Ok(&flow), "{}\n{:?}\n{:?}", printed, read, flow);
            prop_assert_eq!(print(&read.unwrap()), printed);
            prop_assert_eq!(FlowDocument::from_json(&flow.to_json()).map(|read| print(&read)), Ok(print(&flow)));
        }
    }

    #[test]
    fn what_is_read_survives_printing(lines in prop::collection::vec(hostile_line(), 0..20)) {
        if let Ok(flow) = parse(&format!("---\ntitle: t\n---\n{}\n## s {{#s0}}\n", lines.join("\n"))) {
            prop_assert_eq!(parse(&print(&flow)), Ok(flow));
        }
    }

    #[test]
    fn no_text_makes_parsing_panic(text in any::<String>(), yaml in any::<String>(), lines in hostile_body()) {
        let _ = parse(&text);
        let _ = parse(&format!("---\n{yaml}\n---\n{lines}"));
        let _ = (checks(&lines), commands(&lines), tasks(&lines));
    }
}
