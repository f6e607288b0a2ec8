//! From an author's spelling to one variable: its name, and the label that a person reads.

use super::vocabulary::ACRONYMS;
use crate::field::{Field, FieldName, FieldType};

/// The name of the variable that a spelling means, or why it cannot be one.
///
/// `pod-name`, `pod_name`, `POD NAME` and `PodName` are one variable, `pod_name`.
pub(super) fn variable_name(spelling: &str) -> Result<String, &'static str> {
    if !spelling.is_ascii() {
        return Err("a name has only letters from A to Z, digits and _");
    }
    if !spelling.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err("a name begins with a letter");
    }
    let mut name = String::with_capacity(spelling.len() + 4);
    let mut previous = ' ';
    for character in spelling.chars() {
        if matches!(character, '-' | '_' | ' ' | '\t') {
            if !name.ends_with('_') {
                name.push('_');
            }
        } else if character.is_ascii_alphanumeric() {
            if character.is_ascii_uppercase() && previous.is_ascii_lowercase() {
                name.push('_');
            }
            name.push(character.to_ascii_lowercase());
        } else {
            return Err("it has characters that a name cannot have");
        }
        previous = character;
    }
    let name = name.trim_end_matches('_');
    if name.len() > 64 {
        return Err("it is longer than the 64 characters of a name");
    }
    Ok(name.to_owned())
}

/// An optional text field for a variable that was found in a document.
///
/// The type stays text even for names such as `url` or `port`: authors write `<port>` for "8080 or https", and
/// a field that refuses what the runbook means costs more than one that takes everything.
pub(super) fn field(name: FieldName) -> Field {
    let label = label(name.as_str());
    Field {
        name,
        label,
        field_type: FieldType::Text,
        required: false,
        default: None,
        help: String::new(),
        options: Vec::new(),
        min: None,
        max: None,
        integer: false,
        secret: false,
    }
}

/// A name as a sentence: `node_ip` is "Node IP".
fn label(name: &str) -> String {
    let mut label = String::with_capacity(name.len());
    for word in name.split('_').filter(|word| !word.is_empty()) {
        let lower = word.to_ascii_lowercase();
        let first = label.is_empty();
        if !first {
            label.push(' ');
        }
        if ACRONYMS.has(&lower) {
            label.push_str(&lower.to_ascii_uppercase());
        } else if first {
            label.push_str(&lower[..1].to_ascii_uppercase());
            label.push_str(&lower[1..]);
        } else {
            label.push_str(&lower);
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_thing_are_one_name() {
        for spelling in [
            "pod-name",
            "pod_name",
            "POD NAME",
            "Pod-Name",
            "PodName",
            "podName",
            "pod--name",
        ] {
            assert_eq!(variable_name(spelling).as_deref(), Ok("pod_name"), "{spelling}");
        }
        for spelling in ["ENV", "env", "Env"] {
            assert_eq!(variable_name(spelling).as_deref(), Ok("env"));
        }
        assert_eq!(variable_name("HTTPPort").as_deref(), Ok("httpport"));
    }

    #[test]
    fn what_cannot_be_a_name_says_why() {
        assert!(variable_name("1st").is_err());
        assert!(variable_name("straße").is_err());
        assert!(variable_name("a.b").is_err());
        assert!(variable_name(&"a".repeat(65)).is_err());
        assert!(variable_name("").is_err());
    }

    #[test]
    fn labels_read_as_sentences() {
        assert_eq!(label("pod_name"), "Pod name");
        assert_eq!(label("vpc_endpoint_id"), "VPC endpoint ID");
        assert_eq!(label("node_ip"), "Node IP");
        assert_eq!(label("x"), "X");
    }
}
