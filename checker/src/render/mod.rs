//! Draws a [`Trace`](crate::explain::Trace): pure functions, one form a file.
//!
//! [`text`] has what the forms for people share.

pub mod commands;
pub mod text;

pub mod list;
pub mod table;

pub mod snippet;
pub mod sources;

pub mod compare_text;

mod format;

pub mod dot;
pub mod github;
pub mod go_dump;
pub mod json;
pub mod junit;
pub mod mermaid;
pub mod sarif;

pub use format::{Context, Format, Layout};
pub use sources::Sources;
pub use text::Look;
