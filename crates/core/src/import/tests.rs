//! The whole of an import, over real documents and generated ones.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::step::StepKind;

fn imported(text: &str) -> Import {
    import(text, &Options::default()).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

/// Section titles, and the steps under them as `kind title | body`.
fn shape(text: &str) -> Vec<String> {
    let import = imported(text);
    let mut shape = Vec::new();
    for section in &import.document.parts().sections {
        if !section.title.is_empty() || !section.body.is_empty() {
            shape.push(
                format!("# {} | {}", section.title, section.body)
                    .trim_end_matches(" | ")
                    .to_owned(),
            );
        }
        for step in &section.steps {
            let kind = match step.kind {
                StepKind::Action => "",
                StepKind::Info => "(info) ",
                StepKind::Verify => "(verify) ",
                StepKind::Warning => "(warning) ",
            };
            shape.push(
                format!("{kind}{} | {}", step.title, step.body)
                    .trim_end_matches(" | ")
                    .to_owned(),
            );
        }
    }
    shape
}

/// Every `.md` file under a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

fn corpus() -> Vec<(PathBuf, String)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus"));
    let mut found = Vec::new();
    files(folder, &mut found);
    found.sort();
    if found.is_empty() {
        println!("no corpus at {}", folder.display());
    }
    found
        .into_iter()
        .map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

fn front_title(text: &str) -> Option<Value> {
    let (source, _, _) = crate::markdown::split_front_matter(text);
    crate::markdown::front_matter_values(&source?)
        .ok()?
        .remove("title")
}

/// The words of a source, without what an import takes out: numbers of list items.
fn source_words(text: &str, report: &Report) -> HashMap<String, usize> {
    let mut text = text.to_owned();
    for conversion in &report.conversions {
        for spelling in &conversion.spellings {
            text = text.replace(spelling.as_str(), &conversion.name);
        }
    }
    let mut count = HashMap::new();
    // The same spelling may stay elsewhere, so what says that it is a placeholder is no word.
    let mut text = text.replace("[VAR:", "[");
    // A front matter title that reads as the heading stands once.
    if let Some(Value::String(front)) = front_title(&text)
        && text::same_words(&front, &report.title)
    {
        text = text.replacen(&front, "", 1);
    }
    // The keys `title` and `tags` of front matter are what a flow calls them itself.
    let front = text.starts_with("---\n");
    for line in text.lines() {
        let line = if front {
            line.strip_prefix("title:")
                .or_else(|| line.strip_prefix("tags:"))
                .unwrap_or(line)
        } else {
            line
        };
        let line = match text::item_marker(line) {
            Some((_, marker)) => &line[marker..],
            None => line,
        };
        // A checkbox is a marker too.
        let line = line
            .strip_prefix("[x] ")
            .or_else(|| line.strip_prefix("[X] "))
            .unwrap_or(line);
        for word in text::words(line) {
            *count.entry(word).or_default() += 1;
        }
    }
    count
}

/// The words of a flow, each as often as the source must have had it: a title whose words its body repeats, or
/// that repeats its section's, does not count, nor do copies of definitions.
fn flow_words(text: &str, document: &FlowDocument, report: &Report) -> HashMap<String, usize> {
    let parts = document.parts();
    let heading = |line: &str| text::words(line).collect::<Vec<_>>().join(" ");
    let headings: std::collections::HashSet<String> = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(heading)
        .collect();
    // A heading is a word of the source in any case, however its text begins.
    let repeats = |title: &str, body: &str| !headings.contains(&heading(title)) && repeats(title, body);
    let mut texts = vec![parts.description.clone()];
    if !repeats(&parts.title, &parts.description) {
        texts.push(parts.title.clone());
    }
    texts.extend(parts.tags.clone());
    let front = parts.front_matter.get("source").map_or_else(
        || serde_json::to_string(&parts.front_matter).unwrap(),
        |source| source.as_str().unwrap().to_owned(),
    );
    texts.push(front.replace("\\n", " "));
    for section in &parts.sections {
        let first = section.steps.first();
        let repeated = first.is_some_and(|step| step.title == section.title && section.body.is_empty());
        if !repeated && !repeats(&section.title, &section.body) {
            texts.push(section.title.clone());
        }
        texts.push(section.body.clone());
        for step in &section.steps {
            if !repeats(&step.title, &step.body) {
                texts.push(step.title.clone());
            }
            texts.push(step.body.clone());
        }
    }
    let mut count = HashMap::new();
    let mut definitions = std::collections::HashSet::new();
    for text in texts {
        for line in text.lines() {
            if line.trim_start().starts_with('[')
                && line.contains("]:")
                && !definitions.insert(line.to_owned())
            {
                continue;
            }
            let mut line = line.replace("[VAR:", "[");
            for conversion in &report.conversions {
                for spelling in &conversion.spellings {
                    line = line.replace(spelling.as_str(), &conversion.name);
                }
            }
            for word in text::words(&line) {
                *count.entry(word).or_default() += 1;
            }
        }
    }
    count
}

fn repeats(title: &str, body: &str) -> bool {
    let mut title = text::words(title).peekable();
    title.peek().is_some() && {
        let first = body.split("\n\n").next().unwrap_or_default();
        let begins = text::words(first).take(3).any(|word| Some(&word) == title.peek());
        let mut body = text::words(first);
        begins && title.all(|word| body.any(|other| other == word))
    }
}

fn lost_words(text: &str, import: &Import) -> Vec<String> {
    let flow = flow_words(text, &import.document, &import.report);
    let mut lost: Vec<String> = source_words(text, &import.report)
        .into_iter()
        .filter(|(word, count)| flow.get(word).copied().unwrap_or(0) < *count)
        .map(|(word, count)| format!("{word} {count}>{}", flow.get(&word).copied().unwrap_or(0)))
        .collect();
    lost.sort();
    lost
}

#[test]
fn the_corpus_loses_no_word() {
    let mut failures = Vec::new();
    for (path, text) in corpus() {
        let options = Options {
            file_name: Some(path.display().to_string()),
            ..Options::default()
        };
        match import(&text, &options) {
            Ok(import) => {
                let lost = lost_words(&text, &import);
                if !lost.is_empty() {
                    failures.push(format!("{}: {lost:?}", path.display()));
                }
                let printed = crate::markdown::print(&import.document);
                if crate::markdown::parse(&printed).ok().as_ref() != Some(&import.document) {
                    failures.push(format!("{}: does not read back", path.display()));
                }
            }
            Err(problems) => failures.push(format!("{}: {problems:?}", path.display())),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

// ---- placeholders ----

/// The text after conversion with these styles, and the reasons for what stayed.
fn converted(text: &str, styles: &str) -> (String, Vec<String>) {
    let convert = if styles.is_empty() {
        Style::usual()
    } else {
        styles.split(',').map(|s| s.parse().unwrap()).collect()
    };
    let labels = std::collections::HashSet::new();
    let conversion = Conversion {
        convert: &convert,
        labels: &labels,
        first_line: 0,
    };
    let (mut variables, mut tally, mut report) = (Variables::default(), Tally::default(), Report::default());
    let result = conversion.run(text, &outline(text).leaves, &mut variables, &mut tally);
    tally.into_report(&mut report);
    (
        result,
        report
            .left_alone
            .into_iter()
            .map(|entry| format!("{} {}", entry.spelling, entry.reason))
            .collect(),
    )
}

#[test]
fn angle_brackets_and_mustache_become_placeholders() {
    let cases = [
        ("Look at `<pod-name>` now", "Look at `[VAR:pod_name]` now"),
        (
            "<POD NAME> and <pod_name> and <PodName>",
            "[VAR:pod_name] and [VAR:pod_name] and [VAR:pod_name]",
        ),
        ("<ENV> <env> <Env>", "[VAR:env] [VAR:env] [VAR:env]"),
        (
            "Call {{COMPANY_NAME}} or {{ company-name }}",
            "Call [VAR:company_name] or [VAR:company_name]",
        ),
        (
            "```sh\nkubectl -n <ns> get po <value of label>\n```",
            "```sh\nkubectl -n [VAR:ns] get po [VAR:value_of_label]\n```",
        ),
        ("    ssh <host>", "    ssh [VAR:host]"),
        ("| a |\n| - |\n| <host> |", "| a |\n| - |\n| [VAR:host] |"),
        (
            "[log in](https://<host>/login)",
            "[log in](https://[VAR:host]/login)",
        ),
        (
            "escaped \\<host\\> and \\<port>",
            "escaped [VAR:host] and [VAR:port]",
        ),
        (
            "curl https://<host>:<port>/<path-name>",
            "curl https://[VAR:host]:[VAR:port]/[VAR:path_name]",
        ),
        ("`\\\\<server>\\share`", "`\\\\[VAR:server]\\share`"),
        ("a <b> and <sub-net>s", "a <b> and [VAR:sub_net]s"),
        ("<title of the ticket>", "[VAR:title_of_the_ticket]"),
    ];
    for (text, expected) in cases {
        assert_eq!(converted(text, "").0, expected, "{text}");
    }
}

#[test]
fn what_is_something_else_stays_with_its_reason() {
    let cases = [
        ("<br> <details> </details> <sup>1</sup>", "HTML tag"),
        ("<a href=\"x\">y</a>", "HTML or XML tag"),
        ("see <https://example.org> or <a@b.org>", "link or autolink"),
        ("`EXTERNAL-IP <none>` is <pending>", "kubectl output"),
        (
            "```sh\nsort <input >output\ncat <file>out\nwc <in 2>err\n```",
            "shell redirection",
        ),
        ("```sh\ncat <<EOF\n<<-EOF\ndiff <(a) <(b)\n```", ""),
        (
            "`kubectl -o go-template='{{range .items}}{{name}}{{end}}'`",
            "Go template",
        ),
        (
            "```yaml\nsummary: {{ $labels.pod }} {{ .Name }}\n```",
            "Go template",
        ),
        ("{{range .items}} {{name}} {{end}}", "Go template"),
        ("[x]({{< ref \"a.md\" >}}) {{% notice %}}", "Hugo shortcode"),
        (
            "```rust\nlet v: Vec<String> = Vec::<u8>::new();\n```",
            "generic type or include in code",
        ),
        ("```c\n#include <stdio>\n```", "generic type or include in code"),
        ("`List<int>` and Map<String>", "generic type or include in code"),
        ("```xml\n<server><port>1</port></server>\n```", "HTML or XML tag"),
        (
            "```yaml\nrun: ${{ secrets.KEY }}\n```",
            "GitHub Actions expression",
        ),
        ("{{ foo.bar }} {{ a | b }}", "template expression"),
        ("{{#if a}}{{/if}}", "template logic"),
        ("<1st-host> <straße>", ""),
        (
            "`C:\\<user>`",
            "a backslash before it would make [VAR:...] literal",
        ),
        ("$NAME ${NAME} [NAME]", ""),
        ("```sh\nls $NAME\n```", "shell variable in a code block"),
        ("<!-- <host> -->", ""),
    ];
    for (text, reason) in cases {
        let (result, reasons) = converted(text, "");
        assert_eq!(result, text, "{reasons:?}");
        assert!(
            reason.is_empty() || reasons.iter().any(|r| r.ends_with(reason)),
            "{text}: {reasons:?}"
        );
    }
}

#[test]
fn shell_styles_are_converted_on_request() {
    let (result, reasons) = converted(
        "Set $NODE in `echo ${POD_NAME}`:\n\n```sh\nNS=a\nls $NS $NODE $PATH $1 $? $_ ${X:-1} $$ \\$ESC\n```\n",
        "dollar,braces",
    );
    assert_eq!(
        result,
        "Set [VAR:node] in `echo [VAR:pod_name]`:\n\n```sh\nNS=a\nls $NS [VAR:node] $PATH $1 $? $_ ${X:-1} $$ \\$ESC\n```\n"
    );
    assert!(
        reasons.contains(&"$NS shell variable that the code block assigns".to_owned()),
        "{reasons:?}"
    );
    let (result, _) = converted(
        "My name is [NAME], [TEAM A]; [ERROR] [x](y) [LINK](y) [REF]: a[INDEX] [^1] [ ]",
        "bracket",
    );
    assert_eq!(
        result,
        "My name is [VAR:name], [VAR:team_a]; [ERROR] [x](y) [LINK](y) [REF]: a[INDEX] [^1] [ ]"
    );
    let (result, _) = converted("<a-b> {{c}}", "mustache");
    assert_eq!(result, "<a-b> [VAR:c]");
}

#[test]
fn our_own_placeholders_stay_and_get_fields() {
    let import = imported("# T\n\nUse [VAR:Server|sh], \\[VAR:no] and <server> and <other-ip>.\n");
    let fields: Vec<_> = import
        .document
        .fields()
        .iter()
        .map(|f| (f.name.as_str(), f.label.as_str()))
        .collect();
    assert_eq!(fields, [("Server", "Server"), ("other_ip", "Other IP")]);
    assert!(
        import
            .document
            .to_json()
            .contains("[VAR:Server|sh], \\\\[VAR:no] and [VAR:Server]")
    );
}

#[test]
fn hostile_text_takes_linear_time() {
    for piece in [
        "<",
        "{{",
        "[",
        "$",
        "${",
        "`",
        "<a ",
        "\\",
        "[VAR:",
        "<!--",
        "{{range",
        "</a",
        "[a]: ",
        "`<",
        "1. a\n",
        "# a\n",
        "- [ ] a\n",
    ] {
        let text = format!("# T\n\n{}", piece.repeat(1024 * 1024 / piece.len() - 8));
        let start = Instant::now();
        let _ = import(&text, &Options::default());
        assert!(
            start.elapsed().as_secs() < 20,
            "{piece:?} took {:?}",
            start.elapsed()
        );
        println!("{piece:?} {:?}", start.elapsed());
    }
}

// ---- structure ----

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
    assert!(super::import(&many("# a\n\nx\n\n", 600), &Options::default()).is_err());
}

#[test]
fn our_own_form_is_read_as_it_is() {
    let text = "---\ntitle: T\nfields: []\n---\n## Do <it> {#do-it}\n\nUse <host>.\n";
    let import = imported(text);
    assert_eq!(import.report.form, Form::Flow);
    assert!(import.document.to_json().contains("Use <host>."));
    assert!(import.report.conversions.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_document_loses_a_word_or_breaks(lines in proptest::collection::vec(line(), 1..40)) {
        let text = lines.join("\n");
        match import(&text, &Options::default()) {
            Ok(import) => {
                let lost = lost_words(&text, &import);
                prop_assert!(lost.is_empty(), "{lost:?}\n{}", crate::markdown::print(&import.document));
                let printed = crate::markdown::print(&import.document);
                let read = crate::markdown::parse(&printed);
                prop_assert_eq!(read.as_ref(), Ok(&import.document), "{}", printed);
            }
            Err(problems) => prop_assert!(text.trim().is_empty(), "{problems:?}"),
        }
    }

    #[test]
    fn nothing_makes_it_panic(text in "(?s)([#>*_`~<\\[\\]{}$|\\\\ \t\n:=-]|1\\. |VAR:|a|ü|\u{e000}|details|\\{\\{|/|\r|- \\[ \\] |\u{0}){0,60}") {
        let _ = import(&text, &Options::default());
    }
}

/// A line of a runbook.
fn line() -> impl Strategy<Value = String> {
    let text = "[a-z]{1,9}( [a-z]{1,9}){0,4}[.:]?";
    prop_oneof![
        3 => Just(String::new()),
        3 => text.prop_map(|t: String| t),
        2 => (1..6_usize, text).prop_map(|(level, text)| format!("{} {text}", "#".repeat(level))),
        3 => (0..4_usize, 1..12_usize, text).prop_map(|(indent, number, text)| format!("{}{number}. {text}", " ".repeat(indent * 2))),
        2 => (0..3_usize, text).prop_map(|(indent, text)| format!("{}- {text}", " ".repeat(indent * 2))),
        1 => (0..3_usize, text).prop_map(|(indent, text)| format!("{}- [ ] {text}", " ".repeat(indent * 2))),
        1 => text.prop_map(|text| format!("> {text}")),
        1 => text.prop_map(|text| format!("   {text} `code` [VAR:name] <pod-name> **bold** [link](https://x.example/y)")),
        1 => Just("```sh".to_owned()),
        1 => Just("```".to_owned()),
        1 => Just("<details>".to_owned()),
        1 => Just("</details>".to_owned()),
        1 => Just("<!-- comment".to_owned()),
        1 => Just("-->".to_owned()),
        1 => Just("---".to_owned()),
        1 => text.prop_map(|text| format!("[{}]: https://x.example", text.trim_end_matches([':', '.']))),
        1 => text.prop_map(|text| format!("[^{}]: note", text.replace([' ', ':', '.'], ""))),
    ]
}
