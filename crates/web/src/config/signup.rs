//! `[signup]`: who may open an account, and how long an invite into one is good.

use std::time::Duration;

use super::value::Value;
use super::{Mail, Transport};

/// `[signup]`: how people get in.
#[derive(Clone, Debug)]
pub struct Signup {
    /// Who may open an account.
    pub mode: SignupMode,
    /// How long an invite into an account is good.
    pub invite_life: Duration,
}

impl Default for Signup {
    fn default() -> Self {
        Self {
            mode: SignupMode::Invite,
            invite_life: Duration::from_hours(7 * 24),
        }
    }
}

impl Signup {
    /// What these settings contradict, a line each.
    pub(super) fn mistakes(&self, mail: &Mail) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.mode == SignupMode::Open && mail.transport == Transport::None {
            mistakes.push(
                "signup.mode: \"open\" needs mail, by which people show that an address is theirs; set mail.transport, \
                 or choose \"invite\""
                    .to_owned(),
            );
        }
        mistakes
    }
}

/// Who may open an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignupMode {
    /// Anybody who reads mail.
    Open,
    /// Whoever has the code of an invite.
    Invite,
    /// Nobody.
    Closed,
}

impl Value for SignupMode {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = match text {
            "open" => Self::Open,
            "invite" => Self::Invite,
            "closed" => Self::Closed,
            _ => return Err("expected open, invite or closed".to_owned()),
        };
        Ok(())
    }

    fn show(&self) -> String {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_signs_up_in_the_open_without_mail() {
        let mut signup = Signup::default();
        let mut mail = Mail::default();
        assert!(signup.mistakes(&mail).is_empty());
        signup.mode = SignupMode::Open;
        assert!(signup.mistakes(&mail)[0].starts_with("signup.mode: \"open\" needs mail"));
        mail.transport = Transport::File;
        assert!(signup.mistakes(&mail).is_empty());
    }
}
