//! Whether an address and a password belong together; the API and the sign-in page ask alike.

use resolutionflow_store::members::{self, Credentials};

use super::password::LONGEST;
use crate::context::App;
use crate::error::Result;

/// The person with that address, where the password is theirs. Whether an address exists shows in neither the answer
/// nor its timing.
pub async fn verify(app: &App, email: String, password: String) -> Result<Option<Credentials>> {
    if password.chars().count() > LONGEST {
        return Ok(None);
    }
    let credentials = app
        .read(move |tx| {
            let email = email.clone();
            Box::pin(async move { Ok(members::credentials(tx, &email).await?) })
        })
        .await?;
    let hash = credentials
        .as_ref()
        .and_then(|credentials| credentials.password_hash.clone());
    let right = app.passwords.verify(password, hash).await?;
    Ok(credentials.filter(|_| right))
}
