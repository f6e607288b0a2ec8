//! What an import did and what it left alone, for the person who must trust the result.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use serde::Serialize;

use super::style::Style;

/// The most lines named for one entry.
const MAX_LINES: usize = 10;
/// The most spellings named for one conversion.
const MAX_SPELLINGS: usize = 10;
/// The most entries of what was left alone.
const MAX_LEFT_ALONE: usize = 200;

/// What kind of document was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Our own Markdown form; read strictly, nothing converted.
    Flow,
    /// Anyone's runbook.
    #[default]
    Runbook,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What kind of document was read.
    pub form: Form,
    /// The flow's title.
    pub title: String,
    /// How many sections it has.
    pub sections: usize,
    /// How many steps it has.
    pub steps: usize,
    /// How many fields it has.
    pub fields: usize,
    /// What became a placeholder, by style and in the order of first use.
    pub conversions: Vec<Conversion>,
    /// What looks like a placeholder and was left as it stands.
    pub left_alone: Vec<LeftAlone>,
    /// What was decided about the structure, as sentences.
    pub notes: Vec<String>,
}

/// The spellings of one style that became one variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conversion {
    /// How the author wrote it.
    pub style: Style,
    /// The variable.
    pub name: String,
    /// The spellings found, at most ten.
    pub spellings: BTreeSet<String>,
    /// How often in all.
    pub count: usize,
    /// The first lines, counted from 1, at most ten.
    pub lines: Vec<usize>,
}

/// A spelling that was left as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftAlone {
    /// The style it looks like.
    pub style: Style,
    /// As the author wrote it, shortened where it is long.
    pub spelling: String,
    /// Why.
    pub reason: String,
    /// How often in all.
    pub count: usize,
    /// The first lines, counted from 1, at most ten.
    pub lines: Vec<usize>,
}

/// Gathers occurrences into the entries of a report.
#[derive(Default)]
pub(super) struct Tally {
    conversions: Vec<Conversion>,
    by_variable: HashMap<(Style, String), usize>,
    left_alone: Vec<LeftAlone>,
    by_spelling: BTreeMap<(Style, String, &'static str), usize>,
    more: usize,
}

impl Tally {
    /// Counts a spelling that became a placeholder.
    pub(super) fn converted(&mut self, style: Style, name: &str, spelling: &str, line: usize) {
        let index = *self
            .by_variable
            .entry((style, name.to_owned()))
            .or_insert_with(|| {
                self.conversions.push(Conversion {
                    style,
                    name: name.to_owned(),
                    spellings: BTreeSet::new(),
                    count: 0,
                    lines: Vec::new(),
                });
                self.conversions.len() - 1
            });
        let entry = &mut self.conversions[index];
        entry.count += 1;
        add_line(&mut entry.lines, line);
        if entry.spellings.len() < MAX_SPELLINGS && !entry.spellings.contains(spelling) {
            entry.spellings.insert(spelling.to_owned());
        }
    }

    /// Counts a spelling that stays.
    pub(super) fn left_alone(&mut self, style: Style, spelling: &str, reason: &'static str, line: usize) {
        let spelling = shorten(spelling);
        if let Some(index) = self.by_spelling.get(&(style, spelling.clone(), reason)) {
            let entry = &mut self.left_alone[*index];
            entry.count += 1;
            add_line(&mut entry.lines, line);
        } else if self.left_alone.len() < MAX_LEFT_ALONE {
            self.by_spelling
                .insert((style, spelling.clone(), reason), self.left_alone.len());
            self.left_alone.push(LeftAlone {
                style,
                spelling,
                reason: reason.into(),
                count: 1,
                lines: vec![line],
            });
        } else {
            self.more += 1;
        }
    }

    /// Writes the entries into the report.
    pub(super) fn into_report(self, report: &mut Report) {
        report.conversions = self.conversions;
        report.left_alone = self.left_alone;
        if self.more > 0 {
            report.notes.push(format!(
                "{} more spellings were left alone and are not listed",
                self.more
            ));
        }
    }
}

fn add_line(lines: &mut Vec<usize>, line: usize) {
    if lines.len() < MAX_LINES && lines.last() != Some(&line) {
        lines.push(line);
    }
}

fn shorten(spelling: &str) -> String {
    let mut characters = spelling.char_indices();
    match characters.nth(60) {
        Some((end, _)) => format!("{}…", &spelling[..end]),
        None => spelling.to_owned(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.form {
            Form::Flow => "a flow in our own form",
            Form::Runbook => "a runbook",
        };
        writeln!(f, "{}", self.title)?;
        writeln!(
            f,
            "  read as {form}: {}, {}, {}",
            counted(self.sections, "section"),
            counted(self.steps, "step"),
            counted(self.fields, "field")
        )?;
        if !self.conversions.is_empty() {
            writeln!(f, "  converted:")?;
        }
        for entry in &self.conversions {
            let spellings: Vec<&str> = entry.spellings.iter().map(String::as_str).collect();
            writeln!(
                f,
                "    {} -> [VAR:{}]  {}, {} ({})",
                spellings.join(" "),
                entry.name,
                entry.style,
                counted(entry.count, "time"),
                Lines(&entry.lines, entry.count)
            )?;
        }
        if !self.left_alone.is_empty() {
            writeln!(f, "  left alone:")?;
        }
        for entry in &self.left_alone {
            writeln!(
                f,
                "    {}  {}, {} ({})",
                entry.spelling,
                entry.reason,
                counted(entry.count, "time"),
                Lines(&entry.lines, entry.count)
            )?;
        }
        if !self.notes.is_empty() {
            writeln!(f, "  notes:")?;
        }
        for note in &self.notes {
            writeln!(f, "    {note}")?;
        }
        Ok(())
    }
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Line numbers in words; says where not all are named.
struct Lines<'a>(&'a [usize], usize);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.len() == 1 { "line " } else { "lines " })?;
        for (index, line) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{line}")?;
        }
        if self.0.len() == MAX_LINES && self.1 > MAX_LINES {
            f.write_str(", ...")?;
        }
        Ok(())
    }
}
