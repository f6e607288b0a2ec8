//! Looking at a state of a page in each theme and width, and collecting what is wrong with it.

use std::cell::RefCell;

use serde_json::{Value, json};

use crate::harness::Browser;

/// The sizes to look at, with what they are called.
const SIZES: [(u32, u32, &str); 2] = [(1440, 800, "1440"), (320, 640, "320")];

/// The themes to look at.
const THEMES: [&str; 2] = ["dark", "light"];

/// Sets the theme; colours on their way from one to the other are none that anybody reads.
const SET_THEME: &str = "
    document.documentElement.dataset.theme = arguments[0];
    for (const animation of document.getAnimations()) animation.finish();";

/// What is wider than the page, if that makes it scroll sideways: the innermost elements that stand out.
const SIDEWAYS: &str = "
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const beyond = (element) => element.checkVisibility() && element.getBoundingClientRect().right > clientWidth + 0.5;
    const out = [...document.body.querySelectorAll('*')].filter(beyond);
    return [`${scrollWidth} px`, ...out.slice(-5).map((element) => element.outerHTML.slice(0, 120))];";

/// Controls that are too small to hit: at least 24 by 24, but for those inside a line of text, or that reach beyond
/// what they show.
const SMALL: &str = "
    const inline = (element) => getComputedStyle(element).display === 'inline' || element.closest('.step-prose, .step-title, .report');
    const hidden = (element) => element.closest('.visually-hidden, [inert]') || getComputedStyle(element).opacity === '0' ||
        getComputedStyle(element, '::after').position === 'absolute';
    const small = ({ width, height }) => width > 1 && (width < 23.5 || height < 23.5);
    return [...document.querySelectorAll('button, a[href], select, summary, input:not([type=checkbox], [type=radio], [type=file], [type=hidden]), textarea')]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !inline(element) && !hidden(element) && small(element.getBoundingClientRect()))
        .map((element) => { const { width, height } = element.getBoundingClientRect(); return `${width} x ${height}: ${element.outerHTML.slice(0, 120)}`; });";

/// What a browser has seen, and what was wrong with it.
pub(super) struct Gallery {
    /// The browser.
    pub(super) browser: Browser,
    found: RefCell<Vec<String>>,
}

impl Gallery {
    /// A gallery of what this browser sees.
    pub(super) async fn of(browser: Browser) -> Self {
        browser.prefers("prefers-reduced-motion", "reduce").await;
        Self {
            browser,
            found: RefCell::default(),
        }
    }

    /// Looks at a path.
    pub(super) async fn page(&self, name: &str, path: &str) {
        self.state(name, async |browser| browser.open(path).await).await;
    }

    /// Looks at what `bring` brings about, at each size anew.
    pub(super) async fn state(&self, name: &str, bring: impl AsyncFn(&Browser)) {
        for (width, height, size) in SIZES {
            self.browser.size(width, height).await;
            bring(&self.browser).await;
            self.sideways(&format!("{name} at {size}")).await;
            for theme in THEMES {
                self.browser.execute(SET_THEME, &[json!(theme)]).await;
                let what = format!("{name}-{theme}-{size}");
                self.browser.screenshot(&format!("looks/{what}")).await;
                // The markup is the same in both.
                let violations = match theme {
                    "dark" => self.browser.violations().await,
                    _ => self.browser.violations_of_contrast().await,
                };
                self.add(&what, violations);
            }
        }
    }

    async fn sideways(&self, what: &str) {
        for (script, wrong) in [(SIDEWAYS, "scrolls sideways"), (SMALL, "is too small to hit")] {
            let found: Value = self.browser.execute(script, &[]).await;
            let found: Vec<String> = serde_json::from_value(found).unwrap();
            self.add(&format!("{what} {wrong}"), found);
        }
    }

    fn add(&self, what: &str, found: Vec<String>) {
        let mut all = self.found.borrow_mut();
        all.extend(found.into_iter().map(|one| format!("{what}: {one}")));
    }

    /// Asserts that nothing was wrong anywhere.
    pub(super) fn shows_no_flaw(self) {
        let found = self.found.into_inner();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
