//! The features of a script: its statements by name, and combinations that are corner cases of the
//! rules.
//!
//! If a generator of scripts stopped producing one of them, nobody would notice. So a test counts
//! them.

use std::collections::BTreeSet;

use super::vars::{self, Declared};
use super::{Case, GuardEnd, Kind, Object, Script, Statement, Var, visit};

/// The names of all statements that a random script without endless loops can have.
pub const STATEMENTS: &[&str] = &[
    "AddHeld",
    "Atomic",
    "Choose",
    "Close",
    "CondBroadcast",
    "CondSignal",
    "CondWait",
    "CtxCancel",
    "CtxErr",
    "Defer",
    "Get",
    "Go",
    "Goexit",
    "Hold",
    "Increment",
    "Len",
    "Lock",
    "New",
    "Once",
    "Panic",
    "RLock",
    "RUnlock",
    "Range",
    "Recover",
    "Recv",
    "Release",
    "Repeat",
    "Return",
    "Select",
    "SemAcquire",
    "SemRelease",
    "SemTryAcquire",
    "Send",
    "Set",
    "Sleep",
    "TimerReset",
    "TimerStop",
    "TryLock",
    "TryRLock",
    "TryWLock",
    "Unlock",
    "WLock",
    "WUnlock",
    "WaitHeld",
    "WgAdd",
    "WgWait",
    "Yield",
];

/// The names of the corner cases.
pub const CORNERS: &[&str] = &[
    BOTH_WAYS,
    CHILD_MADE_LATER,
    COND_TWO_MUTEXES,
    DEFER_BLOCKS,
    DEFER_EARLY,
    DEFER_PANIC,
    DEFER_RETURN,
    DEFER_TAKEN,
    GOEXIT_DEFER,
    GOEXIT_GUARD,
    GOEXIT_MAIN,
    GOEXIT_RECOVER,
    GUARDS_CROSS,
    HANDLE_OF_CHAN,
    HANDLE_OF_CONTEXT,
    HANDLE_OF_LOCK,
    HANDLE_OF_TIMER,
    HANDLE_OF_WAITGROUP,
    LEFT_LOCKED,
    MADE_ELSEWHERE,
    MADE_TAKEN,
    MUTEX_GUARD_TAKEN,
    ONCE_IN_ARM,
    ONCE_IN_OTHER,
    ONCE_IN_SAME,
    READ_GUARD_TAKEN,
    RECOVER_ADD,
    RECOVER_CLOSE,
    RECOVER_CLOSE_NIL,
    RECOVER_DEFER,
    RECOVER_GUARD,
    RECOVER_IN_ONCE,
    RECOVER_IN_RECOVER,
    RECOVER_ONCE,
    RECOVER_OWN,
    RECOVER_RELEASE,
    RECOVER_SEND,
    RECOVER_UNLOCK,
    RELOCKED,
    SEMAPHORE_IN_OTHER,
    SEMAPHORE_IN_PARTS,
    SEMAPHORE_TOO_SMALL,
    STARTED_AGAIN,
    STARTED_IN_LOOP,
    STARTS_THE_NEXT,
    TICKER,
    TWICE_ONE_WAY,
    UNLOCKED_BY_TAKER,
    WRITE_GUARD_TAKEN,
];

const BOTH_WAYS: &str = "a select that sends to a channel and receives from it";
const CHILD_MADE_LATER: &str = "a context derived as it goes";
const COND_TWO_MUTEXES: &str = "a condition with two mutexes";
const DEFER_BLOCKS: &str = "a deferred call that may block";
const DEFER_EARLY: &str = "a deferred call made early";
const DEFER_PANIC: &str = "a panic under a deferred call";
const DEFER_RETURN: &str = "a return under a deferred call";
const DEFER_TAKEN: &str = "a deferred call taken along";
const GOEXIT_DEFER: &str = "a Goexit under a deferred call";
const GOEXIT_GUARD: &str = "a Goexit with a guard";
const GOEXIT_MAIN: &str = "a Goexit of main";
const GOEXIT_RECOVER: &str = "a Goexit under a recovery";
const GUARDS_CROSS: &str = "a guard given away before one that was taken later";
const HANDLE_OF_CHAN: &str = "a channel sent through a channel";
const HANDLE_OF_CONTEXT: &str = "a context sent through a channel";
const HANDLE_OF_LOCK: &str = "a lock sent through a channel";
const HANDLE_OF_TIMER: &str = "a timer sent through a channel";
const HANDLE_OF_WAITGROUP: &str = "a wait group sent through a channel";
const LEFT_LOCKED: &str = "a guard that leaves its lock locked";
const MADE_ELSEWHERE: &str = "an object made by another goroutine than main";
const MADE_TAKEN: &str = "an object made and captured";
const MUTEX_GUARD_TAKEN: &str = "the guard of a mutex taken along";
const ONCE_IN_ARM: &str = "a once in an arm of a select";
const ONCE_IN_OTHER: &str = "a once in another";
const ONCE_IN_SAME: &str = "a once in itself";
const READ_GUARD_TAKEN: &str = "the guard of a reader taken along";
const RECOVER_ADD: &str = "a counter lowered under a recovery";
const RECOVER_CLOSE: &str = "a close under a recovery";
const RECOVER_CLOSE_NIL: &str = "a close of nil under a recovery";
const RECOVER_DEFER: &str = "a deferred call under a recovery";
const RECOVER_GUARD: &str = "a guard under a recovery";
const RECOVER_IN_ONCE: &str = "a recovery in a once";
const RECOVER_IN_RECOVER: &str = "a recovery in another";
const RECOVER_ONCE: &str = "a once under a recovery";
const RECOVER_OWN: &str = "a panic of its own under a recovery";
const RECOVER_RELEASE: &str = "permits released under a recovery";
const RECOVER_SEND: &str = "a send under a recovery";
const RECOVER_UNLOCK: &str = "an unlock, which may be fatal, under a recovery";
const RELOCKED: &str = "a lock taken again after its guard was given away";
const SEMAPHORE_IN_OTHER: &str = "permits of two semaphores acquired";
const SEMAPHORE_IN_PARTS: &str = "permits of one semaphore acquired twice";
const SEMAPHORE_TOO_SMALL: &str = "more permits asked for than there are";
const STARTED_AGAIN: &str = "a goroutine that two statements start";
const STARTED_IN_LOOP: &str = "a goroutine started in a loop";
const STARTS_THE_NEXT: &str = "a goroutine that is started and starts another";
const TICKER: &str = "a ticker";
const TWICE_ONE_WAY: &str = "a select with a channel twice in one direction";
const UNLOCKED_BY_TAKER: &str = "a guard that was taken along and is given away there";
const WRITE_GUARD_TAKEN: &str = "the guard of a writer taken along";

/// Returns the [`STATEMENTS`] and [`CORNERS`] that this script has.
#[must_use]
pub fn of(script: &Script) -> BTreeSet<&'static str> {
    let mut found = Finder {
        script,
        found: BTreeSet::new(),
    };
    found.objects();
    found.starts();
    found.variables();
    for (place, goroutine) in script.goroutines.iter().enumerate() {
        found.body(place, &goroutine.body, &mut Around::default());
    }
    found.found
}

struct Finder<'a> {
    script: &'a Script,
    found: BTreeSet<&'static str>,
}

/// The surroundings of a statement.
#[derive(Default)]
struct Around {
    onces: Vec<Object>,
    arms: usize,
    defers: usize,
    guards: Vec<Var>,
    loops: usize,
    recoveries: usize,
}

impl Finder<'_> {
    fn add(&mut self, is: bool, what: &'static str) {
        if is {
            self.found.insert(what);
        }
    }

    fn objects(&mut self) {
        for declaration in &self.script.objects {
            match declaration.kind {
                Kind::Ticker { .. } => self.add(true, TICKER),
                Kind::Handles { of, .. } => {
                    let what = match self.script.kind(of) {
                        Kind::Chan { .. } => HANDLE_OF_CHAN,
                        Kind::Context { .. } => HANDLE_OF_CONTEXT,
                        Kind::Mutex | Kind::RwLock => HANDLE_OF_LOCK,
                        Kind::Timer | Kind::Ticker { .. } => HANDLE_OF_TIMER,
                        Kind::WaitGroup { .. } => HANDLE_OF_WAITGROUP,
                        _ => continue,
                    };
                    self.add(true, what);
                }
                _ => {}
            }
        }
    }

    /// Finds the features of starting goroutines.
    fn starts(&mut self) {
        let mut times = vec![0; self.script.goroutines.len()];
        let started = self.script.started_by_statement();
        for (place, goroutine) in self.script.goroutines.iter().enumerate() {
            let mut starts = false;
            visit(&goroutine.body, &mut |statement| {
                if let Statement::Go(child) = statement {
                    times[*child] += 1;
                    starts = true;
                }
            });
            self.add(starts && started[place], STARTS_THE_NEXT);
        }
        self.add(times.iter().any(|it| *it > 1), STARTED_AGAIN);
    }

    fn variables(&mut self) {
        let declared = vars::declared(self.script);
        let started = self.script.started_by_statement();
        for (goroutine, _) in self
            .script
            .goroutines
            .iter()
            .zip(started)
            .filter(|(_, by)| *by)
        {
            for var in &goroutine.takes {
                let what = match declared.get(var) {
                    Some(Declared::Guard(grip, _)) if grip.reads() => READ_GUARD_TAKEN,
                    Some(Declared::Guard(_, lock)) => match self.script.kind(*lock) {
                        Kind::RwLock => WRITE_GUARD_TAKEN,
                        _ => MUTEX_GUARD_TAKEN,
                    },
                    Some(Declared::Deferred(..)) => DEFER_TAKEN,
                    None => continue,
                };
                self.add(true, what);
                let mut given = false;
                visit(&goroutine.body, &mut |statement| {
                    given |= matches!(statement, Statement::Release(of, _) if of == var);
                });
                self.add(given && what != DEFER_TAKEN, UNLOCKED_BY_TAKER);
            }
        }
        let mut mutexes: Vec<(Object, Object)> = Vec::new();
        for goroutine in &self.script.goroutines {
            visit(&goroutine.body, &mut |statement| match statement {
                Statement::CondWait(cond, mutex) => mutexes.push((*cond, *mutex)),
                Statement::WaitHeld(cond, var) => {
                    if let Some(Declared::Guard(_, mutex)) = declared.get(var) {
                        mutexes.push((*cond, *mutex));
                    }
                }
                _ => {}
            });
        }
        let two = mutexes.iter().any(|(cond, mutex)| {
            mutexes
                .iter()
                .any(|(other, its)| cond == other && mutex != its)
        });
        self.add(two, COND_TWO_MUTEXES);
    }

    fn body(&mut self, goroutine: usize, body: &[Statement], around: &mut Around) {
        for (at, statement) in body.iter().enumerate() {
            let text = format!("{statement:?}");
            let name = text.split(|c: char| !c.is_alphanumeric()).next();
            let name = STATEMENTS.iter().find(|it| Some(**it) == name);
            self.found.extend(name);
            self.statement(goroutine, statement, &body[at + 1..], around);
            if around.recoveries > 0 {
                self.recovered(statement);
            }
            self.within(goroutine, statement, around);
        }
    }

    fn statement(
        &mut self,
        goroutine: usize,
        statement: &Statement,
        after: &[Statement],
        around: &Around,
    ) {
        match statement {
            Statement::Go(_) => self.add(around.loops > 0, STARTED_IN_LOOP),
            Statement::New(object) => {
                self.add(goroutine > 0, MADE_ELSEWHERE);
                self.add(
                    super::ids::is_derived(self.script.kind(*object)),
                    CHILD_MADE_LATER,
                );
                let starts = after.iter().any(|it| matches!(it, Statement::Go(_)));
                self.add(starts, MADE_TAKEN);
            }
            Statement::Once(once, _) => {
                self.add(around.arms > 0, ONCE_IN_ARM);
                self.add(around.onces.contains(once), ONCE_IN_SAME);
                self.add(around.onces.iter().any(|it| it != once), ONCE_IN_OTHER);
            }
            Statement::SemAcquire(o, permits) => self.acquired(*o, *permits, after),
            Statement::Return => self.add(around.defers > 0, DEFER_RETURN),
            Statement::Panic(_) => self.add(around.defers > 0, DEFER_PANIC),
            Statement::Recover(_) => self.add(!around.onces.is_empty(), RECOVER_IN_ONCE),
            Statement::Goexit => {
                self.add(around.defers > 0, GOEXIT_DEFER);
                self.add(!around.guards.is_empty(), GOEXIT_GUARD);
                self.add(goroutine == 0, GOEXIT_MAIN);
                self.add(around.recoveries > 0, GOEXIT_RECOVER);
            }
            Statement::Release(var, way) => {
                self.add(*way == GuardEnd::Leave, LEFT_LOCKED);
                let at = around.guards.iter().position(|it| it == var);
                let later = at.is_some_and(|at| at + 1 < around.guards.len());
                self.add(later, GUARDS_CROSS);
                self.released(*var, after);
            }
            Statement::Defer(_, deferred, _) => {
                let blocks =
                    |it: &Statement| matches!(it, Statement::Send(..) | Statement::Recv(_));
                self.add(deferred.iter().any(blocks), DEFER_BLOCKS);
            }
            Statement::Select { arms, .. } => {
                let cases = || arms.iter().map(|(case, _)| *case);
                for (at, case) in cases().enumerate() {
                    for other in cases().skip(at + 1) {
                        let (a, b) = (channel(case), channel(other));
                        self.add(a.0 == b.0 && a.1 != b.1, BOTH_WAYS);
                        self.add(a == b, TWICE_ONE_WAY);
                    }
                }
            }
            _ => {}
        }
    }

    /// Records a statement whose panic is recovered.
    fn recovered(&mut self, statement: &Statement) {
        let what = match statement {
            Statement::Close(o) if self.script.kind(*o) == Kind::NilChan => RECOVER_CLOSE_NIL,
            Statement::Close(_) => RECOVER_CLOSE,
            Statement::Defer(..) => RECOVER_DEFER,
            Statement::Hold(..) => RECOVER_GUARD,
            Statement::Once(..) => RECOVER_ONCE,
            Statement::Panic(_) => RECOVER_OWN,
            Statement::Recover(_) => RECOVER_IN_RECOVER,
            Statement::SemRelease(..) => RECOVER_RELEASE,
            Statement::Send(..) => RECOVER_SEND,
            Statement::Unlock(_) | Statement::RUnlock(_) | Statement::WUnlock(_) => RECOVER_UNLOCK,
            Statement::WgAdd(_, ..0) => RECOVER_ADD,
            _ => return,
        };
        self.add(true, what);
    }

    /// Records the features of an acquisition that these statements follow.
    fn acquired(&mut self, semaphore: Object, permits: u32, after: &[Statement]) {
        let too_many = match self.script.kind(semaphore) {
            Kind::Semaphore { permits: all } => permits > all,
            _ => false,
        };
        self.add(too_many, SEMAPHORE_TOO_SMALL);
        for statement in after {
            match statement {
                Statement::SemRelease(of, _) if *of == semaphore => break,
                Statement::SemAcquire(of, _) if *of == semaphore => {
                    self.add(true, SEMAPHORE_IN_PARTS);
                }
                Statement::SemAcquire(..) => self.add(true, SEMAPHORE_IN_OTHER),
                _ => {}
            }
        }
    }

    /// Records the features of a release of a variable that these statements follow.
    fn released(&mut self, var: Var, after: &[Statement]) {
        let declared = vars::declared(self.script);
        match declared.get(&var) {
            Some(Declared::Guard(_, lock)) => {
                let mut again = false;
                visit(after, &mut |statement| {
                    again |= match statement {
                        Statement::Lock(o)
                        | Statement::RLock(o)
                        | Statement::WLock(o)
                        | Statement::Increment(o, _)
                        | Statement::Hold(_, _, o, _) => o == lock,
                        _ => false,
                    };
                });
                self.add(again, RELOCKED);
            }
            Some(Declared::Deferred(..)) => self.add(true, DEFER_EARLY),
            None => {}
        }
    }

    /// Visits the statements within a statement.
    fn within(&mut self, goroutine: usize, statement: &Statement, around: &mut Around) {
        match statement {
            Statement::Once(once, _) => around.onces.push(*once),
            Statement::Select { .. } => around.arms += 1,
            Statement::Defer(..) => around.defers += 1,
            Statement::Hold(var, ..) => around.guards.push(*var),
            Statement::Repeat(..) => around.loops += 1,
            Statement::Recover(_) => around.recoveries += 1,
            _ => {}
        }
        for inner in statement.bodies() {
            self.body(goroutine, inner, around);
        }
        match statement {
            Statement::Once(..) => drop(around.onces.pop()),
            Statement::Select { .. } => around.arms -= 1,
            Statement::Defer(..) => around.defers -= 1,
            Statement::Hold(..) => drop(around.guards.pop()),
            Statement::Repeat(..) => around.loops -= 1,
            Statement::Recover(_) => around.recoveries -= 1,
            _ => {}
        }
    }
}

/// Returns the channel of a case, and true if it sends.
fn channel(case: Case) -> (Object, bool) {
    match case {
        Case::Send(channel, _) => (channel, true),
        Case::Recv(channel) => (channel, false),
    }
}
