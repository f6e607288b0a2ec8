//! The Markdown form of a flow: what is read from a file and written to one.
//!
//! [`parse`] and [`print`] are each other's inverse on every [`FlowDocument`](crate::flow::FlowDocument): what
//! one form can hold, the other can. This page is the specification of the form.
//!
//! ````markdown
//! ---
//! title: Domain controller cut-over
//! tags: [windows, ad]
//! fields:
//!   - { name: server_name, label: Server name, type: hostname, required: true }
//! ---
//! What this flow is for.
//!
//! # Prepare
//!
//! What the section is for.
//!
//! ## Snapshot the old host {#snapshot kind=action minutes=5}
//!
//! Sign in to [VAR:server_name] and take the snapshot:
//!
//! ```powershell title="Take it"
//! Checkpoint-VM [VAR:server_name]
//! ```
//!
//! > verify: The snapshot is listed.
//! > choice: It is listed -> #promote
//! ````
//!
//! # The text
//!
//! UTF-8, at most [`limits::MAX_TEXT`] bytes. A byte-order mark is dropped; `\r\n` and `\r` are `\n`.
//!
//! # Front matter
//!
//! YAML 1.2 between a first line `---` and the next line `---` or `...`. Known keys are `id` (a UUID; written by
//! every export, absent in a new flow), `title` (required), `tags` and `fields`; every other key is kept and
//! written again. Where text is asked for, a scalar is its text as written: `default: 022` is `022`, `NO` is
//! `NO`. In kept values a plain scalar is a number where JSON writes it the same way, so `1.10` stays text.
//! Duplicate keys are refused; aliases are resolved, within limits. A field is a mapping with the members of
//! [`Field`](crate::field::Field); `type` is `text` where it is absent.
//!
//! # Headings
//!
//! Headings of level 1 open sections, those of level 2 steps; both ways of writing them count (`# Title`, and a
//! line of `===` or `---` under it), as anything that shows Markdown would show them. Only headings at the top
//! level do: none inside fences, lists, quotes or HTML blocks. Deeper headings are part of a body. Steps before
//! the first section are in a section without a title. Titles are Markdown source on one line, without blanks
//! around them.
//!
//! A step's heading may end in attributes: `{#id kind=action|info|verify|warning minutes=N}`, in any order, each
//! once. They stand behind a blank and have no brace inside, so `${NAME}` and `{{name}}` are title; a title that
//! itself ends in such a group is written with `{}` or other attributes after it. A step without `#id` gets one
//! from its title: its ASCII letters and digits in lower case, all else one dash, of a placeholder its name,
//! `step` where nothing remains; then `-2`, `-3` where it is taken, ids that are written coming first. A
//! section's heading has no attributes.
//!
//! # Bodies
//!
//! The text before the first heading is the description; the text between headings is the body of a section or
//! a step: its exact source, without blank lines around it. In a body, quoted lines `> expected: ...` and
//! `> verify: ...` are [`checks`], fences are [`commands`] (`title="..."` in the info string), and task list
//! items are [`tasks`]; all of them stay in the body.
//!
//! The last lines of a quote that ends a step, when they are `> choice: label -> #step-id`, are not body but the
//! step's choices.
//!
//! What cannot stand between two headings is refused in both forms: a heading of level 1 or 2 at the top level,
//! a fence or an HTML block or comment that is never closed, a line of a top-level quote that begins with
//! `choice:` and has an arrow but is not one of the choices, and nesting beyond [`limits::MAX_NESTING`].

mod body;
mod elements;
mod front_matter;
mod head;
pub mod limits;
mod outline;
mod parse;
mod print;
mod slug;
mod yaml;

pub(crate) use body::{check_body_structure, normalise_body};
pub use elements::{Check, CheckKind, Command, Task, checks, commands, tasks};
pub use front_matter::{FrontMatterSource, is_flow_form, split_front_matter};
pub(crate) use head::check_front_matter;
pub use head::front_matter_values;
pub use parse::parse;
pub use print::print;
pub(crate) use print::print_parts;
pub(crate) use slug::Slugs;

#[cfg(test)]
mod round_trip_tests;
#[cfg(test)]
mod tests;
