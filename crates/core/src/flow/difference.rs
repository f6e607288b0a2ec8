//! What differs between two versions of a flow: its texts, its steps by id and its fields by name.
//!
//! Each change has both texts, for side by side, and their lines. How long that takes is bounded: texts that share
//! too little to be compared within the bound are shown as one whole that replaced another.

use std::collections::HashMap;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::FlowDocument;
use crate::field::{Field, FieldName};
use crate::step::{Section, Step, StepId, StepKind};

/// The most comparisons for all texts of two versions together; a fraction of a second.
const MOST_WORK: usize = 60_000_000;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// In both versions.
    Same,
    /// Only in the older one.
    Removed,
    /// Only in the newer one.
    Added,
}

/// A line of a text that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What became of it.
    pub kind: LineKind,
    /// The line, without its end.
    pub text: String,
}

/// One part that reads differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartChange {
    /// What changed, as the JSON form of a flow names it: `title`, `body`, `required`.
    pub part: &'static str,
    /// As it was; empty where it was not there.
    pub before: String,
    /// As it is; empty where it is not there any more.
    pub after: String,
    /// Both, line by line.
    pub lines: Vec<Line>,
}

/// What became of a step or a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Only in the newer version.
    Added,
    /// Only in the older version.
    Removed,
    /// In both, and reads differently.
    Changed,
    /// In both and the same, but in another place among the steps.
    Moved,
}

impl Fate {
    /// Every fate.
    pub const ALL: [Self; 4] = [Self::Added, Self::Removed, Self::Changed, Self::Moved];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Moved => "moved",
        }
    }
}

/// A step that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepDifference {
    /// The step.
    pub id: StepId,
    /// What became of it.
    pub fate: Fate,
    /// Whether it stands in another place among the steps; also of one that changed.
    pub moved: bool,
    /// Its title, as it is or last was.
    pub title: String,
    /// Its number in the older version, from 1.
    pub before: Option<usize>,
    /// Its number in the newer version, from 1.
    pub after: Option<usize>,
    /// What reads differently.
    pub changes: Vec<PartChange>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDifference {
    /// The field, spelled as it is or last was.
    pub name: FieldName,
    /// What became of it.
    pub fate: Fate,
    /// What a person reads.
    pub label: String,
    /// What is said otherwise.
    pub changes: Vec<PartChange>,
}

/// What differs between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Title and description.
    pub texts: Vec<PartChange>,
    /// The steps that differ, in the order of the newer version; those that went come last.
    pub steps: Vec<StepDifference>,
    /// The fields that differ, in the order of the newer version; those that went come last.
    pub fields: Vec<FieldDifference>,
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.steps.is_empty() && self.fields.is_empty()
    }

    /// The differences in words: `1 step changed, 2 fields added`. Empty where nothing differs.
    pub fn words(&self) -> String {
        let mut words: Vec<String> = self
            .texts
            .iter()
            .map(|text| format!("{} changed", text.part))
            .collect();
        let counted = |fates: &[Fate], one: &str, many: &str| -> Vec<String> {
            let counts = Fate::ALL.into_iter().map(|fate| {
                let count = fates.iter().filter(|other| **other == fate).count();
                (fate, count)
            });
            let said = counts.filter(|(_, count)| *count > 0).map(|(fate, count)| {
                let noun = if count == 1 { one } else { many };
                format!("{count} {noun} {}", fate.as_str())
            });
            said.collect()
        };
        let steps: Vec<_> = self.steps.iter().map(|step| step.fate).collect();
        let fields: Vec<_> = self.fields.iter().map(|field| field.fate).collect();
        words.extend(counted(&steps, "step", "steps"));
        words.extend(counted(&fields, "field", "fields"));
        words.join(", ")
    }
}

/// What differs between an older and a newer version.
pub fn difference(older: &FlowDocument, newer: &FlowDocument) -> Difference {
    let mut compare = Compare { left: MOST_WORK };
    let mut texts = Vec::new();
    compare.part("title", older.title(), newer.title(), &mut texts);
    let descriptions = (&older.parts().description, &newer.parts().description);
    compare.part("description", descriptions.0, descriptions.1, &mut texts);
    Difference {
        texts,
        steps: steps(older, newer, &mut compare),
        fields: fields(older, newer, &mut compare),
    }
}

/// Compares texts within a bound.
struct Compare {
    left: usize,
}

impl Compare {
    fn part(&mut self, part: &'static str, before: &str, after: &str, changes: &mut Vec<PartChange>) {
        if before != after {
            changes.push(PartChange {
                part,
                before: before.to_owned(),
                after: after.to_owned(),
                lines: self.lines(before, after),
            });
        }
    }

    fn lines(&mut self, before: &str, after: &str) -> Vec<Line> {
        let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
        let same =
            |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
        let head = same(&mut before.iter().zip(&after));
        let (old, new) = (&before[head..], &after[head..]);
        let tail = same(&mut old.iter().rev().zip(new.iter().rev()));
        let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
        let line = |kind, text: &&str| Line {
            kind,
            text: (*text).to_owned(),
        };
        let mut lines: Vec<Line> = before[..head]
            .iter()
            .map(|text| line(LineKind::Same, text))
            .collect();
        let mut replaced = |old: &[&str], new: &[&str]| {
            lines.extend(old.iter().map(|text| line(LineKind::Removed, text)));
            lines.extend(new.iter().map(|text| line(LineKind::Added, text)));
        };
        // The algorithm looks at each pair of edits at worst.
        let work = (old.len() + new.len()).saturating_mul(old.len() + new.len());
        if old.is_empty() || new.is_empty() || work > self.left {
            replaced(old, new);
        } else {
            self.left -= work;
            for operation in capture_diff_slices(Algorithm::Myers, old, new) {
                let (old, new) = (&old[operation.old_range()], &new[operation.new_range()]);
                if let DiffOp::Equal { .. } = operation {
                    lines.extend(old.iter().map(|text| line(LineKind::Same, text)));
                } else {
                    lines.extend(old.iter().map(|text| line(LineKind::Removed, text)));
                    lines.extend(new.iter().map(|text| line(LineKind::Added, text)));
                }
            }
        }
        let rest = &before[before.len() - tail..];
        lines.extend(rest.iter().map(|text| line(LineKind::Same, text)));
        lines
    }
}

/// A step with its section and its number, from 1.
type Numbered<'a> = (usize, &'a Section, &'a Step);

fn numbered(document: &FlowDocument) -> Vec<Numbered<'_>> {
    let steps = document.steps().zip(1..);
    steps
        .map(|((section, step), number)| (number, section, step))
        .collect()
}

fn steps(older: &FlowDocument, newer: &FlowDocument, compare: &mut Compare) -> Vec<StepDifference> {
    let (older, newer) = (numbered(older), numbered(newer));
    let was: HashMap<&StepId, &Numbered<'_>> = older.iter().map(|one| (&one.2.id, one)).collect();
    let is: HashMap<&StepId, &Numbered<'_>> = newer.iter().map(|one| (&one.2.id, one)).collect();
    let stayed = stayed(newer.iter().filter_map(|(_, _, step)| Some(was.get(&step.id)?.0)));
    let mut found = Vec::new();
    for one in &newer {
        let before = was.get(&one.2.id).copied();
        let moved = before.is_some_and(|before| !stayed.contains(&before.0));
        let changes = step_changes(before, Some(one), compare);
        let fate = match before {
            None => Fate::Added,
            Some(_) if !changes.is_empty() => Fate::Changed,
            Some(_) if moved => Fate::Moved,
            Some(_) => continue,
        };
        found.push(step_difference(
            one,
            fate,
            moved,
            (before.map(|before| before.0), Some(one.0)),
            changes,
        ));
    }
    for one in older.iter().filter(|one| !is.contains_key(&one.2.id)) {
        let changes = step_changes(Some(one), None, compare);
        found.push(step_difference(
            one,
            Fate::Removed,
            false,
            (Some(one.0), None),
            changes,
        ));
    }
    found
}

fn step_difference(
    (_, _, step): &Numbered<'_>,
    fate: Fate,
    moved: bool,
    (before, after): (Option<usize>, Option<usize>),
    changes: Vec<PartChange>,
) -> StepDifference {
    StepDifference {
        id: step.id.clone(),
        fate,
        moved,
        title: step.title.clone(),
        before,
        after,
        changes,
    }
}

/// The places that grow from one to the next in the longest such row: what is in none of them was moved.
fn stayed(places: impl Iterator<Item = usize>) -> std::collections::HashSet<usize> {
    let places: Vec<usize> = places.collect();
    // For each length the row of it that ends lowest, and for each place the one before it in its row.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(places.len());
    for (index, place) in places.iter().enumerate() {
        let length = ends.partition_point(|end| places[*end] < *place);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(index);
        } else {
            ends[length] = index;
        }
    }
    std::iter::successors(ends.last().copied(), |index| before[*index])
        .map(|index| places[index])
        .collect()
}

fn step_changes(
    before: Option<&Numbered<'_>>,
    after: Option<&Numbered<'_>>,
    compare: &mut Compare,
) -> Vec<PartChange> {
    let mut changes = Vec::new();
    let mut part = |part, text: &dyn Fn(&Numbered<'_>) -> String| {
        let of = |one: Option<&Numbered<'_>>| one.map(text).unwrap_or_default();
        compare.part(part, &of(before), &of(after), &mut changes);
    };
    part("title", &|(_, _, step)| step.title.clone());
    part("section", &|(_, section, _)| section.title.clone());
    part("kind", &|(_, _, step)| kind_name(step.kind).to_owned());
    part("minutes", &|(_, _, step)| {
        step.minutes
            .map(|minutes| minutes.to_string())
            .unwrap_or_default()
    });
    part("body", &|(_, _, step)| step.body.clone());
    part("choices", &|(_, _, step)| {
        let choices = step.choices.iter();
        let choices: Vec<_> = choices
            .map(|choice| format!("{}: {}", choice.label, choice.step))
            .collect();
        choices.join("\n")
    });
    changes
}

const fn kind_name(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Action => "action",
        StepKind::Info => "info",
        StepKind::Verify => "verify",
        StepKind::Warning => "warning",
    }
}

fn fields(older: &FlowDocument, newer: &FlowDocument, compare: &mut Compare) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    for field in newer.fields() {
        let before = older.field(field.name.as_str());
        let changes = field_changes(before, Some(field), compare);
        let fate = match before {
            None => Fate::Added,
            Some(_) if changes.is_empty() => continue,
            Some(_) => Fate::Changed,
        };
        found.push(field_difference(field, fate, changes));
    }
    let gone = older
        .fields()
        .iter()
        .filter(|field| newer.field(field.name.as_str()).is_none());
    for field in gone {
        let changes = field_changes(Some(field), None, compare);
        found.push(field_difference(field, Fate::Removed, changes));
    }
    found
}

fn field_difference(field: &Field, fate: Fate, changes: Vec<PartChange>) -> FieldDifference {
    FieldDifference {
        name: field.name.clone(),
        fate,
        label: field.label().to_owned(),
        changes,
    }
}

fn field_changes(before: Option<&Field>, after: Option<&Field>, compare: &mut Compare) -> Vec<PartChange> {
    let mut changes = Vec::new();
    let mut part = |part, text: &dyn Fn(&Field) -> String| {
        let of = |field: Option<&Field>| field.map(text).unwrap_or_default();
        compare.part(part, &of(before), &of(after), &mut changes);
    };
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    part("name", &|field| field.name.to_string());
    part("label", &|field| field.label.clone());
    part("type", &|field| field.field_type.as_str().to_owned());
    part("required", &|field| yes(field.required));
    part("default", &|field| field.default.clone().unwrap_or_default());
    part("help", &|field| field.help.clone());
    part("options", &|field| field.options.join("\n"));
    part("min", &|field| number(field.min));
    part("max", &|field| number(field.max));
    part("integer", &|field| yes(field.integer));
    part("secret", &|field| yes(field.secret));
    changes
}

#[cfg(test)]
mod tests;
