//! Go packages as programs of Gordian.

pub mod export;
