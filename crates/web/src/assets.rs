//! What pages load beside their HTML: styles, scripts and fonts, in the program itself.
//!
//! Made ready once at the start: named by a hash over all of them, so that browsers may keep them for ever, and
//! compressed.

use std::collections::HashMap;
use std::io::Write;

use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::context::App;
use crate::error::{Error, Result};
use crate::request::Path;

/// The style sheets, in the order in which they apply.
const STYLES: &[&str] = &[
    include_str!("../assets/css/tokens.css"),
    include_str!("../assets/css/base.css"),
    include_str!("../assets/css/shell.css"),
    include_str!("../assets/css/buttons.css"),
    include_str!("../assets/css/fields.css"),
    include_str!("../assets/css/lists.css"),
    include_str!("../assets/css/floating.css"),
    include_str!("../assets/css/variables.css"),
    include_str!("../assets/css/adapting.css"),
    include_str!("../assets/css/runner.css"),
    include_str!("../assets/css/step.css"),
    include_str!("../assets/css/panel.css"),
    include_str!("../assets/css/runner-narrow.css"),
    include_str!("../assets/css/pages.css"),
    include_str!("../assets/css/sessions.css"),
    include_str!("../assets/css/settings.css"),
    include_str!("../assets/css/review.css"),
    include_str!("../assets/css/notifications.css"),
    include_str!("../assets/css/prepare.css"),
    include_str!("../assets/css/report.css"),
    include_str!("../assets/css/print.css"),
];

macro_rules! scripts {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../assets/js/", $name, ".js")))),*]
    };
}

/// The modules of the pages, each behind those that it needs at once.
const SCRIPTS: &[(&str, &str)] = scripts![
    "dom",
    "keys",
    "live",
    "request",
    "store",
    "words",
    "times",
    "lists",
    "drafts",
    "outbox",
    "palette",
    "clipboard",
    "controls",
    "variables",
    "presence",
    "hints",
    "popover",
    "toast",
    "prompts",
    "steps",
    "copy",
    "records",
    "finish",
    "fragments",
    "panel",
    "save-state",
    "value-menu",
    "runner",
    "shortcuts",
    "sign-in",
    "import",
    "report",
    "prepare",
    "app",
];

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../assets/", $path)))),*]
    };
}

/// Everything else, by its path.
const FILES: &[(&str, &[u8])] = files![
    "mark.svg",
    "fonts/inter-latin-wght-normal.woff2",
    "fonts/jetbrains-mono-latin-wght-normal.woff2",
    "third-party/htmx.min.js",
    "third-party/idiomorph.min.js",
];

/// Browsers may keep these for as long as they like: another content has another address.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const SAME_ORIGIN: (HeaderName, HeaderValue) = (
    HeaderName::from_static("cross-origin-resource-policy"),
    HeaderValue::from_static("same-origin"),
);

/// All assets, ready to send.
pub struct Assets {
    version: String,
    files: HashMap<&'static str, Asset>,
}

/// One file, as it is and compressed where that makes it smaller.
struct Asset {
    content_type: &'static str,
    plain: Bytes,
    gzip: Option<Bytes>,
}

impl Default for Assets {
    fn default() -> Self {
        let styles = Bytes::from(STYLES.concat());
        let mut files: Vec<(&'static str, Bytes)> =
            vec![("app.css", styles), ("app.js", join(SCRIPTS).into())];
        files.extend(
            FILES
                .iter()
                .map(|(path, bytes)| (*path, Bytes::from_static(bytes))),
        );
        let mut hash = Sha256::new();
        for (path, bytes) in &files {
            hash.update(path);
            hash.update(bytes.len().to_le_bytes());
            hash.update(bytes);
        }
        Self {
            version: HEXLOWER.encode(&hash.finalize()[..8]),
            files: files
                .into_iter()
                .map(|(path, bytes)| (path, Asset::new(path, bytes)))
                .collect(),
        }
    }
}

/// Modules as one, without their imports, exports, indents and whole lines of comment: a page then asks once, and what
/// is alike in several compresses together. It rests on a rule of ours: a name is given once in all modules.
fn join(modules: &[(&str, &str)]) -> String {
    let mut joined = String::new();
    for (_, text) in modules {
        let mut importing = false;
        for line in text.lines().map(str::trim) {
            importing |= line.starts_with("import ");
            let comment = ["//", "/**", "*"].iter().any(|begin| line.starts_with(begin));
            if !(importing || comment || line.is_empty()) {
                joined.push_str(line.strip_prefix("export ").unwrap_or(line));
                joined.push('\n');
            }
            importing &= !line.ends_with("';");
        }
    }
    joined
}

impl Assets {
    /// The address of a file, which must be there.
    pub fn url(&self, path: &str) -> String {
        debug_assert!(self.files.contains_key(path), "there is no asset {path}");
        format!("/assets/{}/{path}", self.version)
    }

    /// The size of a file in bytes as it is sent, compressed; `None` where there is no such file.
    pub fn sent_size(&self, path: &str) -> Option<usize> {
        let asset = self.files.get(path)?;
        Some(asset.gzip.as_ref().unwrap_or(&asset.plain).len())
    }
}

impl Asset {
    fn new(path: &str, plain: Bytes) -> Self {
        let gzip = compress(&plain).filter(|gzip| gzip.len() < plain.len());
        Self {
            content_type: content_type(path),
            plain,
            gzip,
        }
    }
}

fn compress(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 2), Compression::best());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml; charset=utf-8",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// `GET /assets/{version}/{path}`
pub(crate) async fn send(
    State(app): State<App>,
    Path((version, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let assets = &app.assets;
    let asset = assets
        .files
        .get(path.as_str())
        .filter(|_| version == assets.version)
        .ok_or(Error::NotFound)?;
    let takes_gzip = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next() == Some("gzip") && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0"))
        });
    let mut response = match &asset.gzip {
        Some(gzip) if takes_gzip => ([(CONTENT_ENCODING, "gzip")], gzip.clone()).into_response(),
        _ => asset.plain.clone().into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(CACHE_CONTROL, FOR_EVER);
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(SAME_ORIGIN.0, SAME_ORIGIN.1);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What our own rule for the size of all scripts of a page says, compressed.
    const LIMIT: usize = 50 * 1024;

    #[test]
    fn all_scripts_together_stay_small() {
        let assets = Assets::default();
        let scripts = assets
            .files
            .iter()
            .filter(|(path, _)| content_type(path).starts_with("text/javascript"));
        let size: usize = scripts.filter_map(|(path, _)| assets.sent_size(path)).sum();
        println!("all scripts: {size} bytes compressed");
        assert!(size <= LIMIT, "{size} bytes");
    }

    #[test]
    fn what_is_text_says_in_which_charset() {
        let assets = Assets::default();
        for (path, asset) in &assets.files {
            let charset = asset.content_type.split_once("; charset=").map(|(_, name)| name);
            let expected = std::str::from_utf8(&asset.plain).is_ok().then_some("utf-8");
            assert_eq!(charset, expected, "{path}");
        }
        assert_eq!(content_type("mark.svg"), "image/svg+xml; charset=utf-8");
    }

    #[test]
    fn files_of_others_are_as_they_were_checked_in() {
        let readme = include_str!("../assets/third-party/README.md");
        for (path, bytes) in FILES {
            if *path == "mark.svg" {
                continue;
            }
            let hash = HEXLOWER.encode(&Sha256::digest(bytes));
            let listed = readme
                .lines()
                .any(|line| line.contains(path) && line.contains(&hash));
            assert!(listed, "{path} with {hash} is not in the list");
        }
    }

    #[test]
    fn every_module_that_is_needed_is_there_and_every_name_is_given_once() {
        for (at, (name, text)) in SCRIPTS.iter().enumerate() {
            for from in text.split(" from './").skip(1) {
                let from = from.split(".js'").next().unwrap_or(from);
                assert!(
                    SCRIPTS.iter().any(|(other, _)| *other == from),
                    "{name} needs {from}"
                );
            }
            let names = declared(text);
            for (other, text) in &SCRIPTS[..at] {
                let twice: Vec<_> = declared(text).intersection(&names).cloned().collect();
                assert!(twice.is_empty(), "{other} and {name} both have {twice:?}");
            }
        }
    }

    /// The names that a module gives at its top.
    fn declared(text: &str) -> std::collections::BTreeSet<String> {
        let declaration = |line: &str| {
            let line = line.strip_prefix("export ").unwrap_or(line);
            let rest = ["const ", "let ", "function ", "async function ", "class "]
                .iter()
                .find_map(|word| line.strip_prefix(word))?;
            let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')))?;
            (end > 0).then(|| rest[..end].to_owned())
        };
        text.lines().filter_map(declaration).collect()
    }

    #[test]
    fn every_script_and_style_in_the_folder_is_sent() {
        for folder in ["css", "js"] {
            let at = format!("{}/assets/{folder}", env!("CARGO_MANIFEST_DIR"));
            for entry in std::fs::read_dir(at).unwrap() {
                let path = entry.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                let sent =
                    STYLES.contains(&text.as_str()) || SCRIPTS.iter().any(|(_, script)| *script == text);
                assert!(sent, "{} is not among the assets", path.display());
            }
        }
    }
}
