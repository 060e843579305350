//! Both searches in turns.
//!
//! Some programs have few executions and many states, others few states and many executions. Only
//! searching can tell which. So [`Optimal`] and [`Stateful`] take turns, in slices of work that
//! grow, until one of them is done. The slices grow by a quarter. So the total costs little more
//! than twice what the better search would have cost alone, and it is the same in every run.

use serde::{Deserialize, Serialize};

use super::checkpoint::of_another_kind;
use super::optimal::Optimal;
use super::stateful::Stateful;
use super::{Findings, Limit, Meter, Progress, Search, SearchSnapshot};
use crate::model::{Fault, Program};

/// Units of work of the first slice.
const FIRST_SLICE: u64 = 512;

/// Most units of work between two points at which the search can be saved. A longer turn is made up
/// of several such parts.
const PART_MAX: u64 = 20_000;

/// The state of both searches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The optimal search.
    pub optimal: Box<SearchSnapshot>,
    /// The stateful search, unless it was full.
    pub stateful: Option<Box<SearchSnapshot>>,
    /// The length of a turn.
    pub slice: u64,
    /// The units of work that are left of the current turn.
    pub left: u64,
    /// True if it is the stateful search's turn.
    pub turn_of_stateful: bool,
}

/// The search that takes turns.
#[derive(Debug)]
pub struct Auto {
    optimal: Optimal,
    /// `None` once it has met as many states as it may store.
    stateful: Option<Stateful>,
    slice: u64,
    /// Units of work that are left of this turn.
    left: u64,
    turn: Whose,
    /// The search that has finished.
    finished: Option<Whose>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    Optimal,
    Stateful,
}

impl Default for Auto {
    fn default() -> Self {
        Self {
            optimal: Optimal::new(),
            stateful: Some(Stateful::new()),
            slice: FIRST_SLICE,
            left: FIRST_SLICE,
            turn: Whose::Stateful,
            finished: None,
        }
    }
}

impl Auto {
    /// Returns a search that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the search whose turn it is work for a slice. Returns true if it is done.
    fn turn(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<bool, Fault> {
        let before = meter.spent();
        meter.begin_slice(self.left.min(PART_MAX));
        // The states that are remembered hold on to what a program would forget.
        self.optimal.forget_nothing(self.stateful.is_some());
        let progress = match (self.turn, &mut self.stateful) {
            (Whose::Stateful, Some(stateful)) => stateful.advance(program, meter)?,
            _ => self.optimal.advance(program, meter)?,
        };
        self.left = self.left.saturating_sub(meter.spent() - before);
        Ok(progress == Progress::Done)
    }

    /// Returns true if the stateful search has stopped because it may store no more states.
    fn is_full(&self) -> bool {
        let full = |limit: &Limit| matches!(limit, Limit::States(_));
        self.stateful
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
            if self.turn == Whose::Stateful && self.is_full() {
                self.stateful = None;
            } else {
                self.finished = Some(self.turn);
                return Ok(Progress::Done);
            }
        }
        if self.left > 0 && (self.turn == Whose::Optimal || self.stateful.is_some()) {
            return Ok(Progress::Paused);
        }
        if self.turn == Whose::Optimal || self.is_limited() {
            self.slice += self.slice / 4;
        }
        self.left = self.slice;
        self.turn = match (self.turn, &self.stateful) {
            (Whose::Optimal, Some(_)) => Whose::Stateful,
            // Infinite executions are not for a search that follows each to its end. It would only
            // use up time.
            (_, Some(_)) if self.is_limited() => Whose::Stateful,
            _ => Whose::Optimal,
        };
        Ok(Progress::Paused)
    }

    fn findings(&self) -> &Findings {
        let optimal = self.optimal.findings();
        match (self.finished, &self.stateful) {
            (Some(Whose::Stateful), Some(stateful)) => stateful.findings(),
            (None, Some(stateful)) if !optimal.found_bad() && !self.is_limited() => {
                stateful.findings()
            }
            _ => optimal,
        }
    }

    fn save(&self) -> Option<SearchSnapshot> {
        let stateful = self.stateful.as_ref();
        Some(SearchSnapshot::Auto(Snapshot {
            optimal: Box::new(self.optimal.save()?),
            stateful: stateful.and_then(Search::save).map(Box::new),
            slice: self.slice,
            left: self.left,
            turn_of_stateful: self.turn == Whose::Stateful,
        }))
    }

    fn restore(&mut self, program: &mut dyn Program, stopped: SearchSnapshot) -> Result<(), Fault> {
        let SearchSnapshot::Auto(stopped) = stopped else {
            return Err(of_another_kind());
        };
        let Snapshot {
            optimal,
            stateful,
            slice,
            left,
            turn_of_stateful,
        } = stopped;
        self.optimal.restore(program, *optimal)?;
        match (&mut self.stateful, stateful) {
            (Some(search), Some(stopped)) => search.restore(program, *stopped)?,
            (search, _) => *search = None,
        }
        (self.slice, self.left) = (slice, left);
        self.turn = if turn_of_stateful {
            Whose::Stateful
        } else {
            Whose::Optimal
        };
        Ok(())
    }

    fn finished_by(&self) -> Option<&'static str> {
        self.finished.map(|turn| match turn {
            Whose::Optimal => "optimal",
            Whose::Stateful => "stateful",
        })
    }

    /// Returns true if the optimal search has hit a limit. The stateful search may still find that
    /// a program with infinite executions has finitely many states.
    fn is_limited(&self) -> bool {
        !self.optimal.findings().limits.is_empty()
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
        script.interpreter(Start::Together, Memory::Full)
    }

    fn run(search: &mut dyn Search, program: &mut dyn Program, meter: &mut Meter) {
        while search.advance(program, meter).unwrap() == Progress::Paused {}
    }

    /// Searches alone, and in turns with the other search. Returns the units of work of each, and
    /// the search in turns.
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
        let (alone, both, auto) = spent(&mut Stateful::new(), "fan-in", &[4, 3]);
        assert_eq!(auto.finished_by(), Some("stateful"));
        assert_eq!(auto.findings().states, Some(256));
        assert!(both <= 3 * alone + FIRST_SLICE, "{both} for {alone}");
        let (alone, both, auto) = spent(&mut Optimal::new(), "philosophers-ordered", &[7]);
        assert_eq!(auto.finished_by(), Some("optimal"));
        assert_eq!(auto.findings().executions, 126);
        assert!(both <= 3 * alone + FIRST_SLICE, "{both} for {alone}");
    }

    /// The findings of the stateful search are shown until the other has met something bad or a
    /// limit.
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
