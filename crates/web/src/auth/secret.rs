//! Token secrets: 256 random bits behind a prefix that says what kind they are. Only digests are kept.

use data_encoding::BASE64URL_NOPAD;
use resolutionflow_core::event::Hash;
use resolutionflow_core::random::Random;
use resolutionflow_store::tokens::TokenKind;
use sha2::{Digest, Sha256};

const fn prefix(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Access => "rf_at_",
        TokenKind::Personal => "rf_pat_",
    }
}

/// A new secret of that kind.
pub fn make(kind: TokenKind, random: &mut Random) -> String {
    format!(
        "{}{}",
        prefix(kind),
        BASE64URL_NOPAD.encode(&random.bytes::<32>())
    )
}

/// The kind that a secret claims to be, where it has the form of one.
pub fn kind(secret: &str) -> Option<TokenKind> {
    [TokenKind::Access, TokenKind::Personal]
        .into_iter()
        .find(|kind| secret.strip_prefix(prefix(*kind)).is_some_and(is_body))
}

/// What refresh tokens begin with.
const REFRESH: &str = "rf_rt_";

/// A refresh token of these secret bytes.
pub fn refresh(bytes: &[u8; 32]) -> String {
    format!("{REFRESH}{}", BASE64URL_NOPAD.encode(bytes))
}

/// Whether a secret has the form of a refresh token.
pub fn is_refresh(secret: &str) -> bool {
    secret.strip_prefix(REFRESH).is_some_and(is_body)
}

/// What is shown once, in a link that somebody was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InLink {
    /// Opens an account.
    PlatformInvite,
    /// Lets into an account, by the link that is copied.
    CopiedInvite,
    /// Lets into an account, by the link that is mailed.
    MailedInvite,
    /// Shows that an address is the one of whoever signed up with it.
    SignUp,
    /// Shows that an address is somebody's.
    Verify,
    /// Sets a new password.
    Reset,
}

impl InLink {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::PlatformInvite,
        Self::CopiedInvite,
        Self::MailedInvite,
        Self::SignUp,
        Self::Verify,
        Self::Reset,
    ];

    const fn prefix(self) -> &'static str {
        match self {
            Self::PlatformInvite => "rf_pi_",
            Self::CopiedInvite => "rf_ic_",
            Self::MailedInvite => "rf_im_",
            Self::SignUp => "rf_su_",
            Self::Verify => "rf_vf_",
            Self::Reset => "rf_rs_",
        }
    }

    /// A new secret of this kind.
    pub fn make(self, random: &mut Random) -> String {
        self.of_bytes(&random.bytes())
    }

    /// The secret of this kind that has these bytes.
    pub fn of_bytes(self, bytes: &[u8; 32]) -> String {
        format!("{}{}", self.prefix(), BASE64URL_NOPAD.encode(bytes))
    }

    /// The kind that a secret claims to be, where it has the form of one.
    pub fn parse(secret: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| secret.strip_prefix(kind.prefix()).is_some_and(is_body))
    }
}

/// Whether this may be what stands behind a prefix: 256 bits in base64url (RFC 4648, section 5).
fn is_body(rest: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    rest.len() == 43 && rest.bytes().all(plain)
}

/// What is kept of a secret.
pub fn digest(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_tells_its_kind_and_nothing_else_passes_for_one() {
        let random = &mut Random::new([3; 32]);
        for made in [TokenKind::Access, TokenKind::Personal] {
            let secret = make(made, random);
            assert_eq!(kind(&secret), Some(made));
            assert_eq!(kind(&secret[1..]), None);
            assert_eq!(kind(&format!("{secret}x")), None);
            assert_ne!(digest(&secret), digest(&make(made, random)));
        }
        let token = refresh(&[7; 32]);
        assert!(is_refresh(&token) && kind(&token).is_none());
        assert!(!is_refresh(&make(TokenKind::Access, random)) && !is_refresh(&token[..48]));
        assert_eq!(kind(""), None);
        for made in InLink::ALL {
            let secret = made.make(random);
            assert_eq!((InLink::parse(&secret), kind(&secret)), (Some(made), None));
            assert_eq!(InLink::parse(&secret[..48]), None);
        }
        assert_eq!(InLink::parse(&token), None);
    }
}
