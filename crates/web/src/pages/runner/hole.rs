//! How the runner writes what stands in a text: prompts and values, what surrounds commands, the boxes of tasks.

use std::collections::BTreeSet;
use std::fmt::Write;

use maud::{Markup, html};
use resolutionflow_core::render::{Command, CommandBlock, Context, Hole, Unset, Writer};
use resolutionflow_core::variable::Known;

use super::control::{Control, is_unlabelled, kind};
use super::scene::{Scene, is_required, label};
use crate::pages::words::runner as words;

/// Writes the texts of a step.
pub(super) struct Holes<'a> {
    pub scene: &'a Scene<'a>,
    /// What the ids of this text begin with, unique on the page.
    pub place: String,
    /// Whether values stand in prompts where that is asked for, or were refused.
    pub is_current: bool,
    /// The form that the boxes belong to.
    pub form: Option<&'a str>,
    /// The blocks of code of this text, where their titles are known.
    pub commands: &'a [Command],
    /// The items that people ticked.
    pub ticked: Option<&'a BTreeSet<u16>>,
    /// The items that people may tick; collected while the text is written.
    pub boxes: Vec<usize>,
    /// The variables of which a refused text was brought back.
    brought: BTreeSet<&'a str>,
    /// Whether a prompt took the focus.
    is_focused: bool,
    /// Where the block of code that is being written begins.
    block: usize,
}

impl<'a> Holes<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, place: String) -> Self {
        Self {
            scene,
            place,
            is_current: false,
            form: None,
            commands: &[],
            ticked: None,
            boxes: Vec::new(),
            brought: BTreeSet::new(),
            is_focused: false,
            block: 0,
        }
    }

    /// The control of a hole, where one stands: for an unset variable, one that is edited, and one whose text was
    /// refused, which its first hole brings back.
    fn control(&mut self, key: &str, known: &Known, is_set: bool, id: &str) -> Option<Markup> {
        let scene = self.scene;
        if !scene.rights.fill {
            return None;
        }
        let refused = scene.view.refused.as_ref().filter(|_| self.is_current);
        if let Some((key, typed)) = refused.and_then(|refused| refused.prompt(key))
            && self.brought.insert(key)
        {
            let control = Control {
                key,
                known,
                text: &typed.text,
                bad: typed.is_bad,
            };
            let focus = !std::mem::replace(&mut self.is_focused, true);
            return Some(control.prompt(id, focus));
        }
        let is_edited = self.is_current && scene.editing() == Some(key);
        if is_set && !is_edited {
            return None;
        }
        let control = Control {
            key,
            known,
            text: scene.value(key).unwrap_or_default(),
            bad: false,
        };
        let focus = is_edited && !std::mem::replace(&mut self.is_focused, true);
        Some(control.prompt(id, focus))
    }

    fn value(&self, key: &str, known: &Known, value: &str, is_control: bool) -> Markup {
        let text = if value.is_empty() { words::EMPTY } else { value };
        let class = match (value.is_empty(), self.scene.is_invalid(key)) {
            (true, _) => "value empty",
            (false, true) => "value kept-invalid",
            (false, false) => "value",
        };
        html! {
            @if is_control {
                button class=(class) type="submit" form="edit" name="edit" value=(known.name) dir="auto"
                    aria-label=(words::value_label(label(known), text)) { (text) }
            } @else {
                span class=(class) dir="auto" { (text) }
            }
        }
    }
}

impl Writer for Holes<'_> {
    fn hole(&mut self, hole: &Hole<'_>, value: Option<&str>, out: &mut String) {
        let scene = self.scene;
        let key = hole.variable.key.as_str();
        let Some(known) = scene.known(key) else { return };
        let (id, in_link) = (
            format!("hole-{}-{}", self.place, hole.number),
            hole.context == Context::LinkText,
        );
        let control = if in_link {
            None
        } else {
            self.control(key, known, value.is_some(), &id)
        };
        let content = match (control, value) {
            (Some(control), _) => control,
            // The link itself shows what is set, and who may not fill sees there what is missing.
            (None, _) if hole.context == Context::AfterLink => return,
            (None, Some(value)) => self.value(key, known, value, scene.rights.fill && !in_link),
            (None, None) if in_link => html! { span class="unset" { (label(known)) } },
            (None, None) => {
                html! { span class="prompt-label" title=(scene.only_others()) { (label(known)) } }
            }
        };
        let hole = html! {
            span class="hole" id=(id) data-var=(key) data-source=(hole.variable.source) data-required[is_required(known)]
                data-label=[is_unlabelled(kind(known)).then(|| label(known))] {
                (content)
            }
        };
        out.push_str(&hole.0);
    }

    fn command_open(&mut self, command: &CommandBlock<'_>, out: &mut String) {
        let missing = command
            .variables
            .iter()
            .filter(|key| self.scene.value(key).is_none())
            .count();
        let title = self
            .commands
            .get(command.number)
            .and_then(|command| command.title.as_ref());
        let title = title.map(|title| {
            let mut text = String::new();
            title.text(&self.scene.shown(), Unset::Placeholder, &mut text);
            text
        });
        let caption = html! {
            figcaption {
                span { (words::language(command.language)) }
                @if let Some(title) = title { span class="command-title" dir="auto" { (title) } }
                @if missing > 0 { span class="missing" { (words::missing(missing)) } }
                button type="button" class="button small needs-js" data-action="copy" { (words::COPY) }
            }
        };
        let _ = write!(
            out,
            "<figure class=\"command\" id=\"command-{}-{}\" data-language=\"{}\">",
            self.place, command.number, command.language
        );
        out.push_str(&caption.0);
        self.block = out.len();
    }

    fn command_close(&mut self, _: &CommandBlock<'_>, out: &mut String) {
        // Long lines scroll inside, also by keys.
        if out[self.block..].starts_with("<pre>") {
            out.insert_str(self.block + "<pre".len(), " tabindex=\"0\"");
        }
        out.push_str("</figure>");
    }

    fn task(&mut self, number: usize, is_done: bool, out: &mut String) {
        let ticked =
            u16::try_from(number).is_ok_and(|item| self.ticked.is_some_and(|ticked| ticked.contains(&item)));
        // What the author ticked stays ticked: nobody here did it.
        let may = self.form.is_some() && !is_done;
        if may {
            self.boxes.push(number);
        }
        let form = self.form.filter(|_| may);
        let task = html! {
            input class="task-box" type="checkbox" data-task=(number) name="check" value=(number) form=[form]
                checked[is_done || ticked] disabled[!may] aria-label=(words::TICK);
        };
        out.push_str(&task.0);
    }
}
