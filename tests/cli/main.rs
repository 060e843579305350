//! The command line: its output and its exit codes.

mod baseline;
mod check;
mod checkpoint;
mod checkpoint_mismatch;
mod docs;
mod go;
mod go_large;
mod go_time;
mod hostile;
mod learn;
mod look;
mod misuse;
mod page_session;
mod parts;
mod paste;
mod paths;
mod replay;
mod report;
mod run;
#[path = "../support/schema.rs"]
mod schema;
mod shards;
mod step;
mod streams;
mod stuck;
mod support;
mod timers;
mod twin;
mod yardstick;
