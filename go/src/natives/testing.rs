//! Package testing, and the first goroutine: what runs the initialisers and then main or a test.
//!
//! The first goroutine is the test's own. A subtest is a goroutine for which its parent waits;
//! parallel ones wait until the parent's body has returned, and then run together. A test that
//! fails ends the program there and then: what others do after it is not judged.

use gordian_checker::model::{Chan, ChanOp, Fault, Object, ObjectId, Op, ValueId};
use smallvec::smallvec;

use super::synctest::panics;
use super::{Table, nothing, operation};
use crate::finding::LATE_LOG;
use crate::machine::{Act, Done, Input, NFrame, Run, Values, act_done};
use crate::value::V;

/// With this the message of a test begins that fails.
pub(crate) const TEST_FAILS: &str = "the test fails";

/// The native that the first goroutine begins with.
pub(crate) const MAIN: &str = "machine.main";

pub(super) const TABLE: Table = &[
    (MAIN, main),
    ("machine.test.run", subtest),
    ("machine.test.all", run_all),
    ("(*testing.T).Run", run_subtest),
    ("(*testing.T).Parallel", parallel),
    ("(*testing.M).Run", run_all),
    ("(*testing.T).Cleanup", cleanup),
    ("(*testing.common).Cleanup", cleanup),
    ("(*testing.T).Name", name),
    ("(*testing.common).Name", name),
    ("(*testing.T).*", method),
    ("(*testing.common).*", method),
    ("testing.Short", |_, _, _| act_done(V::Bool(false))),
    ("testing.Verbose", |_, _, _| act_done(V::Bool(false))),
    ("testing.Testing", |_, _, _| act_done(V::Bool(true))),
];

// The leaves of a test: what `*testing.T` points to.
const PARENT: u32 = 0;
const DONE: u32 = 1;
const NAME: u32 = 2;
/// Functions to be called at the end, the last first.
const CLEANUPS: u32 = 3;
/// Parallel subtests: pointers.
const CHILDREN: u32 = 4;
/// A channel: to tell the parent that this has ended, or is parallel.
const SIGNAL: u32 = 5;
/// A channel that is closed when the body has returned.
const BODY: u32 = 6;
/// True if it was skipped. One that fails ends the program, so none has failed.
const SKIPPED: u32 = 7;
const LEAVES: usize = 8;

/// The steps of a test, after its body.
const AFTER_BODY: u32 = 100;
const CHILDREN_WAIT: u32 = 200;
const CLEANUP: u32 = 300;
const ENDING: u32 = 400;
const SIGNALLED: u32 = 500;

/// Makes a test.
fn make(run: &mut Run<'_>, frame: &NFrame, parent: V, name: V) -> Result<V, Fault> {
    let place = run.place_of(frame);
    let none = run.m.pool.agg(&[]);
    let mut leaves = vec![V::Nil; LEAVES];
    leaves[PARENT as usize] = parent;
    leaves[DONE as usize] = V::Bool(false);
    leaves[SKIPPED as usize] = V::Bool(false);
    leaves[NAME as usize] = name;
    leaves[CLEANUPS as usize] = none;
    leaves[CHILDREN as usize] = none;
    let cell = run.make(place, leaves)?;
    for (off, capacity) in [(SIGNAL, 1), (BODY, 0)] {
        let id = run.object_at(cell, off);
        run.create(id, Object::Chan(Chan::new(capacity)), None);
    }
    Ok(V::Ptr(cell, 0))
}

/// Makes the test of a bubble, of the same name. It is nobody's subtest.
pub(super) fn in_bubble(run: &mut Run<'_>, frame: &NFrame) -> Result<V, Fault> {
    let name = get(run, frame.arg(0), NAME)?;
    make(run, frame, V::Nil, name)
}

fn object(run: &mut Run<'_>, test: V, off: u32) -> Option<ObjectId> {
    match test {
        V::Ptr(cell, _) => Some(run.object_at(cell, off)),
        _ => None,
    }
}

fn get(run: &mut Run<'_>, test: V, off: u32) -> Result<V, Fault> {
    match test {
        V::Ptr(cell, _) => run.leaf(cell, off),
        _ => Ok(V::Nil),
    }
}

fn put(run: &mut Run<'_>, test: V, off: u32, v: V) -> Result<(), Fault> {
    match test {
        V::Ptr(cell, _) => run.set_leaf(cell, off, v),
        _ => Ok(()),
    }
}

fn push(run: &mut Run<'_>, test: V, off: u32, v: V) -> Result<(), Fault> {
    let list = get(run, test, off)?;
    let mut list = run.m.pool.leaves(list).to_vec();
    list.push(v);
    let list = run.m.pool.agg(&list);
    put(run, test, off, list)
}

/// Notes that a goroutine uses a part of a test that has a lock of its own in Go. Here it has none.
/// So if several use it, the order of steps with no object in common makes a difference.
fn note_user(run: &mut Run<'_>, test: V) {
    if let V::Ptr(cell, _) = test {
        let me = run.me;
        let first = *run.m.test_users.entry(cell).or_insert(me);
        run.m.shares_test |= first != me;
    }
}

/// Runs the first goroutine. Its arguments are what to run at the end (a function), the name of the
/// test or nil, and the function `TestMain` or nil. The initialisers follow, the last first.
fn main(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let (0, Input::Unwinds(unwind)) = (frame.step, &input) {
        return Ok(Act::Unwind(*unwind));
    }
    if frame.step == 0 && frame.args.len() > 3 {
        let init = frame.args.pop().unwrap_or(V::Nil);
        return Ok(Act::Call(init, smallvec![]));
    }
    if frame.step == 0 {
        let (f, name, test_main) = (frame.arg(0), frame.arg(1), frame.arg(2));
        frame.step = 1;
        if name == V::Nil {
            frame.args.clear();
            return Ok(Act::Call(f, smallvec![]));
        }
        if test_main != V::Nil {
            let place = run.place_of(frame);
            let cell = run.make(place, vec![f, name])?;
            frame.args.clear();
            return Ok(Act::Call(test_main, smallvec![V::Ptr(cell, 0)]));
        }
        let test = make(run, frame, V::Nil, name)?;
        frame.args = vec![test, f];
        return Ok(Act::Call(f, smallvec![test]));
    }
    if frame.args.is_empty() {
        return match input {
            Input::Unwinds(unwind) => Ok(Act::Unwind(unwind)),
            _ => nothing(),
        };
    }
    end_of_test(run, frame, input)
}

/// Runs the test in the same goroutine, for `m.Run()`.
fn run_all(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if frame.step == 0 {
        let V::Ptr(cell, _) = frame.arg(0) else {
            return super::sync::nil();
        };
        let (f, name) = (run.leaf(cell, 0)?, run.leaf(cell, 1)?);
        let test = make(run, frame, V::Nil, name)?;
        frame.args = vec![test, f];
        frame.step = 1;
        return Ok(Act::Call(f, smallvec![test]));
    }
    match end_of_test(run, frame, input)? {
        Act::Done(_) => act_done(V::Int(0)),
        act => Ok(act),
    }
}

/// Runs the goroutine of a subtest.
fn subtest(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if frame.step == 0 {
        frame.step = 1;
        return Ok(Act::Call(frame.arg(1), smallvec![frame.arg(0)]));
    }
    end_of_test(run, frame, input)
}

/// Does the rest after the body of a test: its parallel subtests, the cleanups, and the word to its
/// parent.
fn end_of_test(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Input::Unwinds(unwind) = input
        && unwind.panic.is_some()
    {
        return Ok(Act::Unwind(unwind));
    }
    let test = frame.arg(0);
    if frame.step == 1 {
        frame.args.truncate(1);
        frame.step = CHILDREN_WAIT;
        let children = get(run, test, CHILDREN)?;
        let children = run.m.pool.leaves(children).to_vec();
        if !children.is_empty() {
            frame.args.extend(children);
            let body = object(run, test, BODY);
            frame.step = AFTER_BODY;
            return Ok(Act::Op(Op::Chan(body, ChanOp::Close)));
        }
    }
    if (AFTER_BODY..CLEANUP).contains(&frame.step) {
        if frame.args.len() > 1 {
            let child = frame.args.remove(1);
            let signal = object(run, child, SIGNAL);
            frame.step = CHILDREN_WAIT;
            return Ok(Act::Op(Op::Chan(signal, ChanOp::Recv)));
        }
        frame.step = CLEANUP;
    }
    if frame.step == CLEANUP {
        note_user(run, test);
        let cleanups = get(run, test, CLEANUPS)?;
        let mut cleanups = run.m.pool.leaves(cleanups).to_vec();
        if let Some(last) = cleanups.pop() {
            let rest = run.m.pool.agg(&cleanups);
            put(run, test, CLEANUPS, rest)?;
            return Ok(Act::Call(last, smallvec![]));
        }
        frame.step = ENDING;
        // From here on nobody may log.
        let Some(id) = object(run, test, DONE) else {
            return nothing();
        };
        return Ok(Act::Op(Op::Touch(id, true)));
    }
    if frame.step == ENDING {
        put(run, test, DONE, V::Bool(true))?;
        if get(run, test, PARENT)? == V::Nil {
            return nothing();
        }
        frame.step = SIGNALLED;
        let signal = object(run, test, SIGNAL);
        return Ok(Act::Op(Op::Chan(signal, ChanOp::Send(ValueId::UNIT))));
    }
    nothing()
}

fn run_subtest(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    match (frame.step, input) {
        (0, _) => {
            let parent = frame.arg(0);
            if run.m.bubble_of(run.me).is_some() {
                return panics(run, "testing: t.Run called inside synctest bubble");
            }
            let (above, own) = (get(run, parent, NAME)?, frame.arg(1));
            let own = run.m.pool.lossy(own).replace(' ', "_");
            let name = format!("{}/{own}", run.m.pool.lossy(above));
            if !run.m.filter.lets_pass(&name.split('/').collect::<Vec<_>>()) {
                return act_done(V::Bool(true));
            }
            let name = run.m.pool.text(&name);
            let test = make(run, frame, parent, name)?;
            let f = frame.arg(2);
            let V::Func(function) = f else {
                return super::sync::nil();
            };
            let func = run.m.pool.function_of(function).0;
            let body = run.named_function("machine.test.run");
            frame.args = vec![body, test, f];
            let place = run.place_of(frame);
            let id = run.new_goroutine(func, place);
            run.m.subtests.insert(id);
            operation(frame, Op::Go(id))
        }
        (1, _) => {
            let test = frame.arg(1);
            let signal = object(run, test, SIGNAL);
            operation(frame, Op::Chan(signal, ChanOp::Recv))
        }
        _ => act_done(V::Bool(true)),
    }
}

/// Tells the parent that it need not wait, and waits until the parent's body has returned.
fn parallel(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let test = frame.arg(0);
    if run.m.bubble_of(run.me).is_some() {
        return panics(run, "testing: t.Parallel called inside synctest bubble");
    }
    let parent = get(run, test, PARENT)?;
    if parent == V::Nil {
        return nothing();
    }
    match frame.step {
        0 => {
            push(run, parent, CHILDREN, test)?;
            let signal = object(run, test, SIGNAL);
            operation(frame, Op::Chan(signal, ChanOp::Send(ValueId::UNIT)))
        }
        1 => {
            let body = object(run, parent, BODY);
            operation(frame, Op::Chan(body, ChanOp::Recv))
        }
        _ => nothing(),
    }
}

fn cleanup(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    note_user(run, frame.arg(0));
    push(run, frame.arg(0), CLEANUPS, frame.arg(1))?;
    nothing()
}

fn name(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let name = get(run, frame.arg(0), NAME)?;
    act_done(name)
}

/// Logs, fails or skips.
fn method(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let code = run.code.clone();
    let full = &code.funcs[frame.func as usize].name;
    let method = full.rsplit('.').next().unwrap_or("");
    match method {
        "Log" | "Logf" | "Error" | "Errorf" | "Fatal" | "Fatalf" | "Skip" | "Skipf" => {
            written(run, frame, input, method)
        }
        "Fail" | "FailNow" => Ok(Act::Fatal(TEST_FAILS.to_owned())),
        "SkipNow" => skip(run, frame),
        "Helper" | "Setenv" => nothing(),
        "Failed" => act_done(V::Bool(false)),
        "Skipped" => {
            note_user(run, frame.arg(0));
            let skipped = get(run, frame.arg(0), SKIPPED)?;
            act_done(skipped)
        }
        _ => Err(run.unsupported(format!("calls {full}"))),
    }
}

fn skip(run: &mut Run<'_>, frame: &NFrame) -> Done {
    note_user(run, frame.arg(0));
    put(run, frame.arg(0), SKIPPED, V::Bool(true))?;
    Ok(Act::Goexit)
}

/// Does a method that formats a text: first it makes the text, then it looks if the test still
/// runs.
fn written(run: &mut Run<'_>, frame: &mut NFrame, input: Input, method: &str) -> Done {
    const LOOKS: u32 = 1 << 20;
    let test = frame.arg(0);
    if frame.step < LOOKS {
        let format = method.ends_with('f');
        let text = match super::fmt::text(run, frame, input, 1, format, !format)? {
            Ok(text) => text,
            Err(act) => return Ok(act),
        };
        let text = run.m.pool.string(&text);
        frame.args = vec![test, text];
        frame.step = LOOKS;
        let Some(id) = object(run, test, DONE) else {
            return super::sync::nil();
        };
        return Ok(Act::Op(Op::Touch(id, false)));
    }
    let text = run.m.pool.lossy(frame.arg(1));
    let text = text.trim_end();
    if get(run, test, DONE)? == V::Bool(true) {
        let name = get(run, test, NAME)?;
        let name = run.m.pool.lossy(name);
        let message = format!("{LATE_LOG}{name} has completed: {text}");
        let v = run.m.pool.text(&message);
        let v = run.plain_string(v);
        return Ok(Act::Panic(v));
    }
    match method {
        "Log" | "Logf" => {
            run.print(text.as_bytes());
            nothing()
        }
        "Skip" | "Skipf" => skip(run, frame),
        _ => Ok(Act::Fatal(format!("{TEST_FAILS}: {text}"))),
    }
}

impl Run<'_> {
    /// Writes to the program's output, if somebody wants it.
    pub(crate) fn print(&mut self, bytes: &[u8]) {
        if let Some(output) = &mut self.m.output {
            output.push_str(&String::from_utf8_lossy(bytes));
        }
    }
}

/// Returns the arguments of the first goroutine.
pub(crate) fn main_arguments(what: V, name: V, test_main: V, inits: &[V]) -> Values {
    let mut args: Values = smallvec![what, name, test_main];
    args.extend(inits.iter().rev().copied());
    args
}
