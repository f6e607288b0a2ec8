//! What `cargo xtask e2e` tells the tests.

use std::path::PathBuf;

use resolutionflow_store::db::Engine;

/// A variable that must be there.
pub(super) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is missing: run these tests by `cargo xtask e2e`"))
}

/// The engines to test on.
pub(super) fn engines() -> Vec<Engine> {
    let named = variable("E2E_ENGINES");
    let engine = |name: &str| match name {
        "sqlite" => Engine::Sqlite,
        "postgres" => Engine::Postgres,
        other => panic!("E2E_ENGINES names {other:?}"),
    };
    named.split(',').map(engine).collect()
}

/// What an engine is called in names of files.
pub(super) fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

/// Where a failed test leaves what it saw.
pub(super) fn artifacts() -> PathBuf {
    PathBuf::from(variable("E2E_ARTIFACTS"))
}

/// Where the pictures of the documents stand, if they are to be made anew.
pub(super) fn pictures() -> Option<PathBuf> {
    std::env::var_os("E2E_PICTURES").map(PathBuf::from)
}

/// Where pictures are kept, if anyone wants them.
pub(super) fn screenshots() -> Option<PathBuf> {
    std::env::var_os("E2E_SCREENSHOTS").map(PathBuf::from)
}
