//! The variables of a script: what each is declared to hold, and where it is in scope.

use rustc_hash::FxHashMap;

use super::{Grip, Object, Script, Statement, Var, visit};

/// What a variable holds.
#[derive(Clone, Copy)]
pub(super) enum Declared<'a> {
    /// The guard of this lock.
    Guard(Grip, Object),
    /// A call of these statements, of which the first has this number.
    Deferred(usize, &'a [Statement]),
}

impl Grip {
    /// Whether it may fail.
    pub(super) fn tries(self) -> bool {
        match self {
            Self::TryLock | Self::TryRLock | Self::TryWLock => true,
            Self::Lock | Self::RLock | Self::WLock => false,
        }
    }

    /// Whether its guard is that of a reader.
    pub(super) fn reads(self) -> bool {
        matches!(self, Self::RLock | Self::TryRLock)
    }
}

/// What each variable of a script holds.
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

/// Whether each variable is used only where it is in scope.
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

/// Whether the objects for which a variable of this script stands may change.
pub(super) fn rebinds(script: &Script, object: Object) -> bool {
    let by_handle = script.objects.iter().any(
        |declaration| matches!(declaration.kind, super::Kind::Handles { of, .. } if of == object),
    );
    let mut made = false;
    for goroutine in &script.goroutines {
        visit(&goroutine.body, &mut |statement| {
            made |= *statement == Statement::New(object);
        });
    }
    by_handle || made
}
