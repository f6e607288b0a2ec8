//! Icons: 16 pixels, drawn with a line of 1.5, in the colour of the text around them.

use maud::{Markup, PreEscaped, html};

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Quick start.
    Start,
    /// Flows.
    Flows,
    /// Sessions.
    Sessions,
    /// People.
    People,
    /// Settings.
    Settings,
    /// Notifications.
    Bell,
    /// A file to keep.
    Download,
    /// Search.
    Search,
    /// Something to read.
    Note,
    /// A file to send.
    Upload,
    /// A warning.
    Warning,
    /// Done.
    Check,
    /// A device with a screen of its own, or the system's colours.
    Monitor,
    /// Light colours.
    Sun,
    /// Dark colours.
    Moon,
    /// A copy.
    Copy,
    /// A token of a program.
    Key,
    /// What closes.
    Close,
    /// Start what runs.
    Play,
    /// Left out.
    Skip,
    /// Watching.
    Eye,
    /// Takes back.
    Undo,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Start => "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
            Self::Flows => "M3 2.5h7l3 3v8H3zM5.5 7h5M5.5 10h5",
            Self::Sessions => "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5ZM6.5 5.5v5l4-2.5z",
            Self::People => {
                "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M10.5 2.75a2.5 2.5 0 0 1 0 4.5M12 9.75c1.5.5 2.5 1.75 2.5 3.75"
            }
            Self::Settings => "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3",
            Self::Bell => "M8 2a4 4 0 0 0-4 4v3l-1.5 2.5h11L12 9V6a4 4 0 0 0-4-4ZM6.5 13.75h3",
            Self::Download => "M8 2.5v8M4.5 7 8 10.5 11.5 7M2.5 10.5v3h11v-3",
            Self::Search => "M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2ZM14 14l-3.4-3.4",
            Self::Play => "M4.5 3v10L12.5 8z",
            Self::Check => "M3 8.5 6.5 12 13 4.5",
            Self::Skip => "M3 3.5 8.5 8 3 12.5zM12.5 3.5v9",
            Self::Note => "M3 2.5h10v7l-4 4H3zM13 9.5H9v4",
            Self::Eye => {
                "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4Z"
            }
            Self::Warning => "M8 2 1.5 13.5h13zM8 6.5v3M8 11.75h.01",
            Self::Undo => "M5.5 2.5 2.5 5.5l3 3M2.5 5.5h6.75a4 4 0 0 1 0 8H6",
            Self::Close => "M4 4l8 8M12 4l-8 8",
            Self::Upload => "M8 10.5v-8M4.5 6 8 2.5 11.5 6M2.5 10.5v3h11v-3",
            Self::Monitor => "M2 2.75h12v8H2zM5.5 13.5h5M8 10.75v2.75",
            Self::Sun => {
                "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1.25v1.5M8 13.25v1.5M1.25 8h1.5M13.25 8h1.5M3.25 3.25l1 1M11.75 11.75l1 1M12.75 3.25l-1 1M4.25 11.75l-1 1"
            }
            Self::Moon => "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z",
            Self::Copy => "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
            Self::Key => "M10 2.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM7.5 8.5l-5 5M4.5 11.5l2 2",
        }
    }
}

/// An icon beside words that say the same, so hidden from those who hear the page.
pub fn icon(icon: Icon) -> Markup {
    html! {
        svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor"
            stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" {
            path d=(icon.path()) {}
        }
    }
}

/// The mark of the product.
pub fn mark() -> Markup {
    PreEscaped(
        "<svg class=\"mark-icon\" viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" fill=\"currentColor\" \
         aria-hidden=\"true\"><path d=\"M2 2h6v6H2zM8 8h6v6H8z\"/></svg>"
            .to_owned(),
    )
}
