//! Draws a [`Trace`](crate::explain::Trace): pure functions, one form per file.
//!
//! [`text`] has the code that the forms for people share.

#![warn(clippy::wildcard_enum_match_arm)]

pub mod commands;
pub mod text;

mod diff_text;
mod objects;
mod reasons;
mod stored;

pub mod list;
pub mod table;

pub mod snippet;
pub mod sources;

pub mod compare_text;
pub mod twin_text;

pub mod fingerprint;
mod format;

pub mod dot;
pub mod github;
pub mod go_dump;
pub mod html;
pub mod json;
pub mod junit;
pub mod lanes;
pub mod mermaid;
pub mod sarif;
pub mod states;

pub use format::{Context, Format, Layout};
pub use sources::Sources;
pub use text::Look;
