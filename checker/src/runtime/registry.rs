//! Ids and names of goroutines and objects.
//!
//! A thing is identified by its maker, its name, and its number among the things of that name by
//! the same maker. So it has the same id in every execution, in whatever order things are made.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use super::panic_hook;
use crate::model::{KnownThing, Site};

/// The ids and names of things of one sort.
#[derive(Default)]
pub(crate) struct Registry {
    ids: FxHashMap<Key, u32>,
    things: Vec<Thing>,
    /// The unique names, computed on demand.
    names: OnceCell<Vec<String>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    /// The maker; `None` for things that exist from the start.
    maker: Option<u32>,
    name: String,
    kind: &'static str,
    /// 0 for the first of this name by this maker.
    nth: u32,
}

/// A thing that has an id.
pub(crate) struct Thing {
    key: Key,
    pub(crate) site: Site,
}

impl Thing {
    pub(crate) fn maker(&self) -> Option<u32> {
        self.key.maker
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.key.kind
    }

    /// Returns the name without its maker: `worker`, and `worker#2` for the second.
    pub(crate) fn base(&self) -> String {
        match self.key.nth {
            0 => self.key.name.clone(),
            nth => format!("{}#{}", self.key.name, nth + 1),
        }
    }
}

impl Registry {
    /// Returns the id of the `nth` thing of this name and kind that `maker` makes.
    pub(crate) fn intern(
        &mut self,
        maker: Option<u32>,
        name: &str,
        kind: &'static str,
        nth: u32,
        site: Site,
    ) -> u32 {
        let key = Key {
            maker,
            name: name.to_owned(),
            kind,
            nth,
        };
        if let Some(&id) = self.ids.get(&key) {
            return id;
        }
        let id = u32::try_from(self.things.len()).expect("more than 2^32 things");
        self.ids.insert(key.clone(), id);
        self.things.push(Thing { key, site });
        self.names.take();
        id
    }

    /// Returns all things, sorted by id.
    pub(crate) fn known(&self) -> Vec<KnownThing> {
        let thing = |thing: &Thing| KnownThing {
            maker: thing.key.maker,
            name: thing.key.name.clone(),
            kind: thing.key.kind.to_owned(),
            nth: thing.key.nth,
            site: (
                thing.site.file.to_owned(),
                thing.site.line,
                thing.site.column,
            ),
        };
        self.things.iter().map(thing).collect()
    }

    /// Adopts the ids that another registry gave. The things that are already here must be the
    /// first of them.
    pub(crate) fn expect(&mut self, known: &[KnownThing]) {
        for thing in known {
            let (file, line, column) = &thing.site;
            let site = Site {
                file: panic_hook::intern_static(file),
                line: *line,
                column: *column,
            };
            let kind = panic_hook::intern_static(&thing.kind);
            self.intern(thing.maker, &thing.name, kind, thing.nth, site);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.things.len()
    }

    pub(crate) fn get(&self, id: u32) -> &Thing {
        &self.things[id as usize]
    }

    /// Returns a name that no other thing has. It is the given name if that is unique or main made
    /// the thing. Otherwise the maker's name precedes it. `makers` are the goroutines; `None` if
    /// these things are the goroutines themselves.
    pub(crate) fn name(&self, id: u32, makers: Option<&Self>) -> String {
        let names = self.names.get_or_init(|| {
            let mut bases: FxHashMap<String, u32> = FxHashMap::default();
            for thing in &self.things {
                *bases.entry(thing.base()).or_default() += 1;
            }
            let mut taken: FxHashMap<String, u32> = FxHashMap::default();
            let mut names: Vec<String> = Vec::with_capacity(self.things.len());
            for thing in &self.things {
                let base = thing.base();
                let name = match thing.key.maker {
                    Some(maker) if maker > 0 && bases[&base] > 1 => {
                        let maker = makers
                            .map_or_else(|| names[maker as usize].clone(), |m| m.name(maker, None));
                        format!("{maker}/{base}")
                    }
                    _ => base,
                };
                let times = taken.entry(name.clone()).or_default();
                *times += 1;
                names.push(if *times == 1 {
                    name
                } else {
                    format!("{name}~{times}")
                });
            }
            names
        });
        names[id as usize].clone()
    }
}
