//! Values from elsewhere: of a past session, and those that were chosen in a ticket's text.

use resolutionflow_core::id::SessionId;
use resolutionflow_store::{sessions, variables};

use super::base::Base;
use super::sheet::Left;
use super::words;
use super::written::Written;
use crate::auth::visitor::Visitor;
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::session;

/// What came of it: what to say, and what was not filled in.
pub(super) struct Copied {
    pub news: String,
    pub left: Vec<Left>,
}

/// Puts the values of a past session into what is empty; what does not fit is left out and named.
pub(super) async fn from_session(
    app: &App,
    visitor: &Visitor,
    base: &Base,
    written: &mut Written,
    id: SessionId,
) -> Result<Copied> {
    let account = visitor.caller.account_id;
    let (past, values) = app
        .read(move |tx| {
            Box::pin(async move {
                let past = sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                Ok((past, variables::all(tx, account, id).await?))
            })
        })
        .await?;
    let from = app
        .versions
        .get(&app.db, account, past.flow_id, past.flow_version)
        .await?;
    let outline = &base.version.outline;
    let (typed, _) = written.values.changes(outline);
    let (mut count, mut left) = (0, Vec::new());
    for (key, known) in from.outline.variables() {
        let Some(value) = values.get(key).and_then(|variable| variable.value.as_deref()) else {
            continue;
        };
        if value.is_empty() {
            continue;
        }
        let typed = typed.get(key).map(|(text, _)| text.as_str());
        let stands = base
            .variables
            .get(key)
            .and_then(|variable| variable.value.as_deref());
        let why = match (outline.variable(key), typed.or(stands)) {
            (None, _) => Some(words::UNKNOWN.to_owned()),
            (Some(_), Some(text)) if text == value => None,
            (Some(_), Some(text)) if !text.is_empty() => Some(words::UNCHANGED.to_owned()),
            (Some((_, now)), _) => match now.accept(value) {
                Ok(value) => {
                    written.put(outline, key, &value, false);
                    count += 1;
                    None
                }
                Err(why) => Some(why.to_string()),
            },
        };
        if let Some(why) = why {
            let (name, value) = (known.name.to_string(), value.to_owned());
            left.push(Left { name, value, why });
        }
    }
    let news = words::from_session(&session::number(past.number), count);
    Ok(Copied { news, left })
}

/// Puts what was chosen in a ticket into the fields.
pub(super) fn from_ticket(base: &Base, written: &mut Written) -> String {
    let outline = &base.version.outline;
    let picks = std::mem::take(&mut written.picks);
    let known = picks.iter().filter(|(name, _)| outline.variable(name).is_some());
    let mut count = 0;
    for (name, value) in known {
        written.put(outline, name, value, false);
        count += 1;
    }
    words::from_ticket(count)
}
