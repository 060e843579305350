//! `step`: the user is the scheduler.
//!
//! Lines are read from standard input, from a terminal or not, so that a session can be kept in a
//! file and replayed. At a terminal they can be edited, and earlier ones come back.

mod command;
mod input;
mod view;

use gordian_checker::execution::escape::visible;
use gordian_checker::execution::escape::visible_lines;
use gordian_checker::execution::words;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::Step;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use gordian_checker::catalogue::TimerRules;
use gordian_checker::explore::Limits;
use gordian_checker::explore::Meter;
use gordian_checker::explore::Watch;
use gordian_checker::model::Fault;
use gordian_checker::render::commands::command;
use gordian_checker::render::commands::shell_word;
use gordian_checker::session::{NoMove, Session};

use super::args::StepArgs;
use super::exit;
use super::failure::Failure;
use super::memory::Memory;
use super::stored::Stored;
use super::supervise::supervise;
use super::target::{self, Target};
use super::terminal::Terminal;
use crate::cli;
use command::Command;
use input::{Input, Typed};

pub(crate) fn step(session: &mut cli::Session<'_>, args: &StepArgs) -> Result<u8, Failure> {
    let target = target::one(session, &args.kernel, args.variant.as_deref(), &args.target)?;
    let repl = Repl {
        timers: args.timers.of(&target),
        target,
        terminal: session.terminal,
        quiet: session.quiet,
        program: session.program.clone(),
        misread: 0,
        asked: None,
    };
    let reach_max = args.reach_max;
    let limits = Limits {
        memory_max: Memory::or_half(args.memory_max),
        ..Limits::default()
    };
    let watch: Arc<Watch> = Arc::default();
    let of_search = watch.clone();
    supervise(
        &watch,
        args.stall_max.0,
        |_| (),
        move || repl.run(reach_max, &Meter::new(limits, of_search)),
    )?
}

/// Takes the only choice, until there are several or none.
fn go(game: &mut Session) -> Result<Reply, Fault> {
    let steps = game.to_choice()?;
    if !steps.is_empty() {
        return Ok(Reply::Moved(steps));
    }
    let choices: Vec<String> = game.moves().into_iter().map(|it| it.choice).collect();
    Ok(Reply::Said(match choices.len() {
        0 => "  nobody can move".to_owned(),
        _ => format!("  there is a choice here: {}", choices.join(", ")),
    }))
}

/// Returns the reply to a move.
fn moved(step: Result<Step, NoMove>) -> Result<Reply, Fault> {
    match step {
        Ok(step) => Ok(Reply::Moved(vec![step])),
        Err(NoMove::Fault(fault)) => Err(fault),
        Err(why) => Ok(Reply::Misread(view::no_move(why))),
    }
}

/// The session of one user.
struct Repl {
    target: Target,
    timers: TimerRules,
    terminal: Terminal,
    quiet: bool,
    /// The name of the program in the commands that are shown.
    program: String,
    /// The number of lines that made no sense.
    misread: usize,
    /// The file that is there already, and is replaced if the next line says so.
    asked: Option<String>,
}

/// The result of a command.
enum Reply {
    /// A text to print; nothing has changed.
    Said(String),
    /// The point has changed and has to be drawn, after the steps of the move.
    Moved(Vec<Step>),
    /// The line made no sense, for this reason.
    Misread(String),
    Leave,
}

impl Repl {
    fn run(mut self, reach_max: usize, meter: &Meter) -> Result<u8, Failure> {
        let fault = |fault: Fault| Failure::NoAnswer(words::fault(&fault));
        let subject = self.target.subject();
        let mut game =
            Session::of(subject.as_ref(), self.timers, reach_max, meter).map_err(fault)?;
        let mut out = io::stdout();
        writeln!(
            out,
            "{} ({}), {}",
            visible(self.target.name()),
            self.target.form(),
            visible(self.target.file())
        )?;
        if !self.quiet {
            writeln!(out, "you are the scheduler; `help` tells what can be typed")?;
        }
        let trace = self.shown(&mut game).map_err(fault)?;
        self.draw(&mut out, &trace, &game)?;
        let mut input = Input::new();
        loop {
            let line = match input.line(&mut out)? {
                Typed::Line(line) => line,
                Typed::End => break,
                Typed::Interrupt => return Ok(exit::NO_ANSWER),
            };
            match self.answer(&mut game, &line).map_err(fault)? {
                Reply::Said(text) => writeln!(out, "{text}")?,
                Reply::Moved(steps) => {
                    let trace = self.shown(&mut game).map_err(fault)?;
                    // The same steps as in the trace, in which names are fit to be shown.
                    let moved = &trace.steps[trace.steps.len() - steps.len()..];
                    for line in moved
                        .iter()
                        .flat_map(|step| view::step_lines(&self.terminal, &trace, step))
                    {
                        writeln!(out, "{line}")?;
                    }
                    self.draw(&mut out, &trace, &game)?;
                }
                Reply::Misread(text) => {
                    self.misread += 1;
                    writeln!(out, "  {}", visible_lines(&text))?;
                }
                Reply::Leave => break,
            }
        }
        out.flush()?;
        // Nobody has answered.
        self.misread += usize::from(self.asked.is_some());
        // A person has seen the errors; the player of a file needs the exit code.
        let failed = self.misread > 0 && !input.is_interactive();
        Ok(if failed {
            exit::USAGE
        } else {
            exit::AS_EXPECTED
        })
    }

    fn draw(&self, out: &mut dyn Write, trace: &Trace, game: &Session) -> io::Result<()> {
        let sources = self.target.sources(&trace.files());
        view::draw(out, &self.terminal, (trace, &sources), game)
    }

    /// Returns the trace of the point that is looked at, to be shown.
    fn shown(&self, game: &mut Session) -> Result<Trace, Fault> {
        let mut trace = game.trace()?.for_people();
        self.target.tell_apart(&mut trace);
        Ok(trace)
    }

    fn answer(&mut self, game: &mut Session, line: &str) -> Result<Reply, Fault> {
        if let Some(path) = self.asked.take() {
            match line.trim() {
                "y" | "yes" => return Ok(self.save(game, &path)),
                "n" | "no" => return Ok(Reply::Said("  not stored".to_owned())),
                _ => {}
            }
        }
        Ok(match Command::parse(line) {
            Err(what) => Reply::Misread(what),
            Ok(Command::Look) => Reply::Moved(Vec::new()),
            Ok(Command::Only) => match &game.moves()[..] {
                [only] => moved(game.forward(&only.choice))?,
                _ => Reply::Moved(Vec::new()),
            },
            Ok(Command::Leave) => Reply::Leave,
            Ok(Command::Help) => Reply::Said(command::HELP.to_owned()),
            Ok(Command::Schedule) => Reply::Said(format!("  {}", game.schedule())),
            Ok(Command::Hint) => Reply::Said(view::hint(&self.terminal, game)?),
            Ok(Command::Go) => return go(game),
            Ok(Command::Undo) if game.back() => Reply::Moved(Vec::new()),
            Ok(Command::Undo) => Reply::Misread("this is the start".to_owned()),
            Ok(Command::Redo) => {
                let next = game.at() + 1;
                if next > game.last() {
                    return Ok(Reply::Misread("there is nothing to redo".to_owned()));
                }
                self.jump(game, next)
            }
            Ok(Command::Jump(to)) => self.jump(game, to),
            Ok(Command::Save(path)) if Path::new(&path).exists() => {
                let text = format!(
                    "  {} is there already; replace it? yes or no",
                    visible(&path)
                );
                self.asked = Some(path);
                Reply::Said(text)
            }
            Ok(Command::Save(path)) => self.save(game, &path),
            Ok(Command::Show) => match game.to_bad_end()? {
                Some(moves) => Reply::Moved(moves),
                None => Reply::Said(format!("  {}", view::ahead(game))),
            },
            Ok(Command::Move(who)) => moved(game.forward(&who))?,
        })
    }

    fn jump(&self, game: &mut Session, to: usize) -> Reply {
        if game.jump(to) {
            return Reply::Moved(Vec::new());
        }
        Reply::Misread(format!(
            "there is no step {to}: {} so far",
            super::terminal::count(game.last(), "step")
        ))
    }

    fn save(&self, game: &Session, path: &str) -> Reply {
        let stored = Stored::new(&self.target, self.timers, game.schedule());
        match stored.save(Path::new(path)) {
            Ok(()) => {
                let option = format!("--schedule {}", shell_word(&format!("@{path}")));
                let words = [shell_word(&self.program), "replay".to_owned(), option];
                let lines = command(&words, self.terminal.width.saturating_sub(4));
                Reply::Said(format!(
                    "  stored in {}; it is played again by\n    {}",
                    visible(path),
                    lines.join("\n    ")
                ))
            }
            Err(failure) => Reply::Misread(failure.to_string()),
        }
    }
}
