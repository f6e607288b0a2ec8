//! The runner: one session, step by step.

use resolutionflow_core::session::Stale;

use super::counted;

pub const FLOWS: &str = "Flows";
pub const SAVED: &str = "Saved";
pub const HERE_NOW: &str = "Here now";
pub const VARIABLES: &str = "Variables";
pub const FINISH: &str = "Finish";
pub const REPORT: &str = "Open report";

pub const STEPS: &str = "Steps";
pub const STEPS_FINISHED: &str = "Steps finished";
pub const DONE: &str = "done";
pub const SKIPPED: &str = "skipped";
pub const INFO: &str = "Good to know";
pub const VERIFY: &str = "Check";
pub const WARNING: &str = "Careful";

pub const MARK_DONE: &str = "Mark done";
pub const SKIP: &str = "Skip";
pub const ADD_NOTE: &str = "Add note";
pub const UNDO: &str = "Undo";
pub const CHOICES: &str = "How did it go?";
pub const NOTE: &str = "Note";
pub const OUTPUT: &str = "Output";
pub const RESULT: &str = "What you see";
pub const VERIFIED: &str = "Verified";
pub const REASON: &str = "Reason, if there is one";
pub const SKIP_STEP: &str = "Skip step";
pub const SAVE_TEXTS: &str = "Save note and output";
pub const TICK: &str = "Done";

pub const COPY: &str = "Copy";
pub const COMMAND: &str = "Command";

pub const CLOSE_PANEL: &str = "Close variables";
pub const FIND: &str = "Find…";
pub const FIND_VARIABLE: &str = "Find a variable";
pub const ORDER: &str = "Order";
pub const UNFILLED_FIRST: &str = "Unfilled first";
pub const ONLY_UNFILLED: &str = "Only unfilled";
pub const REQUIRED: &str = "Required";
pub const DEFAULT: &str = "Default";
pub const EMPTY_ON_PURPOSE: &str = "Empty on purpose";
pub const EMPTY: &str = "empty";
pub const CHOOSE: &str = "Choose";
pub const YES: &str = "Yes";
pub const NO: &str = "No";
pub const SAVE_VALUES: &str = "Save values";
pub const COPY_ALL: &str = "Copy all as text";
pub const DISCARD: &str = "Discard";
pub const SESSION_NOTE: &str = "Session note";
pub const LATE_NOTE: &str = "Late note";
pub const SAVE_NOTE: &str = "Add to the session";
pub const NOTED: &str = "Your note is kept. It stands in the report.";

pub const START: &str = "Start";
pub const TAKE: &str = "Take";
pub const REOPEN: &str = "Reopen";
pub const RUN_AS_PREPARED: &str = "Run as prepared";
pub const EDIT: &str = "Edit";
pub const REASSIGN: &str = "Reassign";
pub const HAND_OVER: &str = "Hand over";
pub const TICKET: &str = "Ticket";
pub const ENDED_HINT: &str = "This session has ended";
pub const KEEP_ANYWAY: &str = "Keep it anyway";
pub const SAVE_AGAIN: &str = "Save again";
pub const STEP_CHANGED: &str =
    "This step was changed since you opened it. Your text is kept below; what stands now is:";
pub const TYPED: &str = "This page has no place for what you typed any more. Copy it from here:";
pub const NOTHING: &str = "nothing";
pub const SOMEBODY: &str = "Somebody";
pub const YOU: &str = "You";
pub const BY_YOU: &str = "you";

pub fn session(number: i64, title: &str) -> String {
    if title.is_empty() {
        format!("Session {number:04}")
    } else {
        format!("Session {number:04} · {title}")
    }
}

pub fn document(number: i64, flow: &str) -> String {
    format!("{number:04} · {flow}")
}

pub fn finished_of(finished: usize, steps: usize) -> String {
    format!("{finished} of {steps} steps")
}

pub fn position(at: usize, of: usize) -> String {
    format!("{at} of {of}")
}

pub fn missing(count: usize) -> String {
    many(count, "value missing", "values missing")
}

/// "Step 3 of 5".
pub fn step_of(at: usize, of: usize) -> String {
    format!("Step {at} of {of}")
}

pub fn minutes(minutes: u16) -> String {
    format!("about {minutes} min")
}

pub fn panel_title() -> &'static str {
    "Session variables · "
}

pub fn filled(filled: usize, of: usize) -> String {
    format!("{filled} of {of} filled")
}

pub fn uses(steps: usize) -> String {
    format!("Used in {}", many(steps, "step", "steps"))
}

pub fn required(label: &str) -> String {
    format!("{label}, required")
}

/// What a filled value says to who hears it; of a long one the beginning.
pub fn value_label(label: &str, value: &str) -> String {
    match value.char_indices().nth(100) {
        Some((end, _)) => format!("{label}: {}…. Edit", &value[..end]),
        None => format!("{label}: {value}. Edit"),
    }
}

pub fn kept_not(noun: &str) -> String {
    format!("Kept, not {noun}")
}

pub fn prepared_by(who: &str) -> String {
    format!("Prepared by {who}")
}

/// Behind the name of who prepared a session stands when; then for whom.
pub fn prepared_for(whom: Option<&str>) -> String {
    match whom {
        Some(whom) => format!("for {whom}"),
        None => "for anyone in the team".to_owned(),
    }
}

pub fn note_of(note: &str) -> String {
    format!(": “{note}”")
}

pub fn review_and_update(version: i64) -> String {
    format!("Review and update to v{version}")
}

pub fn client(name: &str) -> String {
    format!("For {name}")
}

/// Why a prepared session needs a look, as a sentence.
pub fn stale(reason: &Stale, version: i64, difference: &str) -> String {
    match reason {
        Stale::Old { days } => format!("That is {}.", counted(*days, "day ago", "days ago")),
        Stale::PastDue { .. } => "It is past its due time.".to_owned(),
        Stale::AssigneeGone => "Who was to run it can do so no longer.".to_owned(),
        Stale::NewerVersion { latest } if difference.is_empty() => {
            format!("It runs v{version}. The flow is now v{latest}, with the same text.")
        }
        Stale::NewerVersion { latest } => {
            format!("It runs v{version}. The flow is now v{latest}: {difference}.")
        }
    }
}

pub fn due() -> &'static str {
    "Due "
}

pub fn watching(owner: Option<&str>) -> String {
    match owner {
        Some(owner) => format!("You are watching. {owner} owns this session."),
        None => "You are watching. Nobody has started this session.".to_owned(),
    }
}

pub fn only_fill(first: &str, second: Option<&str>) -> String {
    match second {
        Some(second) => format!("Only {first} and {second} can fill this"),
        None => format!("Only {first} can fill this"),
    }
}

pub fn ended(who: Option<&str>, completed: bool) -> String {
    match (who, completed) {
        (Some(who), true) => format!("{who} completed this session"),
        (Some(who), false) => format!("{who} discarded this session"),
        (None, true) => "This session was completed".to_owned(),
        (None, false) => "This session was discarded".to_owned(),
    }
}

pub fn done_by(who: &str) -> String {
    format!("Done by {who}, ")
}

pub fn skipped_by(who: &str) -> String {
    format!("Skipped by {who}, ")
}

pub fn reason(reason: &str) -> String {
    format!(": {reason}")
}

pub fn chose(choice: &str) -> String {
    format!("Chosen: {choice}")
}

pub fn look(count: usize) -> String {
    match count {
        1 => "1 value needs a look. Nothing was saved yet.".to_owned(),
        count => format!("{count} values need a look. Nothing was saved yet."),
    }
}

pub fn not_saved() -> &'static str {
    "That was not done"
}

pub fn newer(who: &str, text: Option<&str>) -> String {
    match text {
        Some("") => format!("{who} set this to empty. Save again to put yours in its place"),
        Some(text) => format!("{who} set this to “{text}”. Save again to put yours in its place"),
        None => format!("{who} cleared this. Save again to put yours in its place"),
    }
}

pub fn two_texts(first: &str, second: &str) -> String {
    format!("You typed two different texts: “{first}” and “{second}”")
}

pub fn you_typed() -> &'static str {
    "You typed "
}

/// A language as its friends spell it.
pub fn language(name: &str) -> &str {
    match name {
        "" | "text" | "txt" | "plain" => COMMAND,
        "powershell" | "ps1" | "pwsh" | "ps" => "PowerShell",
        "bash" => "Bash",
        "sh" | "shell" | "console" | "zsh" => "Shell",
        "cmd" | "bat" | "batch" => "Command prompt",
        "sql" => "SQL",
        "json" => "JSON",
        "yaml" | "yml" => "YAML",
        "xml" => "XML",
        "ini" => "INI",
        "toml" => "TOML",
        "python" | "py" => "Python",
        "http" => "HTTP",
        "html" => "HTML",
        "css" => "CSS",
        "javascript" | "js" => "JavaScript",
        "diff" => "Changes",
        other => other,
    }
}

/// What somebody did, for those who hear the page; `what` is a variable's label or a step's title.
pub fn did(kind: resolutionflow_core::event::EventKind, who: &str, what: &str) -> String {
    use resolutionflow_core::event::EventKind as K;
    match kind {
        K::VariableSet => format!("{who} filled {what}"),
        K::VariableUnset => format!("{who} cleared {what}"),
        K::StepDone => format!("{who} finished {what}"),
        K::StepSkipped => format!("{who} skipped {what}"),
        K::StepOpened => format!("{who} opened {what} again"),
        K::StepNoted => format!("{who} wrote a note on {what}"),
        K::StepOutput => format!("{who} wrote the output of {what}"),
        K::ItemChecked => format!("{who} ticked something in {what}"),
        K::Prepared => format!("{who} prepared this session"),
        K::Started => format!("{who} started this session"),
        K::Taken => format!("{who} took this session"),
        K::Assigned => format!("{who} assigned this session"),
        K::VersionChanged => format!("{who} moved this session to a newer version of the flow"),
        K::DetailsChanged => format!("{who} changed what the session says of itself"),
        K::NoteAdded | K::LateNoteAdded => format!("{who} added a note"),
        K::Completed => format!("{who} completed this session"),
        K::Discarded => format!("{who} discarded this session"),
        K::Reopened => format!("{who} opened this session again"),
    }
}

fn many(count: usize, one: &str, more: &str) -> String {
    counted(i64::try_from(count).unwrap_or(i64::MAX), one, more)
}
