//! Builtin functions where they are deferred or started, and what the machine itself calls.

use gordian_checker::model::{ChanOp, Op};
use smallvec::smallvec;

use super::{Table, nothing};
use crate::finding::Finding;
use crate::machine::{Act, Done, Input, NFrame, Run, act_done};
use crate::types::Kind;
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("builtin.close", close),
    ("builtin.delete", delete),
    ("builtin.panic", |_, frame, _| Ok(Act::Panic(frame.arg(0)))),
    ("builtin.recover", |run, _, _| {
        // It is called by the function that defers it, unless a panic calls it.
        let unwinds = run.frame_below(0).is_none_or(|it| it.unwind.is_some());
        act_done(if unwinds { V::Nil } else { run.recovered() })
    }),
    ("builtin.print", |run, frame, _| print(run, frame, false)),
    ("builtin.println", |run, frame, _| print(run, frame, true)),
    ("machine.die", die),
];

fn close(_: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if !matches!(input, Input::Start) {
        return nothing();
    }
    let channel = frame.arg(0).channel();
    frame.args.clear();
    frame.step = 1;
    Ok(Act::Op(Op::Chan(channel, ChanOp::Close)))
}

fn delete(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    if let V::Map(cell) = frame.arg(0) {
        run.touch(cell, 0, 1, crate::machine::How::Write);
        if let Err(message) = run.remove(cell, frame.arg(1))? {
            return Ok(Act::Error(message));
        }
    }
    nothing()
}

fn print(run: &mut Run<'_>, frame: &mut NFrame, spaces: bool) -> Done {
    let words: Vec<String> = frame.args.iter().map(|&v| run.plain_text(v)).collect();
    let text = if spaces {
        words.join(" ") + "\n"
    } else {
        words.concat()
    };
    run.print(text.as_bytes());
    nothing()
}

/// Ends a goroutine by a panic with this value: its text is what `Error` says of an error, or what
/// `String` does.
fn die(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let message = match input {
        Input::Results(values) => {
            let text = values.first().copied().unwrap_or(V::Nil);
            run.m.pool.lossy(text)
        }
        Input::Unwinds(_) => "a panic while a panic is printed".to_owned(),
        _ => {
            let v = frame.arg(0);
            if let V::Iface(t, inner) = v {
                let inner = run.m.pool.unboxed(inner);
                let method = run
                    .method_named(t, "Error")
                    .or_else(|| run.method_named(t, "String"));
                if let Some(f) = method {
                    frame.step = 1;
                    return Ok(Act::Call(f, smallvec![inner]));
                }
            }
            run.panic_text(v)
        }
    };
    // The program's own panic may have the words of a failure.
    Ok(Act::Fatal(match Finding::of(&message) {
        Some(Finding::Fail | Finding::Exit) => format!("panic: {message}"),
        Some(Finding::Misuse | Finding::LateLog) | None => message,
    }))
}

/// Returns a float as `print` writes it: `+1.500000e+000`.
fn float_text(number: f64) -> String {
    if !number.is_finite() {
        return super::verbs::float(number, b'e', Some(6), 64);
    }
    let text = format!("{number:+.6e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:03}", exponent.abs())
}

impl Run<'_> {
    /// Returns a value as a panic shows it.
    fn panic_text(&mut self, v: V) -> String {
        let V::Iface(t, inner) = v else {
            return "nil".to_owned();
        };
        let inner = self.m.pool.unboxed(inner);
        let types = self.types.clone();
        let text = match inner {
            V::Bool(_) | V::Int(_) | V::Float(_) | V::Str(_) | V::Complex(_) => {
                self.text_of_type(t, inner)
            }
            _ => return format!("({}) ...", types.text(t)),
        };
        match (types.get(t).full.is_some(), types.kind(t)) {
            (true, Kind::Str) => format!("{}({text:?})", types.text(t)),
            (true, _) => format!("{}({text})", types.text(t)),
            (false, Kind::Str) => text,
            (false, _) => text,
        }
    }

    /// Returns a value as `print` writes it.
    pub(crate) fn plain_text(&mut self, v: V) -> String {
        match v {
            V::Bool(is) => is.to_string(),
            V::Int(number) => number.to_string(),
            V::Float(bits) => float_text(f64::from_bits(bits)),
            V::Complex(_) => {
                let (re, im) = self.m.pool.parts(v);
                format!("({}{}i)", float_text(re), float_text(im))
            }
            V::Str(_) => self.m.pool.lossy(v),
            V::Nil => "nil".to_owned(),
            V::Iface(t, inner) => {
                let inner = self.m.pool.unboxed(inner);
                self.text_of_type(t, inner)
            }
            other => self.m.shown(other),
        }
    }

    /// Returns a value of a type as `print` writes it.
    fn text_of_type(&mut self, t: u32, v: V) -> String {
        let types = self.types.clone();
        match (types.kind(t), v) {
            (Kind::Int { signed: false, .. }, V::Int(number)) => number.cast_unsigned().to_string(),
            (Kind::Iface, V::Nil) => "(0x0,0x0)".to_owned(),
            (Kind::Slice(_), V::Nil) => "[0/0]0x0".to_owned(),
            (_, V::Nil) => "0x0".to_owned(),
            _ => self.plain_text(v),
        }
    }

    /// Returns the method of this name of a dynamic type, if it has it.
    pub(crate) fn method_named(&mut self, t: u32, name: &str) -> Option<V> {
        let types = self.types.clone();
        if let Kind::Own(own) = types.kind(t) {
            if !own.methods().contains(&name) {
                return None;
            }
            let full = format!("{own:?}.{name}");
            return Some(self.named_function(&full));
        }
        let table = &types.get(t).table;
        let (_, func) = table
            .iter()
            .find(|(method, _)| types.method_names[**method as usize] == name)?;
        let func = (*func)?;
        Some(self.m.pool.function(func, &[]))
    }

    /// Returns the layout of a type in memory.
    pub(crate) fn shape(&self, t: u32) -> crate::code::Shape {
        if self.types.is_aggregate(t) {
            crate::code::Shape::Agg(self.types.size(t))
        } else {
            crate::code::Shape::Scalar
        }
    }
}
