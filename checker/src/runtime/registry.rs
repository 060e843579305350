//! Ids and names of goroutines and objects.
//!
//! A thing is identified by its maker, its name, and its number among the things of that name by
//! the same maker. So it has the same id in every execution, in whatever order things are made.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::model::{
    GoroutineId, GoroutineInfo, Known, KnownThing, ObjectId, ObjectInfo, Place, Site, ThingKind,
};

/// The number of things of each name and kind that a goroutine has made.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Counts(BTreeMap<(String, ThingKind), u32>);

impl Counts {
    /// Returns the number of the next one, from 0.
    pub(crate) fn next(&mut self, name: &str, kind: ThingKind) -> u32 {
        let count = self.0.entry((name.to_owned(), kind)).or_default();
        *count += 1;
        *count - 1
    }
}

/// The goroutines and the objects of a program.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) goroutines: Table,
    pub(crate) objects: Table,
}

impl Registry {
    /// Returns one that has main in it.
    pub(crate) fn with_main() -> Self {
        let mut registry = Self::default();
        let main = registry.intern(None, "main", ThingKind::Goroutine, 0, Site::NONE);
        assert_eq!(main, GoroutineId::MAIN.0);
        registry
    }

    /// Returns the table of the things of this kind.
    pub(crate) fn table(&mut self, kind: ThingKind) -> &mut Table {
        match kind {
            ThingKind::Goroutine | ThingKind::Daemon | ThingKind::TimerGoroutine => {
                &mut self.goroutines
            }
            ThingKind::Object(_) => &mut self.objects,
        }
    }

    /// Returns the id of the `nth` thing of this name and kind that `maker` makes.
    pub(crate) fn intern(
        &mut self,
        maker: Option<GoroutineId>,
        name: &str,
        kind: ThingKind,
        nth: u32,
        site: Site,
    ) -> u32 {
        let maker = maker.map(|maker| maker.0);
        self.table(kind).intern(maker, name, kind, nth, site)
    }

    /// Tells about a goroutine.
    pub(crate) fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        let thing = &self.goroutines.things[id.index()];
        GoroutineInfo {
            name: self.goroutines.name(id.0, None),
            parent: thing.key.maker.map(GoroutineId),
            site: thing.site,
            timer: thing.key.kind == ThingKind::TimerGoroutine,
            daemon: self.is_daemon(id),
        }
    }

    /// Returns true if the goroutine may outlive main.
    pub(crate) fn is_daemon(&self, id: GoroutineId) -> bool {
        self.goroutines.things[id.index()].key.kind == ThingKind::Daemon
    }

    /// Tells about an object. What no execution has made is called by its number.
    pub(crate) fn object(&self, id: ObjectId) -> ObjectInfo {
        match self.objects.things.get(id.index()) {
            Some(thing) => ObjectInfo {
                name: self.objects.name(id.0, Some(&self.goroutines)),
                site: thing.site,
            },
            None => ObjectInfo {
                name: format!("{id:?}"),
                site: Site::NONE,
            },
        }
    }

    /// Returns all things, in the order of their ids.
    pub(crate) fn known(&self, may_cycle: bool, place: impl Fn(Site) -> Place) -> Known {
        Known {
            goroutines: self.goroutines.known(&place),
            objects: self.objects.known(&place),
            regions: Vec::new(),
            may_cycle,
        }
    }

    /// Gives the ids to things that another registry gave them. What is here already must be among
    /// the first of them.
    pub(crate) fn adopt(&mut self, known: &Known, mut site: impl FnMut(&Place) -> Site) {
        self.goroutines.adopt(&known.goroutines, &mut site);
        self.objects.adopt(&known.objects, &mut site);
    }
}

/// The ids and names of things of one sort.
#[derive(Default)]
pub(crate) struct Table {
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
    kind: ThingKind,
    /// 0 for the first of this name by this maker.
    nth: u32,
}

/// The facts that are known of a thing.
struct Thing {
    key: Key,
    site: Site,
}

impl Thing {
    /// Returns the name without its maker: `worker`, and `worker#2` for the second.
    fn base(&self) -> String {
        match self.key.nth {
            0 => self.key.name.clone(),
            nth => format!("{}#{}", self.key.name, nth + 1),
        }
    }
}

impl Table {
    fn intern(
        &mut self,
        maker: Option<u32>,
        name: &str,
        kind: ThingKind,
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

    fn known(&self, place: &impl Fn(Site) -> Place) -> Vec<KnownThing> {
        let thing = |thing: &Thing| KnownThing {
            maker: thing.key.maker,
            name: thing.key.name.clone(),
            kind: thing.key.kind,
            nth: thing.key.nth,
            site: place(thing.site),
        };
        self.things.iter().map(thing).collect()
    }

    fn adopt(&mut self, known: &[KnownThing], site: &mut impl FnMut(&Place) -> Site) {
        for thing in known {
            let site = site(&thing.site);
            self.intern(thing.maker, &thing.name, thing.kind, thing.nth, site);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.things.len()
    }

    /// Returns the name of a thing without its maker.
    pub(crate) fn base(&self, id: u32) -> String {
        self.things[id as usize].base()
    }

    /// Returns a name that no other thing has. It is the given one where that is the only one or
    /// main made it. Else it has its maker's name before it. `makers` are the goroutines, or `None`
    /// if these things are the goroutines themselves.
    fn name(&self, id: u32, makers: Option<&Self>) -> String {
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
