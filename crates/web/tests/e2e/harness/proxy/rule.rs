//! What the proxy does to which requests.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hyper::StatusCode;
use tokio::sync::watch;

use crate::harness::until;

/// What happens to a request or its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The answer comes so much later.
    Delay(Duration),
    /// The answer comes once the rule releases it.
    Hold,
    /// The server gets the request twice, the second when the first was answered; the first answer comes.
    Double,
    /// Of two requests, the answer to the second comes first.
    Reorder,
    /// The server does its work, and the connection ends before the answer comes.
    LoseAnswer,
    /// The connection ends before the server gets the request.
    Refuse,
}

/// What becomes of the server's answer.
pub(super) enum Then {
    PassOn,
    Repeat,
    Lose,
}

/// A rule of the proxy; clones are the same rule. It stands until it is lifted or used up.
#[derive(Clone)]
pub(crate) struct Rule(Arc<Inner>);

struct Inner {
    method: String,
    path: String,
    fault: Fault,
    /// How many more requests it is for.
    left: Mutex<usize>,
    turns: Mutex<usize>,
    statuses: Mutex<Vec<u16>>,
    released: watch::Sender<bool>,
    /// How many of its answers have been written to the last byte, or lost.
    given: watch::Sender<usize>,
}

impl Rule {
    /// It is for so many more requests.
    pub(crate) fn times(self, times: usize) -> Self {
        *lock(&self.0.left) = times;
        self
    }

    /// Ends it, and releases what it holds.
    pub(crate) fn lift(&self) {
        *lock(&self.0.left) = 0;
        self.release();
    }

    /// Lets answers go that it holds, and such that come later.
    pub(crate) fn release(&self) {
        self.0.released.send_replace(true);
    }

    /// Waits until the server has answered so many requests under this rule, and tells all their statuses; of a
    /// request that is doubled each counts.
    pub(crate) async fn until_answered(&self, times: usize) -> Vec<u16> {
        let (method, path) = (&self.0.method, &self.0.path);
        until(
            &format!("{method} {path} is answered {times} times"),
            async || {
                let statuses = lock(&self.0.statuses).clone();
                if statuses.len() >= times {
                    Ok(statuses)
                } else {
                    Err(format!("{statuses:?}"))
                }
            },
        )
        .await
    }

    /// Waits until so many of its answers have arrived to the last byte, or found nobody who waits for them any more.
    pub(crate) async fn until_given(&self, times: usize) {
        wait(&self.0.given, |given| *given >= times).await;
    }

    pub(super) fn refuses(&self) -> bool {
        self.0.fault == Fault::Refuse
    }

    /// The number of this request among those of the rule.
    pub(super) fn turn(&self) -> usize {
        let mut turns = lock(&self.0.turns);
        *turns += 1;
        *turns
    }

    pub(super) fn answered(&self, status: StatusCode) {
        lock(&self.0.statuses).push(status.as_u16());
    }

    pub(super) fn gave(&self) {
        self.0.given.send_modify(|given| *given += 1);
    }

    /// Waits as the rule has it, and says what becomes of the answer to the request of a number.
    pub(super) async fn then(&self, turn: usize) -> Then {
        match self.0.fault {
            Fault::Delay(length) => tokio::time::sleep(length).await,
            Fault::Hold => wait(&self.0.released, |released| *released).await,
            Fault::Double => return Then::Repeat,
            Fault::Reorder if turn % 2 == 1 => wait(&self.0.given, |given| *given >= turn).await,
            Fault::Reorder => {}
            Fault::LoseAnswer => return Then::Lose,
            Fault::Refuse => unreachable!("the server was not asked"),
        }
        Then::PassOn
    }
}

async fn wait<T>(sender: &watch::Sender<T>, until: impl FnMut(&T) -> bool) {
    let mut receiver = sender.subscribe();
    // The sender is borrowed, so it is there.
    let _ = receiver.wait_for(until).await;
}

/// All rules of a proxy, and all requests that it has seen.
#[derive(Clone, Default)]
pub(super) struct Rules {
    rules: Arc<Mutex<Vec<Rule>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Rules {
    pub(super) fn add(&self, method: &str, path: &str, fault: Fault) -> Rule {
        let rule = Rule(Arc::new(Inner {
            method: method.to_owned(),
            path: path.to_owned(),
            fault,
            left: Mutex::new(usize::MAX),
            turns: Mutex::default(),
            statuses: Mutex::default(),
            released: watch::Sender::new(false),
            given: watch::Sender::new(0),
        }));
        lock(&self.rules).push(rule.clone());
        rule
    }

    /// Notes a request, and answers the rule that is for it, which has one less then.
    pub(super) fn take(&self, method: &str, path: &str) -> Option<Rule> {
        lock(&self.requests).push(format!("{method} {path}"));
        let rules = lock(&self.rules);
        let found = rules.iter().rev().find(|rule| {
            let fits = (rule.0.method == "*" || rule.0.method == method) && path.starts_with(&rule.0.path);
            fits && *lock(&rule.0.left) > 0
        })?;
        *lock(&found.0.left) -= 1;
        Some(found.clone())
    }

    pub(super) fn requests(&self) -> Vec<String> {
        lock(&self.requests).clone()
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().expect("nobody panics while holding it")
}
