//! A mail server on a loopback port that does as a test says, and keeps what it was given. Its side of SMTP is mailin's.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use mailin::response::{AUTH_OK, INVALID_CREDENTIALS, OK};
use mailin::{Action, AuthMechanism, Handler, Response, Session, SessionBuilder};
use mailparse::{MailHeaderMap, ParsedMail, parse_mail};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// After this long a test gives up; none waits for it when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the server answers to a whole message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// This code; the message is kept where it is none of an error.
    Code(u16),
    /// Nothing for as long as the test holds it, although the message is kept.
    Silence,
}

/// How a server's lines are protected.
#[derive(Clone, Default)]
pub(crate) enum Line {
    /// Not at all.
    #[default]
    Open,
    /// Once the client asks for it (RFC 3207).
    Starttls(Arc<ServerConfig>),
    /// From the first byte on (RFC 8314).
    Wrapped(Arc<ServerConfig>),
}

/// How a server meets its clients.
#[derive(Clone, Default)]
pub(crate) struct Manner {
    pub(crate) line: Line,
    /// The user and the password that it asks for, if any: by TLS where it has it, else in the open.
    pub(crate) login: Option<(&'static str, &'static str)>,
}

/// A running mail server; it ends with this value.
pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    desk: Arc<Desk>,
    stop: Arc<AtomicBool>,
}

#[derive(Default)]
struct Desk {
    told: Mutex<Told>,
    changed: Condvar,
}

#[derive(Default)]
struct Told {
    to_recipients: VecDeque<u16>,
    to_messages: VecDeque<Answer>,
    held: bool,
    offered: Vec<Received>,
    received: Vec<Received>,
    /// Every line that anybody on the way could read.
    in_the_open: Vec<String>,
}

/// One message as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Received {
    pub(crate) fn parsed(&self) -> ParsedMail<'_> {
        parse_mail(&self.bytes).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> String {
        self.parsed().get_headers().get_first_value(name).unwrap()
    }

    /// The plain text and the HTML.
    pub(crate) fn bodies(&self) -> (String, String) {
        let parsed = self.parsed();
        assert_eq!(parsed.ctype.mimetype, "multipart/alternative");
        let part = |index: usize, kind: &str| {
            let part = &parsed.subparts[index];
            assert_eq!(
                (part.ctype.mimetype.as_str(), part.ctype.charset.as_str()),
                (kind, "utf-8")
            );
            part.get_body().unwrap()
        };
        assert_eq!(parsed.subparts.len(), 2);
        (part(0, "text/plain"), part(1, "text/html"))
    }
}

impl MailServer {
    /// A server that takes everything.
    pub(crate) fn start() -> Self {
        Self::start_on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// A server that meets its clients so.
    pub(crate) fn start_as(manner: Manner) -> Self {
        Self::run(TcpListener::bind("127.0.0.1:0").unwrap(), manner)
    }

    pub(crate) fn start_on(listener: TcpListener) -> Self {
        Self::run(listener, Manner::default())
    }

    fn run(listener: TcpListener, manner: Manner) -> Self {
        let address = listener.local_addr().unwrap();
        let (desk, stop) = (Arc::<Desk>::default(), Arc::<AtomicBool>::default());
        let (at_desk, stopped) = (Arc::clone(&desk), Arc::clone(&stop));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let clerk = Clerk {
                    desk: Arc::clone(&at_desk),
                    manner: manner.clone(),
                    message: Received::default(),
                };
                // A client that goes away is none of this thread's business.
                std::thread::spawn(move || drop(converse(stream.unwrap(), clerk)));
            }
        });
        Self { address, desk, stop }
    }

    /// The next recipient is answered with this code.
    pub(crate) fn answers_recipient(&self, code: u16) {
        self.desk.told.lock().unwrap().to_recipients.push_back(code);
    }

    /// The next message is answered so.
    pub(crate) fn answers(&self, answer: Answer) {
        let mut told = self.desk.told.lock().unwrap();
        told.held = answer == Answer::Silence;
        told.to_messages.push_back(answer);
    }

    /// What was kept silent about ends.
    pub(crate) fn lets_go(&self) {
        self.desk.told.lock().unwrap().held = false;
        self.desk.changed.notify_all();
    }

    /// What it kept.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.desk.told.lock().unwrap().received.clone()
    }

    /// Every whole message that it was offered, kept or not.
    pub(crate) fn offered(&self) -> Vec<Received> {
        self.desk.told.lock().unwrap().offered.clone()
    }

    /// What clients said in the open: the first word of each line.
    pub(crate) fn in_the_open(&self) -> Vec<String> {
        let told = self.desk.told.lock().unwrap();
        let words = told.in_the_open.iter().map(|line| line.split_whitespace().next());
        words.map(|word| word.unwrap_or_default().to_owned()).collect()
    }

    /// Waits until it has kept so many.
    pub(crate) fn has_received(&self, count: usize) -> Vec<Received> {
        let told = self.desk.told.lock().unwrap();
        let (told, waited) = self
            .desk
            .changed
            .wait_timeout_while(told, PATIENCE, |told| told.received.len() < count)
            .unwrap();
        assert!(
            !waited.timed_out(),
            "{} of {count} messages came",
            told.received.len()
        );
        told.received.clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.lets_go();
        // Whoever waits for a connection gets one and sees.
        drop(TcpStream::connect(self.address));
    }
}

/// Answers one client.
struct Clerk {
    desk: Arc<Desk>,
    manner: Manner,
    message: Received,
}

fn code(code: u16) -> Response {
    if code < 400 {
        OK
    } else {
        Response::custom(code, format!("{code} as the test says"))
    }
}

impl Handler for Clerk {
    fn auth_plain(&mut self, _acts_as: &str, user: &str, password: &str) -> Response {
        if self.manner.login == Some((user, password)) {
            AUTH_OK
        } else {
            INVALID_CREDENTIALS
        }
    }

    fn mail(&mut self, _ip: std::net::IpAddr, _domain: &str, from: &str) -> Response {
        self.message = Received {
            from: from.to_owned(),
            ..Received::default()
        };
        OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        self.message.to.push(to.to_owned());
        code(
            self.desk
                .told
                .lock()
                .unwrap()
                .to_recipients
                .pop_front()
                .unwrap_or(250),
        )
    }

    fn data(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.message.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mut told = self.desk.told.lock().unwrap();
        let answer = told.to_messages.pop_front().unwrap_or(Answer::Code(250));
        told.offered.push(self.message.clone());
        if !matches!(answer, Answer::Code(400..)) {
            told.received.push(self.message.clone());
            self.desk.changed.notify_all();
        }
        match answer {
            Answer::Code(number) => code(number),
            Answer::Silence => {
                let held = self
                    .desk
                    .changed
                    .wait_timeout_while(told, PATIENCE, |told| told.held);
                drop(held.unwrap());
                OK
            }
        }
    }
}

fn converse(stream: TcpStream, clerk: Clerk) -> std::io::Result<()> {
    let (desk, manner) = (Arc::clone(&clerk.desk), clerk.manner.clone());
    let mut session = SessionBuilder::new("mail.test");
    if manner.login.is_some() {
        session.enable_auth(AuthMechanism::Plain);
    }
    match manner.line {
        Line::Open => session.insecure_enable_plaintext_auth(),
        Line::Starttls(_) => session.enable_start_tls(),
        Line::Wrapped(_) => &mut session,
    };
    let mut session = session.build(stream.peer_addr()?.ip(), clerk);
    let greeting = session.greeting();
    if let Line::Wrapped(config) = manner.line {
        session.tls_active();
        let mut stream = protected(stream, config)?;
        say(&greeting, &mut stream)?;
        return answer(&mut session, &mut stream, None).map(drop);
    }
    let mut stream = BufReader::new(stream);
    say(&greeting, &mut stream)?;
    let asked = answer(&mut session, &mut stream, Some(&desk))?;
    match manner.line {
        Line::Starttls(config) if asked => {
            session.tls_active();
            answer(&mut session, &mut protected(stream.into_inner(), config)?, None).map(drop)
        }
        _ => Ok(()),
    }
}

type Protected = BufReader<StreamOwned<ServerConnection, TcpStream>>;

fn protected(stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<Protected> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    Ok(BufReader::new(StreamOwned::new(connection, stream)))
}

/// Answers line by line until an end, or until the client asks for TLS, which it says. What comes in the open is noted.
fn answer(
    session: &mut Session<Clerk>,
    stream: &mut BufReader<impl Read + Write>,
    open: Option<&Desk>,
) -> std::io::Result<bool> {
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line)? > 0 {
        if let Some(desk) = open {
            let heard = String::from_utf8_lossy(&line).into_owned();
            desk.told.lock().unwrap().in_the_open.push(heard);
        }
        let answer = session.process(&line);
        line.clear();
        if answer.action != Action::NoReply {
            say(&answer, stream)?;
        }
        if answer.action == Action::UpgradeTls {
            return Ok(true);
        }
        // Its state machine takes nothing more after a message that was refused.
        if answer.action == Action::Close || answer.is_error {
            break;
        }
    }
    Ok(false)
}

fn say(answer: &Response, stream: &mut BufReader<impl Read + Write>) -> std::io::Result<()> {
    answer.write_to(stream.get_mut())?;
    stream.get_mut().flush()
}
