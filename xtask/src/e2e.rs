//! `cargo xtask e2e`: the pages in a real browser, against the real server, on both engines.
//!
//! The tests stand in `crates/web/tests/e2e`; here is what they need around them: a browser, one driver for it, a
//! PostgreSQL, and a directory for what a failed test leaves behind.

use std::path::{Path, PathBuf};

use crate::command::{Done, cargo, output, root, run, target, works};
use crate::postgres::Server;

mod browser;
mod driver;

use browser::Browser;
use driver::Driver;

/// How many tests run at a time: each has a server and a browser or two of its own.
const AT_A_TIME: &str = "2";

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// The engines by name; none means all.
    engines: Option<&'static str>,
    screenshots: Option<PathBuf>,
    /// Whether the pictures of the documents are made anew, instead of all tests.
    pictures: bool,
    runner_arguments: Vec<String>,
}

/// Runs the tests that the arguments choose.
pub(crate) fn run_e2e(arguments: &[String]) -> Done {
    run_tests(&read(arguments)?)
}

/// Runs the tests.
pub(crate) fn run_tests(options: &Options) -> Done {
    if options.pictures && (options.engines.is_some() || !options.runner_arguments.is_empty()) {
        return Err("--pictures makes them all, on one engine".to_owned());
    }
    let browser = Browser::find_or_install()?;
    let engines = match options.engines {
        Some(engines) => engines,
        None if options.pictures => "sqlite",
        None => "sqlite,postgres",
    };
    let artifacts = empty(target().join("e2e"))?;
    let postgres = if engines.contains("postgres") {
        Some(Server::named_or_temporary()?)
    } else {
        None
    };
    // Built before the driver starts, so that Ctrl+C while it builds has little to clean up.
    run(&mut cargo([
        "test",
        "--locked",
        "--workspace",
        "--test",
        "e2e",
        "--no-run",
    ]))?;
    let driver = Driver::start(&browser, &artifacts)?;
    let nextest = works(&mut cargo(["nextest", "--version"]));
    let mut command = if nextest {
        // A second try is named in the summary as flaky: a finding, though none that stops a release.
        cargo([
            "nextest",
            "run",
            "--no-fail-fast",
            "--retries",
            "1",
            "--test-threads",
            AT_A_TIME,
        ])
    } else {
        cargo(["test", "--no-fail-fast"])
    };
    // The whole workspace, so that every crate has the features that it has in the other tests.
    command.args(["--locked", "--workspace", "--test", "e2e"]);
    if !nextest {
        command.args(["--", "--test-threads", AT_A_TIME]);
    }
    command
        .args(&options.runner_arguments)
        .env("E2E_DRIVER_URL", &driver.url)
        .env("E2E_BROWSER", &browser.program)
        .env("E2E_BROWSER_ARGUMENTS", browser.arguments()?)
        .env("E2E_ENGINES", engines)
        .env("E2E_ARTIFACTS", &artifacts)
        .env_remove("E2E_SCREENSHOTS")
        .env_remove("E2E_PICTURES");
    if let Some(screenshots) = &options.screenshots {
        command.env("E2E_SCREENSHOTS", screenshots);
    }
    if options.pictures {
        command
            .arg("pictures::")
            .env("E2E_PICTURES", root().join("docs").join("pictures"));
    }
    if let Some(postgres) = &postgres {
        command
            .env("TEST_POSTGRES_URL", &postgres.url)
            .env("REQUIRE_POSTGRES", "1");
    }
    let done = run(&mut command);
    drop(driver);
    done.map_err(|error| format!("{error}\nWhat failed tests left behind: {}", artifacts.display()))
}

/// A directory of this run, without what an earlier run left.
fn empty(path: PathBuf) -> Done<PathBuf> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if path.exists() {
        std::fs::remove_dir_all(&path).map_err(failed)?;
    }
    std::fs::create_dir_all(&path).map_err(failed)?;
    Ok(path)
}

fn read(arguments: &[String]) -> Done<Options> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            options.runner_arguments = rest.cloned().collect();
            break;
        }
        let (name, value) = argument
            .split_once('=')
            .map_or((argument.as_str(), None), |(n, v)| (n, Some(v)));
        let mut value = || {
            value
                .or_else(|| rest.next().map(String::as_str))
                .ok_or(format!("{name} needs a value"))
        };
        match name {
            "--engine" => {
                options.engines = match value()? {
                    "sqlite" => Some("sqlite"),
                    "postgres" => Some("postgres"),
                    "both" => None,
                    _ => return Err("--engine is sqlite, postgres or both".to_owned()),
                }
            }
            "--pictures" => options.pictures = true,
            "--screenshots" => options.screenshots = Some(directory(value()?)?),
            _ => return Err(format!("there is no option {name}; see cargo xtask help")),
        }
    }
    Ok(options)
}

/// A directory as the user named it, for programs that run elsewhere.
fn directory(named: &str) -> Done<PathBuf> {
    let failed = |error: std::io::Error| format!("{named}: {error}");
    std::fs::create_dir_all(named).map_err(failed)?;
    Path::new(named).canonicalize().map_err(failed)
}

/// Whether this program runs as root.
fn is_root() -> bool {
    output(std::process::Command::new("id").arg("-u").current_dir(root())).is_ok_and(|id| id == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Done<Options> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        read(&arguments)
    }

    #[test]
    fn one_engine_is_chosen_or_both_are() {
        assert_eq!(options(&[]).unwrap(), options(&["--engine=both"]).unwrap());
        let chosen = options(&["--engine", "sqlite", "--", "runner", "--no-capture"]).unwrap();
        assert_eq!(chosen.engines, Some("sqlite"));
        assert_eq!(chosen.runner_arguments, ["runner", "--no-capture"]);
        assert!(options(&["--engine", "mysql"]).unwrap_err().contains("both"));
        assert!(options(&["--screenshots"]).unwrap_err().contains("needs a value"));
        assert!(options(&["runner"]).is_err());
        assert!(options(&["--pictures"]).unwrap().pictures);
    }
}
