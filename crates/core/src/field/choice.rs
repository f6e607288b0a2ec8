//! Values out of a known set: yes or no, one option, several options.

use std::collections::HashMap;

use super::invalid::{Invalid, quote};
use super::text::{accept_lines, trim_pasted};

/// How many options a message names before it says how many there are.
const NAMED: usize = 8;

pub(super) fn normalise_boolean(text: &str) -> Result<String, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok("true".into()),
        "false" | "no" | "off" | "0" => Ok("false".into()),
        _ => Err("yes and no, on and off, 1 and 0 are taken too".into()),
    }
}

pub(super) fn normalise_one(text: &str, options: &[String]) -> Result<String, String> {
    match Options::of(options).find(text) {
        Some(index) => Ok(options[index].clone()),
        None => Err(advice(options)),
    }
}

/// Accepts any of the options, one a line, and puts them in their own order, each once.
pub(super) fn accept_many(text: &str, options: &[String]) -> Result<String, Invalid> {
    let lines = accept_lines(text)?;
    let known = Options::of(options);
    let mut chosen = vec![false; options.len()];
    for line in lines.lines().map(trim_pasted).filter(|line| !line.is_empty()) {
        if let Some(index) = known.find(line) {
            chosen[index] = true;
            continue;
        }
        let listed = line
            .split([',', ';'])
            .map(trim_pasted)
            .all(|part| known.find(part).is_some());
        let why = if listed {
            "write one option a line".into()
        } else {
            advice(options)
        };
        return Err(Invalid::not(line, "one of the options", &why));
    }
    let chosen: Vec<&str> = options
        .iter()
        .zip(chosen)
        .filter(|(_, chosen)| *chosen)
        .map(|(option, _)| option.as_str())
        .collect();
    Ok(chosen.join("\n"))
}

/// The options by their spelling, and by their lower case where that means one only.
struct Options<'a> {
    exact: HashMap<&'a str, usize>,
    folded: HashMap<String, Option<usize>>,
}

impl<'a> Options<'a> {
    fn of(options: &'a [String]) -> Self {
        let mut exact = HashMap::with_capacity(options.len());
        let mut folded = HashMap::with_capacity(options.len());
        for (index, option) in options.iter().enumerate() {
            exact.entry(option.as_str()).or_insert(index);
            folded
                .entry(option.to_lowercase())
                .and_modify(|only| *only = None)
                .or_insert(Some(index));
        }
        Self { exact, folded }
    }

    fn find(&self, text: &str) -> Option<usize> {
        self.exact
            .get(text)
            .copied()
            .or_else(|| self.folded.get(&text.to_lowercase()).copied().flatten())
    }
}

fn advice(options: &[String]) -> String {
    let mut named: Vec<String> = options.iter().take(NAMED).map(|option| quote(option)).collect();
    if options.len() > NAMED {
        return format!(
            "choose one of the {}, such as {}",
            options.len(),
            named.join(", ")
        );
    }
    match (named.pop(), named.is_empty()) {
        (None, _) => "there are none".into(),
        (Some(only), true) => format!("choose {only}"),
        (Some(last), false) => format!("choose {} or {last}", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn booleans_are_read_in_the_usual_words() {
        for text in ["true", "YES", "On", "1"] {
            assert_eq!(normalise_boolean(text).as_deref(), Ok("true"));
        }
        for text in ["false", "No", "OFF", "0"] {
            assert_eq!(normalise_boolean(text).as_deref(), Ok("false"));
        }
        assert!(normalise_boolean("maybe").is_err());
        assert!(normalise_boolean("10").is_err());
    }

    #[test]
    fn an_option_is_found_whatever_its_case() {
        let colours = options(&["Red", "Amber", "Green"]);
        assert_eq!(normalise_one("Red", &colours).as_deref(), Ok("Red"));
        assert_eq!(normalise_one("gREEN", &colours).as_deref(), Ok("Green"));
        assert_eq!(
            normalise_one("blue", &colours),
            Err("choose Red, Amber or Green".into())
        );
    }

    #[test]
    fn case_decides_where_options_differ_by_nothing_else() {
        let sizes = options(&["m", "M"]);
        assert_eq!(normalise_one("M", &sizes).as_deref(), Ok("M"));
        assert_eq!(normalise_one("m", &sizes).as_deref(), Ok("m"));
        assert!(normalise_one("X", &sizes).is_err());
        assert!(normalise_one("µ", &options(&["ab", "AB"])).is_err());
        assert!(normalise_one("Ab", &options(&["ab", "AB"])).is_err());
    }

    #[test]
    fn many_options_are_named_in_part() {
        let many: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
        assert_eq!(
            normalise_one("x", &many),
            Err("choose one of the 20, such as 1, 2, 3, 4, 5, 6, 7, 8".into())
        );
        assert_eq!(normalise_one("x", &[]), Err("there are none".into()));
        assert_eq!(normalise_one("x", &options(&["only"])), Err("choose only".into()));
    }

    #[test]
    fn several_options_come_in_their_own_order_each_once() {
        let days = options(&["Mon", "Tue", "Wed"]);
        assert_eq!(
            accept_many("wed\r\n mon \n\nWed\n", &days).as_deref(),
            Ok("Mon\nWed")
        );
        assert_eq!(accept_many(" \n\n", &days).as_deref(), Ok(""));
        assert_eq!(
            accept_many("Mon\nFri", &days).expect_err("unknown").to_string(),
            "Fri is not one of the options: choose Mon, Tue or Wed"
        );
        assert_eq!(
            accept_many("Mon, Tue", &days).expect_err("a list").to_string(),
            "Mon, Tue is not one of the options: write one option a line"
        );
        assert!(accept_many("Mon\0", &days).is_err());
    }

    #[test]
    fn many_lines_cost_no_more_than_their_length() {
        let many: Vec<String> = (0..500).map(|n| format!("option {n}")).collect();
        let all = many.join("\n");
        assert_eq!(accept_many(&format!("{all}\n{all}"), &many), Ok(all));
    }
}
