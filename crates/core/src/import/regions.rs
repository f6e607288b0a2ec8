//! Regions: what stands under each heading, which heading is the title, and which lists are steps.

use std::collections::HashMap;

use super::outline::{Block, Item, Kind, List};
use super::placeholders::unmask;
use super::titles;

/// The most items that a task list has while it stays one checklist.
const MAX_CHECKLIST: usize = 12;
/// The longest item of a checklist, in characters.
const MAX_TASK: usize = 120;

/// How finely a document is cut into steps; the coarser ones are for documents with more steps than a flow holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grain {
    /// Items of lists are steps.
    Items,
    /// Headings are steps.
    Headings,
    /// Only the highest headings are steps.
    TopHeadings,
}

/// What stands between one heading and the next.
#[derive(Default)]
pub(super) struct Region {
    /// The block that is its heading; `None` for what stands before the first.
    pub(super) heading: Option<usize>,
    /// The level of the heading; 0 without one.
    pub(super) level: u8,
    /// The heading's text without markup.
    pub(super) text: String,
    /// The blocks below the heading.
    pub(super) blocks: std::ops::Range<usize>,
    /// How many headings it stands under, the title not counted.
    pub(super) depth: usize,
    /// The region of the heading that it stands under.
    pub(super) parent: Option<usize>,
    /// The first region that does not stand under it.
    pub(super) end: usize,
    /// Whether it, or a region under it, has a list of steps.
    pub(super) work: bool,
}

/// The blocks of a document by their headings.
pub(super) struct Regions {
    /// The blocks.
    pub(super) blocks: Vec<Block>,
    /// The region whose heading is the document's title.
    pub(super) title: Option<usize>,
    /// How finely the document is cut.
    pub(super) grain: Grain,
    all: Vec<Region>,
    /// How many headings read the same.
    same: HashMap<String, usize>,
    /// Whether there is any heading but the title.
    headings: bool,
}

impl std::ops::Index<usize> for Regions {
    type Output = Region;

    fn index(&self, index: usize) -> &Region {
        &self.all[index]
    }
}

impl Regions {
    /// Finds the regions of a document; `has_title` is whether it has a title beside its headings.
    pub(super) fn new(blocks: Vec<Block>, names: &[String], has_title: bool, grain: Grain) -> Self {
        let mut regions = Self {
            blocks,
            title: None,
            grain,
            all: Vec::new(),
            same: HashMap::new(),
            headings: false,
        };
        regions.find(names);
        regions.title = regions.find_title(has_title);
        regions.relate(regions.title);
        regions
    }

    /// How many regions there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The region before the first heading.
    pub(super) fn untitled(&self) -> Option<usize> {
        self.all
            .first()
            .is_some_and(|region| region.heading.is_none())
            .then_some(0)
    }

    /// Whether another heading of the document reads the same.
    pub(super) fn is_repeated(&self, region: usize) -> bool {
        self.same
            .get(&self.all[region].text)
            .is_some_and(|count| *count > 1)
    }

    fn find(&mut self, names: &[String]) {
        let mut region = Region::default();
        for (index, block) in self.blocks.iter().enumerate() {
            if let Kind::Heading { level, text } = &block.kind {
                let next = Region {
                    heading: Some(index),
                    level: *level,
                    text: unmask(&text.replace('\n', " "), names),
                    blocks: index + 1..index + 1,
                    ..Region::default()
                };
                region.blocks.end = index;
                let before = std::mem::replace(&mut region, next);
                if before.heading.is_some() || !before.blocks.is_empty() {
                    self.all.push(before);
                }
            }
        }
        region.blocks.end = self.blocks.len();
        if region.heading.is_some() || !region.blocks.is_empty() {
            self.all.push(region);
        }
    }

    /// The region whose heading is the document's title.
    ///
    /// The first heading is it when no other stands as high; or when it is of the first level and has neither
    /// lists nor code of its own, so that it reads as a cover and not as the first part.
    fn find_title(&self, has_title: bool) -> Option<usize> {
        let first = self.all.iter().position(|region| region.heading.is_some())?;
        let region = &self.all[first];
        if region.text.is_empty() {
            return None;
        }
        let rivals = self.all[first + 1..]
            .iter()
            .filter(|other| other.level <= region.level)
            .count();
        let higher = self.all[first + 1..]
            .iter()
            .any(|other| other.level < region.level);
        let alone = self.all.len() == first + 1;
        let cover = region.level == 1
            && !has_title
            && self.blocks[region.blocks.clone()]
                .iter()
                .all(|block| !matches!(block.kind, Kind::List(_) | Kind::Code));
        let title = if alone {
            !has_title || region.level == 1
        } else {
            rivals == 0 || (cover && !higher)
        };
        title.then_some(first)
    }

    /// Finds who stands under whom, and where the work is.
    fn relate(&mut self, title: Option<usize>) {
        self.headings = self
            .all
            .iter()
            .enumerate()
            .any(|(index, r)| r.heading.is_some() && Some(index) != title);
        for region in &self.all {
            *self.same.entry(region.text.clone()).or_default() += 1;
        }
        let count = self.all.len();
        let mut open: Vec<usize> = Vec::new();
        for index in 0..count {
            let level = self.all[index].level;
            while let Some(last) = open.last().copied().filter(|last| self.all[*last].level >= level) {
                self.all[last].end = index;
                open.pop();
            }
            self.all[index].depth = open.len();
            self.all[index].parent = open.last().copied();
            self.all[index].end = index + 1;
            if self.all[index].heading.is_some() && title != Some(index) {
                open.push(index);
            }
        }
        for last in open {
            self.all[last].end = count;
        }
        for index in (0..count).rev() {
            if self.step_lists(index).next().is_some() {
                self.all[index].work = true;
            }
            if let Some(parent) = self.all[index].parent.filter(|_| self.all[index].work) {
                self.all[parent].work = true;
            }
        }
    }

    /// The blocks of a region that are lists of steps.
    pub(super) fn step_lists(&self, region: usize) -> impl Iterator<Item = usize> + '_ {
        self.all[region]
            .blocks
            .clone()
            .filter(move |block| match &self.blocks[*block].kind {
                Kind::List(list) => self.is_step_list(region, *block, list),
                _ => false,
            })
    }

    /// Whether a list of the region is one of steps.
    pub(super) fn is_step_list(&self, region: usize, block: usize, list: &List) -> bool {
        let heading = &self.all[region].text;
        if self.grain != Grain::Items || titles::is_telling(heading) || list.items.is_empty() {
            return false;
        }
        // A table of contents.
        if list.items.len() > 1 && list.items.iter().all(|item| item.link) {
            return false;
        }
        if list.items.iter().any(|item| item.task) {
            let short = |item: &Item| {
                item.simple
                    && item
                        .lead
                        .as_ref()
                        .is_some_and(|lead| lead.text.chars().count() <= MAX_TASK)
            };
            return !self.headings || list.items.len() > MAX_CHECKLIST || !list.items.iter().all(short);
        }
        if list.number.is_some() {
            return true;
        }
        let announced = block > self.all[region].blocks.start
            && matches!(&self.blocks[block - 1].kind, Kind::Paragraph(lead) if lead.text.trim_end().ends_with(':'));
        let commands = list
            .items
            .iter()
            .filter(|item| {
                item.lead
                    .as_ref()
                    .is_some_and(|lead| titles::is_imperative(&lead.text))
            })
            .count();
        let mostly_commands = list.items.len() > 1 && commands * 5 >= list.items.len() * 3;
        if self.headings {
            mostly_commands && !announced && self.is_asking(region)
        } else {
            list.items.len() > 1
        }
    }

    /// Whether the region, or one that it stands under, asks for something to be done.
    pub(super) fn is_asking(&self, region: usize) -> bool {
        let mut at = Some(region);
        let mut steps = 0;
        while let Some(region) = at.filter(|_| steps < 8) {
            if titles::is_asking(&self.all[region].text) {
                return true;
            }
            if titles::is_telling(&self.all[region].text) {
                return false;
            }
            at = self.all[region].parent;
            steps += 1;
        }
        false
    }
}
