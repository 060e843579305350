//! The lines of a session.

use std::io::{self, BufRead, IsTerminal, StdinLock, Write};

use gordian_checker::execution::escape::visible;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::cli::failure::Failure;

const PROMPT: &str = "> ";

/// The source of the lines.
pub(super) enum Input {
    /// A person at a terminal: lines can be edited, and the earlier ones come back with Up.
    Terminal(Box<DefaultEditor>),
    /// A file, or a terminal whose output goes elsewhere.
    Plain(StdinLock<'static>),
}

/// A thing that was typed.
pub(super) enum Typed {
    /// A line, without its end.
    Line(String),
    /// There is no more.
    End,
    /// Ctrl-C, which the editor takes for itself.
    Interrupt,
}

impl Input {
    pub(super) fn new() -> Self {
        let edits = io::stdin().is_terminal() && io::stdout().is_terminal();
        match DefaultEditor::new() {
            Ok(editor) if edits => Self::Terminal(Box::new(editor)),
            Ok(_) | Err(_) => Self::Plain(io::stdin().lock()),
        }
    }

    /// Returns true if a person types.
    pub(super) fn is_interactive(&self) -> bool {
        io::stdin().is_terminal()
    }

    /// Prompts for a line and reads it.
    pub(super) fn line(&mut self, out: &mut impl Write) -> Result<Typed, Failure> {
        match self {
            Self::Terminal(editor) => edited(editor),
            Self::Plain(input) => plain(input, out),
        }
    }
}

fn cannot_read(error: impl std::fmt::Display) -> Failure {
    Failure::Usage(format!("cannot read the next line: {error}"))
}

fn edited(editor: &mut DefaultEditor) -> Result<Typed, Failure> {
    match editor.readline(PROMPT) {
        Ok(line) => {
            editor.add_history_entry(&line).map_err(cannot_read)?;
            Ok(Typed::Line(line))
        }
        Err(ReadlineError::Eof) => Ok(Typed::End),
        Err(ReadlineError::Interrupted) => Ok(Typed::Interrupt),
        Err(error) => Err(cannot_read(error)),
    }
}

/// Reads a line that is not UTF-8 as far as it can be. It makes no sense, which is reported, and
/// the session goes on. Where nobody types, the line is printed after the prompt. So the output
/// reads like a session.
fn plain(input: &mut impl BufRead, out: &mut impl Write) -> Result<Typed, Failure> {
    write!(out, "{PROMPT}")?;
    out.flush()?;
    let mut bytes = Vec::new();
    if input.read_until(b'\n', &mut bytes).map_err(cannot_read)? == 0 {
        writeln!(out)?;
        return Ok(Typed::End);
    }
    let line = String::from_utf8_lossy(&bytes);
    let line = line.trim_end_matches(['\r', '\n']).to_owned();
    if !io::stdin().is_terminal() {
        writeln!(out, "{}", visible(&line))?;
    }
    Ok(Typed::Line(line))
}
