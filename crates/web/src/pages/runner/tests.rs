//! The parts of the page, drawn with sample data.
