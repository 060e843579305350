//! The forms in which a trace can be drawn, by name: the one list that commands, tests and docs
//! read.
//!
//! To add a form, write a pure function of a [`Trace`] in a file beside this one. Add a variant of
//! [`Format`] and its row in each method below, which the compiler names. Then check its drawings
//! of the kernels of `checker/tests/golden`, keep them, and add its line to the README's table.

use std::slice;

use super::{
    Look, Sources, dot, github, go_dump, json, lanes, list, mermaid, sarif, snippet, states, table,
};
use crate::explain::{StateGraph, Trace};

/// A form in which a trace can be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people, laid out by the [`Layout`].
    Human,
    /// One JSON object.
    Json,
    /// A JSON object for each step.
    Ndjson,
    /// A sequence diagram for Mermaid.
    Mermaid,
    /// The wait-for graph, for Graphviz.
    Dot,
    /// A goroutine dump like that of Go's runtime.
    Go,
    /// An error for GitHub's annotations.
    Github,
    /// A log for code scanning, SARIF 2.1.0.
    Sarif,
    /// A picture with a lane for each goroutine.
    Svg,
    /// A picture of all states, which the context has.
    SvgStates,
}

/// The layout of a trace for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Layout {
    /// A table if there is room for it, otherwise a list.
    #[default]
    Auto,
    /// A column for each goroutine.
    Table,
    /// A line for each step.
    List,
    /// The source, with labels.
    Source,
}

/// The settings of a drawing besides the trace.
#[derive(Debug, Default)]
pub struct Context {
    /// Width, colour and the like.
    pub look: Look,
    /// The layout for people.
    pub layout: Layout,
    /// The source files that the trace mentions, for [`Layout::Source`].
    pub sources: Sources,
    /// The states of the program, for [`Format::SvgStates`], which draws nothing without them.
    pub graph: Option<StateGraph>,
}

impl Layout {
    /// All layouts.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Table, Self::List, Self::Source];

    /// Returns the name by which it is selected.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Table => "table",
            Self::List => "list",
            Self::Source => "source",
        }
    }

    /// Returns its description in a few words.
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
    /// All formats.
    pub const ALL: [Self; 10] = [
        Self::Human,
        Self::Json,
        Self::Ndjson,
        Self::Mermaid,
        Self::Dot,
        Self::Go,
        Self::Github,
        Self::Sarif,
        Self::Svg,
        Self::SvgStates,
    ];

    /// Returns the name by which it is selected.
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
            Self::Svg => "svg",
            Self::SvgStates => "svg-states",
        }
    }

    /// Returns its description in a few words.
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
            Self::Svg => "A picture with a lane for each goroutine",
            Self::SvgStates => "A picture of all states, with the point of no return",
        }
    }

    /// Draws a trace.
    #[must_use]
    pub fn render(self, trace: &Trace, context: &Context) -> String {
        let look = &context.look;
        match self {
            Self::Human => match context.layout {
                Layout::List => list::render(trace, look),
                // A table without enough room becomes a list.
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
            Self::Svg => lanes::render(trace),
            Self::SvgStates => context
                .graph
                .as_ref()
                .map_or_else(String::new, states::render),
        }
    }
}
