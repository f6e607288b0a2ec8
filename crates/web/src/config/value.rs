//! The types of settings: how each is read from text, what it expects, and how it is shown.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER_PERMISSIVE;
use tracing_subscriber::EnvFilter;
use url::Url;

/// A setting's value that reads itself from text.
pub(super) trait Value {
    /// Takes the text, or says what was expected.
    fn read(&mut self, text: &str) -> Result<(), String>;
    /// The value as it would be written, empty for none.
    fn show(&self) -> String;
}

impl Value for SocketAddr {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = text
            .parse()
            .map_err(|_| "expected ADDRESS:PORT, such as 127.0.0.1:8080 or [::]:8080".to_owned())?;
        Ok(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for usize {
    fn read(&mut self, text: &str) -> Result<(), String> {
        const EXPECTED: &str = "expected a whole number from 1 to 1000000";
        let number = text.parse().map_err(|_| EXPECTED.to_owned())?;
        if !(1..=1_000_000).contains(&number) {
            return Err(EXPECTED.to_owned());
        }
        *self = number;
        Ok(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = text.parse().map_err(|_| "expected true or false".to_owned())?;
        Ok(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The name of a cookie: 1 to 40 letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieName(String);

impl CookieName {
    /// Takes a name, or says what was expected.
    pub fn new(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=40).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected 1 to 40 letters, digits, - and _".to_owned())
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for CookieName {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = Self::new(text)?;
        Ok(())
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

/// Units of time and their milliseconds, the largest first.
const TIME_UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl Value for Duration {
    fn read(&mut self, text: &str) -> Result<(), String> {
        let millis = quantity(text, &TIME_UNITS).filter(|millis| (1..=86_400_000 * 3_650).contains(millis));
        let millis = millis.ok_or("expected a time with a unit: 500ms, 30s, 10m, 12h or 14d")?;
        *self = Self::from_millis(millis);
        Ok(())
    }

    fn show(&self) -> String {
        show_quantity(
            u64::try_from(self.as_millis()).unwrap_or(u64::MAX),
            &TIME_UNITS,
            "",
        )
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

/// Units of size and their bytes, the largest first.
const SIZE_UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl Size {
    /// So many times 1,048,576 bytes.
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }

    /// The number of bytes.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show_quantity(self.0, &SIZE_UNITS, " "))
    }
}

impl Value for Size {
    fn read(&mut self, text: &str) -> Result<(), String> {
        let bytes = quantity(text, &SIZE_UNITS).filter(|bytes| (1..=1 << 40).contains(bytes));
        *self = Self(bytes.ok_or("expected a size with a unit: 4096 B, 512 KiB, 1 MiB or 2 GiB")?);
        Ok(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Reads `NUMBER UNIT`, space or none between them.
fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let factor = units
        .iter()
        .find(|(name, _)| *name == unit.trim_start())
        .map(|(_, factor)| *factor)?;
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// Shows a quantity in the largest unit that divides it.
fn show_quantity(amount: u64, units: &[(&str, u64)], space: &str) -> String {
    let unit = units.iter().find(|(_, factor)| amount.is_multiple_of(*factor));
    let (name, factor) = unit.expect("the smallest unit divides every amount");
    format!("{}{space}{name}", amount / factor)
}

/// How long something may be repeated; none at all is a choice, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace(Duration);

impl Grace {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The time.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl Value for Grace {
    fn read(&mut self, text: &str) -> Result<(), String> {
        if text == "0s" {
            self.0 = Duration::ZERO;
            return Ok(());
        }
        self.0.read(text).map_err(|expected| format!("{expected}, or 0s"))
    }

    fn show(&self) -> String {
        if self.0.is_zero() {
            return "0s".to_owned();
        }
        self.0.show()
    }
}

/// The key that protects other secrets, 256 bits; it shows itself nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// Takes 64 hexadecimal digits.
    pub fn new(text: &str) -> Result<Self, String> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| "expected a master key of 64 hexadecimal digits".to_owned())
    }

    /// Takes random bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key itself.
    pub const fn reveal(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(_)")
    }
}

impl Value for Option<MasterKey> {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = Some(MasterKey::new(text)?);
        Ok(())
    }

    fn show(&self) -> String {
        String::new()
    }
}

/// The file that holds the master key, where one is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFile(Option<PathBuf>);

impl KeyFile {
    /// The path.
    pub fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }
}

impl Value for KeyFile {
    fn read(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Err("expected the path of a file".to_owned());
        }
        self.0 = Some(PathBuf::from(text));
        Ok(())
    }

    fn show(&self) -> String {
        let path = self.0.as_ref().map(|path| path.display().to_string());
        path.unwrap_or_default()
    }
}

/// The address of a database, which may hold a password: it shows itself without.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    pub fn new(text: &str) -> Result<Self, String> {
        let sqlite = text.strip_prefix("sqlite:").is_some_and(|path| !path.is_empty());
        let postgres = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        if sqlite || (postgres && Url::parse(text).is_ok()) {
            return Ok(Self(text.to_owned()));
        }
        Err("expected sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME".to_owned())
    }

    /// The whole address, password and all.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.starts_with("sqlite:") {
            return f.write_str(&self.0);
        }
        match Url::parse(&self.0) {
            // A password may stand in the query too, so nothing of it is shown.
            Ok(url) => write!(
                f,
                "postgres://{}{}",
                url.host_str().unwrap_or_default(),
                url.path()
            ),
            Err(_) => f.write_str("postgres://"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Value for DatabaseUrl {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = Self::new(text)?;
        Ok(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For eyes.
    Human,
    /// One JSON object a line, for machines.
    Json,
}

impl Value for Format {
    fn read(&mut self, text: &str) -> Result<(), String> {
        *self = match text {
            "human" => Self::Human,
            "json" => Self::Json,
            _ => return Err("expected human or json".to_owned()),
        };
        Ok(())
    }

    fn show(&self) -> String {
        match self {
            Self::Human => "human".to_owned(),
            Self::Json => "json".to_owned(),
        }
    }
}

/// Which lines are logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directives(String);

impl Directives {
    /// The filter that they make.
    pub fn filter(&self) -> EnvFilter {
        EnvFilter::try_new(&self.0).expect("directives were checked when they were read")
    }
}

impl Default for Directives {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl Value for Directives {
    fn read(&mut self, text: &str) -> Result<(), String> {
        EnvFilter::builder()
            .parse(text)
            .ok()
            .filter(|_| !text.is_empty())
            .ok_or(
                "expected error, warn, info, debug, trace, or directives such as info,resolutionflow=debug",
            )?;
        text.clone_into(&mut self.0);
        Ok(())
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duration(text: &str) -> Result<Duration, String> {
        let mut value = Duration::ZERO;
        value.read(text).map(|()| value)
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("90s").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("2 h").unwrap().show(), "2h");
        assert_eq!(duration("90s").unwrap().show(), "90s");
        for wrong in [
            "",
            "90",
            "s",
            "-1s",
            "1.5s",
            "0s",
            "99999999999999999999d",
            "1e3s",
            "1 week",
        ] {
            assert!(duration(wrong).unwrap_err().contains("30s"), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_a_unit() {
        let mut size = Size(0);
        size.read("1536KiB").unwrap();
        assert_eq!((size.bytes(), size.show()), (1_572_864, "1536 KiB".to_owned()));
        for wrong in ["1", "1 MB", "0 B", "MiB", "9999999999 GiB"] {
            assert!(size.read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_database_url_hides_its_password() {
        let url = DatabaseUrl::new("postgres://rf:hunter2@db.example/flows?password=hunter3").unwrap();
        assert_eq!(format!("{url:?}"), "postgres://db.example/flows");
        for wrong in ["", "sqlite:", "mysql://x", "postgres:db", "data.sqlite"] {
            assert!(DatabaseUrl::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn wrong_words_are_refused() {
        assert!(Format::Human.read("JSON").is_err());
        assert!(Directives::default().read("").is_err());
        assert!(Directives::default().read("loud=very,=").is_err());
        assert!(0_usize.read("0").is_err() && 0_usize.read("-1").is_err());
    }
}
