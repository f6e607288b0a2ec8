//! From the outline of a runbook to sections and steps.
//!
//! The document is cut into regions, one for each heading; a region whose list asks for work becomes a section
//! with a step for each item, one that only tells or shows something becomes one step.

use super::bodies::body;
use super::details::whole_details;
use super::draft::{Draft, Section, Step, append, join, without};
use super::outline::{Item, Kind, Lead, Outline};
use super::placeholders::unmask;
use super::regions::{Grain, Region, Regions};
use super::text::{dedent, item_marker, same_words};
use super::titles;
use crate::step::StepKind;

/// The document while it is cut up.
pub(super) struct Structure<'a> {
    lines: &'a [String],
    names: &'a [String],
    regions: Regions,
    draft: Draft,
}

impl<'a> Structure<'a> {
    /// Cuts a document up: its lines, its outline with placeholders masked, and their names.
    pub(super) fn draft(
        lines: &'a [String],
        outline: &Outline,
        names: &'a [String],
        has_title: bool,
        grain: Grain,
    ) -> Draft {
        let regions = Regions::new(whole_details(lines, outline), names, has_title, grain);
        let mut structure = Self {
            lines,
            names,
            regions,
            draft: Draft::default(),
        };
        let title = structure.regions.title;
        structure.preface(title);
        let mut at = usize::from(structure.regions.untitled().is_some());
        if title == Some(at) {
            at += 1;
        }
        while at < structure.regions.len() {
            at = structure.region(at);
        }
        structure.draft
    }

    // ---- lines ----

    /// The line behind the block: the first line of the next one.
    fn block_end(&self, block: usize) -> usize {
        self.regions
            .blocks
            .get(block + 1)
            .map_or(self.lines.len(), |next| next.start)
    }

    /// The source of some blocks as a body, without rules across the page at its ends.
    fn source(&self, mut blocks: std::ops::Range<usize>) -> String {
        let is_rule = |block: usize| {
            let below = self.regions.blocks[block].start + 1..self.block_end(block);
            matches!(self.regions.blocks[block].kind, Kind::Rule)
                && self.lines[below].iter().all(|line| line.trim().is_empty())
        };
        while !blocks.is_empty() && is_rule(blocks.start) {
            blocks.start += 1;
        }
        while !blocks.is_empty() && is_rule(blocks.end - 1) {
            blocks.end -= 1;
        }
        if blocks.is_empty() {
            return String::new();
        }
        body(&self.lines[self.regions.blocks[blocks.start].start..self.block_end(blocks.end - 1)])
    }

    fn title(&self, text: &str) -> String {
        titles::title(&unmask(text, self.names))
    }

    // ---- sections and steps ----

    /// What stands before the first part: the description, and steps where a list stands there.
    fn preface(&mut self, title: Option<usize>) {
        let mut description = Vec::new();
        let before = self.regions.untitled();
        if let Some(title) = title {
            let region = &self.regions[title];
            let text = self.title(&region.text);
            let source = region
                .heading
                .map(|block| self.heading_source(block))
                .unwrap_or_default();
            if !same_words(&source, &text) {
                description.push(source);
            }
            self.draft.title = Some(text);
        }
        for region in before.into_iter().chain(title) {
            if self.regions[region].work {
                let (lead, steps) = self.split(region);
                description.push(lead);
                self.section(String::new(), String::new(), None)
                    .steps
                    .extend(steps);
            } else {
                description.push(self.source(self.regions[region].blocks.clone()));
            }
        }
        description.retain(|part| !part.is_empty());
        self.draft.description = description.join("\n\n");
    }

    fn section(&mut self, title: String, body: String, owner: Option<usize>) -> &mut Section {
        let reuse =
            owner.is_none() && self.draft.sections.len() == 1 && self.draft.sections[0].owner.is_none();
        if !reuse {
            self.draft.sections.push(Section {
                title,
                body,
                steps: Vec::new(),
                owner,
            });
        }
        self.draft
            .sections
            .last_mut()
            .expect("one was just pushed or is reused")
    }

    /// The heading's own line, without its marks.
    fn heading_source(&self, block: usize) -> String {
        let lines = &self.lines[self.regions.blocks[block].start..self.block_end(block)];
        let joined = lines
            .iter()
            .map(|line| line.trim())
            .filter(|line| {
                !(line.is_empty() || line.bytes().all(|b| b == b'=') || line.bytes().all(|b| b == b'-'))
            })
            .collect::<Vec<_>>()
            .join(" ");
        let bare = joined.trim_start_matches('#').trim_start();
        bare.trim_end_matches('#').trim_end().to_owned()
    }

    /// A heading as a title, and what of it the title has lost.
    fn heading(&self, region: usize) -> (String, String) {
        let Some(block) = self.regions[region].heading else {
            return (String::new(), String::new());
        };
        let source = self.heading_source(block);
        let full = self.regions[region].text.trim_end_matches(':').trim();
        // A heading is a title as it stands, unless it is a paragraph in disguise.
        let mut title = if full.chars().count() <= titles::MAX_TITLE {
            full.to_owned()
        } else {
            titles::title(full)
        };
        if title.is_empty() {
            title = self.first_words(region).unwrap_or_else(|| "Untitled".into());
        }
        let lost = if same_words(&source, &title) {
            String::new()
        } else {
            source
        };
        (title, lost)
    }

    /// A title from the first paragraph of a region whose heading has no text.
    fn first_words(&self, region: usize) -> Option<String> {
        self.regions[region]
            .blocks
            .clone()
            .find_map(|block| match &self.regions.blocks[block].kind {
                Kind::Paragraph(lead) => Some(self.title(&lead.text)).filter(|title| !title.is_empty()),
                _ => None,
            })
    }

    /// Turns a region into sections and steps; answers the next region to look at.
    fn region(&mut self, at: usize) -> usize {
        let Region {
            depth,
            parent,
            end,
            work,
            ref blocks,
            ..
        } = self.regions[at];
        let blocks = blocks.clone();
        let has_children = end > at + 1;
        let (title, lost) = self.heading(at);
        let coarse = self.regions.grain == Grain::TopHeadings;
        if !coarse && (work || (depth == 0 && has_children)) {
            let section_title = self.section_title(at, &title);
            if self.regions.step_lists(at).next().is_some() {
                let (lead, steps) = self.split(at);
                let count = steps.len();
                self.draft.notes.push(format!(
                    "the list under {title:?} became {count} step{}",
                    if count == 1 { "" } else { "s" }
                ));
                let body = join(&[lost, lead]);
                self.section(section_title, body, Some(at)).steps.extend(steps);
            } else if self.has_code(blocks.clone()) {
                let text = self.source(blocks.clone());
                let step_title = self.sentence_title(blocks).unwrap_or_else(|| title.clone());
                let kind = self.kind(at, &step_title, true);
                self.section(section_title, lost, Some(at)).steps.push(Step {
                    title: step_title,
                    kind,
                    body: text,
                });
            } else {
                let body = join(&[lost, self.source(blocks)]);
                self.section(section_title, body, Some(at));
            }
            return at + 1;
        }
        // One step, with everything that stands under the heading.
        let all = blocks.start..self.regions[end - 1].blocks.end;
        let active = self.is_active(all.clone());
        let kind = self.kind(at, &title, active);
        let text = join(&[lost.clone(), self.source(all.clone())]);
        let owner = self.draft.sections.last().map(|section| section.owner);
        let at_home = match owner {
            Some(owner) => owner == parent,
            None => parent.is_none(),
        };
        if at_home {
            let step = Step {
                title,
                kind,
                body: text,
            };
            if self.draft.sections.is_empty() {
                self.section(String::new(), String::new(), None).steps.push(step);
            } else if let Some(section) = self.draft.sections.last_mut() {
                section.steps.push(step);
            }
        } else {
            let section_title = self.section_title(at, &title);
            let step = match self.sentence_title(blocks) {
                Some(_)
                    if lost.is_empty()
                        && let Some(unit) = self.unit(at, all) =>
                {
                    Step { kind, ..unit }
                }
                _ => Step {
                    title,
                    kind,
                    body: text,
                },
            };
            self.section(section_title, String::new(), Some(at))
                .steps
                .push(step);
        }
        end
    }

    /// The title of a section; with its parent's where several headings of the document read the same.
    fn section_title(&self, region: usize, title: &str) -> String {
        match self.regions[region].parent {
            Some(parent) if self.regions.is_repeated(region) && !self.regions[parent].text.is_empty() => {
                let both = format!("{}: {title}", self.regions[parent].text);
                if both.len() <= crate::flow::MAX_TITLE {
                    both
                } else {
                    title.to_owned()
                }
            }
            _ => title.to_owned(),
        }
    }

    /// A title from the first sentence, where it tells someone to do something.
    fn sentence_title(&self, blocks: std::ops::Range<usize>) -> Option<String> {
        let first = self.regions.blocks[blocks].first()?;
        let Kind::Paragraph(lead) = &first.kind else {
            return None;
        };
        let title = self.title(&lead.text);
        (titles::is_imperative(&title) && !title.ends_with('…')).then_some(title)
    }

    fn has_code(&self, blocks: std::ops::Range<usize>) -> bool {
        self.regions.blocks[blocks]
            .iter()
            .any(|block| matches!(block.kind, Kind::Code))
    }

    /// Whether there is something to do: a list or a command.
    fn is_active(&self, blocks: std::ops::Range<usize>) -> bool {
        self.regions.blocks[blocks]
            .iter()
            .any(|block| matches!(block.kind, Kind::Code | Kind::List(_)))
    }

    fn kind(&self, region: usize, title: &str, active: bool) -> StepKind {
        let heading = &self.regions[region].text;
        if titles::is_telling(heading) {
            return StepKind::Info;
        }
        titles::kind(title).unwrap_or(if active || self.regions.is_asking(region) {
            StepKind::Action
        } else {
            StepKind::Info
        })
    }

    /// Cuts a region with lists of steps into what stands before them and the steps.
    fn split(&self, region: usize) -> (String, Vec<Step>) {
        let blocks = self.regions[region].blocks.clone();
        let mut steps: Vec<Step> = Vec::new();
        let mut lead = String::new();
        // Blocks that belong to nothing yet.
        let mut pending = blocks.start;
        let mut next_number = None;
        for block in blocks.clone() {
            let list = match &self.regions.blocks[block].kind {
                Kind::List(list) if self.regions.is_step_list(region, block, list) => Some(list),
                _ => None,
            };
            if let Some(list) = list {
                let waiting = pending..block;
                let continues = list.number.is_some_and(|number| number > 1) && list.number == next_number;
                if steps.is_empty() && !self.has_code(waiting.clone()) {
                    lead = self.source(waiting);
                } else if continues {
                    append(&mut steps, &self.source(waiting));
                } else if let Some(step) = self.unit(region, waiting) {
                    steps.push(step);
                }
                let end = self.block_end(block);
                for (index, item) in list.items.iter().enumerate() {
                    let stop = list.items.get(index + 1).map_or(end, |next| next.start);
                    steps.push(self.step(region, item, stop));
                }
                next_number = list.number.map(|number| number + list.items.len());
                pending = block + 1;
            } else if pending == block && !steps.is_empty() && self.belongs_before(block) {
                append(&mut steps, &self.source(block..block + 1));
                pending = block + 1;
            }
        }
        if let Some(step) = self.unit(region, pending..blocks.end) {
            steps.push(step);
        }
        (lead, steps)
    }

    /// Whether a block right behind a step belongs to it: anything but a paragraph, and notes.
    fn belongs_before(&self, block: usize) -> bool {
        match &self.regions.blocks[block].kind {
            Kind::Paragraph(lead) => {
                let text = lead.text.to_lowercase();
                [
                    "note",
                    "notice",
                    "tip",
                    "hint",
                    "important",
                    "warning",
                    "caution",
                    "example",
                    "expected",
                    "where:",
                ]
                .iter()
                .any(|word| text.trim_start_matches(['*', '_', '(']).starts_with(word))
            }
            _ => true,
        }
    }

    /// A step from blocks between or behind lists.
    fn unit(&self, region: usize, blocks: std::ops::Range<usize>) -> Option<Step> {
        let text = self.source(blocks.clone());
        if text.is_empty() {
            return None;
        }
        let lead = self.regions.blocks[blocks.clone()]
            .iter()
            .find_map(|block| match &block.kind {
                Kind::Paragraph(lead) => Some(lead),
                _ => None,
            });
        let mut title = lead.map(|lead| self.title(&lead.text)).unwrap_or_default();
        let mut text = text;
        if title.is_empty() {
            title = self.heading(region).0;
        } else if let (Some(lead), Some(Kind::Paragraph(_))) = (
            lead,
            blocks
                .clone()
                .next()
                .map(|first| &self.regions.blocks[first].kind),
        ) {
            text = self.without_lead(
                self.regions.blocks[blocks.start].start..self.block_end(blocks.end - 1),
                lead,
                &title,
            );
        }
        if title.is_empty() {
            title = "More".into();
        }
        let active = self.is_active(blocks) || titles::is_imperative(&title);
        Some(Step {
            kind: self.kind(region, &title, active),
            title,
            body: text,
        })
    }

    /// A step from an item of a list that ends before the line `stop`.
    fn step(&self, region: usize, item: &Item, stop: usize) -> Step {
        let lines = item.start..stop.max(item.start + 1).min(self.lines.len());
        let (column, marker) = item_marker(&self.lines[item.start]).unwrap_or((0, 0));
        let mut title = item
            .lead
            .as_ref()
            .map(|lead| self.title(&lead.text))
            .unwrap_or_default();
        let body = if let Some(lead) = item.lead.as_ref().filter(|_| !title.is_empty()) {
            self.without_lead_of_item(lines, lead, &title, column, marker, item.task)
        } else {
            body(&self.item_lines(lines, column, marker, item.task))
        };
        if title.is_empty() {
            title = match &item.code {
                Some(code) if !code.is_empty() && !code.contains('`') && code.chars().count() <= 80 => {
                    format!("Run `{}`", unmask(code, self.names))
                }
                _ => self.heading(region).0,
            };
        }
        if title.is_empty() {
            title = "Step".into();
        }
        let kind = titles::kind(&title).unwrap_or_default();
        Step { title, kind, body }
    }

    /// The lines of an item without its marker and indentation.
    fn item_lines(
        &self,
        lines: std::ops::Range<usize>,
        column: usize,
        marker: usize,
        task: bool,
    ) -> Vec<String> {
        let mut result: Vec<String> = Vec::with_capacity(lines.len());
        for (index, line) in self.lines[lines].iter().enumerate() {
            if index > 0 {
                result.push(dedent(line, column));
                continue;
            }
            let content = line.get(marker..).unwrap_or_default();
            let box_of = |mark: &str| content.strip_prefix(mark);
            let bare = task
                .then(|| box_of("[ ]").or_else(|| box_of("[x]")).or_else(|| box_of("[X]")))
                .flatten();
            result.push(bare.map_or(content, str::trim_start).to_owned());
        }
        result
    }

    fn without_lead_of_item(
        &self,
        lines: std::ops::Range<usize>,
        lead: &Lead,
        title: &str,
        column: usize,
        marker: usize,
        task: bool,
    ) -> String {
        let own = self.item_lines(lines.clone(), column, marker, task);
        without(&own, lines.start, lead, title)
    }

    fn without_lead(&self, lines: std::ops::Range<usize>, lead: &Lead, title: &str) -> String {
        without(&self.lines[lines.clone()], lines.start, lead, title)
    }
}
