//! Who is who: ids and names of goroutines and objects.
//!
//! A thing is identified by its maker, its name, and its number among those of that name by it.
//! So it has the same id in every execution, whatever the order in which things were made.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use super::quiet;
use crate::model::{KnownThing, Site};

/// Ids and names of things of one sort.
#[derive(Default)]
pub(crate) struct Registry {
    ids: FxHashMap<Key, u32>,
    things: Vec<Thing>,
    /// The unique names, made when somebody asks.
    names: OnceCell<Vec<String>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    /// Who made it; `None` for what a program starts with.
    maker: Option<u32>,
    name: String,
    kind: &'static str,
    /// 0 for the first of this name by this maker.
    nth: u32,
}

/// What is known of a thing.
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

    /// The name without its maker: `worker`, and `worker#2` for the second.
    pub(crate) fn base(&self) -> String {
        match self.key.nth {
            0 => self.key.name.clone(),
            nth => format!("{}#{}", self.key.name, nth + 1),
        }
    }
}

impl Registry {
    /// The id of the `nth` thing of this name and kind that `maker` makes.
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

    /// All things, in the order of their ids.
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

    /// Gives the ids to things that another registry gave them. What is here already must be among
    /// the first of them.
    pub(crate) fn expect(&mut self, known: &[KnownThing]) {
        for thing in known {
            let (file, line, column) = &thing.site;
            let site = Site {
                file: quiet::keep(file),
                line: *line,
                column: *column,
            };
            let kind = quiet::keep(&thing.kind);
            self.intern(thing.maker, &thing.name, kind, thing.nth, site);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.things.len()
    }

    pub(crate) fn get(&self, id: u32) -> &Thing {
        &self.things[id as usize]
    }

    /// A name that no other thing has: the given one where that is the only one or main made it,
    /// else with its maker's name before it. `makers` are the goroutines, or `None` if these things
    /// are the goroutines themselves.
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
