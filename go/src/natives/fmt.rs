//! Packages fmt and log.

use gordian_checker::model::Fault;
use smallvec::smallvec;

use super::format::{Missing, Printer};
use super::{Table, nothing};
use crate::finding::LOG_FATAL;
use crate::machine::{Act, Done, Input, NFrame, Run, act_done};
use crate::types::Own;
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("fmt.Sprintf", |run, frame, input| {
        sprint(run, frame, input, true, false)
    }),
    ("fmt.Sprint", |run, frame, input| {
        sprint(run, frame, input, false, false)
    }),
    ("fmt.Sprintln", |run, frame, input| {
        sprint(run, frame, input, false, true)
    }),
    ("fmt.Printf", |run, frame, input| {
        print(run, frame, input, true, false)
    }),
    ("fmt.Print", |run, frame, input| {
        print(run, frame, input, false, false)
    }),
    ("fmt.Println", |run, frame, input| {
        print(run, frame, input, false, true)
    }),
    ("fmt.Fprintf", |run, frame, input| {
        fprint(run, frame, input, true, false)
    }),
    ("fmt.Fprint", |run, frame, input| {
        fprint(run, frame, input, false, false)
    }),
    ("fmt.Fprintln", |run, frame, input| {
        fprint(run, frame, input, false, true)
    }),
    ("fmt.Errorf", errorf),
    ("log.Print*", |run, frame, input| {
        log(run, frame, input, End::Goes)
    }),
    ("log.Fatal*", |run, frame, input| {
        log(run, frame, input, End::Exits)
    }),
    ("log.Panic*", |run, frame, input| {
        log(run, frame, input, End::Panics)
    }),
    ("(*log.Logger).Print*", |run, frame, input| {
        log(run, frame, input, End::Goes)
    }),
    ("(*log.Logger).Fatal*", |run, frame, input| {
        log(run, frame, input, End::Exits)
    }),
    ("(*log.Logger).Panic*", |run, frame, input| {
        log(run, frame, input, End::Panics)
    }),
    ("(*log.Logger).Set*", |_, _, _| nothing()),
    ("log.New", |run, frame, _| logger(run, frame)),
    ("log.Default", |run, frame, _| logger(run, frame)),
    ("log.SetFlags", |_, _, _| nothing()),
    ("log.SetPrefix", |_, _, _| nothing()),
    ("log.SetOutput", |_, _, _| nothing()),
];

/// Makes a text of the arguments from `first` on: the format, if there is one, and the slice of
/// operands. What methods have returned so far is kept behind the arguments, and `step` says how
/// many there are. The text, or what has to be done first.
pub(super) fn text(
    run: &mut Run<'_>,
    frame: &mut NFrame,
    input: Input,
    first: usize,
    format: bool,
    line: bool,
) -> Result<Result<Vec<u8>, Act>, Fault> {
    let made = formatted(run, frame, input, first, format, line)?;
    Ok(made.map(|(text, _)| text))
}

type Made = Result<(Vec<u8>, Vec<V>), Act>;

fn formatted(
    run: &mut Run<'_>,
    frame: &mut NFrame,
    input: Input,
    first: usize,
    format: bool,
    line: bool,
) -> Result<Made, Fault> {
    match input {
        Input::Results(values) => {
            frame.args.push(values.first().copied().unwrap_or(V::Nil));
            frame.step += 1;
        }
        Input::Unwinds(unwind) => {
            let Some(panic) = unwind.panic else {
                return Ok(Err(Act::Unwind(unwind)));
            };
            // Package fmt catches it; of a nil receiver it writes <nil>.
            let text = match panic {
                V::Iface(_, inner) => {
                    let inner = run.m.pool.unboxed(inner);
                    run.plain_text(inner)
                }
                _ => String::new(),
            };
            let text = if text.contains("nil pointer dereference") {
                "<nil>".to_owned()
            } else {
                format!("%!v(PANIC=String method: {text})")
            };
            let text = run.m.pool.text(&text);
            frame.args.push(text);
            frame.step += 1;
        }
        Input::Start | Input::Outcome(_) => {}
    }
    let own = frame.args.len() - frame.step as usize;
    let resolved = frame.args[own..].to_vec();
    let operands = frame.args[own - 1];
    let pattern = if format { frame.arg(first) } else { V::Nil };
    let operands = run.elements(operands, 1)?;
    let mut printer = Printer {
        run,
        out: Vec::new(),
        resolved: resolved.into_iter(),
        wrapped: Vec::new(),
    };
    let printed = if format {
        let pattern = printer.run.m.pool.bytes(pattern).to_vec();
        printer.printf(&pattern, &operands)
    } else if line {
        printer.println(&operands)
    } else {
        printer.print(&operands)
    };
    match printed {
        Ok(()) => Ok(Ok((printer.out, printer.wrapped))),
        Err(Missing::Call(f, receiver)) => Ok(Err(Act::Call(f, smallvec![receiver]))),
        Err(Missing::Fault(fault)) => Err(fault),
    }
}

fn sprint(run: &mut Run<'_>, frame: &mut NFrame, input: Input, format: bool, line: bool) -> Done {
    match text(run, frame, input, 0, format, line)? {
        Ok(text) => {
            let v = run.m.pool.string(&text);
            act_done(v)
        }
        Err(act) => Ok(act),
    }
}

/// Returns the results of a print: the number of bytes and no error.
fn printed(count: usize) -> Done {
    Ok(Act::Done(smallvec![V::Int(count as i64), V::Nil]))
}

fn print(run: &mut Run<'_>, frame: &mut NFrame, input: Input, format: bool, line: bool) -> Done {
    match text(run, frame, input, 0, format, line)? {
        Ok(text) => {
            run.print(&text);
            printed(text.len())
        }
        Err(act) => Ok(act),
    }
}

/// Writes to a writer: its method `Write` is called with the text.
fn fprint(run: &mut Run<'_>, frame: &mut NFrame, input: Input, format: bool, line: bool) -> Done {
    const WRITES: u32 = 1 << 20;
    if frame.step == WRITES {
        return match input {
            Input::Results(values) => Ok(Act::Done(values)),
            Input::Unwinds(unwind) => Ok(Act::Unwind(unwind)),
            _ => nothing(),
        };
    }
    let text = match text(run, frame, input, 1, format, line)? {
        Ok(text) => text,
        Err(act) => return Ok(act),
    };
    let V::Iface(t, inner) = frame.arg(0) else {
        return super::sync::nil();
    };
    if run.types.text(t) == "*os.File" {
        run.print(&text);
        return printed(text.len());
    }
    let Some(write) = run.method_named(t, "Write") else {
        let name = run.types.text(t);
        return Err(run.unsupported(format!("writes to a {name}")));
    };
    let receiver = run.m.pool.unboxed(inner);
    let place = run.place_of(frame);
    let leaves = text.iter().map(|&byte| V::Int(i64::from(byte))).collect();
    let bytes = run.new_slice(place, leaves, 1)?;
    frame.args.clear();
    frame.step = WRITES;
    Ok(Act::Call(write, smallvec![receiver, bytes]))
}

/// Makes an error with this text, which wraps the operands of `%w`.
fn errorf(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let (text, wrapped) = match formatted(run, frame, input, 0, true, false)? {
        Ok(made) => made,
        Err(act) => return Ok(act),
    };
    let text = run.m.pool.string(&text);
    let inner = match wrapped.len() {
        0 | 1 => wrapped.first().copied().unwrap_or(V::Nil),
        _ => return Err(run.unsupported("wraps several errors with fmt.Errorf")),
    };
    let place = run.place_of(frame);
    let cell = run.make(place, vec![text, inner])?;
    let t = run.types.own(Own::WrapError);
    let v = run.m.pool.iface(t, V::Ptr(cell, 0));
    act_done(v)
}

/// The end of a message of package log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Goes,
    Exits,
    Panics,
}

/// Makes a logger: nobody sees what it writes.
fn logger(run: &mut Run<'_>, frame: &NFrame) -> Done {
    let place = run.place_of(frame);
    let cell = run.make(place, vec![V::Nil])?;
    act_done(V::Ptr(cell, 0))
}

fn log(run: &mut Run<'_>, frame: &mut NFrame, input: Input, end: End) -> Done {
    let code = run.code.clone();
    let name = &code.funcs[frame.func as usize].name;
    let (format, line) = (name.ends_with('f'), name.ends_with("ln"));
    let first = usize::from(name.starts_with('('));
    let text = match text(run, frame, input, first, format, line)? {
        Ok(text) => text,
        Err(act) => return Ok(act),
    };
    let message = String::from_utf8_lossy(&text).trim_end().to_owned();
    match end {
        End::Goes => nothing(),
        End::Exits => Ok(Act::Fatal(format!("{LOG_FATAL}{message}"))),
        End::Panics => {
            let text = run.m.pool.string(&text);
            let v = run.plain_string(text);
            Ok(Act::Panic(v))
        }
    }
}
