//! Controls of variables, by the type of their field: as prompts in the text, and in the panel.

use maud::{Markup, html};
use resolutionflow_core::field::{Field, FieldType};
use resolutionflow_core::variable::Known;

use super::scene::{is_required, label};
use crate::pages::words::runner as words;

/// The narrowest prompt, in characters.
const NARROW: usize = 12;

/// The name of a type in the page, as in a flow document.
pub(super) const fn kind_name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text => "text",
        FieldType::LongText => "long_text",
        FieldType::Number => "number",
        FieldType::Boolean => "boolean",
        FieldType::Date => "date",
        FieldType::Datetime => "datetime",
        FieldType::Select => "select",
        FieldType::MultiSelect => "multi_select",
        FieldType::Email => "email",
        FieldType::Url => "url",
        FieldType::Hostname => "hostname",
        FieldType::Fqdn => "fqdn",
        FieldType::Ip => "ip",
        FieldType::Cidr => "cidr",
        FieldType::Mac => "mac",
        FieldType::Port => "port",
    }
}

/// The type of a variable; one that only the text mentions is a line of text.
pub(in crate::pages) fn kind(known: &Known) -> FieldType {
    known
        .field
        .as_ref()
        .map_or(FieldType::Text, |field| field.field_type)
}

/// Whether the prompt of a type has no room for its label: a browser's own control for dates and times shows its
/// pattern there.
pub(in crate::pages) const fn is_unlabelled(kind: FieldType) -> bool {
    matches!(kind, FieldType::Date | FieldType::Datetime)
}

/// A control that is drawn.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Control<'a> {
    /// The variable's key.
    pub key: &'a str,
    /// What the flow says of it.
    pub known: &'a Known,
    /// What stands in it.
    pub text: &'a str,
    /// Whether that was refused.
    pub bad: bool,
}

impl Control<'_> {
    fn options(&self) -> &[String] {
        self.known.field.as_ref().map_or(&[], |field| &field.options)
    }

    fn described_by(&self) -> Option<String> {
        let help = self
            .known
            .field
            .as_ref()
            .is_some_and(|field| !field.help.is_empty());
        match (help, self.bad) {
            (false, false) => None,
            (true, false) => Some(format!("help-{}", self.key)),
            (false, true) => Some(format!("error-{}", self.key)),
            (true, true) => Some(format!("error-{0} help-{0}", self.key)),
        }
    }

    fn invalid(&self) -> Option<&'static str> {
        self.bad.then_some("true")
    }

    /// The control in the text; `hole` is the id of what stands around it. Only the first one of an edited
    /// variable takes the focus.
    pub(super) fn prompt(&self, hole: &str, focus: bool) -> Markup {
        let (name, label, required) = (
            self.known.name.as_str(),
            label(self.known),
            is_required(self.known),
        );
        let spoken = if required {
            words::required(label)
        } else {
            label.to_owned()
        };
        let class = match (required, self.bad) {
            (true, false) => "prompt",
            (false, false) => "prompt optional",
            (true, true) => "prompt bad",
            (false, true) => "prompt optional bad",
        };
        match kind(self.known) {
            FieldType::LongText | FieldType::MultiSelect => html! {
                button class=(class) type="button" aria-label=(spoken) aria-haspopup="dialog" { (label) }
            },
            FieldType::Boolean => html! {
                span class="segment" role="radiogroup" aria-label=(spoken) {
                    span class="segment-label" aria-hidden="true" { (label) }
                    (self.radios(&format!("fill:{name}:{hole}"), Some("fill"), false))
                }
            },
            FieldType::Select => html! {
                select class=(class) form="fill" name={ "fill:" (name) } aria-label=(spoken)
                    aria-required=[required.then_some("true")] aria-invalid=[self.invalid()]
                    aria-describedby=[self.described_by()] autofocus[focus] {
                    option value="" { (label) }
                    (self.choices())
                }
            },
            kind => html! {
                input class=(class) form="fill" name={ "fill:" (name) } type=(input_type(kind, self.text))
                    inputmode=[input_mode(kind)] placeholder=(label) size=(NARROW.max(label.chars().count() + 1))
                    value=(self.text) dir="auto" aria-label=(spoken) aria-required=[required.then_some("true")]
                    aria-invalid=[self.invalid()] aria-describedby=[self.described_by()] autocomplete="off"
                    spellcheck="false" autocapitalize="off" autofocus[focus];
            },
        }
    }

    /// The control in the panel; who may not fill reads and copies it.
    pub(in crate::pages) fn panel(&self, may_fill: bool) -> Markup {
        let name = format!("panel:{}", self.known.name);
        let id = format!("panel-{}", self.key);
        let described = self.described_by();
        match kind(self.known) {
            FieldType::Boolean => html! {
                fieldset id=(id) class="segment control control-segment" disabled[!may_fill]
                    aria-labelledby={ "label-" (self.key) } aria-describedby=[described] {
                    (self.radios(&name, None, !may_fill))
                }
            },
            FieldType::Select => html! {
                select id=(id) name=(name) class={ "control" (bad(self.bad)) } disabled[!may_fill]
                    aria-invalid=[self.invalid()] aria-describedby=[described] {
                    option value="" { (words::CHOOSE) }
                    (self.choices())
                }
            },
            FieldType::MultiSelect => html! {
                select id=(id) name=(name) class={ "control" (bad(self.bad)) } multiple disabled[!may_fill]
                    size=(self.options().len().clamp(2, 6)) aria-invalid=[self.invalid()] aria-describedby=[described] {
                    (self.choices())
                }
            },
            // A line break directly behind the tag would not count.
            FieldType::LongText => html! {
                textarea id=(id) name=(name) class={ "control" (bad(self.bad)) } dir="auto" spellcheck="false"
                    readonly[!may_fill] aria-invalid=[self.invalid()] aria-describedby=[described] {
                    "\n" (self.text)
                }
            },
            kind => html! {
                input id=(id) name=(name) class={ "control" (bad(self.bad)) } type=(input_type(kind, self.text))
                    inputmode=[input_mode(kind)] value=(self.text) dir="auto" readonly[!may_fill]
                    aria-invalid=[self.invalid()] aria-describedby=[described] autocomplete="off" spellcheck="false"
                    autocapitalize="off";
            },
        }
    }

    fn radios(&self, name: &str, form: Option<&str>, disabled: bool) -> Markup {
        html! {
            @for (value, label) in [("true", words::YES), ("false", words::NO)] {
                label {
                    input type="radio" name=(name) value=(value) form=[form] checked[self.text == value]
                        disabled[disabled];
                    span { (label) }
                }
            }
        }
    }

    fn choices(&self) -> Markup {
        choices(self.options(), self.text)
    }
}

/// The options of a field as elements, and what stands although it is none of them.
pub(in crate::pages) fn choices(options: &[String], text: &str) -> Markup {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    html! {
        @for option in options {
            option value=(option) selected[lines.contains(&option.as_str())] { (option) }
        }
        @for other in lines.iter().filter(|line| !options.iter().any(|option| option == *line)) {
            option value=(other) selected { (other) }
        }
    }
}

/// What stands under a control in the panel.
pub(in crate::pages) fn help(key: &str, field: Option<&Field>) -> Option<Markup> {
    let help = &field?.help;
    (!help.is_empty()).then(|| html! { p class="help" id={ "help-" (key) } { (help) } })
}

/// What a control of the panel is called; several radio buttons are no single control to point at.
pub(in crate::pages) fn heading(key: &str, known: &Known) -> Markup {
    let star = html! { @if is_required(known) { span class="star" aria-hidden="true" { "*" } } };
    html! {
        @if kind(known) == FieldType::Boolean {
            span class="label" id={ "label-" (key) } { (label(known)) (star) }
        } @else {
            label for={ "panel-" (key) } { (label(known)) (star) }
        }
    }
}

fn bad(bad: bool) -> &'static str {
    if bad { " bad" } else { "" }
}

/// The type of an input. A browser's own control for dates and times shows nothing for a text that it cannot hold,
/// such as a time with an offset; that stands in a line of text.
pub(in crate::pages) fn input_type(kind: FieldType, text: &str) -> &'static str {
    match kind {
        FieldType::Date if text.is_empty() || is_date(text) => "date",
        FieldType::Datetime if text.is_empty() || is_local_time(text) => "datetime-local",
        _ => "text",
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

fn is_local_time(text: &str) -> bool {
    let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    fraction <= 3
        && ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"]
            .iter()
            .any(|format| chrono::NaiveDateTime::parse_from_str(text, format).is_ok())
}

pub(in crate::pages) const fn input_mode(kind: FieldType) -> Option<&'static str> {
    match kind {
        FieldType::Number => Some("decimal"),
        FieldType::Port => Some("numeric"),
        FieldType::Email => Some("email"),
        FieldType::Url => Some("url"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_native_control_cannot_hold_stands_in_a_line_of_text() {
        let date = |text| input_type(FieldType::Date, text);
        assert_eq!(
            (date(""), date("2026-11-28"), date("28 Nov")),
            ("date", "date", "text")
        );
        let time = |text| input_type(FieldType::Datetime, text);
        for local in [
            "",
            "2026-11-28T20:00",
            "2026-11-28T20:00:00",
            "2026-11-28T20:00:00.125",
        ] {
            assert_eq!(time(local), "datetime-local", "{local}");
        }
        for other in [
            "2026-11-28T20:00:00Z",
            "2026-11-28T20:00:00+01:00",
            "2026-11-28T20:00:00.1234",
            "soon",
        ] {
            assert_eq!(time(other), "text", "{other}");
        }
    }
}
