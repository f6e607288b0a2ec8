//! What a ticket offers.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::flow::FlowDocument;

fn outline() -> Outline {
    let fields = json!([
        { "name": "server_name", "label": "Server name", "type": "hostname", "required": true },
        { "name": "domain", "label": "Domain", "type": "fqdn" },
        { "name": "ip", "label": "New address", "type": "ip" },
        { "name": "network", "type": "cidr" },
        { "name": "contact", "label": "Contact", "type": "email" },
        { "name": "port", "type": "port" },
        { "name": "users", "label": "Number of users", "type": "number" },
        { "name": "on", "label": "Change date", "type": "date" },
        { "name": "opens", "label": "Window opens", "type": "datetime" },
        { "name": "firmware_version", "label": "Firmware version" },
        { "name": "ticket" },
        { "name": "site", "type": "select", "options": ["Berlin", "New York"] },
        { "name": "remarks", "type": "long_text" },
        { "name": "page", "type": "url" },
        { "name": "card", "type": "mac" }
    ]);
    let flow = json!({ "title": "t", "fields": fields,
        "sections": [{ "title": "", "steps": [{ "id": "a", "title": "a", "body": "[VAR:loose]" }] }] });
    let document = FlowDocument::from_json(&flow.to_string()).unwrap();
    Outline::of(&document, |_| 0)
}

/// The values that are offered for a variable.
fn offered(text: &str, name: &str) -> Vec<String> {
    let offers = offers(text, &outline());
    let offer = offers.into_iter().find(|offer| offer.name.as_str() == name);
    offer.map_or_else(Vec::new, |offer| {
        offer.candidates.into_iter().map(|one| one.value).collect()
    })
}

#[test]
fn lines_name_variables_by_name_or_label() {
    for line in [
        "server_name: srv-01",
        "Server name = srv-01",
        "  - **Server Name:** `srv-01`",
        "| Server name | srv-01 |",
        "> SERVERNAME:\tsrv-01",
        "[VAR:server_name]: srv-01",
        "Server name:\nsrv-01",
        "Server name\tsrv-01\r",
    ] {
        let offers = offers(line, &outline());
        let first = &offers[0].candidates[0];
        assert_eq!(
            (first.value.as_str(), first.how),
            ("srv-01", How::Named),
            "{line:?}"
        );
    }
    assert_eq!(offered("loose: anything at all", "loose"), ["anything at all"]);
    assert_eq!(offered("remarks: a: b = c", "remarks"), ["a: b = c"]);
    assert!(offered("servername is srv", "server_name").is_empty());
}

#[test]
fn what_a_line_names_and_does_not_fit_is_shown_with_the_reason() {
    let offers = offers("Port: ninety\nport: 443", &outline());
    let port = offers.iter().find(|offer| offer.name.as_str() == "port").unwrap();
    assert_eq!(port.candidates[0].value, "ninety");
    assert!(port.candidates[0].problem.as_deref().unwrap().contains("port"));
    assert_eq!(
        (port.candidates[1].value.as_str(), port.candidates[1].line),
        ("443", 2)
    );
    assert_eq!(port.candidates[1].problem, None);
}

#[test]
fn free_text_offers_what_fits_the_type() {
    let text = "Hi team,\n\nINC0048213: please move dc02.corp.contoso.example (10.20.0.5, card 00-1A-2B-3C-4D-5E) to the new host \
                SRV-014 in Berlin by 28 November 2026, best on 2026-11-28 at 20:00 UTC. The network is 10.20.0.0/16, \
                see https://wiki.contoso.example/moves?id=7. It listens on port 8443 and has 250 users.\n\
                Firmware is v2.4.1 and not firmware.bin. Ask Lena <lena.koch@contoso.example>.";
    for (name, values) in [
        ("server_name", &["SRV-014", "dc02.corp.contoso.example"][..]),
        ("domain", &["dc02.corp.contoso.example"]),
        ("ip", &["10.20.0.5"]),
        ("network", &["10.20.0.0/16"]),
        ("contact", &["lena.koch@contoso.example"]),
        ("on", &["2026-11-28"]),
        ("opens", &["2026-11-28T20:00:00Z"]),
        ("firmware_version", &["v2.4.1"]),
        ("ticket", &["INC0048213", "SRV-014"]),
        ("site", &["Berlin"]),
        ("page", &["https://wiki.contoso.example/moves?id=7"]),
        ("card", &["00:1a:2b:3c:4d:5e"]),
        ("remarks", &[]),
        ("loose", &[]),
    ] {
        let mut found = offered(text, name);
        let mut values: Vec<String> = values.iter().map(|value| known(name, value)).collect();
        found.sort();
        values.sort();
        assert_eq!(found, values, "{name}");
    }
    assert_eq!(offered(text, "port")[0], "8443");
    assert!(offered(text, "users").contains(&"250".to_owned()));
}

/// A value as its field keeps it.
fn known(name: &str, value: &str) -> String {
    outline().variable(name).unwrap().1.accept(value).unwrap()
}

#[test]
fn what_a_line_names_stands_before_what_was_found_and_near_before_far() {
    let text = "The old one is 10.0.0.9.\nThe new address is 10.0.0.1 then.\nip: 10.0.0.7";
    assert_eq!(offered(text, "ip"), ["10.0.0.7", "10.0.0.1", "10.0.0.9"]);
}

#[test]
fn days_that_may_be_read_in_two_ways_are_both_offered() {
    assert_eq!(offered("on 03/04/2026", "on"), ["2026-04-03", "2026-03-04"]);
    assert_eq!(offered("on 28/11/2026", "on"), ["2026-11-28"]);
    assert_eq!(offered("on 28.11.2026", "on"), ["2026-11-28"]);
    assert_eq!(offered("Nov 28th, 2026", "on"), ["2026-11-28"]);
    assert_eq!(
        offered("28 Nov 2026, 8:30 pm", "opens"),
        [known("opens", "2026-11-28T20:30:00")]
    );
    assert!(offered("31/31/2026 99:99 28 Foo 2026", "on").is_empty());
}

#[test]
fn a_label_of_two_variables_names_neither() {
    let flow = json!({ "title": "t", "fields": [
            { "name": "a", "label": "Name" }, { "name": "b", "label": "Name" }, { "name": "c", "label": "b" }],
        "sections": [{ "title": "", "steps": [{ "id": "a", "title": "a", "body": "" }] }] });
    let outline = Outline::of(&FlowDocument::from_json(&flow.to_string()).unwrap(), |_| 0);
    assert!(offers("Name: x", &outline).is_empty());
    let found = offers("b: x", &outline);
    assert_eq!((found.len(), found[0].name.as_str()), (1, "b"));
}

#[test]
fn a_long_text_gives_a_bounded_answer() {
    let text = "10.0.0.1 srv-1 1 2 3 a@b.example ".repeat(MAX_TICKET / 20);
    for offer in offers(&text, &outline()) {
        assert!((1..=MAX_CANDIDATES).contains(&offer.candidates.len()));
    }
    let words: Vec<String> = (0..20_000).map(|number| format!("srv-{number}")).collect();
    let text = words.join(" ");
    assert_eq!(offered(&text, "server_name").len(), MAX_CANDIDATES);
    for piece in [
        ":", "|", "[VAR:", "1.", "a-", "::", "https://", "@", "\u{202e}", "1/1/", "a.", "0:",
    ] {
        offers(&piece.repeat(MAX_TICKET / piece.len() + 9), &outline());
    }
}

proptest! {
    #[test]
    fn every_offer_fits_or_says_why_not(text in "(?s)([a-z_ ]{0,12}[:=|]? ?([0-9./:-]{0,14}|\\PC{0,14})\\n?){0,20}") {
        let outline = outline();
        for offer in offers(&text, &outline) {
            let (_, known) = outline.variable(offer.name.as_str()).unwrap();
            prop_assert!(!offer.candidates.is_empty());
            for candidate in offer.candidates {
                let accepted = known.accept(&candidate.value);
                prop_assert_eq!(accepted.is_err(), candidate.problem.is_some());
                if let Ok(value) = accepted {
                    prop_assert_eq!(value, candidate.value);
                }
                prop_assert!((1..=text.lines().count()).contains(&candidate.line));
            }
        }
    }
}
