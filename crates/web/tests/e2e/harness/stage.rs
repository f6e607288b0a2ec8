//! A test from beginning to end: on each engine, with everything it uses gone in the end, and with what it saw kept
//! where it fails.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use resolutionflow_store::db::Engine;

use super::artifacts;
use super::browser::Browser;
use super::environment::{engine_name, engines};
use super::proxy::FaultProxy;
use super::site::Site;

/// The longest that a test may take on one engine.
const LONGEST: Duration = Duration::from_mins(2);

/// One test on one engine: makes what the test uses, and keeps it until the end.
///
/// Servers, proxies and browsers live until the test ends, browsers the shortest, so that none of them complains of a
/// server that is gone.
pub(crate) struct Stage {
    /// The database that servers run on.
    pub(crate) engine: Engine,
    name: String,
    browsers: RefCell<Vec<Browser>>,
    proxies: RefCell<Vec<Rc<FaultProxy>>>,
    sites: RefCell<Vec<Rc<Site>>>,
}

/// Why a test failed, and the files that show what it saw.
pub(crate) struct Failure {
    /// What the test says.
    pub(crate) reason: String,
    /// A picture, the HTML and the console of each of its browsers, and the logs of its servers.
    pub(crate) files: Vec<PathBuf>,
}

/// Runs a test on each engine that was chosen, one after the other.
///
/// Where it fails, and where a browser of it has logged an error (a violation of the Content Security Policy is one),
/// the names of the files that it leaves are printed.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a test is written as a block, not as a reference"
)]
pub(crate) fn both(test: impl AsyncFn(&Stage)) {
    for engine in engines() {
        run(engine, &test);
    }
}

/// Runs a test on one engine, where no database matters.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a test is written as a block, not as a reference"
)]
pub(crate) fn once(test: impl AsyncFn(&Stage)) {
    run(engines()[0], &test);
}

fn run(engine: Engine, test: &impl AsyncFn(&Stage)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    // The harness of Rust names the thread of a test after it.
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("test").replace("::", "-");
    let done = runtime
        .unwrap()
        .block_on(attempt(engine, &format!("{name}-{}", engine_name(engine)), test));
    if let Err(failure) = done {
        for file in &failure.files {
            eprintln!("kept: {}", file.display());
        }
        // Not a panic of its own: the first one has told where, and this one would only repeat that.
        eprintln!("on {engine:?}: {}", failure.reason);
        std::panic::resume_unwind(Box::new(failure.reason));
    }
}

/// Runs a test under a name and answers how it failed, if it did.
pub(crate) async fn attempt(engine: Engine, name: &str, test: impl AsyncFn(&Stage)) -> Result<(), Failure> {
    let stage = Stage {
        engine,
        name: name.to_owned(),
        browsers: RefCell::default(),
        proxies: RefCell::default(),
        sites: RefCell::default(),
    };
    let body = AssertUnwindSafe(tokio::time::timeout(LONGEST, test(&stage))).catch_unwind();
    let mut reasons = match body.await {
        Ok(Ok(())) => Vec::new(),
        Ok(Err(_)) => vec![format!("the test did not end in {} s", LONGEST.as_secs())],
        Err(panic) => vec![said(panic.as_ref())],
    };
    let (browsers, sites) = (stage.browsers.take(), stage.sites.take());
    for browser in &browsers {
        let complaints = browser.complaints().await;
        if !complaints.is_empty() {
            reasons.push(format!(
                "{} logged errors:\n{}",
                browser.name(),
                complaints.join("\n")
            ));
        }
    }
    let done = if reasons.is_empty() {
        Ok(())
    } else {
        for browser in &browsers {
            eprintln!("{}", browser.where_it_is().await);
        }
        Err(Failure {
            reason: reasons.join("\n"),
            files: artifacts::keep(&stage.name, &browsers, &sites).await,
        })
    };
    for browser in browsers {
        browser.close().await;
    }
    done
}

/// What a panic says.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("the test failed").to_owned()
}

impl Stage {
    /// A server of the test's own with the demo's people (owner morgan, engineers lena and ravi), flows and sessions.
    pub(crate) async fn demo(&self) -> Rc<Site> {
        self.keep_site(Site::demo(self.engine).await)
    }

    /// A server with an account of these people, names and roles, the owner first; without anybody it is a server
    /// that nobody has set up yet.
    pub(crate) async fn site(&self, people: &[(&str, &str)]) -> Rc<Site> {
        self.keep_site(Site::with_people(self.engine, people).await)
    }

    /// As [`Stage::site`], where mail is sent and anybody signs up.
    pub(crate) async fn mailing_site(&self, people: &[(&str, &str)]) -> Rc<Site> {
        self.keep_site(Site::mailing(self.engine, people).await)
    }

    /// A proxy before a server, on a port of its own, that does to requests what tests tell it.
    pub(crate) async fn proxy(&self, url: &str) -> Rc<FaultProxy> {
        let proxy = Rc::new(FaultProxy::before(url).await);
        self.proxies.borrow_mut().push(Rc::clone(&proxy));
        proxy
    }

    /// Somebody's browser with a profile of its own, for the server or proxy at `url`.
    pub(crate) async fn browser(&self, name: &str, url: &str) -> Browser {
        let browser = Browser::start(name, url).await;
        self.browsers.borrow_mut().push(browser.clone());
        browser
    }

    fn keep_site(&self, site: Site) -> Rc<Site> {
        let site = Rc::new(site);
        self.sites.borrow_mut().push(Rc::clone(&site));
        site
    }
}
