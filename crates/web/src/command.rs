//! The command line: one file a command, collected here. Each answers success or one line that says what is wrong.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use resolutionflow_store::{DbConfig, Error as StoreError};

use crate::config::{self, DatabaseUrl, Settings};
use crate::context::Clock;
use crate::error::Error;
use crate::{app, log};

mod admin;
mod credentials;
mod demo;
mod export_flow;
mod import;
mod local;
mod login;
mod migrate;
mod remote;
mod serve;
mod way;

/// Why a command was not done.
#[derive(Debug)]
pub enum Failure {
    /// The command line asks for what makes no sense; a line for the user.
    Usage(String),
    /// Anything else; a line for the user.
    Reason(String),
    /// The user has been told already.
    Told,
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Reason(reason)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Reason(error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(cause) => cause.into(),
            Error::Internal(cause) => Self::Reason(cause.to_string()),
            other => Self::Reason(other.chain()),
        }
    }
}

/// What a command answers.
pub type Done<T = ()> = Result<T, Failure>;

/// Runs procedures: start a flow at once, fill each value where the work first needs it.
#[derive(Debug, Parser)]
#[command(name = "resolutionflow", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  Look around; nothing is kept:
    resolutionflow demo
  Begin in earnest: the account and its owner, then the server:
    resolutionflow admin create-user --account Contoso --email morgan@contoso.example --name Morgan
    resolutionflow serve
  See what would become of a runbook:
    resolutionflow import --dry-run runbook.md

Exit codes: 0 done, 1 not done or not all of it (standard error says why), 2 the command line is wrong.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Serve),
    /// Try it out: a server with people, flows and sessions to look at.
    ///
    /// Everything is temporary and removed at the end, unless --data or --database says where to keep it.
    /// A database that demo did not make is never touched.
    Demo(demo::Demo),
    /// Make flows from runbooks: any Markdown files, or folders of them.
    ///
    /// Headings, numbered lists and task lists become sections and steps, placeholders become fields. A file that
    /// names its flow (a line `id:` in its front matter, as export-flow writes it) publishes that flow's next
    /// version where it differs from what stands; any other makes a new flow each time.
    Import(import::ImportFiles),
    /// Print a flow as a file that can be kept, changed and imported again.
    ExportFlow(export_flow::ExportFlow),
    /// Sign in at a server, for the commands that go through it.
    Login(login::SignIn),
    /// Sign out at a server.
    Logout(login::SignOut),
    /// Make people, passwords and tokens.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Bring the database up to date, once and before the server starts; SQLite does so by itself.
    ///
    /// On PostgreSQL this takes the owner of the tables, whom the variable `MIGRATION_DATABASE_URL` names; the
    /// server's own role owns nothing.
    Migrate(migrate::Migrate),
    /// Print the description of the API (OpenAPI 3.1).
    #[command(after_help = "Example:\n  resolutionflow openapi > openapi.json")]
    Openapi,
    /// Print every setting with its variable, default and meaning, as a Markdown table.
    #[command(after_help = "Example:\n  resolutionflow settings | grep server")]
    Settings,
}

/// Where the settings come from.
#[derive(Args, Debug)]
pub struct Place {
    /// File of settings [default: resolutionflow.toml, where it exists]
    #[arg(long, value_name = "FILE", env = "RESOLUTIONFLOW_CONFIG")]
    config: Option<PathBuf>,
    // No comment of documentation, in which an address would have to be marked up.
    #[arg(long, value_name = "URL", value_parser = DatabaseUrl::new,
          help = "Database: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME")]
    database: Option<DatabaseUrl>,
}

impl Place {
    /// The settings from file, environment and these options, the later before the earlier; logging starts.
    pub fn settings(&self) -> Done<Settings> {
        // A variable that is no text is none of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut settings =
            config::load(self.config.as_deref(), environment).map_err(|wrong| wrong.to_string())?;
        if let Some(url) = &self.database {
            settings.database.url = url.clone();
        }
        log::start(&settings.log);
        Ok(settings)
    }
}

/// How the settings open the database.
pub fn database(settings: &Settings) -> DbConfig {
    let mut config = DbConfig::new(settings.database.url.reveal(), Clock::system().now());
    config.time_limit = settings.database.time_limit;
    config.queue = settings.database.queue;
    config.pool = settings.database.connections;
    config
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(command) => wait(command.run()),
        Command::Demo(command) => wait(command.run()),
        Command::Import(command) => wait(command.run()),
        Command::ExportFlow(command) => wait(command.run()),
        Command::Login(command) => wait(command.run()),
        Command::Logout(command) => wait(command.run()),
        Command::Admin(command) => wait(command.run()),
        Command::Migrate(command) => wait(command.run()),
        Command::Openapi => app::openapi()
            .to_pretty_json()
            .map_err(|error| error.to_string().into())
            .and_then(print),
        Command::Settings => print(config::table()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Reason(reason)) => {
            complain(format!("resolutionflow: {reason}"));
            ExitCode::FAILURE
        }
        Err(Failure::Usage(reason)) => {
            complain(format!("resolutionflow: {reason}; --help tells more"));
            ExitCode::from(2)
        }
        Err(Failure::Told) => ExitCode::FAILURE,
    }
}

/// Runs a command that waits for the network or the database.
fn wait(work: impl Future<Output = Done>) -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the program cannot start its threads: {error}"))?;
    let done = runtime.block_on(work);
    // What still runs then has been told to stop and was waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

/// Prints to standard output; a reader who has seen enough is no failure.
fn print(text: impl AsRef<str>) -> Done {
    use std::io::Write;
    let text = text.as_ref().trim_end();
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("standard output: {error}").into())
        }
        _ => Ok(()),
    }
}

/// Prints to standard error; whoever closed it does not want to know.
fn complain(text: impl AsRef<str>) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{}", text.as_ref().trim_end());
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_wrong_database_is_refused_before_anything_starts() {
        let wrong = Cli::try_parse_from(["resolutionflow", "serve", "--database", "mysql://x"]).unwrap_err();
        assert!(wrong.to_string().contains("expected sqlite:PATH"), "{wrong}");
    }
}
