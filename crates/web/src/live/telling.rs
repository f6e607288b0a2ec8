//! A live stream as the server sends it: what is new, for as long as whom it tells is let in. What it tells of is the
//! affair of each stream; when it looks, when it asks and when it ends stands here for all of them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event as Message, KeepAlive, Sse};
use futures_util::future::BoxFuture;
use futures_util::stream::unfold;
use futures_util::{FutureExt, Stream};
use tokio::time::Instant;

use super::OpenStream;
use crate::auth::caller::Caller;
use crate::context::App;
use crate::error::Result;

/// How long a stream waits for a wake-up before it looks by itself; a lost one costs no more than this.
const LOOK: Duration = Duration::from_secs(1);
/// After how long it asks again whether its caller may still be here: with the look that is under way, within five
/// seconds.
const CHECK: Duration = Duration::from_secs(3);

/// What a live stream tells of.
pub trait Source: Send + 'static {
    /// Reads what is new, and says nothing where nothing is.
    fn look(&mut self) -> impl Future<Output = Result<Vec<Message>>> + Send;

    /// Waits until there may be something new since the last look.
    fn woken(&mut self) -> impl Future<Output = ()> + Send;
}

/// A message of a stream; what fails ends the stream instead.
pub type Told = Result<Message, Infallible>;

/// Tells a caller what is new, until they may not be here any more or the server stops.
pub fn tell<S: Source>(
    app: &App,
    caller: &Caller,
    source: S,
    open: OpenStream,
) -> Sse<impl Stream<Item = Told> + use<S>> {
    let (asked, caller) = (app.clone(), caller.clone());
    let still_good = move || {
        let (app, caller) = (asked.clone(), caller.clone());
        async move { caller.still_good(&app).await }.boxed()
    };
    Sse::new(told(app.clone(), source, Box::new(still_good), open))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

/// Asks whether whom the stream tells is still let in.
type StillGood = Box<dyn Fn() -> BoxFuture<'static, Result<bool>> + Send + Sync>;

fn told<S: Source>(
    app: App,
    source: S,
    still_good: StillGood,
    open: OpenStream,
) -> impl Stream<Item = Told> + use<S> {
    let telling = Telling {
        app,
        source,
        still_good,
        ready: VecDeque::new(),
        checked: Instant::now(),
        _open: open,
    };
    unfold(telling, Telling::next)
}

struct Telling<S> {
    app: App,
    source: S,
    still_good: StillGood,
    /// What was read and not sent.
    ready: VecDeque<Message>,
    /// When it was last asked whether the caller may be here.
    checked: Instant,
    _open: OpenStream,
}

impl<S: Source> Telling<S> {
    async fn next(mut self) -> Option<(Told, Self)> {
        loop {
            // Before anything is read or sent, so that a stream that always has something to send ends too.
            if self.app.is_stopping() {
                return None;
            }
            if self.checked.elapsed() >= CHECK {
                self.checked = Instant::now();
                // Where nobody can say, it ends too: who may look comes back.
                if !(self.still_good)().await.unwrap_or(false) {
                    return None;
                }
            }
            if let Some(message) = self.ready.pop_front() {
                return Some((Ok(message), self));
            }
            match self.source.look().await {
                Ok(ready) if ready.is_empty() => {}
                Ok(ready) => {
                    self.ready = ready.into();
                    continue;
                }
                // The client comes back at what it has, by itself.
                Err(error) => {
                    tracing::warn!(cause = error.chain(), "a live stream ended");
                    return None;
                }
            }
            let until_check = CHECK.saturating_sub(self.checked.elapsed());
            tokio::select! {
                () = self.source.woken() => {}
                () = tokio::time::sleep(LOOK.min(until_check)) => {}
                () = self.app.stopped() => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::StreamExt;
    use resolutionflow_core::id::Id;
    use resolutionflow_store::testing::{TestDb, now, sqlite};

    use super::*;
    use crate::config::Settings;
    use crate::context::Clock;
    use crate::live::open_stream;

    /// Has so much to tell at each look, and is woken so soon.
    #[derive(Clone, Copy, Debug)]
    struct Fed {
        news: usize,
        wakes: Duration,
    }

    impl Source for Fed {
        async fn look(&mut self) -> Result<Vec<Message>> {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok((0..self.news).map(|_| Message::default().data("{}")).collect())
        }

        async fn woken(&mut self) {
            tokio::time::sleep(self.wakes).await;
        }
    }

    /// A stream that is never without something to send, one that is woken all the time, and one that never is.
    const ALL: [Fed; 3] = [
        Fed {
            news: 3,
            wakes: Duration::ZERO,
        },
        Fed {
            news: 0,
            wakes: Duration::from_millis(100),
        },
        Fed {
            news: 0,
            wakes: Duration::from_hours(1),
        },
    ];

    async fn app() -> (App, TestDb) {
        let test = sqlite(|_| {}).await;
        let app = App::new(Settings::default(), Clock::fixed(now()), test.db.clone());
        (app, test)
    }

    fn open(app: &App) -> OpenStream {
        open_stream(app, Id::from_uuid(uuid::Uuid::nil())).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_within_five_seconds_of_its_caller_however_much_it_has_to_tell() {
        let (app, _test) = app().await;
        for fed in ALL {
            for let_in_for in [0, 100, 3_900, 4_100, 30_000] {
                let until = Instant::now() + Duration::from_millis(let_in_for);
                let still_good = move || async move { Ok(Instant::now() < until) }.boxed();
                let mut told = pin!(told(app.clone(), fed, Box::new(still_good), open(&app)));
                while told.next().await.is_some() {
                    assert!(
                        until.elapsed() < Duration::from_secs(5),
                        "{fed:?} {let_in_for} goes on"
                    );
                }
                let ended = Instant::now();
                assert!(ended >= until, "{fed:?} {let_in_for}");
                assert!(until.elapsed() < Duration::from_secs(5), "{fed:?} {let_in_for}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_whose_caller_cannot_be_asked_for_ends() {
        let (app, _test) = app().await;
        let still_good = || async { Err(crate::error::Error::NotFound) }.boxed();
        let told = told(app.clone(), ALL[0], Box::new(still_good), open(&app));
        let (begun, count) = (Instant::now(), told.count().await);
        assert!(count > 1 && begun.elapsed() < Duration::from_secs(5), "{count}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopping_server_ends_a_stream_however_much_it_has_to_tell() {
        let (app, _test) = app().await;
        for fed in ALL {
            let still_good = || async { Ok(true) }.boxed();
            let mut told = pin!(told(app.clone(), fed, Box::new(still_good), open(&app)));
            let begun = tokio::time::timeout(Duration::from_secs(10), async {
                while told.next().await.is_some() {}
            });
            assert!(begun.await.is_err(), "{fed:?} goes on by itself");
        }
        app.stop();
        for fed in ALL {
            let still_good = || async { Ok(true) }.boxed();
            let told = told(app.clone(), fed, Box::new(still_good), open(&app));
            assert_eq!(told.count().await, 0, "{fed:?}");
        }
    }
}
