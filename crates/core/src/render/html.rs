//! Markdown to clean HTML: the document as written, raw tags closed, code highlighted, all of it sanitised.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write};
use std::sync::Arc;

use ammonia::Builder;
use comrak::html::{ChildRendering, Context, format_document_with_formatter, format_node_default};
use comrak::nodes::{AstNode, NodeCodeBlock, NodeLink, NodeValue};
use comrak::options::Plugins;

use super::highlight::Highlighter;
use super::limits;
use super::link::Target;
use super::raw_html::{self, MAX_DEPTH, Tags};
use super::swap::{Swapped, is_ours};
use super::verify;

/// HTML that is clean, with the characters of the swap still in it.
pub(super) struct CleanHtml {
    pub html: String,
    pub targets: Vec<Target>,
}

struct State<'s> {
    swapped: &'s Swapped,
    highlighter: &'s mut Highlighter,
    tags: Tags,
    targets: Vec<Target>,
    /// How many blocks of code were written.
    commands: usize,
}

/// Writes the document as clean HTML; `prefix` stands before every id, so that texts on one page do not collide.
pub(super) fn write<'a>(
    root: &'a AstNode<'a>,
    swapped: &Swapped,
    options: &comrak::Options,
    highlighter: &mut Highlighter,
    prefix: &str,
) -> Result<CleanHtml, String> {
    name_footnotes(root);
    let mut html = String::with_capacity(swapped.text.len() * 2);
    let state = State {
        swapped,
        highlighter,
        tags: Tags::default(),
        targets: Vec::new(),
        commands: 0,
    };
    let state =
        format_document_with_formatter(root, options, &mut html, &Plugins::default(), format_node, state)
            .expect("a String takes everything");
    if state.tags.too_deep {
        return Err(format!(
            "blocks, emphasis or tags stand more than {MAX_DEPTH} deep in each other"
        ));
    }
    limits::check_html(&html)?;
    Ok(CleanHtml {
        html: sanitise(&html, prefix),
        targets: state.targets,
    })
}

/// Numbers footnotes instead of naming them: a name may hold anything, placeholders included.
fn name_footnotes<'a>(root: &'a AstNode<'a>) {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    for node in root.descendants() {
        if let NodeValue::FootnoteReference(reference) = &mut node.data_mut().value {
            let number = reference.ix;
            numbers.insert(std::mem::replace(&mut reference.name, number.to_string()), number);
        }
    }
    for node in root.children() {
        if let NodeValue::FootnoteDefinition(definition) = &mut node.data_mut().value
            && let Some(number) = numbers.get(&definition.name)
        {
            definition.name = number.to_string();
        }
    }
}

fn format_node<'a>(
    context: &mut Context<State<'_>>,
    node: &'a AstNode<'a>,
    entering: bool,
) -> Result<ChildRendering, fmt::Error> {
    match &node.data().value {
        NodeValue::HtmlBlock(block) if entering => {
            context.cr()?;
            write_raw(context, &block.literal)?;
            context.cr()?;
        }
        NodeValue::HtmlInline(literal) if entering => write_raw(context, literal)?,
        NodeValue::CodeBlock(block) if entering => write_code(context, block)?,
        NodeValue::HtmlBlock(_) | NodeValue::HtmlInline(_) | NodeValue::CodeBlock(_) => {}
        NodeValue::SoftBreak if verify::is_before_check(node) => {
            if entering {
                context.write_str("<br>\n")?;
            }
        }
        NodeValue::Image(image) => return write_image(context, image, entering),
        NodeValue::Text(_) | NodeValue::Code(_) | NodeValue::SoftBreak | NodeValue::LineBreak => {
            if entering && verify::begins(node) {
                let mark = context.user.swapped.marks.task_open;
                write!(context, "{mark} ")?;
            }
            return format_node_default(context, node, entering);
        }
        value => {
            if entering {
                context.user.tags.enter();
            } else {
                let mut closing = String::new();
                context.user.tags.leave(&mut closing);
                context.write_str(&closing)?;
            }
            match value {
                NodeValue::Link(link) if entering => write_link(context, link)?,
                NodeValue::TaskItem(task) => {
                    let in_list = node
                        .parent()
                        .is_some_and(|p| matches!(p.data().value, NodeValue::List(_)));
                    if entering {
                        context.cr()?;
                        let marks = context.user.swapped.marks;
                        let mark = if task.symbol.is_some() {
                            marks.task_done
                        } else {
                            marks.task_open
                        };
                        context.write_str(if in_list { "<li class=\"task\">" } else { "" })?;
                        write!(context, "{mark} ")?;
                    } else if in_list {
                        context.write_str("</li>\n")?;
                    }
                }
                _ => return format_node_default(context, node, entering),
            }
        }
    }
    Ok(ChildRendering::HTML)
}

fn write_raw(context: &mut Context<State<'_>>, literal: &str) -> fmt::Result {
    let mut html = String::with_capacity(literal.len());
    let state = &mut context.user;
    raw_html::write(
        literal,
        &mut state.tags,
        &mut state.targets,
        state.swapped,
        &mut html,
    );
    context.write_str(&html)
}

fn write_address(context: &mut Context<State<'_>>, address: &str) -> fmt::Result {
    let mut written = String::new();
    let state = &mut context.user;
    raw_html::write_target(address, &mut state.targets, state.swapped, &mut written);
    context.write_str(&written)
}

fn write_link(context: &mut Context<State<'_>>, link: &NodeLink) -> fmt::Result {
    context.write_str("<a href=\"")?;
    write_address(context, &link.url)?;
    write_title(context, &link.title)?;
    context.write_str("\">")
}

fn write_image(
    context: &mut Context<State<'_>>,
    image: &NodeLink,
    entering: bool,
) -> Result<ChildRendering, fmt::Error> {
    if entering {
        context.write_str("<img src=\"")?;
        write_address(context, &image.url)?;
        context.write_str("\" alt=\"")?;
        return Ok(ChildRendering::Plain);
    }
    write_title(context, &image.title)?;
    context.write_str("\">")?;
    Ok(ChildRendering::HTML)
}

fn write_title(context: &mut Context<State<'_>>, title: &str) -> fmt::Result {
    if !title.is_empty() {
        context.write_str("\" title=\"")?;
        context.escape(title)?;
    }
    Ok(())
}

fn write_code(context: &mut Context<State<'_>>, block: &NodeCodeBlock) -> fmt::Result {
    context.cr()?;
    let language = language(&block.info);
    let mut html = String::with_capacity(block.literal.len() * 2);
    html.push_str("<pre><code");
    if !language.is_empty() {
        html.push_str(" class=\"language-");
        html.push_str(language);
        html.push('"');
    }
    // A line break directly behind `<pre>` would not count; here `<code>` stands between.
    html.push('>');
    let mark = context.user.swapped.marks.command;
    let number = context.user.commands;
    context.user.commands += 1;
    write!(html, "{mark}{number}{mark}")?;
    context
        .user
        .highlighter
        .write(language, &block.literal, &mut html);
    html.push_str("</code></pre>\n");
    context.write_str(&html)
}

/// The language of a fence: the first word behind it, where that can be a class.
pub(super) fn language(info: &str) -> &str {
    let word = info.split_ascii_whitespace().next().unwrap_or("");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '#' | '.');
    if word.len() <= 40 && word.chars().all(is_plain) {
        word
    } else {
        ""
    }
}

/// Takes out everything that a runbook has no use for, and every class and id that is the page's own.
fn sanitise(html: &str, prefix: &str) -> String {
    let attributes: HashMap<&str, HashSet<&str>> = [
        ("a", &["href", "class"][..]),
        ("bdo", &["dir"]),
        ("code", &["class"]),
        ("col", &["span"]),
        ("del", &["datetime"]),
        ("details", &["open"]),
        ("img", &["src", "alt"]),
        ("ins", &["datetime"]),
        ("li", &["class"]),
        ("ol", &["start"]),
        ("section", &["class"]),
        ("span", &["class"]),
        ("sup", &["class"]),
        ("td", &["align", "colspan", "rowspan"]),
        ("th", &["align", "colspan", "rowspan", "scope"]),
        ("time", &["datetime"]),
    ]
    .into_iter()
    .map(|(tag, names)| (tag, names.iter().copied().collect()))
    .collect();
    let prefix: Arc<str> = prefix.into();
    Builder::empty()
        .tags(raw_html::TAGS.iter().copied().collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(attributes)
        .generic_attributes(HashSet::from(["title", "lang", "dir", "id"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        // A block that scrolls is one that the keyboard scrolls, too.
        .set_tag_attribute_value("pre", "tabindex", "0")
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer"))
        .attribute_filter(move |_, attribute, value| match attribute {
            // A title has no ids: it stands where the page's own are.
            "id" if prefix.is_empty() || value.is_empty() || value.chars().any(is_ours) => None,
            "id" => Some(Cow::Owned(format!("{prefix}{value}"))),
            "href" if value.is_empty() => None,
            "href" => match value.strip_prefix('#') {
                Some(fragment) if !fragment.starts_with(is_ours) => {
                    Some(Cow::Owned(format!("#{prefix}{fragment}")))
                }
                _ => Some(Cow::Borrowed(value)),
            },
            "class" => own_classes(value),
            _ => Some(Cow::Borrowed(value)),
        })
        .clean(html)
        .to_string()
}

/// The classes that belong to a document and not to the page around it.
fn own_classes(classes: &str) -> Option<Cow<'_, str>> {
    let is_own = |class: &&str| {
        ["hl-", "language-", "task", "footnote"]
            .iter()
            .any(|prefix| class.starts_with(prefix))
            && !class.chars().any(is_ours)
    };
    let own: Vec<&str> = classes.split_ascii_whitespace().filter(is_own).collect();
    (!own.is_empty()).then(|| Cow::Owned(own.join(" ")))
}
