//! Addresses and networks of addresses, as settings name them.

use std::net::IpAddr;

use super::value::Value;

/// A network: all addresses that begin alike (CIDR, RFC 4632 and RFC 4291).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    /// How many bits they share.
    prefix: u32,
}

/// The bits of an address, and how many there are; an IPv4 address in IPv6 is an IPv4 address.
fn bits(address: IpAddr) -> (u128, u32) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

impl Network {
    fn read(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (bits, width) = bits(address);
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => width,
        };
        // Bits behind the prefix are a slip of the pen: nobody knows which of the two was meant.
        let rest = bits
            & 1_u128
                .checked_shl(width.checked_sub(prefix)?)
                .map_or(u128::MAX, |bit| bit - 1);
        (rest == 0).then_some(Self { address, prefix })
    }

    fn contains(&self, address: IpAddr) -> bool {
        let ((own, width), (other, other_width)) = (bits(self.address), bits(address));
        let differ = (own ^ other).checked_shr(width - self.prefix).unwrap_or(0);
        width == other_width && differ == 0
    }
}

/// Some networks; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

impl Networks {
    /// Takes addresses and networks with commas between, or says what was expected.
    pub fn new(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let networks = parts.map(|part| {
            Network::read(part).ok_or_else(|| {
                format!("{part}: expected addresses and networks, such as 10.0.0.5, 10.0.0.0/8, fd00::/8")
            })
        });
        networks.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the address is in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Value for Networks {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = Self::new(text)?;
        Ok(())
    }

    fn show(&self) -> String {
        let shown = |network: &Network| {
            let (_, width) = bits(network.address);
            if network.prefix == width {
                network.address.to_string()
            } else {
                format!("{}/{}", network.address, network.prefix)
            }
        };
        self.0.iter().map(shown).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_what_begins_like_them() {
        let networks = Networks::new("10.0.0.0/8, 192.0.2.7,fd00::/8 ,::1").unwrap();
        assert_eq!(networks.show(), "10.0.0.0/8, 192.0.2.7, fd00::/8, ::1");
        for (address, inside) in [
            ("10.255.0.1", true),
            ("::ffff:10.1.2.3", true),
            ("11.0.0.0", false),
            ("192.0.2.7", true),
            ("192.0.2.6", false),
            ("fdff::1", true),
            ("fe00::1", false),
            ("::1", true),
            ("::", false),
            ("0.0.0.1", false),
        ] {
            assert_eq!(networks.contain(address.parse().unwrap()), inside, "{address}");
        }
        let all = Networks::new("0.0.0.0/0,::/0").unwrap();
        assert!(all.contain("203.0.113.9".parse().unwrap()) && all.contain("2001:db8::1".parse().unwrap()));
        assert!(!Networks::new("").unwrap().contain("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for wrong in [
            "proxy",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "::1/129",
            "10/8",
        ] {
            assert!(Networks::new(wrong).unwrap_err().starts_with(wrong), "{wrong}");
        }
    }
}
