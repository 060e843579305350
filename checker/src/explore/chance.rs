//! The probability of a bad end under a scheduler that draws evenly among the enabled steps.
//!
//! On a graph of states without a cycle, the probability of a state is the mean of those to which
//! its steps lead. The probability of an end is 1 if it is bad, else 0. If there are too many
//! states, or a cycle among them, executions are drawn at random.

use serde::{Deserialize, Serialize};

use super::breadth_first::Reached;
use super::graph::{Edges, Graph};
use super::starvation::{has_panicked, walk_noting_steps};
use super::{Interrupted, Meter};
use crate::model::{Fault, Program, World};

/// The probability of a bad end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Chance {
    /// The lower bound, in millionths. If executions were drawn, it is the lower end of the 95 %
    /// confidence interval of Wilson (1927).
    pub low: u32,
    /// The upper bound, in millionths.
    pub high: u32,
    /// True if no execution ends well.
    pub always: bool,
    /// Number of states from which it was computed: all of them. `None` if it was not computed.
    pub states: Option<usize>,
    /// Number of executions that were drawn, if it was not computed.
    pub runs: Option<u32>,
}

/// Most states from which it is computed.
const STATES_MAX: usize = 100_000;

/// Number of executions that are drawn.
const RUNS: u32 = 1_000;

/// Most steps of an execution that is drawn. One that goes on longer did not end badly.
const RUN_STEPS_MAX: usize = 10_000;

/// Most steps of all executions together. Fewer are drawn if they take more.
const STEPS_MAX: usize = 1_000_000;

/// The seed of the draws.
const SEED: u64 = 1;

/// A million.
const MILLION: f64 = 1e6;

impl Chance {
    /// Finds the probability of a bad end. Returns `None` if the meter ends the search.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn of(program: &mut dyn Program, meter: &Meter) -> Result<Option<Self>, Fault> {
        let start = World::start(program)?;
        let (reached, edges) = walk_noting_steps(program, &start, STATES_MAX, meter)?;
        let chance = if reached.complete {
            Self::computed(program, &reached, edges, meter)
        } else {
            Ok(None)
        };
        let chance = match chance {
            Ok(None) => Self::drawn(program, &start, meter),
            known => known,
        };
        Ok(Interrupted::unless_cut(chance)?.flatten())
    }

    /// Computes it from all states. Returns `None` if there is a cycle among them.
    fn computed(
        program: &dyn Program,
        reached: &Reached,
        edges: Edges,
        meter: &Meter,
    ) -> Result<Option<Self>, Interrupted> {
        let states = reached.states.len();
        let graph = Graph::of(edges, states, meter)?;
        let mut left: Vec<usize> = (0..states)
            .map(|state| graph.of_state(state).len())
            .collect();
        let mut sums = vec![0.0; states];
        let mut known: Vec<usize> = (0..states).filter(|&state| left[state] == 0).collect();
        let mut world = World::default();
        let mut always = true;
        let mut at = 0;
        // Backwards from the ends: a state is known once all states that follow it are.
        while let Some(&state) = known.get(at) {
            meter.go_on()?;
            at += 1;
            let ways = graph.of_state(state).len();
            if ways == 0 {
                reached.states.copy_world(state, &mut world);
                let is_bad = world.end(program).is_bad();
                always &= is_bad;
                sums[state] = f64::from(u8::from(is_bad));
            } else {
                sums[state] /= ways as f64;
            }
            for before in graph.leading_to(state).iter().map(|&id| id as usize) {
                sums[before] += sums[state];
                left[before] -= 1;
                if left[before] == 0 {
                    known.push(before);
                }
            }
        }
        // No state from which a cycle can be reached ever becomes known.
        if known.len() < states {
            return Ok(None);
        }
        let millionths = (sums[0] * MILLION).round() as u32;
        Ok(Some(Self {
            low: millionths,
            high: millionths,
            always,
            states: Some(states),
            runs: None,
        }))
    }

    /// Estimates it from executions drawn at random.
    fn drawn(
        program: &mut dyn Program,
        start: &World,
        meter: &Meter,
    ) -> Result<Option<Self>, Interrupted> {
        let mut rng = fastrand::Rng::with_seed(SEED);
        let (mut runs, mut bad, mut steps) = (0_u32, 0_u32, 0);
        let mut enabled = Vec::new();
        while runs < RUNS && steps < STEPS_MAX {
            let mut world = start.clone();
            for _ in 0..RUN_STEPS_MAX {
                meter.go_on()?;
                world.enabled(program, &mut enabled);
                if enabled.is_empty() || has_panicked(&world) {
                    break;
                }
                world.advance(program, enabled[rng.usize(..enabled.len())])?;
                steps += 1;
            }
            runs += 1;
            let ended = has_panicked(&world) || !world.can_move(program);
            bad += u32::from(ended && world.end(program).is_bad());
        }
        let (low, high) = wilson(f64::from(bad), f64::from(runs));
        Ok(Some(Self {
            low: (low * MILLION).floor() as u32,
            high: (high * MILLION).ceil() as u32,
            always: false,
            states: None,
            runs: Some(runs),
        }))
    }
}

/// Returns the 95 % confidence interval of a probability with this many hits in this many trials.
/// The formula is Wilson's ("Probable Inference, the Law of Succession, and Statistical Inference",
/// 1927).
fn wilson(hits: f64, trials: f64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let share = hits / trials;
    let z2 = Z * Z / trials;
    let centre = share + z2 / 2.0;
    let half = Z * ((share * (1.0 - share) + z2 / 4.0) / trials).sqrt();
    let low = ((centre - half) / (1.0 + z2)).max(0.0);
    let high = ((centre + half) / (1.0 + z2)).min(1.0);
    (low, high)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::Arc;

    use super::*;
    use crate::explore::Limits;
    use crate::explore::tests::crossed;
    use crate::subject::Subject;
    use crate::sync::{ControlFlow, chan, choose, forever, go, gosched};

    fn chance(kernel: impl Fn() + 'static) -> Chance {
        let mut program = Rc::new(kernel).program(1 << 16);
        let meter = Meter::new(Limits::default(), Arc::default());
        let chance = Chance::of(program.as_mut(), &meter);
        chance.expect("no fault").expect("nothing stops it")
    }

    #[test]
    fn the_mean_of_the_ways_is_the_chance() {
        let found = chance(|| {
            if choose(4) == 0 {
                chan::<()>("never", 0).recv();
            }
        });
        assert_eq!((found.low, found.high), (250_000, 250_000));
        assert!(!found.always);
        assert!(found.states.is_some());
    }

    /// Two goroutines each take both locks. The second must come between the two locks of the
    /// first. With probability 1/2 twice over, main has started the other and both are at their
    /// first lock.
    #[test]
    fn two_who_cross_meet_in_half_of_the_executions() {
        let found = chance(crossed);
        assert_eq!((found.low, found.high), (500_000, 500_000));
    }

    #[test]
    fn what_happens_under_every_schedule_is_no_race() {
        let found = chance(|| {
            let c = chan::<()>("never", 0);
            for _ in 0..3 {
                go("g", move || {
                    c.recv();
                });
            }
        });
        assert!(found.always);
        assert_eq!(found.low, 1_000_000);
    }

    /// The mean over so many ways is rounded to 1, and still one execution ends well.
    #[test]
    fn what_is_nearly_always_is_not_always() {
        let found = chance(|| {
            if (0..9).any(|_| choose(100) > 0) {
                chan::<()>("never", 0).recv();
            }
        });
        assert_eq!((found.low, found.high), (1_000_000, 1_000_000));
        assert!(!found.always);
    }

    /// It goes round a loop. Each time there is one chance in two of the bad end, and one in two of
    /// a good one.
    #[test]
    fn with_a_cycle_executions_are_drawn() {
        let found = chance(|| {
            forever(|| {
                gosched();
                match choose(3) {
                    0 => ControlFlow::Continue(()),
                    1 => ControlFlow::Break(()),
                    _ => {
                        chan::<()>("never", 0).recv();
                        ControlFlow::Break(())
                    }
                }
            });
        });
        assert_eq!((found.states, found.runs), (None, Some(1000)));
        assert!(found.low < 500_000 && 500_000 < found.high, "{found:?}");
        assert!(found.high - found.low < 70_000, "{found:?}");
    }

    #[test]
    fn an_interval_holds_what_is_seldom() {
        let (low, high) = wilson(0.0, 1000.0);
        assert!(
            low.abs() < 1e-12 && (0.003..0.005).contains(&high),
            "{low} {high}"
        );
        let (low, high) = wilson(1000.0, 1000.0);
        assert!(
            (0.995..0.997).contains(&low) && high > 0.999_999,
            "{low} {high}"
        );
    }
}
