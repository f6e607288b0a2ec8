//! The visitor of a page: a caller with what every page shows of them.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use resolutionflow_core::access::{Action, Role};
use resolutionflow_core::id::{AccountId, LoginId, UserId};
use resolutionflow_store::members::{self, Place};
use resolutionflow_store::notifications::{self, Bell};
use resolutionflow_store::platform;

use super::caller::{Caller, by_login};
use super::login;
use crate::config::Settings;
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};

/// Somebody signed in who is allowed, as far as their role goes, what the page is for.
#[derive(Clone, Debug)]
pub struct Visit<const ACTION: usize>(pub Visitor);

/// Looks at a page of the account.
pub type VisitRead = Visit<{ Action::Read as usize }>;
/// Completes sessions.
pub type VisitCompleteSession = Visit<{ Action::CompleteSession as usize }>;
/// Starts flows.
pub type VisitStartFlow = Visit<{ Action::StartFlow as usize }>;
/// Reads and chooses what they are told.
pub type VisitNotifications = Visit<{ Action::ManageOwnNotifications as usize }>;
/// Changes the account.
pub type VisitManageAccount = Visit<{ Action::ManageAccount as usize }>;
/// Reads the audit log.
pub type VisitReadAudit = Visit<{ Action::ReadAudit as usize }>;
/// Looks after invites.
pub type VisitManageInvites = Visit<{ Action::ManageInvites as usize }>;
/// Follows an invite; who is not signed in may, too.
pub type VisitJoinAccount = Visit<{ Action::JoinAccount as usize }>;
/// Looks after people.
pub type VisitManageMembers = Visit<{ Action::ManageMembers as usize }>;
/// Leaves the account.
pub type VisitLeaveAccount = Visit<{ Action::LeaveAccount as usize }>;
/// Changes their own name.
pub type VisitChangeOwnProfile = Visit<{ Action::ChangeOwnProfile as usize }>;
/// Imports flows.
pub type VisitWriteFlow = Visit<{ Action::WriteFlow as usize }>;

/// Who looks at a page.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// For everything that is asked or done.
    pub caller: Caller,
    /// Their login.
    pub login_id: LoginId,
    /// Their name.
    pub name: String,
    /// Their mail address.
    pub email: String,
    /// What the account is called.
    pub account_name: String,
    /// How their pages look.
    pub look: Look,
    /// What they were told and have not read.
    pub bell: Bell,
    /// The accounts that they can act in, this one among them.
    pub places: Vec<Place>,
}

impl Visitor {
    /// The person.
    pub fn user_id(&self) -> UserId {
        self.caller.user_id
    }

    /// Their role in the account.
    pub fn role(&self) -> Role {
        self.caller.role
    }
}

impl<const ACTION: usize> FromRequestParts<App> for Visit<ACTION> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        const MISSING: Error = Error::Unauthorized("Sign in first.");
        let (holder, caller) = by_login(parts, app).await?.ok_or(MISSING)?;
        caller.require(Action::ALL[ACTION])?;
        let (account, user) = (caller.account_id, caller.user_id);
        let (bell, places) = app
            .read(move |tx| {
                Box::pin(async move {
                    let bell = notifications::bell(tx, account, user).await?;
                    Ok((bell, members::places(tx, user).await?))
                })
            })
            .await?;
        Ok(Self(Visitor {
            caller,
            login_id: holder.login_id,
            name: holder.name,
            email: holder.email,
            account_name: holder.account_name,
            look: Look::of(&parts.headers, &app.settings),
            bell,
            places,
        }))
    }
}

/// A visitor who runs the server. For anybody else there is nothing at the address.
pub struct VisitPlatform(pub Visitor);

impl FromRequestParts<App> for VisitPlatform {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let visit = <VisitRead as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        if runs_the_server(app, &visit.0).await? {
            Ok(Self(visit.0))
        } else {
            Err(Error::NotFound)
        }
    }
}

/// Whoever is not signed in is nobody, for pages that anybody may look at.
impl<const ACTION: usize> OptionalFromRequestParts<App> for Visit<ACTION> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>> {
        match <Self as FromRequestParts<App>>::from_request_parts(parts, app).await {
            Ok(visit) => Ok(Some(visit)),
            Err(Error::Unauthorized(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether the visitor sees the platform pages.
pub async fn runs_the_server(app: &App, visitor: &Visitor) -> Result<bool> {
    let user = visitor.user_id();
    app.read(move |tx| Box::pin(async move { Ok(platform::is_platform_admin(tx, user).await?) }))
        .await
}

/// The account that a page's visitor acts in, for whoever reads what their pages send.
#[derive(Clone, Debug)]
pub struct ActsIn {
    /// The account.
    pub account_id: AccountId,
    /// What it is called.
    pub name: String,
}

/// How what a page sends says which account it was shown in: the hidden control of its forms, the header of what its
/// scripts ask for, and the parameter of its live stream and of its downloads.
pub const OF_ACCOUNT: &str = "of-account";

impl ActsIn {
    /// Refuses what comes of a page that was shown in another account than the one that its sender acts in by now: they
    /// went there in another tab. It would do there what was meant here, or show here what is there.
    pub fn require(&self, account: &[u8]) -> Result<()> {
        if account == self.account_id.to_string().as_bytes() {
            return Ok(());
        }
        let detail = format!("You are now in {}. Nothing was changed.", self.name);
        Err(Error::conflict(Kind::OtherAccount, detail))
    }

    /// As [`ActsIn::require`], of a form.
    pub fn require_of(&self, form: &[(String, String)]) -> Result<()> {
        form.iter()
            .filter(|(name, _)| name == OF_ACCOUNT)
            .try_for_each(|(_, account)| self.require(account.as_bytes()))
    }
}

/// The cookie of the theme, as [`login::own_name`] is asked for it.
pub const THEME: &str = "theme";
/// The cookie of single keys, likewise.
pub const KEYS: &str = "keys";

/// What a browser was told about looks, in cookies of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The colours.
    pub theme: Theme,
    /// Whether single keys do something.
    pub keys: bool,
}

/// The colours of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 3] = [Self::System, Self::Dark, Self::Light];

    /// The name in the cookie and the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// The theme of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == name)
    }

    /// The attribute `data-theme`, where the page does not follow the system.
    pub fn attribute(self) -> Option<&'static str> {
        (self != Self::System).then_some(self.as_str())
    }
}

impl Look {
    /// What the request's cookies say.
    pub fn of(headers: &HeaderMap, settings: &Settings) -> Self {
        let said = |name| login::cookie(headers, &login::own_name(settings, name));
        Self {
            theme: said(THEME).and_then(Theme::parse).unwrap_or_default(),
            keys: said(KEYS) != Some("off"),
        }
    }
}

impl FromRequestParts<App> for Look {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, &app.settings))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::COOKIE;

    use super::*;

    #[test]
    fn looks_are_read_from_cookies_of_this_host_alone() {
        let look = |settings: &Settings, cookies| {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(cookies))]);
            let look = Look::of(&headers, settings);
            (look.theme, look.keys)
        };
        let (bare, own) = ("theme=light; keys=off", "__Host-theme=light; __Host-keys=off");
        let mut settings = Settings::default();
        assert_eq!(look(&settings, bare), (Theme::System, true));
        assert_eq!(look(&settings, own), (Theme::Light, false));
        settings.server.insecure_http = true;
        assert_eq!(look(&settings, bare), (Theme::Light, false));
        assert_eq!(look(&settings, own), (Theme::System, true));
    }
}
