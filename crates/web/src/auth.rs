//! Who asks: tokens, passwords, and the one way in which a handler learns of its caller.

pub mod caller;
pub mod password;
pub mod secret;
