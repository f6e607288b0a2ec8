//! `resolutionflow admin create-user`: the first owner, or another member.

use clap::Args;
use futures_util::FutureExt;
use resolutionflow_core::access::Role;
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::id::{AccountId, Id, TeamId};
use resolutionflow_core::random::Random;
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::{Tx, audit, platform};

use super::super::local::open;
use super::super::{Done, Failure, Place, complain};
use super::new_password::PasswordOptions;
use crate::auth::peer::Peer;
use crate::auth::person::{email, one_line};
use crate::context::{Clock, seed};

/// The options of the command.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  The account and its owner, on an empty database:
    resolutionflow admin create-user --account Contoso --email morgan@contoso.example --name Morgan
  Another member, whose password is known already:
    resolutionflow admin create-user --email lena@contoso.example --name Lena --role engineer \\
        --password-stdin < password.txt")]
pub(in crate::command) struct CreateUser {
    /// The mail address to sign in with
    #[arg(long, value_parser = email)]
    email: String,
    /// The person's name
    #[arg(long, value_parser = one_line)]
    name: String,
    /// viewer, engineer, admin or owner [default: engineer; the first user of an account is its owner]
    #[arg(long, value_parser = role)]
    role: Option<Role>,
    /// The account's name: needed on an empty database, where it is made
    #[arg(long, value_parser = one_line)]
    account: Option<String>,
    #[command(flatten)]
    password: PasswordOptions,
    #[command(flatten)]
    place: Place,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let roles = Role::ALL.map(Role::as_str).join(", ");
        format!("expected one of {roles}")
    })
}

impl CreateUser {
    /// Makes the user, the membership and, where there is none, the account, in one transaction.
    pub(super) async fn run(self) -> Done {
        let settings = self.place.settings()?;
        let (now, random) = (Clock::system().now(), &mut Random::new(seed()));
        let known = [
            self.email.as_str(),
            &self.name,
            self.account.as_deref().unwrap_or(""),
        ];
        let password = self.password.take(&known, random).await?;
        let user = NewUser {
            id: Id::new(now, random),
            email: self.email,
            name: self.name,
            password_hash: Some(password.hash.clone()),
        };
        let place = (AccountId::new(now, random), TeamId::new(now, random));
        let (role, account, made) = (self.role, self.account, user.clone());
        let (seed, db) = (seed(), open(&settings, true).await?);
        let created = db.write::<_, Failure, _>(move |tx| {
            let (user, account) = (made.clone(), account.clone());
            async move {
                let existing = members::first_account(tx).await?;
                let is_first = existing.is_none();
                let (account_id, team, role, account) = match existing {
                    None => {
                        let (role, account) = first(role, account)?;
                        members::create_account(tx, place.0, &account, place.1, now).await?;
                        (place.0, place.1, role, account)
                    }
                    Some((id, team)) => (
                        id,
                        team,
                        role.unwrap_or(Role::Engineer),
                        named(tx, id, account).await?,
                    ),
                };
                if !members::create_user(tx, &user, now).await? {
                    return Err(format!("somebody has the address {} already", user.email).into());
                }
                if !members::add(tx, account_id, user.id, role, team, now).await? {
                    return Err(format!("{} is a member of {account} already", user.email).into());
                }
                let action = if is_first {
                    platform::set_platform_admin(tx, &user.email, true).await?;
                    AuditAction::PlatformAdminAdded
                } else {
                    AuditAction::MemberAdded
                };
                let (random, object) = (&mut Random::new(seed), Object::new("user", user.id.uuid()));
                let who = (None, Some(By::Command));
                let entry = Peer::default().entry((now, random), who, action, object, &[]);
                audit::write(tx, account_id, &entry).await?;
                Ok((account, role))
            }
            .boxed()
        });
        let created = created.await;
        db.close().await;
        let (account, role) = created?;
        complain(format!(
            "{} <{}> is now {} of {account}.",
            user.name,
            user.email,
            role.as_str()
        ));
        password.show()
    }
}

/// The role and the account of the first user.
fn first(role: Option<Role>, account: Option<String>) -> Done<(Role, String)> {
    if role.is_some_and(|role| role != Role::Owner) {
        return Err("the first user of an account is its owner; leave --role away"
            .to_owned()
            .into());
    }
    let missing = || Failure::Usage("the database is empty: name the account with --account".to_owned());
    Ok((Role::Owner, account.ok_or_else(missing)?))
}

/// The name of the account that there is, which must be the one that was meant.
async fn named(tx: &mut Tx, id: AccountId, meant: Option<String>) -> Done<String> {
    let name = members::account_name(tx, id).await?;
    match meant {
        Some(meant) if meant != name => {
            Err(format!("the account of this database is {name:?}, not {meant:?}").into())
        }
        _ => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_role_is_refused() {
        assert!(
            role("boss")
                .unwrap_err()
                .contains("viewer, engineer, admin, owner")
        );
    }
}
