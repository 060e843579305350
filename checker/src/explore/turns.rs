//! Whose turn it is: context switches and preemptions, counted along a path.
//!
//! After a step those who moved in it are **running**. A step in which none of them moves is a context switch; it is a preemption if one of
//! them could have gone on. A switch away from goroutines that are blocked or have ended is free. After a rendezvous either of the
//! two may go on without a switch, and a timer that fires is no switch at all: so a path is never said to have more preemptions than it has.

use smallvec::SmallVec;

use crate::model::{GoroutineId, Phase, Program, Step, World};

/// Who is running.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Running {
    /// In the order of their ids; empty before the first step.
    goroutines: SmallVec<[GoroutineId; 2]>,
}

impl Running {
    /// Who is running after this step.
    pub(super) fn after(&self, world: &World, step: Step) -> Self {
        if fires_a_timer(world, step) {
            return self.clone();
        }
        let mut goroutines: SmallVec<[GoroutineId; 2]> = step.movers().collect();
        goroutines.sort_unstable();
        Self { goroutines }
    }

    /// Whether this step is a context switch.
    pub(super) fn switches(&self, world: &World, step: Step) -> bool {
        !self.goroutines.is_empty()
            && !fires_a_timer(world, step)
            && !self.goroutines.iter().any(|&id| step.moves(id))
    }

    /// Whether this step, one of those that are enabled, is a preemption.
    pub(super) fn preempts(&self, world: &World, step: Step, enabled: &[Step]) -> bool {
        self.switches(world, step)
            && enabled
                .iter()
                .any(|other| self.goroutines.iter().any(|&id| other.moves(id)))
    }

    /// Appends it to `out`, so that what follows can be told from it.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::try_from(self.goroutines.len()).expect("at most two run"));
        for id in &self.goroutines {
            out.extend_from_slice(&id.0.to_le_bytes());
        }
    }

    /// Takes it off the front of `bytes`.
    pub(super) fn decode(bytes: &mut &[u8]) -> Self {
        let count = usize::from(bytes[0]);
        let (mine, rest) = bytes[1..].split_at(4 * count);
        *bytes = rest;
        let id =
            |four: &[u8]| GoroutineId(u32::from_le_bytes(four.try_into().expect("four bytes")));
        Self {
            goroutines: mine.chunks_exact(4).map(id).collect(),
        }
    }
}

fn fires_a_timer(world: &World, step: Step) -> bool {
    matches!(
        world.goroutine(step.actor).map(|goroutine| goroutine.phase),
        Some(Phase::Timer(_))
    )
}

/// How many context switches a path has.
///
/// # Errors
/// If the program has a fault.
pub fn context_switches(
    program: &mut dyn Program,
    path: &[Step],
) -> Result<usize, crate::model::Fault> {
    let mut world = World::start(program)?;
    let mut running = Running::default();
    let mut switches = 0;
    for &step in path {
        switches += usize::from(running.switches(&world, step));
        running = running.after(&world, step);
        world.take(program, step)?;
    }
    Ok(switches)
}
