//! Parts that several pages use, one function each.

pub mod avatar;
pub mod filter;
pub mod form;
pub mod icon;
pub mod labels;
pub mod matches;
pub mod session;
pub mod time;
