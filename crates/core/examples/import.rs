//! Prints what an import makes of a Markdown file: the flow on standard output, the report on standard error.
//!
//! `cargo run -p resolutionflow-core --example import -- FILE [STYLE,...]`

use std::process::ExitCode;

use resolutionflow_core::import::{Options, import};
use resolutionflow_core::markdown;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("usage: import FILE [STYLE,...]");
        return ExitCode::FAILURE;
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut options = Options {
        file_name: Some(path.clone()),
        ..Options::default()
    };
    if let Some(styles) = arguments.next() {
        match styles.split(',').map(str::parse).collect() {
            Ok(styles) => options.convert = styles,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    match import(&text, &options) {
        Ok(imported) => {
            println!("{}", markdown::print(&imported.document));
            eprint!("{}", imported.report);
            ExitCode::SUCCESS
        }
        Err(problems) => {
            for problem in problems {
                eprintln!("{path}: {problem}");
            }
            ExitCode::FAILURE
        }
    }
}
