//! `resolutionflow serve`: the server, until it is told to stop.

use std::net::SocketAddr;

use clap::Args;
use resolutionflow_store::Db;
use tokio::net::TcpListener;

use super::{Done, Place, database};
use crate::app::router;
use crate::context::{App, Clock};
use crate::serve::{asked_to_stop, serve};

/// The options of the command.
#[derive(Args, Debug)]
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
        let listen = settings.server.listen;
        let db = Db::open(&database(&settings))
            .await
            .map_err(|error| error.to_string())?;
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        tracing::info!(%address, database = %settings.database.url, "listening");
        let app = App::new(settings, Clock::system(), db.clone());
        serve(listener, router(app.clone()), &app, asked_to_stop()).await;
        db.close().await;
        tracing::info!("stopped");
        Ok(())
    }
}
