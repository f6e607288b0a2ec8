//! Steps: single pieces of work, with a Markdown body that is kept as its source text.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The identifier of a step in its flow: `[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?`, stable across versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct StepId(#[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"))] String);

impl StepId {
    /// The longest identifier, in bytes.
    pub const MAX: usize = 64;

    /// Takes an identifier that follows the rule, or says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a step needs an id".into());
        }
        if text.len() > Self::MAX {
            return Err(format!("the step id {text:?} is longer than 64 characters"));
        }
        if let Some(wrong) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            return Err(format!(
                "the step id {text:?} has {wrong:?}; a to z, digits and - are allowed"
            ));
        }
        if text.starts_with('-') || text.ends_with('-') {
            return Err(format!("the step id {text:?} must not begin or end with -"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StepId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// What a step asks of the engineer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Something to do.
    #[default]
    Action,
    /// Something to know.
    Info,
    /// Something to check.
    Verify,
    /// Something to be careful about.
    Warning,
}

/// One way on from a step that branches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What the engineer chooses, for example "It answers".
    pub label: String,
    /// The step to go to.
    pub step: StepId,
}

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Stable identifier, unique in the flow.
    pub id: StepId,
    /// One line of inline Markdown; may hold placeholders.
    pub title: String,
    /// What it asks of the engineer.
    #[serde(default)]
    pub kind: StepKind,
    /// About how long it takes, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u16>,
    /// Markdown source; may hold placeholders, `> expected:` and `> verify:` lines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Where the step leads, when it branches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

/// Steps that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The heading; empty only for steps before the first heading.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Markdown between the heading and the first step.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// The steps, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
}
