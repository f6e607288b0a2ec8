//! `resolutionflow serve`: the server, until it is told to stop.

use std::net::SocketAddr;

use clap::Args;
use resolutionflow_core::random::Random;
use resolutionflow_store::Db;
use resolutionflow_store::db::RowSecurity;
use tokio::net::TcpListener;

use super::{Done, Place, complain, database};
use crate::app::router;
use crate::auth::keys;
use crate::config::Settings;
use crate::context::{App, Clock, seed};
use crate::housekeeping;
use crate::mail::{self, Post};
use crate::reminders;
use crate::sealer;
use crate::serve::{asked_to_stop, serve};

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  resolutionflow serve
  resolutionflow serve --listen 0.0.0.0:8080 --database postgres://flows@db.example/flows

SIGTERM or Ctrl+C stops it: what was accepted is finished first.")]
pub(super) struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

impl Serve {
    /// Opens the database and answers requests until SIGTERM or Ctrl+C.
    pub(super) async fn run(self) -> Done {
        let mut settings = self.place.settings()?;
        if let Some(listen) = self.listen {
            settings.server.listen = listen;
        }
        let post = Post::new(&settings)?;
        let db = Db::open(&database(&settings))
            .await
            .map_err(|error| error.to_string())?;
        settings.secrets.key = Some(keys::prepare(&settings, &db, &mut Random::new(seed())).await?);
        let (listener, _) = listen(settings.server.listen).await?;
        answer(settings, db, listener, post, asked_to_stop()).await;
        Ok(())
    }
}

/// Takes the address; answers which port it is, where any would do.
pub(super) async fn listen(at: SocketAddr) -> Done<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(at)
        .await
        .map_err(|error| format!("cannot listen on {at}: {error}; --listen names another address"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok((listener, address))
}

/// Answers requests until `stop` is done, with everything that runs beside them, and closes the database.
pub(super) async fn answer(
    settings: Settings,
    db: Db,
    listener: TcpListener,
    post: Option<Post>,
    stop: impl Future<Output = ()>,
) {
    look_at_row_security(&db).await;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, database = %settings.database.url, "listening");
    }
    let app = App::new(settings, Clock::system(), db.clone());
    offer_setup(&app, listener.local_addr().ok()).await;
    let waking = tokio::spawn(app.live.clone().run(db.clone()));
    let keeping = tokio::spawn(housekeeping::run(app.clone()));
    let reminding = tokio::spawn(reminders::run(app.clone()));
    let sealing = tokio::spawn(sealer::run(app.clone()));
    let mailing = post.map(|post| tokio::spawn(mail::run(app.clone(), post)));
    serve(listener, router(app.clone()), &app, stop).await;
    if let Err(error) = keeping.await {
        tracing::error!(%error, "housekeeping broke off");
    }
    if let Err(error) = reminding.await {
        tracing::error!(%error, "reminding broke off");
    }
    if let Err(error) = sealing.await {
        tracing::error!(%error, "sealing broke off");
    }
    if let Some(mailing) = mailing
        && let Err(error) = mailing.await
    {
        tracing::error!(%error, "sending mail broke off");
    }
    db.close().await;
    waking.abort();
    tracing::info!("stopped");
}

/// Says so where PostgreSQL would let the server's role see across accounts.
async fn look_at_row_security(db: &Db) {
    match db.row_security().await {
        Ok(RowSecurity::Missing | RowSecurity::Holds) => {}
        Ok(RowSecurity::Fails { role, gaps }) => {
            let why: Vec<_> = gaps.iter().map(ToString::to_string).collect();
            tracing::warn!(
                "the database does not keep accounts apart by itself, only the program does: the role {role} {}; give \
                 the server a role of its own, as docs/operating.md says",
                why.join(" and ")
            );
        }
        Err(error) => tracing::error!(%error, "whether the database keeps accounts apart could not be read"),
    }
}

/// Prints the code for the first person, where nobody is there yet.
async fn offer_setup(app: &App, address: Option<SocketAddr>) {
    if app.settings.server.insecure_http {
        tracing::warn!("browsers may sign in by plain HTTP, which anybody on the way can read");
    }
    match app.setup.prepare(&app.db, &mut app.random()).await {
        Ok(Some(code)) => {
            let address = address.map_or_else(String::new, |address| format!(" at http://{address}/setup"));
            complain(format!(
                "Nobody is here yet. Set up this server{address} with the code {code}"
            ));
        }
        Ok(None) => {}
        Err(error) => {
            tracing::error!(%error, "whether anybody is there could not be read; no one can be set up");
        }
    }
}
