//! How a browser is set up: its size, its colours, whether it has scripts and a network.

use serde_json::{Value, json};

use super::{Browser, VIOLATIONS, Vendor};
use crate::harness::environment::variable;

/// What a person has chosen for the looks of the site.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Theme {
    /// As the system prefers.
    System,
    /// Dark, whatever the system prefers.
    Dark,
    /// Light, whatever the system prefers.
    Light,
}

/// What a browser is asked to be when it starts.
pub(super) fn capabilities() -> Value {
    let mut arguments = vec![
        "--headless",
        "--no-first-run",
        "--no-default-browser-check",
        "--no-proxy-server",
        "--disable-gpu",
        "--disable-extensions",
        "--disable-component-update",
        "--disable-background-timer-throttling",
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
        "--hide-scrollbars",
        "--lang=en-GB",
        "--window-size=1440,900",
    ];
    let more = variable("E2E_BROWSER_ARGUMENTS");
    arguments.extend(more.split_whitespace());
    json!({
        "browserName": "chrome",
        "timeouts": { "script": 20_000, "pageLoad": 20_000, "implicit": 0 },
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            "binary": variable("E2E_BROWSER"),
            "args": arguments,
            "prefs": {
                "intl.accept_languages": "en-GB,en",
                "credentials_enable_service": false,
                "profile.password_manager_enabled": false,
                "translate.enabled": false,
                // On a connection made ahead of need, it would repeat a request whose answer is lost.
                "net.network_prediction_options": 2,
            },
        },
    })
}

impl Browser {
    /// A size of the page in CSS pixels, exactly; windows cannot be as narrow as telephones.
    pub(crate) async fn size(&self, width: u32, height: u32) {
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        )
        .await;
    }

    /// The theme that the person has chosen on the site, from the next page on.
    pub(crate) async fn theme(&self, theme: Theme) {
        let value = match theme {
            Theme::System => "system",
            Theme::Dark => "dark",
            Theme::Light => "light",
        };
        self.cdp(
            "Network.setCookie",
            &json!({ "name": "__Host-theme", "value": value, "url": self.0.base, "path": "/", "secure": true }),
        )
        .await;
    }

    /// What the system prefers, by the names of CSS: `prefers-color-scheme`, `prefers-reduced-motion`,
    /// `forced-colors`. An empty value takes it back.
    pub(crate) async fn prefers(&self, feature: &str, value: &str) {
        let features: Vec<Value> = {
            let mut media = self.0.media.borrow_mut();
            media.retain(|(name, _)| name != feature);
            media.push((feature.to_owned(), value.to_owned()));
            let json = |(name, value): &(String, String)| json!({ "name": name, "value": value });
            media.iter().map(json).collect()
        };
        self.cdp("Emulation.setEmulatedMedia", &json!({ "features": features }))
            .await;
    }

    /// No page runs its scripts from now on.
    pub(crate) async fn without_scripts(&self) {
        self.cdp("Emulation.setScriptExecutionDisabled", &json!({ "value": true }))
            .await;
    }

    /// Takes the network away, or gives it back.
    pub(crate) async fn offline(&self, offline: bool) {
        self.cdp("Network.enable", &json!({})).await;
        self.cdp(
            "Network.emulateNetworkConditions",
            &json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 }),
        )
        .await;
    }

    /// Sets up the tab that is open, as each one must be.
    pub(super) async fn prepare_tab(&self) {
        self.cdp(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({ "source": VIOLATIONS }),
        )
        .await;
        // Packages of Chromium without translations fall back to American English, whatever --lang says.
        self.cdp("Emulation.setLocaleOverride", &json!({ "locale": "en-GB" }))
            .await;
        // Several browsers at a time: each behaves as if it were in front.
        self.cdp("Emulation.setFocusEmulationEnabled", &json!({ "enabled": true }))
            .await;
        self.size(1440, 900).await;
    }

    /// Lets the pages of the site use the clipboard, as people do when they are asked.
    pub(super) async fn allow_clipboard(&self) {
        self.cdp("Browser.grantPermissions", &json!({ "origin": self.0.base, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
        )
        .await;
    }

    /// A command of the Chrome `DevTools` Protocol.
    async fn cdp(&self, command: &str, parameters: &Value) {
        let done = self.0.client.issue_cmd(Vendor::cdp(command, parameters)).await;
        self.done(command, done);
    }
}
