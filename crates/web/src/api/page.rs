//! Lists in pages: an opaque cursor names the last thing seen, so nothing is skipped or shown twice while others
//! add to the list.

use chrono::DateTime;
use data_encoding::BASE64URL_NOPAD;
use resolutionflow_core::id::Id;
use resolutionflow_store::sessions::Due;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::context::App;
use crate::error::{Error, Result};

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// How many items at most; 50 unless said, and never more than the server's own limit.
    #[param(minimum = 1, example = 50)]
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// How many items a page has.
pub fn limit(app: &App, asked: Option<i64>) -> Result<i64> {
    let most = i64::try_from(app.settings.limits.page).unwrap_or(i64::MAX);
    match asked {
        None => Ok(most.min(50)),
        Some(asked) if asked < 1 => Err(wrong("limit", "must be 1 or more")),
        Some(asked) => Ok(asked.min(most)),
    }
}

/// Reads the cursor of a list that is ordered by ids.
pub fn id_cursor<K>(cursor: Option<&str>) -> Result<Option<Id<K>>> {
    cursor
        .map(|cursor| {
            read(cursor)
                .and_then(|bytes| Uuid::from_slice(&bytes).ok())
                .map(Id::from_uuid)
        })
        .map(|id| id.ok_or_else(|| wrong("cursor", "is not one that this list gave out")))
        .transpose()
}

/// Reads the cursor of a list that is ordered by numbers.
pub fn number_cursor(cursor: Option<&str>) -> Result<Option<i64>> {
    cursor
        .map(|cursor| {
            read(cursor)
                .and_then(|bytes| bytes.try_into().ok())
                .map(i64::from_be_bytes)
        })
        .map(|number| number.ok_or_else(|| wrong("cursor", "is not one that this list gave out")))
        .transpose()
}

/// Reads the cursor of a list that is ordered by due time. It has another length than that of any other list.
pub fn due_cursor(cursor: Option<&str>) -> Result<Option<Due>> {
    let due = |bytes: Vec<u8>| {
        let (id, micros) = bytes.strip_prefix(DUE)?.split_at_checked(16)?;
        let at = match micros {
            [] => None,
            micros => Some(DateTime::from_timestamp_micros(i64::from_be_bytes(
                micros.try_into().ok()?,
            ))?),
        };
        let id = Id::from_uuid(Uuid::from_slice(id).ok()?);
        Some(Due { at, id })
    };
    cursor
        .map(|cursor| read(cursor).and_then(due))
        .map(|due| due.ok_or_else(|| wrong("cursor", "is not one that this list gave out")))
        .transpose()
}

/// Makes a page from up to `limit + 1` rows.
pub fn page<R, T>(
    mut rows: Vec<R>,
    limit: i64,
    cursor: impl Fn(&R) -> String,
    show: impl FnMut(R) -> T,
) -> Page<T> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    rows.truncate(most);
    let next_cursor = rows.last().filter(|_| more).map(cursor);
    Page {
        items: rows.into_iter().map(show).collect(),
        next_cursor,
    }
}

/// The cursor after a thing with this id.
pub fn after_id<K>(id: &Id<K>) -> String {
    BASE64URL_NOPAD.encode(id.uuid().as_bytes())
}

/// What the cursors of lists by due time begin with.
const DUE: &[u8] = b"d";

/// The cursor after a thing in a list by due time.
pub fn after_due(due: &Due) -> String {
    let mut bytes = [DUE, due.id.uuid().as_bytes()].concat();
    if let Some(at) = due.at {
        bytes.extend(at.timestamp_micros().to_be_bytes());
    }
    BASE64URL_NOPAD.encode(&bytes)
}

/// The cursor after a thing with this number.
pub fn after_number(number: i64) -> String {
    BASE64URL_NOPAD.encode(&number.to_be_bytes())
}

fn read(cursor: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()
}

/// What is wrong with a parameter of a list.
pub fn wrong(name: &str, detail: &str) -> Error {
    Error::UnprocessableParameter {
        name: name.to_owned(),
        detail: detail.to_owned(),
    }
}

/// The words that a list is searched for; no words are no filter.
pub fn search(name: &str, words: Option<String>) -> Result<Option<String>> {
    match words {
        Some(words) if words.len() > 200 => Err(wrong(name, "has more than 200 bytes")),
        other => Ok(other.filter(|words| !words.trim().is_empty())),
    }
}
