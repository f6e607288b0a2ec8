//! The real program as a process that never outlives its test, however that ends.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// Ends the process group that `$1` leads once standard input ends, which comes when the test closes it or dies.
const GUARD: &str = "trap '' INT TERM HUP; cat > /dev/null; kill -KILL \"-$1\" 2> /dev/null";

/// Everything that a site's servers wrote to standard error, in order.
pub(super) type Log = Arc<Mutex<String>>;

/// A running server; dropping it kills it at once, as a power cut would.
pub(super) struct Server {
    process: Child,
    guard: Child,
}

impl Server {
    /// Starts it, and answers the first thing that `find` makes of a line on either of its output streams.
    pub(super) fn start<T>(mut command: Command, log: &Log, find: impl Fn(&str) -> Option<T>) -> (Self, T) {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut process = command.spawn().unwrap();
        let mut guard = Command::new("/bin/sh");
        guard
            .args(["-c", GUARD, "guard"])
            .arg(process.id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let guard = guard.spawn().unwrap();
        let (sender, lines) = std::sync::mpsc::channel();
        let printed = process.stdout.take().unwrap();
        let logged = process.stderr.take().unwrap();
        // Both are read to their ends, since whoever writes to a full pipe waits.
        for (stream, kept) in [
            (Box::new(printed) as Box<dyn Read + Send>, None),
            (Box::new(logged), Some(Arc::clone(log))),
        ] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if let Some(log) = &kept {
                        let mut log = log.lock().unwrap();
                        log.push_str(&line);
                        log.push('\n');
                    }
                    // Nobody listens any more once it has started.
                    let _ = sender.send(line);
                }
            });
        }
        drop(sender);
        // From here on dropping it ends it.
        let server = Self { process, guard };
        let found = lines.iter().find_map(|line| find(&line));
        let found = found.unwrap_or_else(|| panic!("the server does not start:\n{}", log.lock().unwrap()));
        (server, found)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Nothing can be done about a guard that fails.
        let _ = self.guard.wait();
        let _ = self.process.wait();
    }
}
