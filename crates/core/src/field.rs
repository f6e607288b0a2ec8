//! Fields: the declared variables of a flow, and what values fit each type.
//!
//! A value is accepted into one normal form, so that equal things are stored, compared and exported as equal
//! text; a value that does not fit is refused with a sentence that says what exactly is wrong with it.

mod address;
mod choice;
mod declaration;
mod host;
mod invalid;
mod network;
mod number;
#[cfg(test)]
mod properties;
mod text;
mod time;

pub use declaration::{MAX_HELP, MAX_OPTION, MAX_OPTIONS};
pub use invalid::Invalid;
pub use text::{MAX_VALUE, accept_text, keepable};

/// An absolute http or https address in its normal form, without a user name, or why it is none.
pub fn web_address(text: &str) -> Result<String, String> {
    address::normalise_url(text)
}

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
            return Err(format!(
                "the name {text:?} has {wrong:?}; letters, digits and _ are allowed"
            ));
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

impl FieldType {
    /// The name in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::LongText => "long_text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Select => "select",
            Self::MultiSelect => "multi_select",
            Self::Email => "email",
            Self::Url => "url",
            Self::Hostname => "hostname",
            Self::Fqdn => "fqdn",
            Self::Ip => "ip",
            Self::Cidr => "cidr",
            Self::Mac => "mac",
            Self::Port => "port",
        }
    }

    /// What a value of the type is, with its article, as messages name it: "an IP address" in "x is not an IP address".
    pub fn noun(self) -> &'static str {
        match self {
            Self::Text => "a line of text",
            Self::LongText => "a text",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Date => "a date",
            Self::Datetime => "a date and time",
            Self::Select | Self::MultiSelect => "one of the options",
            Self::Email => "a mail address",
            Self::Url => "a web address",
            Self::Hostname => "a host name",
            Self::Fqdn => "a full domain name",
            Self::Ip => "an IP address",
            Self::Cidr => "a network",
            Self::Mac => "a MAC address",
            Self::Port => "a port",
        }
    }
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
        if self.label.is_empty() {
            self.name.as_str()
        } else {
            &self.label
        }
    }
    /// A text field with nothing else said, as import makes one for each placeholder it finds.
    pub fn plain(name: FieldName) -> Self {
        Self {
            name,
            label: String::new(),
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

    /// The normal form of a value, or what is wrong with it; accepting a normal form changes nothing.
    ///
    /// The empty text fits every type: someone set the variable to nothing on purpose. White space around a
    /// value goes, save in long text, which is kept as written but for its line ends (LF).
    pub fn accept(&self, text: &str) -> Result<String, Invalid> {
        text::check_size(text)?;
        match self.field_type {
            FieldType::Text => accept_text(text),
            FieldType::LongText => text::accept_lines(text),
            FieldType::Number => {
                let normal = self.accept_typed(text, number::normalise)?;
                number::check_bounds(&normal, self)?;
                Ok(normal)
            }
            FieldType::Boolean => self.accept_typed(text, choice::normalise_boolean),
            FieldType::Date => self.accept_typed(text, time::normalise_date),
            FieldType::Datetime => self.accept_typed(text, time::normalise_datetime),
            FieldType::Select => self.accept_typed(text, |text| choice::normalise_one(text, &self.options)),
            FieldType::MultiSelect => choice::accept_many(text, &self.options),
            FieldType::Email => self.accept_typed(text, address::normalise_email),
            FieldType::Url => self.accept_typed(text, address::normalise_url),
            FieldType::Hostname => self.accept_typed(text, host::normalise_hostname),
            FieldType::Fqdn => self.accept_typed(text, host::normalise_fqdn),
            FieldType::Ip => self.accept_typed(text, network::normalise_ip),
            FieldType::Cidr => self.accept_typed(text, network::normalise_cidr),
            FieldType::Mac => self.accept_typed(text, network::normalise_mac),
            FieldType::Port => self.accept_typed(text, network::normalise_port),
        }
    }

    /// Accepts one line with a form of its own, which `normalise` knows; it is never asked about nothing.
    fn accept_typed(
        &self,
        text: &str,
        normalise: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<String, Invalid> {
        let text = text::trim_pasted(text);
        if text.is_empty() {
            return Ok(String::new());
        }
        text::one_line(text)
            .and_then(|()| normalise(text))
            .map_err(|why| Invalid::not(text, self.field_type.noun(), &why))
    }
}
