//! Every page and state in both themes, on a telephone and on a desk: nothing that axe finds, nothing that the Content
//! Security Policy stops, nothing that scrolls sideways. With `--screenshots` a picture of each is kept.

mod doors;
mod flow;
mod gallery;
mod layers;
mod lists;
mod preparing;
mod runner;
