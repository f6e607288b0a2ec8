//! Everything that pages say in English, by page; what scripts say stands in `assets/js/words.js`.

pub mod assign;
pub mod audit;
pub mod door;
pub mod error;
pub mod finish;
pub mod flows;
pub mod import;
pub mod invites;
pub mod notifications;
pub mod people;
pub mod platform;
pub mod prepare;
pub mod quick_start;
pub mod report;
pub mod review;
pub mod runner;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod shell;
pub mod sign_up;

/// A count with its noun: "1 step", "3 steps".
pub fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What a rule says of a value, as a sentence.
pub fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    let end = (!text.ends_with(['.', '!', '?'])).then_some('.');
    first.chain(characters).chain(end).collect()
}
