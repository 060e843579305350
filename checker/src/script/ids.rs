//! The ids of a script's goroutines and objects. They equal those of its closure if the two run
//! side by side.

use super::{Goroutine, Kind, Object, Script, Start};
use crate::model::{
    self, Action, Creation, GoroutineId, ObjectId, ObjectKind, Site, ThingKind, TimerRules, ValueId,
};
use crate::runtime::registry::Registry;

/// The ids of goroutines and objects. Later ones get theirs when they are first met.
pub(super) struct Ids {
    pub(super) registry: Registry,
    /// The object of each declaration with which the script starts, if there is one.
    first: Vec<Option<ObjectId>>,
    timers: TimerRules,
}

impl Ids {
    /// Makes the ids and the objects that exist from the start.
    pub(super) fn new(
        script: &Script,
        (start, timers): (Start, TimerRules),
        values: &mut impl FnMut(i64) -> ValueId,
    ) -> (Self, Vec<Creation>) {
        let mut ids = Self {
            registry: Registry::default(),
            first: vec![None; script.objects.len()],
            timers,
        };
        ids.goroutine(None, &script.goroutines[0], 0);
        let mut made = Vec::new();
        let all = || (0..script.objects.len()).map(Object);
        let (derived, plain): (Vec<Object>, Vec<Object>) =
            all().partition(|object| is_derived(script.kind(*object)));
        for object in plain {
            made.extend(ids.make_first(script, object, values));
        }
        if start == Start::Together {
            for object in derived {
                let more = ids.make_first(script, object, values);
                made.extend(more);
                ids.adopt(script, object, &mut made);
            }
            count_groups(script, &ids, &mut made);
            let started = script.started_by_statement();
            for (place, _) in started.iter().enumerate().filter(|(_, by)| !**by).skip(1) {
                ids.goroutine(None, &script.goroutines[place], 0);
            }
        }
        (ids, made)
    }

    fn make_first(
        &mut self,
        script: &Script,
        object: Object,
        values: &mut impl FnMut(i64) -> ValueId,
    ) -> Vec<Creation> {
        let (id, made) = self.make(script, object, GoroutineId::MAIN, 0, values);
        self.first[object.0] = id;
        made
    }

    /// Makes a derived context that exists from the start a child of its parent, and arms its
    /// deadline.
    fn adopt(&self, script: &Script, object: Object, made: &mut [Creation]) {
        let Kind::Context {
            parent: Some(parent),
            ..
        } = script.kind(object)
        else {
            unreachable!("only derived contexts are adopted")
        };
        let (id, parent) = (self.first[object.0], self.first[parent.0]);
        let child = id.expect("just made");
        for creation in made {
            match &mut creation.object {
                model::Object::Context(context) if Some(creation.id) == parent => {
                    context.adopt(child);
                }
                model::Object::Timer(timer) if timer.action == Action::Cancel(child) => {
                    timer.reset();
                }
                _ => {}
            }
        }
    }

    /// Returns the id of the `nth` goroutine of its sort that its maker starts.
    pub(super) fn goroutine(
        &mut self,
        maker: Option<GoroutineId>,
        sort: &Goroutine,
        nth: u32,
    ) -> GoroutineId {
        let registry = &mut self.registry;
        GoroutineId(registry.intern(maker, &sort.name, sort.kind(), nth, Site::NONE))
    }

    /// Returns the object of this declaration at the start.
    pub(super) fn first(&self, object: Object) -> Option<ObjectId> {
        self.first[object.0]
    }

    /// Makes the `nth` object of this declaration by its maker, with the objects that belong to it.
    pub(super) fn make(
        &mut self,
        script: &Script,
        object: Object,
        maker: GoroutineId,
        nth: u32,
        values: &mut impl FnMut(i64) -> ValueId,
    ) -> (Option<ObjectId>, Vec<Creation>) {
        let name = script.name(object);
        let plain = match script.kind(object) {
            Kind::NilChan => return (None, Vec::new()),
            Kind::Timer => {
                return self.make_timer(name, maker, nth, |channel, rules| {
                    model::Timer::once(Action::Send(channel), rules)
                });
            }
            Kind::Ticker { ticks_max } => {
                return self.make_timer(name, maker, nth, |channel, rules| {
                    model::Timer::ticker(channel, ticks_max, rules)
                });
            }
            Kind::Context { parent, deadline } => {
                return self.make_context(name, maker, nth, parent.is_some(), deadline);
            }
            Kind::Mutex => model::Object::Mutex(model::Mutex::new(values(0))),
            Kind::RwLock => model::Object::RwLock(model::RwLock::new(values(0))),
            Kind::Chan { capacity } | Kind::Handles { capacity, .. } => {
                model::Object::Chan(model::Chan::new(capacity))
            }
            Kind::WaitGroup { .. } => model::Object::WaitGroup(model::WaitGroup { count: 0 }),
            Kind::Once => model::Object::Once(model::Once::Fresh),
            Kind::Cond => model::Object::Cond(model::Cond::default()),
            Kind::Atomic { value } => model::Object::Atomic(model::Atomic {
                value,
                shown_as: model::AtomicType::I64,
            }),
            Kind::Cell { value } => model::Object::Cell(model::Cell {
                value: values(value),
            }),
            Kind::Semaphore { permits } => model::Object::Semaphore(model::Semaphore::new(permits)),
        };
        let id = self.object(name, ThingKind::of(&plain), maker, nth);
        (Some(id), vec![created(id, plain)])
    }

    fn object(&mut self, name: &str, kind: ThingKind, maker: GoroutineId, nth: u32) -> ObjectId {
        let registry = &mut self.registry;
        ObjectId(registry.intern(Some(maker), name, kind, nth, Site::NONE))
    }

    fn make_timer(
        &mut self,
        name: &str,
        maker: GoroutineId,
        nth: u32,
        timer: impl FnOnce(ObjectId, TimerRules) -> model::Timer,
    ) -> (Option<ObjectId>, Vec<Creation>) {
        let channel = self.object(
            &format!("{name}.C"),
            ThingKind::Object(ObjectKind::Chan),
            maker,
            nth,
        );
        let rules = self.timers;
        let timer = timer(channel, rules);
        let timer = self.created_timer(name, maker, nth, timer);
        let state = model::Object::Chan(model::Chan::new(rules.capacity()));
        let channel = created(channel, state);
        (Some(timer.id), vec![channel, timer])
    }

    fn created_timer(
        &mut self,
        name: &str,
        maker: GoroutineId,
        nth: u32,
        timer: model::Timer,
    ) -> Creation {
        let id = self.object(name, ThingKind::Object(ObjectKind::Timer), maker, nth);
        let registry = &mut self.registry;
        let hidden = registry.intern(
            Some(maker),
            name,
            ThingKind::TimerGoroutine,
            nth,
            Site::NONE,
        );
        Creation {
            id,
            object: model::Object::Timer(timer),
            timer: Some(GoroutineId(hidden)),
        }
    }

    fn make_context(
        &mut self,
        name: &str,
        maker: GoroutineId,
        nth: u32,
        derived: bool,
        deadline: bool,
    ) -> (Option<ObjectId>, Vec<Creation>) {
        let done = self.object(
            &format!("{name}.Done"),
            ThingKind::Object(ObjectKind::Chan),
            maker,
            nth,
        );
        let id = self.object(name, ThingKind::Object(ObjectKind::Context), maker, nth);
        let timer = deadline.then(|| {
            let timer = model::Timer::deadline(id, derived);
            self.created_timer(&format!("{name}.deadline"), maker, nth, timer)
        });
        let context = model::Context::new(done, timer.as_ref().map(|timer| timer.id));
        let mut made = vec![
            created(done, model::Object::Chan(model::Chan::new(0))),
            created(id, model::Object::Context(context)),
        ];
        made.extend(timer);
        (Some(id), made)
    }
}

/// Returns the channel of an object of this kind. It is made just before the object that it belongs
/// to.
pub(super) fn channel(kind: Kind, id: ObjectId) -> ObjectId {
    match kind {
        Kind::Timer | Kind::Ticker { .. } | Kind::Context { .. } => ObjectId(id.0 - 1),
        _ => id,
    }
}

/// Returns true if an object of this kind is derived in a step of its maker.
pub(super) fn is_derived(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Context {
            parent: Some(_),
            ..
        }
    )
}

/// Sets the counters of the wait groups that exist from the start.
fn count_groups(script: &Script, ids: &Ids, made: &mut [Creation]) {
    for (place, declaration) in script.objects.iter().enumerate() {
        let Kind::WaitGroup { count } = declaration.kind else {
            continue;
        };
        let id = ids.first[place];
        for creation in made.iter_mut().filter(|it| Some(it.id) == id) {
            let count = i64::from(count);
            creation.object = model::Object::WaitGroup(model::WaitGroup { count });
        }
    }
}

fn created(id: ObjectId, object: model::Object) -> Creation {
    Creation {
        id,
        object,
        timer: None,
    }
}
