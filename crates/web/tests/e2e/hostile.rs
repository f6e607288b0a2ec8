//! Values that would like to be more than text: wherever they show they are that text, byte for byte.

use serde_json::{Value, json};

use crate::harness::both;
use crate::run::Run;

/// What people paste, by accident or on purpose, in one line.
const EVIL: [&str; 12] = [
    "<b>bold</b><img src=x onerror=alert(1)>",
    "</code></pre><script>document.title='owned'</script>",
    "**bold** _it_ `code` [a](javascript:alert(1)) ![x](http://127.0.0.1:9/x.png)",
    "[VAR:other] and [VAR:evil|sh] and \\[VAR:other]",
    "it's \"quoted\" `back` $HOME $(id) %PATH% !bang; rm -rf / & | < >",
    "& &amp; &lt;b&gt; &#60; &nbsp;",
    "\u{202e}reversed\u{202c} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{200f}\u{200e}",
    "\u{1f469}\u{200d}\u{1f4bb} \u{1f1e9}\u{1f1ea} e\u{301} \u{fb01} \u{ad}",
    "a  b   c",
    "| table | # heading | --- | > quote",
    "{{7*7}} ${7*7} <%= 7*7 %> {% raw %}",
    "\\\\server\\share\\new\\n \\0 \\u0041",
];

/// A place for a value of every kind: title, prose, emphasis, code, a command, a table, a link, an item.
fn everywhere() -> Value {
    json!({
        "title": "Hostile",
        "fields": [{ "name": "evil", "label": "Evil" }, { "name": "other", "label": "Other" },
                   { "name": "lines", "label": "Lines", "type": "long_text" }],
        "sections": [{ "title": "For [VAR:evil]", "steps": [
            { "id": "all", "title": "Title [VAR:evil]",
              "body": "Prose [VAR:evil], **strong [VAR:evil]**, `code [VAR:evil]`.\n\n\
                       > verify: quoted [VAR:evil]\n\n\
                       | head |\n| --- |\n| [VAR:evil] |\n\n\
                       [link [VAR:evil]](https://contoso.example/?q=[VAR:evil])\n\n\
                       - [ ] item [VAR:evil]\n\n\
                       ```bash title=\"At [VAR:evil]\"\n[VAR:evil]\n```\n" },
            { "id": "lines", "title": "Lines", "body": "```\n[VAR:lines]\n```\n" },
        ] }],
    })
}

#[test]
fn hostile_values_are_text_everywhere() {
    both(async |stage| {
        let run = Run::of(stage, &everywhere()).await;
        run.set(&run.morgan, &json!({ "other": "SECRET" })).await;
        let morgan = run.open(stage, "morgan").await;
        for evil in EVIL {
            run.set(&run.lena, &json!({ "evil": evil })).await;
            // Live, as a colleague's value arrives.
            morgan.until_everywhere("evil", evil).await;
            morgan
                .until("the title has it", async || {
                    let seen = morgan.content("#rail-all .rail-title").await;
                    if seen == format!("Title {evil}") {
                        Ok(())
                    } else {
                        Err(seen)
                    }
                })
                .await;
            assert_eq!(morgan.content("#step-all pre code").await, format!("{evil}\n"));
            let link = morgan
                .execute(
                    "return new URL(document.querySelector('#body-all a').href).searchParams.get('q')",
                    &[],
                )
                .await;
            assert_eq!(link, evil);
            morgan.click("#step-all [data-action=copy]").await;
            morgan
                .until_copied(&format!(
                    "{evil}
"
                ))
                .await;
            assert_eq!(
                morgan
                    .count("#step-all :is(script, img, iframe), #panel :is(script, img), #body-all b")
                    .await,
                0
            );
        }
        // As the server draws the whole page, and the report.
        for evil in EVIL {
            run.set(&run.lena, &json!({ "evil": evil })).await;
            morgan.open(&run.page()).await;
            morgan.until_everywhere("evil", evil).await;
            morgan.open(&format!("{}/report", run.page())).await;
            let found = "return [...document.querySelectorAll('#main .value')].filter((it) => it.textContent === arguments[0]).length";
            let found = morgan.execute(found, &[json!(evil)]).await;
            assert!(found.as_u64().unwrap() >= 8, "{evil}: {found} in the report");
            assert_eq!(morgan.count("#main :is(script, img, iframe)").await, 0);
            assert_ne!(morgan.title().await, "owned");
        }
    });
}

#[test]
fn what_is_typed_is_what_is_kept_shown_and_copied() {
    both(async |stage| {
        let run = Run::of(stage, &everywhere()).await;
        let morgan = run.open(stage, "morgan").await;
        for evil in EVIL {
            morgan.focus("#panel-evil").await;
            // As pasted: the driver cannot press every character.
            morgan.set("#panel-evil", evil).await;
            morgan.press("Enter").await;
            morgan.until_everywhere("evil", evil).await;
            run.until_variable("evil", Some(evil)).await;
        }
        morgan.until_saved().await;
        morgan.until_everywhere("evil", EVIL[11]).await;
    });
}

#[test]
fn a_value_of_64_kib_is_kept_shown_and_copied() {
    both(async |stage| {
        let run = Run::of(stage, &everywhere()).await;
        let morgan = run.open(stage, "morgan").await;
        let line = "0123456789 <b>&amp;</b> [VAR:evil] ünï\u{1f600}\n";
        let mut long = line.repeat(64 * 1024 / line.len());
        long.push_str(&"x".repeat(64 * 1024 - long.len()));
        assert_eq!(long.len(), 64 * 1024);
        morgan.focus("#panel-lines").await;
        morgan.set("#panel-lines", &long).await;
        morgan.press("Control+Enter").await;
        run.until_variable("lines", Some(&long)).await;
        morgan.until_everywhere("lines", &long).await;
        morgan.until_saved().await;
        morgan.go_to("lines").await;
        morgan.click("#step-lines [data-action=copy]").await;
        morgan
            .until_copied(&format!(
                "{long}
"
            ))
            .await;
        morgan.reload().await;
        morgan.until_everywhere("lines", &long).await;
    });
}
