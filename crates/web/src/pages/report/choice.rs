//! What the reader chose, as the form of the page sends it and as the export takes it.

use crate::api::sessions::export::{ExportQuery, SessionFormat, Unset};
use crate::error::{Error, Result};
use crate::pages::words::report as words;

/// The forms of a report, as they are offered.
pub(super) const FORMATS: [(SessionFormat, &str); 4] = [
    (SessionFormat::Html, "html"),
    (SessionFormat::Markdown, "markdown"),
    (SessionFormat::Text, "text"),
    (SessionFormat::Json, "json"),
];

/// What was chosen. A form sends nothing for a box that is not ticked, and a name once for each box that is.
pub(super) struct Choice {
    pub(super) format: SessionFormat,
    pub(super) is_blank: bool,
    pub(super) up_to: String,
    pub(super) summary_first: bool,
    pub(super) without_times: bool,
    pub(super) masks: Vec<String>,
    /// A parameter with a value that it cannot have.
    wrong: Option<&'static str>,
}

impl Choice {
    /// Reads a query; what it does not know, it lets be.
    pub(super) fn read(query: &str) -> Self {
        let mut choice = Self {
            format: SessionFormat::Html,
            is_blank: false,
            up_to: String::new(),
            summary_first: false,
            without_times: false,
            masks: Vec::new(),
            wrong: None,
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match (name.as_ref(), value.as_ref()) {
                ("format", name) => match FORMATS.iter().find(|(_, known)| *known == name) {
                    Some((format, _)) => choice.format = *format,
                    None => choice.wrong = Some("format"),
                },
                ("unset", value) => choice.is_blank = value == "blank",
                ("up_to", value) => value.clone_into(&mut choice.up_to),
                ("summary_first", value) => choice.summary_first = value == "true",
                ("times", value) => choice.without_times = value == "false",
                ("mask", value) => {
                    let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
                    choice.masks.extend(names.map(str::to_owned));
                }
                _ => {}
            }
        }
        choice
    }

    /// The same as the export takes it.
    pub(super) fn query(&self) -> Result<ExportQuery> {
        if let Some(name) = self.wrong {
            return Err(Error::UnprocessableParameter {
                name: name.to_owned(),
                detail: words::WRONG.to_owned(),
            });
        }
        Ok(ExportQuery {
            format: self.format,
            unset: if self.is_blank {
                Unset::Blank
            } else {
                Unset::Placeholder
            },
            up_to: Some(self.up_to.clone()),
            summary_first: self.summary_first,
            times: !self.without_times,
            mask: self.masks.join(","),
        })
    }

    /// The query of a file with these options.
    pub(super) fn file(&self, format: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("format", format);
        if self.is_blank {
            query.append_pair("unset", "blank");
        }
        if !self.up_to.is_empty() {
            query.append_pair("up_to", &self.up_to);
        }
        if self.summary_first {
            query.append_pair("summary_first", "true");
        }
        if self.without_times {
            query.append_pair("times", "false");
        }
        if !self.masks.is_empty() {
            query.append_pair("mask", &self.masks.join(","));
        }
        query.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_and_a_file_say_the_same() {
        let choice =
            Choice::read("format=text&unset=blank&up_to=a&times=false&mask=mail&mask=tokens&other=1");
        let query = choice.file("json");
        assert_eq!(
            query,
            "format=json&unset=blank&up_to=a&times=false&mask=mail%2Ctokens"
        );
        let again = Choice::read(&query);
        assert_eq!(again.masks, ["mail", "tokens"]);
        assert!(again.without_times && again.is_blank && !again.summary_first);
        assert_eq!(Choice::read("").file("html"), "format=html");
        assert!(Choice::read("format=pdf").query().is_err());
    }
}
