//! The other end of a request, before anybody knows who it is: its address, and what the log knows the request by.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use resolutionflow_core::audit::{AuditAction, By, Entry, Object};
use resolutionflow_core::id::{AccountId, Id, UserId};
use resolutionflow_core::random::Random;

use crate::app::RequestId;
use crate::config::{Networks, Settings};
use crate::context::App;

/// What proxies write down whom they speak for in, each behind the one before.
const FORWARDED: &str = "x-forwarded-for";

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// The address of who asks; `None` where the server was not asked over a network.
    pub address: Option<IpAddr>,
    /// The identifier of the request.
    pub request_id: String,
}

impl Peer {
    /// What the request says of itself, as far as it is to be believed.
    pub fn of(parts: &Parts, settings: &Settings) -> Self {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let proxies = &settings.server.trusted_proxies;
        Self {
            address: address.map(|address| client(address.0.ip(), &parts.headers, proxies)),
            request_id: parts
                .extensions
                .get::<RequestId>()
                .map(|id| id.0.clone())
                .unwrap_or_default(),
        }
    }

    /// The address as text.
    pub fn place(&self) -> String {
        self.address
            .map_or_else(String::new, |address| address.to_string())
    }

    /// What is counted as one address: an IPv4 address, or the first 64 bits of an IPv6 address, of which whoever has
    /// one has all (RFC 4291, section 2.5.4).
    pub fn block(&self) -> Vec<u8> {
        match self.address {
            None => Vec::new(),
            Some(IpAddr::V4(address)) => address.octets().to_vec(),
            Some(IpAddr::V6(address)) => address.octets()[..8].to_vec(),
        }
    }

    /// An entry of the audit log for what was done from here.
    pub fn entry(
        &self,
        (now, random): (DateTime<Utc>, &mut Random),
        (actor, by): (Option<UserId>, Option<By>),
        action: AuditAction,
        object: Object,
        changed: &[&str],
    ) -> Entry {
        Entry {
            id: Id::new(now, random),
            at: now,
            actor_id: actor,
            by,
            place: self.place(),
            request_id: self.request_id.clone(),
            action,
            object,
            changed: changed.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// The entries that tell of one change of a person in the log of each account of theirs.
    pub fn entries_of(
        &self,
        (now, random): (DateTime<Utc>, &mut Random),
        (person, by): (UserId, (Option<UserId>, Option<By>)),
        action: AuditAction,
        accounts: &[AccountId],
        changed: &[&str],
    ) -> Vec<(AccountId, Entry)> {
        let accounts = accounts.iter();
        accounts
            .map(|account| {
                let object = Object::new("user", person.uuid());
                (*account, self.entry((now, random), by, action, object, changed))
            })
            .collect()
    }
}

impl FromRequestParts<App> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(parts, &app.settings))
    }
}

/// Whom a connection speaks for: read from the right, the first that is no proxy of ours. What stands left of it may
/// be made up.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &Networks) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines = headers.get_all(FORWARDED).iter();
    let lines: Vec<_> = lines.map(|line| line.to_str().unwrap_or("unreadable")).collect();
    for said in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(address) = address(said.trim()).filter(|_| proxies.contain(client)) else {
            break;
        };
        client = address.to_canonical();
    }
    client
}

/// An address, with a port behind it or not.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    bare.unwrap_or(text)
        .parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn seen(peer: &str, lines: &[&str]) -> String {
        let proxies = Networks::new("10.0.0.0/8, ::1").unwrap();
        let headers = lines.iter().map(|line| {
            let name = axum::http::HeaderName::from_static(FORWARDED);
            (name, HeaderValue::from_str(line).unwrap())
        });
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(name, value);
        }
        client(peer.parse().unwrap(), &all, &proxies).to_string()
    }

    #[test]
    fn only_what_our_proxies_say_counts() {
        for (peer, lines, expected) in [
            ("192.0.2.1", &["203.0.113.5"][..], "192.0.2.1"),
            ("10.0.0.1", &["203.0.113.5"], "203.0.113.5"),
            ("::ffff:10.0.0.1", &["203.0.113.5"], "203.0.113.5"),
            // Made up by the client, in front of what the proxies saw.
            ("10.0.0.1", &["198.51.100.9, 203.0.113.5"], "203.0.113.5"),
            (
                "10.0.0.1",
                &["198.51.100.9", "203.0.113.5, 10.0.0.2"],
                "203.0.113.5",
            ),
            ("10.0.0.1", &["nonsense, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["203.0.113.5, nonsense"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.5:4711"], "203.0.113.5"),
            ("::1", &["[2001:db8::7]:80"], "2001:db8::7"),
            ("::1", &["[2001:db8::7]"], "2001:db8::7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &[""], "10.0.0.1"),
        ] {
            assert_eq!(seen(peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_block_is_one_address_or_one_network_of_64_bits() {
        let block = |address: &str| {
            let address = Some(address.parse().unwrap());
            Peer {
                address,
                ..Peer::default()
            }
            .block()
        };
        assert_ne!(block("192.0.2.1"), block("192.0.2.2"));
        assert_eq!(block("2001:db8::1"), block("2001:db8::ffff:1"));
        assert_ne!(block("2001:db8::1"), block("2001:db8:0:1::1"));
    }
}
