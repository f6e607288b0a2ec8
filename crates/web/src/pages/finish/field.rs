//! A missing value, filled in the completion dialog.

use maud::{Markup, html};
use resolutionflow_core::field::{Field, FieldType};
use resolutionflow_core::variable::Known;

use super::words;
use crate::pages::runner::control;

/// What a control shows.
pub(super) struct Control<'a> {
    pub key: &'a str,
    pub known: &'a Known,
    pub text: &'a str,
    /// The version that stands, so that nothing newer is overwritten unseen.
    pub seen: i64,
    pub wrong: Option<&'a str>,
    /// Whether typing begins here.
    pub focus: bool,
}

/// The variable with its control, its help, and what is wrong with it.
pub(super) fn draw(control: &Control<'_>) -> Markup {
    let (key, name) = (control.key, control.known.name.as_str());
    let field = control.known.field.as_ref();
    let help = field
        .map(|field| field.help.as_str())
        .filter(|help| !help.is_empty());
    html! {
        div class={ "field" @if control.wrong.is_some() { " bad" } } {
            label for={ "finish-" (key) } id={ "finish-label-" (key) } {
                (field.map_or(name, Field::label))
                @if field.is_some_and(|field| field.required) { span class="star" aria-hidden="true" { "*" } }
            }
            input type="hidden" name={ "seen:" (name) } value=(control.seen);
            (input(control))
            @if let Some(wrong) = control.wrong {
                p class="error" id={ "finish-error-" (key) } { (words::wrong(wrong)) }
            }
            @if let Some(help) = help { p class="help" id={ "finish-help-" (key) } { (help) } }
        }
    }
}

fn input(shown: &Control<'_>) -> Markup {
    let (key, text) = (shown.key, shown.text);
    let field = shown.known.field.as_ref();
    let kind = field.map_or(FieldType::Text, |field| field.field_type);
    let options = field.map_or(&[][..], |field| &field.options);
    let (id, name) = (format!("finish-{key}"), format!("fill:{}", shown.known.name));
    let required = field.is_some_and(|field| field.required).then_some("true");
    let invalid = shown.wrong.map(|_| "true");
    let has_help = field.is_some_and(|field| !field.help.is_empty());
    let described = match (shown.wrong.is_some(), has_help) {
        (false, false) => None,
        (true, false) => Some(format!("finish-error-{key}")),
        (false, true) => Some(format!("finish-help-{key}")),
        (true, true) => Some(format!("finish-error-{key} finish-help-{key}")),
    };
    match kind {
        FieldType::Boolean => html! {
            div class="segment" id=(id) role="radiogroup" aria-labelledby={ "finish-label-" (key) }
                aria-describedby=[described] {
                @for (value, label) in [("true", words::YES), ("false", words::NO)] {
                    label { input type="radio" name=(name) value=(value) checked[text == value]; span { (label) } }
                }
            }
        },
        FieldType::Select => html! {
            select class="control" id=(id) name=(name) aria-required=[required] aria-invalid=[invalid]
                aria-describedby=[described] autofocus[shown.focus] {
                option value="" { (words::CHOOSE) }
                (control::choices(options, text))
            }
        },
        FieldType::MultiSelect => html! {
            select class="control" id=(id) name=(name) multiple size=(options.len().clamp(2, 6))
                aria-required=[required] aria-invalid=[invalid] aria-describedby=[described] autofocus[shown.focus] {
                (control::choices(options, text))
            }
        },
        FieldType::LongText => html! {
            textarea class="control" id=(id) name=(name) dir="auto" spellcheck="false" placeholder=" "
                aria-required=[required] aria-invalid=[invalid] aria-describedby=[described] autofocus[shown.focus] {
                "\n" (text)
            }
        },
        kind => html! {
            input class="control" id=(id) name=(name) type=(control::input_type(kind, text))
                inputmode=[control::input_mode(kind)] required[control::is_unlabelled(kind)] value=(text) placeholder=" " dir="auto" autocomplete="off" spellcheck="false" autocapitalize="off"
                aria-required=[required] aria-invalid=[invalid] aria-describedby=[described] autofocus[shown.focus];
        },
    }
}
