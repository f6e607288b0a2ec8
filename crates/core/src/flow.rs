//! Flows: procedures, parsed once into a document that cannot be wrong.

pub mod difference;

use std::collections::{BTreeMap, HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::field::Field;
use crate::id::FlowId;
use crate::markdown;
use crate::problem::Problem;
use crate::step::{Section, Step, StepId};

/// The most steps a flow may have.
pub const MAX_STEPS: usize = 500;
/// The most fields a flow may declare.
pub const MAX_FIELDS: usize = 200;
/// The most sections a flow may have.
pub const MAX_SECTIONS: usize = 200;
/// The most tags a flow may carry.
pub const MAX_TAGS: usize = 32;
/// The longest title of a flow, a section or a step, in bytes.
pub const MAX_TITLE: usize = 500;
/// The longest body of a step or a section, in bytes.
pub const MAX_BODY: usize = 256 * 1024;
/// The most text in one flow, in bytes of its Markdown form.
pub const MAX_DOCUMENT: usize = 1024 * 1024;

/// The parts of a flow as someone wrote them, not yet checked: the JSON form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Flow document")]
pub struct FlowParts {
    /// The flow that this document is a version of; absent in a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub id: Option<FlowId>,
    /// What the flow is called; may hold placeholders.
    pub title: String,
    /// What it is for, in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Words to find it by: lower case, without spaces at either end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The declared variables, in the order a person fills them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The work.
    #[serde(default)]
    pub sections: Vec<Section>,
    /// Front matter of an imported document that means nothing here; kept for its export.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub front_matter: BTreeMap<String, serde_json::Value>,
}

/// A flow that was checked: every name is unique, every reference leads somewhere, every limit holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct FlowDocument(FlowParts);

impl FlowDocument {
    /// Checks the parts, or says everything that is wrong with them (never an empty list).
    pub fn check(mut parts: FlowParts) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        normalise(&mut parts);
        check_titles(&parts, &mut problems);
        check_fields(&mut parts.fields, &mut problems);
        check_steps(&parts.sections, &mut problems);
        if parts.tags.len() > MAX_TAGS {
            problems.push(Problem::at(
                "/tags",
                format!("there are more than {MAX_TAGS} tags"),
            ));
        }
        markdown::check_front_matter(&parts, &mut problems);
        if problems.is_empty() {
            let size = markdown::print_parts(&parts).len();
            if size > MAX_DOCUMENT {
                let detail =
                    format!("the flow has {size} bytes in its Markdown form; {MAX_DOCUMENT} are allowed");
                problems.push(Problem::at("", detail));
            }
        }
        if problems.is_empty() {
            Ok(Self(parts))
        } else {
            Err(problems)
        }
    }

    /// Reads the stored JSON form.
    pub fn from_json(json: &str) -> Result<Self, Vec<Problem>> {
        let parts = serde_json::from_str(json).map_err(|error| vec![Problem::at("", error.to_string())])?;
        Self::check(parts)
    }

    /// The JSON form, compact.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("a flow has only text keys and finite numbers")
    }

    /// All the parts, to read.
    pub fn parts(&self) -> &FlowParts {
        &self.0
    }

    /// All the parts, to change and check again.
    pub fn into_parts(self) -> FlowParts {
        self.0
    }

    /// What the flow is called.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// The declared variables, in order.
    pub fn fields(&self) -> &[Field] {
        &self.0.fields
    }

    /// Every step with its section, in order.
    pub fn steps(&self) -> impl Iterator<Item = (&Section, &Step)> {
        self.0
            .sections
            .iter()
            .flat_map(|section| section.steps.iter().map(move |step| (section, step)))
    }

    /// The field of a variable, looked up without regard to case.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.0
            .fields
            .iter()
            .find(|field| field.name.as_str().eq_ignore_ascii_case(name))
    }
}

/// Gives the parts the one shape in which both forms hold them: no blanks around titles, no blank lines around
/// bodies, `\n` at line ends.
fn normalise(parts: &mut FlowParts) {
    normalise_tags(&mut parts.tags);
    normalise_line(&mut parts.title);
    markdown::normalise_body(&mut parts.description);
    for section in &mut parts.sections {
        normalise_line(&mut section.title);
        markdown::normalise_body(&mut section.body);
        for step in &mut section.steps {
            normalise_line(&mut step.title);
            markdown::normalise_body(&mut step.body);
            for choice in &mut step.choices {
                normalise_line(&mut choice.label);
            }
        }
    }
}

fn normalise_line(text: &mut String) {
    let trimmed = text.trim();
    if trimmed.len() != text.len() {
        *text = trimmed.to_owned();
    }
}

fn normalise_tags(tags: &mut Vec<String>) {
    for tag in tags.iter_mut() {
        *tag = tag.trim().to_lowercase();
    }
    let mut seen = HashSet::new();
    tags.retain(|tag| !tag.is_empty() && seen.insert(tag.clone()));
}

fn check_titles(parts: &FlowParts, problems: &mut Vec<Problem>) {
    check_line(&parts.title, "/title", true, problems);
    check_body(&parts.description, "/description", problems);
    for (index, tag) in parts.tags.iter().enumerate() {
        check_line(tag, &format!("/tags/{index}"), true, problems);
    }
}

fn check_fields(fields: &mut [Field], problems: &mut Vec<Problem>) {
    if fields.len() > MAX_FIELDS {
        problems.push(Problem::at(
            "/fields",
            format!("there are more than {MAX_FIELDS} fields"),
        ));
    }
    let mut seen = HashMap::new();
    for (index, field) in fields.iter_mut().enumerate() {
        let at = format!("/fields/{index}");
        if let Some(first) = seen.insert(field.name.key(), index) {
            problems.push(Problem::at(
                format!("{at}/name"),
                format!(
                    "{:?} is declared twice; the first is field {}",
                    field.name.as_str(),
                    first + 1
                ),
            ));
        }
        check_line(&field.label, &format!("{at}/label"), false, problems);
        field.check(&at, problems);
    }
}

fn check_steps(sections: &[Section], problems: &mut Vec<Problem>) {
    if sections.len() > MAX_SECTIONS {
        problems.push(Problem::at(
            "/sections",
            format!("there are more than {MAX_SECTIONS} sections"),
        ));
    }
    let mut ids: HashMap<&StepId, String> = HashMap::new();
    let mut count = 0;
    for (s, section) in sections.iter().enumerate() {
        // Only steps before the first heading stand without one.
        check_line(&section.title, &format!("/sections/{s}/title"), s > 0, problems);
        check_body(&section.body, &format!("/sections/{s}/body"), problems);
        if section.title.is_empty() && s == 0 {
            check_untitled(section, problems);
        }
        for (index, step) in section.steps.iter().enumerate() {
            count += 1;
            let at = format!("/sections/{s}/steps/{index}");
            check_line(&step.title, &format!("{at}/title"), true, problems);
            check_body(&step.body, &format!("{at}/body"), problems);
            if let Some(first) = ids.insert(&step.id, at.clone()) {
                problems.push(Problem::at(
                    format!("{at}/id"),
                    format!(
                        "the step id {:?} is used twice; first at {first}",
                        step.id.as_str()
                    ),
                ));
            }
        }
    }
    if count == 0 {
        problems.push(Problem::at("/sections", "a flow needs at least one step"));
    }
    if count > MAX_STEPS {
        problems.push(Problem::at(
            "/sections",
            format!("there are {count} steps; {MAX_STEPS} are allowed"),
        ));
    }
    for (s, section) in sections.iter().enumerate() {
        for (index, step) in section.steps.iter().enumerate() {
            for (c, choice) in step.choices.iter().enumerate() {
                let at = format!("/sections/{s}/steps/{index}/choices/{c}");
                check_line(&choice.label, &format!("{at}/label"), true, problems);
                if !ids.contains_key(&choice.step) {
                    problems.push(Problem::at(
                        format!("{at}/step"),
                        format!("no step has the id {:?}", choice.step.as_str()),
                    ));
                }
            }
        }
    }
}

fn check_line(text: &str, at: &str, required: bool, problems: &mut Vec<Problem>) {
    if required && text.trim().is_empty() {
        problems.push(Problem::at(at, "this must not be empty"));
    } else if text.len() > MAX_TITLE {
        problems.push(Problem::at(
            at,
            format!("this has {} bytes; {MAX_TITLE} are allowed", text.len()),
        ));
    } else if text.chars().any(char::is_control) {
        problems.push(Problem::at(
            at,
            "this must be one line without control characters",
        ));
    }
}

fn check_body(text: &str, at: &str, problems: &mut Vec<Problem>) {
    if text.len() > MAX_BODY {
        problems.push(Problem::at(
            at,
            format!("this has {} bytes; {MAX_BODY} are allowed", text.len()),
        ));
    } else if text.contains('\0') {
        problems.push(Problem::at(
            at,
            "this has a NUL character, which text cannot hold",
        ));
    } else {
        let found = markdown::check_body_structure(text);
        problems.extend(found.into_iter().map(|found| Problem::at(at, found.sentence())));
    }
}

/// The section of the steps before the first heading is nothing but its steps.
fn check_untitled(section: &Section, problems: &mut Vec<Problem>) {
    if !section.body.is_empty() {
        let detail = "a section without a title has no text; put it into the description";
        problems.push(Problem::at("/sections/0/body", detail));
    }
    if section.steps.is_empty() {
        problems.push(Problem::at(
            "/sections/0/title",
            "a section without steps needs a title",
        ));
    }
}
