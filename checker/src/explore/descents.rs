//! An estimate of the number of executions up to equivalence, by random descents.
//!
//! # The tree
//!
//! The branches at a state are the steps of a stubborn set ([`stubborn`](super::stubborn)) that are
//! not asleep. Behind a branch the branches before it are asleep, each until a step is taken on
//! which it depends. So each class of equivalent executions is one leaf of this tree. At its other
//! leaves all steps are asleep.
//!
//! # A descent
//!
//! A descent takes one of the branches each time, all with the same probability. At its end it says
//! the product of the numbers of branches on its way, or 0 if all steps are asleep there. The mean
//! of what all descents would say is the number of executions (Knuth, "Estimating the Efficiency of
//! Backtrack Programs", 1975). What one says may be far from it, so that of some hundred is used:
//!
//! ```text
//! start ┬ a ─ leaf           says 2
//!       └ b ┬ c ─ leaf       says 4
//!           └ d ─ leaf       says 4        (2 + 2 + 4 + 4) / 4 = 3
//! ```
//!
//! The sets rest on futures that are learned on the way, at first in executions that are drawn from
//! all enabled steps. A future that is not known whole makes a set too small, and the estimate with
//! it.

use super::stubborn::{Dependences, Futures, Goroutines};
use super::{Meter, Progress};
use crate::model::{Access, Event, Fault, Program, World};

/// Executions that are drawn to learn futures, before the descents.
const LEARNING: u32 = 32;

/// Least descents for an estimate.
const DESCENTS_MIN: u32 = 30;

/// An estimated number of executions.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// The number of executions.
    pub executions: f64,
    /// The interval of two standard errors around it.
    pub interval: (f64, f64),
}

/// Random descents, and what they say.
#[derive(Debug)]
pub struct Descents {
    rng: fastrand::Rng,
    futures: Futures,
    drawn: u32,
    count: u32,
    mean: f64,
    /// The sum of the squares of the distances from the mean.
    squares: f64,
    /// Steps of all descents.
    steps: u64,
}

impl Descents {
    /// Returns descents that have not begun.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
            futures: Futures::default(),
            drawn: 0,
            count: 0,
            mean: 0.0,
            squares: 0.0,
            steps: 0,
        }
    }

    /// Makes this many descents, or fewer if they take more than `steps_max` steps: the last one is
    /// broken off, then, and says nothing. Returns [`Progress::Paused`] if the meter stopped them.
    /// Goroutines that share memory beside the objects have no futures, so no descents are made
    /// then.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn run(
        &mut self,
        program: &mut dyn Program,
        meter: &Meter,
        (count, steps_max): (u32, u64),
    ) -> Result<Progress, Fault> {
        if program.shares_memory() || program.is_quiet() {
            return Ok(Progress::Done);
        }
        while self.count < count {
            let learns = self.drawn < LEARNING;
            let Some(said) = self.descend(program, meter, (learns, steps_max))? else {
                return Ok(match self.steps < steps_max {
                    true => Progress::Paused,
                    false => Progress::Done,
                });
            };
            if learns {
                self.drawn += 1;
            } else {
                self.count += 1;
                let from_mean = said - self.mean;
                self.mean += from_mean / f64::from(self.count);
                self.squares += from_mean * (said - self.mean);
            }
        }
        Ok(Progress::Done)
    }

    /// Returns the number of steps so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Returns the estimate, if there were enough descents.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        let count = f64::from(self.count);
        let error = (self.squares / (count * (count - 1.0))).sqrt();
        (self.count >= DESCENTS_MIN).then_some(Estimate {
            executions: self.mean,
            interval: (self.mean - 2.0 * error, self.mean + 2.0 * error),
        })
    }

    /// Descends once. Returns what the descent says; `None` if the meter stopped it, or if all
    /// descents have this many steps.
    fn descend(
        &mut self,
        program: &mut dyn Program,
        meter: &Meter,
        (learns, steps_max): (bool, u64),
    ) -> Result<Option<f64>, Fault> {
        let mut world = World::start(program)?;
        self.futures.meet_all(program, &world);
        let mut asleep: Vec<Event> = Vec::new();
        let (mut branches, mut said) = (Vec::new(), 1.0);
        for depth in 0.. {
            if self.steps >= steps_max || meter.must_stop() {
                return Ok(None);
            }
            world.enabled(program, &mut branches);
            if branches.is_empty() || meter.limits.cut(&world, depth).is_some() {
                break;
            }
            if !learns && branches.len() > 1 && world.goroutines().len() <= Goroutines::MAX {
                let futures = &self.futures;
                let set = Dependences::new(program, &world, &branches, futures).smallest();
                branches.retain(|step| set.moves_in(step));
            }
            branches.retain(|step| asleep.iter().all(|it| it.step != *step));
            if branches.is_empty() {
                return Ok(Some(0.0));
            }
            said *= branches.len() as f64;
            let at = self.rng.usize(..branches.len());
            let mut after = world.clone();
            let event = after.take(program, branches[at])?;
            self.futures.learn(program, &world, &after, &event);
            self.steps += 1;
            for &before in branches[..at].iter().filter(|_| !learns) {
                // Steps of one goroutine depend on each other.
                if !event.step.movers().any(|mover| before.moves(mover)) {
                    asleep.push(world.clone().take(program, before)?);
                }
            }
            asleep.retain(|it| !it.depends_on(&event));
            for it in &mut asleep {
                // How far a counter can be decremented depends on its value.
                let mut accesses = it.footprint.iter();
                if accesses.any(|(_, how)| matches!(how, Access::Decrement { .. })) {
                    it.footprint = after.footprint(program, it.step);
                }
            }
            world = after;
        }
        Ok(Some(said))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::explore::Limits;
    use crate::script::families::Family;
    use crate::script::{Memory, Start};

    fn estimate(family: &str, sizes: &[u32], count: u32) -> Option<Estimate> {
        let script = Family::of(family).unwrap().script(sizes).unwrap();
        let mut program = script.interpreter(Start::Together, Memory::Full);
        let meter = Meter::new(Limits::default(), Arc::default());
        let mut descents = Descents::new(1);
        let progress = descents.run(&mut program, &meter, (count, 100_000));
        assert_eq!(progress.unwrap(), Progress::Done);
        descents.estimate()
    }

    /// Each descent says the number itself where all ways branch alike. So no step is asleep that
    /// should not be, and none is taken that should be.
    #[test]
    fn trees_that_branch_alike_everywhere_are_told_exactly() {
        for (family, sizes, executions) in [
            ("fan-in", &[3, 3, 0][..], 1680.0),
            ("pipeline", &[4, 3, 1], 1.0),
            ("independent", &[5], 1.0),
            ("lock-increment", &[5], 120.0),
        ] {
            let told = estimate(family, sizes, 300).unwrap();
            let error = (told.executions / executions - 1.0).abs();
            assert!(error < 0.1, "{family}: {told:?}");
        }
    }

    /// The interval has the number, and is not empty.
    #[test]
    fn of_other_trees_the_mean_comes_near() {
        for (family, sizes, executions) in [
            ("philosophers", &[4][..], 15.0),
            ("philosophers-ordered", &[3, 3], 1680.0),
            ("readers", &[8], 256.0),
        ] {
            let Estimate { interval, .. } = estimate(family, sizes, 1000).unwrap();
            let (low, high) = interval;
            assert!(
                low < executions && executions < high,
                "{family}: {interval:?}"
            );
            assert!(high < 2.0 * executions, "{family}: {interval:?}");
        }
        assert_eq!(estimate("readers", &[8], DESCENTS_MIN - 1), None);
    }

    #[test]
    fn a_descent_that_takes_too_many_steps_is_broken_off() {
        let script = Family::of("ring").unwrap().script(&[30, 30]).unwrap();
        let mut program = script.interpreter(Start::Together, Memory::Full);
        let meter = Meter::new(Limits::default(), Arc::default());
        let mut descents = Descents::new(1);
        let progress = descents.run(&mut program, &meter, (300, 100)).unwrap();
        assert_eq!(progress, Progress::Done);
        assert_eq!((descents.steps(), descents.estimate()), (100, None));
    }
}
