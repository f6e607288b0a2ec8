//! Differences that a person would name, and differences of anything.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::flow::FlowParts;

fn document(value: Value) -> FlowDocument {
    let parts: FlowParts = serde_json::from_value(value).unwrap();
    FlowDocument::check(parts).unwrap()
}

fn steps_of(steps: &[(&str, &str)]) -> FlowDocument {
    let steps: Vec<_> = steps
        .iter()
        .map(|(id, body)| json!({"id": id, "title": id.to_uppercase(), "body": body}))
        .collect();
    document(json!({"title": "Cut-over", "sections": [{"steps": steps}]}))
}

/// A step that differs: its id, its fate, whether it moved, and its numbers.
type Told<'a> = (&'a str, Fate, bool, Option<usize>, Option<usize>);

fn fates(difference: &Difference) -> Vec<Told<'_>> {
    let steps = difference.steps.iter();
    steps
        .map(|step| (step.id.as_str(), step.fate, step.moved, step.before, step.after))
        .collect()
}

#[test]
fn a_version_differs_from_itself_in_nothing() {
    let flow = steps_of(&[("a", "one"), ("b", "two")]);
    let difference = difference(&flow, &flow);
    assert!(difference.is_empty());
    assert_eq!(difference.words(), "");
}

#[test]
fn steps_are_added_removed_changed_and_moved() {
    let older = steps_of(&[("a", "one"), ("b", "two"), ("c", "three"), ("d", "four")]);
    let newer = steps_of(&[("c", "three"), ("a", "one"), ("b", "two!"), ("e", "five")]);
    let difference = difference(&older, &newer);
    assert_eq!(
        fates(&difference),
        [
            ("c", Fate::Moved, true, Some(3), Some(1)),
            ("b", Fate::Changed, false, Some(2), Some(3)),
            ("e", Fate::Added, false, None, Some(4)),
            ("d", Fate::Removed, false, Some(4), None),
        ]
    );
    assert_eq!(
        difference.words(),
        "1 step added, 1 step removed, 1 step changed, 1 step moved"
    );
    let body = &difference.steps[1].changes[0];
    assert_eq!(
        (body.part, body.before.as_str(), body.after.as_str()),
        ("body", "two", "two!")
    );
    let kinds: Vec<_> = body.lines.iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [LineKind::Removed, LineKind::Added]);
}

#[test]
fn every_part_of_a_step_and_a_field_counts() {
    let older = document(json!({"title": "A", "description": "Old.",
        "fields": [
            {"name": "host", "type": "hostname", "required": true, "default": "x"},
            {"name": "gone"},
            {"name": "same", "help": "h"}],
        "sections": [{"title": "S", "steps": [
            {"id": "a", "title": "One"}, {"id": "b", "title": "Two"}]}]}));
    let newer = document(json!({"title": "B", "description": "New.",
        "fields": [
            {"name": "HOST", "type": "select", "options": ["x", "y"], "label": "L", "help": "H"},
            {"name": "same", "help": "h"},
            {"name": "new", "type": "number", "min": 1, "max": 2.5, "integer": true}],
        "sections": [{"title": "T", "steps": [
            {"id": "a", "title": "Uno", "kind": "verify", "minutes": 5, "body": "x",
             "choices": [{"label": "Go", "step": "b"}]},
            {"id": "b", "title": "Two"}]}]}));
    let difference = difference(&older, &newer);
    let parts = |changes: &[PartChange]| changes.iter().map(|change| change.part).collect::<Vec<_>>();
    assert_eq!(parts(&difference.texts), ["title", "description"]);
    assert_eq!(
        parts(&difference.steps[0].changes),
        ["title", "section", "kind", "minutes", "body", "choices"]
    );
    assert_eq!(parts(&difference.steps[1].changes), ["section"]);
    let fields: Vec<_> = difference
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.fate, parts(&field.changes)))
        .collect();
    assert_eq!(fields[0].0, "HOST");
    assert_eq!(fields[0].1, Fate::Changed);
    assert_eq!(
        fields[0].2,
        ["name", "label", "type", "required", "default", "help", "options"]
    );
    assert_eq!((fields[1].0, fields[1].1), ("new", Fate::Added));
    assert_eq!((fields[2].0, fields[2].1), ("gone", Fate::Removed));
    assert_eq!(fields.len(), 3);
    assert_eq!(
        difference.words(),
        "title changed, description changed, 2 steps changed, 1 field added, 1 field removed, 1 field changed"
    );
}

#[test]
fn lines_show_where_a_text_changed() {
    let older = steps_of(&[("a", "one\ntwo\nthree\nfour")]);
    let newer = steps_of(&[("a", "one\nzwei\nthree\nthree and a half\nfour")]);
    let found = difference(&older, &newer);
    let said: Vec<_> = found.steps[0].changes[0]
        .lines
        .iter()
        .map(|line| (line.kind, line.text.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (LineKind::Same, "one"),
            (LineKind::Removed, "two"),
            (LineKind::Added, "zwei"),
            (LineKind::Same, "three"),
            (LineKind::Added, "three and a half"),
            (LineKind::Same, "four"),
        ]
    );
}

/// Two hundred steps of 64 KiB are more than a flow may hold; the comparison is asked directly.
#[test]
fn two_hundred_steps_of_64_kib_are_compared_within_the_bound() {
    let text = |salt: usize, line: &str| {
        let mut text = String::new();
        let mut number = salt;
        while text.len() < 64 * 1024 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(if number >> 60 & 1 == 0 { "a" } else { "b" });
            text.push_str(line);
        }
        text
    };
    let prose = " line as it stands in prose, of some length\n";
    let mut texts: Vec<_> = (0..200)
        .map(|step| (text(step, prose), text(step + 1_000, prose)))
        .collect();
    // Nothing but ends of lines, as nobody writes it.
    texts.push((text(1, "\n"), text(2, "\n")));
    let start = std::time::Instant::now();
    let mut compare = Compare { left: MOST_WORK };
    for (before, after) in &texts {
        let lines = compare.lines(before, after);
        let both = before.lines().count() + after.lines().count();
        let same = lines.iter().filter(|line| line.kind == LineKind::Same).count();
        assert_eq!(lines.len() + same, both);
    }
    // Far more than it takes, and far less than without the bound.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

proptest! {
    #[test]
    fn both_texts_can_be_read_from_the_lines(
        before in "([ab]{0,2}\n){0,12}[abc]{0,3}", after in "([ab]{0,2}\n){0,12}[abc]{0,3}", left in 0..2_000_usize,
    ) {
        let lines = Compare { left }.lines(&before, &after);
        let read = |other: LineKind| -> Vec<&str> {
            lines.iter().filter(|line| line.kind != other).map(|line| line.text.as_str()).collect()
        };
        prop_assert_eq!(read(LineKind::Added), before.lines().collect::<Vec<_>>());
        prop_assert_eq!(read(LineKind::Removed), after.lines().collect::<Vec<_>>());
    }

    #[test]
    fn every_step_that_is_not_named_stands_in_both_in_the_same_order(
        older in prop::sample::subsequence((0..12).collect::<Vec<_>>(), 1..12).prop_shuffle(),
        newer in prop::sample::subsequence((0..12).collect::<Vec<_>>(), 1..12).prop_shuffle(),
    ) {
        let flow = |ids: &[i32]| {
            let names: Vec<_> = ids.iter().map(|id| format!("s{id}")).collect();
            steps_of(&names.iter().map(|name| (name.as_str(), "x")).collect::<Vec<_>>())
        };
        let found = difference(&flow(&older), &flow(&newer));
        let named = |id: &i32| found.steps.iter().any(|step| step.id.as_str() == format!("s{id}"));
        let quiet = |ids: &[i32]| ids.iter().copied().filter(|id| !named(id)).collect::<Vec<_>>();
        prop_assert_eq!(quiet(&older), quiet(&newer));
        for step in &found.steps {
            prop_assert_eq!(step.before.is_none(), step.fate == Fate::Added);
            prop_assert_eq!(step.after.is_none(), step.fate == Fate::Removed);
        }
    }
}
