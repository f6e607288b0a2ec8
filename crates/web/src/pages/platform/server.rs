//! `/platform/server`: how the server does.

use axum::extract::State;
use maud::{Markup, html};
use resolutionflow_store::db::{Engine, RowSecurity};
use resolutionflow_store::platform;

use super::{Part, page, words};
use crate::auth::visitor::VisitPlatform;
use crate::config::Transport;
use crate::context::App;
use crate::error::Result;
use crate::pages::components::time;

/// `GET /platform/server`
pub(super) async fn show(State(app): State<App>, VisitPlatform(visitor): VisitPlatform) -> Result<Markup> {
    let now = app.now();
    let state = app
        .read(move |tx| Box::pin(async move { Ok(platform::state(tx, now).await?) }))
        .await?;
    let apart = match app.db.row_security().await? {
        RowSecurity::Missing => words::KEPT_BY_PROGRAM.to_owned(),
        RowSecurity::Holds => words::KEPT_BY_DATABASE.to_owned(),
        RowSecurity::Fails { role, gaps } => words::not_kept_apart(&role, &gaps),
    };
    let database = app.db.metrics();
    let waiting = match app.db.engine() {
        Engine::Sqlite => words::changes_waiting(database.writer_queue),
        Engine::Postgres => words::connections(
            database.pool_size.saturating_sub(database.pool_available),
            database.pool_size,
            database.pool_waiting,
        ),
    };
    let mail = match app.settings.mail.transport {
        Transport::None => words::NO_MAIL.to_owned(),
        _ => words::letters(state.letters_waiting, state.letters_failed),
    };
    let content = html! {
        section class="section" aria-labelledby="state-title" {
            h2 id="state-title" { (words::STATE) }
            dl class="facts" {
                dt { (words::VERSION) } dd { (env!("CARGO_PKG_VERSION")) }
                dt { (words::RUNNING) } dd { (words::SINCE) " " (time::absolute(app.started)) }
                dt { (words::DATABASE) } dd { (words::engine(app.db.engine())) ", " (words::schema(state.schema)) }
                dt { (words::APART) } dd { (apart) }
                dt { (words::LOAD) } dd { (waiting) }
                dt { (words::REQUESTS) }
                dd {
                    (words::requests(app.metrics.requests_running.get(), app.metrics.connections.get(),
                        app.metrics.live_streams.get()))
                }
                dt { (words::MAIL) } dd { (mail) }
                dt { (words::AUDIT) } dd { (words::unsealed(state.unsealed)) }
            }
        }
        section class="section" aria-labelledby="more-title" {
            h2 id="more-title" { (words::ELSEWHERE) }
            p class="help" { (words::ELSEWHERE_HELP) }
        }
    };
    Ok(page(&app, &visitor, Part::Server, None, &content))
}
