//! The counterexample that is easiest to read: of all ways to a bad end one with the fewest steps and, among those, with the fewest context
//! switches.
//!
//! A breadth-first search over states and who is [`Running`] in them, level by level; each keeps the way with the fewest switches
//! among those of the fewest steps.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::findings::Bad;
use super::turns::Running;
use crate::model::{End, Fault, GoroutineId, Phase, Program, Step, World};
use crate::report::end_state::EndState;

/// How many states are looked at before the way that is known is kept.
const STATES_MAX: usize = 300_000;

/// A state, who is running in it, and the best way to it.
struct Entry {
    world: World,
    running: Running,
    switches: u32,
    from: (usize, Step),
}

/// A best way to this end; `None` if it is not found among the first states. The way of an end in which others run on is left
/// as it is.
pub(crate) fn find(
    program: &mut dyn Program,
    key: &EndState,
    bad: &Bad,
) -> Result<Option<Vec<Step>>, Fault> {
    if bad.cycle > 0 {
        return Ok(None);
    }
    let world = World::start(program)?;
    let nowhere = (0, Step::of(GoroutineId::MAIN));
    let mut entries = vec![Entry {
        world,
        running: Running::default(),
        switches: 0,
        from: nowhere,
    }];
    let mut known: HashMap<(World, Running), usize, FxBuildHasher> = HashMap::default();
    known.insert((entries[0].world.clone(), Running::default()), 0);
    let (mut level, mut enabled) = (0..1, Vec::new());
    for _ in 0..=bad.path.len() {
        let best = level
            .clone()
            .filter(|&index| is_it(program, &entries[index].world, key, &mut enabled))
            .min_by_key(|&index| entries[index].switches);
        if let Some(index) = best {
            return Ok(Some(way(&entries, index)));
        }
        let next_begins = entries.len();
        for index in level {
            let world = entries[index].world.clone();
            world.enabled(program, &mut enabled);
            for &step in &enabled {
                let running = entries[index].running.after(&world, step);
                let switch = u32::from(entries[index].running.switches(&world, step));
                let switches = entries[index].switches + switch;
                let mut after = world.clone();
                after.take(program, step)?;
                match known.get(&(after.clone(), running.clone())) {
                    Some(&same) if same < next_begins || entries[same].switches <= switches => {}
                    Some(&same) => {
                        entries[same].switches = switches;
                        entries[same].from = (index, step);
                    }
                    None => {
                        known.insert((after.clone(), running.clone()), entries.len());
                        let from = (index, step);
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

/// Whether a state is the end that is looked for.
fn is_it(program: &dyn Program, world: &World, key: &EndState, enabled: &mut Vec<Step>) -> bool {
    if key.end == End::Panic {
        return (0..world.goroutines().len())
            .map(GoroutineId::from_index)
            .any(|id| {
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
