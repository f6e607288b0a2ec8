//! Masking: addresses, mail addresses and secrets give way to a word in brackets.
//!
//! What is masked is found by its looks, so this is a help against handing out too much and no proof against it:
//! it rather takes too much than too little.

mod find;
mod report;

use std::borrow::Cow;

use find::What;
pub(super) use report::masked;

/// What of a report gives way to `[address]`, `[mail]` and `[token]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mask {
    /// IP addresses, networks and MAC addresses.
    pub addresses: bool,
    /// Mail addresses.
    pub mail: bool,
    /// What looks like a secret: keys, passwords that are named as such, and long random words. The values of
    /// variables that are named like secrets too.
    pub tokens: bool,
}

impl Mask {
    const fn takes(self, what: What) -> bool {
        match what {
            What::Address => self.addresses,
            What::Mail => self.mail,
            What::Token => self.tokens,
        }
    }

    /// The names of what is masked, as the API has them.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        let parts = [
            ("addresses", self.addresses),
            ("mail", self.mail),
            ("tokens", self.tokens),
        ];
        parts
            .into_iter()
            .filter_map(|(name, is_on)| is_on.then_some(name))
    }

    /// A text without what is masked.
    pub(super) fn text(self, text: &str) -> Cow<'_, str> {
        let found = find::find(text, self);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        for (range, what) in found {
            masked.push_str(&text[at..range.start]);
            masked.push_str(what.shown());
            at = range.end;
        }
        masked.push_str(&text[at..]);
        Cow::Owned(masked)
    }
}
