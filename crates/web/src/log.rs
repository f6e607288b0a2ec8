//! Where log lines go and how they look. Lines never hold values of queries, headers or bodies.

use std::io::IsTerminal;
use std::panic;

use tracing::dispatcher::{self, Dispatch};
use tracing_subscriber::fmt::{self, MakeWriter};

use crate::config::{Format, Log};

/// Starts logging to standard error for the whole program; a second call changes nothing.
pub fn start(settings: &Log) {
    let lines = lines(settings, std::io::stderr, std::io::stderr().is_terminal());
    // An error means that a test or an embedding program logs already.
    let _ = dispatcher::set_global_default(lines);
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = info.payload_as_str().unwrap_or("no message");
        tracing::error!(place, panic = text, "a broken invariant");
    }));
}

/// What makes lines of events, in the form that is set, in colour or not, and writes them there.
pub(crate) fn lines<W>(settings: &Log, writer: W, colour: bool) -> Dispatch
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let builder = fmt::fmt()
        .with_env_filter(settings.level.filter())
        .with_writer(writer)
        .with_ansi(colour);
    match settings.format {
        Format::Human => Dispatch::new(builder.with_target(false).finish()),
        Format::Json => Dispatch::new(builder.json().flatten_event(true).with_span_list(false).finish()),
    }
}
