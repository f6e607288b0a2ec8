//! What is wrong is found, and a test that fails leaves what it saw.

use axum::Router;

use super::{page, script, serve};
use crate::harness::{Stage, attempt, once};

/// How the test in it fails; what it leaves is checked and removed.
async fn failure(stage: &Stage, name: &str, test: impl AsyncFn(&Stage)) -> (String, Vec<(String, Vec<u8>)>) {
    let Err(failure) = attempt(stage.engine, &format!("harness-{name}"), test).await else {
        panic!("{name} does not fail");
    };
    let mut files = Vec::new();
    for file in failure.files {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !bytes.is_empty() || file.extension().unwrap() == "log",
            "{}",
            file.display()
        );
        std::fs::remove_file(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        files.push((name, bytes));
    }
    (failure.reason, files)
}

#[test]
fn a_test_that_fails_tells_what_it_waited_for_and_keeps_what_it_saw() {
    once(async |stage| {
        let long = format!("<p>Seen</p>{}", "<p>Another line</p>".repeat(100));
        let url = &serve(page(&long), script("console.info('said');")).await;
        let (reason, files) = failure(stage, "kept", async |stage| {
            let browsers = [stage.browser("lena", url).await, stage.browser("ravi", url).await];
            let _site = stage.site(&[]).await;
            for browser in &browsers {
                browser.open("/?x=1").await;
            }
            browsers[0].click("button >> Mark done").await;
        })
        .await;
        let waited = "lena, on /?x=1: waited until it clicks button >> Mark done";
        assert!(reason.contains(waited), "{reason}");
        assert!(reason.contains("there is no such element"), "{reason}");
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "harness-kept-lena.png",
            "harness-kept-lena.html",
            "harness-kept-lena.console.log",
            "harness-kept-ravi.png",
            "harness-kept-ravi.html",
            "harness-kept-ravi.console.log",
            "harness-kept-server.log",
        ];
        assert_eq!(names, expected);
        // Width and height stand in the head of a PNG; the page is longer than its window.
        let picture = &files[0].1;
        let number = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
        assert!(picture.starts_with(b"\x89PNG"));
        assert!(
            number(16) == 1440 && number(20) > 2000,
            "{} x {}",
            number(16),
            number(20)
        );
        for (file, part) in [(1, "<p>Seen</p>"), (2, "said"), (6, "listening")] {
            assert!(String::from_utf8_lossy(&files[file].1).contains(part), "{part}");
        }
    });
}

#[test]
fn an_error_in_the_console_fails_a_test_that_does_not_allow_it() {
    once(async |stage| {
        let body = "<p id=there>There</p>";
        let url = &serve(page(body), script("fetch('/missing'); null.x;")).await;
        let (reason, _) = failure(stage, "console", async |stage| {
            let lena = stage.browser("lena", url).await;
            lena.may_log("404");
            lena.open("/").await;
            // The log has what was said on pages that were left.
            lena.open("/favicon.ico").await;
            lena.open("/").await;
        })
        .await;
        assert!(
            reason.contains("lena logged errors") && reason.contains("TypeError"),
            "{reason}"
        );
        assert!(!reason.contains("404"), "{reason}");
    });
}

#[test]
fn a_violation_of_the_content_security_policy_is_caught() {
    once(async |stage| {
        for (name, body, directive) in [
            ("style", "<p style='color: red'>Styled</p>", "style-src-attr"),
            (
                "script",
                "<script>document.title = 'Run'</script>",
                "script-src-elem",
            ),
            ("image", "<img alt='' src='http://127.0.0.1:9/x.png'>", "img-src"),
        ] {
            let url = &serve(page(body), script("")).await;
            let (reason, _) = failure(stage, name, async |stage| {
                let lena = stage.browser("lena", url).await;
                lena.open("/").await;
                assert_eq!(lena.title().await, "Test");
            })
            .await;
            assert!(
                reason.contains(&format!("CSP violation: {directive}")),
                "{reason}"
            );
        }
    });
}

#[test]
fn axe_finds_what_is_wrong_and_nothing_else() {
    once(async |stage| {
        let url = &serve(page("<p>Good</p>"), script("")).await;
        let lena = stage.browser("lena", url).await;
        lena.open("/").await;
        lena.axe("a good page").await;

        let bad = &serve(
            page("<img src=/favicon.ico><button class=small></button>"),
            Router::new(),
        )
        .await;
        let (reason, _) = failure(stage, "axe", async |stage| {
            let lena = stage.browser("lena", bad).await;
            lena.may_log("404");
            lena.open("/").await;
            lena.axe("a bad page").await;
        })
        .await;
        for part in [
            "lena, a bad page",
            "image-alt",
            "button-name",
            "<button class=\"small\">",
        ] {
            assert!(reason.contains(part), "{part} in {reason}");
        }
    });
}
