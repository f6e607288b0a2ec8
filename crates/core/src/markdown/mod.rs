//! The Markdown form of a flow: what is read from a file and written to one.
pub mod front_matter;
pub mod limits;

pub use front_matter::{FrontMatterSource, is_flow_form, split_front_matter};
