//! The program `resolutionflow`.

fn main() -> std::process::ExitCode {
    resolutionflow::command::run()
}
