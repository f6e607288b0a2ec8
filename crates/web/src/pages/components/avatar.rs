//! People as initials on a colour that is always theirs.

use maud::{Markup, html};
use resolutionflow_core::id::UserId;

/// How many colours there are for people.
const COLOURS: u32 = 6;

/// The class of a person's colour: the sum of the bytes of their id, by which scripts count too.
pub fn colour(user: UserId) -> String {
    let sum: u32 = user.uuid().as_bytes().iter().map(|byte| u32::from(*byte)).sum();
    format!("who-{}", sum % COLOURS)
}

/// The first letters of the first and the last word of a name.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    [first, last]
        .into_iter()
        .flatten()
        .flat_map(char::to_uppercase)
        .collect()
}

/// A person's initials; their name is for those who hear or hover.
pub fn avatar(user: UserId, name: &str) -> Markup {
    html! {
        span class={ "avatar " (colour(user)) } role="img" aria-label=(name) title=(name) { (initials(name)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        assert_eq!(initials("Morgan Osei"), "MO");
        assert_eq!(initials("anna maria de la cruz"), "AC");
        assert_eq!(initials("Prince"), "P");
        assert_eq!(initials(" "), "");
    }

    #[test]
    fn a_person_keeps_their_colour() {
        let user = UserId::from_uuid(uuid::Uuid::from_u128(0x0102_0304));
        assert_eq!(colour(user), "who-4");
    }
}
