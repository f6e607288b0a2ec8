//! `resolutionflow export-flow`: a flow as a file.

use std::path::PathBuf;

use clap::Args;
use resolutionflow_core::id::FlowId;
use resolutionflow_core::markdown;
use uuid::Uuid;

use super::import::Format;
use super::way::{Open, Way};
use super::{Done, print};

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  resolutionflow export-flow 01922c7f-7bb4-7a55-8d22-5b1fb1e0a3c1 -o runbooks/dns.md
  resolutionflow export-flow 01922c7f-7bb4-7a55-8d22-5b1fb1e0a3c1 --version 3 --format json

The file names its flow: importing it publishes the flow's next version, if it was changed.
Exit codes: 0 done, 1 not done, 2 the command line is wrong.")]
pub(super) struct ExportFlow {
    /// The flow's id, as import prints it
    flow: Uuid,
    /// The published version [default: the newest; the draft, where none is published]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    version: Option<i64>,
    /// The form of the file
    #[arg(long, value_enum, default_value = "markdown")]
    format: Format,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    way: Way,
}

impl ExportFlow {
    /// Prints or writes the file.
    pub(super) async fn run(self) -> Done {
        let settings = self.way.place.settings()?;
        let flow = FlowId::from_uuid(self.flow);
        let way = self.way.open(&settings).await?;
        let text = match &way {
            Open::Local(local) => local
                .export(flow, self.version)
                .await
                .map(|document| match self.format {
                    Format::Markdown => markdown::print(&document),
                    Format::Json => document.to_json(),
                }),
            Open::Remote(remote) => {
                let format = match self.format {
                    Format::Markdown => "markdown",
                    Format::Json => "json",
                };
                remote.export(flow, self.version, format).await
            }
        };
        way.close().await;
        let text = text?;
        match self.output {
            None => print(text),
            Some(path) => std::fs::write(&path, format!("{}\n", text.trim_end()))
                .map_err(|error| format!("{}: {error}", path.display()).into()),
        }
    }
}
