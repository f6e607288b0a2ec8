//! Searching on a bad network: the newest question's answer is what is shown, in whatever order the answers come.

use std::rc::Rc;

use serde_json::json;

use crate::harness::{Browser, Fault, FaultProxy, Stage, both};
use crate::run::{Run, one_field};

/// Runs when what has arrived is shown.
const SHOWN: &str = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))";

/// Somebody's browser behind a proxy, with flows and sessions called Alpha and Alpha Beta beside the demo's.
async fn library(stage: &Stage) -> (Rc<FaultProxy>, Browser) {
    let run = Run::of(stage, &one_field(&json!({ "name": "a" }), "[VAR:a]")).await;
    for title in ["Alpha", "Alpha Beta"] {
        let flow = json!({ "title": title, "sections": [{ "steps": [{ "id": "a", "title": "A" }] }] });
        let flow = run.morgan.does("POST", "/api/v1/flows", &flow).await;
        let start = json!({ "flow_id": flow["flow"]["id"] });
        run.morgan.does("POST", "/api/v1/sessions", &start).await;
    }
    let proxy = stage.proxy(run.site.url()).await;
    let morgan = stage.browser("morgan", proxy.url()).await;
    // The search that is given up for a newer one.
    morgan.may_log("htmx:");
    morgan.sign_in(run.site.person("morgan")).await;
    (proxy, morgan)
}

/// Asks for Alpha, whose answer is late, then for Alpha Beta, of which there are so many; then the late one comes.
async fn overtake(proxy: &FaultProxy, morgan: &Browser, input: &str, path: &str, rows: &str, count: usize) {
    let late = proxy.on("GET", path, Fault::Hold).times(1);
    morgan.type_into(input, "alpha").await;
    late.until_answered(1).await;
    morgan.type_into(input, " beta").await;
    let newest = async || match morgan.count(rows).await {
        shown if shown == count => Ok(()),
        shown => Err(shown.to_string()),
    };
    morgan.until(&format!("{count} are found"), newest).await;
    late.release();
    late.until_given(1).await;
    morgan.execute_async(SHOWN, &[]).await;
    assert_eq!(morgan.count(rows).await, count);
    assert_eq!(morgan.value_of(input).await, "alpha beta");
    morgan.until_text(rows, "Alpha Beta").await;
}

#[test]
fn the_newest_search_of_flows_is_shown() {
    both(async |stage| {
        let (proxy, morgan) = library(stage).await;
        morgan.open("/flows").await;
        let rows = "#flow-list .row";
        overtake(&proxy, &morgan, "#main input[name=q]", "/flows?", rows, 1).await;
        // The address says what is shown.
        morgan.until_path("/flows?q=alpha%20beta").await;
        morgan.reload().await;
        assert_eq!(morgan.count(rows).await, 1);
        assert_eq!(morgan.value_of("#main input[name=q]").await, "alpha beta");
    });
}

#[test]
fn the_newest_search_of_sessions_is_shown() {
    both(async |stage| {
        let (proxy, morgan) = library(stage).await;
        morgan.open("/sessions").await;
        let rows = "#main .list > .row";
        overtake(&proxy, &morgan, "#main input[name=q]", "/sessions?", rows, 1).await;
        // What is kept as a table is what is shown.
        let export = morgan.attribute_of("#session-export", "href").await;
        assert!(export.unwrap().contains("/sessions.csv?q=alpha+beta&of-account="));
        morgan.reload().await;
        assert_eq!(morgan.count(rows).await, 1);
    });
}

/// Opens the palette of the settings.
pub(crate) async fn palette(morgan: &Browser) {
    morgan.open("/settings").await;
    // Browsers drop keys that come before they have drawn the page once.
    morgan.execute_async(SHOWN, &[]).await;
    morgan.press("Control+k").await;
}

#[test]
fn the_newest_search_of_the_palette_is_shown() {
    both(async |stage| {
        let (proxy, morgan) = library(stage).await;
        palette(&morgan).await;
        let found = "#palette [data-href^=\"/flows/\"]:not([data-href$=import]), #palette [data-href^=\"/sessions/\"]";
        // A flow and its session.
        overtake(&proxy, &morgan, "#palette input", "/search?", found, 2).await;
        morgan.press("Down Up Enter").await;
        morgan.until_text("h1", "Alpha Beta").await;
        // Where one was comes first, elsewhere.
        palette(&morgan).await;
        morgan.until_text("#palette-0", "Alpha Beta").await;
        morgan.press("Escape").await;
        morgan.wait_gone("#palette").await;
    });
}
