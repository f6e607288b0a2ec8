//! Reading JSON strictly, with the place of everything that is wrong.
//!
//! A body is walked once before it is read into its type: only so are repeated members of maps seen (the last
//! would win silently), and NUL characters found, which PostgreSQL cannot keep.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use resolutionflow_core::problem::Problem;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_path_to_error::Segment;

use super::utf8;
use crate::error::Error;
use crate::place::{line_and_column, offset_of};

/// The most problems that one answer lists.
const MOST_PROBLEMS: usize = 100;

/// The most characters of a message that may quote the input.
const MOST_CHARACTERS: usize = 300;

/// Reads a body into its type.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let text = utf8(body)?;
    if text.trim().is_empty() {
        return Err(Error::BadRequest {
            detail: "The body is empty; expected JSON.".to_owned(),
            place: None,
        });
    }
    walk(text)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer_of(error.path());
        let message = error.into_inner().to_string();
        // The place is the pointer; line and column would only distract.
        let message = message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(what, _)| what);
        Error::unprocessable(pointer, shorten(&message.replace("field `", "member `")))
    })
}

/// Cuts what may quote a large input.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// Adds a token to a JSON pointer (RFC 6901).
fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
}

/// Checks that the text is one JSON value without repeated members and NUL characters.
fn walk(text: &str) -> Result<(), Error> {
    let found = Found {
        pointer: RefCell::default(),
        problems: RefCell::default(),
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let walked = Walk(&found)
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    if let Err(error) = walked {
        return Err(malformed(text, &error));
    }
    let problems = found.problems.into_inner();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Unprocessable(problems))
    }
}

fn malformed(text: &str, error: &serde_json::Error) -> Error {
    let message = error.to_string();
    let what = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(what, _)| what);
    let offset = offset_of(text.as_bytes(), error.line(), error.column());
    let (line, column) = line_and_column(text.as_bytes(), offset);
    let what = if what.starts_with("recursion limit") {
        "it is nested more than 127 levels deep"
    } else {
        what
    };
    Error::BadRequest {
        detail: format!("The body is not JSON that can be read: {what}, at line {line}, column {column}."),
        place: Some((line, column)),
    }
}

/// What the walk has found, and where it is.
struct Found {
    pointer: RefCell<String>,
    problems: RefCell<Vec<Problem>>,
}

impl Found {
    fn add(&self, detail: &str) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() < MOST_PROBLEMS {
            problems.push(Problem::at(self.pointer.borrow().as_str(), detail));
        }
    }

    /// Does something one level deeper, below `token`.
    fn below<T>(&self, token: &str, act: impl FnOnce() -> T) -> T {
        let length = self.pointer.borrow().len();
        push(&mut self.pointer.borrow_mut(), token);
        let done = act();
        self.pointer.borrow_mut().truncate(length);
        done
    }
}

/// Visits one value. Its recursion is bounded by the parser's limit of 128 levels.
#[derive(Clone, Copy)]
struct Walk<'a>(&'a Found);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            self.0.add("holds a NUL character, which cannot be kept");
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            if self
                .0
                .below(&index.to_string(), || parts.next_element_seed(self))?
                .is_none()
            {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            self.0.below(&name, || {
                if name.contains('\0') {
                    self.0.add("the name holds a NUL character");
                }
                members.next_value_seed(self)
            })?;
            if let Some(twice) = seen.replace(name) {
                self.0.below(&twice, || self.0.add("stands more than once"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only read by the parser")]
        title: String,
        #[serde(default)]
        variables: BTreeMap<String, Option<String>>,
    }

    fn problem(body: impl AsRef<[u8]>) -> (String, String) {
        match parse::<Body>(body.as_ref()).unwrap_err() {
            Error::Unprocessable(problems) => {
                let document = serde_json::to_value(&problems[0]).unwrap();
                (
                    document["pointer"].as_str().unwrap().to_owned(),
                    problems[0].detail.clone(),
                )
            }
            other => panic!("{other:?}"),
        }
    }

    fn place(body: impl AsRef<[u8]>) -> (Option<(usize, usize)>, String) {
        match parse::<Body>(body.as_ref()).unwrap_err() {
            Error::BadRequest { detail, place } => (place, detail),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_good_body_is_read() {
        let body: Body = parse(br#"{"title":"x","variables":{"a":null,"b":""}}"#).unwrap();
        assert_eq!(body.variables.len(), 2);
    }

    #[test]
    fn broken_json_has_its_place() {
        assert_eq!(place("{\n  \"títle\": tru}").0, Some((2, 15)));
        assert_eq!(place("").0, None);
        assert_eq!(place(b"{\"title\": \"\xff\"}").0, Some((1, 12)));
        assert!(place("{} {}").1.contains("trailing characters"));
        assert!(place(r#"{"title": "\ud800"}"#).1.contains("column"));
        assert!(place("[".repeat(100_000)).1.contains("127 levels"));
        assert!(place(r#"{"title": 1e999}"#).1.contains("number out of range"));
    }

    #[test]
    fn wrong_members_have_their_pointer() {
        assert_eq!(problem(r#"{"title": 5}"#).0, "/title");
        let (pointer, detail) = problem(r#"{"title": "", "tilte": 1}"#);
        assert_eq!(pointer, "/tilte");
        assert!(detail.starts_with("unknown member `tilte`, expected"), "{detail}");
        assert_eq!(
            problem(r#"{"title": "", "variables": {"a/b~c": 1}}"#).0,
            "/variables/a~1b~0c"
        );
        assert_eq!(problem("{}").1, "missing member `title`");
        assert_eq!(problem("[]").0, "");
        let long = format!(r#"{{"title": "", "variables": "{}"}}"#, "x".repeat(10_000));
        assert!(problem(long).1.chars().count() <= MOST_CHARACTERS + 1);
    }

    #[test]
    fn repeated_members_and_nul_are_refused() {
        let (pointer, detail) = problem(r#"{"title": "", "variables": {"a": "1", "a": "2"}}"#);
        assert_eq!(
            (pointer.as_str(), detail.as_str()),
            ("/variables/a", "stands more than once")
        );
        assert_eq!(problem(r#"{"title": "a\u0000"}"#).0, "/title");
        assert!(
            problem(r#"{"title": "", "variables": {"a\u0000": ""}}"#)
                .1
                .contains("name")
        );
    }

    #[test]
    fn a_hundred_problems_are_enough() {
        let body = format!("{{{}}}", vec![r#""a":1"#; 50_000].join(","));
        match parse::<Body>(body.as_bytes()).unwrap_err() {
            Error::Unprocessable(problems) => assert_eq!(problems.len(), MOST_PROBLEMS),
            other => panic!("{other:?}"),
        }
    }
}
