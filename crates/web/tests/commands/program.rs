//! The real program, started in a directory of the test's own and without the test's environment.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A directory with everything that a test's commands keep.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("tmp")).unwrap();
        Self(directory)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// What is left of temporary files.
    pub(crate) fn leftovers(&self) -> usize {
        std::fs::read_dir(self.path("tmp")).unwrap().count()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_resolutionflow"));
        command.args(arguments).current_dir(self.0.path()).env_clear();
        command.env("TMPDIR", self.path("tmp"));
        // The servers of a PostgreSQL want one.
        command.env("RESOLUTIONFLOW_SECRETS__KEY", "5e".repeat(32));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.run_with(arguments, "")
    }

    /// Runs a command with something on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Done {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Done::of(child.wait_with_output().unwrap())
    }

    /// Runs a line of the shell.
    pub(crate) fn shell(&self, line: &str) -> Done {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.0.path());
        for variable in ["DATABASE_URL", "RESOLUTIONFLOW_DATABASE__URL"] {
            command.env_remove(variable);
        }
        Done::of(command.output().unwrap())
    }

    /// Starts a server and waits for the first line that `find` makes something of, on the stream it is given.
    pub(crate) fn serve<T>(
        &self,
        arguments: &[&str],
        errors: bool,
        find: impl Fn(&str) -> Option<T>,
    ) -> (Server, T) {
        Self::serve_by(self.command(arguments), errors, find)
    }

    /// As [`Self::serve`], by a command of the test's own.
    pub(crate) fn serve_by<T>(
        mut command: Command,
        errors: bool,
        find: impl Fn(&str) -> Option<T>,
    ) -> (Server, T) {
        command.stdin(Stdio::null());
        if errors {
            command.stdout(Stdio::null()).stderr(Stdio::piped());
        } else {
            command.stdout(Stdio::piped()).stderr(Stdio::null());
        }
        let mut child = command.spawn().unwrap();
        let stream: Box<dyn Read + Send> = if errors {
            Box::new(child.stderr.take().unwrap())
        } else {
            Box::new(child.stdout.take().unwrap())
        };
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let found = lines.by_ref().find_map(|line| find(&line));
        // Whatever comes later is read away, so that the server never waits for it.
        let rest = std::thread::spawn(move || lines.collect());
        let found = found.expect("the server says where it listens");
        (
            Server {
                child,
                rest: Some(rest),
            },
            found,
        )
    }
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("a command exits"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn fails(self, code: i32, reason: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(reason), "{reason:?} in {}", self.err);
        self
    }
}

/// A running server; it is killed when a test fails before it stops it.
pub(crate) struct Server {
    child: Child,
    rest: Option<std::thread::JoinHandle<Vec<String>>>,
}

impl Server {
    /// Asks it to stop, as service managers do; answers the exit code and the lines that it printed last.
    pub(crate) fn stop(mut self) -> (i32, Vec<String>) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let code = self.child.wait().unwrap().code().expect("it exits by itself");
        (code, self.rest.take().unwrap().join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of an answer to a GET, or to a POST with a body, with its status.
pub(crate) fn request(url: &str, token: &str, body: Option<&Value>) -> (u16, Value) {
    ask(url, token, "POST", body)
}

/// The body of an answer to a GET, or to another method with a body, with its status.
pub(crate) fn ask(url: &str, token: &str, method: &str, body: Option<&Value>) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let bearer = format!("Bearer {token}");
    let answer = match body {
        None => agent.get(url).header("Authorization", bearer).call(),
        Some(body) => {
            let post = match method {
                "PATCH" => agent.patch(url),
                "PUT" => agent.put(url),
                _ => agent.post(url),
            };
            post.header("Authorization", bearer)
                .content_type("application/json")
                .send(body.to_string())
        }
    };
    let mut answer = answer.unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (
        answer.status().as_u16(),
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

/// An access token for an address and a password.
pub(crate) fn sign_in(url: &str, who: &Value) -> String {
    let (status, answer) = request(&format!("{url}/api/v1/auth/login"), "", Some(who));
    assert_eq!(status, 200, "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

pub(crate) fn sqlite(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}
