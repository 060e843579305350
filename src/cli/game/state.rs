//! The game: the execution so far, and what each key does.

use std::sync::Arc;

use gordian_checker::catalogue::{TimerRules, VariantKind};
use gordian_checker::execution::escape::visible;
use gordian_checker::explore::outlook::Outlook;
use gordian_checker::explore::reach::Ahead;
use gordian_checker::explore::{Limits, Meter, Watch};
use gordian_checker::model::Fault;
use gordian_checker::render::commands::{command, shell_word};
use gordian_checker::render::{Look, compare_text};
use gordian_checker::session::{NoMove, Session};

use super::view::View;
use crate::cli::args::TimersArgs;
use crate::cli::point::{is_bad_end, score};
use crate::cli::target::Target;
use crate::cli::terminal::{Terminal, thousands};
use crate::cli::why;

/// The settings of a game.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) timers: TimersArgs,
    pub(super) reach_max: usize,
    pub(super) limits: Limits,
    pub(super) watch: Arc<Watch>,
    pub(super) terminal: Terminal,
    /// The name of the program in the commands that are shown.
    pub(super) program: String,
}

impl Setting {
    fn timers(&self, target: &Target) -> TimerRules {
        self.timers.of(target)
    }

    fn session(&self, target: &Target) -> Result<Session, Fault> {
        let meter = Meter::new(self.limits.clone(), self.watch.clone());
        let subject = target.subject();
        Session::of(
            subject.as_ref(),
            self.timers(target),
            self.reach_max,
            &meter,
        )
    }
}

/// The meaning of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Key {
    Up,
    Down,
    PageUp,
    PageDown,
    /// Take the selected choice.
    Take,
    /// Take the choice of this number, from 1.
    Number(usize),
    Undo,
    Redo,
    /// Go to the start.
    Start,
    /// Go to the last point, steps that were undone included.
    End,
    /// Take the only choice, up to the next point that has several.
    Go,
    Hints,
    /// Play a shortest way to a bad end.
    Show,
    /// Play the other variant.
    Other,
    /// Explain why the fix works.
    Why,
    Help,
    /// Close what is open, or leave.
    Back,
    Leave,
    Nothing,
}

/// A text that covers the game until a key closes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Page {
    pub(super) title: &'static str,
    pub(super) lines: Vec<String>,
    /// The number of lines above the first one that is shown.
    pub(super) scroll: usize,
}

/// A game.
pub(super) struct Game {
    pub(super) setting: Setting,
    pub(super) target: Target,
    pub(super) session: Session,
    pub(super) selected: usize,
    pub(super) hints: bool,
    /// True once hints or a way were asked for, which the score then says.
    pub(super) helped: bool,
    pub(super) page: Option<Page>,
    pub(super) message: String,
}

impl Game {
    pub(super) fn new(setting: Setting, target: Target) -> Result<Self, Fault> {
        Ok(Self {
            session: setting.session(&target)?,
            setting,
            target,
            selected: 0,
            hints: false,
            helped: false,
            page: None,
            message: String::new(),
        })
    }

    /// Returns what is to be seen.
    pub(super) fn view(&mut self) -> Result<View, Fault> {
        View::of(self)
    }

    /// Does what a key means. Returns false if the game is over.
    pub(super) fn press(&mut self, key: Key) -> Result<bool, Fault> {
        if let Some(page) = &mut self.page {
            match key {
                Key::Up => page.scroll = page.scroll.saturating_sub(1),
                Key::Down => page.scroll += 1,
                Key::PageUp => page.scroll = page.scroll.saturating_sub(10),
                Key::PageDown => page.scroll += 10,
                Key::Leave => return Ok(false),
                Key::Nothing => {}
                _ => self.page = None,
            }
            if let Some(page) = &mut self.page {
                page.scroll = page.scroll.min(page.lines.len().saturating_sub(1));
            }
            return Ok(true);
        }
        self.message.clear();
        let choices = self.session.moves().len();
        match key {
            Key::Up => self.selected = (self.selected + choices.max(1) - 1) % choices.max(1),
            Key::Down => self.selected = (self.selected + 1) % choices.max(1),
            Key::Take => self.take(self.selected)?,
            Key::Number(number) => self.take(number - 1)?,
            Key::Undo => self.jump(self.session.at().checked_sub(1), "this is the start"),
            Key::Redo => self.jump(Some(self.session.at() + 1), "there is nothing to redo"),
            Key::Start => self.jump(Some(0), ""),
            Key::End => self.jump(Some(self.session.last()), ""),
            Key::Go => self.go()?,
            Key::Hints => {
                self.hints = !self.hints;
                self.helped |= self.hints;
            }
            Key::Show => self.show()?,
            Key::Other => self.other()?,
            Key::Why => self.why()?,
            Key::Help => self.page = Some(help()),
            Key::Back | Key::Leave => return Ok(false),
            Key::PageUp | Key::PageDown | Key::Nothing => {}
        }
        Ok(true)
    }

    /// Takes the choice at this index.
    fn take(&mut self, index: usize) -> Result<(), Fault> {
        let moves = self.session.moves();
        let Some(chosen) = moves.get(index) else {
            self.message = match moves.len() {
                0 => "nobody can move; u takes a step back".to_owned(),
                1 => "there is one choice".to_owned(),
                many => format!("there are {many} choices"),
            };
            return Ok(());
        };
        match self.session.forward(&chosen.choice) {
            Ok(_) => self.selected = 0,
            Err(NoMove::Fault(fault)) => return Err(fault),
            Err(why) => self.message = why.to_string(),
        }
        Ok(())
    }

    fn jump(&mut self, to: Option<usize>, otherwise: &str) {
        match to.is_some_and(|to| self.session.jump(to)) {
            true => self.selected = 0,
            false => self.message = otherwise.to_owned(),
        }
    }

    fn go(&mut self) -> Result<(), Fault> {
        if !self.session.to_choice()?.is_empty() {
            self.selected = 0;
            return Ok(());
        }
        self.message = match self.session.moves().len() {
            0 => "nobody can move; u takes a step back",
            _ => "here is a choice, and it is yours",
        }
        .to_owned();
        Ok(())
    }

    fn show(&mut self) -> Result<(), Fault> {
        match self.session.to_bad_end()? {
            Some(steps) => {
                self.helped |= !steps.is_empty();
                self.selected = 0;
            }
            None if self.session.ahead() == Ahead::Nothing => {
                self.message = "no bad end can be reached from here".to_owned();
            }
            None => self.message = "no way to a bad end is known from here".to_owned(),
        }
        Ok(())
    }

    /// Returns both variants, if the target is one of two.
    fn variants(&self) -> Option<[Target; 2]> {
        match &self.target {
            Target::Kernel(kernel, _) => {
                Some(VariantKind::ALL.map(|form| Target::Kernel(kernel.clone(), form)))
            }
            #[cfg(feature = "go")]
            Target::Go(_) => None,
        }
    }

    /// Returns the variant that is not played.
    pub(super) fn other_variant(&self) -> Option<Target> {
        let mut others = self.variants()?.into_iter();
        others.find(|target| target.form() != self.target.form())
    }

    fn other(&mut self) -> Result<(), Fault> {
        match self.other_variant() {
            Some(target) => *self = Self::new(self.setting.clone(), target)?,
            None => self.message = "this program has no other variant".to_owned(),
        }
        Ok(())
    }

    /// Opens the explanation of the fix: what `why` prints.
    fn why(&mut self) -> Result<(), Fault> {
        let Some([buggy, fixed]) = self.variants() else {
            self.message = "this program has no fix to be explained".to_owned();
            return Ok(());
        };
        let mut bug = self.setting.session(&buggy)?;
        let after = self.setting.session(&fixed)?;
        let proved = after.reach().is_complete() && after.outlook() == Outlook::Safe;
        if bug.to_bad_end()?.is_none() || !proved {
            self.message = "not all states were looked at, so nothing is proved".to_owned();
            return Ok(());
        }
        let timers = self.setting.timers(&buggy);
        let trace = buggy.named(bug.trace()?.clone(), timers);
        let states = thousands(after.reach().states() as u64);
        let both = [&buggy, &fixed].map(|target| (target, self.setting.timers(target)));
        let why = why::build(&trace, both, &format!("proved, {states} states"))?;
        let look = Look {
            colour: false,
            ..self.setting.terminal.look(false, &self.setting.program)
        };
        let text = compare_text::render(&why, &look);
        self.page = Some(Page {
            title: "why the fix works",
            lines: text.lines().map(str::to_owned).collect(),
            scroll: 0,
        });
        Ok(())
    }

    /// Returns what is left of the game on the terminal when it is over: the score, and a command
    /// that plays the same again.
    pub(super) fn summary(&self) -> String {
        if self.session.at() == 0 {
            return String::new();
        }
        let name = visible(self.target.name());
        let end = match is_bad_end(&self.session) {
            true => score(&self.session),
            false => format!("after step {}, not at a bad end", self.session.at()),
        };
        let helped = if self.helped { ", with help" } else { "" };
        let mut words = vec![shell_word(&self.setting.program), "replay".to_owned()];
        words.push(shell_word(self.target.name()));
        words.push(format!("--variant {}", shell_word(&self.target.form())));
        words.push(format!(
            "--schedule {}",
            shell_word(&self.session.schedule())
        ));
        let lines = command(&words, self.setting.terminal.width - 2);
        let form = self.target.form();
        format!("{name} ({form}): {end}{helped}\n  {}\n", lines.join("\n  "))
    }
}

fn help() -> Page {
    let lines = HELP.lines().map(str::to_owned).collect();
    Page {
        title: "keys",
        lines,
        scroll: 0,
    }
}

/// The help on the keys, and on the game.
const HELP: &str = "\
You are the scheduler: at each point you choose who moves. The goal is a bad
end: a goroutine that can never move again, or a panic. Few moves are better.

  1 to 9        take that choice
  up, down      select a choice        enter   take it
  u, left       a step back            r, right   a step forward
  0             to the start
  g             take the only choice, up to the next point that has several
  h             hints: after which choices a bad end can still be reached
  s             play a shortest way to a bad end from here
  f             the other variant, buggy or fixed
  w             why the fix works
  q, escape     leave

The line under the goal says what can still come: a bad end can be reached, or
is certain, or cannot be reached any more. It knows because all states were
looked at before the game. The last two are points of no return.

Where somebody cannot move, the reason stands beside. A line of the source
stands under each goroutine, in parentheses if the end of a critical section
is meant and the line is that where it begins.";
