//! `sync.WaitGroup`. Beside the operations of the rules it is noted that a group is [used
//! again](crate::rounds). The leaf of a group says if it was ever counted up.

use gordian_checker::model::{Fault, GoroutineId, Object, ObjectId, Op, Site, WaitGroupOp};
use smallvec::smallvec;

use super::sync::{nil, receiver};
use super::{Table, nothing, operation};
use crate::machine::{Act, Done, How, Input, NFrame, Run};
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

fn wait(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    let id = run.object_at(cell, off);
    match frame.step {
        0 if run.m.waits_apart => operation(frame, Op::Touch(id, false)),
        step if step == u32::from(run.m.waits_apart) => {
            operation(frame, Op::WaitGroup(id, WaitGroupOp::Wait))
        }
        _ => nothing(),
    }
}

/// Notes an `Add` that is done: whom it wakes, or that it counts up from zero, perhaps too early.
fn added(run: &mut Run<'_>, frame: &NFrame, delta: i64) -> Result<(), Fault> {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return Ok(());
    };
    let id = run.object_at(cell, off);
    let Object::WaitGroup(group) = run.look().object(id) else {
        return Ok(());
    };
    let count = group.count;
    if count == 0 {
        run.m.rounds.emptied = Some(id);
    } else if count == delta && run.leaf(cell, off)? == V::Nil {
        run.set_leaf(cell, off, V::Bool(true))?;
    } else if count == delta {
        // So that the position behind it is one of its own.
        run.touch(cell, off, 1, How::AtomicRead);
        run.m.rounds.note_again(id, run.me);
        if let Some((waiter, site)) = run.m.rounds.woken(run.look(), id) {
            run.note_reuse(id, (waiter, site));
        }
    }
    Ok(())
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
    fn note_reuse(&mut self, id: ObjectId, (waiter, waits): (GoroutineId, Site)) {
        let (code, types) = (self.code.clone(), self.types.clone());
        let at = |site| {
            let place = code.place_of(site);
            format!("{}:{}", place.file, place.line)
        };
        let text = format!(
            "WaitGroup {} is reused before previous Wait has returned: {} waits at {}, {} adds at \
             {}",
            self.m.things.object_name(id, &code, &types),
            self.m.things.goroutine_name(waiter, &code),
            at(waits),
            self.m.things.goroutine_name(self.me, &code),
            at(self.site()),
        );
        self.m.reuses.insert(text);
    }
}
