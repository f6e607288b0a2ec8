//! Whether a request comes from our own pages: what a cookie may authorise.

use axum::extract::{OriginalUri, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::login;
use crate::context::App;
use crate::error::Error;

/// Where the API begins; its routes look at cookies only for their own pages' calls.
pub const API: &str = "/api/";

const FETCH_SITE: &str = "sec-fetch-site";

/// Whether a request is for the API; a handler's own path lacks the part that its router took off.
pub fn is_api(parts: &Parts) -> bool {
    let original = parts.extensions.get::<OriginalUri>();
    original.map_or(&parts.uri, |uri| &uri.0).path().starts_with(API)
}

/// Whether the request says that one of our pages sent it: `Sec-Fetch-Site`, and where that is missing, an `Origin`
/// that is exactly this host.
pub fn is_same(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(FETCH_SITE) {
        return site == "same-origin";
    }
    let origin = text(ORIGIN.as_str()).and_then(|origin| {
        origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"))
    });
    origin.is_some() && origin == text(HOST.as_str())
}

/// Whether a cookie counts for a call to the API. What only reads may come without the proof, where the browser is
/// too old or the way too insecure for it, since nobody else can read the answer.
pub fn cookie_counts(method: &Method, headers: &HeaderMap) -> bool {
    is_same(headers)
        || (method.is_safe() && !headers.contains_key(FETCH_SITE) && !headers.contains_key(ORIGIN))
}

/// Refuses what would change something on behalf of another site: what is sent to a page, and what shows the API a login
/// and no token. Who shows the API a token has the proof in that, and who shows nothing is nobody to act for.
pub async fn refuse_strangers(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_api = request.uri().path().starts_with(API);
    let shows_login =
        || !headers.contains_key(AUTHORIZATION) && login::digest(headers, &app.settings).is_some();
    if request.method().is_safe() || is_same(headers) || (is_api && !shows_login()) {
        return next.run(request).await;
    }
    let detail = if is_api {
        "This did not come from a page of this server, and only from there does its cookie count. Send Authorization: \
         Bearer instead."
    } else {
        "This did not come from a page of this server. Open the page again and repeat it there."
    };
    Error::Forbidden(detail.to_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn same(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_same(&headers.collect())
    }

    #[test]
    fn only_our_own_pages_are_ours() {
        assert!(same(&[("sec-fetch-site", "same-origin")]));
        for site in ["same-site", "cross-site", "none", ""] {
            assert!(!same(&[
                ("sec-fetch-site", site),
                ("origin", "http://a:1"),
                ("host", "a:1")
            ]));
        }
        assert!(same(&[("origin", "http://a:1"), ("host", "a:1")]));
        assert!(same(&[("origin", "https://a"), ("host", "a")]));
        for origin in ["null", "http://a:2", "http://b:1", "http://a:1.evil", "a:1", ""] {
            assert!(!same(&[("origin", origin), ("host", "a:1")]), "{origin}");
        }
        assert!(!same(&[("host", "a:1")]));
        assert!(!same(&[]));
    }
}
