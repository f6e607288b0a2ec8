//! What stands in free text by its looks: hosts, addresses, mail and web addresses, numbers, versions and dates.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use regex::Regex;

use crate::field::FieldType;
use crate::variable::Known;

/// The most pieces of one text.
const MAX_PIECES: usize = 2_000;

/// What a piece looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    Mail,
    Url,
    Cidr,
    Ip,
    Mac,
    Domain,
    Host,
    Datetime,
    Date,
    Version,
    Port,
    Number,
    Reference,
}

/// A piece of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub looks: Looks,
    /// As a field of that type takes it.
    pub text: String,
    /// The number of its line, from 0.
    pub line: usize,
    /// What stands around it, in lower case.
    pub around: String,
}

/// How much of a line counts as around a piece on either side, in bytes.
const AROUND: usize = 120;

/// In the order in which they take their place: what one has taken, the next does not see.
static PATTERNS: LazyLock<Vec<(Looks, Regex)>> = LazyLock::new(|| {
    const MONTH: &str = "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?";
    let date = format!(
        r"(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}|\d{{1,2}}/\d{{1,2}}/\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\s(?:{MONTH})\.?,?\s\d{{4}}|(?:{MONTH})\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}})"
    );
    [
        (Looks::Url, r#"https?://[^\s<>"'|`]+"#.to_owned()),
        (Looks::Mail, r"[\w.%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+".to_owned()),
        (Looks::Mac, r"\b(?:(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})\b".to_owned()),
        (Looks::Datetime, format!(r"\b{date}(?:T|,?\s(?:at\s)?)\d{{1,2}}:\d{{2}}(?::\d{{2}})?\s?(?:Z\b|UTC\b|[+-]\d{{2}}:?\d{{2}}\b|[ap]m\b)?")),
        (Looks::Date, format!(r"\b{date}\b")),
        (Looks::Cidr, r"\b\d{1,3}(?:\.\d{1,3}){3}/\d{1,2}\b|[0-9a-f:]*::?[0-9a-f:]*/\d{1,3}\b".to_owned()),
        (Looks::Ip, r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}".to_owned()),
        (Looks::Reference, r"\b[A-Z]{2,10}-?\d{3,12}\b".to_owned()),
        (Looks::Port, r"\bports?\s*[:=]?\s*(\d{1,5})\b|[a-z0-9]:(\d{2,5})\b".to_owned()),
        (Looks::Version, r"\bv?\d+(?:\.\d+){1,3}(?:-[0-9a-z.]+)?\b".to_owned()),
        (Looks::Domain, r"\b(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z]{2,24}\b".to_owned()),
        (Looks::Host, r"\b[a-z](?:[a-z0-9-]*[a-z0-9])?\b".to_owned()),
        (Looks::Number, r"-?\b\d+\b".to_owned()),
    ]
    .into_iter()
    .map(|(looks, pattern)| {
        // A reference is written in capitals; everything else in any case.
        let case = if looks == Looks::Reference { "" } else { "(?i)" };
        let pattern = Regex::new(&format!("{case}{pattern}")).expect("the patterns here are ones");
        (looks, pattern)
    })
    .collect()
});

/// Ends of words that are files and no domains.
const FILES: [&str; 29] = [
    "bat", "bak", "bin", "cfg", "cmd", "conf", "config", "csv", "dll", "docx", "exe", "gz", "htm", "html",
    "ini", "iso", "jpg", "json", "log", "md", "msi", "pdf", "png", "ps1", "txt", "xlsx", "xml", "yaml",
    "yml",
];

/// What the numbers of tickets begin with in common systems.
const TICKETS: [&str; 9] = [
    "INC", "CHG", "REQ", "RITM", "PRB", "TASK", "CASE", "TKT", "TICKET",
];

/// The pieces of a text, in its order line by line.
pub(super) fn find(lines: &[&str]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        // Where what was taken begins, and where it ends.
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        let mut here = Vec::new();
        for (looks, pattern) in PATTERNS.iter() {
            for groups in pattern.captures_iter(line).take(MAX_PIECES) {
                let whole = groups.iter().skip(1).flatten().next().or_else(|| groups.get(0));
                let Some(whole) = whole else { continue };
                let (start, end) = (whole.start(), whole.end());
                let before = taken.range(..end).next_back();
                if before.is_some_and(|(_, to)| start < *to) {
                    continue;
                }
                if let Some(texts) = texts(*looks, whole.as_str(), line, end) {
                    taken.insert(start, end);
                    here.extend(texts.into_iter().map(|(looks, text)| (start, looks, text)));
                }
            }
        }
        here.sort_by_key(|(start, ..)| *start);
        pieces.extend(
            here.into_iter()
                .take(MAX_PIECES)
                .map(|(start, looks, text)| Piece {
                    looks,
                    text,
                    line: number,
                    around: around(line, start),
                }),
        );
        if pieces.len() >= MAX_PIECES {
            pieces.truncate(MAX_PIECES);
            break;
        }
    }
    pieces
}

fn around(line: &str, at: usize) -> String {
    let from = line.floor_char_boundary(at.saturating_sub(AROUND));
    let to = line.ceil_char_boundary(at + AROUND);
    line[from..to].to_lowercase()
}

/// What a match says, as fields take it; `None` where it only looked so.
fn texts(looks: Looks, text: &str, line: &str, end: usize) -> Option<Vec<(Looks, String)>> {
    let text = match looks {
        Looks::Url => text.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '*']),
        Looks::Ip => text.trim_end_matches(':'),
        _ => text,
    };
    let one = |text: &str| Some(vec![(looks, text.to_owned())]);
    match looks {
        Looks::Date => Some(dates(text)?.into_iter().map(|date| (looks, date)).collect()),
        Looks::Datetime => moment(text),
        Looks::Domain => {
            let last = text.rsplit('.').next()?.to_ascii_lowercase();
            (!FILES.contains(&last.as_str())).then(|| one(text))?
        }
        // A word is a host only by its digits, else every word would be one.
        Looks::Host => {
            let is_file = line[end..].starts_with('.') && line[end + 1..].starts_with(char::is_alphanumeric);
            (text.len() > 2 && text.chars().any(|c| c.is_ascii_digit()) && !is_file).then(|| one(text))?
        }
        Looks::Ip => text.parse::<std::net::IpAddr>().ok().and_then(|_| one(text)),
        Looks::Reference => {
            let mut pieces = one(text)?;
            // Machines are called so as well.
            if !TICKETS.iter().any(|ticket| text.starts_with(ticket)) {
                pieces.push((Looks::Host, text.to_owned()));
            }
            Some(pieces)
        }
        _ => one(text),
    }
}

/// The days that a text can mean: two where it may begin with the day or with the month.
fn dates(text: &str) -> Option<Vec<String>> {
    let plain: String = text.to_lowercase().replace([',', '.'], " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let days = if let [day, month, year] = words[..]
        && month.starts_with(char::is_alphabetic)
    {
        vec![spelled(day, month, year)?]
    } else if let [month, day, year] = words[..]
        && month.starts_with(char::is_alphabetic)
    {
        vec![spelled(day, month, year)?]
    } else {
        let read = |format| NaiveDate::parse_from_str(text, format).ok();
        let formats = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"];
        formats.into_iter().filter_map(read).collect()
    };
    let mut days: Vec<String> = days
        .into_iter()
        .map(|day| day.format("%Y-%m-%d").to_string())
        .collect();
    days.dedup();
    (!days.is_empty()).then_some(days)
}

fn spelled(day: &str, month: &str, year: &str) -> Option<NaiveDate> {
    let day = day.trim_end_matches(char::is_alphabetic);
    let month = month.get(..3)?;
    NaiveDate::parse_from_str(&format!("{day} {month} {year}"), "%d %b %Y").ok()
}

/// A day with a time of day, and the day alone.
fn moment(text: &str) -> Option<Vec<(Looks, String)>> {
    static TIME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)(?:T|,?\s(?:at\s)?)(\d{1,2}):(\d{2})(?::(\d{2}))?\s?(Z|UTC|[+-]\d{2}:?\d{2}|[ap]m)?$",
        )
        .expect("the pattern here is one")
    });
    let groups = TIME.captures(text)?;
    let date = &text[..groups.get(0)?.start()];
    let (mut hour, minute): (u32, u32) = (groups[1].parse().ok()?, groups[2].parse().ok()?);
    let second: u32 = groups
        .get(3)
        .map_or(Some(0), |second| second.as_str().parse().ok())?;
    let zone = groups
        .get(4)
        .map_or("", |zone| zone.as_str())
        .to_ascii_lowercase();
    let zone = match zone.as_str() {
        "am" | "pm" if hour == 0 || hour > 12 => return None,
        "am" => {
            hour %= 12;
            String::new()
        }
        "pm" => {
            hour = hour % 12 + 12;
            String::new()
        }
        "z" | "utc" => "Z".to_owned(),
        "" => String::new(),
        offset if offset.contains(':') => offset.to_owned(),
        offset => format!("{}:{}", &offset[..3], &offset[3..]),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut pieces = Vec::new();
    for day in dates(date)? {
        pieces.push((
            Looks::Datetime,
            format!("{day}T{hour:02}:{minute:02}:{second:02}{zone}"),
        ));
        pieces.push((Looks::Date, day));
    }
    Some(pieces)
}

/// Whether a piece may be meant for a variable: by the type of its field, and for plain text by what it is called.
pub(super) fn fits(piece: &Piece, known: &Known, words: &[String]) -> bool {
    let looks = piece.looks;
    let kind = known
        .field
        .as_ref()
        .map_or(FieldType::Text, |field| field.field_type);
    match kind {
        FieldType::Email => looks == Looks::Mail,
        FieldType::Url => looks == Looks::Url,
        FieldType::Ip => looks == Looks::Ip,
        FieldType::Cidr => looks == Looks::Cidr,
        FieldType::Mac => looks == Looks::Mac,
        FieldType::Fqdn => looks == Looks::Domain,
        FieldType::Hostname => matches!(looks, Looks::Host | Looks::Domain),
        FieldType::Port => matches!(looks, Looks::Port | Looks::Number),
        FieldType::Number => matches!(looks, Looks::Number | Looks::Port),
        FieldType::Date => looks == Looks::Date,
        FieldType::Datetime => looks == Looks::Datetime,
        FieldType::Text => called(looks)
            .iter()
            .any(|word| words.iter().any(|own| own == word)),
        FieldType::LongText | FieldType::Boolean | FieldType::Select | FieldType::MultiSelect => false,
    }
}

/// What a variable of plain text is called that takes pieces of these looks.
const fn called(looks: Looks) -> &'static [&'static str] {
    match looks {
        Looks::Mail => &["mail", "email", "mailbox", "upn"],
        Looks::Url => &["url", "link", "website"],
        Looks::Cidr => &["network", "subnet", "cidr", "range"],
        Looks::Ip => &["ip", "address", "gateway"],
        Looks::Mac => &["mac"],
        Looks::Domain => &["domain", "host", "hostname", "server", "fqdn", "tenant"],
        Looks::Host => &[
            "host", "hostname", "server", "machine", "computer", "device", "vm", "node", "switch", "printer",
            "laptop",
        ],
        Looks::Datetime | Looks::Date => &["date", "day", "when", "window", "start", "end"],
        Looks::Version => &["version", "release", "build", "firmware"],
        Looks::Port => &["port"],
        Looks::Number => &["number", "count", "port", "vlan", "size", "amount"],
        Looks::Reference => &[
            "ticket",
            "incident",
            "change",
            "request",
            "case",
            "reference",
            "asset",
        ],
    }
}
