//! The ways in which authors write "put your value here", each with the name that a command line uses.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// One way to write a placeholder in a document that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// `<pod-name>`; also a single word and `<PodName>`.
    Kebab,
    /// `<pod_name>`.
    Snake,
    /// `<NAMESPACE>`.
    Upper,
    /// `<two words>`.
    Words,
    /// `{{name}}`.
    Mustache,
    /// `${NAME}`.
    Braces,
    /// `$NAME`.
    Dollar,
    /// `[NAME]`.
    Bracket,
}

impl Style {
    /// Every style, in the order of their names' first mention.
    pub const ALL: [Self; 8] = [
        Self::Kebab,
        Self::Snake,
        Self::Upper,
        Self::Words,
        Self::Mustache,
        Self::Braces,
        Self::Dollar,
        Self::Bracket,
    ];

    /// The styles that are converted unless something else is asked for: those that no shell reads as its own.
    pub fn usual() -> BTreeSet<Self> {
        BTreeSet::from([Self::Kebab, Self::Snake, Self::Upper, Self::Words, Self::Mustache])
    }

    /// The name on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kebab => "kebab",
            Self::Snake => "snake",
            Self::Upper => "upper",
            Self::Words => "words",
            Self::Mustache => "mustache",
            Self::Braces => "braces",
            Self::Dollar => "dollar",
            Self::Bracket => "bracket",
        }
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Style {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|style| style.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("{text:?} is no placeholder style; the styles are {names}")
            })
    }
}
