//! Executions drawn at random, for programs that are too large to finish. They are never a proof.
//!
//! [`Draw::Uniform`] takes any enabled step, each with the same probability. [`Draw::Priorities`]
//! is PCT (Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic
//! Guarantees of Finding Bugs", ASPLOS 2010, section 3). Each goroutine has a random priority, and
//! the highest that can move does. At `depth - 1` random points the one that moved last becomes the
//! lowest. A bug that needs `depth` orderings is then found in each execution with a probability of
//! at least 1 in n * k^(depth - 1). There n is the number of goroutines and k that of steps.
//!
//! The same seed draws the same executions.

use rustc_hash::FxHashMap;

use serde::{Deserialize, Serialize};

use super::checkpoint::of_another_kind;
use super::starvation::has_panicked;
use super::{Findings, Limit, Meter, Progress, Search, SearchSnapshot, forget_past};
use crate::memory::reserve;
use crate::model::{Event, Fault, GoroutineId, Program, Step, World};

/// The state of a search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The state of the generator.
    pub generator: u64,
    /// The findings so far.
    pub findings: Findings,
}

/// The distribution from which executions are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Draw {
    /// Any enabled step, each with the same probability.
    Uniform,
    /// Random priorities, for bugs that need this many orderings.
    Priorities {
        /// The number of orderings, from 1.
        depth: u32,
    },
}

/// Number of executions that are drawn if no limit sets it.
const EXECUTIONS: u64 = 10_000;

/// Most orderings that make a difference: an execution has that many changes already.
const DEPTH_MAX: u32 = 10_000;

/// A listener to each step that is drawn: the states before and after it, the step, and the way
/// from the start that ends with it.
pub(super) type Listener<'a> = dyn FnMut(&dyn Program, [&World; 2], &Event, &[Step]) + 'a;

/// The random search.
#[derive(Debug)]
pub struct Random {
    rng: fastrand::Rng,
    draw: Draw,
    findings: Findings,
    /// Most steps of all executions together, if the search is a part of another one.
    steps_max: Option<u64>,
}

/// The priorities of one execution.
struct Priorities {
    of: FxHashMap<GoroutineId, u64>,
    /// Steps before which the goroutine that moved last becomes the lowest.
    changes: Vec<usize>,
    lowest: u64,
}

impl Random {
    /// Returns a search that draws with this seed.
    #[must_use]
    pub fn new(seed: u64, draw: Draw) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
            draw,
            findings: Findings::default(),
            steps_max: None,
        }
    }

    /// Returns a search that is a part of another one. It takes this many steps, and an execution
    /// ends where a goroutine panics. The program forgets nothing meanwhile.
    pub(super) fn of_steps(seed: u64, steps: u64) -> Self {
        Self {
            steps_max: Some(steps),
            ..Self::new(seed, Draw::Uniform)
        }
    }

    /// Returns true if it has taken all the steps that it may take.
    fn is_spent(&self) -> bool {
        self.steps_max.is_some_and(|max| self.findings.steps >= max)
    }

    /// Draws one execution. Returns false if the search is to stop before the execution ends. The
    /// execution does not count then.
    fn execute(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
        mut listener: Option<&mut Listener<'_>>,
    ) -> Result<bool, Fault> {
        let before = (self.rng.clone(), self.findings.steps);
        let mut world = World::start(program)?;
        let (mut path, mut enabled) = (Vec::new(), Vec::new());
        let mut priorities = self.priorities();
        loop {
            if meter.must_stop() {
                (self.rng, self.findings.steps) = before;
                return Ok(false);
            }
            world.enabled(program, &mut enabled);
            let panicked = self.steps_max.is_some() && has_panicked(&world);
            if enabled.is_empty() || panicked {
                self.findings.ended(program, &world, &path);
                return Ok(true);
            }
            if let Some(limit) = meter.limits.cut(&world, path.len()) {
                self.findings.cut(program, &world, &path, limit);
                return Ok(true);
            }
            if self.is_spent() {
                return Ok(true);
            }
            let step = match &mut priorities {
                None => enabled[self.rng.usize(..enabled.len())],
                Some(priorities) => priorities.pick(&mut self.rng, &enabled, &path),
            };
            if let Some(listener) = &mut listener {
                let last = world.clone();
                let event = world.take(program, step)?;
                reserve(&mut path, 1)?;
                path.push(step);
                listener(program, [&last, &world], &event, &path);
            } else {
                world.advance(program, step)?;
                reserve(&mut path, 1)?;
                path.push(step);
            }
            self.findings.steps += 1;
            meter.spend();
        }
    }

    fn priorities(&mut self) -> Option<Priorities> {
        let Draw::Priorities { depth } = self.draw else {
            return None;
        };
        let length = self.findings.steps_max.max(1);
        let changes = (1..depth.min(DEPTH_MAX)).map(|_| self.rng.usize(..length));
        Some(Priorities {
            of: FxHashMap::default(),
            changes: changes.collect(),
            lowest: u64::from(u32::MAX),
        })
    }
}

impl Priorities {
    fn pick(&mut self, rng: &mut fastrand::Rng, enabled: &[Step], path: &[Step]) -> Step {
        if let Some(last) = path.last()
            && self.changes.contains(&path.len())
        {
            self.lowest -= 1;
            self.of.insert(last.actor, self.lowest);
        }
        for step in enabled {
            let random = u64::from(u32::MAX) + rng.u64(1..1 << 40);
            self.of.entry(step.actor).or_insert(random);
        }
        let highest = enabled
            .iter()
            .map(|step| self.of[&step.actor])
            .max()
            .unwrap_or(0);
        let best: Vec<&Step> = enabled
            .iter()
            .filter(|step| self.of[&step.actor] == highest)
            .collect();
        *best[rng.usize(..best.len())]
    }
}

impl Random {
    /// Does the same as [`Search::advance`], and tells of each step.
    pub(super) fn advance_with(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
        mut listener: Option<&mut Listener<'_>>,
    ) -> Result<Progress, Fault> {
        let wanted = meter.limits.executions_max.unwrap_or(EXECUTIONS);
        let alone = self.steps_max.is_none();
        while self.findings.executions < wanted && !self.is_spent() {
            let whole = self.execute(program, meter, listener.as_deref_mut())?;
            if alone {
                let _ = meter.executions(self.findings.executions, self.findings.steps_max);
            }
            if let Some(limit) = meter.out_of_time() {
                self.findings.record_limit(limit);
                break;
            }
            if alone {
                forget_past(program, std::iter::empty());
            }
            if !whole || meter.slice_is_over() {
                return Ok(Progress::Paused);
            }
        }
        if alone {
            self.findings
                .record_limit(Limit::Random(self.findings.executions));
        }
        Ok(Progress::Done)
    }
}

impl Search for Random {
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        self.advance_with(program, meter, None)
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }

    fn save(&self) -> Option<SearchSnapshot> {
        Some(SearchSnapshot::Random(Snapshot {
            generator: self.rng.get_seed(),
            findings: self.findings.clone(),
        }))
    }

    fn restore(
        &mut self,
        _program: &mut dyn Program,
        stopped: SearchSnapshot,
    ) -> Result<(), Fault> {
        let SearchSnapshot::Random(stopped) = stopped else {
            return Err(of_another_kind());
        };
        self.rng = fastrand::Rng::with_seed(stopped.generator);
        self.findings = stopped.findings;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The goroutine that moved last at a point of change falls below all others, those that fell
    /// before it included.
    #[test]
    fn the_highest_moves_until_it_falls_to_the_bottom() {
        for seed in 0..50 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut priorities = Priorities {
                of: FxHashMap::default(),
                changes: vec![2, 3],
                lowest: u64::from(u32::MAX),
            };
            let three: Vec<Step> = (0..3).map(|id| Step::of(GoroutineId(id))).collect();
            let mut path = Vec::new();
            for _ in 0..4 {
                let next = priorities.pick(&mut rng, &three, &path);
                path.push(next);
            }
            let [first, second, third, fourth] = path[..] else {
                unreachable!("four were picked")
            };
            assert_eq!(first, second, "nothing changes before the second point");
            assert_ne!(third, first);
            assert!(fourth != first && fourth != third);
            let fallen = [first, third];
            let next = priorities.pick(&mut rng, &fallen, &path);
            assert_eq!(next, first, "{third:?} fell last");
        }
    }

    #[test]
    fn the_depth_is_one_more_than_the_points_of_change() {
        let mut search = Random::new(1, Draw::Priorities { depth: 4 });
        search.findings.steps_max = 10;
        let priorities = search.priorities().expect("it draws by priorities");
        assert_eq!(priorities.changes.len(), 3);
        assert!(priorities.changes.iter().all(|&at| at < 10));
        assert!(Random::new(1, Draw::Uniform).priorities().is_none());
        let mut endless = Random::new(1, Draw::Priorities { depth: u32::MAX });
        let priorities = endless.priorities().expect("it draws by priorities");
        assert!(priorities.changes.len() < DEPTH_MAX as usize);
    }
}
