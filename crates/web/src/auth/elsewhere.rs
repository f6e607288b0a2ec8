//! What a person has in another account of theirs: a tab of it that stands open after they went to another account is
//! told so, instead of that its session never was.
//!
//! Nobody else learns anything: to who is no member of the other account, it does not exist.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use resolutionflow_store::members;
use uuid::Uuid;

use super::{login, origin};
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Refused};

/// Answers 409 instead of 404 where what is asked for is in another account of who is signed in.
pub async fn tell(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = asked(request.uri().path());
    let digest = asked.and_then(|_| {
        let is_page = !request.uri().path().starts_with(origin::API);
        let counts = is_page || origin::cookie_counts(request.method(), request.headers());
        counts.then(|| login::digest(request.headers(), &app.settings))?
    });
    let response = next.run(request).await;
    let (Some((thing, id)), Some(digest)) = (asked, digest) else {
        return response;
    };
    let is_missing = response
        .extensions()
        .get::<Refused>()
        .is_some_and(|refused| matches!(*refused.0, Error::NotFound));
    if !is_missing {
        return response;
    }
    let Ok(Some(holder)) = login::holder(&app, digest).await else {
        return response;
    };
    let (user, here) = (holder.user_id, holder.account_id);
    let found = app
        .read(move |tx| Box::pin(async move { Ok(members::place_of(tx, user, thing, id).await?) }))
        .await;
    match found {
        Ok(Some(place)) if place.account_id != here => {
            let detail = format!(
                "You are now in {}, and this is in {}. Switch to it.",
                holder.account_name, place.name
            );
            Error::conflict(Kind::OtherAccount, detail).into_response()
        }
        _ => response,
    }
}

/// The session or flow that a path is about.
fn asked(path: &str) -> Option<(members::Thing, Uuid)> {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let mut parts = path.strip_prefix('/')?.split('/');
    let thing = match parts.next()? {
        "sessions" => members::Thing::Session,
        "flows" => members::Thing::Flow,
        _ => return None,
    };
    Some((thing, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_it_is_about() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let session = Some((members::Thing::Session, id.parse().unwrap()));
        assert_eq!(asked(&format!("/sessions/{id}")), session);
        assert_eq!(asked(&format!("/api/v1/sessions/{id}/variables")), session);
        let flow = Some((members::Thing::Flow, id.parse().unwrap()));
        assert_eq!(asked(&format!("/flows/{id}/start")), flow);
        for other in ["/", "/sessions", "/sessions/new", &format!("/people/{id}")] {
            assert_eq!(asked(other), None, "{other}");
        }
    }
}
