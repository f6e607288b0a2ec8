//! `resolutionflow login` and `logout`: this person's commands at a server.

use clap::Args;
use url::Url;

use super::admin::new_password::first_line;
use super::credentials::Login;
use super::remote::Remote;
use super::{Done, Failure, print};
use crate::auth::person;

/// The options of `login`.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  resolutionflow login --server https://flows.example.com --email morgan@contoso.example < password.txt")]
pub(super) struct SignIn {
    #[arg(long, value_name = "URL", env = "RESOLUTIONFLOW_SERVER", help = "The server")]
    server: Url,
    /// The mail address to sign in with; the password is the first line of standard input
    #[arg(long, value_name = "EMAIL")]
    email: String,
}

/// The options of `logout`.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  resolutionflow logout --server https://flows.example.com")]
pub(super) struct SignOut {
    #[arg(long, value_name = "URL", env = "RESOLUTIONFLOW_SERVER", help = "The server")]
    server: Url,
}

impl SignIn {
    /// Signs in, and keeps what the server gives.
    pub(super) async fn run(self) -> Done {
        let email =
            person::email(&self.email).map_err(|wrong| Failure::Usage(format!("--email: {wrong}")))?;
        let login = Login::at(&self.server)?;
        let answered = Remote::unknown(self.server.clone())?
            .sign_in(&email, &first_line()?)
            .await?;
        login.keep(answered)?;
        print(format!("Signed in at {} as {email}.", self.server))
    }
}

impl SignOut {
    /// Forgets the sign-in, and ends it at the server.
    pub(super) async fn run(self) -> Done {
        let Some(token) = Login::at(&self.server)?.forget()? else {
            return print(format!("Nobody was signed in at {}.", self.server));
        };
        Remote::unknown(self.server.clone())?.sign_out(&token).await?;
        print(format!("Signed out at {}.", self.server))
    }
}
