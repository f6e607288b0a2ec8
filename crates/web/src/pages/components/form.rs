//! What forms share: a labelled control with its help and what is wrong with it.

use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use crate::context::App;
use crate::pages::words::door as words;
use crate::request::IdempotencyKey;

/// The hidden key by which a form that is sent twice has one effect.
pub fn key(app: &App) -> Markup {
    let key = Uuid::from_bytes(app.random().bytes());
    html! { input type="hidden" name="key" value=(key); }
}

/// One line of a form.
#[derive(Clone, Copy, Default)]
pub struct Line<'a> {
    /// The name that is sent, and the id.
    pub name: &'a str,
    /// What people read.
    pub label: &'a str,
    /// `type` of the control.
    pub kind: &'a str,
    /// What stands in it.
    pub value: &'a str,
    /// What helps to fill it; may be empty.
    pub help: &'a str,
    /// What is wrong with it.
    pub error: Option<&'a str>,
    /// What browsers may fill in.
    pub autocomplete: &'a str,
    /// Whether it is where typing begins.
    pub focus: bool,
}

impl Line<'_> {
    /// The line.
    pub fn draw(&self) -> Markup {
        let (help_id, error_id) = (format!("{}-help", self.name), format!("{}-error", self.name));
        let described = match (self.help.is_empty(), self.error.is_some()) {
            (true, false) => None,
            (false, false) => Some(help_id.clone()),
            (true, true) => Some(error_id.clone()),
            (false, true) => Some(format!("{error_id} {help_id}")),
        };
        let control = html! {
            input class="control" id=(self.name) name=(self.name) type=(self.kind) value=(self.value) required
                autocomplete=(self.autocomplete) autofocus[self.focus] aria-describedby=[described]
                aria-invalid=[self.error.is_some().then_some("true")];
        };
        html! {
            div class={ "field" @if self.error.is_some() { " bad" } } {
                label for=(self.name) { (self.label) }
                @if self.kind == "password" {
                    div class="password" {
                        (control)
                        button class="needs-js" type="button" data-action="show-password"
                            aria-label=(words::SHOW_LABEL) { (words::SHOW) }
                    }
                } @else {
                    (control)
                }
                @if let Some(error) = self.error { p class="error" id=(error_id) { (error) } }
                @if !self.help.is_empty() { p class="help" id=(help_id) { (self.help) } }
            }
        }
    }
}

/// What every form that changes something sends: its hidden [`key`].
#[derive(Debug, Default, Deserialize)]
pub struct Keyed {
    #[serde(default)]
    key: String,
    #[serde(default)]
    from: String,
}

/// What a form in a list sends beside its key, so that who is refused comes back to a list.
pub const FROM_LIST: (&str, &str) = ("from", "list");

impl Keyed {
    /// The key by which a form that is sent twice has one effect.
    pub fn key(&self) -> Option<IdempotencyKey> {
        IdempotencyKey::parse(&self.key)
    }

    /// Whether the form stands in a list.
    pub fn is_from_list(&self) -> bool {
        self.from == FROM_LIST.1
    }
}
