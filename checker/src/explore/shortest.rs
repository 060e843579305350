//! The counterexample that is easiest to read. Of all ways to a bad end it has the fewest steps
//! and, among those, the fewest context switches.
//!
//! It is found by a breadth-first search over pairs of a state and its [`LastRunner`], level by
//! level. Each pair keeps the way with the fewest switches among those with the fewest steps.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::findings::Bad;
use super::{Interrupted, Meter};
use crate::execution::context_switches::LastRunner;
use crate::execution::end_state::EndState;
use crate::memory::reserve;
use crate::model::{End, Fault, GoroutineId, Phase, Program, Step, World};

/// Most states that are visited. Beyond that the known way is kept.
const STATES_MAX: usize = 300_000;

/// A state, its last runner, and the best way to it.
struct Entry {
    world: World,
    running: LastRunner,
    switches: u32,
    from: (usize, Step),
}

/// Finds a best way to this end. Returns `None` if it is not found among the first states, or
/// before the meter ends the search. It also returns `None` for an end in which others run on: that
/// way is left as it is.
pub(crate) fn find(
    program: &mut dyn Program,
    key: &EndState,
    bad: &Bad,
    meter: &Meter,
) -> Result<Option<Vec<Step>>, Fault> {
    if bad.cycle > 0 {
        return Ok(None);
    }
    Ok(Interrupted::unless_cut(look(program, key, bad, meter))?.flatten())
}

fn look(
    program: &mut dyn Program,
    key: &EndState,
    bad: &Bad,
    meter: &Meter,
) -> Result<Option<Vec<Step>>, Interrupted> {
    let world = World::start(program)?;
    let nowhere = (0, Step::of(GoroutineId::MAIN));
    let mut entries = vec![Entry {
        world,
        running: LastRunner::default(),
        switches: 0,
        from: nowhere,
    }];
    let mut known: HashMap<(World, LastRunner), usize, FxBuildHasher> = HashMap::default();
    known.insert((entries[0].world.clone(), LastRunner::default()), 0);
    let (mut level, mut enabled) = (0..1, Vec::new());
    // One level of states after the other. The known way bounds the depth.
    for _ in 0..=bad.path.len() {
        let mut best: Option<usize> = None;
        for index in level.clone() {
            meter.go_on()?;
            if best.is_none_or(|best| entries[index].switches < entries[best].switches)
                && is_it(program, &entries[index].world, key, &mut enabled)
            {
                best = Some(index);
            }
        }
        if let Some(index) = best {
            return Ok(Some(way(&entries, index)));
        }
        let next_begins = entries.len();
        for index in level {
            let world = entries[index].world.clone();
            world.enabled(program, &mut enabled);
            for &step in &enabled {
                meter.go_on()?;
                let running = entries[index].running.after(&world, step);
                let switch = u32::from(entries[index].running.switches(&world, step));
                let switches = entries[index].switches + switch;
                let mut after = world.clone();
                after.advance(program, step)?;
                match known.get(&(after.clone(), running.clone())) {
                    // It was met on a shorter way, or on one with as few switches.
                    Some(&same) if same < next_begins || entries[same].switches <= switches => {}
                    Some(&same) => {
                        entries[same].switches = switches;
                        entries[same].from = (index, step);
                    }
                    None => {
                        known.insert((after.clone(), running.clone()), entries.len());
                        let from = (index, step);
                        reserve(&mut entries, 1)?;
                        entries.push(Entry {
                            world: after,
                            running,
                            switches,
                            from,
                        });
                    }
                }
            }
            if entries.len() > STATES_MAX {
                return Ok(None);
            }
        }
        level = next_begins..entries.len();
    }
    Ok(None)
}

/// Returns true if a state is the end that is looked for.
fn is_it(program: &dyn Program, world: &World, key: &EndState, enabled: &mut Vec<Step>) -> bool {
    if key.end == End::Panic {
        return world.ids().any(|id| {
            matches!(world.goroutines()[id.index()].phase, Phase::Panicked(_))
                && EndState::of_panic(program, world, id) == *key
        });
    }
    world.enabled(program, enabled);
    enabled.is_empty()
        && world.end(program) == key.end
        && EndState::of_bad(program, world, key.end) == *key
}

fn way(entries: &[Entry], mut index: usize) -> Vec<Step> {
    let mut path = Vec::new();
    while index > 0 {
        let (before, step) = entries[index].from;
        path.push(step);
        index = before;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::explore::exhaustive::Exhaustive;
    use crate::explore::{Limits, Meter, Search};
    use crate::subject::Subject;
    use crate::sync::{atomic, chan, choose, go, mutex};

    /// Returns the best way to each bad end of the kernel, as the names of the goroutines that
    /// move.
    ///
    /// # Panics
    /// If a way of as many steps is found for an end that is said to be nearer. Also if any way is
    /// found for an end in which others run on.
    fn best(kernel: impl Fn() + 'static) -> Vec<String> {
        let mut program = Rc::new(kernel).program(1 << 16);
        let program = program.as_mut();
        let mut search = Exhaustive::new();
        let mut meter = Meter::new(Limits::default(), std::sync::Arc::default());
        search.advance(program, &mut meter).unwrap();
        let bad = &search.findings().bad;
        assert!(!bad.is_empty(), "nothing bad is found");
        let mut ways = Vec::new();
        for (key, bad) in bad {
            let way = find(program, key, bad, &meter)
                .unwrap()
                .expect("there is a way");
            assert_leads(program, &way, key);
            let names: Vec<String> = way
                .iter()
                .map(|step| program.goroutine(step.actor).name)
                .collect();
            ways.push(names.join(" "));
            let cycle = Bad {
                cycle: 1,
                ..bad.clone()
            };
            assert_eq!(find(program, key, &cycle, &meter), Ok(None));
            let too_short = Bad {
                path: way[1..].to_vec(),
                ..bad.clone()
            };
            assert_eq!(find(program, key, &too_short, &meter), Ok(None));
            meter.watch.interrupt.store(true, Ordering::Relaxed);
            assert_eq!(find(program, key, bad, &meter), Ok(None));
            meter.watch.interrupt.store(false, Ordering::Relaxed);
        }
        ways
    }

    fn assert_leads(program: &mut dyn Program, way: &[Step], key: &EndState) {
        let mut world = World::start(program).unwrap();
        for &step in way {
            world.take(program, step).unwrap();
        }
        let ends: Vec<EndState> = match key.end {
            End::Panic => world
                .ids()
                .filter(|id| matches!(world.goroutines()[id.index()].phase, Phase::Panicked(_)))
                .map(|id| EndState::of_panic(program, &world, id))
                .collect(),
            end => vec![EndState::of_bad(program, &world, end)],
        };
        assert!(ends.contains(key), "{ends:?} and not {key:?}");
        assert!(key.end == End::Panic || !world.can_move(program));
    }

    #[test]
    fn a_deadlock_is_reached_in_as_few_steps_and_switches_as_can_be() {
        let ways = best(|| {
            let (a, b, spare) = (mutex("a", ()), mutex("b", ()), atomic("spare", 0));
            go("other", move || {
                let of_b = b.lock();
                let of_a = a.lock();
                of_a.unlock();
                of_b.unlock();
                spare.add(1);
            });
            let of_a = a.lock();
            let of_b = b.lock();
            of_b.unlock();
            of_a.unlock();
        });
        assert_eq!(ways, ["main main other"]);
    }

    /// Lets one goroutine send, and another receive after a step of its own. The best way lets the
    /// sender go first. Main is stuck in one of two ways.
    fn sender_and_receiver(sender_first: bool) -> Vec<String> {
        best(move || {
            let (full, own) = (chan::<()>("full", 1), atomic("own", 0));
            let never = [chan::<()>("never", 0), chan::<()>("not ever", 0)];
            let send = move || full.send(());
            let receive = move || {
                own.add(1);
                full.recv();
            };
            if sender_first {
                go("sender", send);
                go("receiver", receive);
            } else {
                go("receiver", receive);
                go("sender", send);
            }
            never[choose(2) as usize].recv();
        })
    }

    #[test]
    fn of_two_ways_to_a_state_the_one_with_fewer_switches_is_kept() {
        let best = "main main main sender receiver receiver";
        assert_eq!(sender_and_receiver(true), [best; 2]);
        assert_eq!(sender_and_receiver(false), [best; 2]);
    }

    #[test]
    fn a_panic_needs_no_end_of_the_others() {
        let ways = best(|| {
            let (mine, its) = (chan::<()>("mine", 0), chan::<()>("its", 0));
            go("other", move || {
                its.close();
                its.close();
            });
            mine.close();
            mine.close();
        });
        assert_eq!(ways, ["main main main", "main other other"]);
    }
}
