//! A password to set: piped in, or made up and shown once.

use std::io::Read;

use clap::Args;
use resolutionflow_core::random::Random;

use super::super::{Done, print};
use crate::auth::password::{self, LONGEST, Passwords};

/// Where the password comes from.
#[derive(Args, Debug)]
pub(super) struct PasswordOptions {
    /// Read the password from the first line of standard input instead of making one up
    #[arg(long)]
    password_stdin: bool,
}

/// A password and its hash.
pub(super) struct NewPassword {
    pub(super) hash: String,
    /// What to show, where it was made up.
    made_up: Option<String>,
}

impl PasswordOptions {
    /// Reads or makes up a password that may be one, for somebody of whom this is known.
    pub(super) async fn take(&self, known: &[&str], random: &mut Random) -> Done<NewPassword> {
        let (password, made_up) = if self.password_stdin {
            (first_line()?, None)
        } else {
            let password = password::generate(random);
            (password.clone(), Some(password))
        };
        password::check(&password)?;
        if made_up.is_none() && password::is_weak(&password, known) {
            return Err(
                "that password is easy to guess: it is a common one, or made of common words, dates, runs, repeats or the \
                 names around it; several unusual words make a good one"
                    .to_owned()
                    .into(),
            );
        }
        let hash = Passwords::default().hash(password, random).await?;
        Ok(NewPassword { hash, made_up })
    }
}

impl NewPassword {
    /// Prints what was made up, once it is set.
    pub(super) fn show(&self) -> Done {
        self.made_up.as_ref().map_or(Ok(()), print)
    }
}

/// The password that is piped in, whatever comes behind its line.
pub(in crate::command) fn first_line() -> Done<String> {
    // A character has four bytes at most; two more for the line end.
    let most = (LONGEST * 4 + 3) as u64;
    let mut bytes = Vec::new();
    let mut input = std::io::stdin().lock().take(most);
    input
        .read_to_end(&mut bytes)
        .map_err(|error| format!("standard input: {error}"))?;
    let text =
        String::from_utf8(bytes).map_err(|_| "standard input: the password is not UTF-8".to_owned())?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
