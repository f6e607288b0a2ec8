//! `resolutionflow admin`: people, passwords, tokens and invites, straight in the database.

use clap::Subcommand;

use super::Done;

mod create_token;
mod create_user;
mod invite;
pub(super) mod new_password;
mod platform_admin;
mod reconcile;
mod reset_password;

/// The commands under `admin`.
#[derive(Debug, Subcommand)]
pub(super) enum Admin {
    /// Make a user and their membership; on an empty database also the account, whose owner they are.
    ///
    /// The password is generated and printed, this once and alone on standard output, unless it comes by
    /// --password-stdin.
    CreateUser(create_user::CreateUser),
    /// Set somebody's password, and end all their tokens.
    ResetPassword(reset_password::ResetPassword),
    /// Make a personal token for a program, and print it, this once and alone on standard output.
    CreateToken(create_token::CreateToken),
    /// Say who runs the server, and sees its accounts, plans and state.
    PlatformAdmin(platform_admin::PlatformAdmin),
    /// Prove that counters equal the rows they count.
    Reconcile(reconcile::Reconcile),
    /// Make a code that opens new accounts, and print it and its link, this once.
    Invite(invite::Invite),
}

impl Admin {
    /// Does what the command says.
    pub(super) async fn run(self) -> Done {
        match self {
            Self::CreateUser(command) => command.run().await,
            Self::ResetPassword(command) => command.run().await,
            Self::CreateToken(command) => command.run().await,
            Self::PlatformAdmin(command) => command.run().await,
            Self::Reconcile(command) => command.run().await,
            Self::Invite(command) => command.run().await,
        }
    }
}
