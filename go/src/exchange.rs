//! Goroutines that may take each other's places in a state.
//!
//! An id is a name: the starter, the place, the function, and a number. A local state does not say
//! whose it is, so two goroutines whose ids differ in the number only may exchange them. The states
//! before and after have the same futures. They are equal if the two do the same from there on.
//! That is why nobody asks what a goroutine has captured: it is in its frames.
//!
//! An id is free again when its goroutine has returned. So one that is free may be exchanged, too.
//!
//! An id is also a part of others: of cells, objects and goroutines that this one has made. So
//! **who owns something** that is there keeps its id. Who is about to start a goroutine keeps it,
//! too, and so does the id that the new one is to get.

use gordian_checker::model::{GoroutineId, Next, Object, ObjectId, Op, World};

use crate::machine::{GoroutineKey, Machine};
use crate::program::GoProgram;

/// Returns true if frames may have ids of goroutines in them, as those of bubbles and of goleak
/// have. Then nobody may take another's place. And what they do depends on where all others stand.
pub(crate) fn keeps_ids(machine: &Machine) -> bool {
    let mut functions = machine.code.funcs.iter();
    machine.has_bubbles || functions.any(|func| func.name.starts_with("go.uber.org/goleak."))
}

impl GoProgram {
    /// Lists the goroutines that may take the places of others, each with the number of its group.
    pub(crate) fn alike(&self, world: &World, groups: &mut Vec<(u32, GoroutineId)>) {
        let things = &self.machine.things;
        let is_started = |id| matches!(things.goroutine_key(id), GoroutineKey::Started { .. });
        let mut named = Vec::new();
        for id in world.ids() {
            let next = world.goroutine(id).map(|it| self.stands_at(it.local).1);
            match next {
                Some(Next::Op(Op::Go(child))) => named.extend([id, *child]),
                Some(_) | None if is_started(id) => groups.push((things.first_alike(id), id)),
                Some(_) | None => {}
            }
        }
        groups.sort_unstable();
        if groups.windows(2).all(|two| two[0].0 != two[1].0) {
            groups.clear();
            return;
        }
        let mut owns = vec![false; world.goroutines().len()];
        self.owners(world, |id| {
            if let Some(owns) = owns.get_mut(id.index()) {
                *owns = true;
            }
        });
        groups.retain(|(_, id)| !owns[id.index()] && !named.contains(id));
    }

    /// Tells who has made what is there.
    fn owners(&self, world: &World, mut tell: impl FnMut(GoroutineId)) {
        let things = &self.machine.things;
        let mut tell_maker = |cell: u32| {
            if let Some(maker) = things.maker_of_cell(cell) {
                tell(maker);
            }
        };
        world.cells().for_each(|cell| tell_maker(cell.0));
        for (id, object) in (0..).zip(world.objects()) {
            if *object != Object::Absent {
                tell_maker(things.address(ObjectId(id)).0);
            }
        }
        let started = world.ids().filter(|id| world.goroutine(*id).is_some());
        started.filter_map(|id| things.maker_of(id)).for_each(tell);
    }

    /// Begins to keep back what names goroutines, or keeps it again.
    pub(crate) fn keep_back(&mut self, keeps_back: bool) {
        let reuses = &mut self.machine.reuses;
        match self.races.keeps_back.take() {
            Some(before) if *reuses != before => {
                self.races.withheld = true;
                *reuses = before;
            }
            Some(_) | None => {}
        }
        self.races.keeps_back = keeps_back.then(|| reuses.clone());
    }
}
