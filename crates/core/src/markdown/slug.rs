//! Step ids for headings that have none: from the title, unique, and the same at every reading.

use std::collections::{HashMap, HashSet};

use crate::step::StepId;

/// Leaves room for `-12345` in the longest id.
const MAX_SLUG: usize = StepId::MAX - 8;

/// Gives out step ids, none of them twice.
#[derive(Default)]
pub(crate) struct Slugs {
    taken: HashSet<String>,
    /// The next number to try for a slug, so that a thousand equal titles stay linear.
    next: HashMap<String, usize>,
}

impl Slugs {
    /// Reserves an id that an author wrote; false where it is taken.
    pub(crate) fn reserve(&mut self, id: &StepId) -> bool {
        self.taken.insert(id.as_str().to_owned())
    }

    /// An id for a step with this title: its slug, or the slug with `-2`, `-3` and so on.
    pub(crate) fn assign(&mut self, title: &str) -> StepId {
        let base = slug(title);
        let next = self.next.entry(base.clone()).or_insert(1);
        loop {
            let candidate = if *next == 1 {
                base.clone()
            } else {
                format!("{base}-{next}")
            };
            *next += 1;
            if self.taken.insert(candidate.clone()) {
                return StepId::parse(&candidate).expect("a slug has only a to z, digits and inner dashes");
            }
        }
    }
}

/// The ASCII letters and digits of a title in lower case, everything between them one dash; `step` where nothing
/// remains. Of a placeholder only its name counts.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    let mut rest = title;
    while let Some(character) = rest.chars().next().filter(|_| slug.len() < MAX_SLUG) {
        if let Some(name) = rest.strip_prefix("[VAR:") {
            rest = name;
            // A filter behind the name is not part of it.
            if let Some((placeholder, after)) = name.split_once(']')
                && let Some((name, filters)) = placeholder.split_once('|')
                && filters.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'|')
            {
                push(&mut slug, name);
                rest = after;
            }
            continue;
        }
        rest = &rest[character.len_utf8()..];
        push(&mut slug, character.encode_utf8(&mut [0; 4]));
    }
    slug.truncate(MAX_SLUG);
    let slug = slug.trim_matches('-');
    if slug.is_empty() {
        "step".into()
    } else {
        slug.to_owned()
    }
}

fn push(slug: &mut String, text: &str) {
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_ids() {
        let cases = [
            ("Snapshot the old host", "snapshot-the-old-host"),
            ("  Überprüfen: `ipconfig /all`", "berpr-fen-ipconfig-all"),
            ("Sign in to [VAR:server_name]", "sign-in-to-server-name"),
            ("Sign in to [VAR:host|lower|sh] now", "sign-in-to-host-now"),
            ("[VAR:open", "open"),
            ("日本語", "step"),
            ("", "step"),
        ];
        for (title, expected) in cases {
            assert_eq!(slug(title), expected);
        }
        assert!(slug(&"a".repeat(1000)).len() <= MAX_SLUG);
        assert!(slug(&"[VAR:a|".repeat(100_000)).len() <= MAX_SLUG);
    }

    #[test]
    fn ids_are_unique_and_written_ones_come_first() {
        let mut slugs = Slugs::default();
        assert!(slugs.reserve(&StepId::parse("check-2").unwrap()));
        assert!(!slugs.reserve(&StepId::parse("check-2").unwrap()));
        let ids: Vec<_> = (0..3)
            .map(|_| slugs.assign("Check").as_str().to_owned())
            .collect();
        assert_eq!(ids, ["check", "check-3", "check-4"]);
        let many: HashSet<_> = (0..100_000).map(|_| slugs.assign("日本語")).collect();
        assert_eq!(many.len(), 100_000);
    }
}
