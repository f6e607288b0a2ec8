//! What frames every page: the head, the top bar, the navigation.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use resolutionflow_core::id::AccountId;
use resolutionflow_store::notifications::Bell;

use super::components::avatar;
use super::components::icon::{Icon, icon, mark};
use super::words::shell as words;
use crate::auth::visitor::{Look, OF_ACCOUNT, Visitor};
use crate::context::App;

/// Which part of the product a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What waits for the visitor, and what to start.
    QuickStart,
    /// The library.
    Flows,
    /// What runs and ran.
    Sessions,
    /// The members of the account.
    People,
    /// The visitor's own settings.
    Settings,
    /// What the visitor was told; the bell leads there, and not the navigation.
    Notifications,
}

impl Section {
    const ALL: [Self; 5] = [
        Self::QuickStart,
        Self::Flows,
        Self::Sessions,
        Self::People,
        Self::Settings,
    ];

    const fn row(self) -> (&'static str, &'static str, Icon) {
        match self {
            Self::QuickStart => ("/", words::QUICK_START, Icon::Start),
            Self::Flows => ("/flows", words::FLOWS, Icon::Flows),
            Self::Sessions => ("/sessions", words::SESSIONS, Icon::Sessions),
            Self::People => ("/people", words::PEOPLE, Icon::People),
            Self::Settings => ("/settings", words::SETTINGS, Icon::Settings),
            Self::Notifications => ("/notifications", words::NOTIFICATIONS, Icon::Bell),
        }
    }
}

/// What a page puts into the frame.
pub struct Frame {
    /// The title of the document, without the product's name.
    pub title: String,
    /// The page's name, for styles and scripts.
    pub page: &'static str,
    /// Where it belongs.
    pub section: Section,
    /// Whether the page has the width to itself and brings its own `main`; else it stands beside the navigation.
    pub wide: bool,
    /// What stands in the top bar behind the mark, usually where one is.
    pub crumbs: Markup,
    /// What stands at the end of the top bar, before what every page has.
    pub top: Markup,
    /// What was just done, where the page is what comes of it; a script shows it for a while.
    pub toast: Markup,
}

impl Frame {
    /// A page beside the navigation, with nothing of its own in the top bar.
    pub fn new(title: impl Into<String>, page: &'static str, section: Section) -> Self {
        Self {
            title: title.into(),
            page,
            section,
            wide: false,
            crumbs: Markup::default(),
            top: Markup::default(),
            toast: Markup::default(),
        }
    }
}

/// A page for somebody who is signed in.
pub fn page(app: &App, visitor: &Visitor, frame: &Frame, content: &Markup) -> Markup {
    let content = &of_account(content, visitor.caller.account_id);
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[visitor.look.theme.attribute()] {
            (head(app, &frame.title))
            body data-page=(frame.page) data-user=(visitor.user_id())
                data-account=(visitor.caller.account_id) data-keys=(if visitor.look.keys { "on" } else { "off" })
                data-theme-choice=(visitor.look.theme.as_str()) class=[frame.wide.then_some("wide")] {
                a class="skip" href="#main" { (words::SKIP) }
                header class="top" {
                    a class="mark" href="/" aria-label=(words::HOME) { (mark()) span { (words::PRODUCT) } }
                    nav class="crumbs" aria-label=(words::BREADCRUMB) { (frame.crumbs) }
                    div class="top-end" { (frame.top) (bell(visitor.bell)) (help()) (account_menu(visitor)) }
                }
                @if frame.wide {
                    (content)
                } @else {
                    (navigation(frame.section, visitor.bell))
                    main id="main" tabindex="-1" { (content) }
                }
                div id="toast" class="toast" role="status" { (frame.toast) }
                div id="live-region" class="visually-hidden" role="status" aria-live="polite" {}
            }
        }
    }
}

/// The same with a hidden control in each form that changes something, which says in which account it was shown.
///
/// Text of people stands escaped in the page, so what looks like a form is one of ours.
fn of_account(content: &Markup, account: AccountId) -> Markup {
    let mut rest = content.0.as_str();
    let mut page = String::with_capacity(rest.len() + 512);
    while let Some(start) = rest.find("<form ") {
        let Some(length) = rest[start..].find('>') else {
            break;
        };
        let (tag, behind) = rest.split_at(start + length + 1);
        page.push_str(tag);
        if tag[start..].contains("method=\"post\"") {
            let control = html! { input type="hidden" name=(OF_ACCOUNT) value=(account); };
            page.push_str(&control.0);
        }
        rest = behind;
    }
    page.push_str(rest);
    PreEscaped(page)
}

/// A page for anybody: a door, an error.
pub fn plain(app: &App, look: Look, title: &str, page: &'static str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[look.theme.attribute()] {
            (head(app, title))
            body data-page=(page) data-keys="off" {
                main id="main" class="door" tabindex="-1" { (content) }
                div id="toast" class="toast" role="status" {}
                div id="live-region" class="visually-hidden" role="status" aria-live="polite" {}
            }
        }
    }
}

fn head(app: &App, title: &str) -> Markup {
    let assets = &app.assets;
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="dark light";
            meta name="htmx-config"
                content=r#"{"allowEval":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"historyCacheSize":0,"refreshOnHistoryMiss":true,"scrollBehavior":"auto"}"#;
            title { (words::document_title(title)) }
            link rel="icon" href=(assets.url("mark.svg")) type="image/svg+xml";
            link rel="preload" href=(assets.url("fonts/inter-latin-wght-normal.woff2")) as="font" type="font/woff2" crossorigin;
            link rel="stylesheet" href=(assets.url("app.css"));
            script defer src=(assets.url("third-party/idiomorph.min.js")) {}
            script defer src=(assets.url("third-party/htmx.min.js")) {}
            script type="module" src=(assets.url("app.js")) {}
        }
    }
}

/// The way to the notifications, with how many are unread; scripts read it again when something changes.
pub fn bell(bell: Bell) -> Markup {
    let unread = (bell.unread > 0).then(|| words::unread(bell.unread));
    let name = words::bell(unread.as_deref());
    html! {
        a id="bell" class="icon-button" href="/notifications" aria-label=(name) data-unread=(bell.unread)
            data-prepared[bell.prepared] {
            (icon(Icon::Bell))
            @if let Some(unread) = unread { span class="bell-count" { (unread) } }
        }
    }
}

fn help() -> Markup {
    html! {
        button class="icon-button needs-js" type="button" data-action="shortcuts" aria-label=(words::SHORTCUTS) { "?" }
    }
}

fn account_menu(visitor: &Visitor) -> Markup {
    html! {
        details class="menu" id="account-menu" {
            summary class={ "avatar " (avatar::colour(visitor.user_id())) } {
                span aria-hidden="true" { (avatar::initials(&visitor.name)) }
                span class="visually-hidden" { (words::account_menu(&visitor.name)) }
            }
            div class="menu-list" {
                p class="menu-head" { strong { (visitor.name) } br; (visitor.email) br; (visitor.account_name) }
                a href="/settings" { (words::SETTINGS) }
                (switches(visitor))
                form method="post" action="/sign-out" data-sign-out { button type="submit" { (words::SIGN_OUT) } }
            }
        }
    }
}

/// The other accounts that the visitor can act in, each behind a button.
pub fn switches(visitor: &Visitor) -> Markup {
    let current = visitor.caller.account_id;
    html! {
        @for place in visitor.places.iter().filter(|place| place.account_id != current) {
            form method="post" action="/switch" {
                input type="hidden" name="to" value=(place.account_id);
                button type="submit" { (words::switch(&place.name)) }
            }
        }
    }
}

fn navigation(current: Section, bell: Bell) -> Markup {
    html! {
        nav class="side" aria-label=(words::MAIN) {
            @for section in Section::ALL {
                @let (href, label, picture) = section.row();
                a href=(href) aria-current=[(section == current).then_some("page")] {
                    (icon(picture)) span { (label) }
                    @if section == Section::QuickStart { i class="dot" title=(words::NEW) hidden[!bell.prepared] {} }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use resolutionflow_core::id::Id;

    use super::*;

    #[test]
    fn each_form_that_changes_something_says_whose_it_is() {
        let text = "<form action=\"/a\" method=\"post\" >";
        let content = html! {
            p { (text) }
            form action="/search" { input name="q"; }
            form class="x" method="post" action="/one?a=&amp;" { button { "One" } }
            form method="post" action="/two" {}
        };
        let page = of_account(&content, Id::from_uuid(uuid::Uuid::nil())).0;
        let control =
            "<input type=\"hidden\" name=\"of-account\" value=\"00000000-0000-0000-0000-000000000000\">";
        assert_eq!(page.matches(control).count(), 2, "{page}");
        assert_eq!(page.replace(control, ""), content.0);
        assert!(
            page.contains(&format!("action=\"/two\">{control}</form>")),
            "{page}"
        );
    }
}
