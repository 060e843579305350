//! Data races, as a property of a state: two goroutines whose last stretches have accesses to the
//! same memory, one of which writes.
//!
//! Neither has done an operation since, so nothing can have ordered the two. A search through
//! executions does not see all states; it tells which goroutines could meet, by its clocks.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use gordian_checker::model::{GoroutineId, LocalState, Next, Op, Phase, World};
use rustc_hash::FxHashMap;

use crate::machine::{Access, How, Machine};
use crate::touched::{AllUses, Touched};

/// The place of an instruction: the function, and its number in it.
pub(crate) type Place = (u32, u32);

/// The races that are known.
#[derive(Default)]
pub(crate) struct Races {
    /// The first two accesses that conflict, for two sets of accesses.
    pairs: FxHashMap<(u32, u32), Option<(Access, Access)>>,
    /// Each race by its two instructions: in words, with the memory and the two lines.
    pub(crate) found: BTreeMap<(Place, Place), (String, [String; 3])>,
    /// The first race: each goroutine, with what it does to the memory and where.
    pub(crate) first: Option<[(String, String); 2]>,
    /// The goroutines of a state that have touched memory, with what they have touched.
    standing: Vec<(GoroutineId, u32)>,
    uses: AllUses,
    /// The wait groups that had been used again too early, while nothing is kept that names
    /// goroutines.
    pub(crate) keeps_back: Option<BTreeSet<String>>,
    /// True if something was not kept.
    pub(crate) withheld: bool,
    /// The number of those above that have touched the same.
    alike: FxHashMap<u32, u32>,
}

impl Races {
    /// Looks for races in a state. `of` tells what a goroutine that stands at a local has touched
    /// last, as a number of `touched`, and what it does next.
    pub(crate) fn look<'a>(
        &mut self,
        machine: &Machine,
        world: &World,
        of: impl Fn(LocalState) -> (u32, &'a Next),
        touched: &Touched,
    ) {
        self.standing.clear();
        self.uses.clear();
        let mut conflict = false;
        for (index, goroutine) in world.goroutines().iter().enumerate() {
            if matches!(goroutine.phase, Phase::Absent | Phase::Timer(_)) {
                continue;
            }
            let (number, next) = of(goroutine.local);
            // Who has begun to wait for a condition has unlocked its mutex.
            let waits = matches!(goroutine.phase, Phase::Waiting | Phase::Woken)
                && matches!(next, Next::Op(Op::CondWait { .. }));
            let uses = touched.uses(number);
            if waits || uses.is_empty() {
                continue;
            }
            conflict |= self.uses.add(uses);
            self.standing.push((GoroutineId::from_index(index), number));
        }
        if conflict {
            self.look_at_pairs(machine, touched);
        }
    }

    /// Looks for races of each two of those that are standing.
    fn look_at_pairs(&mut self, machine: &Machine, touched: &Touched) {
        let mut standing = std::mem::take(&mut self.standing);
        // Two of those that have touched the same stand for all.
        self.alike.clear();
        standing.retain(|(_, number)| {
            let alike = self.alike.entry(*number).or_default();
            *alike += 1;
            *alike <= 2
        });
        for (at, &a) in standing.iter().enumerate() {
            for &b in &standing[at + 1..] {
                self.meet(machine, a, b, touched);
            }
        }
        self.standing = standing;
    }

    /// Notes a race if two goroutines, each with what it has touched last, have conflicting
    /// accesses.
    pub(crate) fn meet(
        &mut self,
        machine: &Machine,
        (a, of_a): (GoroutineId, u32),
        (b, of_b): (GoroutineId, u32),
        touched: &Touched,
    ) {
        let pair = self.pairs.entry((of_a, of_b));
        let found = *pair.or_insert_with(|| conflict(touched.get(of_a), touched.get(of_b)));
        if let Some((x, y)) = found {
            let key = ((x.func, x.pc), (y.func, y.pc));
            let key = if key.0 <= key.1 { key } else { (key.1, key.0) };
            if let Entry::Vacant(free) = self.found.entry(key) {
                if self.keeps_back.is_some() {
                    self.withheld = true;
                    return;
                }
                let (name, sides) = describe(machine, (a, x), (b, y));
                let [one, other] = sides
                    .clone()
                    .map(|(who, does, place)| format!("{who} {does} it at {place}"));
                let mut lines = [sides[0].2.clone(), sides[1].2.clone()];
                lines.sort_unstable();
                let [from, to] = lines;
                let text = format!("{name}: {one}, {other}");
                free.insert((text, [name.clone(), from, to]));
                self.first.get_or_insert_with(|| {
                    sides.map(|(who, does, place)| (who, format!("{does} {name} at {place}")))
                });
            }
        }
    }
}

fn conflict(a: &[Access], b: &[Access]) -> Option<(Access, Access)> {
    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (*x, *y)));
    let mut conflicts = pairs.filter(|(x, y)| x.conflicts(y));
    conflicts.next()
}

/// A side of a race: who does what, and where.
type Side = (String, &'static str, String);

/// Returns a race in words: the memory, and who does what to it where.
fn describe(
    machine: &Machine,
    a: (GoroutineId, Access),
    b: (GoroutineId, Access),
) -> (String, [Side; 2]) {
    let side = |(who, access): (GoroutineId, Access)| {
        let func = &machine.code.funcs[access.func as usize];
        let pos = func
            .places
            .get(access.pc as usize)
            .copied()
            .unwrap_or(func.pos);
        let file = machine.code.file(pos.file);
        let does = match access.how {
            How::Read => "reads",
            How::Write => "writes",
            How::AtomicRead => "reads atomically",
            How::AtomicWrite => "writes atomically",
        };
        let who = machine.things.goroutine_name(who, &machine.code);
        (who, does, format!("{file}:{}", pos.line))
    };
    let (cell, off) = (a.1.cell, a.1.off.max(b.1.off));
    let name = machine
        .things
        .address_name(cell, off, &machine.code, &machine.types);
    (name, [side(a), side(b)])
}
