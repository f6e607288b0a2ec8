//! Reading the Markdown form, with every mistake named at its line and column.

use std::collections::HashMap;

use super::body::{BodyProblem, normalise_lines, split_choices, trim_blank_lines};
use super::limits::check_nesting;
use super::outline::{Heading, outline};
use super::slug::Slugs;
use super::{head, split_front_matter};
use crate::flow::{FlowDocument, FlowParts};
use crate::problem::{Place, Problem};
use crate::step::{Section, Step, StepId, StepKind};

/// Reads a flow from its Markdown form, or says everything that is wrong with it (never an empty list), in the
/// order of the text.
pub fn parse(text: &str) -> Result<FlowDocument, Vec<Problem>> {
    let text = normalise_lines(text.strip_prefix('\u{feff}').unwrap_or(text));
    if let Err(sentence) = check_nesting(&text) {
        let problem = BodyProblem::from_sentence(&sentence).unwrap_or(BodyProblem {
            line: 1,
            detail: sentence,
        });
        return Err(vec![Problem::in_text(problem.line, 1, problem.detail)]);
    }
    let (source, body, first_line) = split_front_matter(&text);
    let mut reader = Reader::default();
    let mut parts = FlowParts::default();
    if let Some(source) = source {
        head::read(&source, &mut parts, &mut reader);
    } else {
        reader.problems.push(Problem::in_text(
            1,
            1,
            "a flow begins with its front matter: a line `---`, then `title: ...`, then a line `---`",
        ));
        parts.title = "?".into();
    }
    read_body(body, first_line, &mut parts, &mut reader);
    let checked = FlowDocument::check(parts);
    let mut problems = std::mem::take(&mut reader.problems);
    let document = match checked {
        Ok(document) if problems.is_empty() => return Ok(document),
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    };
    problems.extend(document.into_iter().map(|problem| reader.locate(problem)));
    problems.sort_by_key(|problem| match problem.place {
        Place::Text { line, column } => (line, column),
        Place::Pointer { .. } => (0, 0),
    });
    Err(problems)
}

/// What was found wrong so far, and where each member of the document stands.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) problems: Vec<Problem>,
    places: HashMap<String, (usize, usize)>,
}

impl Reader {
    /// Remembers where the member at a JSON pointer stands; both count from 1.
    pub(crate) fn place(&mut self, pointer: impl Into<String>, line: usize, column: usize) {
        self.places.insert(pointer.into(), (line, column));
    }

    /// Moves a problem from a JSON pointer to the place in the text of the nearest thing it names.
    fn locate(&self, problem: Problem) -> Problem {
        let Place::Pointer { pointer } = &problem.place else {
            return problem;
        };
        let mut nearest = pointer.as_str();
        let (line, column) = loop {
            match (self.places.get(nearest), nearest.rfind('/')) {
                (Some(&place), _) => break place,
                (None, Some(end)) => nearest = &nearest[..end],
                (None, None) => break (1, 1),
            }
        };
        if pointer.ends_with("/body") || pointer == "/description" {
            if let Some(inner) = BodyProblem::from_sentence(&problem.detail) {
                return Problem::in_text(line + inner.line - 1, 1, inner.detail);
            }
        }
        Problem::in_text(line, column, problem.detail)
    }
}

/// A step's heading, its attributes read.
struct StepHead {
    title: String,
    id: Option<StepId>,
    kind: StepKind,
    minutes: Option<u16>,
}

fn read_body(body: &str, first_line: usize, parts: &mut FlowParts, reader: &mut Reader) {
    let headings = outline(body).headings;
    let starts: Vec<usize> = std::iter::once(0)
        .chain(body.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let offset = |line: usize| starts.get(line).copied().unwrap_or(body.len());
    // The text from one heading to the next, without blank lines around it, and its first line in the document.
    let between = |start: usize, end: usize| {
        let (text, dropped) = trim_blank_lines(&body[offset(start)..offset(end)]);
        (text, first_line + start + dropped)
    };
    let end_of = |index: usize| headings.get(index).map_or(usize::MAX, |heading| heading.start);

    let (description, line) = between(0, end_of(0));
    reader.place("/description", line, 1);
    reader.place("/sections", first_line, 1);
    description.clone_into(&mut parts.description);

    let mut slugs = Slugs::default();
    let heads = read_heads(&headings, first_line, &mut slugs, reader);
    for (index, (heading, head)) in headings.iter().zip(heads).enumerate() {
        let (text, text_line) = between(heading.end, end_of(index + 1));
        let (line, column) = (first_line + heading.start, heading.column + 1);
        let Some(head) = head else {
            let at = format!("/sections/{}", parts.sections.len());
            reader.place(at.clone(), line, column);
            reader.place(format!("{at}/body"), text_line, 1);
            let title = heading.text.trim().to_owned();
            if title.is_empty() && parts.sections.is_empty() {
                // The first section may be untitled, but then it has no heading.
                reader
                    .problems
                    .push(Problem::in_text(line, column, "a section needs a title"));
            }
            parts.sections.push(Section {
                title,
                body: text.to_owned(),
                steps: Vec::new(),
            });
            continue;
        };
        if parts.sections.is_empty() {
            parts.sections.push(Section::default());
        }
        let number = parts.sections.len() - 1;
        let steps = &mut parts.sections[number].steps;
        let at = format!("/sections/{number}/steps/{}", steps.len());
        reader.place(at.clone(), line, column);
        reader.place(format!("{at}/body"), text_line, 1);
        let (text, choices) = split_choices(text);
        for (choice, (_, choice_line)) in choices.iter().enumerate() {
            reader.place(format!("{at}/choices/{choice}"), text_line + choice_line, 1);
        }
        let id = head.id.unwrap_or_else(|| slugs.assign(&head.title));
        steps.push(Step {
            id,
            title: head.title,
            kind: head.kind,
            minutes: head.minutes,
            body: trim_blank_lines(text).0.to_owned(),
            choices: choices.into_iter().map(|(choice, _)| choice).collect(),
        });
    }
}

/// Reads the headings of the steps (nothing for a section's), so that all written ids are known before others
/// are made.
fn read_heads(
    headings: &[Heading],
    first_line: usize,
    slugs: &mut Slugs,
    reader: &mut Reader,
) -> Vec<Option<StepHead>> {
    let mut lines: HashMap<StepId, usize> = HashMap::new();
    headings
        .iter()
        .map(|heading| {
            if heading.level == 1 {
                return None;
            }
            let line = first_line + heading.start;
            let mut head = read_head(heading, line, reader);
            if let Some(id) = &head.id
                && !slugs.reserve(id)
            {
                let first = lines.get(id).copied().unwrap_or(line);
                reader.problems.push(Problem::in_text(
                    line,
                    heading.column + 1,
                    format!(
                        "the step id {:?} is used twice; first in line {first}",
                        id.as_str()
                    ),
                ));
                head.id = None;
            } else if let Some(id) = &head.id {
                lines.insert(id.clone(), line);
            }
            Some(head)
        })
        .collect()
}

/// Reads `Title {#id kind=action minutes=5}`.
fn read_head(heading: &Heading, line: usize, reader: &mut Reader) -> StepHead {
    let (title, attributes) = split_attributes(&heading.text);
    let mut head = StepHead {
        title: title.trim().to_owned(),
        id: None,
        kind: StepKind::default(),
        minutes: None,
    };
    let Some((attributes, offset)) = attributes else {
        return head;
    };
    let before = heading.text[..offset].chars().count();
    let mut seen: Vec<&str> = Vec::new();
    let mut at = 0;
    for word in attributes.split(' ') {
        let column = heading.column + 1 + before + attributes[..at].chars().count();
        at += word.len() + 1;
        if word.is_empty() {
            continue;
        }
        let (name, value) = match word.strip_prefix('#') {
            Some(id) => ("#", id),
            None => word.split_once('=').unwrap_or((word, "")),
        };
        let mistake = if seen.contains(&name) {
            Some(format!("`{name}` is here twice"))
        } else {
            match name {
                "#" => StepId::parse(value).map(|id| head.id = Some(id)).err(),
                "kind" => match kind(value) {
                    Some(kind) => {
                        head.kind = kind;
                        None
                    }
                    None => Some(format!(
                        "there is no kind {value:?}; the kinds are action, info, verify, warning"
                    )),
                },
                "minutes" => match value.parse() {
                    Ok(minutes) => {
                        head.minutes = Some(minutes);
                        None
                    }
                    Err(_) => Some(format!(
                        "`minutes` is a whole number from 0 to 65535, not {value:?}"
                    )),
                },
                _ => Some(format!(
                    "there is no attribute {word:?}; a step has #id, kind= and minutes=, and braces that belong to \
                     the title need {{}} after them"
                )),
            }
        };
        // Three names are known, so this list stays short whatever is written.
        if matches!(name, "#" | "kind" | "minutes") && !seen.contains(&name) {
            seen.push(name);
        }
        reader
            .problems
            .extend(mistake.map(|detail| Problem::in_text(line, column, detail)));
    }
    head
}

/// Cuts `{...}` off the end of a title, with the place of its inside: it stands alone or after a blank, and has
/// no brace in it, so `${NAME}` and `{{name}}` are title.
fn split_attributes(text: &str) -> (&str, Option<(&str, usize)>) {
    let group = || {
        let inside = text.strip_suffix('}')?;
        let open = inside.rfind('{')?;
        let attributes = &inside[open + 1..];
        let alone = open == 0 || text[..open].ends_with(' ');
        (alone && !attributes.contains('}')).then_some((&text[..open], (attributes, open + 1)))
    };
    group().map_or((text, None), |(title, attributes)| (title, Some(attributes)))
}

fn kind(text: &str) -> Option<StepKind> {
    match text {
        "action" => Some(StepKind::Action),
        "info" => Some(StepKind::Info),
        "verify" => Some(StepKind::Verify),
        "warning" => Some(StepKind::Warning),
        _ => None,
    }
}
