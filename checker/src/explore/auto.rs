//! Both searches, taking turns.
//!
//! Some programs have few executions and many states, others few states and many executions, and
//! which it is can only be found out by searching. So [`Optimal`] and [`Remembering`] go on in
//! turns, in slices of work that grow, until one of them is done. The slices grow by a quarter, so
//! all in all it costs little more than twice what the better one would have cost alone, and it is
//! the same in every run.

use serde::{Deserialize, Serialize};

use super::checkpoint::of_another_kind;
use super::optimal::Optimal;
use super::remembering::Remembering;
use super::{Findings, Limit, Meter, Progress, Search, SearchSnapshot};
use crate::model::{
    Arrival, Fault, GoroutineId, GoroutineInfo, Local, ObjectId, ObjectInfo, Outcome, Program,
    ValueId, World,
};

/// Units of work of the first slice.
const FIRST_SLICE: u64 = 512;

/// Units of work of which a longer turn is made up: between them the search can be saved.
const PART_MAX: u64 = 20_000;

/// How far both searches were.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The one search.
    pub optimal: Box<SearchSnapshot>,
    /// The other, unless it was full.
    pub remembering: Option<Box<SearchSnapshot>>,
    /// The length of a turn.
    pub slice: u64,
    /// What is left of this one.
    pub left: u64,
    /// Whether it is the turn of the second.
    pub turn_of_remembering: bool,
}

/// The search.
#[derive(Debug)]
pub struct Auto {
    optimal: Optimal,
    /// `None` once it has met as many states as it may remember.
    remembering: Option<Remembering>,
    slice: u64,
    /// Units of work that are left of this turn.
    left: u64,
    turn: Turn,
    /// Which search has finished.
    finished: Option<Turn>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    Optimal,
    Remembering,
}

impl Default for Auto {
    fn default() -> Self {
        Self {
            optimal: Optimal::new(),
            remembering: Some(Remembering::new()),
            slice: FIRST_SLICE,
            left: FIRST_SLICE,
            turn: Turn::Remembering,
            finished: None,
        }
    }
}

impl Auto {
    /// A search that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the one whose turn it is work for a slice. True if it is done.
    fn turn(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<bool, Fault> {
        let before = meter.spent();
        meter.begin_slice(self.left.min(PART_MAX));
        let progress = match (self.turn, &mut self.remembering) {
            (Turn::Remembering, Some(remembering)) => {
                remembering.advance(&mut Kept(program), meter)?
            }
            // The states that are remembered hold on to what a program would forget.
            (_, Some(_)) => self.optimal.advance(&mut Kept(program), meter)?,
            (_, None) => self.optimal.advance(program, meter)?,
        };
        self.left = self.left.saturating_sub(meter.spent() - before);
        Ok(progress == Progress::Done)
    }

    /// Whether the search that remembers has stopped only since it may remember no more.
    fn is_full(&self) -> bool {
        let full = |limit: &Limit| matches!(limit, Limit::States(_));
        self.remembering
            .as_ref()
            .is_some_and(|search| search.findings().limits.iter().any(full))
    }
}

impl Search for Auto {
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        if self.finished.is_some() {
            return Ok(Progress::Done);
        }
        if self.turn(program, meter)? {
            if self.turn == Turn::Remembering && self.is_full() {
                self.remembering = None;
            } else {
                self.finished = Some(self.turn);
                return Ok(Progress::Done);
            }
        }
        if self.left > 0 && (self.turn == Turn::Optimal || self.remembering.is_some()) {
            return Ok(Progress::Paused);
        }
        if self.turn == Turn::Optimal || self.is_limited() {
            self.slice += self.slice / 4;
        }
        self.left = self.slice;
        self.turn = match (self.turn, &self.remembering) {
            (Turn::Optimal, Some(_)) => Turn::Remembering,
            // Executions that have no end are not for a search that follows each to its end: it
            // would only get in the way.
            (_, Some(_)) if self.is_limited() => Turn::Remembering,
            _ => Turn::Optimal,
        };
        Ok(Progress::Paused)
    }

    fn findings(&self) -> &Findings {
        let optimal = self.optimal.findings();
        match (self.finished, &self.remembering) {
            (Some(Turn::Remembering), Some(remembering)) => remembering.findings(),
            (None, Some(remembering)) if !optimal.found_bad() && !self.is_limited() => {
                remembering.findings()
            }
            _ => optimal,
        }
    }

    fn save(&self) -> Option<SearchSnapshot> {
        let remembering = self.remembering.as_ref();
        Some(SearchSnapshot::Auto(Snapshot {
            optimal: Box::new(self.optimal.save()?),
            remembering: remembering.and_then(Search::save).map(Box::new),
            slice: self.slice,
            left: self.left,
            turn_of_remembering: self.turn == Turn::Remembering,
        }))
    }

    fn restore(&mut self, program: &mut dyn Program, stopped: SearchSnapshot) -> Result<(), Fault> {
        let SearchSnapshot::Auto(stopped) = stopped else {
            return Err(of_another_kind());
        };
        let Snapshot {
            optimal,
            remembering,
            slice,
            left,
            turn_of_remembering,
        } = stopped;
        self.optimal.restore(program, *optimal)?;
        match (&mut self.remembering, remembering) {
            (Some(search), Some(stopped)) => search.restore(program, *stopped)?,
            (search, _) => *search = None,
        }
        (self.slice, self.left) = (slice, left);
        self.turn = if turn_of_remembering {
            Turn::Remembering
        } else {
            Turn::Optimal
        };
        Ok(())
    }

    fn finished_by(&self) -> Option<&'static str> {
        self.finished.map(|turn| match turn {
            Turn::Optimal => "optimal",
            Turn::Remembering => "remembering",
        })
    }

    /// One that remembers may still see that a program whose executions have no end has finitely
    /// many states.
    fn is_limited(&self) -> bool {
        !self.optimal.findings().limits.is_empty()
    }
}

/// A program that forgets nothing.
struct Kept<'a>(&'a mut dyn Program);

impl Program for Kept<'_> {
    fn start(&mut self, world: &mut World) -> Result<Vec<(GoroutineId, Local)>, Fault> {
        self.0.start(world)
    }
    fn arrival(&self, local: Local) -> &Arrival {
        self.0.arrival(local)
    }
    fn resume(
        &mut self,
        local: Local,
        outcome: Outcome,
        world: &mut World,
    ) -> Result<Local, Fault> {
        self.0.resume(local, outcome, world)
    }
    fn child(&mut self, local: Local, world: &mut World) -> Result<Local, Fault> {
        self.0.child(local, world)
    }
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        self.0.goroutine(id)
    }
    fn object(&self, id: ObjectId) -> ObjectInfo {
        self.0.object(id)
    }
    fn value(&self, id: ValueId) -> String {
        self.0.value(id)
    }
    fn tidy(&mut self, world: &mut World) {
        self.0.tidy(world);
    }
    fn number_by_count(&mut self, by_count: bool) -> bool {
        self.0.number_by_count(by_count)
    }
    fn is_quiet(&self) -> bool {
        self.0.is_quiet()
    }
    fn may_cycle(&self) -> bool {
        self.0.may_cycle()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::explore::Limits;
    use crate::script::Interpreter;
    use crate::script::families::Family;
    use crate::script::{Memory, Start};

    fn program(family: &str, sizes: &[u32]) -> Interpreter {
        let script = Family::of(family).unwrap().script(sizes).unwrap();
        script.interpreter(Start::Together, Memory::Remembering)
    }

    fn run(search: &mut dyn Search, program: &mut dyn Program, meter: &mut Meter) {
        while search.advance(program, meter).unwrap() == Progress::Paused {}
    }

    /// Searches alone, and in turns with the other: the units of work, and the search in turns.
    fn spent(alone: &mut dyn Search, family: &str, sizes: &[u32]) -> (u64, u64, Auto) {
        let mut meter = Meter::new(Limits::default(), Arc::default());
        run(alone, &mut program(family, sizes), &mut meter);
        let mut both = Meter::new(Limits::default(), Arc::default());
        let mut auto = Auto::new();
        assert_eq!(auto.finished_by(), None);
        run(&mut auto, &mut program(family, sizes), &mut both);
        (meter.spent(), both.spent(), auto)
    }

    #[test]
    fn the_better_search_ends_it_at_little_more_than_twice_its_cost() {
        let (alone, both, auto) = spent(&mut Remembering::new(), "fan-in", &[4, 3]);
        assert_eq!(auto.finished_by(), Some("remembering"));
        assert_eq!(auto.findings().states, Some(256));
        assert!(both <= 3 * alone + FIRST_SLICE, "{both} for {alone}");
        let (alone, both, auto) = spent(&mut Optimal::new(), "philosophers-ordered", &[7]);
        assert_eq!(auto.finished_by(), Some("optimal"));
        assert_eq!(auto.findings().executions, 126);
        assert!(both <= 3 * alone + FIRST_SLICE, "{both} for {alone}");
    }

    /// It shows what the one that remembers has found, until the other one has met something bad or
    /// a limit.
    #[test]
    fn before_one_is_done_the_one_that_says_more_is_shown() {
        let (mut states, mut bad, mut limited) = (0, 0, 0);
        for (family, steps_max) in [("philosophers", 10_000), ("philosophers-ordered", 10)] {
            let limits = Limits {
                steps_max,
                ..Limits::default()
            };
            let mut meter = Meter::new(limits, Arc::default());
            let (mut auto, mut program) = (Auto::new(), program(family, &[7]));
            while auto.advance(&mut program, &mut meter).unwrap() == Progress::Paused {
                let optimal = auto.optimal.findings();
                assert_eq!(auto.is_limited(), !optimal.limits.is_empty());
                let says_more = optimal.found_bad() || auto.is_limited();
                assert_eq!(auto.findings().states.is_none(), says_more);
                states += u32::from(!says_more);
                bad += u32::from(optimal.found_bad());
                limited += u32::from(auto.is_limited());
            }
        }
        assert!(
            states > 0 && bad > 0 && limited > 0,
            "{states} {bad} {limited}"
        );
    }

    #[test]
    fn with_all_the_states_that_it_may_remember_the_other_goes_on_alone() {
        let limits = Limits {
            states_max: Some(10),
            ..Limits::default()
        };
        let mut meter = Meter::new(limits, Arc::default());
        let mut auto = Auto::new();
        run(&mut auto, &mut program("fan-in", &[3, 3]), &mut meter);
        assert_eq!(auto.finished_by(), Some("optimal"));
        assert_eq!(auto.findings().executions, 1680);
        assert!(auto.findings().complete);
    }
}
