//! What a body says beyond its prose: checks, commands and tasks, found once for whoever shows or counts them.

use comrak::Node;
use comrak::nodes::NodeValue;

use super::limits::check_nesting;
use super::outline::with_tree;

/// What a quoted check asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// `> expected:` what the engineer should see.
    Expected,
    /// `> verify:` what the engineer should make sure of.
    Verify,
}

/// One quoted check of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What it asks for.
    pub kind: CheckKind,
    /// Its Markdown source on one line; may hold placeholders.
    pub text: String,
}

/// One fenced code block of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The first word of the info string, empty where there is none.
    pub language: String,
    /// What stands in `title="..."` of the info string.
    pub title: Option<String>,
    /// The code, ending in a line end unless it is empty; may hold placeholders.
    pub text: String,
}

/// One checkable item of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its first paragraph as Markdown source on one line; may hold placeholders.
    pub text: String,
    /// Whether the author ticked it.
    pub checked: bool,
}

/// The checks of a body, in order: lines of a quote that begin with `expected:` or `verify:`, each with the
/// lines of its paragraph that follow.
pub fn checks(body: &str) -> Vec<Check> {
    let lines: Vec<&str> = body.split('\n').collect();
    let mut checks = Vec::new();
    each_block(body, |node| {
        let in_quote = node
            .parent()
            .is_some_and(|parent| matches!(parent.data().value, NodeValue::BlockQuote));
        if !in_quote || !matches!(node.data().value, NodeValue::Paragraph) {
            return;
        }
        let mut open: Option<Check> = None;
        for line in paragraph_lines(node, &lines) {
            if let Some(check) = check(line) {
                checks.extend(open.replace(check));
            } else if line.starts_with("choice:") {
                checks.extend(open.take());
            } else if let Some(open) = &mut open {
                open.text.push(' ');
                open.text.push_str(line);
            }
        }
        checks.extend(open);
    });
    checks
}

/// The fenced code blocks of a body, in order.
pub fn commands(body: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    each_block(body, |node| {
        if let NodeValue::CodeBlock(code) = &node.data().value
            && code.fenced
        {
            let info = code.info.trim();
            let first = info.split_whitespace().next().unwrap_or_default();
            let language = if first.starts_with("title=") { "" } else { first };
            commands.push(Command {
                language: language.to_owned(),
                title: title(info).map(str::to_owned),
                text: code.literal.clone(),
            });
        }
    });
    commands
}

/// The task list items of a body, in order.
pub fn tasks(body: &str) -> Vec<Task> {
    let lines: Vec<&str> = body.split('\n').collect();
    let mut tasks = Vec::new();
    each_block(body, |node| {
        if let NodeValue::TaskItem(item) = &node.data().value {
            let paragraph = node
                .first_child()
                .filter(|child| matches!(child.data().value, NodeValue::Paragraph));
            let text = paragraph
                .map(|paragraph| paragraph_lines(paragraph, &lines).join(" "))
                .unwrap_or_default();
            // The paragraph's place may or may not include its box.
            let text = match text.split_once(']') {
                Some((mark, text)) if text_is_box(mark) => text.trim_start().to_owned(),
                _ => text,
            };
            tasks.push(Task {
                text,
                checked: item.symbol.is_some(),
            });
        }
    });
    tasks
}

/// Shows every node of the body, parents before children; nothing where the body nests too deep.
fn each_block(body: &str, mut look: impl for<'a> FnMut(Node<'a>)) {
    if check_nesting(body).is_ok() {
        with_tree(body, |root| {
            for node in root.descendants() {
                look(node);
            }
        });
    }
}

/// The source lines of a paragraph without the marks of the containers around it.
fn paragraph_lines<'a>(node: Node<'_>, lines: &[&'a str]) -> Vec<&'a str> {
    let place = node.data().sourcepos;
    let (start, end) = (
        place.start.line.saturating_sub(2),
        place.end.line.saturating_sub(1),
    );
    let column = place.start.column.saturating_sub(1);
    let lines = lines.get(start..end.min(lines.len())).unwrap_or_default();
    let blank = |c: char| " \t>".contains(c);
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let line = if index == 0 {
                line.get(column..).unwrap_or(line)
            } else {
                line
            };
            line.trim_start_matches(blank).trim_end()
        })
        .collect()
}

fn check(line: &str) -> Option<Check> {
    let (word, text) = line.split_once(':')?;
    let kind = match word {
        _ if word.eq_ignore_ascii_case("expected") => CheckKind::Expected,
        _ if word.eq_ignore_ascii_case("verify") => CheckKind::Verify,
        _ => return None,
    };
    Some(Check {
        kind,
        text: text.trim().to_owned(),
    })
}

/// What stands in `title="..."`.
fn title(info: &str) -> Option<&str> {
    let (before, rest) = info.split_once("title=\"")?;
    let (title, _) = rest.split_once('"')?;
    (before.is_empty() || before.ends_with([' ', '\t', ','])).then_some(title)
}

fn text_is_box(mark: &str) -> bool {
    matches!(mark, "[ " | "[x" | "[X" | "[\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_quoted_lines() {
        let body = "a\n> expected: It [VAR:x] answers\n> within a second.\n> Verify: b\n> choice: c -> #d\n\n\
                    - > verify: in a list\n\nverify: no\n\n> note: no\n\n```\n> verify: no\n```\n";
        let found: Vec<_> = checks(body)
            .into_iter()
            .map(|check| (check.kind, check.text))
            .collect();
        assert_eq!(
            found,
            [
                (CheckKind::Expected, "It [VAR:x] answers within a second.".into()),
                (CheckKind::Verify, "b".into()),
                (CheckKind::Verify, "in a list".into()),
            ]
        );
    }

    #[test]
    fn commands_are_fences() {
        let body = "```sh title=\"Stop the service\"\nstop [VAR:x]\n```\n\n    indented\n\n- ~~~\n  a\n  ~~~\n\n\
                    ``` title=\"b\"\n```\n";
        let command = |language: &str, title: Option<&str>, text: &str| Command {
            language: language.into(),
            title: title.map(Into::into),
            text: text.into(),
        };
        assert_eq!(
            commands(body),
            [
                command("sh", Some("Stop the service"), "stop [VAR:x]\n"),
                command("", None, "a\n"),
                command("", Some("b"), ""),
            ]
        );
    }

    #[test]
    fn tasks_are_checkable_items() {
        let body = "- [ ] one [VAR:x]\n  and more\n- [x] two\n  - [ ] *three*\n- four\n\n1. [X] five\n\n> - [ ] six\n";
        let found: Vec<_> = tasks(body)
            .into_iter()
            .map(|task| (task.text, task.checked))
            .collect();
        assert_eq!(
            found,
            [
                ("one [VAR:x] and more".into(), false),
                ("two".into(), true),
                ("*three*".into(), false),
                ("five".into(), true),
                ("six".into(), false),
            ]
        );
    }

    #[test]
    fn hostile_bodies_have_none() {
        for body in [
            "",
            ">",
            "- [ ]",
            "```",
            &"> ".repeat(100_000),
            &"[".repeat(100_000),
        ] {
            assert_eq!(checks(body), []);
            assert!(commands(body).len() < 2);
            let _ = tasks(body);
        }
    }
}
