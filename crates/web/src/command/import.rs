//! `resolutionflow import`: runbooks become flows, on the database or through a server.

use std::collections::{BTreeSet, HashMap};
use std::io::{IsTerminal, Write, stderr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use resolutionflow_core::id::FlowId;
use resolutionflow_core::import::{Options, Style};
use resolutionflow_core::markdown;
use uuid::Uuid;

use super::way::{Document, Open, Outcome, Refused, Way};
use super::{Done, Failure, complain, local, print};
use crate::importing;

mod files;

use files::Source;

/// From how many files on progress is shown, on a terminal.
const MANY: usize = 4;

/// The most problems of one file that are printed.
const MOST_PROBLEMS: usize = 20;

/// The two forms of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The Markdown form
    Markdown,
    /// The JSON form
    Json,
}

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  See first; the flow goes to standard output, the report to standard error:
    resolutionflow import --dry-run runbook.md > flow.md
  Every *.md and *.markdown in and under a folder, on the database of the settings:
    resolutionflow import runbooks/
  Convert <names-like-this> and $NAMES, and nothing else:
    resolutionflow import --placeholders kebab,dollar runbook.md
  Through a server:
    RESOLUTIONFLOW_TOKEN=rf_pat_... resolutionflow import --server https://flows.example.com runbooks/

Exit codes: 0 all went well, 1 something could not be imported, 2 the command line is wrong.")]
pub(super) struct ImportFiles {
    /// Files or folders; a folder stands for all Markdown files in it, - for standard input
    #[arg(required = true, value_name = "FILE-OR-DIR")]
    paths: Vec<PathBuf>,
    /// Keep nothing: print the flow, and a report of what was done and left alone on standard error
    #[arg(long)]
    dry_run: bool,
    /// The form in which --dry-run prints the flow [default: markdown]
    #[arg(long, value_enum, requires = "dry_run")]
    format: Option<Format>,
    /// The placeholder styles that become fields, with commas between: kebab, snake, upper, words, mustache, braces,
    /// dollar, bracket [default: the first five]
    #[arg(long, value_name = "STYLE", value_delimiter = ',', value_parser = |text: &str| text.trim().parse::<Style>())]
    placeholders: Option<Vec<Style>>,
    /// Make the file the next version of this flow, whatever it names itself
    #[arg(long, value_name = "FLOW")]
    into: Option<Uuid>,
    /// Keep it as a draft instead of publishing it
    #[arg(long, conflicts_with = "dry_run")]
    draft: bool,
    #[command(flatten)]
    way: Way,
}

/// How many files became what.
#[derive(Default)]
struct Count {
    imported: usize,
    unchanged: usize,
    failed: usize,
}

impl ImportFiles {
    /// Imports one file after the other; what is wrong with one does not stop the next.
    pub(super) async fn run(self) -> Done {
        let settings = self.way.place.settings()?;
        let found = files::find(&self.paths);
        if self.into.is_some() && found.len() > 1 {
            return Err(Failure::Usage("--into takes one file".to_owned()));
        }
        let limit = settings.limits.import;
        let mut count = Count::default();
        let progress = Progress::new(found.len());
        if self.dry_run {
            for source in &found {
                let text = source.as_ref().map_err(String::clone);
                match text.and_then(|source| Ok((source, files::read(source, limit)?))) {
                    Ok((source, text)) => self.show(source, &text, &mut count)?,
                    Err(reason) => count.fail(&reason),
                }
            }
            return count.done();
        }

        // The database is opened once something is read: what is piped in may come from a command that holds it.
        let mut opened = self.way.server()?.map(Open::Remote);
        let mut broken = None;
        let mut named: HashMap<FlowId, &Source> = HashMap::new();
        for (number, source) in (1..).zip(&found) {
            let read = source.as_ref().map_err(String::clone);
            let read = read.and_then(|source| {
                progress.show(number, source);
                Ok((source, files::read(source, limit)?))
            });
            let (source, text) = match read {
                Ok(read) => read,
                Err(reason) => {
                    progress.clear();
                    count.fail(&reason);
                    continue;
                }
            };
            // A copied file that kept its id would take turns with the first, a version each at every import.
            if let Some(flow) = named_flow(&text)
                && let Some(first) = named.insert(flow, source)
            {
                progress.clear();
                named.insert(flow, first);
                count.fail(&format!(
                    "{source}: names the same flow as {first}, {flow}; give it no id or its own"
                ));
                continue;
            }
            let way = match &mut opened {
                Some(way) => way,
                none => none.insert(self.way.database(&settings).await?),
            };
            let outcome = self.one(way, source, text).await;
            progress.clear();
            match outcome {
                Ok(outcome) => count.tell(source, &outcome)?,
                Err(Refused::Document(wrongs)) => count.fail(&lines(source, &wrongs)),
                Err(Refused::Everything(reason)) => {
                    broken = Some(reason);
                    break;
                }
            }
        }
        if let Some(way) = opened {
            way.close().await;
        }
        if found.len() > 1 {
            print(format!(
                "{} imported, {} unchanged, {} failed",
                count.imported, count.unchanged, count.failed
            ))?;
        }
        broken.map_or_else(|| count.done(), Err)
    }

    fn styles(&self) -> BTreeSet<Style> {
        match &self.placeholders {
            Some(styles) => styles.iter().copied().collect(),
            None => Style::usual(),
        }
    }

    fn options(&self, source: &Source) -> Options {
        Options {
            convert: self.styles(),
            file_name: file_name(source),
            into: self.into.map(FlowId::from_uuid),
        }
    }

    /// Prints what would become of a document.
    fn show(&self, source: &Source, text: &str, count: &mut Count) -> Done {
        match importing::read(text, &self.options(source)) {
            Ok(import) => {
                complain(format!("{source}: {}", import.report));
                print(match self.format {
                    Some(Format::Json) => import.document.to_json(),
                    Some(Format::Markdown) | None => markdown::print(&import.document),
                })
            }
            Err(problems) => {
                if let Refused::Document(wrongs) = local::refused(&problems) {
                    count.fail(&lines(source, &wrongs));
                }
                Ok(())
            }
        }
    }

    async fn one(&self, way: &Open, source: &Source, text: String) -> Result<Outcome, Refused> {
        let document = Document {
            text,
            file_name: file_name(source),
            into: self.into.map(FlowId::from_uuid),
            draft: self.draft,
        };
        match way {
            Open::Local(local) => local.import(document, &self.styles()).await,
            Open::Remote(remote) => remote.import(document, &self.styles()).await,
        }
    }
}

/// The flow that a document names itself.
fn named_flow(text: &str) -> Option<FlowId> {
    let (front_matter, ..) = markdown::split_front_matter(text);
    let values = front_matter.filter(|_| markdown::is_flow_form(text))?;
    let values = markdown::front_matter_values(&values).ok()?;
    values.get("id")?.as_str()?.parse().ok()
}

fn file_name(source: &Source) -> Option<String> {
    match source {
        Source::Input => None,
        Source::File(path) => Some(path.file_name()?.to_string_lossy().into_owned()),
    }
}

/// A line for each thing that is wrong, as compilers write them.
fn lines(source: &Source, wrongs: &[(Option<(u64, u64)>, String)]) -> String {
    let mut lines: Vec<_> = wrongs
        .iter()
        .take(MOST_PROBLEMS)
        .map(|(place, what)| match place {
            Some((line, column)) => format!("{source}:{line}:{column}: {what}"),
            None => format!("{source}: {what}"),
        })
        .collect();
    if wrongs.len() > MOST_PROBLEMS {
        lines.push(format!("{source}: and {} more", wrongs.len() - MOST_PROBLEMS));
    }
    lines.join("\n")
}

impl Count {
    fn fail(&mut self, reason: &str) {
        self.failed += 1;
        complain(reason);
    }

    fn tell(&mut self, source: &Source, outcome: &Outcome) -> Done {
        let flow = &outcome.flow;
        let stands = outcome
            .version
            .map_or_else(|| "the draft".to_owned(), |version| format!("version {version}"));
        if outcome.changed {
            self.imported += 1;
            let (steps, fields) = (outcome.steps, outcome.fields);
            print(format!(
                "{source}: imported as {stands} of flow {flow}; steps: {steps}, fields: {fields}"
            ))
        } else {
            self.unchanged += 1;
            print(format!("{source}: unchanged, {stands} of flow {flow} stands"))
        }
    }

    fn done(&self) -> Done {
        if self.failed == 0 {
            Ok(())
        } else {
            Err(Failure::Told)
        }
    }
}

/// One line on a terminal that says how far it is.
struct Progress(Option<usize>);

impl Progress {
    fn new(total: usize) -> Self {
        Self((total >= MANY && stderr().is_terminal()).then_some(total))
    }

    fn show(&self, number: usize, source: &Source) {
        if let Some(total) = self.0 {
            let _ = write!(stderr(), "\r\x1b[K{number}/{total} {source}");
        }
    }

    fn clear(&self) {
        if self.0.is_some() {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
