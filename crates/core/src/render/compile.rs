//! The first half: a flow document becomes templates, once.

use std::collections::{BTreeSet, HashMap};

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};

use super::export::{self, MarkdownTemplate};
use super::highlight::Highlighter;
use super::plain::{self, PlainTemplate};
use super::swap::{self, Swapped};
use super::template::HtmlTemplate;
use super::{cutter, html, limits};
use crate::flow::{FlowDocument, FlowParts};
use crate::problem::Problem;
use crate::step::{Step, StepId};

/// One text of a flow in its three forms.
#[derive(Debug)]
pub struct Text {
    /// For pages.
    pub html: HtmlTemplate,
    /// For exports: the author's source, with its holes.
    pub markdown: MarkdownTemplate,
    /// Without markup.
    pub plain: PlainTemplate,
}

impl Text {
    fn bytes(&self) -> usize {
        self.html.bytes() + self.markdown.bytes() + self.plain.bytes()
    }
}

/// A block of code, fenced or indented: what Copy gives.
#[derive(Debug)]
pub struct Command {
    /// The first word behind the fence, empty where there is none.
    pub language: String,
    /// The `title="..."` behind the fence.
    pub title: Option<PlainTemplate>,
    /// The code, without the line break at its end.
    pub text: PlainTemplate,
}

/// A step that was compiled.
#[derive(Debug)]
pub struct CompiledStep {
    /// The step in its flow.
    pub id: StepId,
    /// One line of inline markup.
    pub title: Text,
    /// What is to be done.
    pub body: Text,
    /// The label of each choice, in order.
    pub choices: Vec<Text>,
    /// Its blocks of code, in order.
    pub commands: Vec<Command>,
    /// How many task items its body has.
    pub tasks: usize,
    /// The keys of the variables that its texts use, link targets included.
    pub keys: BTreeSet<String>,
}

/// A section that was compiled.
#[derive(Debug)]
pub struct CompiledSection {
    /// Empty only for steps before the first heading.
    pub title: Text,
    /// What stands before the first step.
    pub body: Text,
    /// The steps of this section, as positions in [`CompiledFlow::steps`].
    pub steps: std::ops::Range<usize>,
}

/// A flow version, ready for values.
#[derive(Debug)]
pub struct CompiledFlow {
    title: Text,
    description: Text,
    sections: Vec<CompiledSection>,
    steps: Vec<CompiledStep>,
    positions: HashMap<StepId, usize>,
    keys: BTreeSet<String>,
    bytes: usize,
}

impl CompiledFlow {
    /// What the flow is called.
    pub const fn title(&self) -> &Text {
        &self.title
    }

    /// What it is for.
    pub const fn description(&self) -> &Text {
        &self.description
    }

    /// The sections, in order.
    pub fn sections(&self) -> &[CompiledSection] {
        &self.sections
    }

    /// All steps, in order.
    pub fn steps(&self) -> &[CompiledStep] {
        &self.steps
    }

    /// One step.
    pub fn step(&self, id: &StepId) -> Option<&CompiledStep> {
        self.position(id).map(|position| &self.steps[position])
    }

    /// Where a step stands among all steps, from 0.
    pub fn position(&self, id: &StepId) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// The keys of all variables that the texts use, whether or not a field declares them.
    pub const fn keys(&self) -> &BTreeSet<String> {
        &self.keys
    }

    /// About how much memory it takes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Compiles a flow, or says what in it cannot be rendered, by JSON pointer.
pub fn compile(document: &FlowDocument) -> Result<CompiledFlow, Vec<Problem>> {
    compile_parts(document.parts())
}

/// Compiles the texts of a flow, whether or not it fits together.
pub(crate) fn compile_parts(parts: &FlowParts) -> Result<CompiledFlow, Vec<Problem>> {
    let mut compiler = Compiler {
        highlighter: Highlighter::new(),
        problems: Vec::new(),
        keys: BTreeSet::new(),
        bytes: 0,
    };
    let title = compiler.title(&parts.title, "/title");
    let description = compiler.body(&parts.description, "/description", "about-");
    let mut sections = Vec::with_capacity(parts.sections.len());
    let mut steps = Vec::new();
    for (number, section) in parts.sections.iter().enumerate() {
        let at = format!("/sections/{number}");
        let title = compiler.title(&section.title, &format!("{at}/title"));
        let body = compiler.body(
            &section.body,
            &format!("{at}/body"),
            &format!("section-{}-", number + 1),
        );
        let first = steps.len();
        for (index, step) in section.steps.iter().enumerate() {
            steps.extend(compiler.step(step, &format!("{at}/steps/{index}")));
        }
        if let (Some(title), Some(body)) = (title, body) {
            sections.push(CompiledSection {
                title: title.text,
                body: body.text,
                steps: first..steps.len(),
            });
        }
    }
    let (Some(title), Some(description), true) = (title, description, compiler.problems.is_empty()) else {
        return Err(compiler.problems);
    };
    let positions: HashMap<_, _> = steps
        .iter()
        .enumerate()
        .map(|(position, step)| (step.id.clone(), position))
        .collect();
    let bytes = size_of::<CompiledFlow>()
        + compiler.bytes
        + steps.len() * (size_of::<CompiledStep>() + size_of::<(StepId, usize)>() + 2 * StepId::MAX)
        + sections.len() * size_of::<CompiledSection>();
    Ok(CompiledFlow {
        title: title.text,
        description: description.text,
        sections,
        steps,
        positions,
        keys: compiler.keys,
        bytes,
    })
}

/// A text with what a step wants to know of it.
pub(super) struct Compiled {
    pub text: Text,
    pub commands: Vec<Command>,
    pub keys: BTreeSet<String>,
}

struct Compiler {
    highlighter: Highlighter,
    problems: Vec<Problem>,
    keys: BTreeSet<String>,
    bytes: usize,
}

impl Compiler {
    fn title(&mut self, source: &str, at: &str) -> Option<Compiled> {
        let compiled = compile_text(source, true, "", &mut self.highlighter);
        self.take(compiled, at)
    }

    fn body(&mut self, source: &str, at: &str, prefix: &str) -> Option<Compiled> {
        let compiled = compile_text(source, false, prefix, &mut self.highlighter);
        self.take(compiled, at)
    }

    fn take(&mut self, compiled: Result<Compiled, String>, at: &str) -> Option<Compiled> {
        match compiled {
            Ok(compiled) => {
                self.bytes += compiled.text.bytes()
                    + compiled
                        .commands
                        .iter()
                        .map(|c| size_of::<Command>() + c.language.len() + c.text.bytes())
                        .sum::<usize>();
                self.keys.extend(compiled.keys.iter().cloned());
                Some(compiled)
            }
            Err(reason) => {
                self.problems.push(Problem::at(at, reason));
                None
            }
        }
    }

    fn step(&mut self, step: &Step, at: &str) -> Option<CompiledStep> {
        let title = self.title(&step.title, &format!("{at}/title"));
        let body = self.body(&step.body, &format!("{at}/body"), &format!("step-{}-", step.id));
        let labels = step.choices.iter().enumerate();
        let choices: Vec<_> = labels
            .filter_map(|(number, choice)| self.title(&choice.label, &format!("{at}/choices/{number}/label")))
            .collect();
        let (title, body) = (title?, body?);
        let mut keys = title.keys;
        keys.extend(body.keys);
        keys.extend(choices.iter().flat_map(|choice| choice.keys.iter().cloned()));
        Some(CompiledStep {
            id: step.id.clone(),
            title: title.text,
            tasks: body.text.html.tasks(),
            body: body.text,
            choices: choices.into_iter().map(|choice| choice.text).collect(),
            commands: body.commands,
            keys,
        })
    }
}

/// How Markdown is read everywhere: GitHub-flavoured.
pub(super) fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.render.r#unsafe = true;
    options
}

/// Compiles one text; a title is one line of inline Markdown, in which no block begins.
pub(super) fn compile_text(
    source: &str,
    is_title: bool,
    prefix: &str,
    highlighter: &mut Highlighter,
) -> Result<Compiled, String> {
    limits::check(source)?;
    let swapped = swap::swap(source, is_title)?;
    let options = options();
    let arena = Arena::new();
    let root = parse_document(&arena, &swapped.text, &options);
    // Before the HTML is written, which numbers the footnotes.
    let markdown = export::cut(root, &swapped);
    let commands = commands(root, &swapped);
    let clean = html::write(root, &swapped, &options, highlighter, prefix)?;
    let plain = plain::write(root, swapped.marks);
    let plain = plain
        .strip_prefix(swapped.marks.title)
        .map_or(plain.as_str(), str::trim_start);
    let text = Text {
        html: cutter::cut(&clean, &swapped),
        markdown,
        plain: plain::cut(plain, &swapped),
    };
    let keys = swapped
        .variables
        .iter()
        .map(|variable| variable.key.clone())
        .collect();
    Ok(Compiled { text, commands, keys })
}

fn commands<'a>(root: &'a AstNode<'a>, swapped: &Swapped) -> Vec<Command> {
    let mut commands = Vec::new();
    for node in root.descendants() {
        if let NodeValue::CodeBlock(block) = &node.data().value {
            let text = block.literal.strip_suffix('\n').unwrap_or(&block.literal);
            commands.push(Command {
                language: html::language(&block.info).to_owned(),
                title: title(&block.info).map(|title| plain::cut(title, swapped)),
                text: plain::cut(text, swapped),
            });
        }
    }
    commands
}

/// The `title="..."` behind a fence.
fn title(info: &str) -> Option<&str> {
    info.match_indices("title=\"").find_map(|(at, opening)| {
        let is_word = info[..at].ends_with(|c: char| c.is_ascii_whitespace());
        let rest = &info[at + opening.len()..];
        is_word
            .then(|| rest.split_once('"').map(|(title, _)| title))
            .flatten()
    })
}
