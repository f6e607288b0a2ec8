//! The whole of an import, over real documents and generated ones.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::step::StepKind;

mod placeholders;
mod structure;

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
    let mut definitions: std::collections::HashSet<String> = std::collections::HashSet::new();
    for text in texts {
        let mut own = Vec::new();
        for line in text.lines() {
            if line.trim_start().starts_with('[') && line.contains("]:") {
                if definitions.contains(line) {
                    continue;
                }
                own.push(line.to_owned());
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
        definitions.extend(own);
    }
    count
}

fn repeats(title: &str, body: &str) -> bool {
    let mut title = text::words(title).peekable();
    title.peek().is_some() && {
        // Definitions that a body got repeat nothing.
        let first = body
            .split("\n\n")
            .next()
            .filter(|first| !first.contains("]: "))
            .unwrap_or_default();
        let begins = text::words(first).take(1).any(|word| Some(&word) == title.peek());
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
            Err(problems) => prop_assert!(problems[0].detail.contains("is empty"), "{problems:?}"),
        }
    }

    #[test]
    fn nothing_makes_it_panic(text in "(?s)([#>*_`~<\\[\\]{}$|\\\\ \t\n:=-]|1\\. |VAR:|a|ü|\u{e000}|details|\\{\\{|/|\r|- \\[ \\] |\u{0}){0,60}") {
        if let Err(problems) = import(&text, &Options::default()) { prop_assert!(problems[0].detail.contains("empty"), "{problems:?}"); }
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
        1 => prop_oneof![
            Just("> choice: a -> #b"),
            Just("==="),
            Just("***"),
            Just("<pre>"),
            Just("    indented # code"),
            Just("\t- tab"),
            Just("1. ```sh"),
            Just("- # heading in a list"),
            Just("> # heading in a quote"),
            Just("{{NAME}} and {{range .x}}"),
            Just("text<br>text  "),
            Just("## Heading {#id kind=info}"),
        ]
        .prop_map(str::to_owned),
        1 => Just("---".to_owned()),
        1 => text.prop_map(|text| format!("[{}]: https://x.example", text.trim_end_matches([':', '.']))),
        1 => text.prop_map(|text| format!("[^{}]: note", text.replace([' ', ':', '.'], ""))),
    ]
}
