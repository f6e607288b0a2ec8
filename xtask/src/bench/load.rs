//! Many connections asking as fast as they are answered, and what that took.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use super::scenario::{Scenario, Stage};
use super::server::Server;
use crate::command::Done;

/// The first part of a round, which is not counted.
const WARM_UP: Duration = Duration::from_millis(500);

/// One round of one scenario.
pub(super) struct Measured {
    pub(super) per_second: f64,
    /// In milliseconds.
    pub(super) p50: f64,
    /// In milliseconds.
    pub(super) p99: f64,
    /// Processor time of the server for a request, in microseconds.
    pub(super) cpu: f64,
}

/// Runs a scenario on all connections at once; any answer that is not good fails the run.
pub(super) fn measure(
    server: &Server,
    stage: &Stage,
    scenario: &Scenario,
    connections: usize,
    length: Duration,
) -> Done<Measured> {
    // All are connected before one thread waits for the others.
    let clients = (0..connections)
        .map(|_| server.client())
        .collect::<Done<Vec<_>>>()?;
    let ready = Barrier::new(connections + 1);
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for (connection, mut client) in clients.into_iter().enumerate() {
            let ready = &ready;
            threads.push(scope.spawn(move || {
                ready.wait();
                let began = Instant::now();
                let mut took = Vec::with_capacity(1 << 16);
                let mut count = 0;
                while began.elapsed() < WARM_UP + length {
                    let asked = Instant::now();
                    let status = scenario.send(&mut client, stage, connection, count);
                    let status = status.map_err(|error| format!("{}: {error}", scenario.name))?;
                    if !(200..300).contains(&status) {
                        return Err(format!("{}: the server answers {status}", scenario.name));
                    }
                    if asked.duration_since(began) >= WARM_UP {
                        took.push(asked.elapsed());
                    }
                    count += 1;
                }
                Ok(took)
            }));
        }
        ready.wait();
        std::thread::sleep(WARM_UP);
        let (before, began) = (server.cpu()?, Instant::now());
        std::thread::sleep(length);
        let (cpu, elapsed) = (server.cpu()?.saturating_sub(before), began.elapsed());
        let mut took: Vec<Duration> = Vec::new();
        for thread in threads {
            took.extend(thread.join().map_err(|_| "a client panicked".to_owned())??);
        }
        took.sort_unstable();
        let count = f64::from(u32::try_from(took.len()).unwrap_or(u32::MAX)).max(1.0);
        let at = |percent: usize| took.get((took.len() * percent / 100).min(took.len().saturating_sub(1)));
        let millis = |percent| at(percent).map_or(0.0, |took| took.as_secs_f64() * 1_000.0);
        Ok(Measured {
            per_second: count / elapsed.as_secs_f64(),
            p50: millis(50),
            p99: millis(99),
            cpu: cpu.as_secs_f64() * 1_000_000.0 / count,
        })
    })
}
