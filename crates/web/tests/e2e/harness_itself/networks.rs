//! What the proxy does to requests, and a browser without a network.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::{get, post};
use futures_util::stream;

use super::{page, script, serve};
use crate::harness::{Browser, Fault, FaultProxy, Stage, once};

/// Shows how each `ask(body)` ended, in the order in which they did; `stream` counts what a live stream says.
const ASKING: &str = "
    const show = (text) => { document.getElementById('log').textContent += `${text};`; };
    window.ask = (body) => fetch('/count', { method: 'POST', body }).then((answer) => answer.text())
        .then((text) => show(`${body}=${text}`), () => show(`${body} failed`));
    window.listen = () => {
        const live = new EventSource('/live');
        live.onmessage = (event) => show(event.data);
        live.onerror = () => { live.close(); show('live ended'); };
    };
    window.addEventListener('offline', () => show('offline'));";

/// A server that counts the requests that it gets, a browser before the proxy before it, and the counter.
async fn counting(stage: &Stage) -> (Rc<FaultProxy>, Browser, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let counting = post(async move |headers: HeaderMap| {
        let count = counter.fetch_add(1, Ordering::SeqCst) + 1;
        let same =
            headers["origin"].to_str().unwrap() == format!("http://{}", headers["host"].to_str().unwrap());
        format!("{count}{}", if same { "" } else { " from elsewhere" })
    });
    let live = get(async || {
        // One event at once, and no end.
        let first = stream::iter([Ok::<_, std::convert::Infallible>(Event::default().data("live"))]);
        Sse::new(futures_util::StreamExt::chain(first, stream::pending()))
    });
    let routes = script(ASKING).route("/count", counting).route("/live", live);
    let url = serve(page("<p id=log></p>"), routes).await;
    let proxy = stage.proxy(&url).await;
    let lena = stage.browser("lena", proxy.url()).await;
    lena.open("/").await;
    (proxy, lena, count)
}

async fn ask(browser: &Browser, bodies: &[&str]) {
    for body in bodies {
        browser.execute("ask(arguments[0])", &[(*body).into()]).await;
    }
}

#[test]
fn requests_pass_unchanged() {
    once(async |stage| {
        let (proxy, lena, _) = counting(stage).await;
        ask(&lena, &["a"]).await;
        lena.until_text("#log", "a=1;").await;
        assert_eq!(lena.text_of("#log").await, "a=1;");
        assert!(proxy.requests().contains(&"POST /count".to_owned()));
    });
}

#[test]
fn a_request_is_doubled() {
    once(async |stage| {
        let (proxy, lena, count) = counting(stage).await;
        let rule = proxy.on("POST", "/count", Fault::Double).times(1);
        ask(&lena, &["a"]).await;
        lena.until_text("#log", "a=1;").await;
        assert_eq!(rule.until_answered(2).await, [200, 200]);
        ask(&lena, &["b"]).await;
        lena.until_text("#log", "a=1;b=3;").await;
        assert_eq!(count.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn answers_come_in_another_order() {
    once(async |stage| {
        let (proxy, lena, _) = counting(stage).await;
        let rule = proxy.on("POST", "/count", Fault::Reorder);
        ask(&lena, &["a"]).await;
        rule.until_answered(1).await;
        ask(&lena, &["b"]).await;
        lena.until_text("#log", "b=2;a=1;").await;
    });
}

#[test]
fn an_answer_is_held_until_it_is_released() {
    once(async |stage| {
        let (proxy, lena, _) = counting(stage).await;
        let rule = proxy.on("*", "/cou", Fault::Hold);
        ask(&lena, &["a"]).await;
        rule.until_answered(1).await;
        assert_eq!(lena.text_of("#log").await, "");
        rule.release();
        lena.until_text("#log", "a=1;").await;
        rule.lift();
    });
}

#[test]
fn an_answer_comes_later() {
    once(async |stage| {
        let (proxy, lena, _) = counting(stage).await;
        proxy.on("POST", "/count", Fault::Delay(Duration::from_millis(200)));
        let asked = Instant::now();
        ask(&lena, &["a"]).await;
        lena.until_text("#log", "a=1;").await;
        assert!(asked.elapsed() >= Duration::from_millis(200));
    });
}

#[test]
fn an_answer_is_lost_and_a_request_is_refused() {
    once(async |stage| {
        let (proxy, lena, count) = counting(stage).await;
        lena.may_log("ERR_EMPTY_RESPONSE");
        let rule = proxy.on("POST", "/count", Fault::LoseAnswer);
        ask(&lena, &["a"]).await;
        lena.until_text("#log", "a failed;").await;
        assert_eq!(rule.until_answered(1).await, [200]);
        assert_eq!(count.load(Ordering::SeqCst), 1);
        rule.lift();
        proxy.on("POST", "/count", Fault::Refuse).times(1);
        ask(&lena, &["b"]).await;
        lena.until_text("#log", "b failed;").await;
        assert_eq!(count.load(Ordering::SeqCst), 1);
        ask(&lena, &["c"]).await;
        lena.until_text("#log", "c=2;").await;
    });
}

#[test]
fn live_streams_pass_and_are_cut() {
    once(async |stage| {
        let (proxy, lena, _) = counting(stage).await;
        lena.may_log("ERR_");
        lena.execute("listen()", &[]).await;
        lena.until_text("#log", "live;").await;
        proxy.cut();
        lena.until_text("#log", "live;live ended;").await;
        ask(&lena, &["a"]).await;
        lena.until_text("#log", "a failed;").await;
        proxy.mend();
        ask(&lena, &["b"]).await;
        lena.until_text("#log", "b=1;").await;
    });
}

#[test]
fn a_browser_goes_offline_and_comes_back() {
    once(async |stage| {
        let (_, lena, count) = counting(stage).await;
        lena.may_log("ERR_INTERNET_DISCONNECTED");
        lena.offline(true).await;
        lena.until_text("#log", "offline;").await;
        ask(&lena, &["a"]).await;
        lena.until_text("#log", "a failed;").await;
        lena.offline(false).await;
        ask(&lena, &["b"]).await;
        lena.until_text("#log", "b=1;").await;
        assert_eq!(count.load(Ordering::SeqCst), 1);
    });
}
