//! `$1` becomes `?1` for SQLite, once for each text.
//!
//! Texts in quotes, quoted names and comments are left alone: a `$1` in them is no placeholder on either
//! engine.

use std::collections::HashMap;

/// Rewritten texts are dropped all at once when there are this many: static texts never come near it.
const MOST: usize = 1024;

/// The texts that were rewritten before.
#[derive(Default)]
pub(super) struct Texts(HashMap<String, String>);

impl Texts {
    /// The same statement with SQLite's placeholders.
    pub(super) fn rewritten(&mut self, sql: &str) -> &str {
        if !self.0.contains_key(sql) {
            if self.0.len() >= MOST {
                self.0.clear();
            }
            self.0.insert(sql.to_owned(), rewrite(sql));
        }
        &self.0[sql]
    }
}

fn rewrite(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    let mut in_name = false;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '\'' | '"' => quoted(rest, next),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '$' if !in_name && rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                out.push('?');
                rest = &rest[1..];
                rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
            }
            _ => next.len_utf8(),
        };
        in_name = next.is_alphanumeric() || next == '_';
        let (piece, after) = rest.split_at(length);
        out.push_str(piece);
        rest = after;
    }
    out
}

/// How long the quoted piece at the start is; a doubled quote is two pieces side by side, which is the same.
fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_rewritten_and_quoted_text_is_not() {
        for (sql, expected) in [
            ("", ""),
            (
                "SELECT $1, $12 FROM t WHERE a=$2",
                "SELECT ?1, ?12 FROM t WHERE a=?2",
            ),
            ("SELECT '$1', 'it''s $2', $1", "SELECT '$1', 'it''s $2', ?1"),
            ("SELECT \"$1\" -- $1\n, $1", "SELECT \"$1\" -- $1\n, ?1"),
            ("SELECT /* $1 ' */ $1", "SELECT /* $1 ' */ ?1"),
            ("SELECT '$1", "SELECT '$1"),
            ("SELECT a$1, $, $x, é$2, $1é", "SELECT a$1, $, $x, é$2, ?1é"),
            ("-- $1", "-- $1"),
        ] {
            assert_eq!(rewrite(sql), expected);
        }
    }

    #[test]
    fn the_cache_is_bounded() {
        let mut texts = Texts::default();
        for number in 0..3 * MOST {
            assert_eq!(
                texts.rewritten(&format!("SELECT {number}, $1")),
                format!("SELECT {number}, ?1")
            );
            assert!(texts.0.len() <= MOST);
        }
    }
}
