//! An execution, drawn in the form that was asked for.

use gordian_checker::report::{self, Trace, list};

use super::Session;
use super::args::{ShowArgs, TraceFormat};
use super::failure::Failure;

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

/// Draws an execution.
pub(crate) fn draw(
    session: &mut Session<'_>,
    trace: &Trace,
    show: &ShowArgs,
) -> Result<(), Failure> {
    let look = report::Look {
        width: session.look.width,
        ascii: session.look.ascii,
        colour: session.look.colour,
        all: show.all,
    };
    let text = match show.form() {
        TraceFormat::Human => with_program(&list::render(trace, &look), &session.program),
        TraceFormat::Json => serde_json::to_string(trace).map_err(std::io::Error::from)? + "\n",
    };
    session.out.write_all(text.as_bytes())?;
    Ok(())
}

/// The commands that are shown are those of this program, which may be another one with a catalogue of its own.
fn with_program(text: &str, program: &str) -> String {
    if program == "gordian" {
        return text.to_owned();
    }
    let commands = ["replay", "step", "why"];
    commands.iter().fold(text.to_owned(), |text, command| {
        text.replace(
            &format!("gordian {command} "),
            &format!("{program} {command} "),
        )
    })
}
