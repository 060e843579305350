//! The forms in which a trace can be drawn, by name: the one list that commands, tests and docs
//! read.
//!
//! A new form is a file beside this one with a pure function of a [`Trace`], a variant of
//! [`Format`] and its row in each method below, which the compiler names. Its drawings of the
//! kernels of `checker/tests/printing` are then looked at and kept, and its line in the README's
//! table.

use std::slice;

use super::{Look, Sources, dot, github, go_dump, json, list, mermaid, sarif, snippet, table};
use crate::explain::Trace;

/// A form in which a trace can be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people, as the [`Layout`] says.
    Human,
    /// One JSON object.
    Json,
    /// A JSON object for each step.
    Ndjson,
    /// A sequence diagram for Mermaid.
    Mermaid,
    /// The wait-for graph, for Graphviz.
    Dot,
    /// A dump of goroutines as Go prints it.
    Go,
    /// An error for GitHub's annotations.
    Github,
    /// A log for code scanning, SARIF 2.1.0.
    Sarif,
}

/// How a trace is laid out for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Layout {
    /// A table, where there is room for it, else a list.
    #[default]
    Auto,
    /// A column for each goroutine.
    Table,
    /// A line for each step.
    List,
    /// On the source.
    Source,
}

/// What a drawing goes by besides the trace.
#[derive(Debug, Default)]
pub struct Context {
    /// Width, colour and the like.
    pub look: Look,
    /// How it is laid out for people.
    pub layout: Layout,
    /// The source files that the trace speaks of, for [`Layout::Source`].
    pub sources: Sources,
}

impl Layout {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Table, Self::List, Self::Source];

    /// The name under which it is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Table => "table",
            Self::List => "list",
            Self::Source => "source",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Auto => "A table, where there is room for it",
            Self::Table => "A column for each goroutine",
            Self::List => "A line for each step",
            Self::Source => "On the source",
        }
    }
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Human,
        Self::Json,
        Self::Ndjson,
        Self::Mermaid,
        Self::Dot,
        Self::Go,
        Self::Github,
        Self::Sarif,
    ];

    /// The name under which it is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Mermaid => "mermaid",
            Self::Dot => "dot",
            Self::Go => "go",
            Self::Github => "github",
            Self::Sarif => "sarif",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Human => "For people",
            Self::Json => "One JSON object",
            Self::Ndjson => "A JSON object for each step",
            Self::Mermaid => "A sequence diagram for Mermaid",
            Self::Dot => "Who waits for whom, for Graphviz",
            Self::Go => "A dump of goroutines as Go prints it",
            Self::Github => "An error for GitHub's annotations",
            Self::Sarif => "A log for code scanning",
        }
    }

    /// Draws a trace.
    #[must_use]
    pub fn render(self, trace: &Trace, context: &Context) -> String {
        let look = &context.look;
        match self {
            Self::Human => match context.layout {
                Layout::List => list::render(trace, look),
                // A table that finds no room is a list.
                Layout::Auto | Layout::Table => table::render(trace, look),
                Layout::Source => snippet::render(trace, &context.sources, look),
            },
            Self::Json => json::render(trace),
            Self::Ndjson => json::events(trace),
            Self::Mermaid => mermaid::render(trace),
            Self::Dot => dot::render(trace),
            Self::Go => go_dump::render(trace),
            Self::Github => github::render(trace),
            Self::Sarif => sarif::render(slice::from_ref(trace)),
        }
    }
}
