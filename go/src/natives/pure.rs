//! Small functions of the standard library that are assembly or need `unsafe` in Go.

use super::Table;
use crate::machine::{Done, Input, NFrame, Run, Text, act_done};
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("internal/bytealg.IndexByte*", index_byte),
    ("internal/bytealg.LastIndexByte*", last_index_byte),
    ("internal/bytealg.Count*", count),
    ("internal/bytealg.Equal", |run, frame, _| {
        is_of_two(run, frame, |a, b| {
            a.len() == b.len() && a.bytes().eq(b.iter().copied())
        })
    }),
    ("internal/bytealg.Compare*", |run, frame, _| {
        let b = run.bytes_of(frame.arg(1))?;
        let a = run.text(frame.arg(0))?;
        let (order, len) = (a.bytes().cmp(b.iter().copied()), a.len());
        run.charge_bytes(len.min(b.len()))?;
        act_done(V::Int(order as i64))
    }),
    ("internal/bytealg.Index*", index),
    ("internal/bytealg.MakeNoZero", make_no_zero),
    ("internal/stringslite.Index", index),
    ("internal/stringslite.IndexByte", index_byte),
    ("internal/stringslite.HasPrefix", |run, frame, _| {
        is_of_two(run, frame, |a, b| {
            a.len() >= b.len() && a.bytes().zip(b).all(|(x, &y)| x == y)
        })
    }),
    ("internal/stringslite.HasSuffix", |run, frame, _| {
        is_of_two(run, frame, |a, b| {
            let mut ends = a.bytes().rev().zip(b.iter().rev());
            a.len() >= b.len() && ends.all(|(x, &y)| x == y)
        })
    }),
    ("internal/stringslite.Clone", |_, frame, _| {
        act_done(frame.arg(0))
    }),
    ("strings.Clone", |_, frame, _| act_done(frame.arg(0))),
    ("math.Float64bits", |_, frame, _| match frame.arg(0) {
        V::Float(bits) => act_done(V::Int(bits.cast_signed())),
        _ => act_done(V::Int(0)),
    }),
    ("math.Float64frombits", |_, frame, _| {
        act_done(V::Float(Run::number(frame.arg(0)).cast_unsigned()))
    }),
    ("math.Float32bits", |_, frame, _| match frame.arg(0) {
        V::Float(bits) => act_done(V::Int(i64::from((f64::from_bits(bits) as f32).to_bits()))),
        _ => act_done(V::Int(0)),
    }),
    ("math.Float32frombits", |_, frame, _| {
        let number = f32::from_bits(Run::number(frame.arg(0)) as u32);
        act_done(V::Float(f64::from(number).to_bits()))
    }),
    ("math.archSqrt", |_, frame, _| float(frame, f64::sqrt)),
    ("math.archFloor", |_, frame, _| float(frame, f64::floor)),
    ("math.archCeil", |_, frame, _| float(frame, f64::ceil)),
    ("math.archTrunc", |_, frame, _| float(frame, f64::trunc)),
    ("math.archExp", |_, frame, _| float(frame, f64::exp)),
    ("math.archLog", |_, frame, _| float(frame, f64::ln)),
    ("math.archMax", |_, frame, _| float2(frame, larger)),
    ("math.archMin", |_, frame, _| {
        float2(frame, |a, b| -larger(-a, -b))
    }),
    ("math.archHypot", |_, frame, _| float2(frame, f64::hypot)),
    ("math.Abs", |_, frame, _| float(frame, f64::abs)),
    ("math.Sqrt", |_, frame, _| float(frame, f64::sqrt)),
    ("math.Floor", |_, frame, _| float(frame, f64::floor)),
    ("math.Ceil", |_, frame, _| float(frame, f64::ceil)),
    ("math.Trunc", |_, frame, _| float(frame, f64::trunc)),
    ("math.Inf", |_, frame, _| {
        let sign = Run::number(frame.arg(0));
        let number = if sign >= 0 {
            f64::INFINITY
        } else {
            f64::NEG_INFINITY
        };
        act_done(V::Float(number.to_bits()))
    }),
    ("math.NaN", |_, _, _| act_done(V::Float(f64::NAN.to_bits()))),
];

/// Returns the larger of two as Go has it: a number that is none wins, but over infinity, and 0
/// over -0.
fn larger(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        return f64::INFINITY;
    }
    match (a.is_nan() || b.is_nan(), a == 0.0 && b == 0.0) {
        (true, _) => f64::NAN,
        (_, true) if a.is_sign_negative() => b,
        (_, true) => a,
        _ => a.max(b),
    }
}

fn float2(frame: &NFrame, f: fn(f64, f64) -> f64) -> Done {
    match (frame.arg(0), frame.arg(1)) {
        (V::Float(a), V::Float(b)) => {
            act_done(V::Float(f(f64::from_bits(a), f64::from_bits(b)).to_bits()))
        }
        _ => act_done(frame.arg(0)),
    }
}

fn float(frame: &NFrame, f: fn(f64) -> f64) -> Done {
    match frame.arg(0) {
        V::Float(bits) => act_done(V::Float(f(f64::from_bits(bits)).to_bits())),
        other => act_done(other),
    }
}

/// Returns if something is true of the bytes of two arguments. All of the second is looked at.
fn is_of_two(run: &mut Run<'_>, frame: &NFrame, is: fn(Text<'_>, &[u8]) -> bool) -> Done {
    let second = run.bytes_of(frame.arg(1))?;
    let is = is(run.text(frame.arg(0))?, &second);
    act_done(V::Bool(is))
}

/// Returns a place in the bytes of the first argument, or -1. It costs what was looked at.
fn place(run: &mut Run<'_>, frame: &NFrame, find: impl FnOnce(Text<'_>) -> Option<usize>) -> Done {
    let text = run.text(frame.arg(0))?;
    let (len, at) = (text.len(), find(text));
    run.charge_bytes(at.unwrap_or(len))?;
    act_done(V::Int(at.map_or(-1, |at| at as i64)))
}

fn index(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let part = run.bytes_of(frame.arg(1))?;
    place(run, frame, |text| text.find(&part))
}

fn index_byte(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let byte = Run::number(frame.arg(1)) as u8;
    place(run, frame, |text| text.bytes().position(|it| it == byte))
}

fn last_index_byte(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let byte = Run::number(frame.arg(1)) as u8;
    let text = run.text(frame.arg(0))?;
    let (len, at) = (text.len(), text.bytes().rposition(|it| it == byte));
    run.charge_bytes(len - at.unwrap_or(0))?;
    act_done(V::Int(at.map_or(-1, |at| at as i64)))
}

fn count(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let byte = Run::number(frame.arg(1)) as u8;
    let text = run.text(frame.arg(0))?;
    let (len, count) = (text.len(), text.bytes().filter(|&it| it == byte).count());
    run.charge_bytes(len)?;
    act_done(V::Int(count as i64))
}

fn make_no_zero(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let len = usize::try_from(Run::number(frame.arg(0)))
        .unwrap_or(0)
        .min(1 << 24);
    let place = run.place_of(frame);
    let v = run.new_slice(place, vec![V::Int(0); len], 1)?;
    act_done(v)
}
