//! What shows that all servers of a database have the same master key. It is derived from the key, and tells nothing
//! about it.

use resolutionflow_core::event::Hash;

use crate::Result;
use crate::db::Tx;

/// Whether a server has shown a master key before.
pub async fn is_known(tx: &mut Tx) -> Result<bool> {
    let known: Option<(i64,)> = tx.optional("SELECT one FROM master_key", &[]).await?;
    Ok(known.is_some())
}

/// Whether this is the proof of the first server's master key; the first one's is kept.
pub async fn prove(tx: &mut Tx, proof: &Hash) -> Result<bool> {
    tx.execute(
        "INSERT INTO master_key (one, proof) VALUES (1, $1) ON CONFLICT (one) DO NOTHING",
        &[proof],
    )
    .await?;
    let (kept,): (Vec<u8>,) = tx.one("SELECT proof FROM master_key WHERE one = 1", &[]).await?;
    Ok(kept == proof)
}
