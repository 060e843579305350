//! Two searches in turns, and a few executions at random.
//!
//! Some programs have few executions and many states, others few states and many executions. Only
//! searching can tell which. So [`Optimal`] and [`Stubborn`] take turns, in slices of work that
//! grow, until one of them is done. The slices grow by a quarter, and the course is the same in
//! every run.
//!
//! After the first turn of each, [`Random`] draws executions for 4,096 steps. They prove nothing,
//! but most bugs show in one of them. What is bad in them is told until a search is complete, which
//! knows all bad ends. [`Stubborn`] learns from their steps what goroutines may still do. So fewer
//! of its sets are too small and have to grow later.
//!
//! A search that takes long has the number of executions [estimated](super::descents). With the
//! executions that the optimal search has explored, and the work on them, that tells the work that
//! it has left:
//!
//! - If that is less than all the work so far, its turn is as long as it needs to come to its end.
//! - If it is up to eight times that, it has turns of a quarter of a slice.
//! - If it is more, it has turns of a sixteenth.
//!
//! So a search that is far better than it costs a sixteenth more in turns than alone. If the
//! optimal search is the better one, the total is little more than twice its own cost. Where there
//! is no estimate, or there are more executions than estimated, the share of the executions that
//! [seem done](super::estimate) decides. Below an eighth the turns are of a quarter of a slice.
//!
//! The optimal search keeps each step of its path, and the order of their events. So it waits once
//! that has 65,536 steps, until the other search is done or may store no more. It waits, too, once
//! it has hit a limit: the other one may still find that an endless program has few states.

use serde::{Deserialize, Serialize};

use super::checkpoint::of_another_kind;
use super::descents::Descents;
use super::optimal::Optimal;
use super::random::Random;
use super::stubborn::Stubborn;
use super::{Findings, Limit, Meter, Progress, Search, SearchSnapshot};
use crate::model::{Event, Fault, Program, Step, World};

/// Units of work of the first slice.
const FIRST_SLICE: u64 = 512;

/// Most units of work between two points at which the search can be saved. A longer turn is made up
/// of several such parts.
const PART_MAX: u64 = 20_000;

/// Steps of the executions that are drawn.
const DRAWN_STEPS: u64 = 4096;

/// Most descents for the estimate, and most steps of them.
const DESCENTS: (u32, u64) = (300, 4096);

/// Units of work before the estimate, so that it costs little.
const BEFORE_ESTIMATE: u64 = 1 << 16;

/// The share of the executions below which the optimal search has short turns.
const SHARE_MIN: f64 = 0.125;

/// Steps of the path of the optimal search beyond which it waits for the other one.
const PATH_MAX: usize = 1 << 16;

/// The seed of the draws.
const SEED: u64 = 1;

/// The state of both searches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The optimal search.
    pub optimal: Box<SearchSnapshot>,
    /// The search with stubborn sets, unless it was full.
    pub stubborn: Option<Box<SearchSnapshot>>,
    /// The executions that were drawn.
    pub random: Box<SearchSnapshot>,
    /// The length of a turn.
    pub slice: u64,
    /// The units of work that are left of the current turn.
    pub left: u64,
    /// The search whose turn it is.
    pub turn: Turn,
    /// The units of work so far, and those of the optimal search.
    pub worked: (u64, u64),
    /// The estimated number of executions; 0 if it cannot be estimated, and `None` before.
    pub expected: Option<f64>,
}

/// The search whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Turn {
    /// The optimal search.
    Optimal,
    /// The search with stubborn sets.
    Stubborn,
    /// The executions that are drawn.
    Random,
}

/// The search that takes turns.
#[derive(Debug)]
pub struct Auto {
    optimal: Optimal,
    /// `None` once it has met as many states as it may store.
    stubborn: Option<Stubborn>,
    random: Random,
    slice: u64,
    /// Units of work that are left of this turn.
    left: u64,
    turn: Turn,
    /// The units of work so far, and those of the optimal search.
    worked: (u64, u64),
    /// The estimated number of executions; 0 if it cannot be estimated, and `None` before.
    expected: Option<f64>,
    /// The search that has finished.
    finished: Option<Turn>,
    /// The findings of a search that is not complete, with what is bad in the drawn executions.
    together: Option<Findings>,
}

impl Default for Auto {
    fn default() -> Self {
        Self {
            optimal: Optimal::new(),
            stubborn: Some(Stubborn::new()),
            random: Random::of_steps(SEED, DRAWN_STEPS),
            slice: FIRST_SLICE,
            left: FIRST_SLICE,
            turn: Turn::Stubborn,
            worked: (0, 0),
            expected: None,
            finished: None,
            together: None,
        }
    }
}

impl Auto {
    /// Returns a search that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the search whose turn it is work for a part of it. Returns true if it is done.
    fn work(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<bool, Fault> {
        let estimates = self.turn == Turn::Optimal && self.expected.is_none();
        if estimates && self.worked.0 > BEFORE_ESTIMATE && self.stubborn.is_some() {
            self.estimate(program, meter)?;
        }
        let before = meter.spent();
        meter.begin_slice(match self.turn {
            Turn::Optimal | Turn::Stubborn => self.left.min(PART_MAX),
            Turn::Random => PART_MAX,
        });
        // The states that are remembered hold on to what a program would forget.
        self.optimal.forget_nothing(self.stubborn.is_some());
        let progress = match (self.turn, &mut self.stubborn) {
            (Turn::Stubborn, Some(stubborn)) => stubborn.advance(program, meter)?,
            (Turn::Random, Some(stubborn)) => {
                let mut learn =
                    |program: &dyn Program, worlds: [&World; 2], event: &Event, way: &[Step]| {
                        stubborn.learn(program, worlds, event, way);
                    };
                self.random.advance_with(program, meter, Some(&mut learn))?
            }
            (Turn::Random, None) => self.random.advance(program, meter)?,
            (Turn::Optimal | Turn::Stubborn, _) => self.optimal.advance(program, meter)?,
        };
        let spent = meter.spent() - before;
        self.left = self.left.saturating_sub(spent);
        self.worked.0 += spent;
        if self.turn == Turn::Optimal {
            self.worked.1 += spent;
        }
        Ok(progress == Progress::Done)
    }

    /// Estimates the number of executions, unless the meter stops it. It is tried again then.
    fn estimate(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<(), Fault> {
        let mut descents = Descents::new(SEED);
        if descents.run(program, meter, DESCENTS)? == Progress::Done {
            meter.spend_many(descents.steps());
            let estimate = descents.estimate();
            self.expected = Some(estimate.map_or(0.0, |estimate| estimate.executions));
        }
        Ok(())
    }

    /// Returns the units of work that the optimal search seems to have left, if there is an
    /// estimate that holds.
    fn left_of_optimal(&self) -> Option<f64> {
        let done = self.optimal.findings().executions as f64;
        let expected = self
            .expected
            .filter(|expected| 0.0 < done && done < *expected);
        Some((expected? - done) * self.worked.1 as f64 / done)
    }

    /// Returns the units of work of the next turn of the optimal search.
    fn turn_of_optimal(&self) -> u64 {
        let worked = self.worked.0 as f64;
        match self.left_of_optimal() {
            // The estimate may be too low.
            Some(left) if left < worked => self.slice.max(2 * left as u64),
            Some(left) if left < 8.0 * worked => self.slice / 4,
            Some(_) => self.slice / 16,
            None if self.optimal.share_done() < SHARE_MIN => self.slice / 4,
            None => self.slice,
        }
    }

    /// Begins the next turn.
    fn next_turn(&mut self) {
        let remembers = self.stubborn.is_some();
        let next = match self.turn {
            Turn::Optimal if self.slice == FIRST_SLICE => Turn::Random,
            Turn::Optimal | Turn::Random if remembers => Turn::Stubborn,
            Turn::Stubborn if self.waits() => Turn::Stubborn,
            Turn::Optimal | Turn::Random | Turn::Stubborn => Turn::Optimal,
        };
        let same_round = matches!(
            (self.turn, next),
            (Turn::Stubborn, Turn::Optimal) | (Turn::Optimal, Turn::Random)
        );
        if !same_round {
            self.slice += self.slice / 4;
        }
        let by_what_is_left = next == Turn::Optimal && remembers && self.slice > FIRST_SLICE;
        self.left = match by_what_is_left {
            true => self.turn_of_optimal(),
            false => self.slice,
        };
        self.turn = next;
    }

    /// Returns true if the optimal search waits for the other one: it has too long a path, or has
    /// hit a limit. Infinite executions are not for a search that follows each to its end. It would
    /// only use up time.
    fn waits(&self) -> bool {
        let is_long = self.optimal.path_len() > PATH_MAX;
        self.stubborn.is_some() && (self.is_limited() || is_long)
    }

    /// Returns true if the search that remembers states has stopped because it may store no more.
    fn is_full(&self) -> bool {
        let full = |limit: &Limit| matches!(limit, Limit::States(_));
        self.stubborn
            .as_ref()
            .is_some_and(|search| search.findings().limits.iter().any(full))
    }

    /// Returns the findings of the search that has finished, or else of the one that says more.
    fn of_one(&self) -> &Findings {
        let optimal = self.optimal.findings();
        match (self.finished, &self.stubborn) {
            (Some(Turn::Stubborn), Some(stubborn)) => stubborn.findings(),
            (None, Some(stubborn)) if !optimal.found_bad() && !self.is_limited() => {
                stubborn.findings()
            }
            _ => optimal,
        }
    }

    /// Puts the findings together.
    fn put_together(&mut self) {
        let (one, drawn) = (self.of_one(), self.random.findings());
        let adds = drawn.found_bad() && !one.complete;
        self.together = adds.then(|| one.clone().merge(drawn.clone()));
    }
}

impl Search for Auto {
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        if self.finished.is_some() {
            return Ok(Progress::Done);
        }
        let done = self.work(program, meter)?;
        if done && self.turn == Turn::Stubborn && self.is_full() {
            self.stubborn = None;
            self.left = 0;
        } else if done && self.turn != Turn::Random {
            self.finished = Some(self.turn);
        }
        let ends = match self.turn {
            Turn::Stubborn => self.left == 0,
            Turn::Optimal => self.left == 0 || self.waits(),
            Turn::Random => false,
        };
        if done || ends {
            self.next_turn();
        }
        self.put_together();
        Ok(match self.finished {
            Some(_) => Progress::Done,
            None => Progress::Paused,
        })
    }

    fn findings(&self) -> &Findings {
        self.together.as_ref().unwrap_or_else(|| self.of_one())
    }

    fn save(&self) -> Option<SearchSnapshot> {
        let stubborn = self.stubborn.as_ref();
        Some(SearchSnapshot::Auto(Snapshot {
            optimal: Box::new(self.optimal.save()?),
            stubborn: stubborn.and_then(Search::save).map(Box::new),
            random: Box::new(self.random.save()?),
            slice: self.slice,
            left: self.left,
            turn: self.turn,
            worked: self.worked,
            expected: self.expected,
        }))
    }

    fn restore(&mut self, program: &mut dyn Program, stopped: SearchSnapshot) -> Result<(), Fault> {
        let SearchSnapshot::Auto(stopped) = stopped else {
            return Err(of_another_kind());
        };
        // As when the search with stubborn sets began, which was before the others.
        program.share_locals();
        self.optimal.restore(program, *stopped.optimal)?;
        match (&mut self.stubborn, stopped.stubborn) {
            (Some(search), Some(stopped)) => search.restore(program, *stopped)?,
            (search, _) => *search = None,
        }
        self.random.restore(program, *stopped.random)?;
        (self.slice, self.left, self.turn) = (stopped.slice, stopped.left, stopped.turn);
        (self.worked, self.expected) = (stopped.worked, stopped.expected);
        self.put_together();
        Ok(())
    }

    fn finished_by(&self) -> Option<&'static str> {
        match self.finished? {
            Turn::Optimal => Some("optimal"),
            Turn::Stubborn => Some("stubborn"),
            Turn::Random => None,
        }
    }

    /// Returns true if the optimal search has hit a limit. The search that remembers states may
    /// still find that a program with infinite executions has finitely many states.
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
    use crate::script::{Memory, Operand, Script, Start, Statement};

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
    fn the_better_search_ends_it_at_little_more_than_its_cost_or_twice_that() {
        let (alone, both, auto) = spent(&mut Stubborn::new(), "philosophers-ordered", &[12]);
        assert_eq!(auto.finished_by(), Some("stubborn"));
        assert_eq!(auto.findings().states, Some(1353));
        let most = alone * 3 / 2 + DRAWN_STEPS;
        assert!(both <= most, "{both} for {alone}");
        let most = |alone: u64| 3 * alone + FIRST_SLICE + DRAWN_STEPS;
        let (alone, both, auto) = spent(&mut Optimal::new(), "pipeline", &[64, 10, 1]);
        assert_eq!(auto.finished_by(), Some("optimal"));
        assert_eq!(auto.findings().executions, 1);
        assert!(both <= most(alone), "{both} for {alone}");
    }

    /// The findings of the search that remembers are shown until the other has met something bad or
    /// a limit.
    #[test]
    fn before_one_is_done_the_one_that_says_more_is_shown() {
        let (mut states, mut bad, mut limited) = (0, 0, 0);
        for (family, sizes, steps_max) in [
            ("workers", &[7, 2][..], 10_000),
            ("philosophers-ordered", &[9], 10),
        ] {
            let limits = Limits {
                steps_max,
                ..Limits::default()
            };
            let mut meter = Meter::new(limits, Arc::default());
            let (mut auto, mut program) = (Auto::new(), program(family, sizes));
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

    /// Returns a program with a choice before many executions of many states. One way is bad, and
    /// shows at the end only.
    fn bad_at_the_end() -> Interpreter {
        let mut script = Script::new();
        let (values, never) = (script.chan("values", 0), script.chan("never", 0));
        let receive = Statement::Repeat(12, vec![Statement::Recv(values)]);
        let bad = vec![receive.clone(), Statement::Recv(never)];
        script.goroutine("main", [Statement::Choose(vec![vec![receive], bad])]);
        for (name, value) in ["one", "two", "three", "four"].into_iter().zip(1..) {
            let send = Statement::Send(values, Operand::Constant(value));
            script.goroutine(name, [Statement::Repeat(3, vec![send])]);
        }
        script.interpreter(Start::Together, Memory::Full)
    }

    /// The executions are drawn after one turn of each search, and only then.
    #[test]
    fn what_is_bad_in_a_drawn_execution_is_told_until_a_search_is_complete() {
        let mut meter = Meter::new(Limits::default(), Arc::default());
        let (mut auto, mut program) = (Auto::new(), bad_at_the_end());
        let mut turns = Vec::new();
        let mut told_early = 0;
        loop {
            turns.push(auto.turn);
            let progress = auto.advance(&mut program, &mut meter).unwrap();
            let (drawn, found) = (auto.random.findings(), auto.findings());
            assert!(drawn.steps <= DRAWN_STEPS && drawn.limits.is_empty());
            assert_eq!(drawn.steps > 0, turns.contains(&Turn::Random));
            if progress == Progress::Done {
                assert!(found.complete);
                assert_eq!(found, auto.of_one(), "the drawn ones are left out");
                break;
            }
            let searched = auto.of_one().found_bad();
            assert_eq!(found.found_bad(), drawn.found_bad() || searched);
            assert!(!found.complete);
            told_early += u32::from(drawn.found_bad() && !searched);
        }
        assert_eq!(turns[..3], [Turn::Stubborn, Turn::Optimal, Turn::Random]);
        assert!(!turns[3..].contains(&Turn::Random), "{turns:?}");
        assert_eq!(auto.random.findings().steps, DRAWN_STEPS);
        assert!(told_early > 0, "{turns:?}");
    }

    #[test]
    fn a_search_with_a_long_path_waits() {
        let limits = Limits {
            steps_max: 300_000,
            goroutines_max: 100,
            ..Limits::default()
        };
        let mut meter = Meter::new(limits, Arc::default());
        let mut auto = Auto::new();
        run(&mut auto, &mut program("ring", &[100, 2500]), &mut meter);
        assert_eq!(auto.finished_by(), Some("stubborn"));
        let length = auto.optimal.path_len();
        assert!(PATH_MAX < length && length < PATH_MAX + PART_MAX as usize);
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
