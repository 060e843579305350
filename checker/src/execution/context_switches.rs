//! Whose turn it is: context switches and preemptions, counted along a path.
//!
//! After a step those who moved in it are **running**. A step in which none of them moves is a
//! context switch; it is a preemption if one of them could have gone on. A switch away from
//! goroutines that are blocked or have ended is free. After a rendezvous either of the two may go
//! on without a switch, and a timer that fires is no switch at all; one that meets a receiver is a
//! step of the receiver, which could not have gone on before. So a path is never said to have more
//! preemptions than it has.

use smallvec::SmallVec;

use crate::model::{GoroutineId, Phase, Step, World};

/// Who is running.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Running {
    /// In the order of their ids; empty before the first step.
    goroutines: SmallVec<[GoroutineId; 2]>,
}

impl Running {
    /// Who is running after this step.
    pub(crate) fn after(&self, world: &World, step: Step) -> Self {
        let goroutine = |mover: &GoroutineId| !is_timer(world, *mover);
        let mut goroutines: SmallVec<[GoroutineId; 2]> = step.movers().filter(goroutine).collect();
        if goroutines.is_empty() {
            return self.clone();
        }
        goroutines.sort_unstable();
        Self { goroutines }
    }

    /// Whether this step is a context switch.
    pub(crate) fn switches(&self, world: &World, step: Step) -> bool {
        !self.goroutines.is_empty()
            && !step.movers().all(|mover| is_timer(world, mover))
            && !self.goroutines.iter().any(|&id| step.moves(id))
    }

    /// Whether this step, one of those that are enabled, is a preemption.
    pub(crate) fn preempts(&self, world: &World, step: Step, enabled: &[Step]) -> bool {
        self.switches(world, step)
            && enabled
                .iter()
                .filter(|other| !is_timer(world, other.actor))
                .any(|other| self.goroutines.iter().any(|&id| other.moves(id)))
    }

    /// Appends it to `out`, so that what follows can be told from it.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::try_from(self.goroutines.len()).expect("at most two run"));
        for id in &self.goroutines {
            out.extend_from_slice(&id.0.to_le_bytes());
        }
    }

    /// Takes it off the front of `bytes`.
    pub(crate) fn decode(bytes: &mut &[u8]) -> Self {
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

fn is_timer(world: &World, id: GoroutineId) -> bool {
    matches!(
        world.goroutine(id).map(|goroutine| goroutine.phase),
        Some(Phase::Timer(_))
    )
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::model::Program;
    use crate::subject::Subject;
    use crate::sync::{after, atomic, background, chan, go};

    const MAIN: GoroutineId = GoroutineId::MAIN;

    /// A program that is played step by step, and who is running in it.
    struct Play {
        program: Box<dyn Program>,
        world: World,
        running: Running,
        enabled: Vec<Step>,
    }

    impl Play {
        fn of(kernel: impl Fn() + 'static) -> Self {
            let mut program = Rc::new(kernel).program(1 << 16);
            let world = World::start(program.as_mut()).unwrap();
            let mut play = Self {
                program,
                world,
                running: Running::default(),
                enabled: Vec::new(),
            };
            play.world.enabled(play.program.as_ref(), &mut play.enabled);
            play
        }

        fn named(&self, name: &str) -> GoroutineId {
            (0..self.world.goroutines().len())
                .map(GoroutineId::from_index)
                .find(|&id| self.program.goroutine(id).name == name)
                .expect("there is such a goroutine")
        }

        /// Takes the step of this goroutine: whether it is a context switch, and whether a
        /// preemption.
        fn step(&mut self, actor: GoroutineId) -> (bool, bool) {
            let step = *self
                .enabled
                .iter()
                .find(|step| step.actor == actor)
                .expect("it can move");
            let kind = (
                self.running.switches(&self.world, step),
                self.running.preempts(&self.world, step, &self.enabled),
            );
            self.running = self.running.after(&self.world, step);
            self.world.take(self.program.as_mut(), step).unwrap();
            self.world.enabled(self.program.as_ref(), &mut self.enabled);
            kind
        }
    }

    const NO_SWITCH: (bool, bool) = (false, false);
    const FREE: (bool, bool) = (true, false);
    const PREEMPTION: (bool, bool) = (true, true);

    #[test]
    fn a_switch_is_a_preemption_where_the_one_before_could_go_on() {
        let mut play = Play::of(|| {
            let (a, b) = (atomic("a", 0), atomic("b", 0));
            go("other", move || {
                b.add(1);
                b.add(1);
            });
            a.add(1);
            a.add(1);
        });
        assert_eq!(play.step(MAIN), NO_SWITCH, "nobody was running");
        let other = play.named("other");
        assert_eq!(play.step(other), PREEMPTION);
        assert_eq!(play.step(MAIN), PREEMPTION);
        assert_eq!(play.step(MAIN), NO_SWITCH);
        assert_eq!(play.step(other), FREE, "main has returned");
    }

    #[test]
    fn after_a_rendezvous_either_may_go_on() {
        let mut play = Play::of(|| {
            let (meet, a) = (chan::<()>("meet", 0), atomic("a", 0));
            go("other", move || {
                meet.recv();
                a.add(1);
                a.add(1);
            });
            go("third", move || {
                a.add(1);
            });
            meet.send(());
            a.add(1);
        });
        play.step(MAIN);
        assert_eq!(play.step(MAIN), NO_SWITCH);
        let (other, third) = (play.named("other"), play.named("third"));
        assert_eq!(play.step(MAIN), NO_SWITCH, "they meet");
        let met = play.running.clone();
        assert_eq!(play.step(other), NO_SWITCH);
        assert_eq!(play.step(MAIN), PREEMPTION);
        play.running = met;
        assert_eq!(play.step(third), PREEMPTION, "one of the two could go on");
    }

    #[test]
    fn a_timer_switches_nothing() {
        let mut play = Play::of(|| {
            let (_due, a) = (background().with_timeout("due"), atomic("a", 0));
            a.add(1);
            a.add(1);
        });
        let timer = GoroutineId::from_index(1);
        assert_eq!(play.step(MAIN), NO_SWITCH);
        assert_eq!(play.step(timer), NO_SWITCH);
        assert_eq!(play.step(MAIN), NO_SWITCH);
    }

    #[test]
    fn a_timer_that_meets_a_receiver_is_a_step_of_the_receiver() {
        let mut play = Play::of(|| {
            let (due, a) = (after("due"), atomic("a", 0));
            go("other", move || {
                a.add(1);
                due.recv();
                a.add(1);
            });
            a.add(1);
            a.add(1);
            a.add(1);
        });
        let timer = GoroutineId::from_index(1);
        play.step(MAIN);
        let other = play.named("other");
        assert_eq!(play.step(other), PREEMPTION);
        assert_eq!(play.step(MAIN), FREE, "the other waits for the timer");
        assert_eq!(play.step(timer), PREEMPTION, "main could go on");
        assert_eq!(play.step(other), NO_SWITCH, "it has met the timer");
        assert_eq!(play.step(MAIN), FREE, "the other has returned");
    }

    #[test]
    fn who_runs_comes_back_from_bytes_and_leaves_the_rest() {
        for count in 0..=2 {
            let running = Running {
                goroutines: (0..count).map(|id| GoroutineId(id + 70_000)).collect(),
            };
            let mut bytes = Vec::new();
            running.encode(&mut bytes);
            bytes.push(9);
            let mut input = &bytes[..];
            assert_eq!(Running::decode(&mut input), running);
            assert_eq!(input, [9]);
        }
    }
}
