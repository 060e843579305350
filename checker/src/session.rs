//! A session: somebody is the scheduler, and takes one step after another.
//!
//! Whoever shows it draws the [`Trace`] of the point that is looked at, offers the
//! [moves](Session::moves) there, and says what [can still come](Session::ahead). Nothing is
//! printed here: `gordian step` does, and whoever else shows a session.
//!
//! A page of `gordian report` has no program to run. It plays on the states of a
//! [`StateGraph`](crate::explain::StateGraph), which are those of a session: the same moves,
//! positions, contents, waits and ends. The test `page_session` compares them state by state.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::STACK_BYTES;
use crate::execution::escape::{visible, visible_lines};
use crate::execution::{schedule, words};
use crate::explain::trace::Step as TraceStep;
use crate::explain::{Releasers, Trace};
use crate::explore::outlook::Outlook;
use crate::explore::reach::{Ahead, Reach};
use crate::explore::{Cycle, Limits, Meter};
use crate::model::{Fault, GoroutineId, Program, Step, TimerRules, World};
use crate::subject::Subject;

/// An execution in the making: the points that it went through, and the one that is looked at.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::explain::trace::Ending;
/// use gordian::explore::reach::Ahead;
/// use gordian::sync::{go, mutex};
/// use gordian::Session;
///
/// let mut session = Session::new(|| {
///     let (a, b) = (mutex("a", ()), mutex("b", ()));
///     go("other", move || {
///         let of_b = b.lock();
///         let of_a = a.lock();
///         drop((of_a, of_b));
///     });
///     let of_a = a.lock();
///     let of_b = b.lock();
///     drop((of_a, of_b));
/// })?;
/// session.forward("main")?; // It starts the other one.
/// session.forward("main")?;
/// assert_eq!(session.moves()[1].words, "other lock b");
/// // Three steps are a deadlock: one more, of the other one.
/// assert!(matches!(session.ahead(), Ahead::Bad(way) if way.steps == 1));
/// session.forward("other")?;
/// assert_eq!(session.trace()?.end, Ending::Deadlock);
/// // After a step back main can go on, and nothing can go wrong any more.
/// session.back();
/// session.forward("main")?;
/// assert_eq!(session.ahead(), Ahead::Nothing);
/// assert_eq!(session.schedule(), "main*3");
/// # Ok::<(), gordian::session::NoMove>(())
/// ```
pub struct Session {
    program: Box<dyn Program>,
    reach: Reach,
    releasers: Releasers,
    /// The points: one more than steps.
    worlds: Vec<World>,
    steps: Vec<Step>,
    tokens: Vec<String>,
    at: usize,
    /// The trace of the point that is looked at, once somebody has asked for it.
    trace: Option<Trace>,
}

/// A step that can be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// The step.
    pub step: Step,
    /// The choice, as it is written in a schedule: `main+loop`.
    pub choice: String,
    /// The step in words: `main send ch, loop recv ch`.
    pub words: String,
}

/// Why no step was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoMove {
    /// Nothing is called so.
    Unknown {
        /// The choice that was asked for.
        choice: String,
        /// The choices that there are.
        enabled: Vec<String>,
    },
    /// The goroutine of this name cannot move.
    Blocked {
        /// The goroutine.
        name: String,
        /// The choices that there are.
        enabled: Vec<String>,
    },
    /// Several steps are meant.
    Ambiguous {
        /// The choice that was asked for.
        choice: String,
        /// The choices of these steps.
        ways: Vec<String>,
    },
    /// The program has a fault that is no behaviour of it.
    Fault(Fault),
}

impl fmt::Display for NoMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |choices: &[String]| match choices {
            [] => "nothing can".to_owned(),
            _ => format!("these can: {}", visible(&choices.join(", "))),
        };
        match self {
            Self::Unknown { choice, enabled } => {
                let choice = visible(choice);
                write!(
                    f,
                    "`{choice}` is no goroutine or choice; {}",
                    shown(enabled)
                )
            }
            Self::Blocked { name, enabled } => {
                write!(f, "{} cannot move now; {}", visible(name), shown(enabled))
            }
            Self::Ambiguous { choice, ways } => {
                let ways = visible(&ways.join(", "));
                write!(f, "`{}` can move in several ways: {ways}", visible(choice))
            }
            Self::Fault(fault) => f.write_str(&visible_lines(&words::fault(fault))),
        }
    }
}

impl std::error::Error for NoMove {}

impl From<Fault> for NoMove {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Session {
    /// The most states that [`Session::new`] explores to know what can come.
    pub const REACH_MAX: usize = 100_000;

    /// The most steps that [`Session::to_choice`] takes.
    pub const FORCED_MAX: usize = 1000;

    /// Makes a session at the start of a kernel, with the limits of a search and the default rules
    /// for timers.
    ///
    /// # Errors
    /// If the kernel has a fault.
    pub fn new(kernel: impl Fn() + 'static) -> Result<Self, Fault> {
        let meter = Meter::new(Limits::default(), Arc::default());
        Self::of(
            &Rc::new(kernel),
            TimerRules::default(),
            Self::REACH_MAX,
            &meter,
        )
    }

    /// Makes a session at the start of any subject. It looks at so many states to know what can
    /// come, as far as the meter allows.
    ///
    /// # Errors
    /// If the subject has a fault.
    pub fn of(
        subject: &dyn Subject,
        timers: TimerRules,
        reach_max: usize,
        meter: &Meter,
    ) -> Result<Self, Fault> {
        let mut program = subject.program_with(STACK_BYTES, timers);
        let reach = Reach::explore(program.as_mut(), reach_max, meter)?;
        let releasers = Releasers::collect(program.as_mut(), Releasers::STATES_MAX)?;
        let start = World::start(program.as_mut())?;
        Ok(Self {
            program,
            reach,
            releasers,
            worlds: vec![start],
            steps: Vec::new(),
            tokens: Vec::new(),
            at: 0,
            trace: None,
        })
    }

    /// Returns the state at the point that is looked at.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.worlds[self.at]
    }

    /// Returns the number of the point that is looked at: how many steps lead to it.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Returns the number of the last point: steps taken, undone ones included.
    #[must_use]
    pub fn last(&self) -> usize {
        self.steps.len()
    }

    /// Returns the states of the program that were explored.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Returns the steps that can be taken at the point that is looked at.
    #[must_use]
    pub fn moves(&self) -> Vec<Move> {
        let program = self.program.as_ref();
        let enabled = self.enabled();
        let choices = schedule::tokens(program, &enabled);
        let of = |(step, choice)| Move {
            step,
            choice,
            words: words::step(program, self.world(), step),
        };
        enabled.into_iter().zip(choices).map(of).collect()
    }

    fn enabled(&self) -> Vec<Step> {
        self.world().steps(self.program.as_ref())
    }

    /// Lets somebody move who is named as people name him: by a choice as in a schedule, by a
    /// goroutine's name, or by its number. What was undone before is forgotten. Returns the step
    /// that was taken.
    ///
    /// # Errors
    /// If no step, or more than one, is meant; or if the program has a fault.
    pub fn forward(&mut self, choice: &str) -> Result<TraceStep, NoMove> {
        let step = self.meant(choice)?;
        self.take(step)?;
        Ok(self.taken_since(self.at - 1)?.remove(0))
    }

    /// Returns the one step that is meant.
    fn meant(&self, choice: &str) -> Result<Step, NoMove> {
        let enabled = self.enabled();
        let tokens = schedule::tokens(self.program.as_ref(), &enabled);
        let named = enabled.iter().zip(&tokens);
        let mut found: Vec<Step> = named
            .filter(|(_, token)| *token == choice)
            .map(|(step, _)| *step)
            .collect();
        if found.is_empty() {
            let moves = |step: &&Step| step.movers().any(|id| self.is_called(id, choice));
            found = enabled.iter().filter(moves).copied().collect();
        }
        if found.is_empty() {
            found = schedule::matching(self.program.as_ref(), choice, &enabled);
        }
        if let [step] = found[..] {
            return Ok(step);
        }
        if found.is_empty() {
            return Err(match self.called(choice) {
                Some(name) => NoMove::Blocked {
                    name,
                    enabled: tokens,
                },
                None => NoMove::Unknown {
                    choice: choice.to_owned(),
                    enabled: tokens,
                },
            });
        }
        let ways = enabled.iter().zip(tokens);
        let ways = ways.filter(|(step, _)| found.contains(step));
        Err(NoMove::Ambiguous {
            choice: choice.to_owned(),
            ways: ways.map(|(_, token)| token).collect(),
        })
    }

    fn take(&mut self, step: Step) -> Result<(), Fault> {
        let enabled = self.enabled();
        let token = schedule::token(self.program.as_ref(), step, &enabled);
        let world = self.after(step)?;
        self.worlds.truncate(self.at + 1);
        self.steps.truncate(self.at);
        self.tokens.truncate(self.at);
        self.worlds.push(world);
        self.steps.push(step);
        self.tokens.push(token);
        self.at += 1;
        self.trace = None;
        Ok(())
    }

    /// Returns the steps that lead from this point to the one that is looked at.
    fn taken_since(&mut self, from: usize) -> Result<Vec<TraceStep>, Fault> {
        Ok(self.trace()?.steps[from..].to_vec())
    }

    /// Returns the state to which a step would lead.
    fn after(&mut self, step: Step) -> Result<World, Fault> {
        let mut world = self.world().clone();
        world.take(self.program.as_mut(), step)?;
        Ok(world)
    }

    /// Goes a step back. Returns false at the start.
    pub fn back(&mut self) -> bool {
        self.at
            .checked_sub(1)
            .is_some_and(|before| self.jump(before))
    }

    /// Goes to the point after this many steps, also to one that was undone. Returns false if there
    /// is none.
    pub fn jump(&mut self, to: usize) -> bool {
        let there = to <= self.last();
        if there && to != self.at {
            self.at = to;
            self.trace = None;
        }
        there
    }

    /// Returns the bad end that can still be reached from this point, and in how few steps.
    #[must_use]
    pub fn ahead(&self) -> Ahead {
        self.reach.ahead(self.world())
    }

    /// Returns what can still come of this point: if a bad end is certain, possible, or past.
    #[must_use]
    pub fn outlook(&self) -> Outlook {
        self.reach.outlook(self.world())
    }

    /// Returns the bad end that can be reached from the start, and in how few steps.
    #[must_use]
    pub fn ahead_of_start(&self) -> Ahead {
        self.reach.ahead(&self.worlds[0])
    }

    /// Returns the bad end that can still be reached after a step.
    ///
    /// # Errors
    /// If the program has a fault.
    ///
    /// # Panics
    /// If the step cannot be taken: it is of no [move](Session::moves).
    pub fn ahead_of(&mut self, step: Step) -> Result<Ahead, Fault> {
        let after = self.after(step)?;
        Ok(self.reach.ahead(&after))
    }

    /// Takes the only choice, until there are several or none, and at most
    /// [`Session::FORCED_MAX`] times. Returns the steps.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn to_choice(&mut self) -> Result<Vec<TraceStep>, Fault> {
        let from = self.at;
        while self.at < from + Self::FORCED_MAX {
            let [only] = self.enabled()[..] else { break };
            self.take(only)?;
        }
        self.taken_since(from)
    }

    /// Plays a shortest way to a bad end. Returns its steps; `None` if none is known from here.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn to_bad_end(&mut self) -> Result<Option<Vec<TraceStep>>, Fault> {
        if !matches!(self.ahead(), Ahead::Bad(_)) {
            return Ok(None);
        }
        let from = self.at;
        while let Ahead::Bad(way) = self.ahead() {
            let Some(step) = way.first else { break };
            self.take(step)?;
        }
        self.taken_since(from).map(Some)
    }

    /// Returns the way to the point that is looked at, and where everybody stands there.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn trace(&mut self) -> Result<&Trace, Fault> {
        let trace = match self.trace.take() {
            Some(known) => known,
            None => {
                let path = &self.steps[..self.at];
                let program = self.program.as_mut();
                Trace::play(program, path, &Cycle::default(), &self.releasers)?
            }
        };
        Ok(self.trace.insert(trace))
    }

    /// Returns the choices that lead to the point that is looked at.
    #[must_use]
    pub fn schedule(&self) -> String {
        schedule::join(&self.tokens[..self.at])
    }

    /// Returns the goroutines that have been started, the hidden ones of timers included. Each has
    /// the number by which it can be called, which is the same at all points.
    #[must_use]
    pub fn goroutines(&self) -> Vec<(usize, String)> {
        let of = |id: GoroutineId| (id.index() + 1, self.program.goroutine(id).name);
        self.started().map(of).collect()
    }

    /// Returns the timers that can fire, with their numbers: a trace has none of them before.
    #[must_use]
    pub fn timers(&self) -> Vec<(usize, String)> {
        let mut timers: Vec<(usize, String)> = Vec::new();
        for id in self.enabled().iter().flat_map(Step::movers) {
            let (number, info) = (id.index() + 1, self.program.goroutine(id));
            if info.timer && !timers.iter().any(|(other, _)| *other == number) {
                timers.push((number, info.name));
            }
        }
        timers
    }

    fn started(&self) -> impl Iterator<Item = GoroutineId> {
        let ids = self.world().ids();
        ids.filter(|&id| self.world().goroutine(id).is_some())
    }

    /// Returns true of the goroutine of this number or name. A name may be written as it is shown.
    fn is_called(&self, id: GoroutineId, who: &str) -> bool {
        match who.parse::<usize>() {
            Ok(number) => id.index() + 1 == number,
            Err(_) => {
                let name = self.program.goroutine(id).name;
                name == who || visible(&name) == who
            }
        }
    }

    /// Returns the name of the goroutine of this number or name, if there is one.
    fn called(&self, who: &str) -> Option<String> {
        let id = self.started().find(|&id| self.is_called(id, who))?;
        Some(self.program.goroutine(id).name)
    }
}

/// Shows the position; the program and what is known of it are left out.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("schedule", &self.schedule())
            .field("at", &self.at)
            .field("last", &self.last())
            .finish_non_exhaustive()
    }
}
