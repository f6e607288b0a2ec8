//! The server that is measured: its process, its processor time and its memory.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::client::{Client, member};
use super::scenario::expect;
use crate::command::{Done, output, run, target};

/// A running server with sample data, and a token of its owner.
pub(super) struct Server {
    process: Child,
    address: SocketAddr,
    token: String,
    /// Clock ticks a second, in which the kernel counts processor time.
    ticks: f64,
}

impl Server {
    /// Starts the built server on a database, with sample data, on a free port, and signs in.
    pub(super) fn start(database: &str) -> Done<Self> {
        let program = target().join("release/resolutionflow");
        let mut command = Command::new(&program);
        command.args([
            "demo",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--database",
            database,
        ]);
        command
            .env("RESOLUTIONFLOW_LOG__LEVEL", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let process = command
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let ticks = output(Command::new("getconf").arg("CLK_TCK"))?;
        let ticks = ticks
            .parse()
            .map_err(|_| format!("getconf CLK_TCK printed {ticks:?}"))?;
        // From here on, dropping it stops the process.
        let mut server = Self {
            process,
            address,
            token: String::new(),
            ticks,
        };
        let mut line = String::new();
        let printed = server
            .process
            .stdout
            .take()
            .ok_or("the server has no standard output")?;
        BufReader::new(printed)
            .read_line(&mut line)
            .map_err(|error| format!("the server: {error}"))?;
        let found =
            |name: &str| member(&line, name).ok_or(format!("`demo --json` printed no {name}: {line:?}"));
        let host = found("url")?
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let mut addresses = host
            .to_socket_addrs()
            .map_err(|error| format!("{host}: {error}"))?;
        server.address = addresses.next().ok_or(format!("{host} is no address"))?;
        let body = format!(
            r#"{{"email":"{}","password":"{}"}}"#,
            found("email")?,
            found("password")?
        );
        let answer = expect(server.client()?.ask("POST", "/api/v1/auth/login", &body))?;
        let token = member(&answer, "access_token").ok_or("the sign-in answers no access_token")?;
        token.clone_into(&mut server.token);
        Ok(server)
    }

    /// A connection that is signed in.
    pub(super) fn client(&self) -> Done<Client> {
        Client::connect(self.address, &self.token).map_err(|error| format!("{}: {error}", self.address))
    }

    /// The processor time that the server has used.
    pub(super) fn cpu(&self) -> Done<Duration> {
        let text = self.read("stat")?;
        // The second field is the name in brackets, which may hold anything; user and system time are the 14th and
        // 15th (proc_pid_stat(5)).
        let fields: Vec<&str> = text
            .rsplit_once(')')
            .map_or("", |(_, rest)| rest)
            .split_whitespace()
            .collect();
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
        let (user, system) = ticks(11).zip(ticks(12)).ok_or("/proc shows no processor time")?;
        Ok(Duration::from_secs_f64((user + system) / self.ticks))
    }

    /// The memory that the server holds now, and held at most, in MiB.
    pub(super) fn memory(&self) -> Done<(f64, f64)> {
        let text = self.read("status")?;
        let value = |name: &str| -> Option<f64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes: f64 = line
                .trim_start_matches(':')
                .trim()
                .strip_suffix(" kB")?
                .parse()
                .ok()?;
            Some(kibibytes / 1_024.0)
        };
        value("VmRSS")
            .zip(value("VmHWM"))
            .ok_or_else(|| "/proc shows no memory".to_owned())
    }

    fn read(&self, file: &str) -> Done<String> {
        let path = format!("/proc/{}/{file}", self.process.id());
        std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to stop as an operator would; where `kill` is missing, ended.
        if run(Command::new("kill").arg(self.process.id().to_string())).is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
