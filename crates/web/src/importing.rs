//! Documents on their way in: what the API, the command line and the demo do alike with one.

use resolutionflow_core::flow::FlowDocument;
use resolutionflow_core::id::{AccountId, FlowId, UserId};
use resolutionflow_core::import::{self, Import, Options};
use resolutionflow_core::problem::Problem;
use resolutionflow_core::render;
use resolutionflow_store::flows::{self, Flow};
use resolutionflow_store::{Error as StoreError, Tx};

use crate::error::{Error, Result};

/// Reads any Markdown document down to whether it can be rendered; takes a moment, so not for a request thread.
pub fn read(text: &str, options: &Options) -> Result<Import, Vec<Problem>> {
    let imported = import::import(text, options)?;
    render::compile(&imported.document)?;
    Ok(imported)
}

/// Which flow a document belongs to.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// None yet: a flow of this id is made.
    New(FlowId),
    /// The one that the document names; made under that id where the account has none of it.
    Named(FlowId),
    /// The one that whoever imports names, which must exist.
    Into(FlowId),
}

/// A document that was read, and what is to become of it.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Without its flow's id, as flows are kept.
    document: FlowDocument,
    target: Target,
    draft: bool,
}

/// What stands afterwards.
#[derive(Debug)]
pub struct Kept {
    /// The flow.
    pub flow: Flow,
    /// The version that stands now; `None` for a draft.
    pub version: Option<i64>,
    /// Whether the document differed from what stood; one that does not is not kept again.
    pub changed: bool,
}

impl Kept {
    /// Whether a version was published.
    pub fn published(&self) -> bool {
        self.changed && self.version.is_some()
    }
}

impl Arrival {
    /// A document for the flow `into`, else for the one that it names, else for a new one of the id `new`.
    pub fn new(document: FlowDocument, into: Option<FlowId>, new: FlowId, draft: bool) -> Result<Self> {
        let mut parts = document.into_parts();
        let target = match (into, parts.id.take()) {
            (Some(id), _) => Target::Into(id),
            (None, Some(id)) => Target::Named(id),
            (None, None) => Target::New(new),
        };
        Ok(Self {
            document: FlowDocument::check(parts).map_err(Error::Unprocessable)?,
            target,
            draft,
        })
    }

    /// Makes or changes the flow where the document differs from what stands.
    pub async fn keep(
        &self,
        tx: &mut Tx,
        account: AccountId,
        by: UserId,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Kept> {
        let document = &self.document;
        let (id, found) = match self.target {
            Target::New(id) => (id, None),
            Target::Named(id) => (id, flows::lock(tx, account, id).await?),
            Target::Into(id) => (
                id,
                Some(flows::lock(tx, account, id).await?.ok_or(Error::NotFound)?),
            ),
        };
        let latest = found.as_ref().map_or(0, |flow| flow.latest_version);
        let stands = match (&found, self.draft) {
            (None, _) => None,
            (Some(_), true) => flows::draft(tx, account, id).await?,
            (Some(_), false) => flows::document(tx, account, id, latest).await?,
        };
        let changed = stands.as_ref() != Some(document);
        if found.is_none() {
            flows::create(tx, account, id, document, by, now).await?;
        }
        let version = match (changed, self.draft) {
            (true, true) => {
                flows::save_draft(tx, account, id, document, now).await?;
                None
            }
            (true, false) => Some(flows::publish(tx, account, id, document, by, now).await?),
            (false, draft) => (!draft).then_some(latest),
        };
        let flow = flows::find(tx, account, id).await?.ok_or(StoreError::NoRow)?;
        Ok(Kept {
            flow,
            version,
            changed,
        })
    }
}
