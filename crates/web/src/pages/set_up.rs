//! `/setup`: the first account of a new server, made by who has the code that the server printed.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use futures_util::FutureExt;
use maud::{Markup, html};
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::id::{AccountId, Id, TeamId};
use resolutionflow_store::members::{self, Founding, NewUser};
use resolutionflow_store::{audit, logins};
use serde::Deserialize;

use super::components::form::Line;
use super::words::door as words;
use super::{letter_door as door, shell};
use crate::auth::peer::Peer;
use crate::auth::person::{email, one_line};
use crate::auth::visitor::Look;
use crate::auth::{device, login, password, setup};
use crate::context::App;
use crate::error::Result;
use crate::request::Form;

/// The form.
#[derive(Debug, Default, Deserialize)]
pub struct SetUp {
    code: String,
    account: String,
    name: String,
    email: String,
    password: String,
}

/// What is wrong with each line.
#[derive(Default)]
struct Wrong {
    code: Option<&'static str>,
    account: Option<&'static str>,
    name: Option<&'static str>,
    email: Option<&'static str>,
    password: Option<String>,
}

impl Wrong {
    fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("code", self.code),
            ("account", self.account),
            ("name", self.name),
            ("email", self.email),
            ("password", self.password.as_deref()),
        ]
        .into_iter()
        .filter_map(|(line, wrong)| Some((line, wrong?)))
    }
}

/// Shows the form, as long as nobody is here.
pub async fn show(State(app): State<App>, look: Look) -> Result<Response> {
    if app.setup.waits(&app.db).await? {
        Ok(form(&app, look, &SetUp::default(), &Wrong::default(), None).into_response())
    } else {
        Ok(Redirect::to("/sign-in").into_response())
    }
}

/// Makes account, team and owner, and signs the owner in; all of it or nothing, and once.
pub async fn set_up(
    State(app): State<App>,
    look: Look,
    peer: Peer,
    headers: HeaderMap,
    Form(mut typed): Form<SetUp>,
) -> Result<Response> {
    if !app.setup.waits(&app.db).await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    if let Err(error) = setup::reserve(&app, &peer).await {
        return door::refused(error, |detail| {
            tracing::info!(place = peer.place(), "too many tries to set this server up");
            form(&app, look, &typed, &Wrong::default(), Some(detail))
        });
    }
    let wrong = check(&app, &typed);
    if wrong.code.is_some() {
        tracing::warn!(place = peer.place(), "a wrong code to set this server up");
    }
    if wrong.all().next().is_some() {
        let page = form(&app, look, &typed, &wrong, None);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let password = std::mem::take(&mut typed.password);
    let opened = match found(&app, &peer, &headers, &typed, password).await {
        Ok(opened) => opened,
        Err(error) => {
            return door::refused(error, |text| {
                form(&app, look, &typed, &Wrong::default(), Some(text))
            });
        }
    };
    app.setup.close();
    let Some(cookies) = opened else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    tracing::info!("the first account was set up");
    let home = [(LOCATION, HeaderValue::from_static("/"))];
    let cookies = AppendHeaders(cookies.map(|cookie| (SET_COOKIE, cookie)));
    Ok((StatusCode::SEE_OTHER, home, cookies).into_response())
}

/// Makes all of it and answers the cookies of the owner's login and device; nothing where somebody was faster.
async fn found(
    app: &App,
    peer: &Peer,
    headers: &HeaderMap,
    typed: &SetUp,
    password: String,
) -> Result<Option<[HeaderValue; 2]>> {
    let (now, mut random) = (app.now(), app.random());
    let hash = app.passwords.hash(password, &mut random).await?;
    let founding = Founding {
        account_id: AccountId::new(now, &mut random),
        account_name: typed.account.trim().to_owned(),
        team_id: TeamId::new(now, &mut random),
        owner: NewUser {
            id: Id::new(now, &mut random),
            email: email(&typed.email).unwrap_or_default(),
            name: typed.name.trim().to_owned(),
            password_hash: Some(hash),
        },
    };
    let opening = login::open(
        app,
        (founding.owner.id, login::FIRST_EPOCH),
        headers,
        &peer.place(),
    );
    let (kept, device) = (opening.login.clone(), device::prepare(app, headers));
    let object = Object::new("user", founding.owner.id.uuid());
    let who = (Some(founding.owner.id), Some(By::Login(kept.id)));
    let entries = [AuditAction::PlatformAdminAdded, AuditAction::SignedIn].map(|action| {
        let entry = peer.entry((now, &mut random), who, action, object.clone(), &[]);
        (founding.account_id, entry)
    });
    let device = app
        .write(move |tx| {
            let (founding, login) = (founding.clone(), kept.clone());
            let (device, entries) = (device.clone(), entries.clone());
            async move {
                let founded = members::found(tx, &founding, now).await?
                    && logins::create(tx, founding.account_id, &login, now).await?;
                if !founded {
                    return Ok(None);
                }
                audit::write_all(tx, &entries).await?;
                device.keep(tx, founding.owner.id, now).await.map(Some)
            }
            .boxed()
        })
        .await?;
    Ok(device.map(|device| [opening.cookie, device]))
}

fn check(app: &App, typed: &SetUp) -> Wrong {
    let others = [typed.account.as_str(), typed.name.as_str(), typed.email.as_str()];
    Wrong {
        code: (!app.setup.accepts(&typed.code)).then_some(words::CODE_WRONG),
        account: one_line(&typed.account).err().map(|_| words::COMPANY_WRONG),
        name: one_line(&typed.name).err().map(|_| words::NAME_WRONG),
        email: email(&typed.email).err().map(|_| words::EMAIL_WRONG),
        password: password::fault(&typed.password, &others),
    }
}

fn form(app: &App, look: Look, typed: &SetUp, wrong: &Wrong, too_many: Option<&str>) -> Markup {
    let line = |name, label, value, help, error| Line {
        name,
        label,
        value,
        help,
        error,
        kind: "text",
        autocomplete: "off",
        ..Line::default()
    };
    let first_wrong = wrong.all().next().map_or("code", |(line, _)| line);
    let lines = [
        line("code", words::CODE, &typed.code, words::CODE_HELP, wrong.code),
        Line {
            autocomplete: "organization",
            ..line(
                "account",
                words::COMPANY,
                &typed.account,
                words::COMPANY_HELP,
                wrong.account,
            )
        },
        Line {
            autocomplete: "name",
            ..line("name", words::NAME, &typed.name, "", wrong.name)
        },
        Line {
            autocomplete: "username",
            kind: "email",
            ..line("email", words::EMAIL, &typed.email, "", wrong.email)
        },
        Line {
            autocomplete: "new-password",
            kind: "password",
            ..line(
                "password",
                words::PASSWORD,
                "",
                words::PASSWORD_HELP,
                wrong.password.as_deref(),
            )
        },
    ];
    let content = html! {
        div class="door-mark" { (super::components::icon::mark()) span { (super::words::shell::PRODUCT) } }
        h1 { (words::SET_UP) }
        p { (words::SET_UP_HELP) }
        @if let Some(detail) = too_many { (door::summary(detail)) }
        (door::summary_of(&wrong.all().collect::<Vec<_>>()))
        form class="stack" method="post" action="/setup" {
            @for line in &lines { (Line { focus: line.name == first_wrong, ..*line }.draw()) }
            button class="button primary block" type="submit" { (words::CREATE) }
        }
    };
    shell::plain(app, look, words::SET_UP, "set-up", &content)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use axum::body::Body;
    use axum::http::Request;
    use axum::http::header::CONTENT_TYPE;
    use resolutionflow_store::testing;
    use tower::ServiceExt;

    use super::*;
    use crate::config::Settings;
    use crate::context::Clock;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What a server answers: the status, and where it sends people.
    async fn ask(app: &App, request: Request<Body>) -> (u16, String) {
        let answer = crate::app::router(app.clone()).oneshot(request).await.unwrap();
        let to = answer.headers().get(LOCATION);
        let to = to.map_or("", |to| to.to_str().unwrap()).to_owned();
        (answer.status().as_u16(), to)
    }

    #[tokio::test]
    async fn a_server_sees_that_the_first_account_was_set_up_at_another() {
        for test in testing::databases().await {
            let server = || App::new(Settings::default(), Clock::fixed(testing::now()), test.db.clone());
            let (one, other) = (server(), server());
            let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
            let there = |status, path: &str| (status, path.to_owned());
            let code = one.setup.prepare(&one.db, &mut one.random()).await.unwrap();
            other.setup.prepare(&other.db, &mut other.random()).await.unwrap();
            for path in ["/sign-in", "/sign-up"] {
                assert_eq!(ask(&other, get(path)).await, there(303, "/setup"));
            }
            assert_eq!(ask(&other, get("/setup")).await, there(200, ""));
            let lines = [
                ("code", code.unwrap()),
                ("account", "Contoso".to_owned()),
                ("name", "Olga".to_owned()),
                ("email", "o@a.example".to_owned()),
                ("password", "quiet harbour lantern 7 orbit".to_owned()),
            ];
            let body = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(lines)
                .finish();
            let request = Request::post("/setup")
                .header("sec-fetch-site", "same-origin")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(body));
            assert_eq!(ask(&one, request.unwrap()).await, there(303, "/"));
            for app in [&one, &other] {
                assert_eq!(ask(app, get("/sign-in")).await, there(200, ""));
                assert_eq!(ask(app, get("/sign-up")).await, there(200, ""));
                assert_eq!(ask(app, get("/setup")).await, there(303, "/sign-in"));
            }
        }
    }

    #[tokio::test]
    async fn a_wrong_code_is_a_line_of_the_log_without_the_code() {
        let test = testing::sqlite(|_| {}).await;
        let app = App::new(Settings::default(), Clock::fixed(testing::now()), test.db.clone());
        app.setup.prepare(&app.db, &mut app.random()).await.unwrap();
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone());
        let _logging = tracing::subscriber::set_default(subscriber.finish());
        for status in [422, 422, 422, 429] {
            let request = Request::post("/setup")
                .header("sec-fetch-site", "same-origin")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(
                    "code=WRNG-CODE&account=A&name=Olga&email=o@a.example&password=x",
                ));
            let answer = crate::app::router(app.clone()).oneshot(request.unwrap()).await;
            assert_eq!(answer.unwrap().status(), status);
        }
        let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(log.matches("WARN").count(), 3, "{log}");
        assert_eq!(
            log.matches("a wrong code to set this server up").count(),
            3,
            "{log}"
        );
        assert_eq!(
            log.matches("too many tries to set this server up").count(),
            1,
            "{log}"
        );
        assert!(!log.contains("WRNG") && !log.contains("Olga"), "{log}");
    }
}
