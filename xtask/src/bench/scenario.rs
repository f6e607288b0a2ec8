//! What is measured, and what has to stand before it can be.

use std::io;

use super::client::{Answer, Client, member};
use super::document::{FIELDS, flow};
use super::server::Server;
use crate::command::Done;

/// Prepared sessions in the queue that is read.
const QUEUE: usize = 200;

/// What the clients work on.
pub(super) struct Stage {
    flow: String,
    /// One session for each connection, half filled; it is changed, so its history grows.
    sessions: Vec<String>,
    /// One more for each, half filled, that nobody changes: what is read and exported.
    resting: Vec<String>,
}

/// One request, many times.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    ask: Ask,
}

/// What is asked.
enum Ask {
    /// Sends request number `count` on connection number `connection`.
    With(fn(&mut Client, &Stage, connection: usize, count: usize) -> io::Result<u16>),
    /// Reads the first page of the sessions with these parameters, in which `{flow}` stands for the flow's id.
    Sessions(&'static str),
}

impl Scenario {
    /// A list; it is measured only where it is asked for, or where an account of many sessions is.
    const fn list(name: &'static str, title: &'static str, parameters: &'static str) -> Self {
        Self {
            name,
            title,
            ask: Ask::Sessions(parameters),
        }
    }

    pub(super) const fn is_list(&self) -> bool {
        matches!(self.ask, Ask::Sessions(_))
    }

    /// Sends request number `count` on connection number `connection`, and answers the status.
    pub(super) fn send(
        &self,
        client: &mut Client,
        stage: &Stage,
        connection: usize,
        count: usize,
    ) -> io::Result<u16> {
        match self.ask {
            Ask::With(ask) => ask(client, stage, connection, count),
            Ask::Sessions(parameters) => {
                let path = format!("/api/v1/sessions?{}", parameters.replace("{flow}", &stage.flow));
                Ok(report(&client.ask("GET", &path, "")?))
            }
        }
    }
}

/// All of them.
pub(super) const SCENARIOS: [Scenario; 25] = [
    Scenario {
        name: "patch",
        title: "PATCH one variable, a session each",
        ask: Ask::With(patch),
    },
    Scenario {
        name: "patch-one",
        title: "PATCH one variable, all in one session",
        ask: Ask::With(patch_one),
    },
    Scenario {
        name: "start",
        title: "Start a session",
        ask: Ask::With(start),
    },
    Scenario {
        name: "queue",
        title: "Read the queue",
        ask: Ask::With(queue),
    },
    Scenario {
        name: "read",
        title: "Read a session",
        ask: Ask::With(read),
    },
    Scenario {
        name: "export",
        title: "Export a session as Markdown",
        ask: Ask::With(export),
    },
    Scenario::list("list", "All", ""),
    Scenario::list("list-active", "What runs", "status=active"),
    Scenario::list("list-completed", "What is completed", "status=completed"),
    Scenario::list("list-discarded", "What is discarded", "status=discarded"),
    Scenario::list(
        "list-due",
        "What is prepared, by due time",
        "status=prepared&sort=due",
    ),
    Scenario::list(
        "list-mine",
        "Prepared for me",
        "status=prepared&sort=due&assigned_to_id=me",
    ),
    Scenario::list(
        "list-team",
        "Unassigned in my team",
        "status=prepared&sort=due&assigned_to_id=none&team_id=mine",
    ),
    Scenario::list(
        "list-by-me",
        "Prepared by me",
        "status=prepared&sort=due&prepared_by_id=me",
    ),
    Scenario::list("list-assignee", "Assigned to me", "assigned_to_id=me"),
    Scenario::list(
        "list-owner",
        "Started by me, completed",
        "owner_id=me&status=completed",
    ),
    Scenario::list(
        "list-flow",
        "Of a flow, completed",
        "flow_id={flow}&status=completed",
    ),
    Scenario::list("list-client", "Of a client", "client=client%207"),
    Scenario::list(
        "list-missing",
        "Completed with a value missing",
        "status=completed&missing=true",
    ),
    Scenario::list(
        "list-before",
        "Completed before 2025",
        "completed_before=2025-01-01T00:00:00Z&status=completed",
    ),
    Scenario::list(
        "list-after",
        "Started in the future",
        "started_after=2100-01-01T00:00:00Z",
    ),
    Scenario::list(
        "list-overdue",
        "Due before 2025",
        "status=prepared&due_before=2025-01-01T00:00:00Z",
    ),
    Scenario::list("list-search", "A search that finds much", "q=cut-over"),
    Scenario::list(
        "list-search-rare",
        "A search that finds one ticket",
        "q=CHG0099999",
    ),
    Scenario::list(
        "list-search-none",
        "A search that finds nothing",
        "q=nothing+is+called+so",
    ),
];

fn patch(client: &mut Client, stage: &Stage, connection: usize, count: usize) -> io::Result<u16> {
    set(client, &stage.sessions[connection], connection, count)
}

fn patch_one(client: &mut Client, stage: &Stage, connection: usize, count: usize) -> io::Result<u16> {
    set(client, &stage.sessions[0], connection, count)
}

fn set(client: &mut Client, session: &str, connection: usize, count: usize) -> io::Result<u16> {
    let body = variable(
        (connection + count) % FIELDS,
        &format!("c{connection}-{count}.example.net"),
    );
    let answer = client.ask("PATCH", &format!("/api/v1/sessions/{session}/variables"), &body)?;
    Ok(report(&answer))
}

fn start(client: &mut Client, stage: &Stage, _: usize, _: usize) -> io::Result<u16> {
    let body = format!(r#"{{"flow_id":"{}"}}"#, stage.flow);
    Ok(report(&client.ask("POST", "/api/v1/sessions", &body)?))
}

fn queue(client: &mut Client, _: &Stage, _: usize, _: usize) -> io::Result<u16> {
    Ok(report(&client.ask(
        "GET",
        "/api/v1/sessions?status=prepared&assigned_to_id=none",
        "",
    )?))
}

fn read(client: &mut Client, stage: &Stage, connection: usize, _: usize) -> io::Result<u16> {
    Ok(report(&client.ask(
        "GET",
        &format!("/api/v1/sessions/{}", stage.resting[connection]),
        "",
    )?))
}

fn export(client: &mut Client, stage: &Stage, connection: usize, _: usize) -> io::Result<u16> {
    let path = format!(
        "/api/v1/sessions/{}/export?format=markdown",
        stage.resting[connection]
    );
    Ok(report(&client.ask("GET", &path, "")?))
}

/// The status; what is not good is shown, since a fast refusal is no result.
fn report(answer: &Answer<'_>) -> u16 {
    if !answer.is_good() {
        eprintln!("{}: {}", answer.status, answer.text());
    }
    answer.status
}

fn variable(field: usize, value: &str) -> String {
    format!(r#"{{"variables":{{"value_{:02}":"{value}"}}}}"#, field + 1)
}

impl Stage {
    /// Imports the flow, starts a session a connection and fills half of each, and prepares a queue.
    pub(super) fn set(server: &Server, connections: usize) -> Done<Self> {
        let mut client = server.client()?;
        let answer = expect(client.ask_with("POST", "/api/v1/flows/import", "text/markdown", &flow()))?;
        let id = answer
            .split_once("\"flow\"")
            .map_or(answer.as_str(), |(_, rest)| rest);
        let flow = member(id, "id")
            .ok_or(format!("the import answers no id: {answer}"))?
            .to_owned();
        let mut sessions = Vec::new();
        for _ in 0..connections * 2 {
            let variables: Vec<_> = (1..=FIELDS / 2)
                .map(|field| format!(r#""value_{field:02}":"host-{field}.example.net""#))
                .collect();
            let body = format!(
                r#"{{"flow_id":"{flow}","variables":{{{}}}}}"#,
                variables.join(",")
            );
            let answer = expect(client.ask("POST", "/api/v1/sessions", &body))?;
            sessions.push(
                member(&answer, "id")
                    .ok_or(format!("the start answers no id: {answer}"))?
                    .to_owned(),
            );
        }
        for number in 1..=QUEUE {
            let body = format!(r#"{{"flow_id":"{flow}","title":"Site {number}"}}"#);
            expect(client.ask("POST", "/api/v1/sessions/prepare", &body))?;
        }
        let resting = sessions.split_off(connections);
        Ok(Self {
            flow,
            sessions,
            resting,
        })
    }
}

/// The body of a good answer.
pub(super) fn expect(answer: io::Result<Answer<'_>>) -> Done<String> {
    match answer {
        Ok(answer) if answer.is_good() => Ok(answer.text()),
        Ok(answer) => Err(format!("the server answers {}: {}", answer.status, answer.text())),
        Err(error) => Err(format!("the server does not answer: {error}")),
    }
}
