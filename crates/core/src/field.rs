//! Fields: the declared variables of a flow, and what values fit each type.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of a variable as its author wrote it: `[A-Za-z][A-Za-z0-9_]{0,63}`.
///
/// Two names that differ only in case are the same variable; [`FieldName::key`] is what is compared and stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct FieldName(#[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9_]{0,63}$"))] String);

impl FieldName {
    /// Takes a name that follows the rule, or says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut characters = text.chars();
        match characters.next() {
            None => return Err("a field needs a name".into()),
            Some(first) if !first.is_ascii_alphabetic() => {
                return Err(format!("the name {text:?} must begin with a letter from A to Z"));
            }
            Some(_) => {}
        }
        if let Some(wrong) = characters.find(|c| !c.is_ascii_alphanumeric() && *c != '_') {
            return Err(format!("the name {text:?} has {wrong:?}; letters, digits and _ are allowed"));
        }
        if text.len() > 64 {
            return Err(format!("the name {text:?} is longer than 64 characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in lower case, by which variables are compared and stored.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FieldName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// What kind of value a field takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// One line of text.
    #[default]
    Text,
    /// Text of any number of lines.
    LongText,
    /// A decimal number, with optional bounds.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A day, RFC 3339 `full-date`.
    Date,
    /// A moment, RFC 3339; with or without an offset.
    Datetime,
    /// One of the field's options.
    Select,
    /// Any of the field's options, one a line.
    MultiSelect,
    /// A mail address.
    Email,
    /// An absolute http or https address.
    Url,
    /// A host name, RFC 1123: one label or several.
    Hostname,
    /// A fully qualified domain name: two labels or more.
    Fqdn,
    /// An IPv4 or IPv6 address.
    Ip,
    /// An IPv4 or IPv6 network in CIDR notation.
    Cidr,
    /// A 48-bit MAC address.
    Mac,
    /// A TCP or UDP port, 1 to 65535.
    Port,
}

/// One declared variable of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The name that placeholders use.
    pub name: FieldName,
    /// What a person reads; the name where it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What kind of value it takes.
    #[serde(rename = "type", default)]
    pub field_type: FieldType,
    /// Whether a session that completes without it is warned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// What shows while the variable is unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// One sentence that stands under the prompt.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// What `select` and `multi_select` choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Whether a number must be whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub integer: bool,
    /// Whether the value is sealed; refused until sealing exists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
}

impl Field {
    /// The label that a person reads.
    pub fn label(&self) -> &str {
        if self.label.is_empty() { self.name.as_str() } else { &self.label }
    }
}

impl Field {
    /// Checks the declaration itself, adding what is wrong with it under the JSON pointer `at`.
    pub fn check(&mut self, at: &str, problems: &mut Vec<crate::problem::Problem>) {
        if self.secret {
            problems.push(crate::problem::Problem::at(
                format!("{at}/secret"),
                "secret fields are refused until values can be sealed; take `secret` out",
            ));
        }
    }
}
