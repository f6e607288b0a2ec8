//! Reports of sessions.

use crate::api::sessions::export::SessionFormat;

pub const CRUMB: &str = "Report";
pub const OPTIONS: &str = "How the report reads";
pub const FORMAT: &str = "Show as";
pub const STEPS: &str = "Steps";
pub const ALL_STEPS: &str = "All";
pub const BLANK: &str = "Unfilled values blank";
pub const SUMMARY: &str = "Summary first";
pub const NO_TIMES: &str = "Without times";
pub const MASK: &str = "Mask";
pub const APPLY: &str = "Apply";
pub const COPY: &str = "Copy for ticket";
pub const PRINT: &str = "Print";
pub const DOWNLOAD: &str = "Download";
pub const REOPEN: &str = "Reopen";
pub const WRONG: &str = "must be html, markdown, text or json";
pub const SOURCE: &str = "The file";

/// What can be masked, by the names that the export knows.
pub const MASKS: [(&str, &str); 3] = [("addresses", "addresses"), ("mail", "mail"), ("tokens", "tokens")];

pub fn title(number: i64) -> String {
    format!("Report {number:04}")
}

/// A choice of the last step that is shown.
pub fn up_to(position: usize, title: &str) -> String {
    format!("Up to {position}. {title}")
}

pub const fn format(format: SessionFormat) -> &'static str {
    match format {
        SessionFormat::Html => "Document",
        SessionFormat::Markdown => "Markdown",
        SessionFormat::Text => "Text",
        SessionFormat::Json => "JSON",
    }
}

pub const fn file(format: SessionFormat) -> &'static str {
    match format {
        SessionFormat::Html => "HTML",
        SessionFormat::Markdown => "Markdown",
        SessionFormat::Text => "Text",
        SessionFormat::Json => "JSON",
    }
}
