//! The program `resolutionflow`.

fn main() {}
