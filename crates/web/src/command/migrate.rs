//! `resolutionflow migrate`: brings the database up to date.

use clap::Args;

use super::{Done, Place, database, print};
use crate::config::DatabaseUrl;

/// The variable that names the owner's way to the database.
const OWNER: &str = "MIGRATION_DATABASE_URL";

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  MIGRATION_DATABASE_URL=postgres://owner@db.example/flows resolutionflow migrate")]
pub(super) struct Migrate {
    #[command(flatten)]
    place: Place,
}

impl Migrate {
    /// Applies the migrations that the database lacks.
    pub(super) async fn run(self) -> Done {
        let mut settings = self.place.settings()?;
        if let (None, Ok(url)) = (&self.place.database, std::env::var(OWNER)) {
            settings.database.url =
                DatabaseUrl::new(&url).map_err(|expected| format!("{OWNER}: {expected}"))?;
        }
        let applied = resolutionflow_store::migrate::migrate(&database(&settings)).await;
        match applied.map_err(|error| error.to_string())? {
            0 => print("The database is up to date."),
            1 => print("Applied 1 migration."),
            count => print(format!("Applied {count} migrations.")),
        }
    }
}
