//! What another site's page sends in somebody's browser does nothing.

use serde_json::json;

use crate::cast::apps;
use crate::visitor::Visitor;

/// Every route of the pages with its methods, as the sources say it.
pub(crate) fn routes() -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages")];
    let pages = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/pages.rs")).unwrap();
    let mut texts = vec![pages];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                texts.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    for text in texts {
        for route in text.split(".route(").skip(1) {
            let Some(path) = route.split('"').nth(1) else {
                continue;
            };
            // A handler of several lines ends where the next route begins.
            let handlers = route.split(".merge(").next().unwrap();
            for (method, called) in [
                ("GET", "get("),
                ("POST", "post("),
                ("PUT", "put("),
                ("PATCH", "patch("),
                ("DELETE", "delete("),
            ] {
                if handlers.contains(called) {
                    found.push((method, path.to_owned()));
                }
            }
        }
    }
    found.sort_by(|one, two| (&one.1, one.0).cmp(&(&two.1, two.0)));
    found.dedup();
    found
}

/// Every route of the pages that changes something.
fn unsafe_pages() -> Vec<String> {
    let routes = routes().into_iter();
    let mut paths: Vec<_> = routes
        .filter(|(method, _)| *method != "GET")
        .map(|(_, path)| path)
        .collect();
    paths.dedup();
    paths
}

#[tokio::test]
async fn nothing_is_done_for_a_page_of_somebody_else() {
    let pages = unsafe_pages();
    assert!(pages.len() > 30, "{pages:?}");
    assert!(pages.contains(&"/people/{id}/remove".to_owned()), "{pages:?}");
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        for template in &pages {
            let mut path = String::new();
            for part in template.split('/').skip(1) {
                path.push('/');
                path.push_str(if part.starts_with('{') {
                    "01900000-0000-7000-8000-000000000000"
                } else {
                    part
                });
            }
            for headers in [
                &[][..],
                &[("sec-fetch-site", "cross-site")],
                &[("sec-fetch-site", "same-site")],
                &[("sec-fetch-site", "none")],
                &[("origin", "https://evil.example")],
                &[("origin", "null")],
            ] {
                let answer = lena.send("POST", &path, headers, Some(&[("name", "x")])).await;
                assert_eq!(answer.status, 403, "{path} {headers:?}");
            }
        }
        // The API takes a cookie from our own pages alone: without the proof nobody asks.
        for (method, path) in unsafe_operations() {
            for site in ["cross-site", "same-site", "none"] {
                let answer = lena.send(&method, &path, &[("sec-fetch-site", site)], None).await;
                assert_eq!(answer.status, 401, "{method} {path} {site}");
            }
        }
        lena.get("/people").await.ok();
    }
}

/// Every operation of the API that changes something and takes a token, with an id that never was.
fn unsafe_operations() -> Vec<(String, String)> {
    let document = serde_json::to_value(resolutionflow::app::openapi()).unwrap();
    let mut found = Vec::new();
    for (template, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let open = operation["security"][0] == json!({});
            if method != "get" && !open {
                let parts = template.split('/').map(|part| {
                    if part.starts_with('{') {
                        "01900000-0000-7000-8000-000000000000"
                    } else {
                        part
                    }
                });
                found.push((method.to_uppercase(), parts.collect::<Vec<_>>().join("/")));
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}
