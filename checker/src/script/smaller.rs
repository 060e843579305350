//! Shrinks scripts, so that a random script that revealed something becomes readable.

use super::vars::are_in_scope;
use super::{Case, Grip, GuardEnd, Kind, Object, Operand, Script, Statement, visit};

/// Returns scripts that are slightly smaller than this one, the smallest first.
#[must_use]
pub fn smaller(script: &Script) -> Vec<Script> {
    let mut all = Vec::new();
    for place in 1..script.goroutines.len() {
        all.extend(without_goroutine(script, place));
    }
    for (place, goroutine) in script.goroutines.iter().enumerate() {
        for body in smaller_bodies(&goroutine.body) {
            let mut less = script.clone();
            less.goroutines[place].body = body;
            all.push(less);
        }
    }
    for (place, goroutine) in script.goroutines.iter().enumerate() {
        for taken in 0..goroutine.takes.len() {
            let mut less = script.clone();
            less.goroutines[place].takes.remove(taken);
            all.push(less);
        }
    }
    for place in (0..script.objects.len()).map(Object) {
        all.extend(without_object(script, place));
        all.extend(with_simpler_object(script, place));
    }
    all.retain(is_well_formed);
    all
}

/// Returns true if each endless loop does something in each iteration, and variables are used in
/// scope.
fn is_well_formed(script: &Script) -> bool {
    fn does_something(statement: &Statement) -> bool {
        match statement {
            Statement::Recover(body) => body.first().is_some_and(does_something),
            Statement::Repeat(..)
            | Statement::Forever(_)
            | Statement::Break
            | Statement::Return
            | Statement::Panic(_)
            | Statement::Goexit
            | Statement::Release(..)
            | Statement::AddHeld(..)
            | Statement::Defer(..)
            | Statement::New(_) => false,
            _ => true,
        }
    }
    let mut well = are_in_scope(script);
    for goroutine in &script.goroutines {
        visit(&goroutine.body, &mut |statement| {
            if let Statement::Forever(body) = statement {
                well &= body.first().is_some_and(does_something);
            }
        });
    }
    well
}

/// Returns the script without this goroutine, unless another one starts it.
fn without_goroutine(script: &Script, place: usize) -> Option<Script> {
    if script.started_by_statement()[place] {
        return None;
    }
    let mut less = script.clone();
    less.goroutines.remove(place);
    for goroutine in &mut less.goroutines {
        edit(&mut goroutine.body, &mut |statement| {
            if let Statement::Go(child) = statement
                && *child > place
            {
                *child -= 1;
            }
        });
    }
    Some(less)
}

/// Returns the script without this object, if nothing uses it.
fn without_object(script: &Script, object: Object) -> Option<Script> {
    let mut used = false;
    let mut less = script.clone();
    less.objects.remove(object.0);
    let mut renumber = |it: &mut Object| {
        used |= *it == object;
        if it.0 > object.0 {
            it.0 -= 1;
        }
    };
    for declaration in &mut less.objects {
        if let Kind::Context {
            parent: Some(other),
            ..
        }
        | Kind::Handles { of: other, .. } = &mut declaration.kind
        {
            renumber(other);
        }
    }
    for goroutine in &mut less.goroutines {
        edit(&mut goroutine.body, &mut |statement| {
            objects_of(statement).into_iter().for_each(&mut renumber);
        });
    }
    (!used).then_some(less)
}

fn with_simpler_object(script: &Script, object: Object) -> Option<Script> {
    let simpler = match script.kind(object) {
        Kind::Chan { capacity } if capacity > 0 => Kind::Chan {
            capacity: capacity - 1,
        },
        Kind::Handles { capacity, of } if capacity > 0 => Kind::Handles {
            capacity: capacity - 1,
            of,
        },
        Kind::WaitGroup { count } if count > 0 => Kind::WaitGroup { count: count - 1 },
        Kind::Semaphore { permits } if permits > 0 => Kind::Semaphore {
            permits: permits - 1,
        },
        Kind::Ticker { ticks_max } if ticks_max > 1 => Kind::Ticker {
            ticks_max: ticks_max - 1,
        },
        Kind::Ticker { .. } => Kind::Timer,
        Kind::Context {
            parent,
            deadline: true,
        } => Kind::Context {
            parent,
            deadline: false,
        },
        Kind::Context {
            parent: Some(_),
            deadline: false,
        } => Kind::Context {
            parent: None,
            deadline: false,
        },
        _ => return None,
    };
    let mut less = script.clone();
    less.objects[object.0].kind = simpler;
    Some(less)
}

/// Returns copies of the list in which one statement is left out, replaced by its body, or
/// simplified.
fn smaller_bodies(body: &[Statement]) -> Vec<Vec<Statement>> {
    let mut all = Vec::new();
    for (place, statement) in body.iter().enumerate() {
        let mut replace = |by: Vec<Statement>| {
            let mut less = body.to_vec();
            less.splice(place..=place, by);
            all.push(less);
        };
        replace(Vec::new());
        for inner in statement.bodies() {
            if !inner.is_empty() && !matches!(statement, Statement::Forever(_)) {
                replace(inner.clone());
            }
        }
        for simpler in simpler_statements(statement) {
            replace(vec![simpler]);
        }
    }
    all
}

fn simpler_statements(statement: &Statement) -> Vec<Statement> {
    let mut all = Vec::new();
    match statement {
        Statement::Select { arms, default } => {
            for place in 0..arms.len() {
                let mut arms = arms.clone();
                arms.remove(place);
                let default = default.clone();
                all.push(Statement::Select { arms, default });
            }
            if default.is_some() {
                all.push(Statement::Select {
                    arms: arms.clone(),
                    default: None,
                });
            }
        }
        Statement::Choose(bodies) if bodies.len() > 1 => {
            for place in 0..bodies.len() {
                let mut bodies = bodies.clone();
                bodies.remove(place);
                all.push(Statement::Choose(bodies));
            }
        }
        Statement::Hold(var, grip, lock, body) if grip.tries() => {
            let grip = match grip {
                Grip::TryLock => Grip::Lock,
                Grip::TryRLock => Grip::RLock,
                _ => Grip::WLock,
            };
            all.push(Statement::Hold(*var, grip, *lock, body.clone()));
        }
        Statement::SemAcquire(o, 2..) => all.push(Statement::SemAcquire(*o, 1)),
        Statement::SemRelease(o, 2..) => all.push(Statement::SemRelease(*o, 1)),
        Statement::SemTryAcquire(o, 2.., body) => {
            all.push(Statement::SemTryAcquire(*o, 1, body.clone()));
        }
        Statement::Release(var, GuardEnd::Drop | GuardEnd::Leave) => {
            all.push(Statement::Release(*var, GuardEnd::Unlock));
        }
        Statement::Send(o, Operand::Last(_)) => all.push(Statement::Send(*o, Operand::Constant(1))),
        Statement::Set(o, Operand::Last(_)) => all.push(Statement::Set(*o, Operand::Constant(1))),
        _ => {}
    }
    // The same statement with a smaller nested list.
    for index in 0..statement.bodies().len() {
        for body in smaller_bodies(statement.bodies()[index]) {
            let mut simpler = statement.clone();
            *simpler.bodies_mut()[index] = body;
            all.push(simpler);
        }
    }
    all
}

/// Calls `f` with each statement, outer ones first.
fn edit(body: &mut [Statement], f: &mut impl FnMut(&mut Statement)) {
    for statement in body {
        f(statement);
        for inner in statement.bodies_mut() {
            edit(inner, f);
        }
    }
}

/// Returns the objects that a statement itself names.
pub(super) fn objects_of(statement: &mut Statement) -> Vec<&mut Object> {
    match statement {
        Statement::Lock(o)
        | Statement::TryLock(o, _)
        | Statement::Unlock(o)
        | Statement::Increment(o, _)
        | Statement::RLock(o)
        | Statement::TryRLock(o, _)
        | Statement::RUnlock(o)
        | Statement::WLock(o)
        | Statement::TryWLock(o, _)
        | Statement::WUnlock(o)
        | Statement::Send(o, _)
        | Statement::Recv(o)
        | Statement::Range(o, _)
        | Statement::Close(o)
        | Statement::Len(o)
        | Statement::WgAdd(o, _)
        | Statement::WgWait(o)
        | Statement::SemAcquire(o, _)
        | Statement::SemTryAcquire(o, ..)
        | Statement::SemRelease(o, _)
        | Statement::Once(o, _)
        | Statement::CondSignal(o)
        | Statement::CondBroadcast(o)
        | Statement::TimerStop(o)
        | Statement::TimerReset(o)
        | Statement::CtxCancel(o)
        | Statement::CtxErr(o)
        | Statement::Atomic(o, _)
        | Statement::Get(o)
        | Statement::Set(o, _)
        | Statement::New(o)
        | Statement::Hold(_, _, o, _)
        | Statement::WaitHeld(o, _) => vec![o],
        Statement::CondWait(cond, mutex) => vec![cond, mutex],
        Statement::Select { arms, .. } => arms
            .iter_mut()
            .map(|(case, _)| match case {
                Case::Send(o, _) | Case::Recv(o) => o,
            })
            .collect(),
        Statement::Choose(_)
        | Statement::Sleep
        | Statement::Yield
        | Statement::Go(_)
        | Statement::Repeat(..)
        | Statement::Forever(_)
        | Statement::Break
        | Statement::Return
        | Statement::Panic(_)
        | Statement::Recover(_)
        | Statement::Goexit
        | Statement::Release(..)
        | Statement::AddHeld(..)
        | Statement::Defer(..) => Vec::new(),
    }
}
