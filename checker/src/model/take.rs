//! The effect of a step.

use smallvec::SmallVec;

use super::context::Reason;
use super::fault::Fault;
use super::id::{GoroutineId, ObjectId, ValueId};
use super::object::Object;
use super::op::{Op, Outcome, on_object};
use super::primitive::{Effect, ObjectStep, Primitive};
use super::program::Program;
use super::step::{Event, Footprint, Step};
use super::world::{Pending, Phase, World};

type Actors = SmallVec<[GoroutineId; 3]>;

/// The object that was used and did not exist.
#[derive(Debug)]
pub(super) struct Missing(ObjectId);

impl World {
    /// Takes a step, and tells what it touched.
    ///
    /// # Errors
    /// If a goroutine cannot go on for a reason that is not a behaviour of it.
    ///
    /// # Panics
    /// If the step is not enabled, or an invariant of an object does not hold after it.
    pub fn take(&mut self, program: &mut dyn Program, step: Step) -> Result<Event, Fault> {
        let mut event = Event {
            step,
            actors: Actors::new(),
            footprint: Footprint::new(),
        };
        self.go_on(program, step, &mut event.actors, Some(&mut event.footprint))?;
        Ok(event)
    }

    /// Takes a step, for who does not ask what it touched.
    ///
    /// # Errors
    /// As for [`World::take`].
    ///
    /// # Panics
    /// As for [`World::take`].
    pub fn advance(&mut self, program: &mut dyn Program, step: Step) -> Result<(), Fault> {
        self.go_on(program, step, &mut Actors::new(), None)
    }

    /// Takes a step. Notes who moves in it, and what it touches if that is asked.
    fn go_on(
        &mut self,
        program: &mut dyn Program,
        step: Step,
        actors: &mut Actors,
        footprint: Option<&mut Footprint>,
    ) -> Result<(), Fault> {
        if program.is_quiet() {
            program.elapse(self, step);
        }
        let pending = self.pending(program, step.actor);
        if let Some(footprint) = footprint {
            self.touch_pending(program, pending, step, footprint);
        }
        actors.push(step.actor);
        if let Some((partner, _)) = step.partner {
            actors.push(partner);
        }
        match pending {
            Pending::Nothing => panic!("{step:?} is not enabled: its goroutine has nothing to do"),
            Pending::Fire(timer) => {
                self.fire(step, timer);
                if let Some((receiver, choice)) = step.partner {
                    let received = choice.received(ValueId::UNIT);
                    self.move_on(program, receiver, received, actors)?;
                }
            }
            Pending::Op(op) => match step.partner {
                Some((partner, choice)) => {
                    let (sent, received) = Self::meeting(op, step.choice, choice);
                    self.move_on(program, step.actor, sent, actors)?;
                    self.move_on(program, partner, received, actors)?;
                }
                None => {
                    let starts = if let Op::Go(child) = op {
                        Some(*child)
                    } else {
                        None
                    };
                    let effect = self.effect(op, step);
                    let effect = effect
                        .map_err(|Missing(object)| self.stale(program, step.actor, object))?;
                    if let Some(child) = starts {
                        self.begin(program, step.actor, child, actors)?;
                    }
                    self.conclude(program, step.actor, effect, actors)?;
                }
            },
        }
        program.tidy(self);
        Ok(())
    }

    fn conclude(
        &mut self,
        program: &mut dyn Program,
        id: GoroutineId,
        effect: Effect,
        actors: &mut Actors,
    ) -> Result<(), Fault> {
        match effect {
            Effect::Done(outcome) => return self.move_on(program, id, outcome, actors),
            Effect::Wakes(waiters, phase) => {
                for waiter in &waiters {
                    self.goroutines[waiter.index()].phase = phase;
                }
                actors.extend(waiters);
                return self.move_on(program, id, Outcome::Done, actors);
            }
            Effect::Now(phase) => self.goroutines[id.index()].phase = phase,
            Effect::Panics(panic) if panic.is_fatal() => {
                self.goroutines[id.index()].phase = Phase::Panicked(panic);
            }
            Effect::Panics(panic) => {
                return self.move_on(program, id, Outcome::Panics(panic), actors);
            }
        }
        Ok(())
    }

    /// Starts a goroutine.
    fn begin(
        &mut self,
        program: &mut dyn Program,
        id: GoroutineId,
        child: GoroutineId,
        actors: &mut Actors,
    ) -> Result<(), Fault> {
        let local = self.goroutines[id.index()].local;
        let begin = program.child(id, local, self)?;
        self.arrive(program, child, begin, actors)?;
        actors.push(child);
        Ok(())
    }

    /// Completes the goroutine's operation and arrives at the next one.
    fn move_on(
        &mut self,
        program: &mut dyn Program,
        id: GoroutineId,
        outcome: Outcome,
        actors: &mut Actors,
    ) -> Result<(), Fault> {
        let local = self.goroutines[id.index()].local;
        let next = program.resume(id, local, outcome, self)?;
        self.arrive(program, id, next, actors)
    }

    fn stale(&self, program: &dyn Program, id: GoroutineId, object: ObjectId) -> Fault {
        Fault::StaleObject {
            goroutine: program.goroutine(id).name,
            object: program.object(object).name,
            site: program.place(program.arrival(self.goroutines[id.index()].local).site),
        }
    }

    /// Applies an operation of one goroutine to the objects.
    fn effect(&mut self, op: &Op, step: Step) -> Result<Effect, Missing> {
        on_object!(op, K, |object, op| self.apply::<K>(*object, op, step), {
            Op::Go(_) | Op::Pause(_) | Op::Touch(..) => Ok(Effect::DONE),
            Op::Choose(..) => {
                let number = step.choice.number().expect("a choice is of a number");
                Ok(Effect::number(number))
            }
            Op::Exited => unreachable!("who has exited takes no step"),
            Op::Chan(None, op) => Ok(op.on_nil().expect("it is enabled")),
            Op::Select { cases, .. } => self.select(cases, step),
            Op::CondWait { cond, mutex, content } => {
                self.cond_wait(step.actor, (*cond, *mutex), *content)
            }
            Op::CtxDerive(parent, child) => self.derive(*parent, *child),
            Op::CtxCancel(context) => self.cancel(*context, Reason::Canceled),
        })
    }

    /// Applies an operation to one object.
    pub(super) fn apply<P: Primitive>(
        &mut self,
        object: ObjectId,
        op: &P::Op,
        step: Step,
    ) -> Result<Effect, Missing> {
        let turn = ObjectStep {
            object,
            by: step.actor,
            choice: step.choice,
        };
        self.change(object, |state: &mut P| state.apply(op, turn))
    }

    /// Changes an object, whose invariants must hold after that. The handles ensure that it is of
    /// the right kind.
    pub(super) fn change<P: Primitive, T>(
        &mut self,
        id: ObjectId,
        change: impl FnOnce(&mut P) -> T,
    ) -> Result<T, Missing> {
        let object = self.objects.get_mut(id.index());
        let object = object.filter(|object| !matches!(object, Object::Absent));
        let state = P::of_mut(object.ok_or(Missing(id))?);
        let state = state.expect("an object of the kind that is needed");
        let told = change(state);
        state.assert_invariants();
        Ok(told)
    }
}
