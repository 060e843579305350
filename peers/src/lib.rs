//! The same programs written for other model checkers, and a comparison with Gordian.
//!
//! Two programs are for people: `rival` runs one rival once, `compare` measures Gordian against
//! them. Every run is a process of its own, so no side finds caches, pools or a heap that another
//! has warmed.
//!
//! ```text
//! cargo build --release
//! cargo build --release --manifest-path peers/Cargo.toml
//! peers/target/release/rival traceforge philosophers-ordered 14
//! peers/target/release/compare --gordian target/release/gordian --runs 5
//! ```
//!
//! | module | contents |
//! |---|---|
//! | [`family`] | the programs by name and size: philosophers, fan-in and others |
//! | [`tool`] | the rivals by name |
//! | [`record`] | the result of one run of one side |
//! | [`cli`] | the command line of `rival` |
//! | [`quiet`] | a rival's panic as a value |
//! | [`process`] | running a side as a process of its own, with a time limit |
//!
//! The code for the rivals is in `src/bin/rival/` and `src/bin/rival-traceforge/`, one rival a
//! file. It is written as the rival's own documentation writes such programs, with its best
//! settings; each file says what was chosen and why. Programs that a rival cannot express are
//! reported as unsupported, and never silently replaced by something else.

pub mod cli;
pub mod family;
pub mod process;
pub mod quiet;
pub mod record;
pub mod tool;
