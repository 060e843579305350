//! Cells, objects and goroutines: their ids, and the names that a reader gives them.
//!
//! A thing is known by its maker, its name, and its number among the things of that name by this
//! maker. So it has the same id in every execution, whatever the order of independent steps.

use gordian_checker::model::{
    GoroutineId, Known, KnownThing, ObjectId, ObjectKind, Place, RegionId, ThingKind,
};
use rustc_hash::FxHashMap;

use super::Machine;
use crate::code::{Code, Pos};
use crate::types::Types;
use crate::value::Interner;

/// The offset that stands for all of a cell.
pub(crate) const WHOLE: u32 = u32::MAX;

/// The origin of a goroutine.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum GoroutineKey {
    Main,
    /// Started by a `go` statement: by whom, which function, where, and its number among those.
    Started {
        maker: u32,
        name: u32,
        place: u32,
        nth: u32,
    },
    /// Fires the timer in this cell.
    Timer {
        cell: u32,
    },
}

/// The origin of a cell. A variable of the package is made by nobody, and its number is its place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct CellKey {
    maker: u32,
    place: u32,
    nth: u32,
}

/// A name without its maker: that of the code, a number, and whether the place where it is made
/// says nothing of it.
type Base = (u32, u32, bool);

/// All things that were met.
#[derive(Default)]
pub(crate) struct Things {
    cells: Interner<CellKey>,
    objects: Interner<(u32, u32)>,
    goroutines: Interner<GoroutineKey>,
    /// The first that was met of the goroutines that differ from each in their numbers only.
    first_alike: Vec<u32>,
    starts: FxHashMap<(u32, u32, u32), u32>,
    /// The regions: the cell, the first leaf, and the number of leaves.
    regions: Interner<[u32; 3]>,
    regions_in: FxHashMap<u32, Vec<RegionId>>,
    /// The number of makers that have made something of a name: cells, and goroutines.
    makers_of_cells: FxHashMap<Base, u32>,
    makers_of_goroutines: FxHashMap<Base, u32>,
}

/// The maker of what is there from the start.
const NOBODY: u32 = u32::MAX;

/// The goroutine whose things need no maker before their names.
const MAIN: u32 = 0;

impl Things {
    /// Makes the things with a cell for each variable of the package, and main.
    pub(crate) fn new(code: &Code) -> Self {
        let mut things = Self::default();
        for place in 0..code.globals.len() as u32 {
            let maker = NOBODY;
            things.intern(
                CellKey {
                    maker,
                    place,
                    nth: 0,
                },
                code,
            );
        }
        things.goroutine(GoroutineKey::Main, code);
        things
    }

    fn intern(&mut self, key: CellKey, code: &Code) -> u32 {
        let before = self.cells.len();
        let id = self.cells.intern(&key, || key);
        if self.cells.len() > before {
            *self.makers_of_cells.entry(base_of(key, code)).or_default() += 1;
        }
        id
    }

    /// Returns the cell that is the `nth` that this maker makes at this place.
    pub(crate) fn cell(&mut self, maker: GoroutineId, place: u32, nth: u32, code: &Code) -> u32 {
        let maker = maker.0;
        self.intern(CellKey { maker, place, nth }, code)
    }

    pub(crate) fn object(&mut self, cell: u32, off: u32) -> ObjectId {
        let id = self.objects.intern(&(cell, off), || (cell, off));
        ObjectId(id)
    }

    /// Returns the region of these leaves: the cell, the first, and their number.
    pub(crate) fn region(&mut self, leaves: [u32; 3]) -> RegionId {
        let before = self.regions.len();
        let id = RegionId(self.regions.intern(&leaves, || leaves));
        if self.regions.len() > before {
            self.regions_in.entry(leaves[0]).or_default().push(id);
        }
        id
    }

    /// Returns the regions that have a leaf in common with this one.
    pub(crate) fn overlapping(&self, region: RegionId) -> impl Iterator<Item = RegionId> + '_ {
        let [cell, off, len] = *self.regions.get(region.0);
        let regions = self.regions_in[&cell].iter().copied();
        regions.filter(move |other| {
            let [_, its_off, its_len] = *self.regions.get(other.0);
            off < its_off + its_len && its_off < off + len
        })
    }

    pub(crate) fn goroutine(&mut self, key: GoroutineKey, code: &Code) -> GoroutineId {
        let before = self.goroutines.len();
        let id = self.goroutines.intern(&key, || key);
        if self.goroutines.len() > before {
            let first = match key {
                GoroutineKey::Started {
                    maker, name, place, ..
                } => *self.starts.entry((maker, name, place)).or_insert(id),
                GoroutineKey::Main | GoroutineKey::Timer { .. } => id,
            };
            self.first_alike.push(first);
            if let Some((_, base)) = base_of_goroutine(key, code) {
                *self.makers_of_goroutines.entry(base).or_default() += 1;
            }
        }
        GoroutineId(id)
    }

    pub(crate) fn goroutine_key(&self, id: GoroutineId) -> GoroutineKey {
        *self.goroutines.get(id.0)
    }

    /// Returns the first that was met of the goroutines that differ from this one in their numbers
    /// only.
    pub(crate) fn first_alike(&self, id: GoroutineId) -> u32 {
        self.first_alike[id.index()]
    }

    /// Returns the goroutine that started this one, or made its timer.
    pub(crate) fn maker_of(&self, id: GoroutineId) -> Option<GoroutineId> {
        match self.goroutine_key(id) {
            GoroutineKey::Main => None,
            GoroutineKey::Started { maker, .. } => Some(GoroutineId(maker)),
            GoroutineKey::Timer { cell } => self.maker_of_cell(cell),
        }
    }

    /// Returns the goroutine that made a cell; none of a variable of the package.
    pub(crate) fn maker_of_cell(&self, cell: u32) -> Option<GoroutineId> {
        let maker = self.cells.get(cell).maker;
        (maker != NOBODY).then_some(GoroutineId(maker))
    }

    /// Returns the name of the function with which a goroutine was started.
    pub(crate) fn started_as(&self, id: GoroutineId) -> Option<u32> {
        match self.goroutine_key(id) {
            GoroutineKey::Started { name, .. } => Some(name),
            GoroutineKey::Main | GoroutineKey::Timer { .. } => None,
        }
    }

    pub(crate) fn count_goroutines(&self) -> usize {
        self.goroutines.len()
    }

    /// Returns the address of an object.
    pub(crate) fn address(&self, id: ObjectId) -> (u32, u32) {
        *self.objects.get(id.0)
    }

    /// Returns the name of a cell. Its maker's name stands before its own if several make such
    /// cells.
    fn cell_name(&self, cell: u32, code: &Code) -> String {
        let key = *self.cells.get(cell);
        let base = base_of(key, code);
        let name = text_of(base, code);
        if matches!(key.maker, NOBODY | MAIN) || self.makers_of_cells[&base] == 1 {
            return name;
        }
        format!(
            "{}/{name}",
            self.goroutine_name(GoroutineId(key.maker), code)
        )
    }

    /// Returns the name of a place in memory.
    pub(crate) fn address_name(&self, cell: u32, off: u32, code: &Code, types: &Types) -> String {
        if off == WHOLE {
            return self.cell_name(cell, code);
        }
        let key = self.cells.get(cell);
        let path = match key.maker {
            NOBODY => types.path(code.globals[key.place as usize].t, off),
            _ => {
                let place = &code.places[key.place as usize];
                place.parts.path(types, place.t, off)
            }
        };
        self.cell_name(cell, code) + &path
    }

    /// Returns the place where a cell is made.
    pub(crate) fn made_at(&self, cell: u32, code: &Code) -> Pos {
        let key = self.cells.get(cell);
        match key.maker {
            NOBODY => Pos::default(),
            _ => code.places[key.place as usize].pos,
        }
    }

    pub(crate) fn object_name(&self, id: ObjectId, code: &Code, types: &Types) -> String {
        let (cell, off) = *self.objects.get(id.0);
        self.address_name(cell, off, code, types)
    }

    /// Returns the name of a goroutine, on the pattern of the cells.
    pub(crate) fn goroutine_name(&self, id: GoroutineId, code: &Code) -> String {
        let key = *self.goroutines.get(id.0);
        if let GoroutineKey::Timer { cell } = key {
            return self.cell_name(cell, code);
        }
        let Some((maker, base)) = base_of_goroutine(key, code) else {
            return "main".to_owned();
        };
        let name = text_of(base, code);
        if maker == MAIN || self.makers_of_goroutines[&base] == 1 {
            return name;
        }
        format!("{}/{name}", self.goroutine_name(GoroutineId(maker), code))
    }

    /// Returns what has got a number so far, for [`Things::adopt_ids`]. The line of a thing's place
    /// is the number of the place where it is made.
    pub(crate) fn ids(&self) -> Known {
        let thing = |maker, name: u32, kind, (nth, place)| KnownThing {
            maker,
            name: name.to_string(),
            kind,
            nth,
            site: Place {
                line: place,
                ..Place::default()
            },
        };
        let in_cell = |cell: u32, off: u32, kind| {
            let key = self.cells.get(cell);
            let maker = (key.maker != NOBODY).then_some(key.maker);
            thing(maker, off, kind, (key.nth, key.place))
        };
        let goroutine = |id| match *self.goroutines.get(id) {
            GoroutineKey::Timer { cell } => in_cell(cell, 0, ThingKind::TimerGoroutine),
            GoroutineKey::Main => thing(None, 0, ThingKind::Goroutine, (0, 0)),
            GoroutineKey::Started {
                maker,
                name,
                place,
                nth,
            } => thing(Some(maker), name, ThingKind::Goroutine, (nth, place)),
        };
        // An object is known by its address, whatever its kind.
        let object = |id| {
            let (cell, off) = *self.objects.get(id);
            in_cell(cell, off, ThingKind::Object(ObjectKind::Cell))
        };
        let region = |id| {
            let [cell, off, len] = *self.regions.get(id);
            let mut region = in_cell(cell, off, ThingKind::Object(ObjectKind::Cell));
            region.site.column = len;
            region
        };
        Known {
            goroutines: (0..self.goroutines.len() as u32).map(goroutine).collect(),
            objects: (0..self.objects.len() as u32).map(object).collect(),
            regions: (0..self.regions.len() as u32).map(region).collect(),
            may_cycle: true,
        }
    }

    /// Gives the numbers that another program of this code has given. Things that are not of this
    /// code are left out.
    pub(crate) fn adopt_ids(&mut self, known: &Known, code: &Code) {
        for thing in &known.goroutines {
            let place = thing.site.line;
            let key = match (thing.kind, thing.maker, thing.name.parse()) {
                (ThingKind::TimerGoroutine, ..) => {
                    let cell = self.adopt_cell(thing, code);
                    cell.map(|cell| GoroutineKey::Timer { cell })
                }
                (ThingKind::Goroutine, Some(maker), Ok(name)) => Some(GoroutineKey::Started {
                    maker,
                    name,
                    place,
                    nth: thing.nth,
                }),
                _ => None,
            };
            if let Some(key) = key.filter(|_| (place as usize) < code.places.len()) {
                self.goroutine(key, code);
            }
        }
        for thing in &known.objects {
            if let Some(cell) = self.adopt_cell(thing, code)
                && let Ok(off) = thing.name.parse()
            {
                self.object(cell, off);
            }
        }
        for thing in &known.regions {
            if let Some(cell) = self.adopt_cell(thing, code)
                && let Ok(off) = thing.name.parse()
            {
                self.region([cell, off, thing.site.column]);
            }
        }
    }

    fn adopt_cell(&mut self, thing: &KnownThing, code: &Code) -> Option<u32> {
        let key = CellKey {
            maker: thing.maker.unwrap_or(NOBODY),
            place: thing.site.line,
            nth: thing.nth,
        };
        let count = match key.maker {
            NOBODY => code.globals.len(),
            _ => code.places.len(),
        };
        ((key.place as usize) < count).then(|| self.intern(key, code))
    }
}

fn base_of(key: CellKey, code: &Code) -> Base {
    match key.maker {
        NOBODY => (code.globals[key.place as usize].name_id, 0, false),
        _ => {
            let place = &code.places[key.place as usize];
            (place.name_id, place.rank + key.nth * place.of, false)
        }
    }
}

/// Returns the goroutine that started this one, and the name.
fn base_of_goroutine(key: GoroutineKey, code: &Code) -> Option<(u32, Base)> {
    let GoroutineKey::Started {
        maker,
        name,
        place,
        nth,
    } = key
    else {
        return None;
    };
    let at = &code.places[place as usize];
    let number = at.rank + nth * at.of;
    let by_value =
        at.name_id != name && code.places.iter().any(|it| it.starts && it.name_id == name);
    Some((maker, (name, number, by_value)))
}

/// Returns `worker`, and `worker#2` for the second; `worker~1` if it is started through a value,
/// and others are by name.
fn text_of((name, number, by_value): Base, code: &Code) -> String {
    let base = &code.names[name as usize];
    match (number, by_value) {
        (_, true) => format!("{base}~{}", number + 1),
        (0, false) => base.clone(),
        (_, false) => format!("{base}#{}", number + 1),
    }
}

impl Machine {
    /// Returns true if a stretch that was run before need not be run again: things have numbers
    /// that do not depend on the way, and nobody reads what is written.
    pub(crate) fn knows_stretches(&self) -> bool {
        !self.by_count && self.output.is_none()
    }
}
