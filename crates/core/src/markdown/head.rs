//! The front matter of our own form: what its keys mean, and where each of them stands.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::value::{Error as DeserializeError, StrDeserializer};
use serde_json::Value;

use super::FrontMatterSource;
use super::parse::Reader;
use super::yaml::{self, Content, Node};
use crate::field::{Field, FieldName, FieldType};
use crate::flow::{FlowParts, MAX_TITLE};
use crate::problem::Problem;

/// The keys of the front matter that a flow knows; every other is kept as it is.
pub(crate) const KNOWN_KEYS: [&str; 4] = ["id", "title", "tags", "fields"];

/// The members of a field, in the order in which they are written.
const FIELD_KEYS: &str = "name, label, type, required, default, help, options, min, max, integer, secret";

/// Reads front matter as plain values, for a document that is not a flow in our form.
pub fn front_matter_values(source: &FrontMatterSource<'_>) -> Result<BTreeMap<String, Value>, Vec<Problem>> {
    match yaml::read(source.text, source.line)? {
        None => Ok(BTreeMap::new()),
        Some(node) => match node.to_json() {
            Value::Object(members) => Ok(members.into_iter().collect()),
            Value::Null => Ok(BTreeMap::new()),
            _ => Err(vec![node.problem("front matter is `key: value`, one a line")]),
        },
    }
}

/// Checks that the front matter of the parts can be written and read again.
pub(crate) fn check_front_matter(parts: &FlowParts, problems: &mut Vec<Problem>) {
    let mut nodes = 1
        + parts.tags.len()
        + parts
            .fields
            .iter()
            .map(|field| 24 + field.options.len())
            .sum::<usize>();
    for (key, value) in &parts.front_matter {
        let at = format!("/front_matter/{}", key.replace('~', "~0").replace('/', "~1"));
        if KNOWN_KEYS.contains(&key.as_str()) {
            problems.push(Problem::at(
                &at,
                format!("`{key}` is a member of the flow, not other front matter"),
            ));
        }
        if let Err(detail) = check_key(key).and_then(|()| check_value(value, 1, &mut nodes)) {
            problems.push(Problem::at(at, detail));
        }
    }
    if nodes > yaml::MAX_NODES {
        problems.push(Problem::at(
            "",
            format!("the front matter has more than {} values", yaml::MAX_NODES),
        ));
    }
}

/// YAML looks for the `:` behind a key only so far.
fn check_key(key: &str) -> Result<(), String> {
    if key.len() > MAX_TITLE {
        Err(format!("a key has {} bytes; {MAX_TITLE} are allowed", key.len()))
    } else {
        Ok(())
    }
}

fn check_value(value: &Value, depth: usize, nodes: &mut usize) -> Result<(), String> {
    *nodes += 2;
    if depth >= yaml::MAX_DEPTH && (value.is_array() || value.is_object()) {
        return Err(format!("this is nested more than {} deep", yaml::MAX_DEPTH));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| check_value(item, depth + 1, nodes)),
        Value::Object(members) => members.iter().try_for_each(|(key, member)| {
            check_key(key).and_then(|()| check_value(member, depth + 1, nodes))
        }),
        _ => Ok(()),
    }
}

/// Reads front matter into the parts of a flow, with a problem for each mistake.
pub(crate) fn read(source: &FrontMatterSource<'_>, parts: &mut FlowParts, reader: &mut Reader) {
    let entries = match yaml::read(source.text, source.line) {
        Err(problems) => {
            reader.problems.extend(problems);
            // Nothing is known about the title, so nothing is said of it.
            parts.title = "?".into();
            return;
        }
        Ok(None) => Vec::new(),
        Ok(Some(node)) => match node.content {
            Content::Map(entries) => entries,
            _ if node.is_null() => Vec::new(),
            _ => {
                reader
                    .problems
                    .push(node.problem("front matter is `key: value`, one a line"));
                parts.title = "?".into();
                return;
            }
        },
    };
    let mut has_title = false;
    for (key, value) in &entries {
        let name = key.key().unwrap_or_default();
        match name {
            "title" => {
                has_title = true;
                reader.place("/title", value.line, value.column);
                parts.title = text(value, "title", reader).unwrap_or_else(|| "?".into());
            }
            "id" => {
                match value.text().map(str::parse) {
                    None if value.is_null() => {}
                    Some(Ok(id)) => parts.id = Some(id),
                    _ => reader.problems.push(value.problem(
                        "`id` is the UUID that an export of the flow has; leave it out for a new flow",
                    )),
                }
            }
            "tags" => {
                reader.place("/tags", value.line, value.column);
                parts.tags = texts(value, "tags", reader);
            }
            "fields" => {
                reader.place("/fields", value.line, value.column);
                read_fields(value, parts, reader);
            }
            _ => {
                let pointer = format!("/front_matter/{}", name.replace('~', "~0").replace('/', "~1"));
                reader.place(pointer, key.line, key.column);
                parts.front_matter.insert(name.to_owned(), value.to_json());
            }
        }
    }
    if !has_title {
        reader.problems.push(Problem::in_text(
            source.line,
            1,
            "the front matter needs a `title`",
        ));
        parts.title = "?".into();
    }
}

fn read_fields(value: &Node, parts: &mut FlowParts, reader: &mut Reader) {
    let items: &[Node] = match &value.content {
        Content::List(items) => items,
        _ if value.is_null() => &[],
        _ => {
            reader
                .problems
                .push(value.problem("`fields` is a list, such as `- { name: server, type: hostname }`"));
            &[]
        }
    };
    for item in items {
        let at = format!("/fields/{}", parts.fields.len());
        reader.place(at.clone(), item.line, item.column);
        if let Some(field) = read_field(item, &at, reader) {
            parts.fields.push(field);
        }
    }
}

/// Reads one field; nothing where it has no good name, which is then a problem.
fn read_field(item: &Node, at: &str, reader: &mut Reader) -> Option<Field> {
    let Content::Map(entries) = &item.content else {
        reader
            .problems
            .push(item.problem("a field is `{ name: server, type: hostname }`"));
        return None;
    };
    let mut name = None;
    let mut named = false;
    // The stand-in name is replaced below, or the field is dropped.
    let mut field = Field {
        name: FieldName::parse("x").expect("one letter is a name"),
        label: String::new(),
        field_type: FieldType::default(),
        required: false,
        default: None,
        help: String::new(),
        options: Vec::new(),
        min: None,
        max: None,
        integer: false,
        secret: false,
    };
    for (key, value) in entries {
        let member = key.key().unwrap_or_default();
        reader.place(format!("{at}/{member}"), value.line, value.column);
        match member {
            "name" => {
                named = true;
                name = text(value, member, reader).and_then(|text| match FieldName::parse(&text) {
                    Ok(name) => Some(name),
                    Err(detail) => {
                        reader.problems.push(value.problem(detail));
                        None
                    }
                });
            }
            "type" => field.field_type = field_type(value, reader),
            "label" => field.label = text(value, member, reader).unwrap_or_default(),
            "help" => field.help = text(value, member, reader).unwrap_or_default(),
            "default" if value.is_null() => {}
            "default" => field.default = text(value, member, reader),
            "options" => {
                field.options = texts(value, member, reader);
                if let Content::List(items) = &value.content {
                    for (index, option) in items.iter().enumerate() {
                        reader.place(format!("{at}/options/{index}"), option.line, option.column);
                    }
                }
            }
            "required" => field.required = boolean(value, member, reader),
            "integer" => field.integer = boolean(value, member, reader),
            "secret" => field.secret = boolean(value, member, reader),
            "min" => field.min = number(value, member, reader),
            "max" => field.max = number(value, member, reader),
            _ => reader
                .problems
                .push(key.problem(format!("a field has no `{member}`; it has {FIELD_KEYS}"))),
        }
    }
    if !named {
        reader.problems.push(item.problem("a field needs a `name`"));
    }
    field.name = name?;
    Some(field)
}

fn text(value: &Node, key: &str, reader: &mut Reader) -> Option<String> {
    let text = value.text().map(str::to_owned);
    if text.is_none() {
        reader
            .problems
            .push(value.problem(format!("`{key}` must be text")));
    }
    text
}

/// A list of texts; one text alone is a list of one.
fn texts(value: &Node, key: &str, reader: &mut Reader) -> Vec<String> {
    match &value.content {
        Content::List(items) => items.iter().filter_map(|item| text(item, key, reader)).collect(),
        _ if value.is_null() => Vec::new(),
        _ => text(value, key, reader).into_iter().collect(),
    }
}

fn boolean(value: &Node, key: &str, reader: &mut Reader) -> bool {
    match value.text() {
        Some("true" | "True" | "TRUE") => true,
        Some("false" | "False" | "FALSE") => false,
        _ => {
            reader
                .problems
                .push(value.problem(format!("`{key}` is true or false")));
            false
        }
    }
}

fn number(value: &Node, key: &str, reader: &mut Reader) -> Option<f64> {
    if value.is_null() {
        return None;
    }
    let number = value
        .text()
        .and_then(|text| text.parse::<f64>().ok())
        .filter(|number| number.is_finite());
    if number.is_none() {
        reader
            .problems
            .push(value.problem(format!("`{key}` is a number")));
    }
    number
}

fn field_type(value: &Node, reader: &mut Reader) -> FieldType {
    let Some(text) = text(value, "type", reader) else {
        return FieldType::default();
    };
    FieldType::deserialize(StrDeserializer::<DeserializeError>::new(&text)).unwrap_or_else(|_| {
        reader.problems.push(value.problem(format!(
            "there is no field type {text:?}; the types are text, long_text, number, boolean, date, datetime, \
             select, multi_select, email, url, hostname, fqdn, ip, cidr, mac and port"
        )));
        FieldType::default()
    })
}
