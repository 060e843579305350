//! Who is who: cells, objects and goroutines, and how a reader calls them.
//!
//! A thing is known by its maker, the place where it is made, and as the how-manieth of that place its maker made it: so it has the
//! same id in every execution, whatever the order of independent steps.

use gordian_checker::model::{GoroutineId, ObjectId};
use rustc_hash::FxHashMap;

use crate::code::{Code, Pos};
use crate::types::Types;
use crate::value::Interner;

/// Where a goroutine comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum GoroutineKey {
    Main,
    /// Started by a `go` statement: by whom, which function, the how-manieth, and where.
    Started {
        maker: u32,
        func: u32,
        nth: u32,
        pos: Pos,
    },
    /// Fires the timer in this cell.
    Timer {
        cell: u32,
    },
}

/// Where a cell comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct CellKey {
    maker: u32,
    place: u32,
    nth: u32,
}

/// All things that were met.
#[derive(Default)]
pub(crate) struct Things {
    cells: Interner<CellKey>,
    objects: Interner<(u32, u32)>,
    goroutines: Interner<GoroutineKey>,
    /// The objects of each cell.
    in_cell: Vec<Vec<u32>>,
}

/// The maker of what is there from the start.
const NOBODY: u32 = u32::MAX;

impl Things {
    /// With a cell for each variable of the package, and main.
    pub(crate) fn new(globals: usize) -> Self {
        let mut things = Self::default();
        for place in 0..globals as u32 {
            things.intern(CellKey {
                maker: NOBODY,
                place,
                nth: 0,
            });
        }
        things.goroutine(GoroutineKey::Main);
        things
    }

    fn intern(&mut self, key: CellKey) -> u32 {
        self.cells.intern(&key, || key)
    }

    pub(crate) fn cell(&mut self, maker: GoroutineId, place: u32, nth: u32) -> u32 {
        self.intern(CellKey {
            maker: maker.0,
            place,
            nth,
        })
    }

    pub(crate) fn object(&mut self, cell: u32, off: u32) -> ObjectId {
        let before = self.objects.len();
        let id = self.objects.intern(&(cell, off), || (cell, off));
        if self.objects.len() > before {
            let at = cell as usize;
            if self.in_cell.len() <= at {
                self.in_cell.resize_with(at + 1, Vec::new);
            }
            self.in_cell[at].push(id);
        }
        ObjectId(id)
    }

    /// The objects of a cell.
    pub(crate) fn objects_in(&self, cell: u32) -> &[u32] {
        self.in_cell.get(cell as usize).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn goroutine(&mut self, key: GoroutineKey) -> GoroutineId {
        GoroutineId(self.goroutines.intern(&key, || key))
    }

    pub(crate) fn goroutine_key(&self, id: GoroutineId) -> GoroutineKey {
        *self.goroutines.get(id.0)
    }

    pub(crate) fn count_goroutines(&self) -> usize {
        self.goroutines.len()
    }

    /// The address of an object.
    pub(crate) fn address(&self, id: ObjectId) -> (u32, u32) {
        *self.objects.get(id.0)
    }

    /// How a reader calls a place in memory.
    pub(crate) fn address_name(&self, cell: u32, off: u32, code: &Code, types: &Types) -> String {
        let key = *self.cells.get(cell);
        let (name, t) = match (key.maker, code.globals.get(key.place as usize)) {
            (NOBODY, Some(global)) => (global.name.clone(), global.t),
            _ => match code.places.get(key.place as usize) {
                Some(place) => (place.name.clone(), place.t),
                None => ("memory".to_owned(), 0),
            },
        };
        let nth = match key.nth {
            0 => String::new(),
            nth => format!("#{}", nth + 1),
        };
        let path = if off == 0 && types.size(t) == 0 {
            String::new()
        } else {
            types.path(t, off)
        };
        format!("{name}{nth}{path}")
    }

    /// Where a cell is made.
    pub(crate) fn made_at(&self, cell: u32, code: &Code) -> Pos {
        let key = *self.cells.get(cell);
        match key.maker {
            NOBODY => Pos::default(),
            _ => code
                .places
                .get(key.place as usize)
                .map_or(Pos::default(), |place| place.pos),
        }
    }

    /// A name that no other object has.
    pub(crate) fn object_name(&self, id: ObjectId, code: &Code, types: &Types) -> String {
        let name = |id: u32| {
            let (cell, off) = *self.objects.get(id);
            self.address_name(cell, off, code, types)
        };
        let own = name(id.0);
        let before = (0..id.0).filter(|&other| name(other) == own).count();
        match before {
            0 => own,
            before => format!("{own}~{}", before + 1),
        }
    }

    /// A name that no other goroutine has.
    pub(crate) fn goroutine_name(&self, id: GoroutineId, code: &Code) -> String {
        let mut taken: FxHashMap<String, u32> = FxHashMap::default();
        let mut last = String::new();
        for index in 0..=id.0 {
            let base = match *self.goroutines.get(index) {
                GoroutineKey::Main => "main".to_owned(),
                GoroutineKey::Started { func, nth, .. } => {
                    let short = code.funcs.get(func as usize).map_or("native", |f| &f.short);
                    match nth {
                        0 => short.to_owned(),
                        nth => format!("{short}#{}", nth + 1),
                    }
                }
                GoroutineKey::Timer { cell } => {
                    let key = *self.cells.get(cell);
                    let place = code.places.get(key.place as usize);
                    let name = place.map_or("timer", |place| &place.name);
                    match key.nth {
                        0 => name.to_owned(),
                        nth => format!("{name}#{}", nth + 1),
                    }
                }
            };
            let times = taken.entry(base.clone()).or_default();
            *times += 1;
            last = if *times == 1 {
                base
            } else {
                format!("{base}~{times}")
            };
        }
        last
    }
}
