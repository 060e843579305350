//! Toys: bugs of no project.

pub mod cancel;
