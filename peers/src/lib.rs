//! The same programs written for other model checkers, and a comparison with Gordian.
//!
//! Two programs are for people: `rival` runs one rival once, `compare` measures Gordian against
//! them. Every run is a process of its own, so no side finds caches, pools or a heap that another
//! has warmed.
//!
//! ```text
//! cargo build --release
//! cargo build --release -p gordian-peers
//! target/release/rival traceforge philosophers-ordered 14
//! target/release/compare --runs 5
//! ```
//!
//! | module | what is in it |
//! |---|---|
//! | [`family`] | the programs by name and size: philosophers, fan-in and others |
//! | [`tool`] | the rivals by name |
//! | [`record`] | what one run of one side came to |
//! | [`cli`] | the command line of `rival` |
//! | [`quiet`] | a rival's panic as a value |
//! | [`process`] | running a side as a process of its own, with a time limit |
//!
//! What is written for a rival is in `src/bin/rival/` and `src/bin/rival-traceforge/`, one rival a
//! file, the way its own documentation writes such programs, with its best settings; each file
//! says what was chosen and why. What a rival cannot express is reported as unsupported and never
//! replaced by something else in silence.

pub mod cli;
pub mod family;
pub mod process;
pub mod quiet;
pub mod record;
pub mod tool;
