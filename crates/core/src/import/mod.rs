//! Import: any Markdown runbook becomes a flow, and a report says what was done and what was left alone.
//!
//! A document in our own form is read strictly by [`markdown`](crate::markdown) and nothing in it is changed.
//! Everything else is a runbook, and no word of it is lost:
//!
//! - The title is the first heading when no other stands as high, or when it is a cover (first level, neither
//!   lists nor code of its own); then `title` of the front matter, the file's name, or the first words. Text
//!   before the first part is the description; a front matter title that differs opens it.
//! - A heading whose numbered list asks for work becomes a section with a step for each item. So does one with
//!   bullets, where the heading asks for something ("Contain") and most bullets begin with a verb. Text before
//!   the list is the section's body; code, quotes and notes behind an item belong to it; any other paragraph
//!   behind the list is a step of its own.
//! - A heading without such a list becomes one step with all that stands below it: in the section of the heading
//!   above it, or in the leading section without title. "Meaning", "Impact", questions, references and the like
//!   are info steps whatever they hold; elsewhere a step without list and command is info too, unless its heading
//!   asks for something. Info steps and not section text: they are read in turn, and can be ticked off.
//! - A task list stays a checklist in its step while it has at most twelve short items under a heading; longer
//!   ones become a step for each item. A step that begins with "Verify" or "Confirm" is a verify step.
//! - A title is the first sentence, up to 120 characters and cut at a word; whatever it does not hold whole stays
//!   in the body. Bodies are the source without the indentation of their item; headings in them are of the third
//!   level at least, `<details>` stay whole, and each body gets the link and footnote definitions that it uses.
//! - A document with more steps than a flow holds is cut at its headings only.
//!
//! Placeholders are described in `placeholders.rs`; all become optional text fields.

mod bodies;
mod candidates;
mod definitions;
mod details;
mod draft;
mod html;
mod names;
mod outline;
mod placeholders;
mod regions;
mod report;
mod structure;
mod style;
mod text;
mod titles;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::flow::{FlowDocument, FlowParts, MAX_SECTIONS, MAX_STEPS, MAX_TAGS, MAX_TITLE};
use crate::id::FlowId;
use crate::markdown;
use crate::problem::Problem;
use crate::step;
use definitions::Definitions;
use draft::Draft;
use outline::outline;
use placeholders::{Conversion, Variables, mask, unmask};
use regions::Grain;
use report::Tally;
use structure::Structure;

pub use report::{Conversion as ConversionReport, Form, LeftAlone, Report};
pub use style::Style;

/// How a runbook is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The placeholder styles that become fields.
    pub convert: BTreeSet<Style>,
    /// The file's name, with or without folders, for a document without a title.
    pub file_name: Option<String>,
    /// The flow that the document becomes a version of.
    pub into: Option<FlowId>,
}

impl Default for Options {
    /// Angle brackets and mustache, no file name, a new flow.
    fn default() -> Self {
        Self {
            convert: Style::usual(),
            file_name: None,
            into: None,
        }
    }
}

/// A runbook that became a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The flow.
    pub document: FlowDocument,
    /// What was done.
    pub report: Report,
}

/// Turns any Markdown document into a flow, or says why it cannot be one.
pub fn import(text: &str, options: &Options) -> Result<Import, Vec<Problem>> {
    if markdown::is_flow_form(text) {
        return import_flow(text, options);
    }
    let text = text::normalise(text);
    let (source, text, first_line) = match markdown::split_front_matter(&text) {
        // Text between two rules across the page, no front matter.
        (Some(source), _, _) if !has_keys(source.text) => (None, text.as_str(), 1),
        split => split,
    };
    if text.trim().is_empty() {
        return Err(vec![Problem::in_text(
            1,
            1,
            "the document is empty; a flow needs at least one step",
        )]);
    }
    markdown::limits::check_nesting(text).map_err(|reason| vec![Problem::in_text(first_line, 1, reason)])?;

    let mut report = Report::default();
    let mut tally = Tally::default();
    let mut variables = Variables::default();
    let mut parts = FlowParts {
        id: options.into,
        ..FlowParts::default()
    };
    let mut front_title = None;
    if let Some(source) = source {
        front_title = front_matter(&source, &mut parts, &mut report);
    }

    let lines: Vec<&str> = text.lines().collect();
    let leaves = outline(text).leaves;
    let mut definitions = Definitions::find(&lines, &leaves);
    let labels = definitions.labels();
    let mut conversion = Conversion {
        convert: &options.convert,
        labels: &labels,
        first_line: 0,
    };
    let front_title = front_title.map(|title| conversion.run(&title, &[], &mut variables, &mut tally));
    conversion.first_line = first_line - 1;
    let converted = conversion.run(text, &leaves, &mut variables, &mut tally);

    let mut lines: Vec<String> = converted.lines().map(str::to_owned).collect();
    definitions.cut_out(&mut lines);
    let (masked, names) = mask(&lines.join("\n"));
    // The definitions stand behind the last line, where they resolve links and are in no block's way.
    let mut outline = outline(&format!("{masked}\n\n{}", definitions.stand_ins()));
    outline.blocks.retain(|block| block.start < lines.len());
    let mut draft = Draft::default();
    for grain in [Grain::Items, Grain::Headings, Grain::TopHeadings] {
        draft = Structure::draft(&lines, &outline, &names, front_title.is_some(), grain);
        let steps: usize = draft.sections.iter().map(|section| section.steps.len()).sum();
        if steps <= MAX_STEPS && draft.sections.len() <= MAX_SECTIONS {
            if grain != Grain::Items {
                report.notes.push(format!(
                    "a flow has room for {MAX_STEPS} steps, so only headings became steps"
                ));
            }
            break;
        }
    }
    report.notes.append(&mut draft.notes);

    let first_words = || {
        let first = outline.blocks.iter().find_map(|block| match &block.kind {
            outline::Kind::Paragraph(lead) => Some(titles::title(&unmask(&lead.text, &names))),
            outline::Kind::Heading { text, .. } => Some(titles::title(&unmask(text, &names))),
            _ => None,
        });
        first.filter(|title| !title.is_empty())
    };
    let from_file = options.file_name.as_deref().and_then(title_of_file);
    parts.title = match (draft.title.take(), front_title) {
        (Some(title), Some(other)) => {
            if !text::same_words(&title, &other) {
                draft.description = draft::join(&[other, draft.description]);
            }
            title
        }
        (Some(title), None) | (None, Some(title)) => title,
        (None, None) => from_file
            .or_else(first_words)
            .unwrap_or_else(|| "Untitled runbook".into()),
    };
    if parts.title.len() > MAX_TITLE {
        let whole = std::mem::take(&mut parts.title);
        parts.title = Some(titles::title(&whole))
            .filter(|t| !t.is_empty())
            .unwrap_or_else(|| "Untitled runbook".into());
        draft.description = draft::join(&[whole, draft.description]);
    }
    fill(&mut parts, draft, &mut definitions);
    parts.fields = variables.into_fields();
    tally.into_report(&mut report);
    finish(parts, report)
}

/// A document in our own form: read strictly, nothing converted.
fn import_flow(text: &str, options: &Options) -> Result<Import, Vec<Problem>> {
    let mut parts = markdown::parse(text)?.into_parts();
    if options.into.is_some() {
        parts.id = options.into;
    }
    finish(
        parts,
        Report {
            form: Form::Flow,
            ..Report::default()
        },
    )
}

fn finish(parts: FlowParts, mut report: Report) -> Result<Import, Vec<Problem>> {
    let document = FlowDocument::check(parts)?;
    document.title().clone_into(&mut report.title);
    report.sections = document.parts().sections.len();
    report.steps = document.steps().count();
    report.fields = document.fields().len();
    Ok(Import { document, report })
}

/// Moves the draft into the parts, with ids for its steps and definitions for its bodies.
fn fill(parts: &mut FlowParts, mut draft: Draft, definitions: &mut Definitions) {
    if draft.sections.iter().all(|section| section.steps.is_empty()) {
        // What there is, is the work.
        let body = if draft.sections.is_empty() {
            std::mem::take(&mut draft.description)
        } else {
            String::new()
        };
        let kind = if body
            .lines()
            .any(|line| text::item_marker(line).is_some() || line.trim_start().starts_with("```"))
        {
            step::StepKind::Action
        } else {
            step::StepKind::Info
        };
        let title = parts.title.clone();
        let only = draft::Step { title, kind, body };
        draft
            .sections
            .resize_with(draft.sections.len().max(1), draft::Section::default);
        if let Some(section) = draft.sections.last_mut() {
            section.steps.push(only);
        }
    }
    parts.title = one_line(&parts.title);
    parts.description = definitions.attach(draft.description);
    let mut slugs = markdown::Slugs::default();
    for section in draft.sections {
        let steps = section.steps.into_iter().map(|step| step::Step {
            id: slugs.assign(&one_line(&step.title)),
            title: one_line(&step.title),
            kind: step.kind,
            minutes: None,
            body: definitions.attach(step.body),
            choices: Vec::new(),
        });
        let steps: Vec<step::Step> = steps.collect();
        let body = definitions.attach(section.body);
        parts.sections.push(step::Section {
            title: one_line(&section.title),
            body,
            steps,
        });
    }
    let unused = definitions.unused().join("\n\n");
    if let Some(step) = parts
        .sections
        .last_mut()
        .and_then(|section| section.steps.last_mut())
        && !unused.is_empty()
    {
        step.body = draft::join(&[std::mem::take(&mut step.body), unused]);
    }
}

/// A title without control characters, which some documents have and no title can.
fn one_line(title: &str) -> String {
    title.replace(char::is_control, " ").trim().to_owned()
}

/// Takes the title and the tags out of front matter, and keeps the rest. Answers the title.
fn front_matter(
    source: &markdown::FrontMatterSource<'_>,
    parts: &mut FlowParts,
    report: &mut Report,
) -> Option<String> {
    let mut values: BTreeMap<String, Value> = match markdown::front_matter_values(source) {
        Ok(values) => values,
        Err(problems) => {
            let reason = problems.first().map(ToString::to_string).unwrap_or_default();
            report.notes.push(format!(
                "the front matter is kept as text, because it cannot be read: {reason}"
            ));
            parts
                .front_matter
                .insert("source".into(), Value::String(source.text.trim_end().to_owned()));
            return None;
        }
    };
    let kept = Value::Object(values.clone().into_iter().collect()).to_string();
    let mut lost = missing_words(source.text, &kept);
    let title = match values.remove("title") {
        Some(Value::String(title)) if !title.trim().is_empty() => {
            Some(title.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        Some(other) => {
            values.insert("original_title".into(), other);
            None
        }
        None => None,
    };
    if let Some(value) = values.remove("tags") {
        match tags(&value) {
            Some(tags) => parts.tags = tags,
            None => drop(values.insert("original_tags".into(), value)),
        }
    }
    for key in ["id", "fields"] {
        if let Some(value) = values.remove(key) {
            values.insert(format!("original_{key}"), value);
        }
    }
    if values.contains_key("source") {
        lost = false;
    }
    if lost {
        // Comments, and numbers that are written in a way of their own.
        values.insert("source".into(), Value::String(source.text.trim_end().to_owned()));
    }
    parts.front_matter = values;
    title
}

/// Whether YAML has anything that looks like a key.
fn has_keys(yaml: &str) -> bool {
    let is_key =
        |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-.\"'".contains(c));
    yaml.trim().is_empty()
        || yaml.lines().any(|line| {
            line.split_once(':')
                .is_some_and(|(key, _)| is_key(key.trim_end()))
        })
}

/// The tags, where the value is a list of short texts.
fn tags(value: &Value) -> Option<Vec<String>> {
    let tags: Option<Vec<String>> = value
        .as_array()?
        .iter()
        .map(|tag| tag.as_str().map(str::to_owned))
        .collect();
    let fits =
        |tag: &String| tag.len() < MAX_TITLE && !tag.trim().is_empty() && !tag.chars().any(char::is_control);
    tags.filter(|tags| tags.len() <= MAX_TAGS && tags.iter().all(fits))
}

/// Whether the source has a word that what was read from it has not.
fn missing_words(source: &str, kept: &str) -> bool {
    let kept: std::collections::HashSet<String> = text::words(kept).collect();
    text::words(source).any(|word| !kept.contains(&word))
}

/// A title from the name of a file: `restart-web_server.md` is "Restart web server".
fn title_of_file(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next()?;
    let stem = name
        .strip_suffix(".markdown")
        .or_else(|| name.rsplit_once('.').map(|(stem, _)| stem))
        .unwrap_or(name);
    let words: Vec<&str> = stem
        .split(['-', '_', ' '])
        .filter(|word| !word.is_empty())
        .collect();
    let title = words.join(" ");
    let mut characters = title.chars();
    let first = characters
        .next()
        .filter(|_| title.len() < MAX_TITLE && !title.chars().any(char::is_control))?;
    Some(first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests;
