//! `sync.WaitGroup`. Beside the operations of the rules it is noted who has been woken: Go refuses
//! a group that is used again before they have returned.
//!
//! The leaf of a group has the goroutines that waited when its counter became zero, as long as they
//! have not gone on. It changes nothing that a program does, so a reuse is told like a race.

use gordian_checker::model::{Fault, GoroutineId, Object, ObjectId, Op, Phase, Site, WaitGroupOp};
use smallvec::smallvec;

use super::sync::{nil, receiver};
use super::{Table, nothing, operation};
use crate::machine::{Act, Done, Input, NFrame, Run};
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("(*sync.WaitGroup).Add", |run, frame, input| {
        let delta = Run::number(frame.arg(1));
        add(run, frame, input, delta)
    }),
    ("(*sync.WaitGroup).Done", |run, frame, input| {
        add(run, frame, input, -1)
    }),
    ("(*sync.WaitGroup).Wait", wait),
    ("(*sync.WaitGroup).Go", go),
    ("machine.waitgroup.go", body),
];

fn add(run: &mut Run<'_>, frame: &mut NFrame, input: Input, delta: i64) -> Done {
    match input {
        Input::Start => match receiver(run, frame) {
            Some(id) => operation(frame, Op::WaitGroup(id, WaitGroupOp::Add(delta))),
            None => nil(),
        },
        _ => {
            added(run, frame, delta)?;
            nothing()
        }
    }
}

fn wait(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    if !matches!(input, Input::Start) {
        let woken = run.leaf(cell, off)?;
        if woken != V::Nil {
            let me = V::Int(run.me.0.into());
            let others: Vec<V> = run.m.pool.leaves(woken).to_vec();
            let others: Vec<V> = others.into_iter().filter(|it| *it != me).collect();
            set_woken(run, (cell, off), &others)?;
        }
        return nothing();
    }
    let id = run.object_at(cell, off);
    operation(frame, Op::WaitGroup(id, WaitGroupOp::Wait))
}

fn set_woken(run: &mut Run<'_>, (cell, off): (u32, u32), woken: &[V]) -> Result<(), Fault> {
    let v = match woken {
        [] => V::Nil,
        woken => run.m.pool.agg(woken),
    };
    if run.leaf(cell, off)? != v {
        run.set_leaf(cell, off, v)?;
    }
    Ok(())
}

/// Notes who is woken by an `Add` that is done, or that it comes too early.
fn added(run: &mut Run<'_>, frame: &NFrame, delta: i64) -> Result<(), Fault> {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return Ok(());
    };
    let id = run.object_at(cell, off);
    let Object::WaitGroup(group) = run.look().object(id) else {
        return Ok(());
    };
    if group.count == 0 {
        let others = run.look().goroutines().iter().zip(0..);
        let waits = others.filter(|(it, number)| {
            let waits = run
                .m
                .waits
                .get(&it.local)
                .is_some_and(|(group, _)| *group == id);
            it.phase == Phase::Ready && waits && *number != run.me.0
        });
        let woken: Vec<V> = waits.map(|(_, number)| V::Int(number.into())).collect();
        return set_woken(run, (cell, off), &woken);
    }
    let woken = run.leaf(cell, off)?;
    if group_was_zero(delta, run, id) && woken != V::Nil {
        let first = run.m.pool.leaves(woken).first().copied();
        let first = first.map_or(0, Run::number);
        let waiter = GoroutineId(u32::try_from(first).unwrap_or(0));
        run.note_reuse(id, waiter);
        set_woken(run, (cell, off), &[])?;
    }
    Ok(())
}

/// Returns true if an `Add` has brought the counter up from zero.
fn group_was_zero(delta: i64, run: &Run<'_>, id: ObjectId) -> bool {
    matches!(run.look().object(id), Object::WaitGroup(group) if delta > 0 && group.count == delta)
}

/// Does `wg.Go(f)`: adds one, and starts a goroutine that calls f and is done.
fn go(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    match (frame.step, input) {
        (0, _) => match receiver(run, frame) {
            Some(id) => operation(frame, Op::WaitGroup(id, WaitGroupOp::Add(1))),
            None => nil(),
        },
        (1, _) => {
            added(run, frame, 1)?;
            let body = run.named_function("machine.waitgroup.go");
            let f = frame.arg(1);
            let V::Func(id) = f else { return nil() };
            let func = run.m.pool.function_of(id).0;
            frame.args.insert(0, body);
            let place = run.place_of(frame);
            let id = run.new_goroutine(func, place);
            operation(frame, Op::Go(id))
        }
        _ => nothing(),
    }
}

fn body(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    match (frame.step, input) {
        (0, Input::Start) => {
            frame.step = 1;
            Ok(Act::Call(frame.arg(1), smallvec![]))
        }
        (1, Input::Unwinds(unwind)) if unwind.panic.is_some() => Ok(Act::Unwind(unwind)),
        (1, _) => match receiver(run, frame) {
            Some(id) => operation(frame, Op::WaitGroup(id, WaitGroupOp::Add(-1))),
            None => nil(),
        },
        _ => {
            added(run, frame, -1)?;
            nothing()
        }
    }
}

impl Run<'_> {
    /// Notes that a group is used again before this goroutine has returned from its `Wait`.
    fn note_reuse(&mut self, id: ObjectId, waiter: GoroutineId) {
        let (code, types) = (self.code.clone(), self.types.clone());
        let local = self.look().goroutines()[waiter.index()].local;
        let waits = self.m.waits.get(&local).map(|(_, site)| *site);
        let at = |site| {
            let place = code.place_of(site);
            format!("{}:{}", place.file, place.line)
        };
        let text = format!(
            "WaitGroup {} is reused before previous Wait has returned: {} waits at {}, {} adds at \
             {}",
            self.m.things.object_name(id, &code, &types),
            self.m.things.goroutine_name(waiter, &code),
            at(waits.unwrap_or(Site::NONE)),
            self.m.things.goroutine_name(self.me, &code),
            at(self.site()),
        );
        self.m.reuses.insert(text);
    }
}
