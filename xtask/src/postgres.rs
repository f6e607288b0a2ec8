//! A PostgreSQL cluster for one run: made in a temporary directory, removed however the run ends.
//!
//! A small shell process waits for the end of its standard input, which comes when this program closes it or dies
//! in any way; then it stops the server and removes the directory. It stands in a process group of its own, so that
//! Ctrl+C does not reach it.

use std::io::{self, BufRead};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::command::{Done, apt_install, feed, output, run, works};

/// The oldest PostgreSQL that the product runs on.
const OLDEST: u32 = 14;

/// Enough for a pool in each test process.
const CONNECTIONS: u32 = 400;

/// Who owns the tables of [`Cluster::product`], and who the server signs in as; `docs/operating.md` says why.
const OWNER: &str = "resolutionflow_owner";
const SERVER: &str = "resolutionflow";

/// What is run, a line each, in the database `postgres` and then in the new one, before the server starts.
const ROLES: [(&str, &str); 2] = [
    (
        "postgres",
        "CREATE ROLE resolutionflow_owner LOGIN PASSWORD 'resolutionflow_owner'\n\
         CREATE ROLE resolutionflow LOGIN PASSWORD 'resolutionflow'\n\
         CREATE DATABASE resolutionflow OWNER resolutionflow_owner\n",
    ),
    (
        "resolutionflow",
        "ALTER DEFAULT PRIVILEGES FOR ROLE resolutionflow_owner \
             GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO resolutionflow\n",
    ),
];

/// Stops the server and removes its directory once standard input ends. `$1` is `pg_ctl`, `$2` the directory.
const GUARD: &str = r#"
trap '' INT TERM HUP
cat > /dev/null
"$1" stop --silent --mode=immediate --pgdata="$2/data" 2> /dev/null > /dev/null
rm -rf "$2"
"#;

/// Whether what was written must survive a power failure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// As a real server: for measurements.
    Full,
    /// Nothing is synced, which makes many small tests several times faster. No test cuts this server's power; what
    /// is proved about durability is proved on `SQLite`.
    None,
}

/// A running cluster.
pub(crate) struct Cluster {
    /// The address of its superuser, who may make databases and roles.
    pub(crate) url: String,
    guard: Child,
}

/// The addresses of a database with the roles of a real one.
pub(crate) struct Product {
    /// The owner's, as `MIGRATION_DATABASE_URL` takes it.
    pub(crate) owner: String,
    /// The server's, as `DATABASE_URL` takes it.
    pub(crate) server: String,
}

impl Cluster {
    /// Makes and starts a cluster; where PostgreSQL is missing, it is installed if that is possible.
    pub(crate) fn start(durability: Durability) -> Done<Self> {
        let programs = if let Some(programs) = find() {
            programs
        } else {
            install()?;
            find().ok_or("PostgreSQL was installed, and its programs are still not found")?
        };
        let owner = Owner::find()?;
        let directory = directory(&owner)?;
        let mut guard = owner.command("/bin/sh", &directory);
        guard
            .args(["-c", GUARD, "guard"])
            .arg(programs.join("pg_ctl"))
            .arg(&directory);
        let guard = guard.stdin(Stdio::piped()).process_group(0).spawn();
        let guard = guard.map_err(|error| format!("/bin/sh: {error}"))?;
        // From here on, whatever happens, dropping the cluster cleans up.
        let mut cluster = Self {
            url: String::new(),
            guard,
        };
        let data = directory.join("data");
        let mut initdb = owner.command(programs.join("initdb"), &directory);
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]);
        output(initdb.arg("--pgdata").arg(&data))?;
        for (database, sql) in ROLES {
            let mut single = owner.command(programs.join("postgres"), &directory);
            single.args(["--single", "-D"]).arg(&data).arg(database);
            feed(&mut single, sql)?;
        }
        let mut failure = String::new();
        // The port may be taken by someone else between finding and using it.
        for _ in 0..3 {
            let port = free_port().map_err(|error| format!("no free port: {error}"))?;
            let mut start = owner.command(programs.join("pg_ctl"), &directory);
            start
                .args(["start", "--silent", "--wait", "--timeout=60", "--pgdata"])
                .arg(&data);
            start
                .arg("--log")
                .arg(directory.join("log"))
                .arg("--options")
                .arg(options(port, durability));
            // The server inherits its standard streams; a pipe of ours would never end.
            start
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            match run(&mut start) {
                Ok(()) => {
                    cluster.url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
                    return Ok(cluster);
                }
                Err(error) => failure = error,
            }
        }
        let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
        Err(format!("PostgreSQL does not start: {failure}\n{log}"))
    }

    /// The database in it that is set up as `docs/operating.md` says; empty at first.
    pub(crate) fn product(&self) -> Product {
        let of = |role: &str| {
            let address = self.url.trim_end_matches("postgres").trim_end_matches('/');
            let place = address.split_once('@').map_or(address, |(_, place)| place);
            format!("postgres://{role}:{role}@{place}/resolutionflow")
        };
        Product {
            owner: of(OWNER),
            server: of(SERVER),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Nothing can be done about a guard that fails.
        let _ = self.guard.wait();
    }
}

/// The server of a run of tests.
pub(crate) struct Server {
    /// Its address, as `DATABASE_URL` takes it.
    pub(crate) url: String,
    _cluster: Option<Cluster>,
}

impl Server {
    /// The one that `TEST_POSTGRES_URL` names, else one of the run's own.
    pub(crate) fn named_or_temporary() -> Done<Self> {
        if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
            return Ok(Self { url, _cluster: None });
        }
        let cluster = Cluster::start(Durability::None)?;
        Ok(Self {
            url: cluster.url.clone(),
            _cluster: Some(cluster),
        })
    }
}

/// `cargo xtask postgres`: a cluster until Enter or Ctrl+C.
pub(crate) fn hold(arguments: &[String]) -> Done {
    let durability = match arguments {
        [] => Durability::None,
        [option] if option == "--durable" => Durability::Full,
        _ => return Err("expected nothing or --durable; see cargo xtask help".to_owned()),
    };
    let cluster = Cluster::start(durability)?;
    println!("{}", cluster.url);
    eprintln!("Press Enter to remove it.");
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("standard input: {error}")),
    }
}

fn options(port: u16, durability: Durability) -> String {
    let mut options = format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections={CONNECTIONS}"
    );
    if durability == Durability::None {
        // Statistics that change by themselves would change the plans that tests compare.
        options.push_str(" -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off");
    }
    options
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A new directory that the owner of the cluster may write to, and nobody else may read.
fn directory(owner: &Owner) -> Done<PathBuf> {
    let directory = std::env::temp_dir().join(format!("resolutionflow-postgres-{}", std::process::id()));
    let failed = |error: io::Error| format!("{}: {error}", directory.display());
    std::fs::create_dir(&directory).map_err(failed)?;
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
    if let Some((user, group)) = owner.0 {
        chown(&directory, Some(user), Some(group)).map_err(failed)?;
    }
    Ok(directory)
}

/// Who the server runs as: `None` is who runs this program; PostgreSQL refuses to run as root.
struct Owner(Option<(u32, u32)>);

impl Owner {
    fn find() -> Done<Self> {
        let id = |arguments: &[&str]| -> Done<u32> {
            let text = output(Command::new("id").args(arguments))?;
            text.parse()
                .map_err(|_| format!("id {arguments:?} printed {text:?}"))
        };
        if id(&["-u"])? != 0 {
            return Ok(Self(None));
        }
        let name = if works(Command::new("id").args(["-u", "postgres"])) {
            "postgres"
        } else {
            "nobody"
        };
        Ok(Self(Some((id(&["-u", name])?, id(&["-g", name])?))))
    }

    /// A command that runs as the owner, in a directory that it may read.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory);
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }
}

/// The directory of the newest PostgreSQL's programs.
fn find() -> Option<PathBuf> {
    let mut places: Vec<PathBuf> = Vec::new();
    for parent in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
        let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
        places.extend(entries.map(|entry| entry.path().join("bin")));
    }
    places.extend(
        output(Command::new("pg_config").arg("--bindir"))
            .ok()
            .map(PathBuf::from),
    );
    let path = std::env::var_os("PATH").unwrap_or_default();
    places.extend(std::env::split_paths(&path));
    let found = places
        .into_iter()
        .filter_map(|place| Some((version(&place)?, place)));
    // The first of the newest: what a distribution installs is whole, what stands in PATH may be a part.
    let newest = found.reduce(|best, next| if next.0 > best.0 { next } else { best });
    newest
        .filter(|(version, _)| *version >= OLDEST)
        .map(|(_, place)| place)
}

/// The major version of the PostgreSQL in a directory that holds all the programs needed.
fn version(place: &Path) -> Option<u32> {
    if !["initdb", "pg_ctl", "postgres"]
        .iter()
        .all(|program| place.join(program).is_file())
    {
        return None;
    }
    // "initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
    let text = output(Command::new(place.join("initdb")).arg("--version")).ok()?;
    text.split_whitespace()
        .nth(2)?
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// Installs Debian's package where that is possible, else says what to install.
fn install() -> Done {
    let root = output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
    if !root || !works(Command::new("apt-get").arg("--version")) {
        return Err(format!(
            "The tests need the programs of a PostgreSQL server, version {OLDEST} or newer, and none is found.\n\
             Debian, Ubuntu: sudo apt-get install postgresql\n\
             Fedora:         sudo dnf install postgresql-server\n\
             Arch:           sudo pacman -S postgresql\n\
             macOS:          brew install postgresql\n\
             Or name a server by TEST_POSTGRES_URL=postgres://USER:PASSWORD@HOST/NAME (its data may be lost)."
        ));
    }
    eprintln!("PostgreSQL is missing: installing the package postgresql with apt-get");
    apt_install(&["postgresql"])
}
