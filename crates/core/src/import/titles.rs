//! Titles: the first sentence of what an author wrote, on one line, and words that tell what a step is.

use super::text::words;
use crate::step::StepKind;

/// The most characters of a title that is made from a sentence.
pub(super) const MAX_TITLE: usize = 120;
/// A text up to this long stays whole, even when it is two sentences.
const SHORT: usize = 90;

/// Words that a cut title should not end with.
const LOOSE_ENDS: &[&str] = &[
    "a",
    "an",
    "and",
    "are",
    "as",
    "at",
    "be",
    "by",
    "for",
    "from",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "of",
    "on",
    "or",
    "that",
    "the",
    "then",
    "this",
    "to",
    "when",
    "where",
    "which",
    "with",
    "including",
];

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "approx", "ca", "cf", "e.g", "eg", "etc", "i.e", "ie", "incl", "no", "resp", "vs", "fig", "sec",
];

/// Headings that tell something instead of asking for it.
const TELLING: &[&str] = &[
    "about",
    "additional information",
    "additional reading",
    "architecture",
    "background",
    "context",
    "contact",
    "contacts",
    "definition",
    "definitions",
    "description",
    "faq",
    "further reading",
    "glossary",
    "goal",
    "impact",
    "introduction",
    "license",
    "links",
    "meaning",
    "notes",
    "overview",
    "purpose",
    "reason",
    "related",
    "resources",
    "scope",
    "see also",
    "summary",
    "support",
    "symptoms",
    "table of contents",
    "contents",
];

/// Words in a heading that ask for something to be done.
const ASKING: &[&str] = &[
    "action",
    "actions",
    "assess",
    "check",
    "checklist",
    "checks",
    "communicate",
    "configure",
    "contain",
    "containment",
    "deploy",
    "diagnose",
    "diagnosis",
    "diagnostics",
    "duties",
    "eradicate",
    "eradication",
    "escalate",
    "escalation",
    "execute",
    "execution",
    "fix",
    "install",
    "installation",
    "investigate",
    "investigation",
    "migrate",
    "migration",
    "mitigate",
    "mitigation",
    "notify",
    "playbook",
    "prepare",
    "preparation",
    "procedure",
    "recover",
    "recovery",
    "remediate",
    "remediation",
    "repair",
    "resolution",
    "resolve",
    "response",
    "restore",
    "rollback",
    "run",
    "runbook",
    "setup",
    "solution",
    "step",
    "steps",
    "task",
    "tasks",
    "test",
    "todo",
    "triage",
    "troubleshoot",
    "troubleshooting",
    "upgrade",
    "validate",
    "validation",
    "verification",
    "verify",
    "workaround",
];

/// Verbs that a step begins with.
const IMPERATIVES: &[&str] = &[
    "add",
    "adjust",
    "always",
    "analyse",
    "analyze",
    "announce",
    "apply",
    "approve",
    "ask",
    "assess",
    "assign",
    "attach",
    "avoid",
    "back",
    "block",
    "build",
    "call",
    "capture",
    "change",
    "check",
    "clean",
    "clear",
    "click",
    "close",
    "collect",
    "communicate",
    "compare",
    "conduct",
    "configure",
    "confirm",
    "connect",
    "consider",
    "contact",
    "copy",
    "create",
    "cut",
    "debug",
    "decide",
    "decrease",
    "delete",
    "deploy",
    "describe",
    "detach",
    "determine",
    "disable",
    "disconnect",
    "do",
    "document",
    "don't",
    "download",
    "drain",
    "edit",
    "enable",
    "ensure",
    "enter",
    "escalate",
    "examine",
    "execute",
    "export",
    "extend",
    "fetch",
    "file",
    "filter",
    "find",
    "fix",
    "follow",
    "force",
    "gather",
    "generate",
    "get",
    "give",
    "go",
    "help",
    "identify",
    "implement",
    "import",
    "increase",
    "inform",
    "inspect",
    "install",
    "investigate",
    "invite",
    "isolate",
    "issue",
    "join",
    "keep",
    "kill",
    "launch",
    "leave",
    "limit",
    "list",
    "locate",
    "log",
    "look",
    "make",
    "mark",
    "measure",
    "migrate",
    "monitor",
    "mount",
    "move",
    "name",
    "navigate",
    "never",
    "note",
    "notify",
    "obtain",
    "open",
    "page",
    "pause",
    "perform",
    "plan",
    "power",
    "prefer",
    "prepare",
    "preserve",
    "prevent",
    "print",
    "promote",
    "protect",
    "provide",
    "pull",
    "push",
    "put",
    "quarantine",
    "query",
    "quit",
    "raise",
    "read",
    "reboot",
    "rebuild",
    "reconfigure",
    "record",
    "recover",
    "reduce",
    "refer",
    "register",
    "reinstall",
    "reload",
    "remove",
    "rename",
    "renew",
    "repair",
    "replace",
    "report",
    "request",
    "reset",
    "resize",
    "resolve",
    "restart",
    "restore",
    "restrict",
    "retrieve",
    "review",
    "revoke",
    "roll",
    "rotate",
    "run",
    "save",
    "scale",
    "scan",
    "schedule",
    "search",
    "secure",
    "select",
    "send",
    "set",
    "share",
    "shut",
    "sign",
    "ssh",
    "start",
    "stop",
    "submit",
    "suspend",
    "switch",
    "take",
    "talk",
    "tell",
    "test",
    "track",
    "transfer",
    "trigger",
    "try",
    "turn",
    "uninstall",
    "unmount",
    "update",
    "upgrade",
    "upload",
    "use",
    "validate",
    "verify",
    "view",
    "visit",
    "wait",
    "watch",
    "work",
    "write",
];

/// A title made from a text without markup, and whether it has all of the text.
///
/// The first sentence where there is one within the limit, otherwise as many words as fit, with `…`.
pub(super) fn title(text: &str) -> String {
    let length = text.chars().count();
    let sentence = first_sentence(text);
    let chosen = if length <= SHORT { text } else { sentence };
    if chosen.chars().count() <= MAX_TITLE {
        return tidy(chosen).to_owned();
    }
    let cut = cut(chosen);
    if cut.is_empty() {
        String::new()
    } else {
        format!("{cut}…")
    }
}

/// Without the punctuation that ends a sentence or announces what follows.
fn tidy(text: &str) -> &str {
    let bare = text.trim().trim_end_matches([':', ';', ',']).trim_end();
    let bare = match bare.strip_suffix('.') {
        Some(shorter) if !shorter.ends_with('.') && !ends_with_abbreviation(shorter) => shorter,
        _ => bare,
    };
    // A backslash at the end would escape what a page puts behind it.
    let bare = bare.trim_end_matches('\\').trim();
    if bare.is_empty() { text.trim() } else { bare }
}

fn ends_with_abbreviation(text: &str) -> bool {
    let word = text
        .rsplit([' ', '('])
        .next()
        .unwrap_or_default()
        .trim_start_matches(['_', '*', '\\']);
    ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

/// The text up to the first full stop, question or exclamation mark that ends a sentence.
fn first_sentence(text: &str) -> &str {
    let mut code = false;
    let mut deep = 0_usize;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '`' => code = !code,
            '(' | '[' => deep += 1,
            ')' | ']' => deep = deep.saturating_sub(1),
            '.' | '!' | '?' if !code && deep == 0 && at >= 12 => {
                let ends = characters.peek().is_some_and(|(_, next)| next.is_whitespace());
                let begins = text[at + 1..]
                    .trim_start()
                    .starts_with(|c: char| !c.is_lowercase() || c == '`');
                if ends && begins && !(character == '.' && ends_with_abbreviation(&text[..at])) {
                    return &text[..=at];
                }
            }
            _ => {}
        }
    }
    text
}

/// As many whole words as fit; inline code and placeholders are not cut through.
fn cut(text: &str) -> &str {
    let mut end = 0;
    let mut code = 0;
    let mut bracket = false;
    let mut run = 0;
    for (count, (at, character)) in text.char_indices().enumerate() {
        if count >= MAX_TITLE {
            break;
        }
        if character == '`' {
            run += 1;
        } else if run > 0 {
            code = if code == run {
                0
            } else if code == 0 {
                run
            } else {
                code
            };
            run = 0;
        }
        match character {
            '[' => bracket = true,
            ']' => bracket = false,
            ' ' if code == 0 && !bracket => end = at,
            _ => {}
        }
    }
    let mut cut = text[..end].trim_end();
    while let Some((before, last)) = cut.rsplit_once(' ') {
        if !LOOSE_ENDS.contains(
            &last
                .trim_matches(|c: char| !c.is_alphanumeric())
                .to_lowercase()
                .as_str(),
        ) {
            break;
        }
        cut = before.trim_end();
    }
    cut.trim_end_matches([',', ';', ':', '(', '-', '–', '—', '\\'])
        .trim_end()
}

/// Whether a heading introduces a telling part: meaning, impact, references and the like, or a question.
pub(super) fn is_telling(heading: &str) -> bool {
    let heading = heading.trim().trim_end_matches(':').to_lowercase();
    heading.ends_with('?')
        || heading.starts_with("reference")
        || heading.starts_with("additional ")
        || TELLING.contains(&heading.trim_start_matches(|c: char| !c.is_alphabetic()))
}

/// Whether a heading asks for something to be done.
pub(super) fn is_asking(heading: &str) -> bool {
    words(heading).any(|word| ASKING.contains(&word.as_str())) && !is_telling(heading)
}

/// Whether a sentence begins with a verb that tells someone to do something.
pub(super) fn is_imperative(text: &str) -> bool {
    let mut first = words(text).skip_while(|word| word == "please" || word == "optional");
    first
        .next()
        .is_some_and(|word| IMPERATIVES.contains(&word.as_str()))
}

/// What a step is, from its title; `None` where the title does not tell.
pub(super) fn kind(title: &str) -> Option<StepKind> {
    match words(title).next()?.as_str() {
        "verify" | "confirm" | "validate" => Some(StepKind::Verify),
        "warning" | "caution" | "danger" => Some(StepKind::Warning),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_its_title() {
        assert_eq!(title("Restart the service."), "Restart the service");
        assert_eq!(title("Determine the scope:"), "Determine the scope");
        assert_eq!(title("Stay calm. Breathe."), "Stay calm. Breathe");
        assert_eq!(title("Check logs, mails, etc."), "Check logs, mails, etc.");
    }

    #[test]
    fn a_long_text_gives_its_first_sentence() {
        let text = "Check the pods in the namespace e.g. with kubectl. Then look at all of the events that the cluster has kept.";
        assert_eq!(title(text), "Check the pods in the namespace e.g. with kubectl");
    }

    #[test]
    fn a_long_sentence_ends_at_a_word() {
        let text = format!("Retrieve {} of the cluster", "one metric and ".repeat(20));
        let title = title(&text);
        assert!(title.ends_with("one…") || title.ends_with("metric…"), "{title}");
        assert!(title.chars().count() <= MAX_TITLE + 1);
    }

    #[test]
    fn code_and_placeholders_are_not_cut_through() {
        let text = format!("Run `{}` now", "kubectl get pods -A ".repeat(10));
        assert_eq!(title(&text), "Run…");
        let text = format!("{} [VAR:some_name] and more words", "x".repeat(110));
        assert_eq!(title(&text), format!("{}…", "x".repeat(110)));
        assert_eq!(title(&"x".repeat(500)), "");
    }

    #[test]
    fn headings_tell_or_ask() {
        assert!(
            is_telling("Meaning") && is_telling("What is it?") && is_telling("Reference: Call Etiquette")
        );
        assert!(is_asking("Diagnosis") && is_asking("Steps to fix") && !is_asking("Impact"));
        assert!(
            is_imperative("**Do not** pay")
                && is_imperative("Quarantine users")
                && !is_imperative("pod priority")
        );
    }
}
