//! The browser and its driver: found, or installed where that is possible.

use std::path::PathBuf;
use std::process::Command;

use super::is_root;
use crate::command::{Done, apt_install, works};

/// What the browser is called, by who packs it.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Where both programs are.
pub(super) struct Browser {
    pub(super) program: PathBuf,
    pub(super) driver: PathBuf,
}

impl Browser {
    /// Finds them; where one is missing, it is installed if that is possible.
    pub(super) fn find_or_install() -> Done<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        install()?;
        Self::find().ok_or_else(|| "Chromium was installed, and its programs are still not found".to_owned())
    }

    fn find() -> Option<Self> {
        Some(Self {
            program: BROWSERS.iter().find_map(|name| in_path(name))?,
            driver: in_path("chromedriver")?,
        })
    }

    /// What the browser is told here beyond what the tests tell it.
    pub(super) fn arguments(&self) -> Done<&'static str> {
        if !works(Command::new(&self.program).arg("--version")) {
            return Err(format!("{} does not run", self.program.display()));
        }
        // Chromium refuses to build its sandbox as root.
        Ok(if is_root() { "--no-sandbox" } else { "" })
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|place| place.join(name))
        .find(|program| program.is_file())
}

/// Installs Debian's packages where that is possible, else says what to install.
fn install() -> Done {
    if !is_root() || !works(Command::new("apt-get").arg("--version")) {
        return Err(
            "The tests of the pages need Chromium or Chrome, and chromedriver of the same version.\n\
             Debian: sudo apt-get install chromium chromium-driver\n\
             Ubuntu: sudo snap install chromium\n\
             Fedora: sudo dnf install chromium chromedriver\n\
             Arch:   sudo pacman -S chromium\n\
             macOS:  brew install google-chrome chromedriver\n\
             Or leave them out: cargo xtask test --skip e2e"
                .to_owned(),
        );
    }
    eprintln!("Chromium is missing: installing the packages chromium and chromium-driver with apt-get");
    apt_install(&["chromium", "chromium-driver"])
}
