//! The program itself, as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

/// What the program is called on this machine.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_resolutionflow");

/// A running server; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Option<JoinHandle<String>>,
}

/// `resolutionflow serve` on a free port, run by `command`.
pub(crate) fn serve(mut command: Command, database: &str) -> Command {
    command.args(["serve", "--listen", "127.0.0.1:0", "--database", database]);
    // Nothing of the machine's own settings, and a log that can be read.
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RESOLUTIONFLOW_"))
    {
        command.env_remove(name);
    }
    command
        .env_remove("DATABASE_URL")
        .env("RESOLUTIONFLOW_LOG__FORMAT", "json")
        .env("RESOLUTIONFLOW_SECRETS__KEY", "5e".repeat(32))
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

impl Server {
    /// Starts the program and waits until it listens.
    pub(crate) fn start(database: &str) -> Self {
        Self::start_with(database, &[])
    }

    /// As [`Server::start`], with variables of the environment.
    pub(crate) fn start_with(database: &str, settings: &[(&str, &str)]) -> Self {
        let mut command = serve(Command::new(PROGRAM), database);
        command.envs(settings.iter().copied());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        let address = loop {
            let mut line = String::new();
            let read = lines.read_line(&mut line).unwrap();
            assert!(read > 0, "the program does not listen:\n{seen}");
            seen.push_str(&line);
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = entry["address"].as_str() {
                break address.parse().unwrap();
            }
        };
        // Whoever writes to a full pipe waits, so what follows is read too.
        let log = std::thread::spawn(move || {
            // What a killed program leaves may end in the middle of a character.
            let mut rest = Vec::new();
            let _ = lines.read_to_end(&mut rest);
            seen + &String::from_utf8_lossy(&rest)
        });
        Self {
            child,
            address,
            log: Some(log),
        }
    }

    /// The most memory that it ever had in use, in KiB.
    pub(crate) fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let mut lines = status.lines();
        let most = lines.find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        most.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Ends it without a warning, as a power cut would, and answers what it logged.
    pub(crate) fn kill(mut self) -> String {
        self.end();
        self.log.take().unwrap().join().unwrap()
    }

    /// Tells it to stop, waits until it has, and answers what it logged.
    pub(crate) fn stop(mut self) -> String {
        let told = Command::new("kill")
            .arg("-TERM")
            .arg(self.child.id().to_string())
            .status();
        assert!(told.unwrap().success() && self.child.wait().unwrap().success());
        self.log.take().unwrap().join().unwrap()
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.log.is_some() {
            self.end();
        }
    }
}

/// Runs a program that is expected to refuse, and answers its exit code and what it says.
pub(crate) fn refusal(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}
