//! What ResolutionFlow keeps.
