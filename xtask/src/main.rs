//! The project's own commands, in plain Rust so that a newcomer needs nothing but cargo.

mod bench;
mod command;
mod e2e;
mod postgres;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
The project's own commands.

cargo xtask test [--only PART,..] [--skip PART,..] [--keep-going] [-- ARGUMENTS]
    Everything that is checked: format, deny, lint, test, e2e. Starts a PostgreSQL of its own, unless
    TEST_POSTGRES_URL names one. What stands after -- goes to the test runner.

cargo xtask e2e [--engine sqlite|postgres|both] [--screenshots DIR] [--pictures] [-- ARGUMENTS]
    The pages in a real browser. Installs Debian's Chromium where it is missing and that is possible.
    With --screenshots the pictures that the tests take are kept. What stands after -- goes to the test
    runner: parts of names of tests, to begin with. --pictures makes those in docs/pictures anew.

cargo xtask bench [--engine sqlite|postgres|both] [--rounds 3] [--seconds 5] [--connections 32] [--sessions N]
                  [--only NAME,..]
    Builds the server and measures it: requests a second, latencies, processor time and memory, and what
    the database does alone. With --sessions it measures every list in an account of that many more sessions.

cargo xtask postgres [--durable]
    Starts such a PostgreSQL and prints its address; it is removed when you press Enter or Ctrl+C.
    With --durable it syncs what it writes, as a real one.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("test") => test::run_parts(&arguments[1..]),
        Some("e2e") => e2e::run_e2e(&arguments[1..]),
        Some("bench") => bench::run_bench(&arguments[1..]),
        Some("postgres") => postgres::hold(&arguments[1..]),
        None | Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(format!("there is no command {other}\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
