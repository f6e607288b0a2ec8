//! Flows: their head, their draft, and the published versions that never change.

use chrono::{DateTime, Utc};
use resolutionflow_core::flow::FlowDocument;
use resolutionflow_core::id::{AccountId, FlowId, UserId};
use resolutionflow_core::plan::Resource;

use crate::db::{Engine, FromRow, Row, Topic, Tx};
use crate::sql::{at_least_none, search_key};
use crate::{Error, Result, limits};

mod list;
mod tags;

pub use list::{Cursor, Filter, Sort, documents, list};
pub use tags::tags;

/// A flow without its documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Its identifier.
    pub id: FlowId,
    /// What the newest version is called, or the draft where none is published.
    pub title: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The newest published version; 0 when there is none.
    pub latest_version: i64,
    /// Whether there is a draft.
    pub has_draft: bool,
    /// How many steps it has.
    pub step_count: i64,
    /// How many fields it declares.
    pub field_count: i64,
    /// Who made it.
    pub created_by_id: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// How many sessions of it were started or prepared.
    pub used_count: i64,
    /// When the last of them was made.
    pub last_used_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "f.id, f.title, f.tags, f.latest_version, CASE WHEN f.draft IS NULL THEN 0 ELSE 1 END, \
    f.step_count, f.field_count, f.created_by_id, f.created_at, f.updated_at, u.used_count, u.last_used_at";

/// What joins a flow `f` of the account `$1` and its uses `u`.
const WITH_USES: &str = "f.account_id = $1 AND u.account_id = f.account_id AND u.flow_id = f.id";

impl FromRow for Flow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (tags, draft): (String, i64) = (row.get(2)?, row.get(4)?);
        let (used_count, last_used_at) = (row.get(10)?, row.get(11)?);
        Ok(Self {
            id: row.get(0)?,
            title: row.get(1)?,
            tags: one_by_one(&tags).map(str::to_owned).collect(),
            latest_version: row.get(3)?,
            has_draft: draft == 1,
            step_count: row.get(5)?,
            field_count: row.get(6)?,
            created_by_id: row.get(7)?,
            created_at: row.get(8)?,
            updated_at: row.get(9)?,
            used_count,
            // 1970 in the database, so that an index has a place for it.
            last_used_at: Some(last_used_at).filter(|_| used_count > 0),
        })
    }
}

/// The tags of a flow, as its row keeps them.
pub(crate) fn one_by_one(tags: &str) -> impl Iterator<Item = &str> {
    tags.lines().filter(|tag| !tag.is_empty())
}

/// What the head row says of a document.
struct Head {
    title: String,
    title_key: String,
    tags: String,
    search: String,
    steps: i64,
    fields: i64,
}

impl Head {
    fn of(document: &FlowDocument) -> Self {
        let parts = document.parts();
        // Each tag stands between line ends, so that one LIKE finds exactly it.
        let tags = parts
            .tags
            .iter()
            .fold(String::from("\n"), |tags, tag| tags + tag + "\n");
        let title_key = search_key(&parts.title);
        let mut search = title_key.clone();
        for text in parts.tags.iter().chain([&parts.description]) {
            search.push('\n');
            search.push_str(&search_key(text));
        }
        for (section, step) in document.steps() {
            for text in [&section.title, &step.title, &step.body] {
                search.push('\n');
                search.push_str(&search_key(text));
            }
        }
        let count = |number| i64::try_from(number).expect("a checked flow is bounded");
        Self {
            title: parts.title.clone(),
            title_key,
            tags,
            search,
            steps: count(document.steps().count()),
            fields: count(document.fields().len()),
        }
    }
}

/// Makes a flow that has no version yet; [`publish`] or [`save_draft`] gives it one or a draft. [`Error::PlanLimit`]
/// where the account's plan allows no more.
pub async fn create(
    tx: &mut Tx,
    account: AccountId,
    id: FlowId,
    document: &FlowDocument,
    by: UserId,
    now: DateTime<Utc>,
) -> Result<()> {
    let head = Head::of(document);
    tx.execute(
        "INSERT INTO flows (account_id, id, title, title_key, tags, search, step_count, field_count, \
             created_by_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        &[
            &account,
            &id,
            &head.title,
            &head.title_key,
            &head.tags,
            &head.search,
            &head.steps,
            &head.fields,
            &by,
            &now,
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO flow_uses (account_id, flow_id, used_count, last_used_at) VALUES ($1, $2, 0, $3)",
        &[&account, &id, &DateTime::<Utc>::UNIX_EPOCH],
    )
    .await?;
    tags::count(tx, account, "", &head.tags).await?;
    limits::count(tx, account, Resource::Flows).await?;
    tx.wake(Topic::Account(account));
    Ok(())
}

/// Takes the flow's row lock, which every change of a flow does first, and changes nothing.
pub async fn lock(tx: &mut Tx, account: AccountId, id: FlowId) -> Result<Option<Flow>> {
    // Not its uses, which every new session counts.
    let lock = match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR UPDATE OF f",
    };
    one(tx, account, id, lock).await
}

/// Publishes the next version of a locked flow and takes its draft away; answers the version's number.
pub async fn publish(
    tx: &mut Tx,
    account: AccountId,
    id: FlowId,
    document: &FlowDocument,
    by: UserId,
    now: DateTime<Utc>,
) -> Result<i64> {
    let head = Head::of(document);
    tags::change(tx, account, id, &head.tags).await?;
    let (version,): (i64,) = tx
        .one(
            "UPDATE flows SET latest_version = latest_version + 1, draft = NULL, title = $3, \
                 title_key = $4, tags = $5, search = $6, step_count = $7, field_count = $8, updated_at = $9 \
             WHERE account_id = $1 AND id = $2 RETURNING latest_version",
            &[
                &account,
                &id,
                &head.title,
                &head.title_key,
                &head.tags,
                &head.search,
                &head.steps,
                &head.fields,
                &now,
            ],
        )
        .await?;
    tx.execute(
        "INSERT INTO flow_versions (account_id, flow_id, version, title, document, published_by_id, published_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[&account, &id, &version, &head.title, &document.to_json(), &by, &now],
    )
    .await?;
    tx.wake(Topic::Account(account));
    Ok(version)
}

/// Replaces the draft of a locked flow; what is published stays what people find, and where nothing is, the
/// draft is.
pub async fn save_draft(
    tx: &mut Tx,
    account: AccountId,
    id: FlowId,
    document: &FlowDocument,
    now: DateTime<Utc>,
) -> Result<()> {
    let (published,): (i64,) = tx
        .one(
            "UPDATE flows SET draft = $3, updated_at = $4 WHERE account_id = $1 AND id = $2 \
             RETURNING latest_version",
            &[&account, &id, &document.to_json(), &now],
        )
        .await?;
    if published == 0 {
        let head = Head::of(document);
        tags::change(tx, account, id, &head.tags).await?;
        tx.execute(
            "UPDATE flows SET title = $3, title_key = $4, tags = $5, search = $6, step_count = $7, \
                 field_count = $8 WHERE account_id = $1 AND id = $2",
            &[
                &account,
                &id,
                &head.title,
                &head.title_key,
                &head.tags,
                &head.search,
                &head.steps,
                &head.fields,
            ],
        )
        .await?;
    }
    tx.wake(Topic::Account(account));
    Ok(())
}

/// One flow.
pub async fn find(tx: &mut Tx, account: AccountId, id: FlowId) -> Result<Option<Flow>> {
    one(tx, account, id, "").await
}

async fn one(tx: &mut Tx, account: AccountId, id: FlowId, lock: &str) -> Result<Option<Flow>> {
    let sql =
        format!("SELECT {COLUMNS} FROM flows f CROSS JOIN flow_uses u WHERE {WITH_USES} AND f.id = $2{lock}");
    tx.optional(&sql, &[&account, &id]).await
}

/// The draft of a flow, if it has one.
pub async fn draft(tx: &mut Tx, account: AccountId, id: FlowId) -> Result<Option<FlowDocument>> {
    let found: Option<(Option<String>,)> = tx
        .optional(
            "SELECT draft FROM flows WHERE account_id = $1 AND id = $2",
            &[&account, &id],
        )
        .await?;
    found
        .and_then(|(draft,)| draft)
        .map(|json| read(&json))
        .transpose()
}

fn read(json: &str) -> Result<FlowDocument> {
    FlowDocument::from_json(json).map_err(|_| Error::corrupt("a flow document"))
}

/// A published version of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Its number, from 1.
    pub version: i64,
    /// What the flow was called then.
    pub title: String,
    /// Who published it.
    pub published_by_id: UserId,
    /// When.
    pub published_at: DateTime<Utc>,
}

impl FromRow for Version {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            version: row.get(0)?,
            title: row.get(1)?,
            published_by_id: row.get(2)?,
            published_at: row.get(3)?,
        })
    }
}

/// The published versions of a flow, newest first, from before the version `before` on.
pub async fn versions(
    tx: &mut Tx,
    account: AccountId,
    id: FlowId,
    before: i64,
    limit: i64,
) -> Result<Vec<Version>> {
    tx.all(
        "SELECT version, title, published_by_id, published_at FROM flow_versions \
         WHERE account_id = $1 AND flow_id = $2 AND version < $3 ORDER BY version DESC LIMIT $4",
        &[&account, &id, &before, &at_least_none(limit)],
    )
    .await
}

/// The document of a published version.
pub async fn document(
    tx: &mut Tx,
    account: AccountId,
    id: FlowId,
    version: i64,
) -> Result<Option<FlowDocument>> {
    let found: Option<(String,)> = tx
        .optional(
            "SELECT document FROM flow_versions WHERE account_id = $1 AND flow_id = $2 AND version = $3",
            &[&account, &id, &version],
        )
        .await?;
    found.map(|(json,)| read(&json)).transpose()
}

/// Counts a new session of a flow.
pub(crate) async fn used(tx: &mut Tx, account: AccountId, id: FlowId, now: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE flow_uses SET used_count = used_count + 1, last_used_at = $3 \
         WHERE account_id = $1 AND flow_id = $2",
        &[&account, &id, &now],
    )
    .await?;
    Ok(())
}
