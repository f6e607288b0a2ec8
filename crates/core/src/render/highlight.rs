//! Highlights code when a flow is compiled: a dozen classes, no colours, and plain text whenever in doubt.

use std::sync::LazyLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// The longest block that is highlighted, in bytes.
const MAX_BLOCK: usize = 32 * 1024;
/// The longest line that is highlighted, in bytes: expressions may look at a line many times.
const MAX_LINE: usize = 2_000;
/// How much code of one flow is highlighted, in bytes.
pub(super) const BUDGET: usize = 128 * 1024;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Scopes and their classes; of several, the first one counts.
static CLASSES: LazyLock<Vec<(Scope, &'static str)>> = LazyLock::new(|| {
    [
        ("comment", "hl-comment"),
        ("constant.character.escape", "hl-escape"),
        ("variable", "hl-variable"),
        ("string", "hl-string"),
        ("constant.numeric", "hl-number"),
        ("constant", "hl-constant"),
        ("keyword", "hl-keyword"),
        ("storage", "hl-keyword"),
        ("entity.name.tag", "hl-tag"),
        ("entity.other.attribute-name", "hl-attribute"),
        ("entity.name", "hl-name"),
        ("support.function", "hl-function"),
        ("support", "hl-name"),
        ("markup.inserted", "hl-inserted"),
        ("markup.deleted", "hl-deleted"),
        ("markup.heading", "hl-name"),
    ]
    .into_iter()
    .filter_map(|(scope, class)| Scope::new(scope).ok().map(|scope| (scope, class)))
    .collect()
});

/// Highlights blocks of code, as many as its budget allows.
pub(super) struct Highlighter {
    budget: usize,
}

impl Highlighter {
    pub(super) const fn new() -> Self {
        Self { budget: BUDGET }
    }

    /// Appends the code as HTML: spans with `hl-` classes, or escaped text where that cannot be.
    pub(super) fn write(&mut self, language: &str, code: &str, out: &mut String) {
        let is_short =
            code.len() <= MAX_BLOCK.min(self.budget) && code.lines().all(|line| line.len() <= MAX_LINE);
        if is_short && is_powershell(language) {
            self.budget -= code.len();
            super::powershell::highlight(code, out);
            return;
        }
        if is_short && let Some(syntax) = find(language) {
            self.budget -= code.len();
            let start = out.len();
            if highlight(syntax, code, out).is_ok() {
                return;
            }
            out.truncate(start);
        }
        super::escape_html(code, out);
    }
}

fn is_powershell(language: &str) -> bool {
    ["powershell", "pwsh", "posh", "ps", "ps1", "psm1"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(language))
}

fn find(language: &str) -> Option<&'static SyntaxReference> {
    let name = match language.to_ascii_lowercase().as_str() {
        "" | "text" | "txt" | "plain" | "plaintext" | "none" | "output" | "promql" | "kql" => return None,
        "shell" | "console" | "sh-session" | "shell-session" | "terminal" | "ksh" => "sh".to_owned(),
        "cmd" | "dos" => "bat".to_owned(),
        "jsonc" | "json5" => "json".to_owned(),
        other => other.to_owned(),
    };
    SYNTAXES.find_syntax_by_token(&name)
}

fn highlight(syntax: &SyntaxReference, code: &str, out: &mut String) -> Result<(), syntect::Error> {
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut span = Span { class: None };
    for line in code.split_inclusive('\n') {
        let operations = state.parse_line(line, &SYNTAXES)?;
        let mut at = 0;
        for (offset, operation) in operations {
            span.write(&stack, &line[at..offset], out);
            at = offset;
            stack.apply(&operation)?;
        }
        span.write(&stack, &line[at..], out);
    }
    span.close(out);
    Ok(())
}

/// The span that stands open; neighbours of one class share it.
struct Span {
    class: Option<&'static str>,
}

impl Span {
    fn write(&mut self, stack: &ScopeStack, text: &str, out: &mut String) {
        if text.is_empty() {
            return;
        }
        let class = class(stack);
        if class != self.class && !text.trim().is_empty() {
            self.close(out);
            if let Some(class) = class {
                out.push_str("<span class=\"");
                out.push_str(class);
                out.push_str("\">");
            }
            self.class = class;
        }
        super::escape_html(text, out);
    }

    fn close(&mut self, out: &mut String) {
        if self.class.take().is_some() {
            out.push_str("</span>");
        }
    }
}

/// The class of the innermost scope that has one.
fn class(stack: &ScopeStack) -> Option<&'static str> {
    stack.as_slice().iter().rev().find_map(|scope| {
        CLASSES
            .iter()
            .find(|(prefix, _)| prefix.is_prefix_of(*scope))
            .map(|(_, class)| *class)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn highlighted(language: &str, code: &str) -> String {
        let mut out = String::new();
        Highlighter::new().write(language, code, &mut out);
        out
    }

    #[test]
    fn the_languages_of_runbooks_are_known() {
        for language in [
            "powershell",
            "PowerShell",
            "ps1",
            "pwsh",
            "bash",
            "sh",
            "shell",
            "console",
            "cmd",
            "bat",
            "python",
            "sql",
            "json",
            "yaml",
            "yml",
            "toml",
            "xml",
            "ini",
            "dockerfile",
            "go",
            "rust",
            "js",
            "html",
            "diff",
            "nginx",
            "terraform",
        ] {
            assert!(is_powershell(language) || find(language).is_some(), "{language}");
        }
        assert!(find("nope").is_none());
    }

    #[test]
    fn code_has_classes_and_keeps_its_text() {
        let html = highlighted("powershell", "Get-ADUser -Identity \"x\" # <find>\n");
        assert!(
            html.contains("hl-comment") && html.contains("hl-string") && html.contains("&lt;find&gt;"),
            "{html}"
        );
        assert_eq!(highlighted("nope", "<a>"), "&lt;a&gt;");
    }

    #[test]
    fn what_is_long_stays_plain() {
        assert!(!highlighted("sh", &"echo 'x'\n".repeat(5_000)).contains("<span"));
        assert!(!highlighted("sh", &format!("echo '{}'", "x".repeat(MAX_LINE))).contains("<span"));
    }
}
