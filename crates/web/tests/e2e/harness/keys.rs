//! Keys as people write them: `Control+K`, `g s`, `Shift+Tab`.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;

/// What a keyboard does for chords that follow each other, separated by spaces.
pub(super) fn pressing(chords: &str) -> KeyActions {
    let mut actions = KeyActions::new("keyboard".to_owned());
    for chord in chords.split_whitespace() {
        let keys: Vec<char> = match chord {
            "+" => vec!['+'],
            _ => chord.split('+').map(key).collect(),
        };
        for value in &keys {
            actions = actions.then(KeyAction::Down { value: *value });
        }
        for value in keys.iter().rev() {
            actions = actions.then(KeyAction::Up { value: *value });
        }
    }
    actions
}

fn key(name: &str) -> char {
    let key = match name {
        "Alt" => Key::Alt,
        "Backspace" => Key::Backspace,
        "Control" => Key::Control,
        "Delete" => Key::Delete,
        "Down" => Key::Down,
        "End" => Key::End,
        "Enter" => Key::Enter,
        "Escape" => Key::Escape,
        "Home" => Key::Home,
        "Left" => Key::Left,
        "Meta" => Key::Meta,
        "PageDown" => Key::PageDown,
        "PageUp" => Key::PageUp,
        "Right" => Key::Right,
        "Shift" => Key::Shift,
        "Space" => return ' ',
        "Tab" => Key::Tab,
        "Up" => Key::Up,
        one => {
            let mut characters = one.chars();
            return match (characters.next(), characters.next()) {
                (Some(character), None) => character,
                _ => panic!("there is no key {one:?}"),
            };
        }
    };
    key.into()
}
