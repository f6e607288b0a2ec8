//! Which files are meant, and what stands in them.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::config::Size;
use crate::place::line_and_column;

/// The most files of one command.
const MOST: usize = 10_000;

/// How deep folders may lie in each other.
const DEEPEST: usize = 64;

/// A document to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What is piped in, named `-`.
    Input,
    /// A file.
    File(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input => f.write_str("standard input"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// The files that the arguments mean: a file is itself, a folder all Markdown files in and under it in the order of
/// their names. A folder that cannot be read, or has none, is a line that says so.
pub(super) fn find(paths: &[PathBuf]) -> Vec<Result<Source, String>> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(Ok(Source::Input));
        } else if path.is_dir() {
            let before = found.len();
            walk(path, &mut found);
            if found.len() == before {
                found.push(Err(format!("{}: has no file *.md or *.markdown", path.display())));
            }
        } else {
            found.push(Ok(Source::File(path.clone())));
        }
        if found.len() > MOST {
            return vec![Err(format!("more than {MOST} files; import a part at a time"))];
        }
    }
    found
}

/// Without recursion: the folders that are still to be looked at wait on a stack, the next on top.
fn walk(root: &Path, found: &mut Vec<Result<Source, String>>) {
    let mut waiting = vec![(root.to_owned(), 0)];
    while let Some((path, depth)) = waiting.pop() {
        if found.len() > MOST {
            return;
        }
        if !path.is_dir() {
            found.push(Ok(Source::File(path)));
            continue;
        }
        if depth > DEEPEST {
            found.push(Err(format!(
                "{}: lies more than {DEEPEST} folders deep",
                path.display()
            )));
            continue;
        }
        match children(&path) {
            Ok(mut children) => {
                children.sort_unstable_by(|one, other| other.cmp(one));
                waiting.extend(children.into_iter().map(|child| (child, depth + 1)));
            }
            Err(error) => found.push(Err(format!("{}: {error}", path.display()))),
        }
    }
}

/// The folders and Markdown files in a folder, the hidden left out.
fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut children = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        // A link to a folder may lead back to where it lies; one to a file does no harm.
        let folder = entry.file_type()?.is_dir();
        if !hidden && (folder || (markdown(&path) && path.is_file())) {
            children.push(path);
        }
    }
    Ok(children)
}

fn markdown(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ending.eq_ignore_ascii_case("md") || ending.eq_ignore_ascii_case("markdown")
}

/// Reads a document of at most so many bytes; else a line says what is wrong, and where.
pub(super) fn read(source: &Source, limit: Size) -> Result<String, String> {
    let most = limit.bytes() as u64 + 1;
    let mut bytes = Vec::new();
    let done = match source {
        Source::Input => io::stdin().lock().take(most).read_to_end(&mut bytes),
        Source::File(path) => File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    };
    done.map_err(|error| format!("{source}: {error}"))?;
    if bytes.len() > limit.bytes() {
        return Err(format!("{source}: is over {limit}, the setting limits.import"));
    }
    let wrong = |at: usize, what: &str| {
        let (line, column) = line_and_column(&bytes, at);
        format!("{source}:{line}:{column}: {what}")
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| wrong(error.valid_up_to(), "is not UTF-8"))?;
    if let Some(at) = text.find('\0') {
        return Err(wrong(at, "is a NUL character, which cannot be kept"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path) -> Vec<String> {
        let found = find(&[root.to_owned()]).into_iter().map(|found| match found {
            Ok(Source::File(path)) => path.strip_prefix(root).unwrap().display().to_string(),
            other => format!("{other:?}"),
        });
        found.collect()
    }

    #[test]
    fn a_folder_is_its_markdown_files_in_order() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["b", "b/.git", "a.d"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        for file in [
            "z.md",
            "b/one.MD",
            "b/.git/x.md",
            ".hidden.md",
            "a.d/two.markdown",
            "notes.txt",
        ] {
            fs::write(root.path().join(file), "# x").unwrap();
        }
        std::os::unix::fs::symlink(root.path(), root.path().join("b/loop")).unwrap();
        assert_eq!(names(root.path()), ["a.d/two.markdown", "b/one.MD", "z.md"]);
    }

    #[test]
    fn an_empty_folder_and_a_deep_one_say_so() {
        let root = tempfile::tempdir().unwrap();
        assert!(names(root.path())[0].contains("has no file"));
        let deep = root.path().join("d/".repeat(DEEPEST + 2));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("x.md"), "# x").unwrap();
        assert!(names(root.path())[0].contains("folders deep"));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let root = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = root.path().join(name);
            fs::write(&path, bytes).unwrap();
            read(&Source::File(path), Size::mebibytes(1))
        };
        assert!(
            file("a.md", b"# a\nx\xff")
                .unwrap_err()
                .ends_with("a.md:2:2: is not UTF-8")
        );
        assert!(file("b.md", b"# \0").unwrap_err().contains("b.md:1:3: is a NUL"));
        assert!(
            file("c.md", &vec![b'x'; (1 << 20) + 1])
                .unwrap_err()
                .contains("is over 1 MiB")
        );
        assert_eq!(file("d.md", &vec![b'x'; 1 << 20]).unwrap().len(), 1 << 20);
        let gone = read(&Source::File(root.path().join("e.md")), Size::mebibytes(1));
        assert!(gone.unwrap_err().contains("e.md: No such file"));
    }
}
