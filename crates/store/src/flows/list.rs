//! The library: an account's flows in several orders, and the tags they carry.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use resolutionflow_core::flow::FlowParts;
use resolutionflow_core::id::{AccountId, FlowId, UserId};
use serde::{Deserialize, Serialize};

use super::{COLUMNS, Flow, WITH_USES};
use crate::db::{Parameter, Tx};
use crate::sql::{Narrowed, at_least_none, contains, placeholders, search_key};
use crate::{Error, Result};

/// In which order flows are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The last made first.
    #[default]
    Newest,
    /// The one whose session was made last first; what was never used comes at the end.
    RecentlyUsed,
    /// By title, whether in capitals or not.
    Title,
}

/// What a list of flows is narrowed to, and its order.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Words in title, tags, description or steps.
    pub text: Option<String>,
    /// Tags that they carry, all of them.
    pub tags: Vec<String>,
    /// Who made them.
    pub created_by_id: Option<UserId>,
    /// The order.
    pub sort: Sort,
}

/// A place in a list of flows: right behind one of them, as it was when it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cursor {
    /// In [`Sort::Newest`].
    Newest(FlowId),
    /// In [`Sort::RecentlyUsed`].
    RecentlyUsed(Option<DateTime<Utc>>, FlowId),
    /// In [`Sort::Title`], the title in any case.
    Title(String, FlowId),
}

impl Cursor {
    /// The place behind this flow.
    pub fn behind(flow: &Flow, sort: Sort) -> Self {
        match sort {
            Sort::Newest => Self::Newest(flow.id),
            Sort::RecentlyUsed => Self::RecentlyUsed(flow.last_used_at, flow.id),
            Sort::Title => Self::Title(flow.title.clone(), flow.id),
        }
    }
}

/// The flows that fit, from after a place on. A place in another order than the filter's is the beginning.
pub async fn list(
    tx: &mut Tx,
    account: AccountId,
    filter: &Filter,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Flow>> {
    let text = filter.text.as_deref().map(|text| contains(text.trim()));
    let tag = |tag: &String| contains(&format!("\n{}\n", tag.trim().to_lowercase()));
    let tags: Vec<_> = filter.tags.iter().map(tag).collect();
    let limit = at_least_none(limit);
    let (used_at, title_key);
    // SQLite takes the order of the tables as it stands.
    let tables = match filter.sort {
        Sort::RecentlyUsed => "flow_uses u CROSS JOIN flows f",
        Sort::Newest | Sort::Title => "flows f CROSS JOIN flow_uses u",
    };
    let mut query = Narrowed::new(
        format!("SELECT {COLUMNS} FROM {tables} WHERE {WITH_USES}"),
        &account,
    );
    if let Some(text) = &text {
        query.with(" AND f.search LIKE ? ESCAPE '!'", text);
    }
    for tag in &tags {
        query.with(" AND f.tags LIKE ? ESCAPE '!'", tag);
    }
    if let Some(user) = &filter.created_by_id {
        query.with(" AND f.created_by_id = ?", user);
    }
    match (filter.sort, after) {
        (Sort::Newest, Some(Cursor::Newest(id))) => query.with(" AND f.id < ?", id),
        (Sort::RecentlyUsed, Some(Cursor::RecentlyUsed(at, id))) => {
            used_at = at.unwrap_or_default();
            query.with(" AND (u.last_used_at, u.flow_id) < (?", &used_at);
            query.with(", ?)", id);
        }
        (Sort::Title, Some(Cursor::Title(title, id))) => {
            title_key = search_key(title);
            query.with(" AND (f.title_key, f.id) > (?", &title_key);
            query.with(", ?)", id);
        }
        _ => {}
    }
    query.sql.push_str(match filter.sort {
        Sort::Newest => " ORDER BY f.id DESC",
        Sort::RecentlyUsed => " ORDER BY u.last_used_at DESC, u.flow_id DESC",
        Sort::Title => " ORDER BY f.title_key, f.id",
    });
    query.with(" LIMIT ?", &limit);
    tx.all(&query.sql, &query.parameters).await
}

/// The newest documents of these flows, or their drafts where none is published, as parts that were checked when
/// they were kept.
pub async fn documents(
    tx: &mut Tx,
    account: AccountId,
    flows: &[FlowId],
) -> Result<HashMap<FlowId, FlowParts>> {
    let mut found = HashMap::with_capacity(flows.len());
    for chunk in flows.chunks(100) {
        let mut parameters: Vec<&dyn Parameter> = vec![&account];
        parameters.extend(chunk.iter().map(|flow| flow as &dyn Parameter));
        let sql = format!(
            "SELECT f.id, COALESCE(v.document, f.draft) FROM flows f \
             LEFT JOIN flow_versions v ON v.account_id = f.account_id AND v.flow_id = f.id \
                 AND v.version = f.latest_version \
             WHERE f.account_id = $1 AND f.id IN ({})",
            placeholders(2, chunk.len())
        );
        let rows: Vec<(FlowId, Option<String>)> = tx.all(&sql, &parameters).await?;
        for (flow, json) in rows {
            let Some(json) = json else { continue };
            let parts = serde_json::from_str(&json).map_err(|_| Error::corrupt("a flow document"))?;
            found.insert(flow, parts);
        }
    }
    Ok(found)
}
