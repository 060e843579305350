//! `step`: the user is the scheduler.
//!
//! Lines are read from standard input, from a terminal or not, so that a session can be kept in a
//! file and replayed.

mod command;
mod view;

use gordian_checker::execution::escape::visible;
use gordian_checker::execution::escape::visible_lines;
use gordian_checker::execution::words;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::Step;
use std::io::{self, BufRead, IsTerminal, Write};
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
use super::stored::Stored;
use super::supervise::supervise;
use super::target::{self, Target};
use super::terminal::Terminal;
use crate::cli;
use command::Command;

pub(crate) fn step(session: &mut cli::Session<'_>, args: &StepArgs) -> Result<u8, Failure> {
    let target = target::one(session, &args.kernel, args.variant.as_deref(), &args.target)?;
    let repl = Repl {
        timers: args.timers.of(&target),
        target,
        terminal: session.terminal,
        interactive: io::stdin().is_terminal(),
        quiet: session.quiet,
        program: session.program.clone(),
        misread: 0,
    };
    let reach_max = args.reach_max;
    let limits = Limits {
        memory_max: args.memory_max.0,
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

/// Returns the next line, without its end, or `None` at the end of what there is. What is no UTF-8
/// is read as far as it can be: it will make no sense, which is said, and the session goes on.
fn read_line(input: &mut impl BufRead) -> Result<Option<String>, Failure> {
    let mut bytes = Vec::new();
    let read = input
        .read_until(b'\n', &mut bytes)
        .map_err(|error| Failure::Usage(format!("cannot read the next line: {error}")))?;
    let line = String::from_utf8_lossy(&bytes);
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Most steps that are taken at once where there is no choice.
const FORCED_MAX: usize = 1000;

/// Takes the only choice, until there are several or none.
fn go(game: &mut Session) -> Result<Reply, Fault> {
    let mut steps = Vec::new();
    while steps.len() < FORCED_MAX {
        let choices = game.moves();
        let [only] = &choices[..] else { break };
        match game.forward(&only.choice) {
            Ok(step) => steps.push(step),
            Err(NoMove::Fault(fault)) => return Err(fault),
            Err(why) => return Ok(Reply::Misread(view::no_move(why))),
        }
    }
    if !steps.is_empty() {
        return Ok(Reply::Moved(steps));
    }
    let choices: Vec<String> = game.moves().into_iter().map(|it| it.choice).collect();
    Ok(Reply::Said(match choices.len() {
        0 => "  nobody can move".to_owned(),
        _ => format!("  there is a choice here: {}", choices.join(", ")),
    }))
}

/// The session of one user.
struct Repl {
    target: Target,
    timers: TimerRules,
    terminal: Terminal,
    /// True if the input is a terminal. Otherwise the lines are printed after the prompt, so that
    /// the output reads like a session.
    interactive: bool,
    quiet: bool,
    /// The name of the program in the commands that are shown.
    program: String,
    /// The number of lines that made no sense.
    misread: usize,
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
        view::draw(
            &mut out,
            &self.terminal,
            &self.shown(&mut game).map_err(fault)?,
            &game,
        )?;
        let mut input = io::stdin().lock();
        loop {
            write!(out, "> ")?;
            out.flush()?;
            let Some(line) = read_line(&mut input)? else {
                writeln!(out)?;
                break;
            };
            if !self.interactive {
                writeln!(out, "{}", visible(&line))?;
            }
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
                    view::draw(&mut out, &self.terminal, &trace, &game)?;
                }
                Reply::Misread(text) => {
                    self.misread += 1;
                    writeln!(out, "  {}", visible_lines(&text))?;
                }
                Reply::Leave => break,
            }
        }
        out.flush()?;
        // A person has seen the errors; the player of a file needs the exit code.
        let failed = self.misread > 0 && !self.interactive;
        Ok(if failed {
            exit::USAGE
        } else {
            exit::AS_EXPECTED
        })
    }

    /// Returns the trace of the point that is looked at, to be shown.
    fn shown(&self, game: &mut Session) -> Result<Trace, Fault> {
        let mut trace = game.trace()?.for_people();
        self.target.tell_apart(&mut trace);
        Ok(trace)
    }

    fn answer(&self, game: &mut Session, line: &str) -> Result<Reply, Fault> {
        Ok(match Command::parse(line) {
            Err(what) => Reply::Misread(what),
            Ok(Command::Look) => Reply::Moved(Vec::new()),
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
            Ok(Command::Save(path)) => self.save(game, &path),
            Ok(Command::Show) => match game.to_bad_end()? {
                Some(moves) => Reply::Moved(moves),
                None => Reply::Said(format!("  {}", view::ahead(game))),
            },
            Ok(Command::Move(who)) => match game.forward(&who) {
                Ok(step) => Reply::Moved(vec![step]),
                Err(NoMove::Fault(fault)) => return Err(fault),
                Err(why) => Reply::Misread(view::no_move(why)),
            },
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
