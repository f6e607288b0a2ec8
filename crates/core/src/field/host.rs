//! Names of hosts and domains, RFC 1123 section 2.1: letters, digits and hyphens in labels between dots.

use std::net::IpAddr;

use super::invalid::{name, quote};

/// The longest name, RFC 1035 section 2.3.4, as text without the root's dot.
const MAX_NAME: usize = 253;
/// The longest label.
const MAX_LABEL: usize = 63;

pub(super) fn normalise_hostname(text: &str) -> Result<String, String> {
    explain_foreign(text)?;
    // The dot of the root, as DNS tools print it.
    normalise_labels(text.strip_suffix('.').unwrap_or(text))
}

pub(super) fn normalise_fqdn(text: &str) -> Result<String, String> {
    let host = normalise_hostname(text)?;
    if host.contains('.') {
        return Ok(host);
    }
    let example = if host.len() > 30 { "server" } else { &host };
    Err(format!("the domain is missing, as in {example}.example.com"))
}

/// The name in lower case; a name whose last label is a number would be read as an IP address.
pub(super) fn normalise_labels(text: &str) -> Result<String, String> {
    if let Some(wrong) = text
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.'))
    {
        return Err(match ascii_form(text) {
            Some(ascii) if !wrong.is_ascii() => {
                format!(
                    "{} is not allowed; the name's form in DNS is {}",
                    name(wrong),
                    quote(&ascii)
                )
            }
            _ => format!("{} is not allowed", name(wrong)),
        });
    }
    if text.is_empty() {
        return Err("the name is missing".into());
    }
    if text.len() > MAX_NAME {
        return Err(format!(
            "it has {} characters; {MAX_NAME} are allowed",
            text.len()
        ));
    }
    for label in text.split('.') {
        if label.is_empty() {
            return Err("a part between the dots is empty".into());
        }
        if label.len() > MAX_LABEL {
            let length = label.len();
            return Err(format!(
                "the part {} has {length} characters; {MAX_LABEL} are allowed",
                quote(label)
            ));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(format!("the part {} begins or ends with a hyphen", quote(label)));
        }
    }
    let last = text.rsplit('.').next().unwrap_or(text);
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("it ends in the number {last}, as only IP addresses do"));
    }
    Ok(text.to_ascii_lowercase())
}

/// Answers what is another kind of thing altogether.
fn explain_foreign(text: &str) -> Result<(), String> {
    if text.parse::<IpAddr>().is_ok() {
        return Err("it is an IP address".into());
    }
    if text.contains("://") {
        return Err("it is a web address; write only the host's name".into());
    }
    if let Some((_, port)) = text.rsplit_once(':')
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(format!("leave the port {} out", quote(port)));
    }
    if text.contains('@') {
        return Err("@ is not allowed; write only what stands after it".into());
    }
    Ok(())
}

/// The ASCII form of an international name, where it has one that would be accepted.
fn ascii_form(text: &str) -> Option<String> {
    // Encoding such names is not linear, and no name in characters is longer than in ASCII.
    if text.len() > 4 * MAX_NAME
        || !text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'))
    {
        return None;
    }
    match url::Host::parse(text).ok()? {
        url::Host::Domain(domain) => {
            let ascii = domain.is_ascii() && domain.len() <= MAX_NAME;
            ascii.then(|| normalise_labels(&domain).ok()).flatten()
        }
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_without_the_dot_of_the_root() {
        assert_eq!(normalise_hostname("DC01").as_deref(), Ok("dc01"));
        assert_eq!(
            normalise_hostname("Dc01.Example.COM.").as_deref(),
            Ok("dc01.example.com")
        );
        assert_eq!(normalise_hostname("3com").as_deref(), Ok("3com"));
        assert_eq!(normalise_hostname("1.a").as_deref(), Ok("1.a"));
        assert_eq!(
            normalise_hostname(&"a".repeat(63)).as_deref(),
            Ok("a".repeat(63).as_str())
        );
    }

    #[test]
    fn what_is_no_host_name_says_why() {
        for (text, why) in [
            ("host_name", "_ is not allowed"),
            ("my host", "a space is not allowed"),
            ("dc\u{200b}01", "a zero-width space is not allowed"),
            ("-dc01", "the part -dc01 begins or ends with a hyphen"),
            ("dc01-.example.com", "the part dc01- begins or ends with a hyphen"),
            ("dc01..example.com", "a part between the dots is empty"),
            (".example.com", "a part between the dots is empty"),
            ("dc01..", "a part between the dots is empty"),
            (".", "the name is missing"),
            ("192.168.1.10", "it is an IP address"),
            ("2001:db8::1", "it is an IP address"),
            (
                "192.168.1.300",
                "it ends in the number 300, as only IP addresses do",
            ),
            ("12345", "it ends in the number 12345, as only IP addresses do"),
            ("https://dc01/", "it is a web address; write only the host's name"),
            ("dc01:3389", "leave the port 3389 out"),
            ("root@dc01", "@ is not allowed; write only what stands after it"),
            (
                "münchen.example",
                "ü is not allowed; the name's form in DNS is xn--mnchen-3ya.example",
            ),
        ] {
            assert_eq!(normalise_hostname(text), Err(why.into()), "{text}");
        }
        assert!(normalise_hostname(&"a".repeat(64)).is_err_and(|why| why.contains("64 characters; 63")));
        let long = ["a"; 128].join(".");
        assert_eq!(
            normalise_hostname(&long),
            Err("it has 255 characters; 253 are allowed".into())
        );
        assert!(normalise_hostname(&"ü".repeat(30_000)).is_err());
    }

    #[test]
    fn a_full_domain_name_has_two_labels() {
        assert_eq!(normalise_fqdn("mail.example").as_deref(), Ok("mail.example"));
        assert_eq!(
            normalise_fqdn("DC01"),
            Err("the domain is missing, as in dc01.example.com".into())
        );
        assert_eq!(
            normalise_fqdn("localhost."),
            Err("the domain is missing, as in localhost.example.com".into())
        );
    }
}
