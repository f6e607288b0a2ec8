//! Reading requests: extractors that hand a handler checked values or answer with a problem document.

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, OptionalFromRequestParts, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use resolutionflow_core::problem::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::auth::visitor::{ActsIn, OF_ACCOUNT};
use crate::config::Size;
use crate::context::App;
use crate::error::Error;
use crate::place::line_and_column;

mod json;

/// A JSON body as a `T`; in an answer, a `T` as JSON.
///
/// Refused are: another content type (415), a body over `limits.body` (413), broken JSON (400 with line and
/// column), and wrong, unknown or repeated members and NUL characters (422 with a pointer).
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let essence = content_type(request.headers());
        if !essence.is_some_and(|essence| is_json(&essence)) {
            return Err(Error::UnsupportedMediaType {
                expected: "application/json",
            });
        }
        let body = read(request, app, app.settings.limits.body).await?;
        json::parse(&body).map(Self)
    }
}

/// A request without a body and without a content type has nothing to say.
impl<T: DeserializeOwned> OptionalFromRequest<App> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Option<Self>, Error> {
        let silent = request.headers().get(CONTENT_TYPE).is_none() && request.body().is_end_stream();
        if silent {
            return Ok(None);
        }
        <Self as FromRequest<App>>::from_request(request, app)
            .await
            .map(Some)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let json = HeaderValue::from_static("application/json");
                ([(CONTENT_TYPE, json)], Body::from(body)).into_response()
            }
            Err(error) => Error::internal(error).into_response(),
        }
    }
}

/// A Markdown body (`text/markdown` or `text/plain`) of at most `limits.import`: UTF-8 without NUL.
#[derive(Clone, Debug)]
pub struct Markdown(pub String);

impl FromRequest<App> for Markdown {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let essence = content_type(request.headers());
        if !essence.is_some_and(|essence| matches!(essence.as_str(), "text/markdown" | "text/plain")) {
            return Err(Error::UnsupportedMediaType {
                expected: "text/markdown",
            });
        }
        let body = read(request, app, app.settings.limits.import).await?;
        let text = utf8(&body)?;
        if let Some(at) = text.find('\0') {
            let (line, column) = line_and_column(&body, at);
            let problem = Problem::in_text(line, column, "is a NUL character, which cannot be kept");
            return Err(Error::Unprocessable(vec![problem]));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A form (`application/x-www-form-urlencoded`) as a `T`; members that `T` does not know are let be.
#[derive(Clone, Copy, Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let Pairs(pairs) = Pairs::from_request(request, app).await?;
        let text = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let request = Request::builder()
            .method("POST")
            .header(CONTENT_TYPE, FORM)
            .body(Body::from(text))
            .map_err(Error::internal)?;
        match axum::extract::Form::<T>::from_request(request, &()).await {
            Ok(form) => Ok(Self(form.0)),
            Err(refused) => Err(Error::BadRequest {
                detail: json::shorten(&refused.body_text()),
                place: None,
            }),
        }
    }
}

/// A form as the pairs of names and values that were sent, in order.
#[derive(Clone, Debug)]
pub struct Pairs(pub Vec<(String, String)>);

const FORM: &str = "application/x-www-form-urlencoded";

impl FromRequest<App> for Pairs {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        if content_type(request.headers()).is_none_or(|essence| essence != FORM) {
            return Err(Error::UnsupportedMediaType { expected: FORM });
        }
        let acts_in = request.extensions().get::<ActsIn>().cloned();
        let body = read(request, app, app.settings.limits.body).await?;
        // What is no UTF-8 behind the percent signs would be replaced in silence.
        let pairs = |part: &[u8]| {
            percent_encoding::percent_decode(part)
                .decode_utf8()
                .is_ok_and(|text| !text.contains('\0'))
        };
        if !body.split(|byte| matches!(byte, b'&' | b'=')).all(pairs) {
            return Err(Error::BadRequest {
                detail: "The form holds bytes that are no text.".to_owned(),
                place: None,
            });
        }
        let mut pairs: Vec<_> = url::form_urlencoded::parse(&body).into_owned().collect();
        if let Some(acts_in) = acts_in {
            acts_in.require_of(&pairs)?;
        }
        pairs.retain(|(name, _)| name != OF_ACCOUNT);
        Ok(Self(pairs))
    }
}

/// The parameters of the query as a `T`; what does not fit is 422.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            let detail = "holds a NUL character, which no value has".to_owned();
            return Err(Error::UnprocessableParameter {
                name: String::new(),
                detail,
            });
        }
        let refused = match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(query) => return Ok(Self(query.0)),
            Err(refused) => std::error::Error::source(&refused)
                .map(ToString::to_string)
                .unwrap_or_default(),
        };
        // The cause reads "name: what"; where the set of names is wrong, it quotes the one at fault.
        let quoted = refused.split('`').nth(1).unwrap_or_default();
        let (name, detail) = refused
            .split_once(": ")
            .filter(|(name, _)| !name.contains(' '))
            .unwrap_or((quoted, refused.as_str()));
        let detail = detail.replace("field `", "parameter `");
        Err(Error::UnprocessableParameter {
            name: json::shorten(name),
            detail: json::shorten(&detail),
        })
    }
}

/// The parameters of the path as a `T`. What does not fit is 404: an id that cannot be is one that never was.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        if parts.uri.path().contains("%00") {
            return Err(Error::NotFound);
        }
        match <axum::extract::Path<T> as FromRequestParts<App>>::from_request_parts(parts, app).await {
            Ok(path) => Ok(Self(path.0)),
            Err(_) => Err(Error::NotFound),
        }
    }
}

/// The header `Idempotency-Key`: 1 to 255 visible ASCII characters. Handlers take it as an `Option`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The header's name.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl IdempotencyKey {
    /// The key as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A key that came another way than by the header, such as in a form; `None` where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let visible = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        visible.then(|| Self(text.to_owned()))
    }
}

impl OptionalFromRequestParts<App> for IdempotencyKey {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Option<Self>, Error> {
        const WRONG: Error = Error::InvalidHeader {
            name: "Idempotency-Key",
            detail: "expected once, with 1 to 255 visible ASCII characters",
        };
        let Some(value) = only(&parts.headers, &IDEMPOTENCY_KEY).map_err(|()| WRONG)? else {
            return Ok(None);
        };
        Self::parse(value).map(Some).ok_or(WRONG)
    }
}

/// The header `If-Match` (RFC 9110, section 13.1.1) with versions as tags: `"7"`, a list of them, or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever stands.
    Any,
    /// One of these; a tag that is no version of ours matches nothing and is not in it.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Whether the version that stands is one that the client expects; else the refusal for it.
    pub fn check(&self, current: i64) -> Result<(), Error> {
        match self {
            Self::Versions(versions) if !versions.contains(&current) => {
                Err(Error::PreconditionFailed { current })
            }
            _ => Ok(()),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let mut versions = Vec::new();
        for tag in text.split(',').map(str::trim) {
            // A weak tag never matches here, as the standard says.
            let weak = tag.starts_with("W/");
            let inner = tag
                .trim_start_matches("W/")
                .strip_prefix('"')?
                .strip_suffix('"')?;
            if let (false, Ok(version)) = (weak, inner.parse()) {
                versions.push(version);
            }
        }
        Some(Self::Versions(versions))
    }
}

impl OptionalFromRequestParts<App> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Option<Self>, Error> {
        const WRONG: Error = Error::InvalidHeader {
            name: "If-Match",
            detail: "expected a version in quotes, such as \"7\", or *",
        };
        let Some(value) = only(&parts.headers, &IF_MATCH).map_err(|()| WRONG)? else {
            return Ok(None);
        };
        IfMatch::parse(value).map(Some).ok_or(WRONG)
    }
}

/// The header `ETag` for a version, as [`IfMatch`] reads it.
pub fn etag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).expect("digits and quotes are a header value")
}

/// The value of a header that may stand once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}

/// The media type without its parameters, in small letters.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = only(headers, &CONTENT_TYPE).ok()??;
    Some(
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase(),
    )
}

fn is_json(essence: &str) -> bool {
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The whole body, within the limit and the time for it.
async fn read(request: Request, app: &App, limit: Size) -> Result<Bytes, Error> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit.bytes()) {
        return Err(Error::PayloadTooLarge { limit });
    }
    let mut stream = request.into_body().into_data_stream();
    let mut body = BytesMut::with_capacity(announced.unwrap_or(0));
    let whole = async {
        while let Some(part) = stream.next().await {
            let part = part.map_err(|_| Error::BadRequest {
                detail: "The body broke off.".to_owned(),
                place: None,
            })?;
            if body.len() + part.len() > limit.bytes() {
                return Err(Error::PayloadTooLarge { limit });
            }
            body.extend_from_slice(&part);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(app.settings.server.body_timeout, whole)
        .await
        .map_err(|_| Error::SlowBody)?
}

/// The body as text, or 400 with the place of the first byte that is none.
fn utf8(body: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(body).map_err(|error| Error::BadRequest {
        detail: "The body is not UTF-8.".to_owned(),
        place: Some(line_and_column(body, error.valid_up_to())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_takes_versions_and_a_star() {
        assert_eq!(IfMatch::parse("*"), Some(IfMatch::Any));
        assert_eq!(
            IfMatch::parse("\"7\", W/\"8\", \"other\""),
            Some(IfMatch::Versions(vec![7]))
        );
        assert_eq!(IfMatch::parse("7"), None);
        assert_eq!(IfMatch::parse(""), None);
        assert_eq!(IfMatch::parse("\""), None);
        assert!(IfMatch::Any.check(3).is_ok());
        assert!(IfMatch::Versions(vec![7]).check(7).is_ok());
        assert!(IfMatch::Versions(vec![]).check(7).is_err());
        assert_eq!(
            IfMatch::parse(etag(7).to_str().unwrap()),
            Some(IfMatch::Versions(vec![7]))
        );
    }

    #[test]
    fn json_types_are_known() {
        assert!(is_json("application/json") && is_json("application/merge-patch+json"));
        assert!(!is_json("text/json") && !is_json("application/jsonp") && !is_json(""));
    }
}
