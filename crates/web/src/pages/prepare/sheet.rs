//! What the form shows over what stands: what was typed, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use resolutionflow_core::field::web_address;
use resolutionflow_core::problem::{Place, Problem};
use resolutionflow_core::ticket::Offer;
use resolutionflow_core::variable::Outline;

use super::base::Base;
use super::words;
use super::written::{Detail, Written};
use crate::error::{Error, Result};
use crate::pages::refusal::Refusal;
use crate::pages::runner::refused::Fault;
use crate::pages::runner::variables::Texts;

/// A value that was not filled in, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages) struct Left {
    pub name: String,
    pub value: String,
    pub why: String,
}

/// What is shown over what stands.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// What differs from what the form showed first, by the key of the variable.
    pub texts: Texts,
    /// What is wrong with variables.
    pub faults: BTreeMap<String, Fault>,
    /// The variables of which a wrong value is to be kept.
    pub keep: BTreeSet<String>,
    /// What differs from what the form showed first.
    pub details: BTreeMap<Detail, String>,
    /// What is wrong with details.
    pub wrong: BTreeMap<Detail, String>,
    pub offset: String,
    /// Why nothing was saved, where no single value is at fault.
    pub failed: Option<String>,
    /// Whether it was sent to be saved, and was not.
    pub is_refused: bool,
    /// Whether it was sent before at all.
    pub is_again: bool,
    /// What was just filled in, and from where.
    pub news: Option<String>,
    pub left: Vec<Left>,
    /// The text of a ticket.
    pub ticket: String,
    /// What it offers, once somebody asked.
    pub offers: Option<Vec<Offer>>,
    /// For whom the session is, as the form says it.
    pub client: String,
}

impl Sheet {
    /// What was sent, with what is wrong with it.
    pub(super) fn of(base: &Base, written: &Written) -> Self {
        let (texts, faults) = written.values.changes(&base.version.outline);
        let details = written.changed();
        let mut wrong = BTreeMap::new();
        if let Err(why) = written.due() {
            wrong.insert(Detail::Due, why.to_owned());
        }
        if let Some(chosen) = details.get(&Detail::AssignedTo) {
            let is_there = base
                .people
                .iter()
                .any(|member| member.user_id.to_string() == *chosen);
            if !chosen.is_empty() && !is_there {
                wrong.insert(Detail::AssignedTo, words::BAD_PERSON.to_owned());
            }
        }
        let url = details.get(&Detail::TicketUrl).map_or("", |url| url.trim());
        if let Err(why) = web_address(url)
            && !url.is_empty()
        {
            wrong.insert(Detail::TicketUrl, words::bad_url(&why));
        }
        let client = written.detail(Detail::Client);
        Self {
            texts,
            faults: faults
                .into_iter()
                .map(|fault| (fault.key.clone(), fault))
                .collect(),
            keep: written.values.keep.clone(),
            details,
            wrong,
            offset: written.offset.clone(),
            left: strays(written),
            ticket: written.ticket.clone(),
            client: client.map_or_else(|| base.detail(Detail::Client), str::to_owned),
            is_again: true,
            ..Self::default()
        }
    }

    /// Whether something is wrong with it already.
    pub(super) fn is_faulty(&self) -> bool {
        !self.faults.is_empty() || !self.wrong.is_empty() || self.failed.is_some()
    }

    /// What a variable shows.
    pub(super) fn text<'s>(&'s self, base: &'s Base, key: &str) -> &'s str {
        match self.texts.get(key) {
            Some((text, _)) => text,
            None => base.value(key),
        }
    }

    /// How many variables show something.
    pub(super) fn filled(&self, base: &Base) -> usize {
        let shown = base.version.outline.variables();
        shown.filter(|(key, _)| !self.text(base, key).is_empty()).count()
    }

    /// Takes in what was refused; what leaves no form to come back to stays an error.
    pub(super) fn refuse(&mut self, outline: &Outline, error: Error) -> Result<Refusal> {
        let refusal = Refusal::of(error)?;
        for problem in refusal.problems() {
            self.note(outline, problem);
        }
        self.failed = match refusal.error() {
            Error::Unprocessable(_) => self.failed.take(),
            Error::IdempotencyKeyReused => Some(words::SENT_BEFORE.to_owned()),
            Error::PreconditionFailed { .. } => Some(words::CHANGED.to_owned()),
            _ => Some(refusal.text()),
        };
        Ok(refusal)
    }

    /// Puts a problem beside what it is about.
    fn note(&mut self, outline: &Outline, problem: &Problem) {
        let pointer = match &problem.place {
            Place::Pointer { pointer } => pointer.as_str(),
            Place::Text { .. } => "",
        };
        let variable = pointer.strip_prefix("/variables/").unwrap_or_default();
        if let Some((key, _)) = outline.variable(variable) {
            let fault = Fault {
                key: key.clone(),
                why: problem.detail.clone(),
                keepable: false,
            };
            self.faults.insert(key, fault);
        } else if let Some(detail) = Detail::of_pointer(pointer) {
            self.wrong.insert(detail, problem.detail.clone());
        } else {
            self.failed = Some(problem.detail.clone());
        }
    }
}

/// What was typed for variables that the flow does not have.
pub(in crate::pages) fn strays(written: &Written) -> Vec<Left> {
    let strays = written.strays.iter().map(|(name, value)| Left {
        name: name.clone(),
        value: value.clone(),
        why: words::UNKNOWN.to_owned(),
    });
    strays.collect()
}
