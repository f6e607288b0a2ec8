//! Writing the Markdown form, so that reading it gives the same flow.

use std::fmt::Write;

use serde_json::{Number, Value};

use super::yaml;
use crate::field::{Field, FieldType};
use crate::flow::{FlowDocument, FlowParts};
use crate::step::{Step, StepKind};

/// Writes a flow in its Markdown form.
pub fn print(document: &FlowDocument) -> String {
    print_parts(document.parts())
}

/// Writes parts that may still have mistakes: what comes out is then only good for its size.
pub(crate) fn print_parts(parts: &FlowParts) -> String {
    let mut out = String::from("---\n");
    if let Some(id) = &parts.id {
        line(&mut out, "id", &string(&id.to_string()));
    }
    line(&mut out, "title", &string(&parts.title));
    if !parts.tags.is_empty() {
        line(&mut out, "tags", &list(&parts.tags));
    }
    if parts.fields.is_empty() {
        line(&mut out, "fields", "[]");
    } else {
        out.push_str("fields:\n");
        for field in &parts.fields {
            out.push_str("  - ");
            out.push_str(&print_field(field));
            out.push('\n');
        }
    }
    for (key, member) in &parts.front_matter {
        line(&mut out, &string(key), &value(member));
    }
    out.push_str("---\n");
    let mut body = String::new();
    block(&mut body, &parts.description);
    for section in &parts.sections {
        if !section.title.is_empty() {
            // Marks at the end would be taken for a closing sequence; behind another they are not.
            let close = if section.title.ends_with('#') { " #" } else { "" };
            block(&mut body, &format!("# {}{close}", section.title));
        }
        block(&mut body, &section.body);
        for step in &section.steps {
            block(&mut body, &heading(step));
            block(&mut body, &step.body);
            let choices: Vec<_> = step
                .choices
                .iter()
                .map(|c| format!("> choice: {} -> #{}", c.label, c.step))
                .collect();
            block(&mut body, &choices.join("\n"));
        }
    }
    out.push_str(&body);
    out
}

/// Adds a block, with a blank line between it and the one before.
fn block(out: &mut String, text: &str) {
    if text.is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(text);
    out.push('\n');
}

fn heading(step: &Step) -> String {
    let mut heading = format!("## {} {{#{}", step.title, step.id);
    let kind = match step.kind {
        StepKind::Action => "",
        StepKind::Info => " kind=info",
        StepKind::Verify => " kind=verify",
        StepKind::Warning => " kind=warning",
    };
    heading.push_str(kind);
    if let Some(minutes) = step.minutes {
        write!(heading, " minutes={minutes}").expect("writing to a string does not fail");
    }
    heading.push('}');
    heading
}

fn print_field(field: &Field) -> String {
    let mut members = vec![("name", string(field.name.as_str()))];
    if !field.label.is_empty() {
        members.push(("label", string(&field.label)));
    }
    if field.field_type != FieldType::default() {
        let name = serde_json::to_value(field.field_type).expect("a type is a name");
        members.push(("type", name.as_str().map(string).expect("a type is a name")));
    }
    if field.required {
        members.push(("required", "true".into()));
    }
    if let Some(default) = &field.default {
        members.push(("default", string(default)));
    }
    if !field.help.is_empty() {
        members.push(("help", string(&field.help)));
    }
    if !field.options.is_empty() {
        members.push(("options", list(&field.options)));
    }
    for (key, bound) in [("min", field.min), ("max", field.max)] {
        members.extend(
            bound
                .and_then(Number::from_f64)
                .map(|bound| (key, number(&bound))),
        );
    }
    for (key, set) in [("integer", field.integer), ("secret", field.secret)] {
        if set {
            members.push((key, "true".into()));
        }
    }
    let members: Vec<_> = members
        .into_iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    format!("{{ {} }}", members.join(", "))
}

fn line(out: &mut String, key: &str, value: &str) {
    writeln!(out, "{key}: {value}").expect("writing to a string does not fail");
}

fn list(items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| string(item)).collect();
    format!("[{}]", items.join(", "))
}

/// Any value in flow style. The depth is bounded by what a flow may hold.
fn value(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => string(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(self::value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".into(),
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(key, member)| format!("{}: {}", string(key), self::value(member)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
    }
}

/// A bound of a field, without `.0` where it is whole.
fn number(number: &Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A text as YAML: plain where every reader takes it for the same text, else in double quotes.
///
/// Plain are words that begin with a letter or a digit, hold none of YAML's marks, and are not read as anything
/// but text, not even by YAML 1.1 (`no`, `12:30`, `2024-01-31`).
fn string(text: &str) -> String {
    let harmless = |c: char| c.is_alphanumeric() || " _-./()+!?;=@$^~".contains(c);
    let number_like = |c: char| c.is_ascii_digit() || " _-./:+eExXoO".contains(c);
    let plain = text.starts_with(char::is_alphanumeric)
        && !text.ends_with(' ')
        && text.chars().all(harmless)
        && !text.starts_with(|c: char| c.is_ascii_digit() && text.chars().all(number_like))
        && yaml::scalar(text, true).is_string()
        && !["y", "n", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes; everything that is not surely printable is escaped
/// ([YAML 1.2.2, section 5.7](https://yaml.org/spec/1.2.2/#57-escaped-characters)).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' => escape(&mut out, character),
            character if character.is_control() => escape(&mut out, character),
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

fn escape(out: &mut String, character: char) {
    write!(out, "\\u{:04X}", u32::from(character)).expect("writing to a string does not fail");
}
