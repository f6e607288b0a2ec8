//! Reading the settings from the file and the environment, with every mistake at its place.

use std::fmt;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{SETTINGS, Setting, Settings};
use crate::place::line_and_column;

/// What every variable of ours begins with.
pub(super) const PREFIX: &str = "RESOLUTIONFLOW_";

/// The file that is read when none is named and it is there.
const DEFAULT_FILE: &str = "resolutionflow.toml";

/// Variables that begin like ours and are read elsewhere.
const NOT_SETTINGS: [&str; 4] = [
    "RESOLUTIONFLOW_CONFIG",
    "RESOLUTIONFLOW_CREDENTIALS",
    "RESOLUTIONFLOW_SERVER",
    "RESOLUTIONFLOW_TOKEN",
];

/// Everything that is wrong with the settings, a line each.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Mistakes {}

/// Reads the file (`file`, else `./resolutionflow.toml` where it exists), then the environment, which wins.
///
/// A key or variable that is not known, and a value that is not what the key expects, are all reported.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, Mistakes> {
    let mut settings = Settings::default();
    let mut mistakes = Vec::new();
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    match std::fs::read(path) {
        Ok(bytes) => read_file(&mut settings, &path.display().to_string(), &bytes, &mut mistakes),
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => mistakes.push(format!("{}: {error}", path.display())),
    }
    read_environment(&mut settings, environment, &mut mistakes);
    if mistakes.is_empty() {
        mistakes.extend(settings.mail.mistakes(&settings.server));
        mistakes.extend(settings.signup.mistakes(&settings.mail));
    }
    if mistakes.is_empty() {
        Ok(settings)
    } else {
        Err(Mistakes(mistakes))
    }
}

fn read_file(settings: &mut Settings, name: &str, bytes: &[u8], mistakes: &mut Vec<String>) {
    let mut complain = |offset: usize, what: String| {
        let (line, column) = line_and_column(bytes, offset);
        mistakes.push(format!("{name}:{line}:{column}: {what}"));
    };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return complain(error.valid_up_to(), "is not UTF-8".to_owned()),
    };
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            return complain(offset, error.message().replace('\n', " "));
        }
    };
    for (section, value) in document.get_ref() {
        let keys = keys_of(section.get_ref());
        if keys.is_empty() {
            let sections = list(sections());
            complain(
                section.span().start,
                format!("unknown section [{}], expected {sections}", section.get_ref()),
            );
            continue;
        }
        let DeValue::Table(table) = value.get_ref() else {
            complain(
                value.span().start,
                format!("{} is a section, expected [{0}]", section.get_ref()),
            );
            continue;
        };
        for (key, value) in table {
            let full = format!("{}.{}", section.get_ref(), key.get_ref());
            match find(&full) {
                None => {
                    let what = format!("unknown setting {full}, expected {}", list(keys.iter().copied()));
                    complain(key.span().start, what);
                }
                Some(setting) => {
                    if let Err(what) = scalar(value).and_then(|text| (setting.slot)(settings).read(&text)) {
                        complain(value.span().start, format!("{full}: {what}"));
                    }
                }
            }
        }
    }
}

/// The value as the text that an environment variable would hold.
fn scalar(value: &Spanned<DeValue<'_>>) -> Result<String, String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().replace('_', "")),
        DeValue::Boolean(value) => Ok(value.to_string()),
        other => Err(format!("a {} is not a value of any setting", other.type_str())),
    }
}

fn read_environment(
    settings: &mut Settings,
    environment: impl IntoIterator<Item = (String, String)>,
    mistakes: &mut Vec<String>,
) {
    let mut variables: Vec<_> = environment
        .into_iter()
        .filter(|(name, _)| name == "DATABASE_URL" || name.starts_with(PREFIX))
        .filter(|(name, _)| !NOT_SETTINGS.contains(&name.as_str()))
        .collect();
    // DATABASE_URL comes first, so that our own variable wins over it.
    variables.sort();
    for (name, value) in variables {
        let setting = match name.as_str() {
            "DATABASE_URL" => find("database.url"),
            _ => SETTINGS.iter().find(|setting| setting.variable() == name),
        };
        let Some(setting) = setting else {
            mistakes.push(format!(
                "{name}: no setting has this variable; `resolutionflow settings` lists them"
            ));
            continue;
        };
        if let Err(what) = (setting.slot)(settings).read(&value) {
            mistakes.push(format!("{name}: {what}"));
        }
    }
}

fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

fn sections() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    SETTINGS
        .iter()
        .filter_map(|setting| setting.name.split_once('.'))
        .filter_map(move |(section, _)| {
            let new = section != last;
            last = section;
            new.then_some(section)
        })
}

fn keys_of(section: &str) -> Vec<&'static str> {
    let names = SETTINGS.iter().filter_map(|setting| setting.name.split_once('.'));
    names
        .filter(|(of, _)| *of == section)
        .map(|(_, key)| key)
        .collect()
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn from_file(text: &[u8]) -> Result<Settings, Vec<String>> {
        let mut settings = Settings::default();
        let mut mistakes = Vec::new();
        read_file(&mut settings, "f.toml", text, &mut mistakes);
        if mistakes.is_empty() {
            Ok(settings)
        } else {
            Err(mistakes)
        }
    }

    fn from_environment(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let mut settings = Settings::default();
        let mut mistakes = Vec::new();
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read_environment(&mut settings, variables, &mut mistakes);
        if mistakes.is_empty() {
            Ok(settings)
        } else {
            Err(mistakes)
        }
    }

    #[test]
    fn a_file_sets_what_it_names() {
        let text = b"[server]\nlisten = \"[::]:80\"\nmax_connections = 1_000\n\
            [limits]\nbody = \"2 MiB\"\n";
        let settings = from_file(text).unwrap();
        assert_eq!(settings.server.listen.port(), 80);
        assert_eq!(settings.server.max_connections, 1_000);
        assert_eq!(settings.limits.body, crate::config::Size::mebibytes(2));
        assert_eq!(settings.server.request_timeout, Duration::from_secs(30));
    }

    #[test]
    fn every_mistake_of_a_file_has_its_place() {
        let text = "[server]\nlisten = 5\nlisen = \"x\"\n\n[sevrer]\n[limits]\nbody = {a = 1}\n[log]\nformat = [1]\n";
        let mistakes = from_file(text.as_bytes()).unwrap_err();
        assert!(
            mistakes
                .iter()
                .any(|m| m.starts_with("f.toml:2:10: server.listen: expected ADDRESS:PORT"))
        );
        let unknown = mistakes
            .iter()
            .find(|m| m.starts_with("f.toml:3:1: unknown setting server.lisen"))
            .unwrap();
        assert!(unknown.contains("expected listen, request_timeout"));
        assert!(
            mistakes
                .iter()
                .any(|m| m.starts_with("f.toml:5:2: unknown section [sevrer], expected server,"))
        );
        assert!(
            mistakes
                .iter()
                .any(|m| m.starts_with("f.toml:7:8: limits.body: "))
        );
        assert_eq!(mistakes.len(), 5, "{mistakes:?}");
    }

    #[test]
    fn a_broken_file_says_where() {
        assert!(from_file(b"[server]\nlisten =\n").unwrap_err()[0].starts_with("f.toml:2:"));
        assert!(from_file(b"[server]\n\xff").unwrap_err()[0].starts_with("f.toml:2:1: is not UTF-8"));
        assert!(
            from_file(b"[server]\nlisten = \":1\"\nlisten = \":1\"\n").unwrap_err()[0]
                .starts_with("f.toml:3:1")
        );
        assert!(from_file(b"server = 1\n").unwrap_err()[0].contains("expected [server]"));
    }

    #[test]
    fn the_environment_sets_and_is_checked() {
        let settings = from_environment(&[
            ("DATABASE_URL", "sqlite:a"),
            ("RESOLUTIONFLOW_DATABASE__URL", "sqlite:b"),
            ("PATH", "/bin"),
        ]);
        assert_eq!(settings.unwrap().database.url.reveal(), "sqlite:b");
        let mistakes = from_environment(&[
            ("RESOLUTIONFLOW_SERVER__PORT", "80"),
            ("RESOLUTIONFLOW_LOG__FORMAT", "xml"),
        ]);
        let mistakes = mistakes.unwrap_err();
        assert!(mistakes[0].starts_with("RESOLUTIONFLOW_LOG__FORMAT: expected human or json"));
        assert!(mistakes[1].starts_with("RESOLUTIONFLOW_SERVER__PORT: no setting"));
    }

    #[test]
    fn what_commands_read_themselves_is_no_wrong_setting() {
        for name in NOT_SETTINGS {
            assert!(from_environment(&[(name, "x")]).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_named_file_must_exist() {
        let mistakes = load(Some(Path::new("/nowhere/x.toml")), []).unwrap_err();
        assert!(mistakes.to_string().starts_with("/nowhere/x.toml: "));
    }
}
