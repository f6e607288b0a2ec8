//! Flows on their way out, as files that import back as the flow's next version.

use resolutionflow_core::flow::{FlowDocument, FlowParts};
use resolutionflow_core::id::{AccountId, FlowId};
use resolutionflow_store::{Tx, flows};

use crate::error::{Error, Result};

/// A flow's document with the flow's id in it: the named version, else the newest, else the draft of a flow that has
/// no version.
pub async fn document(
    tx: &mut Tx,
    account: AccountId,
    id: FlowId,
    version: Option<i64>,
) -> Result<FlowDocument> {
    let flow = flows::find(tx, account, id).await?.ok_or(Error::NotFound)?;
    let document = match version.unwrap_or(flow.latest_version) {
        0 if version.is_none() => flows::draft(tx, account, id).await?,
        version => flows::document(tx, account, id, version).await?,
    };
    let named = FlowParts {
        id: Some(id),
        ..document.ok_or(Error::NotFound)?.into_parts()
    };
    FlowDocument::check(named).map_err(|_| Error::internal("a stored flow does not check"))
}
