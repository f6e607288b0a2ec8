//! Link reference and footnote definitions: they serve a whole document, so each body gets those that it uses.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::outline::{Leaf, LeafKind};
use super::text::{indentation, item_marker};

/// The definitions of a document.
#[derive(Default)]
pub(super) struct Definitions {
    all: Vec<Definition>,
    by_label: HashMap<String, usize>,
    used: BTreeSet<usize>,
}

struct Definition {
    /// The lines, without the blanks before the first.
    text: String,
    /// Where it stands, when it stands in the way: it is then cut out there.
    lines: Option<std::ops::Range<usize>>,
}

impl Definitions {
    /// The labels in lower case; those of footnotes begin with `^`.
    pub(super) fn labels(&self) -> HashSet<String> {
        self.by_label.keys().cloned().collect()
    }

    /// Finds the definitions in lines, outside of code and HTML.
    pub(super) fn find(lines: &[&str], leaves: &[Leaf]) -> Self {
        let mut definitions = Self::default();
        let mut inside = vec![false; lines.len()];
        for leaf in leaves.iter().filter(|leaf| leaf.kind != LeafKind::Prose) {
            // Indented code behind a footnote belongs to the footnote; everything else is code.
            for line in leaf.lines.clone() {
                if let Some(place) = inside.get_mut(line) {
                    *place = true;
                }
            }
        }
        let mut at = 0;
        // A definition cannot interrupt a paragraph.
        let mut open = false;
        while at < lines.len() {
            let line = lines[at];
            let label = if inside[at] { None } else { label(line) };
            match label {
                Some(label) if !open || label.starts_with('^') => {
                    let end = if label.starts_with('^') {
                        footnote_end(lines, &inside, at)
                    } else {
                        reference_end(lines, at)
                    };
                    if let Some(end) = end {
                        let top = indentation(line) < 4;
                        let text = lines[at..end].join("\n").trim().to_owned();
                        definitions.add(&label, text, top.then_some(at..end));
                        at = end;
                        open = false;
                        continue;
                    }
                }
                _ => {}
            }
            let trimmed = line.trim_start();
            let closed = ["#", "---", "***", "___"]
                .iter()
                .any(|mark| trimmed.starts_with(mark));
            open = !inside[at] && !trimmed.is_empty() && !closed;
            at += 1;
        }
        definitions
    }

    fn add(&mut self, label: &str, text: String, lines: Option<std::ops::Range<usize>>) {
        let index = self.all.len();
        self.all.push(Definition { text, lines });
        // The first definition of a label is the one that counts; the others stay words of the document.
        self.by_label.entry(fold(label)).or_insert(index);
    }

    /// Empties the lines of the definitions that are given to the bodies, and takes their text as it is now.
    pub(super) fn cut_out(&mut self, lines: &mut [String]) {
        for definition in &mut self.all {
            if let Some(range) = &definition.lines {
                lines[range.clone()]
                    .join("\n")
                    .trim()
                    .clone_into(&mut definition.text);
                for line in &mut lines[range.clone()] {
                    line.clear();
                }
            }
        }
    }

    /// A line for each label, so that a parser sees which brackets are links.
    pub(super) fn stand_ins(&self) -> String {
        let mut labels: Vec<&str> = self.by_label.keys().map(String::as_str).collect();
        labels.sort_unstable();
        labels.iter().flat_map(|label| ["[", label, "]: x\n"]).collect()
    }

    /// The body with the definitions that it uses and does not have.
    pub(super) fn attach(&mut self, body: String) -> String {
        if self.all.is_empty() || !body.contains('[') {
            return body;
        }
        let mut wanted = BTreeSet::new();
        let mut texts = vec![uses(&body)];
        while let Some(labels) = texts.pop() {
            for label in labels {
                if let Some(index) = self.by_label.get(&label)
                    && wanted.insert(*index)
                    && label.starts_with('^')
                {
                    // A footnote may use links of its own.
                    texts.push(uses(&self.all[*index].text));
                }
            }
        }
        let mut result = body;
        let own: HashSet<String> = result
            .lines()
            .filter_map(|line| label(line).map(|label| fold(&label)))
            .collect();
        let mut first = true;
        for index in wanted {
            let definition = &self.all[index];
            self.used.insert(index);
            if label(&definition.text).is_some_and(|label| own.contains(&fold(&label))) {
                continue;
            }
            let footnote = definition.text.starts_with("[^");
            result.push_str(if first || footnote { "\n\n" } else { "\n" });
            result.push_str(&definition.text);
            first = false;
        }
        result
    }

    /// The definitions that were cut out and that no body uses.
    pub(super) fn unused(&self) -> Vec<&str> {
        let unused = |(index, definition): &(usize, &Definition)| {
            definition.lines.is_some() && !self.used.contains(index) && !definition.text.is_empty()
        };
        self.all
            .iter()
            .enumerate()
            .filter(unused)
            .map(|(_, definition)| definition.text.as_str())
            .collect()
    }
}

/// The label of the definition that a line begins, as written.
fn label(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix('[')?;
    let end = rest.find(']')?;
    let label = &rest[..end];
    let valid =
        !label.trim().is_empty() && label.len() < 200 && !label.contains('[') && !label.starts_with("VAR:");
    (valid && rest[end + 1..].starts_with(':')).then(|| label.to_owned())
}

/// Labels match without regard to case and to how many blanks they have.
fn fold(label: &str) -> String {
    label
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// The line behind a link reference definition; `None` where it is none.
fn reference_end(lines: &[&str], at: usize) -> Option<usize> {
    let after = lines[at].split_once("]:")?.1.trim();
    let mut end = at + 1;
    let target = if after.is_empty() {
        end += 1;
        lines.get(at + 1)?.trim()
    } else {
        after
    };
    let target_end = if let Some(inner) = target.strip_prefix('<') {
        inner.find('>')? + 2
    } else {
        target.find([' ', '\t']).unwrap_or(target.len())
    };
    let title = target[target_end..].trim();
    let is_title = |text: &str| {
        text.len() > 1
            && [('"', '"'), ('\'', '\''), ('(', ')')]
                .iter()
                .any(|(open, close)| text.starts_with(*open) && text.ends_with(*close))
    };
    if target.is_empty() || !(title.is_empty() || is_title(title)) {
        return None;
    }
    if title.is_empty() && lines.get(end).is_some_and(|line| is_title(line.trim())) {
        end += 1;
    }
    Some(end)
}

/// The line behind a footnote definition: its paragraph, and what is indented below it.
#[expect(clippy::unnecessary_wraps, reason = "the same shape as `reference_end`")]
fn footnote_end(lines: &[&str], inside: &[bool], at: usize) -> Option<usize> {
    let mut end = at + 1;
    let mut next = end;
    let mut blank = false;
    while let Some(line) = lines.get(next) {
        let continues = !blank && !inside[next] && is_lazy(line);
        if line.trim().is_empty() {
            blank = true;
        } else if indentation(line) >= 4 || continues {
            end = next + 1;
            blank = false;
        } else {
            break;
        }
        next += 1;
    }
    Some(end)
}

/// Whether a line goes on with a paragraph that it is not indented for.
fn is_lazy(line: &str) -> bool {
    let line = line.trim_start();
    let opens = ["```", "~~~", ">", "#", "<", "---", "===", "***", "___", "|"];
    label(line).is_none() && item_marker(line).is_none() && !opens.iter().any(|open| line.starts_with(open))
}

/// What stands in innermost square brackets, as labels.
fn uses(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => open = Some(at + 1),
            b']' => {
                if let Some(start) = open.take()
                    && at - start < 200
                {
                    found.push(fold(&text[start..at]));
                }
            }
            _ => {}
        }
    }
    found
}
