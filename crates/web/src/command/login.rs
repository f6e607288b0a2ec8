//! `resolutionflow login` and `logout`: this person's commands at a server.

use clap::Args;
use url::Url;
use uuid::Uuid;

use super::admin::new_password::first_line;
use super::credentials::Login;
use super::remote::Remote;
use super::{Done, Failure, complain, print};
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
    /// Which of the person's accounts to act in, by its id; without it the one that they used last
    #[arg(long, value_name = "ID")]
    account: Option<Uuid>,
}

/// The options of `logout`.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  resolutionflow logout --server https://flows.example.com")]
pub(super) struct SignOut {
    #[arg(long, value_name = "URL", env = "RESOLUTIONFLOW_SERVER", help = "The server")]
    server: Url,
    /// Forget the sign-in even where the server cannot be told, which then keeps it until it expires
    #[arg(long)]
    forget: bool,
}

impl SignIn {
    /// Signs in, keeps what the server gives, and ends the sign-in that was kept before.
    pub(super) async fn run(self) -> Done {
        let email =
            person::email(&self.email).map_err(|wrong| Failure::Usage(format!("--email: {wrong}")))?;
        let login = Login::at(&self.server)?;
        let answered = Remote::unknown(self.server.clone())?
            .sign_in(&email, &first_line()?, self.account)
            .await?;
        let before = login.keep(answered)?;
        if let Some(before) = before {
            let ended = Remote::unknown(self.server.clone())?.sign_out(&before).await;
            if ended.is_err() {
                complain("The sign-in before this one could not be ended; it goes on until it expires.");
            }
        }
        print(format!("Signed in at {} as {email}.", self.server))
    }
}

impl SignOut {
    /// Ends the sign-in at the server, and forgets it then: a sign-in that nobody has any more could not be ended.
    pub(super) async fn run(self) -> Done {
        let login = Login::at(&self.server)?;
        let Some(token) = login.refresh_token()? else {
            return print(format!("Nobody was signed in at {}.", self.server));
        };
        let ended = Remote::unknown(self.server.clone())?.sign_out(&token).await;
        if !self.forget {
            ended?;
        }
        login.forget()?;
        print(format!("Signed out at {}.", self.server))
    }
}
