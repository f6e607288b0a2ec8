//! `<details>` blocks: what a reader unfolds as one thing stays in one body, headings in it included.

use std::ops::Range;

use super::outline::{Block, Kind, LeafKind, Outline};

/// The blocks, with all that stands between `<details>` and `</details>` in one of them.
pub(super) fn whole_details(lines: &[String], outline: &Outline) -> Vec<Block> {
    let groups = details(lines, outline);
    // Nothing is cut at a line behind the first and up to the last of a group.
    let inside = |line: usize| {
        let next = groups.partition_point(|group| group.end < line);
        groups.get(next).is_some_and(|group| group.start < line)
    };
    let mut blocks: Vec<Block> = Vec::with_capacity(outline.blocks.len() + 1);
    let first = outline.blocks.first().map_or(lines.len(), |block| block.start);
    if lines[..first.min(lines.len())]
        .iter()
        .any(|line| !line.trim().is_empty())
    {
        // Lines that a parser makes nothing of are still the author's.
        blocks.push(Block {
            kind: Kind::Other,
            start: 0,
        });
    }
    for block in &outline.blocks {
        if !inside(block.start) {
            let mut block = block.clone();
            if let Kind::List(list) = &mut block.kind {
                list.items.retain(|item| !inside(item.start));
            }
            blocks.push(block);
        } else if let Some(last) = blocks.last_mut()
            && !matches!(last.kind, Kind::List(_) | Kind::Heading { .. })
        {
            last.kind = Kind::Other;
        }
    }
    blocks
}

/// The first and the last line of each `<details>` that is closed, outermost ones only, in order.
fn details(lines: &[String], outline: &Outline) -> Vec<Range<usize>> {
    let mut code = vec![false; lines.len()];
    for leaf in outline
        .leaves
        .iter()
        .filter(|leaf| matches!(leaf.kind, LeafKind::Code(_)))
    {
        let end = leaf.lines.end.min(lines.len());
        code[leaf.lines.start.min(end)..end].fill(true);
    }
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (index, line) in lines.iter().enumerate().filter(|(index, _)| !code[*index]) {
        if !line.contains('<') {
            continue;
        }
        let lower = line.to_ascii_lowercase();
        // In inline code it is only spoken of.
        let count = |tag: &str, quoted: &str| lower.matches(tag).count() - lower.matches(quoted).count();
        open.extend(std::iter::repeat_n(index, count("<details", "`<details")));
        for _ in 0..count("</details>", "`</details>") {
            if let Some(start) = open.pop() {
                // Inner groups end before the outer ones that hold them.
                while groups.last().is_some_and(|last| last.start >= start) {
                    groups.pop();
                }
                groups.push(start..index);
            }
        }
    }
    groups
}
