//! Parts that several pages use, one function each.

pub mod avatar;
pub mod form;
pub mod icon;
pub mod time;
