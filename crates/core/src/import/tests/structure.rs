//! What becomes a section, a step, a title.

use super::super::*;
use super::{imported, lost_words, shape};

#[test]
fn numbered_lists_become_steps() {
    let text = "# Restart\n\nWhat for.\n\n## Meaning\n\nIt is down.\n\n## Playbook\n\nBefore you begin:\n\n1. Verify that it is down.\n2. Run this:\n\n   ```sh\n   # not a heading\n   systemctl restart x\n   ```\n\n   - nested\n     - deeper\n3) Other numbering.\n\nIf all fails, call someone.\n";
    assert_eq!(imported(text).document.parts().description, "What for.");
    assert_eq!(
        shape(text),
        [
            "(info) Meaning | It is down.",
            "# Playbook | Before you begin:",
            "(verify) Verify that it is down",
            "Run this | ```sh\n# not a heading\nsystemctl restart x\n```\n\n- nested\n  - deeper",
            "Other numbering",
            "If all fails, call someone",
        ]
    );
}

#[test]
fn lists_that_go_on_after_something_else_stay_one() {
    let text = "# T\n\n## Steps\n\n1. One\n\n```sh\na\n```\n\n2. Two\n\nA remark.\n\n3. Three\n<details>\n\n## inside\n\n4. not a step\n\n</details>\n";
    assert_eq!(
        shape(text),
        [
            "# Steps",
            "One | ```sh\na\n```",
            "Two | A remark.",
            "Three | <details>\n\n### inside\n\n4. not a step\n\n</details>",
        ]
    );
}

#[test]
fn documents_of_every_shape_become_something() {
    let cases: [(&str, &str, &[&str]); 14] = [
        ("Just prose.", "Just prose", &["(info) Just prose | Just prose."]),
        (
            "```sh\nls\n```",
            "Untitled runbook",
            &["Untitled runbook | ```sh\nls\n```"],
        ),
        ("1. a\n2. b", "Untitled runbook", &["a", "b"]),
        ("- a\n- b", "Untitled runbook", &["a", "b"]),
        ("# Only a title", "Only a title", &["(info) Only a title"]),
        (
            "Title\n=====\n\nPart\n----\n\ntext",
            "Title",
            &["(info) Part | text"],
        ),
        ("# T\n\n## A\n\n## A\n\nx", "T", &["(info) A", "(info) A | x"]),
        (
            "# T\n\n#### Deep\n\nx\n\n## Back\n\n1. y",
            "T",
            &["(info) Deep | x", "# Back", "y"],
        ),
        ("# T\n\n##\n\nA text.", "T", &["(info) A text | A text."]),
        ("## A\n\n1. x\n\n## B\n\n1. y", "A", &["# A", "x", "# B", "y"]),
        (
            "# T\n\n## Tasks\n\n- [ ] a\n- [x] b",
            "T",
            &["Tasks | - [ ] a\n- [x] b"],
        ),
        ("- [ ] a\n- [x] b", "Untitled runbook", &["a", "b"]),
        (
            "# T\n\n## Check\n\n1. ```sh\n   ls\n   ```\n2.\n3. > quote",
            "T",
            &["# Check", "Run `ls` | ```sh\nls\n```", "Check", "Check | > quote"],
        ),
        (
            "# T\n\n## Contain\n\nThink.\n\n- Block it\n- Remove **all** of it",
            "T",
            &["# Contain | Think.", "Block it", "Remove all of it"],
        ),
    ];
    for (text, title, steps) in cases {
        assert_eq!(imported(text).document.title(), title, "{text}");
        assert_eq!(shape(text), steps, "{text}");
    }
}

#[test]
fn an_empty_document_says_so() {
    for text in ["", " \n\t\n", "\u{feff}", "---\ntitle: a\n---\n"] {
        let problems = import(text, &Options::default()).unwrap_err();
        assert!(problems[0].detail.contains("empty"), "{problems:?}");
    }
}

#[test]
fn the_file_names_what_has_no_title() {
    let options = Options {
        file_name: Some("runbooks/restart-web_server.md".into()),
        ..Options::default()
    };
    assert_eq!(
        import("1. a", &options).unwrap().document.title(),
        "Restart web server"
    );
}

#[test]
fn front_matter_is_used_and_kept() {
    let text = "---\ntitle: Kube Down\ntags: [K8s, api]\nweight: 20 # order\nmenu:\n  after: {weight: -1}\nid: 7\n---\n# KubeDown\n\n1. a\n";
    let import = imported(text);
    let parts = import.document.parts();
    assert_eq!(
        (parts.title.as_str(), parts.description.as_str()),
        ("KubeDown", "Kube Down")
    );
    assert_eq!(parts.tags, ["k8s", "api"]);
    assert_eq!(parts.front_matter["weight"], 20);
    assert_eq!(parts.front_matter["menu"]["after"]["weight"], -1);
    assert_eq!(parts.front_matter["original_id"], 7);
    assert!(
        lost_words(text, &import).is_empty(),
        "{:?}",
        lost_words(text, &import)
    );
    let import = imported("---\nTwo rules\n---\n\n1. a");
    assert!(import.document.parts().front_matter.is_empty());
    let import = imported("---\na: [\n---\n# T\n\nx");
    assert_eq!(import.document.parts().front_matter["source"], "a: [");
}

#[test]
fn definitions_follow_their_uses() {
    let text = "# T\n\n## Do\n\n1. See [one] and[^n].\n2. See [two][ONE].\n\n[one]: https://a.example\n[^n]: A note\n    with more.\n[unused]: https://b.example\n";
    assert_eq!(
        shape(text),
        [
            "# Do",
            "See one and | See [one] and[^n].\n\n[one]: https://a.example\n\n[^n]: A note\n    with more.",
            "See two | See [two][ONE].\n\n[one]: https://a.example\n\n[unused]: https://b.example",
        ]
    );
}

#[test]
fn too_many_steps_become_coarser_ones() {
    let many = |line: &str, count: usize| line.repeat(count);
    let import = imported(&format!("# T\n\n## Do\n\n{}", many("1. a\n", 600)));
    assert_eq!(import.report.steps, 1);
    assert!(
        import.report.notes.iter().any(|note| note.contains("500")),
        "{:?}",
        import.report.notes
    );
    let import = imported(&format!("# T\n\n## Do\n\n{}", many("### a\n\nx\n\n", 600)));
    assert_eq!(import.report.steps, 1);
    assert!(super::super::import(&many("# a\n\nx\n\n", 600), &Options::default()).is_err());
}

#[test]
fn our_own_form_is_read_as_it_is() {
    let text = "---\ntitle: T\nfields: []\n---\n## Do <it> {#do-it}\n\nUse <host>.\n";
    let import = imported(text);
    assert_eq!(import.report.form, Form::Flow);
    assert!(import.document.to_json().contains("Use <host>."));
    assert!(import.report.conversions.is_empty());
}
