//! Importing.

pub use super::flows::field_type;
use resolutionflow_core::import::Style;

use super::counted;
pub use super::sentence;

pub const TITLE: &str = "Import a flow";
pub const CRUMB: &str = "Import";
pub const DROP: &str = "Drop a Markdown file anywhere on this page, or choose one";
pub const OR: &str = "or";
pub const PASTE: &str = "Paste the text of a runbook";
pub const PASTE_HELP: &str = "Headings, numbered lists and checklists become steps, placeholders become fields. \
                              You see all of it before anything is saved.";
pub const PREVIEW: &str = "Preview";
pub const PREVIEW_AGAIN: &str = "Preview again";
pub const BACK: &str = "Start over";
pub const SOURCE: &str = "Text of the document";

pub const LOOK: &str = "This needs a look. Nothing was saved.";
pub const NOTHING: &str = "There is no text. Choose a file or paste a runbook.";
pub const NOT_UTF8: &str = "the document is not UTF-8 from here on";
pub const NO_FILE_KEPT: &str = "Choose the file again when it is mended.";
pub const NUL: &str = "is a NUL character, which cannot be kept";
pub const BROKEN: &str = "The form broke off on its way. Send it again.";

pub const STYLES: &str = "Convert these placeholders";
pub const CONVERTED: &str = "Converted";
pub const NOT_CONVERTED: &str = "No placeholder of another notation was found.";
pub const FIELDS: &str = "Fields";
pub const NO_FIELDS: &str = "No field.";
pub const STEPS: &str = "Steps";
pub const LEFT_ALONE: &str = "Left as it stands";
pub const NOTES: &str = "Notes";
pub const DESCRIPTION: &str = "Description";
pub const REQUIRED: &str = "required";
pub const OPTIONAL: &str = "optional";
pub const DECLARED: &str = "Declared in the document";
pub const OWN_FORM: &str = "This is a flow in its own form. It is taken as it stands.";
pub const NOT_CHOSEN: &str = "not chosen above";
pub const SAME: &str = "The flow already stands exactly like this. Importing changes nothing.";
pub const IMPORT_NEW: &str = "Import as v1";

pub fn import_next(version: i64) -> String {
    format!("Import as v{version}")
}

pub fn next_version(title: &str, latest: i64) -> String {
    format!(
        "The document names the flow “{title}”. Importing publishes its version {}; sessions keep theirs.",
        latest + 1
    )
}

pub fn size(steps: usize, fields: usize) -> String {
    format!(
        "{}, {}. Nothing is saved yet.",
        counted(count(steps), "step", "steps"),
        counted(count(fields), "field", "fields")
    )
}

pub fn times(times: usize) -> String {
    if times == 1 {
        "once".to_owned()
    } else {
        format!("{times} times")
    }
}

/// On which lines: all of them, or the first ten.
pub fn lines(lines: &[usize], more: bool) -> String {
    let numbers: Vec<String> = lines.iter().map(ToString::to_string).collect();
    format!(
        "{} {}{}",
        if lines.len() == 1 { "line" } else { "lines" },
        numbers.join(", "),
        if more { " and more" } else { "" }
    )
}

pub fn place(line: usize, column: usize) -> String {
    format!("Line {line}, column {column}")
}

pub fn too_large(limit: impl std::fmt::Display) -> String {
    format!("The document is over the limit of {limit}.")
}

/// An example of a style, as authors write it.
pub const fn example(style: Style) -> &'static str {
    match style {
        Style::Kebab => "<pod-name>",
        Style::Snake => "<pod_name>",
        Style::Upper => "<POD_NAME>",
        Style::Words => "<name of the pod>",
        Style::Mustache => "{{name}}",
        Style::Braces => "${NAME}",
        Style::Dollar => "$NAME",
        Style::Bracket => "[NAME]",
    }
}

/// Why a spelling stays; who reads a page has no command line.
pub fn reason(reason: &str) -> &str {
    if reason.starts_with("not asked for") {
        NOT_CHOSEN
    } else {
        reason
    }
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
