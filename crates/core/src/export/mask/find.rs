//! Where in a text what is masked stands.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Mask;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Address,
    Mail,
    Token,
}

impl What {
    pub(super) const ALL: [Self; 3] = [Self::Address, Self::Mail, Self::Token];

    /// What stands in its place.
    pub(super) const fn shown(self) -> &'static str {
        match self {
            Self::Address => "[address]",
            Self::Mail => "[mail]",
            Self::Token => "[token]",
        }
    }
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns here are ones")
}

/// Secrets by what stands before them; what is masked is the first group.
static NAMED: LazyLock<[Regex; 5]> = LazyLock::new(|| {
    const NAME: &str = "(?:password|passwd|passphrase|passwort|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)";
    const VALUE: &str = r#"("[^"\n]*"|'[^'\n]*'|[^\s"'`,;&)\]}]+)"#;
    [
        pattern(&format!(
            r#"(?i){NAME}[a-z0-9_-]{{0,20}}["'\]]{{0,2}}[ \t]{{0,3}}(?:=>|:=|=|:)[ \t]{{0,3}}{VALUE}"#
        )),
        pattern(&format!(
            r"(?i)(?:^|\s)--?[a-z0-9_-]{{0,30}}{NAME}[a-z0-9_-]{{0,20}}[ \t]+{VALUE}"
        )),
        pattern(r"\bBearer\s+([A-Za-z0-9._~+/=-]+)"),
        pattern(r"\bbearer\s+([A-Za-z0-9._~+/=-]{8,})"),
        pattern(r"(?i)\b[a-z][a-z0-9+.-]{0,20}://([^\s/@:]*:[^\s/@]+)@"),
    ]
});

/// Secrets by their own looks.
static KNOWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{16}\b",
        r"|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{16,}",
        r"|xox[abeprs]-[A-Za-z0-9-]{10,}|sk[-_][A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{30,}",
        r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?",
        r"|rf_[A-Za-z0-9]+_[A-Za-z0-9_-]{8,})",
    ))
});

/// Words that are long enough to be secrets.
static WORD: LazyLock<Regex> = LazyLock::new(|| pattern("[A-Za-z0-9+/_-]{20,}={0,2}"));

/// What follows a key block of which the end is missing.
static KEY_LINES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^-----BEGIN [A-Z0-9 ]{0,40}-----(?:\s*[A-Za-z0-9+/=]{16,})*"));

static MAIL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"[^\s@<>()\[\]"`,;:|/=\\]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"#));

static MAC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})\b",
    )
});

static IPV4: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})\b(?:/[0-9]{1,2}\b)?"));

static IPV6: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:%[0-9A-Za-z._-]*[0-9A-Za-z])?(?:/[0-9]{1,3}\b)?")
});

/// Whether what is named so is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            "(?i)password|passwd|passphrase|passwort|pwd|secret|token|(?:api|access|private)[ _-]?key|credential",
        )
    });
    NAME.is_match(name)
}

/// Everything in the text that the mask takes, in order, none in another.
pub(super) fn find(text: &str, mask: Mask) -> Vec<(Range<usize>, What)> {
    let mut found = Found(BTreeMap::new());
    if mask.takes(What::Token) {
        tokens(text, &mut found);
    }
    if mask.takes(What::Mail) {
        for mail in MAIL.find_iter(text) {
            found.add(mail.range(), What::Mail);
        }
    }
    if mask.takes(What::Address) {
        addresses(text, &mut found);
    }
    let found = found.0.into_iter();
    found.map(|(start, (end, what))| (start..end, what)).collect()
}

/// Ranges by their starts; of two that meet, the first one that came counts.
struct Found(BTreeMap<usize, (usize, What)>);

impl Found {
    fn add(&mut self, range: Range<usize>, what: What) {
        let before = self.0.range(..range.end).next_back();
        if !range.is_empty() && before.is_none_or(|(_, (end, _))| *end <= range.start) {
            self.0.insert(range.start, (range.end, what));
        }
    }
}

fn tokens(text: &str, found: &mut Found) {
    key_blocks(text, found);
    for named in NAMED.iter() {
        for captures in named.captures_iter(text) {
            // A placeholder that is unset says nothing.
            if let Some(value) = captures.get(1)
                && !value
                    .as_str()
                    .trim_start_matches(['"', '\''])
                    .starts_with("[VAR:")
            {
                found.add(value.range(), What::Token);
            }
        }
    }
    for known in KNOWN.find_iter(text) {
        found.add(known.range(), What::Token);
    }
    for word in WORD.find_iter(text) {
        if is_random(word.as_str()) {
            found.add(word.range(), What::Token);
        }
    }
}

fn key_blocks(text: &str, found: &mut Found) {
    const BEGIN: &str = "-----BEGIN ";
    let mut at = 0;
    let mut has_ends = true;
    while let Some(start) = text[at..].find(BEGIN).map(|start| at + start) {
        let end = Some(start)
            .filter(|_| has_ends)
            .and_then(|start| Some(start + text[start..].find("-----END ")?));
        has_ends = end.is_some();
        let end = match end {
            Some(end) => {
                let name = end + "-----END ".len();
                let line = text[name..].find('\n').map_or(text.len(), |length| name + length);
                text[name..line]
                    .find("-----")
                    .map_or(line, |length| name + length + 5)
            }
            None => KEY_LINES
                .find(&text[start..])
                .map_or(start + BEGIN.len(), |lines| start + lines.end()),
        };
        found.add(start..end, What::Token);
        at = end;
    }
}

/// Whether a word looks like nothing that a person would write: many changes between small letters, capitals and
/// digits, and many different characters. Identifiers (RFC 9562) are no secrets.
fn is_random(word: &str) -> bool {
    let bytes = word.trim_end_matches('=').as_bytes();
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    // From a capital to a small letter is how words begin.
    let is_change = |pair: &&[u8]| match (kind(pair[0]), kind(pair[1])) {
        (3, _) | (_, 3) | (2, 1) => false,
        (before, after) => before != after,
    };
    let changes = bytes.windows(2).filter(is_change).count();
    let mut seen = [false; 128];
    for byte in bytes {
        seen[usize::from(byte & 127)] = true;
    }
    let different = seen.iter().filter(|seen| **seen).count();
    let has_digit = bytes.iter().any(u8::is_ascii_digit);
    let is_identifier = word.contains('-') && uuid::Uuid::try_parse(word).is_ok();
    has_digit && changes * 5 >= bytes.len() && different >= 10 && !is_identifier
}

fn addresses(text: &str, found: &mut Found) {
    for mac in MAC.find_iter(text) {
        found.add(mac.range(), What::Address);
    }
    for captures in IPV6.captures_iter(text) {
        if let (Some(whole), Some(address)) = (captures.get(0), captures.get(1)) {
            ipv6(text, whole.range(), address.range(), found);
        }
    }
    for captures in IPV4.captures_iter(text) {
        if let (Some(whole), Some(address)) = (captures.get(0), captures.get(1)) {
            let octets = address.as_str().split('.').map(str::parse::<u8>);
            if octets.filter_map(Result::ok).count() == 4 {
                found.add(whole.range(), What::Address);
            }
        }
    }
}

/// Adds a run of hexadecimal digits, colons and dots, where it is an address once the marks around it are off.
fn ipv6(text: &str, mut whole: Range<usize>, mut address: Range<usize>, found: &mut Found) {
    let run = &text[address.clone()];
    if run.starts_with(':') && !run.starts_with("::") {
        address.start += 1;
    }
    if whole.end == address.end {
        let run = &text[address.clone()];
        let dotted = run.trim_end_matches('.');
        let bare = match dotted.strip_suffix(':') {
            Some(bare) if !bare.ends_with(':') => bare.trim_end_matches('.'),
            _ => dotted,
        };
        address.end = address.start + bare.len();
        whole.end = address.end;
    }
    whole.start = address.start;
    let run = &text[address];
    // An address with a port (`10.0.0.1:443`) is the other pattern's.
    let is_address = run.parse::<Ipv6Addr>().is_ok() && run.parse::<Ipv4Addr>().is_err();
    let has_digits = run.bytes().any(|byte| byte.is_ascii_digit()) || run.matches(':').count() > 2;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let before = text[..whole.start].chars().next_back();
    let after = text[whole.end..].chars().next();
    if is_address && has_digits && !before.is_some_and(is_word) && !after.is_some_and(is_word) {
        found.add(whole, What::Address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Mask = Mask {
        addresses: true,
        mail: true,
        tokens: true,
    };

    fn masked(text: &str) -> String {
        ALL.text(text).into_owned()
    }

    #[test]
    fn addresses_give_way() {
        for (text, shown) in [
            ("10.0.0.1", "[address]"),
            (
                "from 10.0.0.0/24, to 192.168.1.254.",
                "from [address], to [address].",
            ),
            ("https://10.0.0.1:8080/x", "https://[address]:8080/x"),
            (
                "\\\\10.0.0.1\\share (010.000.000.001)",
                "\\\\[address]\\share ([address])",
            ),
            (
                "fe80::1%eth0/64 and [2001:db8::2]:443",
                "[address] and [[address]]:443",
            ),
            (
                "IP:fe80::1, ::1: 2001:DB8:0:0:8:800:200C:417A.",
                "IP:[address], [address]: [address].",
            ),
            ("::ffff:10.0.0.1", "[address]"),
            (
                "00:1B:44:11:3a:b7 00-1B-44-11-3A-B7 001b.4411.3ab7",
                "[address] [address] [address]",
            ),
            (
                "inet 10.0.0.1\tether 00:1b:44:11:3a:b7",
                "inet [address]\tether [address]",
            ),
        ] {
            assert_eq!(masked(text), shown);
        }
        for text in [
            "version 1.2.3",
            "300.1.1.1",
            "12:34:56",
            "[Math]::Abs(1)",
            "std::vector",
            "a::b C:\\x ::",
            "2026-11-28 20:04 UTC",
            "10.0.0.1x",
            "sha-256",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn mail_gives_way() {
        for (text, shown) in [
            ("Ask morgan.o+x@contoso.co.uk.", "Ask [mail]."),
            ("<a@b.c>, mailto:a@b.c", "<[mail]>, mailto:[mail]"),
            ("jürgen@büro.example", "[mail]"),
            ("root@10.0.0.1", "[mail]"),
        ] {
            assert_eq!(masked(text), shown);
        }
        for text in ["a @ b.c", "@team", "lena@localhost", "x@"] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn secrets_give_way() {
        let block = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----";
        for (text, shown) in [
            ("Authorization: Bearer abc.def-1", "Authorization: Bearer [token]"),
            ("password=hunter2&x=1", "password=[token]&x=1"),
            ("Password: \"two words\" x", "Password: [token] x"),
            (
                "{\"api_key\": \"x\", \"a\": 1}",
                "{\"api_key\": [token], \"a\": 1}",
            ),
            ("mysql --password hunter2 -h db", "mysql --password [token] -h db"),
            ("$env:DB_PASSWORD = 'x y'", "$env:DB_PASSWORD = [token]"),
            ("postgres://app:s3cr3t@db/x", "postgres://[token]@db/x"),
            ("AKIAIOSFODNN7EXAMPLE!", "[token]!"),
            ("rf_pat_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", "[token]"),
            ("ghp_0123456789abcdefghij", "[token]"),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY now", "[token] now"),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "[token]"),
            (&format!("a\n{block}\nb"), "a\n[token]\nb"),
            ("-----BEGIN X-----\nMIIEowIBAAKCAQEA1234\nrest", "[token]\nrest"),
        ] {
            assert_eq!(masked(text), shown);
        }
        for text in [
            "srv-01-oslo-production-cluster-02",
            "Get-ADUserResultantPasswordPolicy -Identity x",
            "/var/lib/docker/overlay2/containers",
            "01a205a3-1508-7af3-b47f-f30e6b9a6097",
            "password=[VAR:pw]",
            "the bearer of news",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa1",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn only_what_is_asked_for_gives_way() {
        let text = "10.0.0.1 a@b.c password=x";
        let only = |mask: Mask| mask.text(text).into_owned();
        assert_eq!(only(Mask::default()), text);
        let mail = Mask {
            mail: true,
            ..Mask::default()
        };
        assert_eq!(only(mail), "10.0.0.1 [mail] password=x");
    }

    #[test]
    fn hostile_texts_take_no_time() {
        for piece in [
            "-----BEGIN ",
            "1.",
            ":",
            "a@",
            "@",
            "password",
            "--token ",
            "x=",
            "A1b2",
            "://a:",
            "eyJ",
            "\u{202e}",
        ] {
            let _ = masked(&piece.repeat(256 * 1024 / piece.len()));
        }
    }
}
