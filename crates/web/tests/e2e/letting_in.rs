//! How people get in: by a letter each.

use crate::harness::{Browser, Site, both};

const STRONG: &str = "quiet harbour lantern 7 orbit";

/// Where the letter leads, once it was sent.
async fn letter(browser: &Browser, site: &Site, to: &str, link: &str) -> String {
    let what = format!("a letter to {to} with {link}");
    browser
        .until(&what, async || {
            site.letter(to, link).ok_or_else(|| "no such letter".to_owned())
        })
        .await
}

async fn fill(browser: &Browser, lines: &[(&str, &str)]) {
    for (name, text) in lines {
        browser.type_into(&format!("[name={name}]"), text).await;
    }
    browser.press("Enter").await;
}

#[test]
fn one_signs_up_and_invites_another_who_forgets_the_password() {
    both(async |stage| {
        let site = stage.mailing_site(&[("morgan", "owner")]).await;
        let owner = stage.browser("fiona", site.url()).await;
        owner.may_log("401");
        owner.open("/sign-in").await;
        owner.click("a[href='/sign-up']").await;
        let lines = [
            ("account", "Fabrikam"),
            ("name", "Fiona Berg"),
            ("email", "fiona@fabrikam.example"),
        ];
        fill(&owner, &lines).await;
        owner.until_text("h1", "Look into your mail").await;
        let verify = letter(&owner, &site, "fiona@fabrikam.example", "/verify?token=").await;
        owner.open("/sign-in").await;
        fill(
            &owner,
            &[("email", "fiona@fabrikam.example"), ("password", STRONG)],
        )
        .await;
        owner.wait_for(".error-summary").await;
        // Nobody is there before the address is confirmed.
        owner.open(&verify).await;
        owner.until_text("h1", "Confirm your address").await;
        owner.screenshot("looks/confirm").await;
        assert_eq!(owner.violations().await, Vec::<String>::new());
        fill(&owner, &[("password", STRONG)]).await;
        owner.until_text("h1", "Your address is confirmed").await;
        owner.click("main a[href='/sign-in']").await;
        fill(
            &owner,
            &[("email", "fiona@fabrikam.example"), ("password", STRONG)],
        )
        .await;
        owner.wait_for("#account-menu").await;

        owner.open("/people").await;
        owner.click("a[href='#invite']").await;
        owner.type_into("#invite-emails", "ravi@fabrikam.example").await;
        owner.click("#invite button[type=submit]").await;
        owner.until_text(".list.invites", "ravi@fabrikam.example").await;

        let second = stage.browser("ravi", site.url()).await;
        // The stream of a page that stands open ends with the reset, and may ask once more.
        second.may_log("401");
        let invite = letter(&second, &site, "ravi@fabrikam.example", "/invite?code=").await;
        second.open(&invite).await;
        second.until_text("h1", "Join Fabrikam").await;
        fill(&second, &[("name", "Ravi Menon"), ("password", STRONG)]).await;
        second.wait_for("#account-menu").await;
        second.open("/people").await;
        second.until_text(".list.people", "fiona@fabrikam.example").await;

        // Who forgets the password chooses another, and what was signed in is not any more.
        let third = stage.browser("ravi-elsewhere", site.url()).await;
        third.open("/sign-in").await;
        third.click("a[href='/forgot']").await;
        fill(&third, &[("email", "ravi@fabrikam.example")]).await;
        third.until_text("h1", "Look into your mail").await;
        let reset = letter(&third, &site, "ravi@fabrikam.example", "/reset?token=").await;
        third.open(&reset).await;
        fill(&third, &[("password", "another harbour lantern 9")]).await;
        third.until_text("h1", "Your password is set").await;
        third.click("main a[href='/sign-in']").await;
        let lines = [
            ("email", "ravi@fabrikam.example"),
            ("password", "another harbour lantern 9"),
        ];
        fill(&third, &lines).await;
        third.wait_for("#account-menu").await;
        second.open("/people").await;
        second.until_path("/sign-in").await;
    });
}
