//! The single rules by which something that looks like a placeholder is converted or left alone.
//!
//! Each function looks at one opening byte, adds what it found, and answers where to go on.

use super::vocabulary::{
    GENERIC_LANGUAGES, LOG_LEVELS, PRIMITIVES, SHELL_VARIABLES, TEMPLATE_LANGUAGES, TEMPLATE_WORDS,
};
use std::collections::HashSet;

use super::html;
use super::names::variable_name;
use super::outline::LeafKind;
use super::placeholders::{Found, Unit, Verdict};
use super::style::Style;

/// The farthest that a closing bracket may be, in bytes.
const REACH: usize = 200;
/// The most words of a name.
const MAX_WORDS: usize = 8;

const REDIRECTION: &str = "shell redirection";
const LINK: &str = "link or autolink";
const GO_TEMPLATE: &str = "Go template";
const EXPRESSION: &str = "template expression";

fn not_asked(style: Style) -> &'static str {
    match style {
        Style::Kebab => "not asked for: --placeholders kebab converts it",
        Style::Snake => "not asked for: --placeholders snake converts it",
        Style::Upper => "not asked for: --placeholders upper converts it",
        Style::Words => "not asked for: --placeholders words converts it",
        Style::Mustache => "not asked for: --placeholders mustache converts it",
        Style::Braces => "not asked for: --placeholders braces converts it",
        Style::Dollar => "not asked for: --placeholders dollar converts it",
        Style::Bracket => "not asked for: --placeholders bracket converts it",
    }
}

/// Adds a spelling: the reason to leave it, or its name where its style was asked for.
fn add(
    unit: &Unit,
    found: &mut Vec<Found>,
    range: std::ops::Range<usize>,
    style: Style,
    reason: Option<&'static str>,
    name: &str,
) {
    let verdict = match reason {
        Some(reason) => Verdict::Leave(reason),
        None if !unit.convert.contains(&style) => Verdict::Leave(not_asked(style)),
        None => variable_name(name).map_or_else(Verdict::Leave, Verdict::Convert),
    };
    found.push(Found {
        range,
        style,
        verdict,
    });
}

/// The names of all closing tags in a text.
pub(super) fn closed_names(text: &str) -> HashSet<&str> {
    text.match_indices("</")
        .map(|(at, _)| {
            let name = &text[at + 2..];
            &name[..name
                .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'))
                .unwrap_or(name.len())]
        })
        .collect()
}

/// The names that a shell script assigns: `NAME=`, `$NAME =`, `read NAME`, `for NAME in`.
pub(super) fn assigned_names(text: &str) -> HashSet<&str> {
    let mut names = HashSet::new();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for line in text.lines() {
        let mut previous = "";
        for word in line
            .split([' ', '\t', ';', '(', '`'])
            .filter(|word| !word.is_empty())
        {
            let bare = word.trim_start_matches('$').trim_end_matches([')', '"']);
            let end = bare.find(|c| !is_name(c)).unwrap_or(bare.len());
            if bare[end..].starts_with('=') && !bare[end..].starts_with("==") && end > 0 {
                names.insert(&bare[..end]);
            } else if word == "=" && previous.starts_with('$') {
                names.insert(previous.trim_start_matches('$'));
            } else if matches!(previous, "read" | "-r" | "for" | "foreach") {
                names.insert(&bare[..end]);
            }
            previous = word;
        }
    }
    names
}

/// A `<`: a placeholder, a tag, a link, or shell.
pub(super) fn angle(unit: &Unit, at: usize, found: &mut Vec<Found>) -> usize {
    let code = unit.code_around(at);
    if unit.byte(at + 1) == b'<' {
        let run = unit.text.as_bytes()[at..]
            .iter()
            .take_while(|byte| **byte == b'<')
            .count();
        return at + run;
    }
    let Some(inside) = unit.until(at + 1, ">", REACH) else {
        return at + 1;
    };
    let end = at + 1 + inside.len() + 1;
    if let Some(inner) = inside.rfind('<') {
        // `<a href="<url>">`: the inner one is looked at when its turn comes.
        return if inner == 0 {
            at + 1
        } else {
            at + 1 + inside.find('<').unwrap_or(inner)
        };
    }
    let escaped = unit.before(at) == b'\\' && code.is_none();
    let (range, inside) = if escaped {
        (at - 1..end, inside.strip_suffix('\\').unwrap_or(inside))
    } else {
        (at..end, inside)
    };
    let Some(first) = inside.chars().next().filter(|first| first.is_alphanumeric()) else {
        return at + 1;
    };
    if code.as_ref().is_some_and(|code| end > code.end) {
        return at + 1;
    }
    let style = if inside.contains(' ') {
        Style::Words
    } else if !inside.contains(|c: char| c.is_ascii_lowercase()) {
        Style::Upper
    } else if inside.contains('_') {
        Style::Snake
    } else {
        Style::Kebab
    };
    if inside.ends_with([' ', '\t']) {
        if code.is_some() {
            add(unit, found, at..end, style, Some(REDIRECTION), inside);
        }
        return end;
    }
    let mut reason = angle_reason(unit, at, end, inside, code.is_some());
    if reason.is_none() && !first.is_ascii_alphabetic() {
        reason = Some("a name begins with a letter from A to Z");
    }
    if reason == Some("") || (reason.is_some() && !first.is_alphabetic() && inside.contains(' ')) {
        // Not worth a word: `<5 minutes and it is >`.
        return at + 1;
    }
    add(unit, found, range, style, reason, inside);
    end
}

/// Why an angle bracket stays; an empty text where it is not worth a word.
fn angle_reason(unit: &Unit, at: usize, end: usize, inside: &str, code: bool) -> Option<&'static str> {
    let word = inside.split([' ', '\t', '/']).next().unwrap_or_default();
    let before = unit.before(at);
    let after = unit.byte(end);
    if inside.contains("://")
        || inside.starts_with("mailto:")
        || (inside.contains('@') && !inside.contains(' '))
    {
        return Some(LINK);
    }
    if html::is_output(inside) {
        return Some("kubectl output");
    }
    if !code && (unit.text[..at].ends_with("](") || (unit.text[..at].ends_with("]: "))) {
        return Some(LINK);
    }
    if html::is_element(inside) || html::is_element(inside.trim_end_matches([' ', '/'])) {
        return Some("HTML tag");
    }
    if inside.contains(['=', '"', '\''])
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_:.".contains(&b))
    {
        return Some(if inside.contains('=') {
            "HTML or XML tag"
        } else {
            "it has characters that a name cannot have"
        });
    }
    if inside.ends_with('/') || unit.closed.contains(word) {
        return Some("HTML or XML tag");
    }
    if inside.contains(['(', ')', '{', '}', ';', '&', '|', '\\', '$', '=']) && code && inside.contains(' ') {
        // Comparisons and pipes in code.
        return Some("");
    }
    if matches!(before, b'"' | b'\'') && unit.text[..at - 1].ends_with('=') && !code && after == before {
        return Some("inside an HTML attribute");
    }
    if code && is_generic(unit, at, inside) {
        return Some("generic type or include in code");
    }
    if !code && before.is_ascii_alphanumeric() && is_type_name(inside) {
        return Some("generic type or include in code");
    }
    let last = inside.rsplit(' ').next().unwrap_or_default();
    if code
        && matches!(before, b' ' | b'\t')
        && (after.is_ascii_alphanumeric()
            || (last.len() == 1 && last != inside && last.as_bytes()[0].is_ascii_digit()))
    {
        return Some(REDIRECTION);
    }
    if inside.split(' ').count() > MAX_WORDS {
        return Some("a sentence, too long for a name");
    }
    None
}

fn is_type_name(inside: &str) -> bool {
    PRIMITIVES.has(inside)
        || (inside.len() == 1 && inside.starts_with(|c: char| c.is_ascii_uppercase()))
        || (inside.starts_with(|c: char| c.is_ascii_uppercase())
            && inside.contains(|c: char| c.is_ascii_lowercase())
            && inside.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_generic(unit: &Unit, at: usize, inside: &str) -> bool {
    let line = &unit.text[..at];
    let line = &line[line.rfind('\n').map_or(0, |end| end + 1).max(unit.start)..];
    // Only the beginning of a line matters, so a long line costs nothing.
    if line.len() < REACH && line.trim().starts_with("#include") {
        return true;
    }
    let before = unit.before(at);
    if !(before.is_ascii_alphanumeric() || matches!(before, b'_' | b':')) {
        return false;
    }
    match unit.kind {
        LeafKind::Code(language) if GENERIC_LANGUAGES.has(language) => true,
        _ => before != b':' && is_type_name(inside),
    }
}

/// A `{{`: a placeholder, or one of the many template languages.
pub(super) fn braces(unit: &Unit, at: usize, found: &mut Vec<Found>) -> usize {
    let run = unit.text.as_bytes()[at..]
        .iter()
        .take_while(|byte| **byte == b'{')
        .count();
    if run > 2 {
        return at + run;
    }
    let Some(inside) = unit.until(at + 2, "}}", REACH) else {
        return at + 2;
    };
    let end = at + 2 + inside.len() + 2;
    let trimmed = inside.trim();
    let mut reason = braces_reason(unit, at, trimmed);
    if unit.code_around(at).is_none() {
        // In prose, what stands between a range and its end belongs to the template.
        let depth = unit.template_depth.get();
        match trimmed.split_ascii_whitespace().next().unwrap_or_default() {
            "range" | "if" | "with" | "define" | "block" => unit.template_depth.set(depth + 1),
            "end" => unit.template_depth.set(depth.saturating_sub(1)),
            _ => {}
        }
        if depth > 0 {
            reason = reason.or(Some(GO_TEMPLATE));
        }
    } else if unit.in_template(at) {
        reason = reason.or(Some(GO_TEMPLATE));
    }
    if !trimmed.is_empty() {
        add(unit, found, at..end, Style::Mustache, reason, trimmed);
    }
    end
}

fn braces_reason(unit: &Unit, at: usize, inside: &str) -> Option<&'static str> {
    if unit.before(at) == b'$' {
        return Some("GitHub Actions expression");
    }
    match inside.bytes().next()? {
        b'<' | b'%' => return Some("Hugo shortcode"),
        b'.' | b'$' | b'"' | b'`' | b'-' => return Some(GO_TEMPLATE),
        b'#' | b'/' | b'^' | b'>' | b'!' | b'&' | b'*' => return Some("template logic"),
        _ => {}
    }
    let word = inside.split_ascii_whitespace().next().unwrap_or_default();
    if TEMPLATE_WORDS.has(word) {
        return Some(GO_TEMPLATE);
    }
    if let LeafKind::Code(language) = unit.kind
        && TEMPLATE_LANGUAGES.has(language)
    {
        return Some("template code");
    }
    if inside
        .bytes()
        .any(|b| b.is_ascii() && !b.is_ascii_alphanumeric() && !b"_- ".contains(&b))
    {
        return Some(EXPRESSION);
    }
    let code = unit.code_around(at);
    if code.is_some() && inside.contains(' ') && inside.contains(|c: char| c.is_ascii_lowercase()) {
        return Some(EXPRESSION);
    }
    if inside.split(' ').count() > MAX_WORDS {
        return Some("a sentence, too long for a name");
    }
    None
}

/// Whether a piece of code holds template logic, so that every `{{name}}` in it belongs to the template.
pub(super) fn is_template(code: &str) -> bool {
    code.contains("go-template")
        || code.contains("{%")
        || code.match_indices("{{").any(|(at, _)| {
            let inside = code[at + 2..].trim_start_matches(['-', ' ']);
            let word = inside
                .split(|c: char| !c.is_ascii_alphabetic())
                .next()
                .unwrap_or_default();
            matches!(
                word,
                "range" | "if" | "with" | "end" | "define" | "block" | "else"
            )
        })
}

/// A `$`: a shell variable, which is converted on request alone.
pub(super) fn dollar(unit: &Unit, at: usize, found: &mut Vec<Found>) -> usize {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let bytes = unit.text.as_bytes();
    let braced = unit.byte(at + 1) == b'{';
    let from = at + 1 + usize::from(braced);
    let length = bytes[from.min(bytes.len())..]
        .iter()
        .take(REACH)
        .take_while(|b| is_name(b))
        .count();
    let end = from + length;
    if length == 0 || bytes[from].is_ascii_digit() {
        // `$$`, `$1`, `$?`, `$(`; and `${{` belongs to the braces.
        return if unit.byte(at + 1) == b'$' { at + 2 } else { at + 1 };
    }
    let name = &unit.text[from..end];
    let code = unit.code_around(at).is_some();
    let style = if braced { Style::Braces } else { Style::Dollar };
    let end = if braced { end + 1 } else { end };
    let reason = if braced && unit.byte(end - 1) != b'}' {
        // The whole expression is not read, so the name ends it.
        let end = end - 1;
        add(
            unit,
            found,
            at..end,
            style,
            Some("shell parameter expansion"),
            name,
        );
        return end;
    } else if SHELL_VARIABLES.has(&name.to_ascii_lowercase()) || name == "_" {
        Some("the shell sets it")
    } else if !braced && unit.byte(end) == b':' && is_name(&unit.byte(end + 1)) {
        Some("PowerShell variable of a scope")
    } else if unit.assigned.contains(name) {
        Some("shell variable that the code block assigns")
    } else if !unit.convert.contains(&style) && matches!(unit.kind, LeafKind::Code(_)) {
        Some("shell variable in a code block")
    } else if !code && !braced && name.len() < 2 {
        Some("one letter")
    } else {
        None
    };
    add(unit, found, at..end, style, reason, name);
    end
}

/// A `[`: our own placeholder, or capitals in brackets, which are converted on request alone.
pub(super) fn bracket(unit: &Unit, at: usize, found: &mut Vec<Found>) -> usize {
    let rest = &unit.text[at..];
    if let Some(length) = existing(rest) {
        let name = rest[5..length - 1]
            .split('|')
            .next()
            .unwrap_or_default()
            .to_owned();
        found.push(Found {
            range: at..at + length,
            style: Style::Bracket,
            verdict: Verdict::Existing(name),
        });
        return at + length;
    }
    let Some(inside) = unit.until(at + 1, "]", 70) else {
        return at + 1;
    };
    let end = at + inside.len() + 2;
    if inside.len() < 2
        || !inside.starts_with(|c: char| c.is_ascii_uppercase())
        || !inside
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"_- ".contains(&b))
    {
        return at + 1;
    }
    let before = unit.before(at);
    let reason = if matches!(before, b']' | b'!')
        || matches!(unit.byte(end), b'(' | b'[' | b':')
        || unit.labels.contains(&inside.to_lowercase())
    {
        Some(LINK)
    } else if LOG_LEVELS.has(inside) {
        Some("log level")
    } else if before.is_ascii_alphanumeric() || matches!(before, b'_' | b'[' | b'$' | b'}') {
        Some("index or pattern in code")
    } else {
        None
    };
    add(unit, found, at..end, Style::Bracket, reason, inside);
    end
}

/// The length of the placeholder of our own form that a text begins with.
pub(super) fn existing(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("[VAR:")?;
    let bytes = inside.as_bytes();
    if !bytes.first()?.is_ascii_alphabetic() {
        return None;
    }
    let name = bytes
        .iter()
        .take(65)
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
        .count();
    if name > 64 {
        return None;
    }
    // Filters: a few lower-case words.
    let filters = bytes[name..]
        .iter()
        .take(64)
        .take_while(|b| b.is_ascii_lowercase() || **b == b'|')
        .count();
    let whole = name + filters;
    ((filters == 0 || bytes[name] == b'|') && bytes.get(whole) == Some(&b']')).then_some(5 + whole + 1)
}
