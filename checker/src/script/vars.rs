//! The variables of a script: their declared contents, and their scopes.

use rustc_hash::FxHashMap;

use super::{Object, Script, Statement, visit};

/// A variable for a guard or a deferred call. One [`Statement::Hold`] or [`Statement::Defer`] of a
/// script declares it for its body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Var(pub usize);

/// A way to take a lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Grip {
    /// `Lock` of a mutex.
    Lock,
    /// `TryLock` of a mutex.
    TryLock,
    /// `RLock`.
    RLock,
    /// `TryRLock`.
    TryRLock,
    /// `Lock` of an rwlock.
    WLock,
    /// `TryLock` of an rwlock.
    TryWLock,
}

/// A way to end a guard.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GuardEnd {
    /// A call of its method.
    Unlock,
    /// A drop.
    Drop,
    /// Leaving the lock locked.
    Leave,
}

/// The content of a variable.
#[derive(Clone, Copy)]
pub(super) enum Declared<'a> {
    /// The guard of this lock.
    Guard(Grip, Object),
    /// A call of these statements. The first one has this number.
    Deferred(usize, &'a [Statement]),
}

impl Grip {
    /// Returns true if it may fail.
    pub(super) fn tries(self) -> bool {
        match self {
            Self::TryLock | Self::TryRLock | Self::TryWLock => true,
            Self::Lock | Self::RLock | Self::WLock => false,
        }
    }

    /// Returns true if its guard is that of a reader.
    pub(super) fn reads(self) -> bool {
        matches!(self, Self::RLock | Self::TryRLock)
    }
}

/// Returns the content of each variable of a script.
pub(super) fn declared(script: &Script) -> FxHashMap<Var, Declared<'_>> {
    fn walk<'a>(body: &'a [Statement], next: &mut usize, all: &mut FxHashMap<Var, Declared<'a>>) {
        for statement in body {
            *next += 1;
            match statement {
                Statement::Hold(var, grip, object, _) => {
                    all.insert(*var, Declared::Guard(*grip, *object));
                }
                Statement::Defer(var, deferred, _) => {
                    all.insert(*var, Declared::Deferred(*next, deferred));
                }
                _ => {}
            }
            for inner in statement.bodies() {
                walk(inner, next, all);
            }
        }
    }
    let (mut next, mut all) = (0, FxHashMap::default());
    for goroutine in &script.goroutines {
        walk(&goroutine.body, &mut next, &mut all);
    }
    all
}

/// Returns true if each variable is used only where it is in scope.
pub(super) fn are_in_scope(script: &Script) -> bool {
    let started = script.started_by_statement();
    let mut all = script.goroutines.iter().zip(started);
    all.all(|(goroutine, started)| {
        let mut scope = match started {
            true => goroutine.takes.clone(),
            false => Vec::new(),
        };
        walk(script, &goroutine.body, &mut scope)
    })
}

fn walk(script: &Script, body: &[Statement], scope: &mut Vec<Var>) -> bool {
    body.iter().all(|statement| {
        let well = match statement {
            Statement::Release(var, _)
            | Statement::AddHeld(var, _)
            | Statement::WaitHeld(_, var) => scope.contains(var),
            Statement::Go(child) => {
                let takes = &script.goroutines[*child].takes;
                takes.iter().all(|var| scope.contains(var))
            }
            _ => true,
        };
        let declares = match statement {
            Statement::Hold(var, ..) | Statement::Defer(var, ..) => Some(*var),
            _ => None,
        };
        scope.extend(declares);
        let mut inner = statement.bodies().into_iter();
        let well = well && inner.all(|inner| walk(script, inner, scope));
        if declares.is_some() {
            scope.pop();
        }
        well
    })
}

/// Returns true if this declaration may be bound to another object than at the start.
pub(super) fn rebinds(script: &Script, object: Object) -> bool {
    let mut declarations = script.objects.iter();
    let by_handle = declarations.any(|it| it.kind.handles_of() == Some(object));
    let mut made = false;
    for goroutine in &script.goroutines {
        visit(&goroutine.body, &mut |statement| {
            made |= *statement == Statement::New(object);
        });
    }
    by_handle || made
}
