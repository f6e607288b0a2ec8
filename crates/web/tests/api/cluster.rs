//! A PostgreSQL cluster of a test's own, which may be taken away while a server uses it.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A cluster; it is stopped and removed with this value.
pub(crate) struct Cluster {
    programs: PathBuf,
    directory: TempDir,
    port: u16,
}

impl Cluster {
    /// A running cluster; `None` where the programs of a PostgreSQL server are missing.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(
                std::env::var_os("REQUIRE_POSTGRES").is_none_or(|value| value != "1"),
                "REQUIRE_POSTGRES=1, and there is no initdb"
            );
            eprintln!("skipped: there is no initdb");
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        if let Some((user, group)) = owner() {
            chown(directory.path(), Some(user), Some(group)).unwrap();
        }
        // The port is free now; nobody else is likely to take it in the moment until PostgreSQL does.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let cluster = Self {
            programs,
            directory,
            port,
        };
        let made = cluster.run("initdb", &["--auth=trust", "--username=postgres", "--no-sync"]);
        assert!(made, "a cluster can be made");
        cluster.come_back();
        Some(cluster)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Takes it away at once, as a crash would.
    pub(crate) fn go_away(&self) {
        assert!(self.run("pg_ctl", &["stop", "--mode=immediate", "--wait"]));
    }

    /// Brings it back.
    pub(crate) fn come_back(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off",
            self.port
        );
        let log = self.directory.path().join("log");
        let arguments = [
            "start",
            "--wait",
            "--options",
            &options,
            "--log",
            log.to_str().unwrap(),
        ];
        let started = self.run("pg_ctl", &arguments);
        assert!(started, "{}", std::fs::read_to_string(log).unwrap_or_default());
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(arguments)
            .arg("--pgdata")
            .arg(self.directory.path().join("data"))
            .current_dir(self.directory.path())
            // The server inherits its standard streams; a pipe of ours would never end.
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some((user, group)) = owner() {
            command.uid(user).gid(group);
        }
        command.status().unwrap().success()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may be away already.
        self.run("pg_ctl", &["stop", "--mode=immediate", "--wait"]);
    }
}

/// Where the programs of a server are.
fn programs() -> Option<PathBuf> {
    let mut places = Vec::new();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        places.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    places.extend(std::env::split_paths(&path));
    let complete = |place: &Path| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|name| place.join(name).is_file())
    };
    places.into_iter().find(|place| complete(place))
}

/// Whether this test may do everything.
pub(crate) fn is_root() -> bool {
    id(&["-u"]) == Some(0)
}

/// Who runs the server where it may not be who runs the test: PostgreSQL refuses root.
fn owner() -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
