//! No secret but that of a login opens a page, whether it comes as the cookie or as a token.
//!
//! `api/kinds.rs` shows the same for every other place that takes a secret.

use resolutionflow_core::access::Role;

use crate::cast::apps;
use crate::origins::routes;
use crate::secrets::{Kind, LOGIN, bits, guest, secret_of};
use crate::visitor::{Page, Visitor};

/// What a page answers to a visitor who shows something, as far as it tells who they are.
async fn answer(visitor: &Visitor, method: &str, template: &str, token: Option<&str>) -> (u16, String) {
    let never = "01900000-0000-7000-8000-000000000000";
    let path = template
        .replace("{id}", never)
        .replace("{step}", "look")
        .replace("{kind}", "taken");
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("accept", "text/html"), ("sec-fetch-site", "same-origin")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    let form = (method != "GET").then_some(&[][..]);
    let Page { status, location, .. } = visitor.send(method, &path, &headers, form).await;
    (status, location)
}

#[tokio::test]
async fn no_other_secret_passes_for_the_cookie_of_a_login() {
    for app in apps().await {
        let guest = guest(&app, "sid", Role::Owner).await;
        let login = secret_of(&app, Kind::Login, &guest).await;
        let mut visitor = Visitor::new(&app);
        visitor.cookie = format!("{LOGIN}={login}");
        visitor.get("/people").await.ok().has(&[&guest.name]);

        let mut wrong = Vec::new();
        for kind in Kind::all() {
            let secret = secret_of(&app, kind, &guest).await;
            if kind == Kind::Login {
                // Behind the beginning of a token it is another secret.
                wrong.push((format!("rf_at_{secret}"), secret));
            } else {
                wrong.push((bits(&secret).to_owned(), secret.clone()));
                wrong.push((secret.clone(), secret));
            }
        }
        let nobody = Visitor::new(&app);
        let mut visitor = Visitor::new(&app);
        for (method, template) in routes() {
            // Who signs out by a cookie that is none is led home, which asks to sign in.
            if template.starts_with("/assets/") || template == "/sign-out" {
                continue;
            }
            let expected = answer(&nobody, method, &template, None).await;
            for (cookie, token) in &wrong {
                visitor.cookie = format!("{LOGIN}={cookie}");
                let found = answer(&visitor, method, &template, Some(token)).await;
                assert_eq!(
                    found, expected,
                    "{method} {template} with {cookie:.7} and {token:.7}"
                );
            }
        }
    }
}
