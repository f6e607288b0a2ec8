//! Variables: the values of a session, and what the rules must know of a flow version to judge them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::field::{Field, FieldName, Invalid, accept_text, keepable};
use crate::flow::FlowDocument;
use crate::id::UserId;
use crate::placeholder;
use crate::render::Values;
use crate::step::{Choice, StepId};

/// One value in a session. A variable that nobody ever set has no such record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name in lower case.
    pub key: String,
    /// The value; `None` when it was set once and is unset again.
    pub value: Option<String>,
    /// Whether the value fits its field; `false` only for one that was kept on purpose.
    pub valid: bool,
    /// Counts the writes to this variable, from 1.
    pub version: i64,
    /// Who wrote it last.
    pub set_by_id: UserId,
    /// When.
    pub set_at: DateTime<Utc>,
}

/// All variables of a session by key.
pub type Variables = BTreeMap<String, Variable>;

/// A variable that a flow version knows: declared as a field, or only mentioned in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The spelling that people read.
    pub name: FieldName,
    /// The declaration, if there is one.
    pub field: Option<Field>,
}

impl Known {
    /// Validates and normalises a value.
    pub fn accept(&self, text: &str) -> Result<String, Invalid> {
        match &self.field {
            Some(field) => field.accept(text),
            None => accept_text(text),
        }
    }

    /// What shows while nothing is set.
    pub fn default(&self) -> Option<&str> {
        self.field.as_ref().and_then(|field| field.default.as_deref())
    }

    fn required(&self) -> bool {
        self.field.as_ref().is_some_and(|field| field.required)
    }
}

/// A step as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineStep {
    /// Its identifier.
    pub id: StepId,
    /// How many checkable items its body has.
    pub items: usize,
    /// Where it leads, when it branches.
    pub choices: Vec<Choice>,
}

/// What the rules must know of a flow version; made once for each and shared.
#[derive(Clone, Debug)]
pub struct Outline {
    variables: BTreeMap<String, Known>,
    /// Keys in the order a person reads them: fields first, then what only the text mentions.
    order: Vec<String>,
    steps: Vec<OutlineStep>,
}

impl Outline {
    /// Reads a document; `items` tells how many checkable items a step's body has.
    pub fn of(document: &FlowDocument, items: impl Fn(&StepId) -> usize) -> Self {
        let mut variables = BTreeMap::new();
        let mut order = Vec::new();
        for field in document.fields() {
            let key = field.name.key();
            variables.insert(
                key.clone(),
                Known {
                    name: field.name.clone(),
                    field: Some(field.clone()),
                },
            );
            order.push(key);
        }
        for (key, mention) in placeholder::names(document) {
            if !variables.contains_key(&key) {
                variables.insert(
                    key.clone(),
                    Known {
                        name: mention.name,
                        field: None,
                    },
                );
                order.push(key);
            }
        }
        let steps = document
            .steps()
            .map(|(_, step)| OutlineStep {
                id: step.id.clone(),
                items: items(&step.id),
                choices: step.choices.clone(),
            })
            .collect();
        Self {
            variables,
            order,
            steps,
        }
    }

    /// The variable of that name in any case, with its key.
    pub fn variable(&self, name: &str) -> Option<(String, &Known)> {
        let key = name.to_ascii_lowercase();
        self.variables.get(&key).map(|known| (key, known))
    }

    /// Every variable in the order a person reads them.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Known)> {
        self.order.iter().map(|key| (key.as_str(), &self.variables[key]))
    }

    /// What is known of every variable, to be changed; names stay.
    pub(crate) fn known_mut(&mut self) -> impl Iterator<Item = &mut Known> {
        self.variables.values_mut()
    }

    /// The steps in order.
    pub fn steps(&self) -> &[OutlineStep] {
        &self.steps
    }

    /// The step of that id.
    pub fn step(&self, id: &str) -> Option<&OutlineStep> {
        self.steps.iter().find(|step| step.id.as_str() == id)
    }

    /// What shows for a variable: its value, else the field's default, else nothing.
    pub fn shown<'a>(&'a self, key: &str, values: &'a Variables) -> Option<&'a str> {
        values
            .get(key)
            .and_then(|variable| variable.value.as_deref())
            .or_else(|| self.variables.get(key).and_then(Known::default))
    }

    /// The required variables for which nothing shows, in order.
    pub fn missing_required<'a>(&'a self, values: &'a Variables) -> impl Iterator<Item = &'a FieldName> {
        self.variables()
            .filter(|(key, known)| known.required() && self.shown(key, values).is_none_or(str::is_empty))
            .map(|(_, known)| &known.name)
    }

    /// The variables whose value was kept although it does not fit, in order.
    pub fn invalid<'a>(&'a self, values: &'a Variables) -> impl Iterator<Item = &'a FieldName> {
        self.variables()
            .filter(|(key, _)| {
                values
                    .get(*key)
                    .is_some_and(|variable| variable.value.is_some() && !variable.valid)
            })
            .map(|(_, known)| &known.name)
    }

    /// How many variables show something.
    pub fn filled(&self, values: &Variables) -> usize {
        self.order
            .iter()
            .filter(|key| self.shown(key, values).is_some_and(|value| !value.is_empty()))
            .count()
    }
}

/// What shows for each variable of a session: its value, else the field's default.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// What the version knows.
    pub outline: &'a Outline,
    /// What is set.
    pub variables: &'a Variables,
}

impl Values for Shown<'_> {
    fn value(&self, key: &str) -> Option<&str> {
        self.outline.shown(key, self.variables)
    }
}

/// Judges a value: its normal form and whether it fits. One that does not fit is kept only on request.
pub(crate) fn judge(known: &Known, text: &str, keep_invalid: bool) -> Result<(String, bool), Invalid> {
    match known.accept(text) {
        Ok(value) => Ok((value, true)),
        Err(_) if keep_invalid => keepable(text).map(|()| (text.to_owned(), false)),
        Err(invalid) => Err(invalid),
    }
}
