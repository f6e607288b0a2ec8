//! Statements whose text depends on what is asked: several rows at once, and lists narrowed by filters.
//!
//! Only texts of this crate are put together here; what comes from outside is always a parameter.

use std::fmt::Write;

use crate::db::{Engine, Parameter, Tx};

/// A `SELECT` that grows by conditions.
pub(crate) struct Narrowed<'a> {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<&'a dyn Parameter>,
}

impl<'a> Narrowed<'a> {
    /// Starts with a text and its parameter `$1`.
    pub(crate) fn new(sql: String, first: &'a dyn Parameter) -> Self {
        Self {
            sql,
            parameters: vec![first],
        }
    }

    /// Takes a parameter along and answers its placeholder, for a text that is made by hand.
    pub(crate) fn bind(&mut self, parameter: &'a dyn Parameter) -> String {
        self.parameters.push(parameter);
        format!("${}", self.parameters.len())
    }

    /// Adds a text in which each `?` stands for this one parameter.
    pub(crate) fn with(&mut self, text: &str, parameter: &'a dyn Parameter) {
        let placeholder = self.bind(parameter);
        self.sql.push_str(&text.replace('?', &placeholder));
    }
}

/// A text as it is searched: in lower case.
pub(crate) fn search_key(text: &str) -> String {
    text.to_lowercase()
}

/// How many rows one page may ask for: `SQLite` takes a negative limit for none at all.
pub(crate) fn at_least_none(limit: i64) -> i64 {
    limit.max(0)
}

/// The longest text that is searched for, in bytes; `SQLite` refuses patterns over 50,000.
const LONGEST_SEARCH: usize = 8 * 1024;

/// A `LIKE ? ESCAPE '!'` pattern for texts that contain this one, in lower case. A text that is too long to be
/// searched for is cut.
pub(crate) fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    let text = &text[..text.floor_char_boundary(LONGEST_SEARCH)];
    for character in search_key(text).chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// What a `SELECT` ends in that locks its row until the transaction ends. SQLite has one writer and no such words.
pub(crate) fn for_update(tx: &Tx) -> &'static str {
    match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR UPDATE",
    }
}

/// As [`for_update`], but leaves others the rows that refer to this one: a lock on an account that kept those out would
/// wait for an entry of its log, whose writer waits for a member.
pub(crate) fn for_no_key_update(tx: &Tx) -> &'static str {
    match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR NO KEY UPDATE",
    }
}

/// What a `SELECT` ends in that keeps others from changing the rows of one of its tables until the transaction ends.
pub(crate) fn for_share_of(tx: &Tx, table: &str) -> String {
    match tx.engine() {
        Engine::Sqlite => String::new(),
        Engine::Postgres => format!(" FOR SHARE OF {table}"),
    }
}

/// The values, the last one several times, so that lists of different lengths make few different texts.
pub(crate) fn padded<T: Copy>(values: &[T]) -> Vec<T> {
    let mut padded = values.to_vec();
    if let Some(last) = values.last() {
        padded.resize(values.len().next_power_of_two(), *last);
    }
    padded
}

/// Placeholders for a list of values, counted from `first`: `$2, $3`.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    let list: Vec<_> = (first..first + count).map(|index| format!("${index}")).collect();
    list.join(", ")
}

/// Placeholders for `rows` rows of `width` columns: `($1, $2), ($3, $4)`.
pub(crate) fn values(rows: usize, width: usize) -> String {
    let mut sql = String::with_capacity(rows * width * 5);
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=width {
            let separator = if column == 1 { "" } else { ", " };
            write!(sql, "{separator}${}", row * width + column).expect("a string takes all");
        }
        sql.push(')');
    }
    sql
}

#[cfg(test)]
mod tests {
    #[test]
    fn placeholders_count_on_from_row_to_row() {
        assert_eq!(super::values(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
