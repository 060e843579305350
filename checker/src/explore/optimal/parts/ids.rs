//! The ids that two processes have given, put together.
//!
//! A thing gets the next free id when it is first met. Two parts meet other things first, so one id
//! may be two things. Things are the same if the same goroutine made them at the same place, and
//! they are of the same kind, name and number.

use std::collections::HashMap;

use super::super::Ways;
use crate::model::{Event, GoroutineId, Known, KnownThing, ObjectId, Step};

/// The ids of one process by those of another.
pub(super) struct Renumbering {
    goroutines: Vec<u32>,
    objects: Vec<u32>,
}

impl Renumbering {
    /// Adds the things of another process to those that are known. It has adopted the ids `common`
    /// first, which are among the known ones. Returns `None` if it has a thing without its maker.
    pub(super) fn join(known: &mut Known, common: &Known, others: &Known) -> Option<Self> {
        let goroutines = join(
            &mut known.goroutines,
            common.goroutines.len(),
            &others.goroutines,
            None,
        )?;
        let objects = join(
            &mut known.objects,
            common.objects.len(),
            &others.objects,
            Some(&goroutines),
        )?;
        known.may_cycle |= others.may_cycle;
        Some(Self {
            goroutines,
            objects,
        })
    }

    fn goroutine(&self, id: GoroutineId) -> GoroutineId {
        let other = self.goroutines.get(id.index());
        other.map_or(id, |&other| GoroutineId(other))
    }

    fn object(&self, id: ObjectId) -> ObjectId {
        let other = self.objects.get(id.index());
        other.map_or(id, |&other| ObjectId(other))
    }

    /// Returns a step in the ids that are known.
    pub(super) fn step(&self, step: Step) -> Step {
        step.with_ids(|id| self.goroutine(id))
    }

    /// Returns ways in the ids that are known.
    pub(super) fn ways(&self, ways: &Ways) -> Ways {
        let Event {
            step,
            actors,
            footprint,
        } = &ways.event;
        let event = Event {
            step: self.step(*step),
            actors: actors.iter().map(|&id| self.goroutine(id)).collect(),
            footprint: footprint
                .iter()
                .map(|&(id, how)| (self.object(id), how))
                .collect(),
        };
        Ways {
            event,
            numbers: ways.numbers.clone(),
        }
    }
}

/// Adds the other things to those that are known. Returns the id of each. The first `common` ones
/// are the same. `makers` has the ids of goroutines, if these are other things.
fn join(
    known: &mut Vec<KnownThing>,
    common: usize,
    others: &[KnownThing],
    makers: Option<&[u32]>,
) -> Option<Vec<u32>> {
    let numbered = known.iter().cloned().zip(0..);
    let mut ids: HashMap<KnownThing, u32> = numbered.collect();
    let mut joined: Vec<u32> = (0..).take(common.min(others.len())).collect();
    for thing in others.iter().skip(common) {
        let makers = makers.unwrap_or(&joined);
        let maker = match thing.maker {
            Some(maker) => Some(*makers.get(maker as usize)?),
            None => None,
        };
        let thing = KnownThing {
            maker,
            ..thing.clone()
        };
        let next = u32::try_from(known.len()).ok()?;
        let id = *ids.entry(thing).or_insert_with_key(|thing| {
            known.push(thing.clone());
            next
        });
        joined.push(id);
    }
    Some(joined)
}
