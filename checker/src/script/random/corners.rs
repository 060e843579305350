//! Corner cases, which some random scripts have besides statements about initial objects. They are
//! guards and deferred calls, handles in channels, objects made later, and goroutines started
//! again.

use super::{Maker, Mix, Random, Theme};
use crate::script::ids::is_derived;
use crate::script::{AtomicOp, Grip, GuardEnd, Kind, Object, Operand, Statement, Var};

/// The corner cases that a script is to have.
#[derive(Clone, Copy, Default)]
pub(super) struct Corners {
    guards: bool,
    defers: bool,
    handles: bool,
    pub(super) made: bool,
    /// True to start goroutines more than once.
    pub(super) again: bool,
}

impl Corners {
    /// Draws the corner cases. About half of the scripts have none.
    pub(super) fn draw(random: &mut Random, mix: Mix) -> Self {
        let mut is = |percent| random.percent(percent);
        if is(45) {
            return Self::default();
        }
        Self {
            guards: is(50),
            defers: is(40),
            // Changes that one iteration of a loop makes for the next are in no state.
            handles: !mix.loops && is(30),
            made: !mix.loops && is(40),
            again: !mix.loops && is(25),
        }
    }
}

/// The subject of a corner case.
#[derive(Clone, Copy)]
enum Corner {
    Guard,
    Defer,
    Handle,
    Made,
    /// A variable in scope.
    Variable,
}

impl Maker {
    /// Declares missing objects that the corner cases need.
    pub(super) fn declare_for_corners(&mut self) {
        let number = self.script.objects.len();
        let is_lock =
            |theme: &Theme| matches!(theme, Theme::Mutex(_) | Theme::RwLock(_) | Theme::Cond(..));
        if self.corners.guards && !self.themes.iter().any(is_lock) {
            let theme = match self.random.below(6) {
                0 => Theme::Mutex(self.script.mutex(format!("m{number}"))),
                1..4 => Theme::RwLock(self.script.rwlock(format!("rw{number}"))),
                _ => {
                    let mutex = self.script.mutex(format!("m{number}"));
                    let cond = self.script.declare(format!("cond{number}"), Kind::Cond);
                    Theme::Cond(cond, mutex)
                }
            };
            self.themes.push(theme);
        }
        let number = self.script.objects.len();
        if (self.corners.made || self.corners.handles) && self.random.percent(25) {
            // They are rare otherwise, and have more behaviours if they are made or passed on
            // later.
            let theme = match self.random.below(3) {
                0 => Theme::WaitGroup(self.script.waitgroup(format!("wg{number}"), 1)),
                _ => self.context(format!("ctx{number}")),
            };
            self.themes.insert(0, theme);
        }
        if self.corners.handles {
            let number = self.script.objects.len();
            let capacity = self.random.pick(&[0, 1, 1]);
            let of: Vec<Object> = self.themes.iter().filter_map(|it| it.object()).collect();
            if !of.is_empty() {
                let of = match self.random.percent(50) {
                    true => of[0],
                    false => self.random.pick(&of),
                };
                let kind = Kind::Handles { capacity, of };
                let handles = self.script.declare(format!("h{number}"), kind);
                self.themes.push(Theme::Handles(handles));
            }
        }
    }

    /// Sometimes adds statements of a corner case. Returns true if it did.
    pub(super) fn corner(&mut self, body: &mut Vec<Statement>) -> bool {
        let Corners {
            guards,
            defers,
            handles,
            made,
            ..
        } = self.corners;
        let possible = [
            (guards, Corner::Guard),
            (defers, Corner::Defer),
            (handles, Corner::Handle),
            (made, Corner::Made),
            (!self.scope.is_empty(), Corner::Variable),
        ];
        let possible: Vec<Corner> = possible
            .into_iter()
            .filter_map(|(is, corner)| is.then_some(corner))
            .collect();
        if possible.is_empty() || !self.random.percent(50) {
            return false;
        }
        match self.random.pick(&possible) {
            Corner::Guard => self.hold(body),
            Corner::Defer => self.defer(body),
            Corner::Handle => self.pass_handle(body),
            Corner::Made => self.make_anew(body),
            Corner::Variable => self.use_variable(body),
        }
        true
    }

    fn variable(&mut self, grip: Option<Grip>) -> (Var, Option<Grip>) {
        self.vars += 1;
        (Var(self.vars - 1), grip)
    }

    fn way(&mut self) -> GuardEnd {
        match self.random.below(20) {
            0..10 => GuardEnd::Unlock,
            10..17 => GuardEnd::Drop,
            _ => GuardEnd::Leave,
        }
    }

    fn use_variable(&mut self, body: &mut Vec<Statement>) {
        let scope = self.scope.clone();
        let (var, grip) = self.random.pick(&scope);
        match grip {
            None => body.push(Statement::Release(var, GuardEnd::Drop)),
            Some(grip) if !grip.reads() && self.random.percent(40) => {
                body.push(Statement::AddHeld(var, 1));
            }
            Some(_) => {
                let way = self.way();
                body.push(Statement::Release(var, way));
            }
        }
    }

    /// Starts a goroutine that takes along variables in scope, if there is one that nobody starts
    /// yet.
    fn go_along(&mut self, body: &mut Vec<Statement>) {
        let next = self.script.goroutines.len() + 1;
        let Some(child) = (next..self.started.len()).find(|&child| !self.started[child]) else {
            return;
        };
        self.started[child] = true;
        let scope = self.scope.clone();
        let (last, others) = scope
            .split_last()
            .map_or((None, &[][..]), |(last, others)| (Some(last), others));
        for var in others {
            if self.random.percent(40) {
                self.takes[child].push(*var);
            }
        }
        self.takes[child].extend(last);
        body.push(Statement::Go(child));
    }

    fn hold(&mut self, body: &mut Vec<Statement>) {
        let is_lock =
            |theme: &&Theme| matches!(theme, Theme::Mutex(_) | Theme::RwLock(_) | Theme::Cond(..));
        let locks: Vec<Theme> = self.themes.iter().filter(is_lock).copied().collect();
        let (lock, cond, grips) = match self.random.pick(&locks) {
            Theme::RwLock(rw) => {
                let grips = [Grip::RLock, Grip::WLock, Grip::TryRLock, Grip::TryWLock];
                (rw, None, grips)
            }
            Theme::Cond(cond, mutex) => (mutex, Some(cond), [Grip::Lock; 4]),
            Theme::Mutex(mutex) => (
                mutex,
                None,
                [Grip::Lock, Grip::Lock, Grip::Lock, Grip::TryLock],
            ),
            _ => unreachable!("only locks were asked for"),
        };
        let grip = match self.random.below(8) {
            0..3 => grips[0],
            3..6 => grips[1],
            6 => grips[2],
            _ => grips[3],
        };
        let (var, grip_of) = self.variable(Some(grip));
        self.scope.push((var, grip_of));
        let mut inner = Vec::new();
        if let Some(cond) = cond
            && self.random.percent(60)
        {
            inner.push(Statement::WaitHeld(cond, var));
        }
        if !grip.reads() && self.random.percent(40) {
            inner.push(Statement::AddHeld(var, 1));
        }
        if self.scope.len() > 1 && self.random.percent(50) {
            // The outer guard, which was taken earlier, is given away first.
            let (outer, _) = self.scope[self.scope.len() - 2];
            let way = self.way();
            inner.push(Statement::Release(outer, way));
        }
        inner.extend(self.inner(2));
        if self.scope.len() == 1 && self.random.percent(25) {
            self.hold(&mut inner);
        }
        match self.random.below(10) {
            0..3 => {
                // Before any statement that might block.
                let mut first = Vec::new();
                self.go_along(&mut first);
                inner.splice(0..0, first);
            }
            3..5 => self.go_along(&mut inner),
            5..9 => {
                let way = self.way();
                inner.push(Statement::Release(var, way));
                if self.random.percent(40) {
                    inner.push(Statement::Increment(lock, 1));
                }
                inner.extend(self.inner(1));
            }
            _ => {}
        }
        self.leave_early(&mut inner, 15);
        self.scope.pop();
        body.push(Statement::Hold(var, grip, lock, inner));
    }

    /// Adds a possible return or panic, in this percentage of cases.
    fn leave_early(&mut self, body: &mut Vec<Statement>, percent: u32) {
        if self.onces > 0 || !self.random.percent(percent) {
            return;
        }
        let leaves = match self.random.percent(75) {
            true => Statement::Return,
            false => Statement::Panic("of its own".to_owned()),
        };
        let at = self
            .random
            .below(u32::try_from(body.len() + 1).expect("few"));
        body.insert(at as usize, Statement::Choose(vec![vec![], vec![leaves]]));
    }

    fn defer(&mut self, body: &mut Vec<Statement>) {
        let mut deferred = Vec::new();
        for _ in 0..self.random.pick(&[1, 1, 1, 2]) {
            let themes = self.themes.clone();
            let theme = self.random.pick(&themes);
            let (before, statement) = self.deferred(theme);
            body.extend(before);
            deferred.insert(0, statement);
        }
        let (var, grip) = self.variable(None);
        self.scope.push((var, grip));
        let mut inner = self.inner(2);
        match self.random.below(10) {
            0..3 => self.go_along(&mut inner),
            3 => inner.push(Statement::Release(var, GuardEnd::Drop)),
            _ => {}
        }
        self.leave_early(&mut inner, 40);
        self.scope.pop();
        body.push(Statement::Defer(var, deferred, inner));
    }

    /// Returns a deferred statement, and the statement before the `defer`, if there is one.
    fn deferred(&mut self, theme: Theme) -> (Option<Statement>, Statement) {
        match theme {
            Theme::Mutex(m) => (Some(Statement::Lock(m)), Statement::Unlock(m)),
            Theme::RwLock(rw) => match self.random.percent(50) {
                true => (Some(Statement::RLock(rw)), Statement::RUnlock(rw)),
                false => (Some(Statement::WLock(rw)), Statement::WUnlock(rw)),
            },
            Theme::Chan(c) => {
                let statement = match self.random.below(3) {
                    0 => Statement::Close(c),
                    1 => Statement::Send(c, Operand::Constant(1)),
                    _ => Statement::Recv(c),
                };
                (None, statement)
            }
            Theme::Handles(c) => (None, Statement::Close(c)),
            Theme::WaitGroup(wg) => (None, Statement::WgAdd(wg, -1)),
            Theme::Cond(cond, _) => match self.random.percent(50) {
                true => (None, Statement::CondSignal(cond)),
                false => (None, Statement::CondBroadcast(cond)),
            },
            Theme::Timer(timer) => (None, Statement::TimerStop(timer)),
            Theme::Context(context) => (None, Statement::CtxCancel(context)),
            Theme::Atomic(atomic) => (None, Statement::Atomic(atomic, AtomicOp::Add(1))),
            Theme::Cell(cell) => (None, Statement::Set(cell, Operand::Constant(3))),
            Theme::Semaphore(o) => (
                Some(Statement::SemAcquire(o, 1)),
                Statement::SemRelease(o, 1),
            ),
            Theme::NilChan(_) | Theme::Once(_) => (None, Statement::Yield),
        }
    }

    fn pass_handle(&mut self, body: &mut Vec<Statement>) {
        let themes = self.themes.clone();
        let handles = themes.iter().find_map(|theme| match theme {
            Theme::Handles(handles) => Some(*handles),
            _ => None,
        });
        let Some(channel) = handles else {
            return body.push(Statement::Yield);
        };
        let of = self.script.kind(channel).handles_of();
        let of = of.expect("a channel of handles");
        let about = themes.into_iter().find(|theme| theme.object() == Some(of));
        let send = self.random.percent(50);
        if send {
            if self.random.percent(60) {
                body.push(Statement::New(of));
            }
            body.push(Statement::Send(channel, Operand::Constant(1)));
        } else {
            body.push(Statement::Recv(channel));
        }
        if let Some(theme) = about {
            self.about(theme, body);
        }
    }

    /// Makes an object, and uses it or starts a goroutine that may use it.
    fn make_anew(&mut self, body: &mut Vec<Statement>) {
        let themes = self.themes.clone();
        let theme = match themes.iter().find(|theme| self.is_derived(**theme)) {
            Some(derived) if self.random.percent(50) => *derived,
            _ => self.random.pick(&themes),
        };
        let object = match theme {
            Theme::Cond(_, mutex) if self.random.percent(50) => Some(mutex),
            theme => theme.object(),
        };
        let Some(object) = object else {
            return body.push(Statement::Yield);
        };
        if let Kind::Context {
            parent: Some(parent),
            ..
        } = self.script.kind(object)
            && self.random.percent(50)
        {
            body.push(Statement::CtxCancel(parent));
        }
        body.push(Statement::New(object));
        if self.random.percent(40) {
            self.go_along(body);
        }
        self.about(theme, body);
    }

    fn is_derived(&self, theme: Theme) -> bool {
        let object = theme.object();
        object.is_some_and(|object| is_derived(self.script.kind(object)))
    }

    /// Starts some goroutines without variables more than once.
    pub(super) fn start_some_again(&mut self) {
        for child in 1..self.script.goroutines.len() {
            if !self.takes[child].is_empty() || !self.random.percent(60) {
                continue;
            }
            let parent = match self.random.percent(50) {
                true => child - 1,
                false => self.random.below(u32::try_from(child).expect("few")) as usize,
            };
            let more = match (self.started[child], self.random.percent(40)) {
                (true, _) => vec![Statement::Go(child)],
                (false, true) => vec![Statement::Repeat(2, vec![Statement::Go(child)])],
                (false, false) => vec![Statement::Go(child), Statement::Go(child)],
            };
            self.started[child] = true;
            let body = &mut self.script.goroutines[parent].body;
            for statement in more {
                let at = self
                    .random
                    .below(u32::try_from(body.len() + 1).expect("few"));
                body.insert(at as usize, statement);
            }
        }
    }
}

impl Theme {
    /// Returns the object of the theme, if another one of its kind can be made.
    fn object(self) -> Option<Object> {
        match self {
            Self::NilChan(_) => None,
            Self::Mutex(o)
            | Self::RwLock(o)
            | Self::Chan(o)
            | Self::Handles(o)
            | Self::WaitGroup(o)
            | Self::Once(o)
            | Self::Cond(o, _)
            | Self::Timer(o)
            | Self::Context(o)
            | Self::Atomic(o)
            | Self::Cell(o)
            | Self::Semaphore(o) => Some(o),
        }
    }
}
