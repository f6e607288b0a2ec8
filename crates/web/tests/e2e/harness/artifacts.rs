//! What a failed test leaves behind.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::browser::Browser;
use super::environment;
use super::site::Site;

/// Writes a picture, the HTML and the console of each browser, and the log of each server.
///
/// A browser that answers no more is no reason to lose the rest.
pub(super) async fn keep(test: &str, browsers: &[Browser], sites: &[Rc<Site>]) -> Vec<PathBuf> {
    let directory = environment::artifacts();
    let mut files = Vec::new();
    let mut write = |name: String, bytes: &[u8]| {
        let file = directory.join(name);
        match put(&file, bytes) {
            Ok(()) => files.push(file),
            Err(error) => eprintln!("{}: {error}", file.display()),
        }
    };
    for browser in browsers {
        let name = format!("{test}-{}", browser.name());
        match browser.picture().await {
            Ok(picture) => write(format!("{name}.png"), &picture),
            Err(error) => eprintln!("no picture of {}: {error}", browser.name()),
        }
        match browser.source().await {
            Ok(source) => write(format!("{name}.html"), source.as_bytes()),
            Err(error) => eprintln!("no HTML of {}: {error}", browser.name()),
        }
        write(
            format!("{name}.console.log"),
            browser.console().await.join("\n").as_bytes(),
        );
    }
    for (number, site) in sites.iter().enumerate() {
        let number = if number == 0 {
            String::new()
        } else {
            format!("-{}", number + 1)
        };
        write(format!("{test}-server{number}.log"), site.log().as_bytes());
    }
    files
}

/// Writes a file and the directory that it stands in.
pub(super) fn put(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(file, bytes)
}
