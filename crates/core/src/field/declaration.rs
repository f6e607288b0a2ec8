//! The rules of a field's own declaration: what its author may say for which type.

use std::collections::HashMap;

use super::{Field, FieldType};
use crate::problem::Problem;

/// The longest help, in bytes.
pub const MAX_HELP: usize = 1000;
/// The most options of a field.
pub const MAX_OPTIONS: usize = 500;
/// The longest option, in bytes.
pub const MAX_OPTION: usize = 500;

impl Field {
    /// Checks the declaration itself, adding what is wrong with it under the JSON pointer `at`; brings help,
    /// options and default into their normal form. The label is checked with the flow's other titles.
    pub fn check(&mut self, at: &str, problems: &mut Vec<Problem>) {
        let before = problems.len();
        self.check_secret(at, problems);
        self.check_help(at, problems);
        self.check_options(at, problems);
        self.check_numbers(at, problems);
        // A default is judged by the rest of the declaration, so only once that is right.
        if problems.len() == before {
            self.check_default(at, problems);
        }
    }

    fn check_secret(&self, at: &str, problems: &mut Vec<Problem>) {
        if !self.secret {
            return;
        }
        let detail = if matches!(self.field_type, FieldType::Text | FieldType::LongText) {
            "secret fields are refused until values can be sealed; take `secret` out"
        } else {
            "only fields of type text and long_text can be secret; take `secret` out"
        };
        problems.push(Problem::at(format!("{at}/secret"), detail));
    }

    fn check_help(&mut self, at: &str, problems: &mut Vec<Problem>) {
        trim_in_place(&mut self.help);
        if self.help.len() > MAX_HELP {
            let detail = format!("the help has {} bytes; {MAX_HELP} are allowed", self.help.len());
            problems.push(Problem::at(format!("{at}/help"), detail));
        } else if self.help.chars().any(char::is_control) {
            problems.push(Problem::at(
                format!("{at}/help"),
                "the help must be one line without control characters",
            ));
        }
    }

    fn check_options(&mut self, at: &str, problems: &mut Vec<Problem>) {
        let here = format!("{at}/options");
        let chosen_from = matches!(self.field_type, FieldType::Select | FieldType::MultiSelect);
        if !chosen_from {
            if !self.options.is_empty() {
                problems.push(Problem::at(
                    here,
                    "only fields of type select and multi_select have options",
                ));
            }
            return;
        }
        if self.options.is_empty() {
            problems.push(Problem::at(here, "a field to choose from needs options"));
            return;
        }
        if self.options.len() > MAX_OPTIONS {
            let detail = format!(
                "there are {} options; {MAX_OPTIONS} are allowed",
                self.options.len()
            );
            problems.push(Problem::at(here, detail));
            return;
        }
        for option in &mut self.options {
            trim_in_place(option);
        }
        let mut seen: HashMap<&str, usize> = HashMap::with_capacity(self.options.len());
        for (index, option) in self.options.iter().enumerate() {
            let detail = if option.is_empty() {
                "an option must not be empty".to_owned()
            } else if option.len() > MAX_OPTION {
                format!("the option has {} bytes; {MAX_OPTION} are allowed", option.len())
            } else if option.chars().any(char::is_control) {
                "an option must be one line without control characters".to_owned()
            } else if let Some(first) = seen.insert(option, index) {
                format!(
                    "the option {option:?} stands twice; the first is option {}",
                    first + 1
                )
            } else {
                continue;
            };
            problems.push(Problem::at(format!("{here}/{index}"), detail));
        }
    }

    fn check_numbers(&self, at: &str, problems: &mut Vec<Problem>) {
        let mut refuse = |member: &str, detail: String| {
            problems.push(Problem::at(format!("{at}/{member}"), detail));
        };
        let bounds = [("min", self.min), ("max", self.max)];
        if self.field_type != FieldType::Number {
            let said = bounds
                .iter()
                .filter(|(_, bound)| bound.is_some())
                .map(|(member, _)| *member);
            for member in said.chain(self.integer.then_some("integer")) {
                refuse(member, format!("only fields of type number have `{member}`"));
            }
            return;
        }
        for (member, bound) in bounds {
            if bound.is_some_and(|bound| !bound.is_finite()) {
                refuse(member, format!("`{member}` must be a finite number"));
                return;
            }
        }
        if let (Some(min), Some(max)) = (self.min, self.max) {
            if min > max {
                refuse(
                    "min",
                    format!("the least number {min} is over the greatest, {max}"),
                );
            } else if self.integer && min.ceil() > max {
                refuse("min", format!("there is no whole number from {min} to {max}"));
            }
        }
    }

    fn check_default(&mut self, at: &str, problems: &mut Vec<Problem>) {
        let Some(default) = &self.default else {
            return;
        };
        match self.accept(default) {
            // An empty default shows what no default shows.
            Ok(normal) => self.default = Some(normal).filter(|normal| !normal.is_empty()),
            Err(why) => problems.push(Problem::at(format!("{at}/default"), why.to_string())),
        }
    }
}

fn trim_in_place(text: &mut String) {
    let trimmed = text.trim();
    if trimmed.len() < text.len() {
        *text = trimmed.to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{FieldName, MAX_VALUE};

    fn field(field_type: FieldType) -> Field {
        Field {
            field_type,
            ..Field::plain(FieldName::parse("x").expect("a name"))
        }
    }

    fn problems(mut field: Field) -> Vec<String> {
        let mut problems = Vec::new();
        field.check("/fields/0", &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    fn checked(mut field: Field) -> Field {
        let mut problems = Vec::new();
        field.check("", &mut problems);
        assert_eq!(problems, []);
        field
    }

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_plain_field_is_right() {
        assert_eq!(checked(field(FieldType::Text)), field(FieldType::Text));
    }

    #[test]
    fn secrets_are_refused_with_the_reason() {
        let said = problems(Field {
            secret: true,
            ..field(FieldType::LongText)
        });
        let sealed = "secret fields are refused until values can be sealed; take `secret` out";
        assert_eq!(said, [format!("/fields/0/secret: {sealed}")]);
        let said = problems(Field {
            secret: true,
            ..field(FieldType::Ip)
        });
        let types = "only fields of type text and long_text can be secret; take `secret` out";
        assert_eq!(said, [format!("/fields/0/secret: {types}")]);
    }

    #[test]
    fn options_belong_to_what_is_chosen_from() {
        let said = problems(field(FieldType::Select));
        assert_eq!(said, ["/fields/0/options: a field to choose from needs options"]);
        let said = problems(Field {
            options: texts(&["a"]),
            ..field(FieldType::Text)
        });
        assert_eq!(
            said,
            ["/fields/0/options: only fields of type select and multi_select have options"]
        );
        let options = texts(&["a", " ", "b", " a", "c\nd", &"e".repeat(501)]);
        let said = problems(Field {
            options,
            ..field(FieldType::MultiSelect)
        });
        assert_eq!(
            said,
            [
                "/fields/0/options/1: an option must not be empty",
                "/fields/0/options/3: the option \"a\" stands twice; the first is option 1",
                "/fields/0/options/4: an option must be one line without control characters",
                "/fields/0/options/5: the option has 501 bytes; 500 are allowed",
            ]
        );
        let options = vec![String::new(); 501];
        let said = problems(Field {
            options,
            ..field(FieldType::Select)
        });
        assert_eq!(
            said,
            ["/fields/0/options: there are 501 options; 500 are allowed"]
        );
    }

    #[test]
    fn bounds_belong_to_numbers() {
        let said = problems(Field {
            min: Some(1.0),
            integer: true,
            ..field(FieldType::Port)
        });
        assert_eq!(
            said,
            [
                "/fields/0/min: only fields of type number have `min`",
                "/fields/0/integer: only fields of type number have `integer`"
            ]
        );
        let number = || field(FieldType::Number);
        let said = problems(Field {
            max: Some(f64::NAN),
            ..number()
        });
        assert_eq!(said, ["/fields/0/max: `max` must be a finite number"]);
        let said = problems(Field {
            min: Some(2.0),
            max: Some(1.0),
            ..number()
        });
        assert_eq!(
            said,
            ["/fields/0/min: the least number 2 is over the greatest, 1"]
        );
        let said = problems(Field {
            min: Some(1.2),
            max: Some(1.8),
            integer: true,
            ..number()
        });
        assert_eq!(said, ["/fields/0/min: there is no whole number from 1.2 to 1.8"]);
        checked(Field {
            min: Some(1.0),
            max: Some(1.0),
            integer: true,
            ..number()
        });
    }

    #[test]
    fn the_default_is_a_value_like_any_other() {
        let default = |text: &str| Some(text.to_owned());
        let port = checked(Field {
            default: default(" 0443 "),
            ..field(FieldType::Port)
        });
        assert_eq!(port.default.as_deref(), Some("443"));
        let empty = checked(Field {
            default: default(" "),
            ..field(FieldType::Port)
        });
        assert_eq!(empty.default, None);
        let said = problems(Field {
            default: default("10.0.0.300"),
            ..field(FieldType::Ip)
        });
        assert_eq!(
            said,
            ["/fields/0/default: 10.0.0.300 is not an IP address: 300 is over 255"]
        );
        let said = problems(Field {
            default: default("x"),
            ..field(FieldType::Select)
        });
        assert_eq!(said.len(), 1, "{said:?}");
        let said = problems(Field {
            default: Some("x".repeat(MAX_VALUE + 1)),
            ..field(FieldType::Text)
        });
        assert_eq!(
            said,
            ["/fields/0/default: the value has 65537 bytes; 65536 are allowed"]
        );
    }

    #[test]
    fn help_is_one_line() {
        let help = |help: &str| Field {
            help: help.to_owned(),
            ..field(FieldType::Text)
        };
        assert_eq!(checked(help(" As in the ticket\n")).help, "As in the ticket");
        let said = problems(help("two\nlines"));
        assert_eq!(
            said,
            ["/fields/0/help: the help must be one line without control characters"]
        );
        let said = problems(help(&"x".repeat(1001)));
        assert_eq!(
            said,
            ["/fields/0/help: the help has 1001 bytes; 1000 are allowed"]
        );
    }
}
