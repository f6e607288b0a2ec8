//! `cargo xtask test`: everything that is checked, part by part, each with its time.

use std::time::{Duration, Instant};

use crate::command::{Done, cargo, output, run, works};
use crate::e2e;
use crate::postgres::Server;

/// A part of the checks: its name, what it does, and how.
struct Part {
    name: &'static str,
    run: fn(&mut Context) -> Done<Outcome>,
}

/// The parts in the order in which they run; the tests are last, so that their summary stays in sight.
const PARTS: [Part; 5] = [
    Part {
        name: "format",
        run: format,
    },
    Part {
        name: "deny",
        run: deny,
    },
    Part {
        name: "lint",
        run: lint,
    },
    Part {
        name: "test",
        run: test,
    },
    Part {
        name: "e2e",
        run: in_browsers,
    },
];

/// What the parts need and what they report.
#[derive(Default)]
struct Context {
    runner_arguments: Vec<String>,
    skipped: Vec<String>,
}

/// What was asked for.
struct Choice {
    parts: Vec<&'static Part>,
    keep_going: bool,
    runner_arguments: Vec<String>,
}

enum Outcome {
    Passed,
    Skipped,
    Failed,
    NotRun,
}

/// Runs the parts that the arguments choose.
pub(crate) fn run_parts(arguments: &[String]) -> Done {
    let choice = choose(arguments)?;
    let mut context = Context {
        runner_arguments: choice.runner_arguments,
        skipped: Vec::new(),
    };
    let unchosen = PARTS
        .iter()
        .filter(|part| !choice.parts.iter().any(|chosen| chosen.name == part.name));
    context
        .skipped
        .extend(unchosen.map(|part| format!("{}: not chosen", part.name)));
    let started = Instant::now();
    let mut results: Vec<(&str, Outcome, Duration)> = Vec::new();
    let mut failed = Vec::new();
    for part in choice.parts {
        if !failed.is_empty() && !choice.keep_going {
            results.push((part.name, Outcome::NotRun, Duration::ZERO));
            continue;
        }
        println!("\n--- {}", part.name);
        let began = Instant::now();
        let outcome = match (part.run)(&mut context) {
            Ok(outcome) => outcome,
            Err(error) => {
                eprintln!("{error}");
                failed.push(part.name);
                Outcome::Failed
            }
        };
        results.push((part.name, outcome, began.elapsed()));
    }
    println!("\n--- summary, {:.1} s", started.elapsed().as_secs_f64());
    for (name, outcome, took) in &results {
        match outcome {
            Outcome::Passed => println!("{name:<8} passed  {:>7.1} s", took.as_secs_f64()),
            Outcome::Failed => println!("{name:<8} FAILED  {:>7.1} s", took.as_secs_f64()),
            Outcome::Skipped => println!("{name:<8} skipped"),
            Outcome::NotRun => println!("{name:<8} not run"),
        }
    }
    for skipped in &context.skipped {
        println!("skipped  {skipped}");
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")))
    }
}

fn choose(arguments: &[String]) -> Done<Choice> {
    let mut choice = Choice {
        parts: PARTS.iter().collect(),
        keep_going: false,
        runner_arguments: Vec::new(),
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let (name, value) = argument
            .split_once('=')
            .map_or((argument.as_str(), None), |(n, v)| (n, Some(v)));
        let mut parts = || {
            let value = value.or_else(|| rest.next().map(String::as_str));
            names(value.ok_or_else(|| format!("{name} needs names of parts"))?)
        };
        match name {
            "--only" => {
                let only = parts()?;
                choice.parts.retain(|part| only.contains(&part.name));
            }
            "--skip" => {
                let skip = parts()?;
                choice.parts.retain(|part| !skip.contains(&part.name));
            }
            "--keep-going" => choice.keep_going = true,
            "--" => {
                choice.runner_arguments = rest.cloned().collect();
                break;
            }
            _ => return Err(format!("there is no option {name}; see cargo xtask help")),
        }
    }
    Ok(choice)
}

fn names(list: &str) -> Done<Vec<&'static str>> {
    let known = || PARTS.iter().map(|part| part.name);
    let find = |name: &str| {
        let all = || known().collect::<Vec<_>>().join(", ");
        known()
            .find(|part| *part == name)
            .ok_or_else(|| format!("there is no part {name:?}; there are {}", all()))
    };
    list.split(',').map(str::trim).map(find).collect()
}

fn format(_: &mut Context) -> Done<Outcome> {
    run(&mut cargo(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn deny(context: &mut Context) -> Done<Outcome> {
    if !works(&mut cargo(["deny", "--version"])) {
        let why =
            "deny: cargo-deny is not installed; `cargo install --locked cargo-deny` builds it in minutes";
        context.skipped.push(why.to_owned());
        return Ok(Outcome::Skipped);
    }
    run(&mut cargo(["deny", "check", "bans", "licenses", "sources"]))?;
    if let Err(error) = output(&mut cargo(["deny", "fetch", "db"])) {
        println!("{error}");
        context
            .skipped
            .push("deny, advisories: their database cannot be reached".to_owned());
        return Ok(Outcome::Passed);
    }
    run(&mut cargo(["deny", "check", "--disable-fetch", "advisories"]))?;
    Ok(Outcome::Passed)
}

fn lint(_: &mut Context) -> Done<Outcome> {
    // The tests in browsers run by a command of their own, so "all targets" are all but them.
    for targets in [&["--all-targets"][..], &["--test", "e2e"]] {
        let mut clippy = cargo(["clippy", "--locked", "--workspace"]);
        run(clippy.args(targets).args(["--", "-D", "warnings"]))?;
    }
    Ok(Outcome::Passed)
}

fn test(context: &mut Context) -> Done<Outcome> {
    let postgres = Server::named_or_temporary()?;
    let with_postgres = |arguments: &[&str]| {
        let mut command = cargo(arguments);
        command
            .env("TEST_POSTGRES_URL", &postgres.url)
            .env("REQUIRE_POSTGRES", "1");
        command
    };
    if context.runner_arguments.is_empty() {
        run(&mut with_postgres(&["test", "--locked", "--workspace", "--doc"]))?;
    } else {
        context
            .skipped
            .push("doc tests: arguments choose among the others".to_owned());
    }
    let runner: &[&str] = if works(&mut cargo(["nextest", "--version"])) {
        &["nextest", "run", "--locked", "--workspace", "--no-fail-fast"]
    } else {
        &[
            "test",
            "--locked",
            "--workspace",
            "--all-targets",
            "--no-fail-fast",
        ]
    };
    run(with_postgres(runner).args(&context.runner_arguments))?;
    Ok(Outcome::Passed)
}

fn in_browsers(context: &mut Context) -> Done<Outcome> {
    if !context.runner_arguments.is_empty() {
        let why = "e2e: arguments choose among the other tests; see cargo xtask e2e";
        context.skipped.push(why.to_owned());
        return Ok(Outcome::Skipped);
    }
    e2e::run_tests(&e2e::Options::default())?;
    Ok(Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(arguments: &[&str]) -> Done<Vec<&'static str>> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        choose(&arguments).map(|choice| choice.parts.iter().map(|part| part.name).collect())
    }

    #[test]
    fn parts_are_chosen_and_left_out() {
        assert_eq!(chosen(&[]).unwrap(), ["format", "deny", "lint", "test", "e2e"]);
        assert_eq!(chosen(&["--only", "test,format"]).unwrap(), ["format", "test"]);
        assert_eq!(
            chosen(&["--skip=deny", "--keep-going"]).unwrap(),
            ["format", "lint", "test", "e2e"]
        );
        assert!(
            chosen(&["--only", "tests"])
                .unwrap_err()
                .contains("there are format, deny, lint, test, e2e")
        );
        assert!(chosen(&["--only"]).is_err());
        assert!(chosen(&["--fast"]).is_err());
    }

    #[test]
    fn what_follows_two_dashes_is_the_runners() {
        let arguments = ["--only", "test", "--", "-p", "xtask"].map(str::to_owned);
        assert_eq!(choose(&arguments).unwrap().runner_arguments, ["-p", "xtask"]);
    }
}
