//! The library and one flow.

use resolutionflow_core::field::FieldType;

use super::counted;

pub const TITLE: &str = "Flows";
pub const IMPORT: &str = "Import";
pub const ANYBODYS: &str = "Anybody's";
pub const MINE: &str = "Mine";
pub const SEARCH: &str = "Search titles, steps, tags…";
pub const SEARCH_LABEL: &str = "Search flows";
pub const TAG: &str = "Tag";
pub const SORT: &str = "Sort";
pub const RECENTLY_USED: &str = "Recently used";
pub const NEWEST: &str = "Newest";
pub const BY_TITLE: &str = "Title";
pub const APPLY: &str = "Apply";
pub const DRAFT: &str = "draft";
pub const START: &str = "Start";
pub const PREPARE: &str = "Prepare";
pub const PREPARE_SESSION: &str = "Prepare session";
pub const MORE: &str = "Show more";
pub const FIRST: &str = "Back to the first";
pub const CLEAR: &str = "Clear filters";
pub const NONE: &str = "No flows yet. An imported runbook appears here.";
pub const ABOUT: &str = "About";

pub const START_FLOW: &str = "Start flow";
pub const START_ANOTHER: &str = "Start another";
pub const EXPORT: &str = "Export";
pub const STEPS: &str = "Steps";
pub const FIELDS: &str = "Fields";
pub const NO_FIELDS: &str = "This flow asks for no values.";
pub const REQUIRED: &str = "required";
pub const UNDECLARED: &str = "Only named in the text";
pub const DEFAULT: &str = "Default";
pub const OPTIONS: &str = "Options";
pub const USED_IN: &str = "Used in step";
pub const UNUSED: &str = "Used in no step";
pub const SESSIONS: &str = "Sessions";
pub const SEE_ALL: &str = "See all";
pub const NO_BODY: &str = "Nothing more is said about this step.";

pub fn steps(count: i64) -> String {
    counted(count, "step", "steps")
}

pub fn fields(count: i64) -> String {
    counted(count, "field", "fields")
}

pub fn version(number: i64) -> String {
    format!("v{number}")
}

pub fn minutes(count: u32) -> String {
    if count < 120 {
        format!("about {count} min")
    } else {
        format!("about {} h", (count + 30) / 60)
    }
}

pub fn edited_by(version: i64, name: &str) -> String {
    format!("v{version}, edited by {name}")
}

pub fn draft_by(name: &str) -> String {
    format!("made by {name}")
}

pub fn resume(number: &str) -> String {
    format!("Resume {number}")
}

pub fn remove_tag(tag: &str) -> String {
    format!("Remove tag {tag}")
}

pub fn step_line(number: usize, title: &str) -> String {
    format!("Step {number}: {title}")
}

/// What a search that found nothing looked for.
pub fn no_match(words: &str, tags: &[String], mine: bool) -> String {
    let flow = if mine { "No flow of yours" } else { "No flow" };
    let tags = match tags {
        [] => String::new(),
        [tag] => format!("tag {tag}"),
        tags => format!("tags {}", tags.join(", ")),
    };
    match (words.is_empty(), tags.is_empty()) {
        (true, true) => format!("{flow} is here yet."),
        (true, false) => format!("{flow} has the {tags}."),
        (false, true) => format!("{flow} mentions ‘{words}’."),
        (false, false) => format!("{flow} mentions ‘{words}’ with {tags}."),
    }
}

pub fn field_count(all: usize, required: usize) -> String {
    format!("{all}, {required} required")
}

pub const fn field_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text => "text",
        FieldType::LongText => "long text",
        FieldType::Number => "number",
        FieldType::Boolean => "yes or no",
        FieldType::Date => "date",
        FieldType::Datetime => "date and time",
        FieldType::Select => "one of a list",
        FieldType::MultiSelect => "several of a list",
        FieldType::Email => "email",
        FieldType::Url => "web address",
        FieldType::Hostname => "host name",
        FieldType::Fqdn => "full domain name",
        FieldType::Ip => "IP address",
        FieldType::Cidr => "network",
        FieldType::Mac => "MAC address",
        FieldType::Port => "port",
    }
}

pub fn prepared(count: &str) -> String {
    format!("{count} prepared")
}

pub fn active(count: &str) -> String {
    format!("{count} active")
}

pub fn completed(count: &str) -> String {
    format!("{count} completed")
}
