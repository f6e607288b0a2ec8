//! Where log lines go and how they look. Lines never hold values of queries, headers or bodies.

use std::panic;

use tracing_subscriber::fmt;

use crate::config::{Format, Log};

/// Starts logging to standard error for the whole program; a second call changes nothing.
pub fn start(settings: &Log) {
    let builder = fmt()
        .with_env_filter(settings.level.filter())
        .with_writer(std::io::stderr);
    // An error means that a test or an embedding program logs already.
    let _ = match settings.format {
        Format::Human => builder.with_target(false).try_init(),
        Format::Json => builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init(),
    };
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = info.payload_as_str().unwrap_or("no message");
        tracing::error!(place, panic = text, "a broken invariant");
    }));
}
