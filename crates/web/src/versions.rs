//! Published flow versions, parsed and compiled once and kept within a bound of bytes.
//!
//! A published version never changes, so nothing here is ever invalidated.

use std::sync::Arc;

use futures_util::FutureExt;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use resolutionflow_core::flow::FlowDocument;
use resolutionflow_core::flow::difference::difference;
use resolutionflow_core::id::{AccountId, FlowId};
use resolutionflow_core::render::{self, CompiledFlow};
use resolutionflow_core::variable::Outline;
use resolutionflow_store::{Db, flows};

use crate::error::{Error, Result};

/// How many bytes of compiled versions are kept.
const BUDGET: u64 = 256 * 1024 * 1024;

/// A published version, ready to use.
pub struct Version {
    /// The flow.
    pub flow_id: FlowId,
    /// Its number.
    pub number: i64,
    /// What was published.
    pub document: FlowDocument,
    /// What the session rules know of it.
    pub outline: Outline,
    /// What rendering knows of it.
    pub compiled: CompiledFlow,
}

type Key = (AccountId, FlowId, i64);

#[derive(Clone)]
struct Bytes;

impl Weighter<Key, Arc<Version>> for Bytes {
    fn weight(&self, _: &Key, version: &Arc<Version>) -> u64 {
        version.compiled.bytes().max(1) as u64
    }
}

/// How many pairs of versions have their differences kept in words.
const PAIRS: usize = 1_000;

/// The kept versions.
pub struct Versions {
    kept: Cache<Key, Arc<Version>, Bytes>,
    differences: Cache<(Key, i64), Arc<str>>,
}

impl Default for Versions {
    fn default() -> Self {
        Self {
            kept: Cache::with_weighter(1_000, BUDGET, Bytes),
            differences: Cache::new(PAIRS),
        }
    }
}

impl Versions {
    /// A published version; compiled at its first use, once even where many ask at the same moment.
    pub async fn get(&self, db: &Db, account: AccountId, flow: FlowId, number: i64) -> Result<Arc<Version>> {
        self.kept
            .get_or_insert_async(&(account, flow, number), async {
                let document = db
                    .read::<_, Error, _>(move |tx| {
                        async move { Ok(flows::document(tx, account, flow, number).await?) }.boxed()
                    })
                    .await?
                    .ok_or(Error::NotFound)?;
                tokio::task::spawn_blocking(move || compile(flow, number, document))
                    .await
                    .map_err(Error::internal)?
                    .map(Arc::new)
            })
            .await
    }

    /// What differs between two published versions of a flow, in words; looked for once.
    pub async fn difference(
        &self,
        db: &Db,
        account: AccountId,
        flow: FlowId,
        (from, to): (i64, i64),
    ) -> Result<Arc<str>> {
        self.differences
            .get_or_insert_async(&((account, flow, from), to), async {
                let (from, to) = (
                    self.get(db, account, flow, from).await?,
                    self.get(db, account, flow, to).await?,
                );
                let words =
                    tokio::task::spawn_blocking(move || difference(&from.document, &to.document).words());
                words.await.map(Into::into).map_err(Error::internal)
            })
            .await
    }
}

/// Makes a version ready to use; takes a moment, so not for a request thread.
pub(crate) fn compile(flow_id: FlowId, number: i64, document: FlowDocument) -> Result<Version> {
    let compiled = render::compile(&document).map_err(|problems| {
        let text: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Error::internal(format!(
            "flow {flow_id} version {number} does not compile: {}",
            text.join("; ")
        ))
    })?;
    let outline = Outline::of(&document, |id| compiled.step(id).map_or(0, |step| step.tasks));
    Ok(Version {
        flow_id,
        number,
        document,
        outline,
        compiled,
    })
}
