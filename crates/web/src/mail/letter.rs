//! The one template of all letters: a head line, paragraphs, a list, a button, and at the foot why one gets it. The same
//! content makes the HTML and the plain text. What people typed is text in both, and one line.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use maud::{DOCTYPE, html};

/// The longest subject, in characters: what most readers show of one.
const SUBJECT: usize = 150;

/// The longest line of what people typed, in characters.
const LINE: usize = 1_000;

/// A place on this server, with what to call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it says.
    pub label: String,
    /// The path and what follows it, such as `/sessions/1`.
    pub path: String,
}

/// One of several things that a letter tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What is told.
    pub text: String,
    /// What it is about, and where that is.
    pub link: Link,
}

/// What a letter says, before it is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The subject.
    pub subject: String,
    /// The head line.
    pub head: String,
    /// What follows, a paragraph each.
    pub paragraphs: Vec<String>,
    /// Several things, one below the other.
    pub items: Vec<Item>,
    /// What to do.
    pub button: Option<Link>,
    /// Why one gets it.
    pub why: String,
    /// Where to choose not to.
    pub choose: Option<Link>,
}

/// A letter as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: Address,
    /// The subject: one line, of bounded length.
    pub subject: String,
    /// The plain text.
    pub plain: String,
    /// The HTML.
    pub html: String,
}

impl Draft {
    /// Draws the letter. `origin` is where browsers find the server, without a slash at its end.
    pub fn draw(&self, to: Address, origin: &str) -> Letter {
        Letter {
            to,
            subject: cut(&line(&self.subject), SUBJECT),
            plain: self.plain(origin),
            html: self.html(origin),
        }
    }

    fn plain(&self, origin: &str) -> String {
        let mut text = format!("{}\n\n", line(&self.head));
        let mut add = |paragraph: &str| {
            writeln!(text, "{paragraph}\n").expect("a string takes all");
        };
        for paragraph in &self.paragraphs {
            add(&line(paragraph));
        }
        for Item { text, link } in &self.items {
            add(&format!(
                "- {}: {}\n  {origin}{}",
                line(text),
                line(&link.label),
                link.path
            ));
        }
        if let Some(button) = &self.button {
            add(&format!("{}:\n{origin}{}", line(&button.label), button.path));
        }
        add("-- ");
        text.truncate(text.len() - 1);
        text.push_str(&line(&self.why));
        text.push('\n');
        if let Some(choose) = &self.choose {
            writeln!(text, "{}: {origin}{}", line(&choose.label), choose.path).expect("a string takes all");
        }
        text
    }

    fn html(&self, origin: &str) -> String {
        // Mail readers keep no style sheets; there is no policy of ours in their windows.
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (cut(&line(&self.subject), SUBJECT)) }
                }
                body style="margin:0;padding:24px 12px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif" {
                    div style="max-width:560px;margin:0 auto" {
                        h1 style="font-size:20px;line-height:1.3;margin:0 0 16px" dir="auto" { (line(&self.head)) }
                        @for paragraph in &self.paragraphs {
                            p style="margin:0 0 12px" dir="auto" { (line(paragraph)) }
                        }
                        @if !self.items.is_empty() {
                            ul style="margin:0 0 12px;padding-left:20px" {
                                @for item in &self.items {
                                    li style="margin:0 0 8px" dir="auto" {
                                        (line(&item.text)) ": "
                                        a href={ (origin) (item.link.path) } { (line(&item.link.label)) }
                                    }
                                }
                            }
                        }
                        @if let Some(button) = &self.button {
                            p style="margin:20px 0" {
                                a href={ (origin) (button.path) }
                                    style="display:inline-block;padding:10px 18px;border-radius:8px;background:#2457d6;\
                                           color:#ffffff;text-decoration:none;font-weight:600" {
                                    (line(&button.label))
                                }
                            }
                        }
                        p style="margin:28px 0 0;padding-top:12px;border-top:1px solid #8886;font-size:13px" dir="auto" {
                            (line(&self.why))
                            @if let Some(choose) = &self.choose {
                                " " a href={ (origin) (choose.path) } { (line(&choose.label)) }
                            }
                        }
                    }
                }
            }
        };
        page.into_string()
    }
}

impl Letter {
    /// The message as it travels. From the same letter, name and time it is the same to the byte, so that whoever gets
    /// it twice can tell. `name` is of letters, digits and `-`.
    pub fn message(&self, from: &Mailbox, name: &str, written_at: DateTime<Utc>) -> Result<Message, String> {
        let part = |kind: ContentType, text: &str| {
            SinglePart::builder()
                .header(kind)
                .body(text.replace('\n', "\r\n"))
        };
        let body = MultiPart::alternative()
            .boundary(format!("=_{name}"))
            .singlepart(part(ContentType::TEXT_PLAIN, &self.plain))
            .singlepart(part(ContentType::TEXT_HTML, &self.html));
        Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, self.to.clone()))
            .subject(self.subject.as_str())
            .message_id(Some(format!("<{name}@{}>", from.email.domain())))
            .date(written_at.into())
            // RFC 3834: nobody's absence is to be told to a machine.
            .raw_header(auto_submitted())
            .multipart(body)
            .map_err(|error| error.to_string())
    }
}

fn auto_submitted() -> lettre::message::header::HeaderValue {
    use lettre::message::header::{HeaderName, HeaderValue};
    HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    )
}

/// A text as one line: what breaks lines or turns the direction of what follows is gone, and much space is one.
pub(super) fn line(text: &str) -> String {
    let shown = text.chars().map(|one| match one {
        '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
        one if one.is_control() => ' ',
        one => one,
    });
    let shown: String = shown.collect();
    let words: Vec<&str> = shown.split_whitespace().collect();
    cut(&words.join(" "), LINE)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address() -> Address {
        "lena@example.com".parse().unwrap()
    }

    fn from() -> Mailbox {
        "Flows <flows@example.com>".parse().unwrap()
    }

    fn draft(title: &str) -> Draft {
        let link = |label: &str| Link {
            label: label.to_owned(),
            path: "/sessions/1".to_owned(),
        };
        Draft {
            subject: format!("Morgan prepared a session for you: {title}"),
            head: "Morgan prepared a session for you".to_owned(),
            paragraphs: vec![title.to_owned(), "Due 5 Jan 2026, 08:00 UTC".to_owned()],
            items: vec![Item {
                text: "Taken".to_owned(),
                link: link(title),
            }],
            button: Some(link("Open the session")),
            why: "You chose it.".to_owned(),
            choose: Some(Link {
                label: "Choose".to_owned(),
                path: "/settings#notifications".to_owned(),
            }),
        }
    }

    fn drawn(title: &str) -> Letter {
        draft(title).draw(address(), "https://flows.example.com")
    }

    #[test]
    fn both_bodies_say_the_same() {
        let letter = drawn("Cut-over");
        assert_eq!(
            letter.plain,
            "Morgan prepared a session for you\n\nCut-over\n\nDue 5 Jan 2026, 08:00 UTC\n\n\
             - Taken: Cut-over\n  https://flows.example.com/sessions/1\n\n\
             Open the session:\nhttps://flows.example.com/sessions/1\n\n-- \nYou chose it.\n\
             Choose: https://flows.example.com/settings#notifications\n"
        );
        for part in [
            "<h1 style=",
            "Cut-over</p>",
            "href=\"https://flows.example.com/sessions/1\"",
            "You chose it.",
            "https://flows.example.com/settings#notifications",
        ] {
            assert!(letter.html.contains(part), "{part}\n{}", letter.html);
        }
    }

    #[test]
    fn what_people_typed_is_text_and_no_header() {
        let letter = drawn("<img src=x onerror=alert(1)>\r\nBcc: all@example.com\r\n\r\n<b>\u{202e}gnp.exe");
        assert!(
            !letter.html.contains("<img") && !letter.html.contains("<b>"),
            "{}",
            letter.html
        );
        assert!(!letter.subject.contains(['\r', '\n', '\u{202e}']));
        let message = letter.message(&from(), "one", DateTime::UNIX_EPOCH).unwrap();
        let bytes = String::from_utf8(message.formatted()).unwrap();
        let (head, _) = bytes.split_once("\r\n\r\n").unwrap();
        assert!(
            !head.to_lowercase().lines().any(|line| line.starts_with("bcc")),
            "{head}"
        );
        assert_eq!(message.envelope().to(), [address()]);
    }

    #[test]
    fn a_repeat_is_the_same_message() {
        let bytes = |name| {
            let message = drawn("Größe").message(&from(), name, DateTime::UNIX_EPOCH);
            message.unwrap().formatted()
        };
        assert_eq!(bytes("one"), bytes("one"));
        assert_ne!(bytes("one"), bytes("two"));
        let text = String::from_utf8(bytes("one")).unwrap();
        assert!(text.contains("Message-ID: <one@example.com>\r\n"), "{text}");
        assert!(
            text.contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"),
            "{text}"
        );
    }

    proptest! {
        #[test]
        fn whatever_a_title_holds_the_letter_has_its_form(title in "\\PC{0,400}|(?s).{0,400}") {
            let letter = drawn(&title);
            prop_assert!(letter.subject.chars().count() <= SUBJECT);
            prop_assert!(!letter.subject.chars().any(char::is_control));
            let message = letter.message(&from(), "one", DateTime::UNIX_EPOCH).unwrap().formatted();
            let end = message.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
            let head = std::str::from_utf8(&message[..end]).unwrap();
            let names: Vec<_> = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split(':').next().unwrap()).collect();
            prop_assert_eq!(names, ["From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "MIME-Version",
                "Content-Type"], "{}", head);
            prop_assert!(head.split("\r\n").all(|line| line.len() <= 998));
        }
    }
}
