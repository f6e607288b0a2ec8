//! Addresses of mail and of the web.

use url::{ParseError, Url};

use super::host::normalise_labels;
use super::invalid::{is_unseen, name, quote};

/// The longest mail address, RFC 5321 section 4.5.3.1.3 without the angle brackets.
const MAX_EMAIL: usize = 254;
/// The longest part before the @, RFC 5321 section 4.5.3.1.1.
const MAX_LOCAL: usize = 64;
/// The longest web address, in bytes: what RFC 9110 section 4.1 asks every program to support.
const MAX_URL: usize = 8000;

/// Follows the rule of HTML's `input type=email`, and RFC 5321 where that rule lets more through: its length
/// limits, and dots that stand first, last or together.
pub(super) fn normalise_email(text: &str) -> Result<String, String> {
    if text.contains(['<', '>']) {
        return Err("write only the address, without a name or < and >".into());
    }
    if text
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("mailto:"))
    {
        return Err("leave mailto: out".into());
    }
    let Some((local, domain)) = text.split_once('@') else {
        return Err("the @ is missing".into());
    };
    if domain.contains('@') {
        return Err("it has more than one @".into());
    }
    if local.is_empty() {
        return Err("the part before the @ is missing".into());
    }
    if domain.is_empty() {
        return Err("the part after the @ is missing".into());
    }
    let allowed = |c: &char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(*c);
    if let Some(wrong) = local.chars().find(|c| !allowed(c)) {
        return Err(format!("{} is not allowed before the @", name(wrong)));
    }
    if local.len() > MAX_LOCAL {
        return Err(format!(
            "the part before the @ has {} characters; {MAX_LOCAL} are allowed",
            local.len()
        ));
    }
    if local.split('.').any(str::is_empty) {
        return Err("a dot before the @ needs a character on either side".into());
    }
    let domain = normalise_labels(domain).map_err(|why| format!("after the @, {why}"))?;
    let address = format!("{local}@{domain}");
    if address.len() > MAX_EMAIL {
        return Err(format!(
            "it has {} characters; {MAX_EMAIL} are allowed",
            address.len()
        ));
    }
    Ok(address)
}

/// Takes an absolute http or https address as browsers read it (the URL standard).
///
/// User names and passwords in it are refused: the value stands in every copy and export, and what stands
/// before an @ is the usual way to make one site look like another. An address typed without a path keeps
/// none, so that `[VAR:portal]/admin` has one slash.
pub(super) fn normalise_url(text: &str) -> Result<String, String> {
    let start = |scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let rest = match (start("https://"), start("http://")) {
        (true, _) => &text[8..],
        (_, true) => &text[7..],
        _ => return Err("it must begin with https:// or http://".into()),
    };
    if text.len() > MAX_URL {
        return Err(too_long(text.len()));
    }
    if let Some(wrong) = text.chars().find(|c| is_unseen(*c)) {
        let instead = if wrong == ' ' { "; write %20 for it" } else { "" };
        return Err(format!("{} is not allowed{instead}", name(wrong)));
    }
    if text.contains('\\') {
        return Err("\\ is not allowed; write / or %5C".into());
    }
    if rest.is_empty() || rest.starts_with(['/', '?', '#']) {
        return Err("the host is missing".into());
    }
    let url = Url::parse(text).map_err(|error| explain(error, rest))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "leave the user name and password before the @ out; they would stand in every export".into(),
        );
    }
    let mut normal = String::from(url);
    if !rest.contains(['/', '?', '#']) && normal.ends_with('/') {
        normal.pop();
    }
    if normal.len() > MAX_URL {
        return Err(too_long(normal.len()));
    }
    Ok(normal)
}

fn explain(error: ParseError, rest: &str) -> String {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match error {
        ParseError::EmptyHost => "the host is missing".into(),
        ParseError::InvalidPort => "the port after the host must be a number up to 65535".into(),
        ParseError::InvalidIpv4Address => format!("{} is not an IPv4 address", quote(authority)),
        ParseError::InvalidIpv6Address => format!("{} is not an IPv6 address", quote(authority)),
        _ => format!("{} is not the name of a host", quote(authority)),
    }
}

fn too_long(length: usize) -> String {
    format!("it has {length} bytes; {MAX_URL} are allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_addresses_keep_their_case_before_the_at() {
        assert_eq!(
            normalise_email("Ana.Silva@Example.COM").as_deref(),
            Ok("Ana.Silva@example.com")
        );
        assert_eq!(
            normalise_email("o'neil+tag@host").as_deref(),
            Ok("o'neil+tag@host")
        );
    }

    #[test]
    fn what_is_no_mail_address_says_why() {
        for (text, why) in [
            ("ana", "the @ is missing"),
            ("@example.com", "the part before the @ is missing"),
            ("ana@", "the part after the @ is missing"),
            ("a@b@c", "it has more than one @"),
            (
                "Ana <ana@example.com>",
                "write only the address, without a name or < and >",
            ),
            ("MAILTO:ana@example.com", "leave mailto: out"),
            ("ana silva@example.com", "a space is not allowed before the @"),
            (
                "ana..silva@example.com",
                "a dot before the @ needs a character on either side",
            ),
            (
                ".ana@example.com",
                "a dot before the @ needs a character on either side",
            ),
            ("ana@example_.com", "after the @, _ is not allowed"),
            (
                "ana@example.com.",
                "after the @, a part between the dots is empty",
            ),
            ("ana@[192.0.2.1]", "after the @, [ is not allowed"),
            ("\"a b\"@example.com", "\" is not allowed before the @"),
            ("ana@example.com, bo@example.com", "it has more than one @"),
        ] {
            assert_eq!(normalise_email(text), Err(why.into()), "{text}");
        }
    }

    #[test]
    fn mail_addresses_have_a_length() {
        let local = "a".repeat(64);
        assert!(normalise_email(&format!("{local}@example.com")).is_ok());
        assert!(
            normalise_email(&format!("a{local}@example.com")).is_err_and(|why| why.contains("65 characters"))
        );
        let domain = ["a".repeat(63), "b".repeat(63), "c".repeat(61)].join(".");
        assert!(normalise_email(&format!("{local}@{domain}")).is_ok());
        assert!(
            normalise_email(&format!("{local}@{domain}d")).is_err_and(|why| why.contains("255 characters"))
        );
    }

    #[test]
    fn web_addresses_become_what_browsers_make_of_them() {
        for (text, normal) in [
            (
                "HTTPS://Example.COM:443/A b".replace(' ', "%20").as_str(),
                "https://example.com/A%20b",
            ),
            ("https://example.com", "https://example.com"),
            ("https://example.com:8443", "https://example.com:8443"),
            ("https://example.com/", "https://example.com/"),
            ("https://example.com?q=1", "https://example.com/?q=1"),
            ("http://example.com/a/../b#c", "http://example.com/b#c"),
            (
                "https://münchen.example/ü",
                "https://xn--mnchen-3ya.example/%C3%BC",
            ),
            ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
            ("https://example.com/user@host", "https://example.com/user@host"),
        ] {
            assert_eq!(normalise_url(text).as_deref(), Ok(normal), "{text}");
        }
    }

    #[test]
    fn what_is_no_web_address_says_why() {
        let begin = "it must begin with https:// or http://";
        for (text, why) in [
            ("example.com", begin),
            ("ftp://example.com", begin),
            ("javascript:alert(1)", begin),
            ("https:example.com", begin),
            ("file:///etc/passwd", begin),
            ("http", begin),
            ("ééé", begin),
            ("https://", "the host is missing"),
            ("https:///path", "the host is missing"),
            ("https://:80/", "the host is missing"),
            (
                "https://example.com/a b",
                "a space is not allowed; write %20 for it",
            ),
            ("https://example.com/a\tb", "a tab is not allowed"),
            ("https://exam\u{200b}ple.com", "a zero-width space is not allowed"),
            ("https://example.com\\x", "\\ is not allowed; write / or %5C"),
            (
                "https://example.com:99999/",
                "the port after the host must be a number up to 65535",
            ),
            ("https://256.1.1.1/x", "256.1.1.1 is not an IPv4 address"),
            ("https://[::1/x", "[::1 is not an IPv6 address"),
            ("https://a%20b/", "a%20b is not the name of a host"),
            (
                "https://bank.example@evil.example/",
                "leave the user name and password before the @ out; they would stand in every export",
            ),
            (
                "https://:secret@example.com/",
                "leave the user name and password before the @ out; they would stand in every export",
            ),
        ] {
            assert_eq!(normalise_url(text), Err(why.into()), "{text}");
        }
        let long = format!("https://example.com/{}", "ü".repeat(3000));
        assert_eq!(
            normalise_url(&long),
            Err("it has 18020 bytes; 8000 are allowed".into())
        );
    }
}
