//! The form of an import as it was sent: a file or a text, and what the person chose.

use std::collections::BTreeSet;

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use resolutionflow_core::import::Style;
use resolutionflow_core::problem::Problem;

use super::words;
use crate::auth::visitor::{ActsIn, OF_ACCOUNT};
use crate::config::Size;
use crate::context::App;
use crate::error::{Error, Result};
use crate::place::line_and_column;
use crate::request::IdempotencyKey;

/// How much is read of a form that is over the limit, in documents: browsers listen only after they have sent all.
const PATIENCE: usize = 8;

/// The longest value of everything but the document, in bytes.
const SMALL: usize = 2_000;

/// What was sent.
#[derive(Default)]
pub(super) struct Upload {
    /// The document.
    pub text: String,
    /// The name of its file.
    pub file_name: Option<String>,
    /// The styles to convert.
    pub styles: BTreeSet<Style>,
    /// Whether the person has seen the preview and wants it.
    pub confirm: bool,
    /// By which a form that is sent twice imports once.
    pub key: Option<IdempotencyKey>,
    /// Why the document cannot be looked at.
    pub refused: Option<Error>,
}

impl FromRequest<App> for Upload {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let acts_in = request.extensions().get::<ActsIn>().cloned();
        let form = Multipart::from_request(request, app)
            .await
            .map_err(|_| Error::UnsupportedMediaType {
                expected: "multipart/form-data",
            })?;
        let limit = app.settings.limits.import;
        tokio::time::timeout(
            app.settings.server.body_timeout,
            read(form, limit, acts_in.as_ref()),
        )
        .await
        .map_err(|_| Error::SlowBody)?
    }
}

/// Reads the whole form. Documents that cannot be taken are named in `refused`; a form that is none is an error.
async fn read(mut form: Multipart, limit: Size, acts_in: Option<&ActsIn>) -> Result<Upload> {
    let mut upload = Upload::default();
    let (mut chose_styles, mut has_file) = (false, false);
    let mut budget = limit.bytes() * PATIENCE;
    while let Some(mut field) = form.next_field().await.map_err(|_| broken())? {
        let is_file = field.file_name().is_some();
        let name = field.name().unwrap_or_default().to_owned();
        // Browsers send two bytes for each end of a line that was typed.
        let most = match (name.as_str(), is_file) {
            ("file", true) => limit.bytes(),
            ("text", false) => limit.bytes() * 2,
            _ => SMALL,
        };
        let file_name = field.file_name().unwrap_or_default().to_owned();
        let bytes = whole(&mut field, most, &mut budget).await?;
        match (name.as_str(), is_file) {
            // A form without a file has an empty one.
            ("file", true) if file_name.is_empty() && bytes.as_ref().is_some_and(Vec::is_empty) => {}
            ("file", true) => {
                has_file = true;
                take(&mut upload, bytes, limit, false);
                upload.file_name = Some(file_name).filter(|name| !name.is_empty() && name.len() <= SMALL);
            }
            ("text", false) if !has_file => take(&mut upload, bytes, limit, true),
            (name, false) => {
                let value = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                let value = value.unwrap_or_default();
                match name {
                    OF_ACCOUNT => {
                        let sent = [(OF_ACCOUNT.to_owned(), value)];
                        acts_in.map_or(Ok(()), |acts_in| acts_in.require_of(&sent))?;
                    }
                    "styles" => chose_styles = true,
                    "style" => upload.styles.extend(value.parse::<Style>().ok()),
                    "file_name" => upload.file_name = Some(value).filter(|name| !name.is_empty()),
                    "confirm" => upload.confirm = true,
                    "key" => upload.key = IdempotencyKey::parse(&value),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    if !chose_styles {
        upload.styles = Style::usual();
    }
    if upload.refused.is_none() && upload.text.trim().is_empty() {
        upload.refused = Some(Error::unprocessable("", words::NOTHING));
    }
    Ok(upload)
}

/// All bytes of a field, or nothing where they are too many; what is over the limit is read and let go.
async fn whole(field: &mut Field<'_>, most: usize, budget: &mut usize) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut fits = true;
    while let Some(chunk) = field.chunk().await.map_err(|_| broken())? {
        *budget = budget.checked_sub(chunk.len()).ok_or_else(broken)?;
        fits &= bytes.len() + chunk.len() <= most;
        if fits {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
        }
    }
    Ok(fits.then_some(bytes))
}

/// Takes the document, or notes why not. A typed text has its line ends as they were typed again.
fn take(upload: &mut Upload, bytes: Option<Vec<u8>>, limit: Size, is_typed: bool) {
    let Some(bytes) = bytes else {
        upload.refused = Some(Error::PayloadTooLarge { limit });
        return;
    };
    match String::from_utf8(bytes) {
        Ok(text) if is_typed => upload.text = text.replace("\r\n", "\n"),
        Ok(text) => upload.text = text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            upload.refused = Some(Error::BadRequest {
                detail: words::NOT_UTF8.to_owned(),
                place: Some(line_and_column(error.as_bytes(), at)),
            });
            return;
        }
    }
    if upload.text.len() > limit.bytes() {
        upload.refused = Some(Error::PayloadTooLarge { limit });
    } else if let Some(at) = upload.text.find('\0') {
        let (line, column) = line_and_column(upload.text.as_bytes(), at);
        let problem = Problem::in_text(line, column, words::NUL);
        upload.refused = Some(Error::Unprocessable(vec![problem]));
    }
}

fn broken() -> Error {
    Error::BadRequest {
        detail: words::BROKEN.to_owned(),
        place: None,
    }
}
