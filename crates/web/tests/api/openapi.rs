//! The description of the API is checked in, so that a change to it is seen by whoever reviews it.

use std::path::Path;

use resolutionflow::app;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

#[test]
fn the_checked_in_description_is_the_routers() {
    let is = app::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some_and(|value| value == "1") {
        std::fs::write(SNAPSHOT, &is).unwrap();
    }
    let was = std::fs::read_to_string(Path::new(SNAPSHOT)).unwrap_or_default();
    let differs = was
        .lines()
        .zip(is.lines())
        .position(|(was, is)| was != is)
        .unwrap_or_else(|| was.lines().count().min(is.lines().count()));
    assert!(
        was == is,
        "the API is not what crates/web/openapi.json says, from line {} on:\n  was {}\n  is  {}\n\
         If that is meant, run the tests with UPDATE_SNAPSHOTS=1 and commit the file.",
        differs + 1,
        was.lines().nth(differs).unwrap_or("(the end)"),
        is.lines().nth(differs).unwrap_or("(the end)"),
    );
}
