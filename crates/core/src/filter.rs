//! Filters: what a placeholder does to its value before it is shown, as in `[VAR:name|trim|sh]`.
//!
//! A filter takes text and gives text, so any order is allowed and they apply from left to right: `|sh|ps` is a
//! shell word inside a `PowerShell` string. An unset placeholder shows itself, unfiltered.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986, section 2.3.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One change to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// One word of a POSIX shell, in single quotes.
    Sh,
    /// One string of `PowerShell`, in single quotes.
    Ps,
    /// Percent-encoded, all but the unreserved characters of RFC 3986.
    Url,
    /// In upper case.
    Upper,
    /// In lower case.
    Lower,
    /// Without white space at either end.
    Trim,
}

impl Filter {
    /// All filters, in the order they are documented.
    pub const ALL: [Self; 6] = [
        Self::Sh,
        Self::Ps,
        Self::Url,
        Self::Upper,
        Self::Lower,
        Self::Trim,
    ];

    /// The filter of that name, exactly as written.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.name() == name)
    }

    /// What stands behind the `|`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sh => "sh",
            Self::Ps => "ps",
            Self::Url => "url",
            Self::Upper => "upper",
            Self::Lower => "lower",
            Self::Trim => "trim",
        }
    }

    /// The value after this filter.
    pub fn apply(self, value: &str) -> String {
        match self {
            Self::Sh => format!("'{}'", value.replace('\'', r"'\''")),
            Self::Ps => quote_powershell(value),
            Self::Url => utf8_percent_encode(value, RESERVED).to_string(),
            Self::Upper => value.to_uppercase(),
            Self::Lower => value.to_lowercase(),
            Self::Trim => value.trim().to_owned(),
        }
    }
}

/// The value after all filters, from left to right.
pub fn apply_all<'v>(filters: &[Filter], value: &'v str) -> Cow<'v, str> {
    filters.iter().fold(Cow::Borrowed(value), |value, filter| {
        Cow::Owned(filter.apply(&value))
    })
}

/// `PowerShell` ends a single-quoted string at any of five quotes; each stands for itself when doubled.
fn quote_powershell(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('\'');
    for character in value.chars() {
        quoted.push(character);
        if matches!(
            character,
            '\'' | '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}'
        ) {
            quoted.push(character);
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn hostile() -> Vec<String> {
        let mut values: Vec<String> = [
            "",
            " ",
            "'",
            "''",
            "'\\''",
            "\"",
            "$(id)",
            "`id`",
            "$HOME",
            "-n",
            "--",
            "%s%n",
            "\\",
            "\\\\'",
            "a b",
            "*",
            "~",
            "!!",
            "a\nb",
            "\n",
            "x\n\n",
            "\r\n",
            "\t",
            ";id",
            "|id",
            "&",
            "<x",
            "#x",
            "ünïcødé 漢字 🦀",
            "\u{202e}abc",
            "'; id; '",
            "\u{2018}",
            "{a,b}",
            "[a]",
            "a=b",
        ]
        .map(String::from)
        .to_vec();
        values.extend(
            (1..32)
                .chain([127])
                .map(|code: u8| format!("a{}b", char::from(code))),
        );
        values.push((1..128u8).map(char::from).collect());
        values
    }

    #[test]
    fn a_shell_reads_back_the_value() {
        for shell in ["sh", "dash", "bash"] {
            if Command::new(shell).args(["-c", ":"]).output().is_err() {
                eprintln!("{shell} is not here; left out");
                continue;
            }
            for value in hostile() {
                let script = format!("printf %s {}", Filter::Sh.apply(&value));
                let output = Command::new(shell).args(["-c", &script]).output().unwrap();
                assert_eq!(output.stdout, value.as_bytes(), "{shell}: {script:?}");
                assert!(
                    output.status.success() && output.stderr.is_empty(),
                    "{shell}: {script:?}"
                );
            }
        }
    }

    #[test]
    fn an_empty_value_is_a_word() {
        assert_eq!(Filter::Sh.apply(""), "''");
        assert_eq!(Filter::Ps.apply(""), "''");
    }

    #[test]
    fn powershell_quotes_are_doubled() {
        assert_eq!(
            Filter::Ps.apply("a'b\u{2018}c\u{2019}d\u{201A}e\u{201B}f\"$x`"),
            "'a''b\u{2018}\u{2018}c\u{2019}\u{2019}d\u{201A}\u{201A}e\u{201B}\u{201B}f\"$x`'"
        );
    }

    #[test]
    fn filters_apply_from_left_to_right() {
        assert_eq!(
            apply_all(&[Filter::Trim, Filter::Upper, Filter::Sh], " it's "),
            r"'IT'\''S'"
        );
        assert_eq!(apply_all(&[Filter::Sh, Filter::Url], " "), "%27%20%27");
        assert_eq!(apply_all(&[], "x"), "x");
        assert_eq!(Filter::Url.apply("a/b?c=ü&~"), "a%2Fb%3Fc%3D%C3%BC%26~");
        assert_eq!(Filter::Lower.apply("ÄB"), "äb");
    }

    #[test]
    fn names_are_exact() {
        for filter in Filter::ALL {
            assert_eq!(Filter::parse(filter.name()), Some(filter));
        }
        assert_eq!(Filter::parse("SH"), None);
        assert_eq!(Filter::parse(""), None);
    }

    proptest! {
        #[test]
        fn a_powershell_string_ends_at_its_end(value in "[a'\u{2018}\u{2019}\u{201A}\u{201B}\n$`\"]{0,20}") {
            // As PowerShell reads it: a quote followed by a quote is the second one.
            let is_quote = |c: char| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}');
            let quoted = Filter::Ps.apply(&value);
            let mut inner = quoted.strip_prefix('\'').unwrap().chars().peekable();
            let mut read = String::new();
            loop {
                let character = inner.next().unwrap();
                if is_quote(character) {
                    if !inner.peek().copied().is_some_and(is_quote) { break; }
                    read.push(inner.next().unwrap());
                } else {
                    read.push(character);
                }
            }
            prop_assert_eq!(inner.next(), None);
            prop_assert_eq!(read, value);
        }
    }
}
