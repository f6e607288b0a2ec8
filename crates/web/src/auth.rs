//! Who asks: tokens, logins, passwords, and the one way in which a handler learns of its caller.

pub mod caller;
pub mod device;
pub mod elsewhere;
pub mod keys;
pub mod letters;
pub mod login;
pub mod origin;
pub mod password;
pub mod peer;
pub mod person;
pub mod refresh;
pub mod secret;
pub mod setup;
pub mod sign_in;
pub mod sign_up;
pub mod visitor;
