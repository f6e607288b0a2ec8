//! Running other programs.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a command of ours answers: nothing, or what to tell the user.
pub(crate) type Done<T = ()> = Result<T, String>;

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(named)
}

/// Cargo, in the root of the project, as if this program had not been started by it.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What `cargo run` sets for us would look like a change to build scripts that watch it.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name.as_ref());
        }
    }
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command whose output the user sees.
pub(crate) fn run(command: &mut Command) -> Done {
    let name = name_of(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

/// Runs a command and takes what it prints; where it fails, what it printed is the error.
pub(crate) fn output(command: &mut Command) -> Done<String> {
    let name = name_of(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{name}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() {
        return Ok(text);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name}: {}\n{text}\n{}", output.status, said.trim()))
}

/// Runs a command that reads this and prints what nobody needs; where it fails, what it complained of is the error.
pub(crate) fn feed(command: &mut Command, input: &str) -> Done {
    let name = name_of(command);
    let failed = |error: std::io::Error| format!("{name}: {error}");
    let streams = command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = streams.stderr(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name}: {}\n{}", output.status, said.trim()))
}

/// Whether a command runs at all.
pub(crate) fn works(command: &mut Command) -> bool {
    output(command).is_ok()
}

fn name_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut name = program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        name.push(' ');
        name.push_str(&argument.to_string_lossy());
    }
    name
}

/// Installs packages of Debian's, as root.
pub(crate) fn apt_install(packages: &[&str]) -> Done {
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null()))
    };
    apt(&["update", "--quiet"])?;
    let options = ["install", "--quiet", "--yes", "--no-install-recommends"];
    apt(&[&options[..], packages].concat())
}
