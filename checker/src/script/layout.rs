//! The ids of what a script has.

use super::{Kind, Object, Script, Start};
use crate::model::{self, Action, Creation, GoroutineId, ObjectId, TimerRules, ValueId};

/// Which ids the objects and goroutines of a script have: those that its closure gives them, too.
pub(super) struct Layout {
    timers: TimerRules,
    /// The id of each declared object; `None` for a nil channel.
    objects: Vec<Option<ObjectId>>,
    /// The id of each goroutine.
    pub(super) goroutines: Vec<GoroutineId>,
    /// The names of all objects.
    pub(super) object_names: Vec<String>,
    /// The names of all goroutines, and whether each is the hidden one of a timer.
    pub(super) goroutine_names: Vec<(String, bool)>,
    /// What is made before main's first operation.
    pub(super) first: Vec<Creation>,
    /// Contexts that are derived by an operation of main's, and what is made just before it.
    pub(super) derived: Vec<(Object, Vec<Creation>)>,
}

impl Layout {
    pub(super) fn new(
        script: &Script,
        (start, timers): (Start, TimerRules),
        values: &mut impl FnMut(i64) -> ValueId,
    ) -> Self {
        let mut layout = Self {
            timers,
            objects: vec![None; script.objects.len()],
            goroutines: Vec::new(),
            object_names: Vec::new(),
            goroutine_names: vec![("main".to_owned(), false)],
            first: Vec::new(),
            derived: Vec::new(),
        };
        let is_derived = |object: &Object| {
            start == Start::ByMain
                && matches!(
                    script.kind(*object),
                    Kind::Context {
                        parent: Some(_),
                        ..
                    }
                )
        };
        let all = || (0..script.objects.len()).map(Object);
        for object in all().filter(|object| !is_derived(object)) {
            let made = layout.make(script, object, start, values);
            layout.first.extend(made);
        }
        for object in all().filter(is_derived) {
            let made = layout.make(script, object, start, values);
            layout.derived.push((object, made));
        }
        for (place, goroutine) in script.goroutines.iter().enumerate() {
            layout
                .goroutines
                .push(GoroutineId::from_index(if place == 0 {
                    0
                } else {
                    layout.goroutine_names.len()
                }));
            if place > 0 {
                layout.goroutine_names.push((goroutine.name.clone(), false));
            }
        }
        layout.goroutine_names[0].0 = script.goroutines[0].name.clone();
        layout
    }

    fn next_object(&mut self, name: String) -> ObjectId {
        self.object_names.push(name);
        ObjectId::from_index(self.object_names.len() - 1)
    }

    /// Makes an object and those that belong to it.
    fn make(
        &mut self,
        script: &Script,
        object: Object,
        start: Start,
        values: &mut impl FnMut(i64) -> ValueId,
    ) -> Vec<Creation> {
        let name = script.name(object).to_owned();
        let plain = match script.kind(object) {
            Kind::NilChan => return Vec::new(),
            Kind::Timer => {
                return self.make_timer(object, &name, |channel, rules| {
                    model::Timer::once(Action::Send(channel), rules)
                });
            }
            Kind::Ticker { ticks_max } => {
                return self.make_timer(object, &name, |channel, rules| {
                    model::Timer::ticker(channel, ticks_max, rules)
                });
            }
            Kind::Context { parent, deadline } => {
                return self.make_context(object, &name, parent, deadline, start);
            }
            Kind::Mutex => model::Object::Mutex(model::Mutex::new(values(0))),
            Kind::RwLock => model::Object::RwLock(model::RwLock::new(values(0))),
            Kind::Chan { capacity } => model::Object::Chan(model::Chan::new(capacity)),
            Kind::WaitGroup { count } => model::Object::WaitGroup(model::WaitGroup {
                count: match start {
                    Start::Together => i64::from(count),
                    Start::ByMain => 0,
                },
            }),
            Kind::Once => model::Object::Once(model::Once::Fresh),
            Kind::Cond => model::Object::Cond(model::Cond::default()),
            Kind::Atomic { value } => model::Object::Atomic(model::Atomic { value }),
            Kind::Cell { value } => model::Object::Cell(model::Cell {
                value: values(value),
            }),
        };
        let id = self.next_object(name);
        self.objects[object.0] = Some(id);
        vec![created(id, plain)]
    }

    fn make_timer(
        &mut self,
        object: Object,
        name: &str,
        timer: impl FnOnce(ObjectId, TimerRules) -> model::Timer,
    ) -> Vec<Creation> {
        let channel = self.next_object(format!("{name}.C"));
        let id = self.next_object(name.to_owned());
        self.objects[object.0] = Some(id);
        let rules = self.timers;
        vec![
            created(
                channel,
                model::Object::Chan(model::Chan::new(rules.capacity())),
            ),
            self.created_timer(id, name, timer(channel, rules)),
        ]
    }

    fn created_timer(&mut self, id: ObjectId, name: &str, timer: model::Timer) -> Creation {
        let hidden = GoroutineId::from_index(self.goroutine_names.len());
        self.goroutine_names.push((name.to_owned(), true));
        Creation {
            id,
            object: model::Object::Timer(timer),
            timer: Some(hidden),
        }
    }

    fn make_context(
        &mut self,
        object: Object,
        name: &str,
        parent: Option<Object>,
        deadline: bool,
        start: Start,
    ) -> Vec<Creation> {
        let derived = parent.is_some() && start == Start::ByMain;
        let done = self.next_object(format!("{name}.Done"));
        let id = self.next_object(name.to_owned());
        self.objects[object.0] = Some(id);
        let mut made = vec![created(done, model::Object::Chan(model::Chan::new(0)))];
        let mut timer = None;
        let mut deadline_made = None;
        if deadline {
            let name = format!("{name}.deadline");
            let timer_id = self.next_object(name.clone());
            timer = Some(timer_id);
            let state = model::Timer::deadline(id, derived);
            deadline_made = Some(self.created_timer(timer_id, &name, state));
        }
        made.push(created(
            id,
            model::Object::Context(model::Context::new(done, timer)),
        ));
        made.extend(deadline_made);
        if let Some(parent) = parent.filter(|_| !derived) {
            let parent = self.objects[parent.0].expect("a parent is declared before its child");
            for creation in &mut self.first {
                if let model::Object::Context(context) = &mut creation.object
                    && creation.id == parent
                {
                    context.adopt(id);
                }
            }
        }
        made
    }

    pub(super) fn id(&self, object: Object) -> ObjectId {
        self.objects[object.0].expect("a nil channel has no such operation")
    }

    /// The channel that an object stands for.
    pub(super) fn channel(&self, script: &Script, object: Object) -> Option<ObjectId> {
        let id = self.objects[object.0]?;
        Some(match script.kind(object) {
            // The channel is made just before what it belongs to.
            Kind::Timer | Kind::Ticker { .. } | Kind::Context { .. } => ObjectId(id.0 - 1),
            _ => id,
        })
    }
}

fn created(id: ObjectId, object: model::Object) -> Creation {
    Creation {
        id,
        object,
        timer: None,
    }
}
