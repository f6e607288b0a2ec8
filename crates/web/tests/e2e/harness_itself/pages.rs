//! What a browser sees and does.

use serde_json::json;

use super::{page, script, serve};
use crate::harness::{Theme, once};

#[test]
fn a_person_reads_types_and_presses_keys() {
    once(async |stage| {
        let body = "<p id=hidden hidden>Go</p><p class=answer>Go</p><button id=go type=button>Go on</button>
            <label>Name <input id=name value=old></label><label>Day <input id=day type=date></label>
            <label>Size <select id=size><option>Small<option>Large</select></label>
            <p id=late hidden>Here</p><a href=/other title=Other>Next page</a>";
        let script = script(
            "const by = (id) => document.getElementById(id);
             by('go').addEventListener('click', () => { by('late').hidden = !by('late').hidden; });
             by('go').addEventListener('mouseover', () => { by('go').textContent = 'Go on now'; });
             by('day').addEventListener('change', () => { document.title = by('day').value; });
             document.addEventListener('keydown', (event) => {
                 if (event.ctrlKey && event.key === 'k') { event.preventDefault(); by('name').focus(); }
             });",
        );
        let other = axum::routing::get(async || axum::response::Html("<title>Other</title><p>The other</p>"));
        let url = serve(page(body), script.route("/other", other)).await;
        let lena = stage.browser("lena", &url).await;
        lena.open("/").await;
        assert_eq!(lena.title().await, "Test");
        assert_eq!(lena.text_of("p >> Go").await, "Go");
        assert_eq!((lena.count("p").await, lena.exists("#none").await), (3, false));
        assert!(!lena.is_visible("#late").await);

        lena.click("button >> Go on").await;
        lena.wait_for("#late").await;
        lena.click("#go").await;
        lena.wait_gone("#late").await;
        lena.hover("#go").await;
        lena.until_text("#go", "Go on now").await;

        lena.press("Control+k").await;
        assert_eq!(lena.focused().await, "#name");
        lena.type_into("#name", " and new").await;
        assert_eq!(lena.value_of("#name").await, "old and new");
        lena.replace("#name", "ünique").await;
        lena.until_value("#name", "ünique").await;
        lena.set("#day", "2026-11-22").await;
        assert_eq!(lena.title().await, "2026-11-22");
        lena.choose("#size", "Large").await;
        assert_eq!(lena.value_of("#size").await, "Large");
        lena.focus("#go").await;
        lena.press("Enter").await;
        lena.wait_for("#late").await;

        assert_eq!(lena.attribute_of("a", "title").await.as_deref(), Some("Other"));
        lena.find("a").await.click().await.unwrap();
        lena.until_path("/other").await;
        lena.back().await;
        assert_eq!(lena.path().await, "/");
        lena.reload().await;
        lena.tab(1).await;
        lena.open("/other").await;
        lena.tab(0).await;
        assert_eq!(lena.path().await, "/");
        lena.screenshot("harness").await;
    });
}

#[test]
fn a_browser_has_one_language_clock_size_and_theme() {
    once(async |stage| {
        let body = "<p id=script hidden>Scripts run</p><noscript><p id=none>No scripts run</p></noscript>";
        let script = script("document.getElementById('script').hidden = false;");
        let url = serve(page(body), script).await;
        let lena = stage.browser("lena", &url).await;
        lena.open("/").await;
        let seen = lena
            .execute(
                "const { locale, timeZone } = Intl.DateTimeFormat().resolvedOptions();
                 return [locale, timeZone, navigator.language, innerWidth, innerHeight];",
                &[],
            )
            .await;
        assert_eq!(seen, json!(["en-GB", "UTC", "en-GB", 1440, 900]));
        lena.size(320, 640).await;
        assert_eq!(
            lena.execute("return [innerWidth, innerHeight]", &[]).await,
            json!([320, 640])
        );

        let prefers = "return [matchMedia('(prefers-color-scheme: dark)').matches,
            matchMedia('(prefers-reduced-motion: reduce)').matches, document.cookie]";
        lena.prefers("prefers-color-scheme", "dark").await;
        lena.prefers("prefers-reduced-motion", "reduce").await;
        for (theme, cookie) in [
            (Theme::Dark, "dark"),
            (Theme::Light, "light"),
            (Theme::System, "system"),
        ] {
            lena.theme(theme).await;
            let seen = lena.execute(prefers, &[]).await;
            assert_eq!(seen, json!([true, true, format!("__Host-theme={cookie}")]));
        }

        lena.wait_for("#script").await;
        assert!(!lena.exists("#none").await);
        lena.without_scripts().await;
        lena.open("/").await;
        lena.wait_for("#none >> No scripts run").await;
        assert!(!lena.is_visible("#script").await);
    });
}

#[test]
fn what_is_copied_can_be_read() {
    once(async |stage| {
        let script = script(
            "document.getElementById('copy').addEventListener('click', (event) =>
                 navigator.clipboard.writeText('a\\nb').then(() => { event.target.textContent = 'Copied'; }));",
        );
        let url = serve(page("<button id=copy>Copy</button>"), script).await;
        let lena = stage.browser("lena", &url).await;
        let ravi = stage.browser("ravi", &url).await;
        for browser in [&lena, &ravi] {
            browser.open("/").await;
        }
        lena.click("#copy").await;
        lena.until_text("#copy", "Copied").await;
        assert_eq!(lena.clipboard().await, "a\nb");
        assert_eq!(ravi.clipboard().await, "");
    });
}
