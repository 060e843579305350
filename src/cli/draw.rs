//! Draws an execution in the selected format.

use gordian_checker::execution::escape::visible;
use gordian_checker::explain::{StateGraph, Trace};
use gordian_checker::render::text::wrap;
use gordian_checker::render::{Context, Format, Look};

use super::args::ShowArgs;
use super::failure::Failure;
use super::target::Target;
use super::{Session, links};

impl ShowArgs {
    /// Returns the selected format.
    pub(crate) fn form(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }

    /// Returns true if the format shows all states, whatever was found.
    pub(crate) fn shows_states(&self) -> bool {
        self.form() == Format::SvgStates
    }

    /// Returns true if the output is for people.
    pub(crate) fn is_human(&self) -> bool {
        self.form() == Format::Human
    }
}

impl Session<'_> {
    /// Returns the look of the library's renderings.
    pub(crate) fn report_look(&self, all: bool) -> Look {
        self.terminal.look(all, &self.program)
    }

    /// Writes a text in lines that begin at this column, with a name before the first.
    pub(crate) fn write_under(
        &mut self,
        name: &str,
        indent: usize,
        text: &str,
    ) -> Result<(), Failure> {
        let look = self.report_look(false);
        let room = look.width.saturating_sub(indent).max(20);
        let column = indent - 2;
        for (index, text) in wrap(&visible(text), room).iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            writeln!(self.out, "  {name:column$}{text}")?;
        }
        Ok(())
    }

    /// Returns the text, on a terminal with links to the source, if it mentions only one file.
    fn linked(&self, text: String, files: &[&str]) -> String {
        match files {
            [file] if self.terminal.links => links::link(&text, file),
            _ => text,
        }
    }
}

/// Draws an execution of a target. `graph` has the states, if the format shows them.
pub(crate) fn draw(
    session: &mut Session<'_>,
    trace: &Trace,
    target: &Target,
    show: &ShowArgs,
    graph: Option<StateGraph>,
) -> Result<(), Failure> {
    let context = Context {
        look: session.report_look(show.all),
        layout: show.layout,
        sources: target.sources(&trace.files()),
        graph,
    };
    let text = show.form().render(trace, &context);
    let text = match show.is_human() {
        true => session.linked(text, &trace.files()),
        false => text,
    };
    session.out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        writeln!(session.out)?;
    }
    Ok(())
}
