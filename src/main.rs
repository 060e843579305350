//! Gordian.
//! Scratch.
fn main() {}
