//! What a ticket's text offers for the variables, for somebody to choose from. Nothing is filled by itself.

use maud::{Markup, html};
use resolutionflow_core::ticket::{self, How, MAX_TICKET, Offer};

use super::base::Base;
use super::sheet::Sheet;
use super::words;
use crate::pages::runner::scene::label;

/// How many characters of a line are shown.
const LINE: usize = 160;

/// What the text offers, as far as the visitor may fill it.
pub(super) fn offers(base: &Base, text: &str) -> Vec<Offer> {
    if base.rights.values {
        ticket::offers(text, &base.version.outline)
    } else {
        Vec::new()
    }
}

/// The text with the button to look through it, and what was found.
pub(super) fn draw(base: &Base, sheet: &Sheet) -> Markup {
    html! {
        details class="ticket-text" open[sheet.offers.is_some()] {
            summary class="button small" { (words::PASTE) }
            div class="field" {
                label for="ticket-text" { (words::TICKET_TEXT) }
                textarea class="control" id="ticket-text" name="text" rows="6" dir="auto" spellcheck="false"
                    aria-describedby="ticket-text-help" { "\n" (sheet.ticket) }
                p class="help" id="ticket-text-help" { (words::TICKET_TEXT_HELP) }
                div class="buttons" { (button(base, "look", words::LOOK)) }
            }
            @if let Some(offers) = &sheet.offers { (found(base, sheet, offers)) }
        }
    }
}

/// A button that does something on the form and saves nothing; with scripts only the variables are drawn anew.
fn button(base: &Base, wish: &str, word: &str) -> Markup {
    html! {
        button class="button small" name="do" value=(wish) formaction=(base.address()) hx-post=(base.address())
            hx-target="#prepare-variables" hx-select="#prepare-variables" hx-swap="outerHTML" { (word) }
    }
}

fn found(base: &Base, sheet: &Sheet, offers: &[Offer]) -> Markup {
    html! {
        div class="offers" id="offers" tabindex="-1" autofocus role="group" aria-label=(words::PASTE) {
            @if sheet.ticket.len() > MAX_TICKET { p class="help" { (words::LONG_TEXT) } }
            @if offers.is_empty() {
                p class="help" { (words::NO_OFFERS) }
            } @else {
                @for offer in offers { (choices(base, sheet, offer)) }
                div class="buttons" { (button(base, "fill", words::FILL)) }
            }
        }
    }
}

/// The candidates of one variable. The likeliest is chosen ahead only where a line named it, it fits, and nothing
/// stands in the field yet.
fn choices(base: &Base, sheet: &Sheet, offer: &Offer) -> Markup {
    let Some((key, known)) = base.version.outline.variable(offer.name.as_str()) else {
        return Markup::default();
    };
    let name = format!("pick:{}", offer.name);
    let stands = sheet.text(base, &key);
    let likeliest = offer.candidates.first();
    let is_likely = stands.is_empty()
        && likeliest.is_some_and(|candidate| candidate.how == How::Named && candidate.problem.is_none());
    html! {
        fieldset class="offer" {
            legend { (label(known)) @if !stands.is_empty() { span class="faint" dir="auto" { (words::stands(stands)) } } }
            @for (at, candidate) in offer.candidates.iter().enumerate() {
                label class="check" {
                    input type="radio" name=(name) value=(candidate.value) checked[at == 0 && is_likely];
                    span {
                        code dir="auto" { (candidate.value) }
                        span class="help" dir="auto" { (words::line(candidate.line)) ": " (line(&sheet.ticket, candidate.line)) }
                        @if let Some(problem) = &candidate.problem { span class="error" { (words::wrong(problem)) } }
                    }
                }
            }
            label class="check" {
                input type="radio" name=(name) value="" checked[!is_likely]; span { (words::LEAVE) }
            }
        }
    }
}

/// A line of the text, not longer than can be read at once.
fn line(text: &str, number: usize) -> String {
    let line = text.lines().nth(number - 1).unwrap_or_default().trim();
    match line.char_indices().nth(LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
