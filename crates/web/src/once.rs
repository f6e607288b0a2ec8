//! One effect and one answer for a request that is sent twice under the same `Idempotency-Key`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use resolutionflow_store::Tx;
use resolutionflow_store::idempotency::{self, Claim, Key};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::auth::caller::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::IdempotencyKey;

/// The answer to a change: a status and JSON, as kept for a repeat.
pub struct Answer {
    status: StatusCode,
    body: String,
}

impl Answer {
    /// An answer with a body.
    pub fn new(status: StatusCode, body: &impl Serialize) -> Result<Self> {
        Ok(Self {
            status,
            body: serde_json::to_string(body).map_err(Error::internal)?,
        })
    }

    /// What it says, for a page that goes on from it.
    pub fn value(&self) -> Result<Value> {
        serde_json::from_str(&self.body).map_err(Error::internal)
    }

    /// The identifier of what the answer shows, for a page that leads there.
    pub fn id(&self) -> Result<Uuid> {
        #[derive(Deserialize)]
        struct Shown {
            id: Uuid,
        }
        let shown: Shown = serde_json::from_str(&self.body).map_err(Error::internal)?;
        Ok(shown.id)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

/// What makes two requests the same one: who, where to, and what they say.
pub fn key(
    caller: &Caller,
    key: Option<IdempotencyKey>,
    route: impl Into<String>,
    body: &impl Serialize,
) -> Result<Option<Key>> {
    let Some(key) = key else { return Ok(None) };
    let body = serde_json::to_vec(body).map_err(Error::internal)?;
    Ok(Some(Key {
        account_id: caller.account_id,
        user_id: caller.user_id,
        route: route.into(),
        key: key.as_str().to_owned(),
        body_hash: Sha256::digest(&body).into(),
    }))
}

/// Makes a change in one transaction, once for its key, and answers what the first time answered.
///
/// A refusal undoes all of it, the key included, so the same key may be tried again.
pub async fn write<F>(app: &App, key: Option<Key>, work: F) -> Result<Answer>
where
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<Answer>> + Send + Sync + 'static,
{
    let (key, work, now) = (Arc::new(key), Arc::new(work), app.now());
    app.db
        .write(move |tx| {
            let (key, work) = (Arc::clone(&key), Arc::clone(&work));
            async move {
                let Some(key) = key.as_ref() else {
                    return work(tx).await;
                };
                match idempotency::claim(tx, key, now).await? {
                    Claim::New => {
                        let answer = work(tx).await?;
                        idempotency::keep(tx, key, i64::from(answer.status.as_u16()), &answer.body).await?;
                        Ok(answer)
                    }
                    Claim::Answered { status, answer } => {
                        let status = u16::try_from(status)
                            .ok()
                            .and_then(|code| StatusCode::from_u16(code).ok());
                        let status = status.ok_or_else(|| Error::internal("a kept answer has no status"))?;
                        Ok(Answer { status, body: answer })
                    }
                    Claim::OtherBody => Err(Error::IdempotencyKeyReused),
                }
            }
            .boxed()
        })
        .await
}
