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
            let handlers = whole_call(route);
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

/// What stands before the parenthesis that closes a call whose opening one was just passed.
fn whole_call(rest: &str) -> &str {
    let mut depth = 1;
    let end = rest.find(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    &rest[..end.unwrap()]
}

/// What a request says of where it comes from, when no page of ours sent it.
const FOREIGN: [&[(&str, &str)]; 6] = [
    &[],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "none")],
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
];

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
            for headers in FOREIGN {
                let answer = lena.send("POST", &path, headers, Some(&[("name", "x")])).await;
                assert_eq!(answer.status, 403, "{path} {headers:?}");
            }
        }
        lena.get("/people").await.ok();
    }
}

#[tokio::test]
async fn a_cookie_counts_at_the_api_for_our_own_pages_alone() {
    for app in apps().await {
        let (lena, nobody) = (Visitor::signed_in(&app, "lena").await, Visitor::new(&app));
        let bearer = ("authorization", "Bearer rf_at_wrong");
        for (method, path, is_open) in unsafe_operations() {
            for headers in FOREIGN {
                let name = format!("{method} {path} {headers:?}");
                // Also what needs no login is not done for whoever makes a browser show one.
                let answer = lena.send(&method, &path, headers, None).await;
                assert_eq!(answer.status, 403, "{name}");
                if is_open {
                    continue;
                }
                // Who shows nothing is nobody; a token goes before the cookie.
                let answer = nobody.send(&method, &path, headers, None).await;
                assert_eq!(answer.status, 401, "{name}");
                let headers: Vec<_> = headers.iter().copied().chain([bearer]).collect();
                let answer = lena.send(&method, &path, &headers, None).await;
                assert_eq!(answer.status, 401, "{name}");
            }
        }
        lena.get("/people").await.ok();
    }
}

#[tokio::test]
async fn no_form_of_another_site_signs_a_program_in_on_or_out() {
    for app in apps().await {
        let nobody = Visitor::new(&app);
        let open = unsafe_operations().into_iter().filter(|(_, _, is_open)| *is_open);
        let open: Vec<_> = open.collect();
        assert_eq!(open.len(), 3, "{open:?}");
        for (method, path, _) in open {
            for headers in FOREIGN {
                // Programs, which send no such headers, need no cookie here, so its absence is no reason to refuse.
                // What a form can send is no JSON.
                for kind in [
                    "application/x-www-form-urlencoded",
                    "text/plain",
                    "multipart/form-data; boundary=x",
                ] {
                    let headers: Vec<_> = headers.iter().copied().chain([("content-type", kind)]).collect();
                    let answer = nobody.send(&method, &path, &headers, None).await;
                    assert_eq!(answer.status, 415, "{path} {headers:?}");
                    assert_eq!(answer.header("set-cookie"), "");
                }
            }
            // A script that wants to send JSON has to ask first, and nobody says yes.
            let ask = [
                ("origin", "https://evil.example"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "content-type"),
            ];
            let answer = nobody.send("OPTIONS", &path, &ask, None).await;
            assert_eq!(answer.status, 405, "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
    }
}

/// Every operation of the API that changes something, with an id that never was, and whether it takes no token.
fn unsafe_operations() -> Vec<(String, String, bool)> {
    let document = serde_json::to_value(resolutionflow::app::openapi()).unwrap();
    let mut found = Vec::new();
    for (template, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let is_open = operation["security"][0] == json!({});
            if method != "get" {
                let parts = template.split('/').map(|part| {
                    if part.starts_with('{') {
                        "01900000-0000-7000-8000-000000000000"
                    } else {
                        part
                    }
                });
                found.push((
                    method.to_uppercase(),
                    parts.collect::<Vec<_>>().join("/"),
                    is_open,
                ));
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}
