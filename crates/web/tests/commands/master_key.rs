//! The master key: made once, kept apart from the database, and the same ever after.

use resolutionflow_store::testing;

use crate::program::Place;

const VARIABLE: &str = "RESOLUTIONFLOW_SECRETS__KEY";

/// What a server that does not start says.
fn refusal(place: &Place, database: Option<&str>, key: Option<&str>) -> String {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env_remove(VARIABLE);
    if let Some(database) = database {
        command.args(["--database", database]);
    }
    if let Some(key) = key {
        command.env(VARIABLE, key);
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn it_is_made_beside_the_database_and_no_other_passes_for_it() {
    let place = Place::new();
    place.write("resolutionflow.toml", "[secrets]\nkey_file = \"own.key\"\n");
    assert!(
        refusal(&place, None, None).contains("own.key"),
        "a file that is named must be there"
    );
    std::fs::remove_file(place.path("resolutionflow.toml")).unwrap();
    let start = || {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.env_remove(VARIABLE);
        Place::serve_by(command, true, |line| line.contains("address=").then_some(()))
    };
    drop(start());
    let file = place.path("data/resolutionflow.sqlite.key");
    let key = std::fs::read_to_string(&file).unwrap();
    assert_eq!(key.trim().len(), 64);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    drop(start());
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        key,
        "the next start takes the same"
    );
    let other = refusal(&place, None, Some(&"ab".repeat(32)));
    assert!(other.contains("is not the one of this database"), "{other}");
    for wrong in ["", "ab", &"x".repeat(64)] {
        std::fs::write(&file, wrong).unwrap();
        let said = refusal(&place, None, None);
        assert!(said.contains("64 hexadecimal digits"), "{said}");
    }
    std::fs::remove_file(&file).unwrap();
    let gone = refusal(&place, None, None);
    assert!(gone.contains("the master key cannot be read"), "{gone}");
    assert!(!file.exists(), "no other is made");
}

#[tokio::test]
async fn servers_of_a_postgresql_want_one() {
    let Some(test) = testing::postgres(|_| {}).await else {
        return;
    };
    let place = Place::new();
    let said = refusal(&place, Some(&test.config.url), None);
    assert!(said.contains("openssl rand -hex 32"), "{said}");
}
