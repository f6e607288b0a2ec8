//! Messages as files: each written whole under another name, and then renamed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A directory that messages are written into.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// The directory, made for its owner alone where it is missing.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Ok(Self(path.to_owned()))
    }

    /// Keeps a message as `{name}.eml`. It is whole and on disk when this returns; what had that name was the same
    /// message.
    pub(super) async fn keep(&self, name: &str, message: Vec<u8>) -> io::Result<()> {
        let (directory, name) = (self.0.clone(), name.to_owned());
        tokio::task::spawn_blocking(move || keep(&directory, &name, &message))
            .await
            .map_err(io::Error::other)?
    }
}

fn keep(directory: &Path, name: &str, message: &[u8]) -> io::Result<()> {
    // Two servers may be writing the same message; neither may see the other's half.
    let unfinished = directory.join(format!(".{name}.{}.part", std::process::id()));
    let written = write(&unfinished, message).and_then(|()| {
        fs::rename(&unfinished, directory.join(format!("{name}.eml")))?;
        File::open(directory)?.sync_all()
    });
    if written.is_err() {
        // It may not be there.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn write(path: &Path, message: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(message)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_message_is_one_whole_file_for_its_owner() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("outer/mail");
        let directory = Directory::open(&path).unwrap();
        directory.keep("one", b"first".to_vec()).await.unwrap();
        directory.keep("one", b"again".to_vec()).await.unwrap();
        Directory::open(&path)
            .unwrap()
            .keep("two", b"second".to_vec())
            .await
            .unwrap();
        let mut names: Vec<_> = fs::read_dir(&path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["one.eml", "two.eml"]);
        assert_eq!(fs::read(path.join("one.eml")).unwrap(), b"again");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("one.eml"))), (0o700, 0o600));
        fs::remove_dir_all(&path).unwrap();
        assert!(directory.keep("three", Vec::new()).await.is_err());
    }
}
