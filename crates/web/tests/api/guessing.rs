//! Passwords that are guessed: what passes, what the guesser learns, and who signs in meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use resolutionflow::config::{Networks, Settings, Throttle};
use resolutionflow::context::Clock;
use resolutionflow_core::throttle::Rate;
use resolutionflow_store::testing::databases;
use serde_json::json;

use crate::asking::{Answer, Ask, Client};
use crate::cast::{Cast, PASSWORD, TestApp};
use crate::parallel::at_once;
use crate::process::Server;
use crate::site::{WIDE_OPEN, guarded_sites};

/// How many guesses are judged or refused at least, and how many come at once.
const GUESSES: i64 = 10_000;
const AT_ONCE: usize = 500;

/// How often the victim signs in meanwhile.
const SIGN_INS: usize = 100;

/// Microseconds.
const SECOND: i64 = 1_000_000;

fn login(client: &Client, from: &str, email: &str, password: &str) -> Ask {
    client
        .ask("POST", "/auth/login")
        .header("x-forwarded-for", from)
        .json(&json!({ "email": email, "password": password }))
}

/// A sign-in on the page, as its scripts do it.
fn sign_in(client: &Client, from: &str, email: &str, password: &str, cookies: &str) -> Ask {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("email", email)
        .append_pair("password", password)
        .finish();
    let ask = client
        .ask("POST", "/sign-in")
        .header("accept", "application/json")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", from)
        .body("application/x-www-form-urlencoded", form);
    if cookies.is_empty() {
        ask
    } else {
        ask.header("cookie", cookies)
    }
}

/// The cookie by which the browser will be known.
fn device(answer: &Answer) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
    cookies
        .find(|cookie| cookie.starts_with("__Host-rf-device="))
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_never_pass_the_bound_while_the_victim_signs_in_on_a_known_device() {
    for site in guarded_sites().await {
        let clients = site.clients.clone();
        let first = sign_in(&clients[0], "192.0.2.1", "lena@example.com", PASSWORD, "").await;
        assert_eq!(first.status, 204, "{}", first.text());
        let known = device(&first);

        let began = Instant::now();
        let done = Arc::<AtomicBool>::default();
        let victim = {
            let (clients, done) = (clients.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut signed_in = 0;
                for number in 0..SIGN_INS {
                    // From the very address that guesses.
                    let client = &clients[number % clients.len()];
                    let answer = sign_in(client, "198.51.100.1", "Lena@example.com", PASSWORD, &known).await;
                    assert_eq!(answer.status, 204, "sign-in {number}: {}", answer.text());
                    signed_in += 1;
                }
                done.store(true, Ordering::SeqCst);
                signed_in
            })
        };
        let (mut guesses, mut of_one_address, mut of_all, mut refused, mut busy) = (0, 0, 0, 0, 0);
        let is_of_one = |number: usize| number.is_multiple_of(2);
        for round in 0.. {
            if guesses >= GUESSES && (done.load(Ordering::SeqCst) || victim.is_finished()) {
                break;
            }
            let asks = (0..AT_ONCE).map(|number| {
                let from = if is_of_one(number) {
                    "198.51.100.1".to_owned()
                } else {
                    format!("10.{}.{}.{}", round % 250, number / 250, number % 250)
                };
                let client = &clients[number % clients.len()];
                login(client, &from, "lena@example.com", "not her password")
            });
            for (number, answer) in at_once(asks).await.into_iter().enumerate() {
                match answer.status {
                    401 => {
                        of_all += 1;
                        of_one_address += i64::from(is_of_one(number));
                    }
                    429 => {
                        answer.problem("too-many-attempts");
                        refused += 1;
                    }
                    503 => busy += 1,
                    other => panic!("{other}: {}", answer.text()),
                }
            }
            // Who met a busy server guessed nothing.
            guesses = of_all + refused;
            if guesses >= GUESSES {
                // Enough; what comes now only keeps the victim company.
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        assert_eq!(victim.await.unwrap(), SIGN_INS);
        let took = i64::try_from(began.elapsed().as_micros()).unwrap();
        println!(
            "{:?}: {guesses} guesses in {:?}: {of_all} passed, {of_one_address} of them from one address, {refused} were \
             refused, {busy} met a busy server; {SIGN_INS} of {SIGN_INS} sign-ins of the victim",
            site.app.engine(),
            began.elapsed(),
        );
        let address = Rate::new(3, 60 * SECOND, 3);
        let name = Rate::new(1_800, 3_600 * SECOND, 10);
        assert!(of_one_address <= address.most_in(took), "{of_one_address}");
        assert!(of_all <= name.most_in(took), "{of_all}");
        assert!(of_all >= 3, "somebody guessed at all: {of_all}");
    }
}

/// A server for each engine that holds up who tries too many passwords, with a clock that stands.
async fn guarded(change: fn(&mut Settings)) -> Vec<TestApp> {
    let mut apps = Vec::new();
    for test in databases().await {
        let guard = |settings: &mut Settings| {
            settings.throttle = Throttle::default();
            settings.server.trusted_proxies = Networks::new("127.0.0.1").unwrap();
            change(settings);
        };
        apps.push(TestApp::on(test, guard).await);
    }
    apps
}

#[tokio::test]
async fn known_and_unknown_addresses_are_refused_alike_as_long_as_it_takes() {
    for app in guarded(|_| {}).await {
        let client = app.nobody();
        let ways: [fn(&Client, &str, &str) -> Ask; 2] = [
            |client, from, email| login(client, from, email, "wrong"),
            |client, from, email| sign_in(client, from, email, "wrong", ""),
        ];
        for (way, ask) in ways.into_iter().enumerate() {
            let mut statuses = Vec::new();
            for number in 0..5 {
                let known = ask(&client, &format!("192.0.2.{way}"), "lena@example.com").await;
                let unknown = ask(&client, &format!("198.51.100.{way}"), "nobody@example.com").await;
                assert_eq!(known.comparable(), unknown.comparable(), "{way} {number}");
                statuses.push(known.status);
            }
            assert_eq!(statuses, [401, 401, 401, 429, 429]);
        }
        // The right password learns nothing else when there were too many.
        let right = login(&client, "192.0.2.0", "lena@example.com", PASSWORD).await;
        let wrong = login(&client, "198.51.100.0", "nobody@example.com", "wrong").await;
        assert_eq!(right.comparable(), wrong.comparable());
        assert_eq!(right.status, 429);
        assert_eq!(right.headers["retry-after"], "20");
        let document = right.problem("too-many-attempts");
        assert_eq!(
            document["detail"],
            "Too many attempts to sign in. Try again in 20 seconds."
        );
        app.clock.advance(TimeDelta::seconds(20));
        let again = login(&client, "192.0.2.0", "lena@example.com", PASSWORD).await;
        assert_eq!(again.status, 200, "{}", again.text());
    }
}

#[tokio::test]
async fn the_wait_grows_with_each_wrong_password_and_ends_with_the_right_one() {
    let wide = |settings: &mut Settings| {
        settings.throttle = Throttle {
            free_tries: 3,
            ..Throttle::wide_open()
        };
    };
    for app in guarded(wide).await {
        let client = app.nobody();
        let tries = async |password| login(&client, "192.0.2.1", "lena@example.com", password).await;
        for _ in 0..3 {
            assert_eq!(tries("wrong").await.status, 401);
        }
        for wait in [1, 2, 4, 8] {
            let refused = tries(PASSWORD).await;
            assert_eq!(refused.status, 429);
            assert_eq!(refused.headers["retry-after"], wait.to_string());
            // Not for others, and not from elsewhere.
            let other = login(&client, "192.0.2.1", "morgan@example.com", PASSWORD).await;
            assert_eq!(other.status, 200);
            let elsewhere = login(&client, "192.0.2.2", "lena@example.com", PASSWORD).await;
            assert_eq!(elsewhere.status, 200);
            app.clock.advance(TimeDelta::seconds(wait));
            assert_eq!(tries("wrong").await.status, 401);
        }
        app.clock.advance(TimeDelta::seconds(16));
        assert_eq!(tries(PASSWORD).await.status, 200);
        for _ in 0..3 {
            assert_eq!(tries("wrong").await.status, 401);
        }
        assert_eq!(tries("wrong").await.headers["retry-after"], "1");
    }
}

#[tokio::test]
async fn a_known_device_is_its_owners_alone_and_has_a_bound_too() {
    for app in guarded(|_| {}).await {
        let client = app.nobody();
        let from = "192.0.2.1";
        let first = sign_in(&client, from, "lena@example.com", PASSWORD, "").await;
        let known = device(&first);
        for number in 0..3 {
            login(&client, from, "lena@example.com", "wrong").await;
            let again = sign_in(&client, from, "lena@example.com", PASSWORD, &known).await;
            assert_eq!(again.status, 204, "{number}");
            assert_eq!(device(&again), known, "the same browser stays the same device");
        }
        // It helps nobody else, and a made-up one nobody at all.
        for (email, cookie) in [
            ("morgan@example.com", known.as_str()),
            ("lena@example.com", "__Host-rf-device=made-up"),
            ("lena@example.com", ""),
        ] {
            let refused = sign_in(&client, from, email, PASSWORD, cookie).await;
            assert_eq!(refused.status, 429, "{email} {cookie}");
        }
        for _ in 0..10 {
            let wrong = sign_in(&client, from, "lena@example.com", "wrong", &known).await;
            assert_eq!(wrong.status, 401);
        }
        let refused = sign_in(&client, from, "lena@example.com", PASSWORD, &known).await;
        assert_eq!(refused.status, 429);
        assert_eq!(refused.headers["retry-after"], "6");
        app.clock.advance(TimeDelta::seconds(6));
        let again = sign_in(&client, from, "lena@example.com", PASSWORD, &known).await;
        assert_eq!(again.status, 204);
        // Somebody else who signs in there has their own bucket from then on.
        let shared = sign_in(&client, "192.0.2.9", "morgan@example.com", PASSWORD, &known).await;
        assert_eq!((shared.status, device(&shared)), (204, known.clone()));
        let morgan = sign_in(&client, from, "morgan@example.com", PASSWORD, &known).await;
        assert_eq!(morgan.status, 204);
    }
}

#[tokio::test]
async fn what_strangers_say_of_their_address_does_not_count() {
    for test in databases().await {
        let guard = |settings: &mut Settings| settings.throttle = Throttle::default();
        let app = TestApp::on(test, guard).await;
        let statuses = async |email: &str| {
            let mut statuses = Vec::new();
            for number in 0..4 {
                let answer = login(&app.nobody(), &format!("192.0.2.{number}"), email, "wrong").await;
                statuses.push(answer.status);
            }
            statuses
        };
        assert_eq!(statuses("lena@example.com").await, [401, 401, 401, 429]);
        assert_eq!(statuses("morgan@example.com").await, [429; 4]);
    }
}

/// How many sign in together.
const CROWD: usize = 1_000;
/// What one hash takes, in MiB.
const HASH: u64 = 19;
/// What a crowd may take beside its hashes, in MiB: a thousand connections with their requests, and what the allocator
/// and the database keep of them. A hash for each would be 19 GiB, and one for each that may wait 1.2 GiB.
const BESIDE: u64 = 256;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_sign_ins_at_once_are_done_in_turn_or_told_to_come_again() {
    for test in databases().await {
        let cast = Cast::make(&test.db, Clock::system().now()).await;
        test.db.clone().close().await;
        // A process of its own: what it takes is nobody else's.
        let server = Server::start_with(&test.config.url, &WIDE_OPEN);
        let lena = cast.member("lena", &Client::new(server.address));
        lena.get("/me").await.with(200);
        let (began, memory) = (Instant::now(), server.most_memory());
        let client = Client::new(server.address);
        let asks = (0..CROWD).map(|number| {
            let email = ["lena@example.com", "nobody@example.com"][number % 2];
            login(&client, "", email, PASSWORD)
        });
        let all = tokio::spawn(at_once(asks.collect::<Vec<_>>()));
        // Meanwhile everybody else is served.
        let (mut times, mut put_off) = (Vec::new(), 0);
        while !all.is_finished() {
            let asked = Instant::now();
            let answer = lena.get("/me").await;
            match answer.status {
                200 => times.push(asked.elapsed()),
                503 => put_off += 1,
                other => panic!("{other}: {}", answer.text()),
            }
        }
        let (mut in_, mut out, mut later) = (0, 0, 0);
        for answer in all.await.unwrap() {
            match answer.status {
                200 => in_ += 1,
                401 => out += 1,
                503 => {
                    answer.problem("unavailable");
                    assert!(answer.headers.contains_key("retry-after"));
                    later += 1;
                }
                other => panic!("{other}: {}", answer.text()),
            }
        }
        println!(
            "{:?}: {CROWD} sign-ins in {:?}: {in_} in, {out} wrong, {later} told to come again",
            test.engine,
            began.elapsed()
        );
        times.sort();
        // The shortest time that so many of a hundred took at most.
        let took = |of_hundred: usize| times.get(times.len() * of_hundred / 100);
        println!(
            "{} other requests were answered and {put_off} put off: p50 {:?}, p99 {:?}, the slowest {:?}",
            times.len(),
            took(50),
            took(99),
            times.last()
        );
        let grown = (server.most_memory() - memory) >> 10;
        println!("the most memory that was ever in use grew by {grown} MiB");
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let most = u64::try_from(cores).unwrap() * HASH + BESIDE;
        assert!(grown < most, "{grown} MiB, and not {most}");
        assert_eq!(in_ + out + later, CROWD);
        assert!(in_ > 0 && out > 0);
        // A sign-in has a place in the queue before it asks more of the database than one look, so a crowd puts off
        // nobody for long; but on a slow machine a thousand looks alone may take what others wait for a connection.
        assert!(put_off * 100 < times.len(), "{put_off} beside {}", times.len());
    }
}

/// Prints, and asserts nothing: how long an answer takes is the machine's business.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of some minutes"]
async fn known_and_unknown_addresses_take_as_long() {
    const TIMES: usize = 2_000;
    for test in databases().await {
        let app = TestApp::on(test, |_| {}).await;
        let client = app.nobody();
        let mut times = [Vec::new(), Vec::new()];
        for number in 0..2 * TIMES {
            let email = ["lena@example.com", "nobody@example.com"][number % 2];
            let began = Instant::now();
            assert_eq!(login(&client, "", email, "wrong").await.status, 401);
            times[number % 2].push(began.elapsed());
        }
        let medians = times.map(|mut times| {
            times.sort();
            times[times.len() / 2]
        });
        println!(
            "{:?}: medians of {TIMES}: known {:?}, unknown {:?}",
            app.engine(),
            medians[0],
            medians[1]
        );
    }
}
