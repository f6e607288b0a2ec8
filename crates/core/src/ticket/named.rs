//! Lines that name a variable: `name: value`, `Label = value`, a row of a table.

use std::collections::{BTreeMap, HashMap};

use crate::field::Field;
use crate::variable::Outline;

/// The longest text before a colon that can be a name, in bytes.
const LONGEST_NAME: usize = 200;

/// What the lines say of each variable by its key: the number of the line, from 0, and the text.
pub(super) fn find<'t>(lines: &[&'t str], outline: &Outline) -> BTreeMap<String, Vec<(usize, &'t str)>> {
    let names = names(outline);
    let mut found: BTreeMap<String, Vec<(usize, &'t str)>> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        let Some((key, value)) = split(line, &names) else {
            continue;
        };
        let next = lines.get(number + 1).map(|line| line.trim());
        // Forms put some values below their names.
        let (number, value) = match next {
            Some(next) if value.is_empty() && !next.is_empty() && split(next, &names).is_none() => {
                (number + 1, next)
            }
            _ => (number, value),
        };
        if !value.is_empty() {
            found.entry(key.to_owned()).or_default().push((number, value));
        }
    }
    found
}

/// The keys by what people may write for them: the name and the label. A label of two variables names neither.
fn names(outline: &Outline) -> HashMap<String, Option<&str>> {
    let mut names: HashMap<String, Option<&str>> = HashMap::new();
    for (key, known) in outline.variables() {
        let label = known.field.as_ref().map(Field::label).map(plain);
        for label in label.into_iter().filter(|label| !label.is_empty()) {
            names
                .entry(label)
                .and_modify(|owner| *owner = owner.filter(|owner| *owner == key))
                .or_insert(Some(key));
        }
    }
    // A name goes before the label of another.
    names.extend(
        outline
            .variables()
            .map(|(key, known)| (plain(known.name.as_str()), Some(key))),
    );
    names
}

/// A name without what people write in different ways: case, spaces, underscores, marks.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The variable that a line names, and what stands behind.
fn split<'t, 'n>(line: &'t str, names: &HashMap<String, Option<&'n str>>) -> Option<(&'n str, &'t str)> {
    let line = line
        .trim()
        .trim_start_matches(['|', '-', '*', '•', '>', '#', ' ', '\t']);
    let (at, mark) = line
        .char_indices()
        .find(|(_, c)| matches!(c, ':' | '=' | '|' | '\t' | '：'))?;
    if at > LONGEST_NAME {
        return None;
    }
    let name = line[..at].trim();
    let name = name.strip_prefix("[VAR").unwrap_or(name);
    // `[VAR:name]` has a colon of its own.
    let (name, rest) = match line[at + mark.len_utf8()..].split_once(']') {
        Some((inner, rest)) if name.is_empty() && line.starts_with("[VAR:") => {
            (inner, rest.trim_start().trim_start_matches([':', '=', '|']))
        }
        _ => (name, &line[at + mark.len_utf8()..]),
    };
    let key = (*names.get(&plain(name))?)?;
    Some((key, unquoted(rest)))
}

/// A value without the marks around it.
fn unquoted(value: &str) -> &str {
    let mut value = value.trim().trim_end_matches('|').trim();
    value = value.trim_start_matches(['*', '_']).trim_start();
    for mark in ["**", "`", "\"", "'"] {
        if let Some(inner) = value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)) {
            value = inner.trim();
        }
    }
    value
}
