//! Random scripts that are small enough to be explored completely.
//!
//! The same seed and [`Mix`] give the same script on every machine.

mod channels;
mod corners;
mod goroutines;
mod recovery;
mod semaphores;

use super::{AtomicOp, Goroutine, Grip, Kind, Object, Operand, Script, Statement, Var};
use crate::sync::FOR_EVER;
use corners::Corners;

/// The ingredients of random scripts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mix {
    /// Most phrases of all goroutines together, approximately. A phrase is a statement, or a few
    /// that belong together.
    pub statements_max: u32,
    /// Most goroutines.
    pub goroutines_max: u32,
    /// True to have endless loops: then an execution may have no end.
    pub loops: bool,
    /// True to have a timer or a ticker in every script.
    pub timer: bool,
    /// True to have a semaphore in every script.
    pub semaphore: bool,
    /// True to have goroutines that may outlive main.
    pub daemons: bool,
    /// True to recover panics and call Goexit in every script.
    pub recover: bool,
    /// True to have goroutines with equal bodies.
    pub identical: bool,
    /// True to let all meet at few objects, and to start many goroutines late.
    pub hostile: bool,
}

impl Mix {
    const PLAIN: Self = Self {
        statements_max: 9,
        goroutines_max: 5,
        loops: false,
        timer: false,
        semaphore: false,
        daemons: false,
        recover: false,
        identical: false,
        hostile: false,
    };

    /// Small scripts with endless loops.
    pub const LOOPS: Self = Self {
        statements_max: 7,
        goroutines_max: 3,
        loops: true,
        ..Self::PLAIN
    };
}

impl Default for Mix {
    fn default() -> Self {
        Self::PLAIN
    }
}

/// The percentage of scripts with a semaphore.
const SEMAPHORES: u32 = 12;

/// The percentage of scripts that may recover panics and call Goexit.
const RECOVERIES: u32 = 20;

/// Returns a random script.
#[must_use]
pub fn script(seed: u64, mix: Mix) -> Script {
    let mut maker = Maker {
        random: Random(seed),
        script: Script::new(),
        themes: Vec::new(),
        corners: Corners::default(),
        budget: 0,
        depth: 0,
        onces: 0,
        scope: Vec::new(),
        vars: 0,
        takes: Vec::new(),
        started: Vec::new(),
        mix,
    };
    maker.make();
    maker.script
}

/// A random number generator: `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `below`.
    fn below(&mut self, below: u32) -> u32 {
        u32::try_from(self.next() % u64::from(below)).expect("below a u32")
    }

    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let index = self.below(u32::try_from(from.len()).expect("few"));
        from[index as usize]
    }
}

/// A group of related objects, with statements about them.
#[derive(Clone, Copy)]
enum Theme {
    Mutex(Object),
    RwLock(Object),
    Chan(Object),
    NilChan(Object),
    /// A channel of handles.
    Handles(Object),
    WaitGroup(Object),
    Once(Object),
    Cond(Object, Object),
    Timer(Object),
    Context(Object),
    Atomic(Object),
    Cell(Object),
    Semaphore(Object),
}

struct Maker {
    random: Random,
    script: Script,
    themes: Vec<Theme>,
    /// The corner cases that the script is to have.
    corners: Corners,
    /// The number of statements that the current goroutine may still get.
    budget: u32,
    /// The nesting depth of the current statement.
    depth: u32,
    /// The number of enclosing functions of a once.
    onces: u32,
    /// The variables in scope. For a guard, the way it was taken.
    scope: Vec<(Var, Option<Grip>)>,
    /// The number of variables.
    vars: usize,
    /// The variables that each goroutine takes along.
    takes: Vec<Vec<(Var, Option<Grip>)>>,
    /// True for each goroutine that a statement starts.
    started: Vec<bool>,
    mix: Mix,
}

impl Maker {
    fn make(&mut self) {
        // Drawn separately, so that all other scripts stay the same as before there were
        // semaphores.
        let semaphores = Random(!self.random.0).percent(SEMAPHORES) || self.mix.semaphore;
        let mut recoveries = Random(self.random.0.rotate_left(32));
        self.corners = Corners::draw(&mut self.random, self.mix);
        self.declare();
        if semaphores {
            self.declare_semaphores();
        }
        self.declare_for_corners();
        let goroutines = match self.random.below(10) {
            0..4 => 2,
            4..8 => 3,
            8 => 4,
            _ => 5,
        }
        .min(self.mix.goroutines_max);
        let each = (self.mix.statements_max / goroutines).max(1);
        self.takes = vec![Vec::new(); goroutines as usize];
        self.started = vec![false; goroutines as usize];
        for index in 0..goroutines {
            self.scope.clone_from(&self.takes[index as usize]);
            self.budget = self.random.between(1, each + 1);
            let mut body = Vec::new();
            while self.budget > 0 {
                self.phrase(&mut body);
            }
            let name = match index {
                0 => "main".to_owned(),
                _ => format!("g{index}"),
            };
            let (takes, daemon) = (Vec::new(), false);
            let goroutine = Goroutine {
                name,
                takes,
                daemon,
                body,
            };
            self.script.goroutines.push(goroutine);
        }
        for (goroutine, takes) in self.script.goroutines.iter_mut().zip(&self.takes) {
            goroutine.takes = takes.iter().map(|(var, _)| *var).collect();
        }
        self.start_some_later();
        if self.corners.again {
            self.start_some_again();
        }
        if recoveries.percent(RECOVERIES) || self.mix.recover {
            let others = std::mem::replace(&mut self.random, recoveries);
            self.recover_some();
            self.random = others;
        }
        if self.mix.identical {
            self.double_some();
        }
        if self.mix.loops {
            self.loop_some();
        }
        if self.mix.daemons {
            for goroutine in self.script.goroutines.iter_mut().skip(1) {
                goroutine.daemon = self.random.percent(60);
            }
        }
    }

    fn declare(&mut self) {
        if self.mix.timer {
            let theme = self.timer_theme();
            self.themes.push(theme);
        }
        let most = if self.mix.hostile { 2 } else { 3 };
        for _ in 0..self.random.between(1, most) {
            let theme = self.theme();
            self.themes.push(theme);
        }
    }

    fn timer_theme(&mut self) -> Theme {
        let ticks_max = match self.mix.loops && self.random.percent(50) {
            true => FOR_EVER,
            false => self.random.between(1, 2),
        };
        let kind = match self.random.percent(70) {
            true => Kind::Timer,
            false => Kind::Ticker { ticks_max },
        };
        let name = format!("timer{}", self.script.objects.len());
        Theme::Timer(self.script.declare(name, kind))
    }

    fn theme(&mut self) -> Theme {
        let number = self.script.objects.len();
        let name = |base: &str| format!("{base}{number}");
        let capacity = self.random.pick(&[0, 0, 0, 1, 1, 2]);
        // Identical ones meet most often where goroutines queue.
        let queues = self.mix.identical && self.random.percent(50);
        let theme = match queues {
            true => self.random.pick(&[3, 13, 14]),
            false => self.random.below(21),
        };
        match theme {
            0..3 => Theme::Mutex(self.script.mutex(name("m"))),
            3..5 => Theme::RwLock(self.script.rwlock(name("rw"))),
            5..11 => Theme::Chan(self.script.chan(name("c"), capacity)),
            11 => Theme::NilChan(self.script.declare(name("nil"), Kind::NilChan)),
            12 => {
                let count = self.random.below(3);
                Theme::WaitGroup(self.script.waitgroup(name("wg"), count))
            }
            13 => {
                let once = self.script.declare(name("once"), Kind::Once);
                if self.random.percent(50) {
                    let other = self
                        .script
                        .declare(format!("once{}", number + 1), Kind::Once);
                    self.themes.push(Theme::Once(other));
                }
                Theme::Once(once)
            }
            14 | 15 => {
                let mutex = self.script.mutex(name("m"));
                let cond = self.script.declare(name("cond"), Kind::Cond);
                if self.random.percent(25) {
                    let other = self.script.mutex(format!("m{}", number + 2));
                    self.themes.push(Theme::Cond(cond, other));
                }
                Theme::Cond(cond, mutex)
            }
            16 | 17 => self.timer_theme(),
            18 => self.context(name("ctx")),
            19 => Theme::Atomic(
                self.script
                    .declare(name("atomic"), Kind::Atomic { value: 0 }),
            ),
            _ => Theme::Cell(self.script.cell(name("cell"), 0)),
        }
    }

    fn context(&mut self, name: String) -> Theme {
        let deadline = self.random.percent(30);
        let derived = self.random.percent(if self.corners.made { 85 } else { 50 });
        let child = format!("{name}.child");
        let kind = |parent| Kind::Context { parent, deadline };
        let parent = self.script.declare(name, kind(None));
        if derived {
            let deadline = self.random.percent(20);
            let parent = Some(parent);
            let child = self
                .script
                .declare(child, Kind::Context { parent, deadline });
            self.themes.push(Theme::Context(child));
        }
        Theme::Context(parent)
    }

    fn operand(&mut self) -> Operand {
        match self.random.below(10) {
            0..6 => Operand::Constant(1),
            6..8 => Operand::Constant(i64::from(self.random.between(2, 3))),
            _ => Operand::Last(i64::from(self.random.below(2))),
        }
    }

    /// Returns a list of statements within another.
    fn inner(&mut self, count_max: u32) -> Vec<Statement> {
        let mut body = Vec::new();
        if self.depth >= 2 {
            return body;
        }
        self.depth += 1;
        for _ in 0..self.random.below(count_max + 1) {
            if self.budget > 0 {
                self.phrase(&mut body);
            }
        }
        self.depth -= 1;
        body
    }

    /// Adds a statement, or a few that belong together.
    fn phrase(&mut self, body: &mut Vec<Statement>) {
        self.budget -= 1;
        if self.random.percent(12) {
            let statement = self.aside();
            return body.push(statement);
        }
        if self.corner(body) {
            return;
        }
        let themes = self.themes.clone();
        let theme = self.random.pick(&themes);
        self.about(theme, body);
    }

    /// Adds statements of a theme.
    fn about(&mut self, theme: Theme, body: &mut Vec<Statement>) {
        match theme {
            Theme::Mutex(m) => self.mutex(m, body),
            Theme::RwLock(rw) => self.rwlock(rw, body),
            Theme::Chan(_) | Theme::NilChan(_) | Theme::Handles(_) => self.communicate(body),
            Theme::WaitGroup(wg) => body.push(match self.random.below(7) {
                0..3 => Statement::WgAdd(wg, -1),
                3 => Statement::WgAdd(wg, 1),
                4 => Statement::WgAdd(wg, -2),
                _ => Statement::WgWait(wg),
            }),
            Theme::Once(once) => {
                let once = self.once(once);
                body.push(once);
            }
            Theme::Cond(cond, mutex) => self.cond(cond, mutex, body),
            Theme::Timer(timer) => self.timer(timer, body),
            Theme::Context(context) => body.push(match self.random.below(6) {
                0 | 1 => Statement::CtxCancel(context),
                2 => Statement::CtxErr(context),
                _ => return self.communicate(body),
            }),
            Theme::Atomic(atomic) => {
                let op = self.random.pick(&[
                    AtomicOp::Load,
                    AtomicOp::Store(1),
                    AtomicOp::Add(1),
                    AtomicOp::Swap(2),
                    AtomicOp::CompareAndSwap(0, 1),
                    AtomicOp::CompareAndSwap(1, 0),
                    AtomicOp::And(2),
                    AtomicOp::Or(1),
                    AtomicOp::Max(2),
                ]);
                body.push(Statement::Atomic(atomic, op));
            }
            Theme::Semaphore(semaphore) => self.semaphore(semaphore, body),
            Theme::Cell(cell) => {
                let operand = self.operand();
                body.push(match self.random.percent(50) {
                    true => Statement::Get(cell),
                    false => Statement::Set(cell, operand),
                });
            }
        }
    }

    /// Returns a statement about no object.
    fn aside(&mut self) -> Statement {
        match self.random.below(8) {
            0..4 => {
                let choices = self.random.between(2, 3);
                Statement::Choose((0..choices).map(|_| self.inner(1)).collect())
            }
            4 => Statement::Repeat(2, self.inner(1)),
            5 => Statement::Sleep,
            6 if self.depth == 0 => Statement::Return,
            _ => match self.random.percent(20) {
                true => Statement::Panic("of its own".to_owned()),
                false => Statement::Yield,
            },
        }
    }

    fn mutex(&mut self, m: Object, body: &mut Vec<Statement>) {
        match self.random.below(10) {
            0..5 => {
                body.push(Statement::Lock(m));
                body.extend(self.inner(2));
                body.push(Statement::Unlock(m));
            }
            5 | 6 => body.push(Statement::Increment(m, 1)),
            7 => {
                let mut inner = self.inner(1);
                inner.push(Statement::Unlock(m));
                body.push(Statement::TryLock(m, inner));
            }
            8 => body.push(Statement::Lock(m)),
            _ => body.push(Statement::Unlock(m)),
        }
    }

    fn rwlock(&mut self, rw: Object, body: &mut Vec<Statement>) {
        match self.random.below(12) {
            0..4 => {
                body.push(Statement::RLock(rw));
                body.extend(self.inner(2));
                body.push(Statement::RUnlock(rw));
            }
            4..7 => {
                body.push(Statement::WLock(rw));
                body.extend(self.inner(1));
                body.push(Statement::WUnlock(rw));
            }
            7 => body.push(Statement::Increment(rw, 1)),
            8 => {
                let mut inner = self.inner(1);
                inner.push(Statement::RUnlock(rw));
                body.push(Statement::TryRLock(rw, inner));
            }
            9 => {
                let mut inner = self.inner(1);
                inner.push(Statement::WUnlock(rw));
                body.push(Statement::TryWLock(rw, inner));
            }
            10 => body.push(self.random.pick(&[Statement::RLock, Statement::WLock])(rw)),
            _ => body.push(self.random.pick(&[Statement::RUnlock, Statement::WUnlock])(
                rw,
            )),
        }
    }

    fn cond(&mut self, cond: Object, mutex: Object, body: &mut Vec<Statement>) {
        match self.random.below(15) {
            0 => body.push(Statement::CondWait(cond, mutex)),
            1..7 => {
                body.push(Statement::Lock(mutex));
                body.push(Statement::CondWait(cond, mutex));
                body.extend(self.inner(1));
                body.push(Statement::Unlock(mutex));
            }
            7..11 => body.push(Statement::CondSignal(cond)),
            11 | 12 => body.push(Statement::CondBroadcast(cond)),
            _ => self.mutex(mutex, body),
        }
    }
}
