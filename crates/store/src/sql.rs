//! Statements whose text depends on what is asked: several rows at once, and lists narrowed by filters.
//!
//! Only texts of this crate are put together here; what comes from outside is always a parameter.

use std::fmt::Write;

use crate::db::Parameter;

/// A `SELECT` that grows by conditions.
pub(crate) struct Narrowed<'a> {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<&'a dyn Parameter>,
}

impl<'a> Narrowed<'a> {
    /// Starts with a text that ends in its first condition, and that condition's parameter `$1`.
    pub(crate) fn new(sql: String, first: &'a dyn Parameter) -> Self {
        Self { sql, parameters: vec![first] }
    }

    /// Adds a text in which each `?` stands for this one parameter.
    pub(crate) fn with(&mut self, text: &str, parameter: &'a dyn Parameter) {
        self.parameters.push(parameter);
        self.sql.push_str(&text.replace('?', &format!("${}", self.parameters.len())));
    }
}

/// A `LIKE ? ESCAPE '!'` pattern for texts that contain this one, in lower case.
pub(crate) fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
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
