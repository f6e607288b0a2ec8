//! Addresses of networks and machines: IP, CIDR, MAC, ports.
//!
//! The standard library decides what an IP address is; what it refuses is explained here, part by part.

use std::net::{IpAddr, Ipv4Addr};

use super::invalid::{name, quote};

pub(super) fn normalise_ip(text: &str) -> Result<String, String> {
    parse_ip(text).map(|address| address.to_string())
}

pub(super) fn normalise_cidr(text: &str) -> Result<String, String> {
    let Some((address, prefix)) = text.split_once('/') else {
        return Err(match text.parse() {
            Ok(IpAddr::V4(_)) => format!("the prefix is missing; this one address is {text}/32"),
            Ok(IpAddr::V6(_)) => format!("the prefix is missing; this one address is {text}/128"),
            Err(_) => "write it as address/prefix, such as 10.0.0.0/24".into(),
        });
    };
    let address = parse_ip(address)?;
    let prefix = parse_prefix(prefix, address)?;
    let network = network_of(address, prefix);
    if network != address {
        return Err(format!("it has host bits set; the network is {network}/{prefix}"));
    }
    Ok(format!("{network}/{prefix}"))
}

pub(super) fn normalise_mac(text: &str) -> Result<String, String> {
    if let Some(wrong) = text
        .chars()
        .find(|c| !c.is_ascii_hexdigit() && !matches!(c, ':' | '-' | '.'))
    {
        return Err(format!("{} is not allowed", name(wrong)));
    }
    let mut marks = text.chars().filter(|c| !c.is_ascii_hexdigit());
    let mark = marks.next();
    if marks.any(|other| Some(other) != mark) {
        return Err("it mixes separators; write it as 00:1a:2b:3c:4d:5e".into());
    }
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    if digits.len() != 12 {
        return Err(format!(
            "it has {} hexadecimal digits; 12 are needed",
            digits.len()
        ));
    }
    // Pairs, or fours as switches print them.
    let groups_of = |size: usize| mark.is_some_and(|mark| text.split(mark).all(|group| group.len() == size));
    if mark.is_some() && !groups_of(2) && !groups_of(4) {
        return Err("its digits are not in pairs; write it as 00:1a:2b:3c:4d:5e".into());
    }
    let mut normal = String::with_capacity(17);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 2 == 0 {
            normal.push(':');
        }
        normal.push(digit.to_ascii_lowercase());
    }
    Ok(normal)
}

pub(super) fn normalise_port(text: &str) -> Result<String, String> {
    if let Some(wrong) = text.chars().find(|c| !c.is_ascii_digit()) {
        return Err(format!("{} is not allowed; write only the number", name(wrong)));
    }
    match text.trim_start_matches('0').parse::<u16>() {
        Ok(port) => Ok(port.to_string()),
        Err(_) => Err("ports go from 1 to 65535".into()),
    }
}

fn parse_ip(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| {
        if text.contains('/') {
            return "leave the prefix after / out; it belongs to a network".into();
        }
        match text.matches(':').count() {
            0 => explain_ipv4(text),
            1 if text.contains('.') => "leave the port after : out".into(),
            _ => explain_ipv6(text),
        }
    })
}

fn explain_ipv4(text: &str) -> String {
    if !text.contains('.') || text.chars().any(char::is_alphabetic) {
        return "write it as 192.168.1.10 or 2001:db8::10".into();
    }
    if let Some(wrong) = text.chars().find(|c| !c.is_ascii_digit() && *c != '.') {
        return format!("{} is not allowed", name(wrong));
    }
    for part in text.split('.') {
        let digits = part.trim_start_matches('0');
        if part.is_empty() {
            return "a part between the points is empty".into();
        }
        if digits.len() > 3 || digits.parse::<u16>().is_ok_and(|number| number > 255) {
            return format!("{} is over 255", quote(part));
        }
        if part.len() > 1 && part.starts_with('0') {
            return format!(
                "{} has a zero in front, which some programs read as octal",
                quote(part)
            );
        }
    }
    match text.split('.').count() {
        1 => "it has one part; an IPv4 address has four".into(),
        parts => format!("it has {parts} parts; an IPv4 address has four"),
    }
}

fn explain_ipv6(text: &str) -> String {
    if let Some((_, zone)) = text.split_once('%') {
        return format!(
            "leave %{} out; a zone means something on one machine only",
            quote(zone)
        );
    }
    if text.contains(['[', ']']) {
        return "leave the brackets out".into();
    }
    if let Some(wrong) = text
        .chars()
        .find(|c| !c.is_ascii_hexdigit() && !matches!(c, ':' | '.'))
    {
        return format!("{} is not allowed", name(wrong));
    }
    if text.contains(":::") {
        return "it has three colons in a row".into();
    }
    if text.matches("::").count() > 1 {
        return ":: may stand in it once".into();
    }
    let single_first = text.starts_with(':') && !text.starts_with("::");
    let single_last = text.ends_with(':') && !text.ends_with("::");
    if single_first || single_last {
        return "it begins or ends with a single colon".into();
    }
    let mut groups = 0;
    for group in text.split(':').filter(|group| !group.is_empty()) {
        if group.contains('.') {
            if !text.ends_with(group) {
                return format!("{} may stand only at its end", quote(group));
            }
            if group.parse::<Ipv4Addr>().is_err() {
                return explain_ipv4(group);
            }
            groups += 2;
        } else if group.len() > 4 {
            return format!("{} has more than four digits", quote(group));
        } else {
            groups += 1;
        }
    }
    if text.contains("::") {
        format!("it has {groups} groups beside ::, which stands for one or more of the eight")
    } else {
        format!("it has {groups} groups; an IPv6 address has eight")
    }
}

fn parse_prefix(text: &str, address: IpAddr) -> Result<u8, String> {
    let (most, version) = match address {
        IpAddr::V4(_) => (32, "IPv4"),
        IpAddr::V6(_) => (128, "IPv6"),
    };
    if text.is_empty() {
        return Err("the prefix after / is missing".into());
    }
    if let (Ok(mask), IpAddr::V4(_)) = (text.parse::<Ipv4Addr>(), address) {
        let ones = mask.to_bits().leading_ones();
        if ones + mask.to_bits().trailing_zeros() >= 32 {
            return Err(format!("write the mask {mask} as the prefix /{ones}"));
        }
        return Err(format!("{mask} is not a mask; write a prefix such as /24"));
    }
    if let Some(wrong) = text.chars().find(|c| !c.is_ascii_digit()) {
        return Err(format!("{} is not allowed in the prefix", name(wrong)));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(format!("the prefix {} has a zero in front", quote(text)));
    }
    let over = || format!("the prefix of an {version} network goes up to {most}");
    text.parse()
        .ok()
        .filter(|prefix| *prefix <= most)
        .ok_or_else(over)
}

/// The address with every bit after the prefix cleared; the prefix fits the address.
fn network_of(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ip_addresses_are_written_as_rfc_5952_has_them() {
        for (text, normal) in [
            ("192.168.1.10", "192.168.1.10"),
            ("0.0.0.0", "0.0.0.0"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("::", "::"),
            ("::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ] {
            assert_eq!(normalise_ip(text).as_deref(), Ok(normal), "{text}");
        }
    }

    #[test]
    fn what_is_no_ip_address_says_why() {
        let written = "write it as 192.168.1.10 or 2001:db8::10";
        for (text, why) in [
            ("192.168.1.300", "300 is over 255"),
            ("192.168.1.99999999999999", "99999999999999 is over 255"),
            (
                "192.168.01.1",
                "01 has a zero in front, which some programs read as octal",
            ),
            ("192.168.1", "it has 3 parts; an IPv4 address has four"),
            ("1.2.3.4.5", "it has 5 parts; an IPv4 address has four"),
            ("192.168..1", "a part between the points is empty"),
            ("192.168.1.-1", "- is not allowed"),
            ("192.168.1. 1", "a space is not allowed"),
            ("192,168.1.1", ", is not allowed"),
            ("dc01.example.com", written),
            ("12345", written),
            (
                "192.168.1.1/24",
                "leave the prefix after / out; it belongs to a network",
            ),
            ("192.168.1.1:443", "leave the port after : out"),
            (
                "fe80::1%eth0",
                "leave %eth0 out; a zone means something on one machine only",
            ),
            ("[2001:db8::1]", "leave the brackets out"),
            ("2001:db8::1::2", ":: may stand in it once"),
            ("2001:::1", "it has three colons in a row"),
            ("2001:db8::12345", "12345 has more than four digits"),
            ("2001:db8::xyz", "x is not allowed"),
            ("1:2:3", "it has 3 groups; an IPv6 address has eight"),
            ("1:2:3:4:5:6:7:8:9", "it has 9 groups; an IPv6 address has eight"),
            (
                "1:2:3:4::5:6:7:8",
                "it has 8 groups beside ::, which stands for one or more of the eight",
            ),
            (":1:2:3:4:5:6:7", "it begins or ends with a single colon"),
            ("::ffff:192.0.2.256", "256 is over 255"),
            ("::192.0.2.1:1", "192.0.2.1 may stand only at its end"),
        ] {
            assert_eq!(normalise_ip(text), Err(why.into()), "{text}");
        }
    }

    #[test]
    fn networks_have_a_prefix_and_no_host_bits() {
        for (text, normal) in [
            ("10.0.0.0/24", "10.0.0.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("10.0.0.5/32", "10.0.0.5/32"),
            ("2001:DB8:0::/48", "2001:db8::/48"),
            ("::/0", "::/0"),
            ("2001:db8::1/128", "2001:db8::1/128"),
        ] {
            assert_eq!(normalise_cidr(text).as_deref(), Ok(normal), "{text}");
        }
        for (text, why) in [
            ("10.0.0.5/24", "it has host bits set; the network is 10.0.0.0/24"),
            (
                "2001:db8::1/64",
                "it has host bits set; the network is 2001:db8::/64",
            ),
            ("10.0.0.1/33", "the prefix of an IPv4 network goes up to 32"),
            (
                "10.0.0.1/999999999999",
                "the prefix of an IPv4 network goes up to 32",
            ),
            ("::/129", "the prefix of an IPv6 network goes up to 128"),
            (
                "10.0.0.5",
                "the prefix is missing; this one address is 10.0.0.5/32",
            ),
            ("::1", "the prefix is missing; this one address is ::1/128"),
            ("lan", "write it as address/prefix, such as 10.0.0.0/24"),
            ("10.0.0.0/", "the prefix after / is missing"),
            ("10.0.0.0/+8", "+ is not allowed in the prefix"),
            ("10.0.0.0/08", "the prefix 08 has a zero in front"),
            ("10.0.0.0/24/8", "/ is not allowed in the prefix"),
            (
                "10.0.0.0/255.255.255.0",
                "write the mask 255.255.255.0 as the prefix /24",
            ),
            ("10.0.0.0/0.0.0.0", "write the mask 0.0.0.0 as the prefix /0"),
            (
                "10.0.0.0/255.0.255.0",
                "255.0.255.0 is not a mask; write a prefix such as /24",
            ),
            ("10.0.0.300/24", "300 is over 255"),
        ] {
            assert_eq!(normalise_cidr(text), Err(why.into()), "{text}");
        }
    }

    #[test]
    fn mac_addresses_are_read_in_every_usual_form() {
        for text in [
            "00:1A:2b:3C:4d:5E",
            "00-1a-2b-3c-4d-5e",
            "001a.2b3c.4d5e",
            "001a-2b3c-4d5e",
            "001A2B3C4D5E",
        ] {
            assert_eq!(normalise_mac(text).as_deref(), Ok("00:1a:2b:3c:4d:5e"), "{text}");
        }
        for (text, why) in [
            ("00:1a:2b:3c:4d", "it has 10 hexadecimal digits; 12 are needed"),
            (
                "00:1a:2b:3c:4d:5e:6f:70",
                "it has 16 hexadecimal digits; 12 are needed",
            ),
            ("00:1a:2b:3c:4d:5g", "g is not allowed"),
            (
                "00:1a:2b-3c-4d-5e",
                "it mixes separators; write it as 00:1a:2b:3c:4d:5e",
            ),
            (
                "001:a2:b3:c4:d5:e",
                "its digits are not in pairs; write it as 00:1a:2b:3c:4d:5e",
            ),
            (
                "001a2b:3c4d5e",
                "its digits are not in pairs; write it as 00:1a:2b:3c:4d:5e",
            ),
            (
                ":001a2b3c4d5e",
                "its digits are not in pairs; write it as 00:1a:2b:3c:4d:5e",
            ),
            (":::", "it has 0 hexadecimal digits; 12 are needed"),
        ] {
            assert_eq!(normalise_mac(text), Err(why.into()), "{text}");
        }
    }

    #[test]
    fn ports_have_sixteen_bits() {
        assert_eq!(normalise_port("443").as_deref(), Ok("443"));
        assert_eq!(normalise_port("0080").as_deref(), Ok("80"));
        assert_eq!(normalise_port("65535").as_deref(), Ok("65535"));
        for text in ["0", "000", "65536", "99999999999999999999"] {
            assert_eq!(
                normalise_port(text),
                Err("ports go from 1 to 65535".into()),
                "{text}"
            );
        }
        assert_eq!(
            normalise_port("443/tcp"),
            Err("/ is not allowed; write only the number".into())
        );
        assert_eq!(
            normalise_port("+80"),
            Err("+ is not allowed; write only the number".into())
        );
    }

    proptest! {
        #[test]
        fn every_ipv4_address_stays_itself(bits: u32) {
            let text = Ipv4Addr::from_bits(bits).to_string();
            prop_assert_eq!(normalise_ip(&text), Ok(text));
        }

        #[test]
        fn every_ipv6_address_comes_back_as_the_same_address(bits: u128) {
            let address = std::net::Ipv6Addr::from_bits(bits);
            let long = address.segments().map(|segment| format!("{segment:04X}")).join(":");
            prop_assert_eq!(normalise_ip(&long), Ok(address.to_string()));
        }

        #[test]
        fn a_refused_network_names_one_that_is_accepted(bits: u32, prefix in 0u8..=32) {
            let text = format!("{}/{prefix}", Ipv4Addr::from_bits(bits));
            if let Err(why) = normalise_cidr(&text) {
                let named = why.strip_prefix("it has host bits set; the network is ").expect("the only reason");
                prop_assert_eq!(normalise_cidr(named), Ok(named.to_owned()));
            }
        }

        #[test]
        fn explanations_never_panic(text in "[0-9a-f:.%/\\[\\]é]{0,60}") {
            let _ = normalise_ip(&text);
            let _ = normalise_cidr(&text);
            let _ = normalise_mac(&text);
        }
    }
}
