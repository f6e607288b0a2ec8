//! The driver of the browsers: one for all tests of a run, gone with it however the run ends.
//!
//! The driver leads a process group, in which its browsers are too. A small shell process waits for the end of its
//! standard input, which comes when this program closes it or dies in any way; then it ends that group and removes
//! the browsers' profiles. It stands in a group of its own, so that Ctrl+C does not reach it.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::Browser;
use crate::command::Done;

/// Ends the process group that `$1` leads and removes the directory `$2`, once standard input ends.
const GUARD: &str = r#"
trap '' INT TERM HUP
cat > /dev/null
kill -KILL "-$1" 2> /dev/null
rm -rf "$2"
"#;

/// What it prints before the number of its port.
const STARTED: &str = "started successfully on port ";

/// A running driver.
pub(super) struct Driver {
    /// Where it takes commands.
    pub(super) url: String,
    process: Child,
    guard: Child,
}

impl Driver {
    /// Starts it on a free port; what it logs goes to the artifacts.
    pub(super) fn start(browser: &Browser, artifacts: &Path) -> Done<Self> {
        let profiles = std::env::temp_dir().join(format!("resolutionflow-e2e-{}", std::process::id()));
        std::fs::create_dir(&profiles).map_err(|error| format!("{}: {error}", profiles.display()))?;
        let log = artifacts.join("chromedriver.log");
        let mut command = Command::new(&browser.driver);
        command
            .arg("--port=0")
            .arg("--log-level=WARNING")
            .arg(format!("--log-path={}", log.display()));
        // The browsers inherit these: the same language and clock for everybody, and a place for their profiles.
        command
            .env("TMPDIR", &profiles)
            .env("TZ", "UTC")
            .env("LANGUAGE", "en_GB")
            .env("LANG", "en_GB.UTF-8")
            .env_remove("LC_ALL");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        let mut process = command
            .spawn()
            .map_err(|error| format!("{}: {error}", browser.driver.display()))?;
        let mut guard = Command::new("/bin/sh");
        guard
            .args(["-c", GUARD, "guard"])
            .arg(process.id().to_string())
            .arg(&profiles)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0);
        let guard = match guard.spawn() {
            Ok(guard) => guard,
            Err(error) => {
                // It has no browsers yet.
                let _ = process.kill();
                let _ = process.wait();
                return Err(format!("/bin/sh: {error}"));
            }
        };
        let printed = process.stdout.take();
        // From here on, whatever happens, dropping the driver cleans up.
        let mut driver = Self {
            url: String::new(),
            process,
            guard,
        };
        let mut lines = BufReader::new(printed.ok_or("the driver has no standard output")?);
        let port = port(&mut lines)?;
        driver.url = format!("http://127.0.0.1:{port}");
        // Whatever it prints later is read away, so that it never waits for a reader.
        std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        Ok(driver)
    }
}

fn port(lines: &mut impl BufRead) -> Done<u16> {
    let mut seen = String::new();
    for line in lines.lines().map_while(Result::ok) {
        if let Some((_, port)) = line.split_once(STARTED) {
            let port = port.trim_end_matches('.').trim();
            return port.parse().map_err(|_| format!("chromedriver printed {line:?}"));
        }
        seen.push_str(&line);
        seen.push('\n');
    }
    Err(format!("chromedriver does not start:\n{seen}"))
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Nothing can be done about a guard that fails.
        let _ = self.guard.wait();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_the_driver_prints() {
        let printed = "Starting ChromeDriver 148\nChromeDriver was started successfully on port 36165.\n";
        assert_eq!(port(&mut printed.as_bytes()).unwrap(), 36_165);
        let failed = port(&mut "port not available\n".as_bytes()).unwrap_err();
        assert!(failed.contains("port not available"));
    }
}
