//! `play`: the user is the scheduler, on a full screen.
//!
//! `state` is the game: the execution so far, and what keys do. `view` says what is to be seen of
//! it, as a value. `draw` is a pure function of that value to the cells of a screen. `screen` is
//! the only part that touches the terminal.

mod draw;
mod screen;
mod state;
mod view;

use std::io::{self, IsTerminal, stdin, stdout};
use std::sync::Arc;

use gordian_checker::execution::words;
use gordian_checker::explore::{Limits, Watch};
use gordian_checker::model::Fault;
use gordian_checker::render::commands::shell_word;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use super::args::StepArgs;
use super::failure::Failure;
use super::memory::Memory;
use super::supervise::supervise;
use super::target;
use super::{Session, exit, signals};
use screen::Screen;
use state::{Game, Setting};

pub(crate) fn play(session: &mut Session<'_>, args: &StepArgs) -> Result<u8, Failure> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        let (program, kernel) = (&session.program, shell_word(&args.kernel));
        return Err(Failure::Usage(format!(
            "`play` needs a terminal; without one, `{program} step {kernel}` takes lines"
        )));
    }
    let target = target::one(session, &args.kernel, args.variant.as_deref(), &args.target)?;
    let watch: Arc<Watch> = Arc::default();
    let setting = Setting {
        timers: args.timers,
        reach_max: args.reach_max,
        limits: Limits {
            memory_max: Memory::or_half(args.memory_max),
            ..Limits::default()
        },
        watch: watch.clone(),
        terminal: session.terminal,
        program: session.program.clone(),
    };
    // The terminal is restored by this thread, which also sees a goroutine that never comes back.
    let _interruptible = signals::Guard::new(&watch);
    let screen = Screen::enter()?;
    let played = supervise(
        &watch,
        args.stall_max.0,
        |_| (),
        move || {
            let mut game = Game::new(setting, target).map_err(no_answer)?;
            run(&mut game)?;
            Ok::<_, Failure>(game.summary())
        },
    );
    drop(screen);
    session.out.write_all(played??.as_bytes())?;
    Ok(match signals::interrupted() {
        true => exit::NO_ANSWER,
        false => exit::AS_EXPECTED,
    })
}

fn no_answer(fault: Fault) -> Failure {
    Failure::NoAnswer(words::fault(&fault))
}

/// Draws the game and takes keys, until the user or a signal ends it.
fn run(game: &mut Game) -> Result<(), Failure> {
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    loop {
        let view = game.view().map_err(no_answer)?;
        terminal.draw(|frame| draw::draw(&view, frame.area(), frame.buffer_mut()))?;
        match screen::next_key()? {
            Some(key) if game.press(key).map_err(no_answer)? => {}
            Some(_) | None => return Ok(()),
        }
    }
}
