//! An execution, drawn in the form that was asked for.

use gordian_checker::catalogue::Variant;
use gordian_checker::explain::Trace;
use gordian_checker::render::{
    self, Sources, dot, github, go_dump, json, list, mermaid, sarif, snippet, table,
};

use super::args::{Layout, ShowArgs, TraceFormat};
use super::failure::Failure;
use super::{Session, links};

impl ShowArgs {
    /// The form that was asked for.
    pub(crate) fn form(&self) -> TraceFormat {
        if self.json {
            TraceFormat::Json
        } else {
            self.format
        }
    }

    /// Whether people are to read it.
    pub(crate) fn is_human(&self) -> bool {
        self.form() == TraceFormat::Human
    }
}

impl Session<'_> {
    /// How the library's renderings are to look.
    pub(crate) fn report_look(&self, all: bool) -> render::Look {
        render::Look {
            width: self.look.width,
            ascii: self.look.ascii,
            colour: self.look.colour,
            all,
            program: self.program.clone(),
        }
    }

    /// The text, on a terminal with links to the source, if it is of one file.
    fn linked(&self, text: String, files: &[&str]) -> String {
        match files {
            [file] if self.look.links => links::link(&text, file),
            _ => text,
        }
    }
}

/// Draws an execution of a variant.
pub(crate) fn draw(
    session: &mut Session<'_>,
    trace: &Trace,
    variant: &Variant,
    show: &ShowArgs,
) -> Result<(), Failure> {
    let look = session.report_look(show.all);
    let text = match show.form() {
        TraceFormat::Human => {
            let text = match show.layout {
                Layout::List => list::render(trace, &look),
                Layout::Auto if look.width < render::Look::TABLE_MIN => list::render(trace, &look),
                Layout::Auto | Layout::Table => table::render(trace, &look),
                Layout::Source => snippet::render(trace, &sources(variant), &look),
            };
            session.linked(text, &trace.files())
        }
        TraceFormat::Json => json::render(trace),
        TraceFormat::Ndjson => json::events(trace),
        TraceFormat::Mermaid => mermaid::render(trace),
        TraceFormat::Dot => dot::render(trace),
        TraceFormat::Go => go_dump::render(trace),
        TraceFormat::Github => github::render(trace),
        TraceFormat::Sarif => sarif::render(std::slice::from_ref(trace)),
    };
    session.out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        writeln!(session.out)?;
    }
    Ok(())
}

fn sources(variant: &Variant) -> Sources {
    let mut sources = Sources::new();
    sources.add(variant.file, variant.source);
    sources
}
