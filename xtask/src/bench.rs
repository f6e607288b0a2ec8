//! `cargo xtask bench`: how fast the server is, on this machine, on both engines, and what the database alone does.
//!
//! Scenarios run in turn, several rounds, so that a slow minute of the machine hits all of them; the table shows
//! medians and the worst. Clients and server share the processors: compare tables of one machine only.

use std::time::Duration;

use crate::command::{Done, cargo, output, run, target};
use crate::postgres::{Cluster, Durability, Product};

mod client;
mod document;
mod load;
mod scenario;
mod server;

use load::Measured;
use scenario::{SCENARIOS, Scenario, Stage};
use server::Server;

/// What was asked for.
struct Options {
    engines: Vec<Engine>,
    rounds: usize,
    length: Duration,
    connections: usize,
    /// How many sessions the account has had before, where lists are measured.
    sessions: Option<usize>,
    only: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Builds the server and measures it.
pub(crate) fn run_bench(arguments: &[String]) -> Done {
    let options = read(arguments)?;
    run(&mut cargo([
        "build",
        "--locked",
        "--release",
        "--package",
        "resolutionflow",
    ]))?;
    println!(
        "{} connections over loopback, {} rounds of {} s, {} processors\n",
        options.connections,
        options.rounds,
        options.length.as_secs(),
        std::thread::available_parallelism().map_or(0, usize::from),
    );
    for engine in &options.engines {
        measure(*engine, &options)?;
    }
    Ok(())
}

fn measure(engine: Engine, options: &Options) -> Done {
    let cluster = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Cluster::start(Durability::Full)?),
    };
    // Beside the build, not in the temporary directory: that is often memory, where syncing costs nothing.
    let directory = target().join(format!("bench-{}", std::process::id()));
    let directory = Directory::create(directory)?;
    // The server signs in as a role that row security binds, as a real one does.
    let (owner, url) = if let Some(cluster) = &cluster {
        let Product { owner, server } = cluster.product();
        migrate(&owner)?;
        (owner, server)
    } else {
        let url = format!("sqlite:{}", directory.0.join("bench.sqlite").display());
        (url.clone(), url)
    };
    let mut server = Server::start(&url)?;
    let stage = Stage::set(&server, options.connections)?;
    if let Some(sessions) = options.sessions {
        eprintln!("{}: {sessions} sessions", engine.name());
        // One process at a time has an SQLite file.
        drop(server);
        run(&mut example("many_sessions", &[&owner, &sessions.to_string()]))?;
        server = Server::start(&url)?;
    }
    let chosen = |scenario: &Scenario| match options.only.as_slice() {
        [] => scenario.is_list() == options.sessions.is_some(),
        only => only.iter().any(|name| name == scenario.name),
    };
    let scenarios: Vec<_> = SCENARIOS.iter().filter(|scenario| chosen(scenario)).collect();
    let mut rounds: Vec<Vec<Measured>> = scenarios.iter().map(|_| Vec::new()).collect();
    for round in 1..=options.rounds {
        for (scenario, measured) in scenarios.iter().zip(&mut rounds) {
            eprintln!("{}, round {round}: {}", engine.name(), scenario.name);
            measured.push(load::measure(
                &server,
                &stage,
                scenario,
                options.connections,
                options.length,
            )?);
        }
    }
    println!("## {}\n", engine.name());
    println!(
        "| what | requests/s | p50 | p99 | worst p99 | CPU a request |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    );
    for (scenario, measured) in scenarios.iter().zip(&rounds) {
        println!("{}", row(scenario.title, measured));
    }
    let (now, most) = server.memory()?;
    println!("\nMemory of the server: {now:.0} MiB at the end, {most:.0} MiB at most.");
    drop(server);
    if options.sessions.is_some() {
        return Ok(());
    }
    match alone(engine, &directory, cluster.as_ref(), options) {
        Ok(line) => println!("The database alone, three statements a write, the same settings: {line}\n"),
        Err(error) => println!("The database alone was not measured: {error}\n"),
    }
    Ok(())
}

/// Makes the tables, as their owner.
fn migrate(owner: &str) -> Done {
    let mut program = std::process::Command::new(target().join("release/resolutionflow"));
    output(program.arg("migrate").env("MIGRATION_DATABASE_URL", owner))?;
    Ok(())
}

fn row(title: &str, rounds: &[Measured]) -> String {
    let median = |value: fn(&Measured) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let worst = rounds.iter().map(|round| round.p99).fold(0.0, f64::max);
    format!(
        "| {title} | {:.0} | {:.2} ms | {:.2} ms | {worst:.2} ms | {:.0} µs |",
        median(|round| round.per_second),
        median(|round| round.p50),
        median(|round| round.p99),
        median(|round| round.cpu),
    )
}

/// The same writes straight through the store, without HTTP and rules.
fn alone(
    engine: Engine,
    directory: &Directory,
    cluster: Option<&Cluster>,
    options: &Options,
) -> Done<String> {
    eprintln!("{}: the database alone", engine.name());
    let url = match cluster {
        Some(cluster) => cluster.url.clone(),
        None => format!("sqlite:{}", directory.0.join("alone.sqlite").display()),
    };
    let (writers, seconds) = (
        options.connections.to_string(),
        options.length.as_secs().to_string(),
    );
    output(&mut example("database_alone", &[&url, &writers, &seconds]))
}

/// An example of the store, which works on the database itself.
fn example(name: &str, arguments: &[&str]) -> std::process::Command {
    let mut command = cargo(["run", "--locked", "--quiet", "--release", "--package"]);
    command.args(["resolutionflow-store", "--example", name, "--"]);
    command.args(arguments);
    command
}

/// A directory that is removed in the end.
struct Directory(std::path::PathBuf);

impl Directory {
    fn create(path: std::path::PathBuf) -> Done<Self> {
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What remains is in the build directory, which anyone may delete.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn read(arguments: &[String]) -> Done<Options> {
    let mut options = Options {
        engines: vec![Engine::Sqlite, Engine::Postgres],
        rounds: 3,
        length: Duration::from_secs(5),
        connections: 32,
        sessions: None,
        only: Vec::new(),
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let (name, value) = argument
            .split_once('=')
            .map_or((argument.as_str(), None), |(n, v)| (n, Some(v)));
        let value = value
            .or_else(|| rest.next().map(String::as_str))
            .ok_or(format!("{name} needs a value"))?;
        let number = || {
            value
                .parse::<usize>()
                .ok()
                .filter(|number| (1..=10_000_000).contains(number))
                .ok_or(format!("{name} needs a number from 1 to 10000000"))
        };
        match name {
            "--engine" => {
                options.engines = match value {
                    "sqlite" => vec![Engine::Sqlite],
                    "postgres" => vec![Engine::Postgres],
                    "both" => vec![Engine::Sqlite, Engine::Postgres],
                    _ => return Err("--engine is sqlite, postgres or both".to_owned()),
                }
            }
            "--rounds" => options.rounds = number()?,
            "--seconds" => options.length = Duration::from_secs(number()? as u64),
            "--connections" => options.connections = number()?,
            "--sessions" => options.sessions = Some(number()?),
            "--only" => {
                options.only = value.split(',').map(str::to_owned).collect();
                let known = |name: &String| SCENARIOS.iter().any(|scenario| scenario.name == name);
                if let Some(unknown) = options.only.iter().find(|name| !known(name)) {
                    let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
                    return Err(format!(
                        "there is no scenario {unknown:?}; there are {}",
                        names.join(", ")
                    ));
                }
            }
            _ => return Err(format!("there is no option {name}; see cargo xtask help")),
        }
    }
    Ok(options)
}
