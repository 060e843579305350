//! Arithmetic and comparison.

use std::cmp::Ordering;

use crate::code::{BinOp, Number};
use crate::types::{Kind, Types};
use crate::value::{Pool, V, rounded};

/// Brings an integer into the range of its type.
pub(crate) fn wrap(on: Number, number: i64) -> i64 {
    match on {
        Number::Int {
            bits: 8,
            signed: true,
        } => i64::from(number as i8),
        Number::Int {
            bits: 16,
            signed: true,
        } => i64::from(number as i16),
        Number::Int {
            bits: 32,
            signed: true,
        } => i64::from(number as i32),
        Number::Int {
            bits: 8,
            signed: false,
        } => i64::from(number as u8),
        Number::Int {
            bits: 16,
            signed: false,
        } => i64::from(number as u16),
        Number::Int {
            bits: 32,
            signed: false,
        } => i64::from(number as u32),
        _ => number,
    }
}

/// Returns the result of an operation, or the text of the runtime error.
pub(super) fn binary(
    pool: &mut Pool,
    types: &Types,
    op: BinOp,
    on: Number,
    by_signed: bool,
    x: V,
    y: V,
) -> Result<V, String> {
    if matches!(op, BinOp::Eq | BinOp::Ne) {
        let equal = equal(pool, types, x, y)?;
        return Ok(V::Bool(equal == (op == BinOp::Eq)));
    }
    match (on, x, y) {
        (Number::Int { bits, signed }, V::Int(x), V::Int(y)) => {
            integers(op, on, bits, signed, by_signed, x, y)
        }
        (Number::Float(bits), V::Float(x), V::Float(y)) => {
            Ok(floats(op, bits, f64::from_bits(x), f64::from_bits(y)))
        }
        (Number::Str, _, _) => Ok(match op {
            BinOp::Add => pool.joined(x, y),
            _ => V::Bool(ordered(op, Some(pool.bytes(x).cmp(pool.bytes(y))))),
        }),
        (Number::Complex(bits), _, _) => Ok(complex(pool, op, bits, x, y)),
        _ => Err(format!("the machine cannot do {op:?} on {x:?} and {y:?}")),
    }
}

fn integers(
    op: BinOp,
    on: Number,
    bits: u32,
    signed: bool,
    by_signed: bool,
    x: i64,
    y: i64,
) -> Result<V, String> {
    let (ux, uy) = (x.cast_unsigned(), y.cast_unsigned());
    let number = match op {
        BinOp::Add => x.wrapping_add(y),
        BinOp::Sub => x.wrapping_sub(y),
        BinOp::Mul => x.wrapping_mul(y),
        BinOp::Div | BinOp::Rem if y == 0 => return Err("integer divide by zero".to_owned()),
        BinOp::Div if signed => x.wrapping_div(y),
        BinOp::Rem if signed => x.wrapping_rem(y),
        BinOp::Div => (ux / uy).cast_signed(),
        BinOp::Rem => (ux % uy).cast_signed(),
        BinOp::And => x & y,
        BinOp::Or => x | y,
        BinOp::Xor => x ^ y,
        BinOp::AndNot => x & !y,
        BinOp::Shl | BinOp::Shr if by_signed && y < 0 => {
            return Err("negative shift amount".to_owned());
        }
        BinOp::Shl if uy >= u64::from(bits) => 0,
        BinOp::Shl => x << y,
        BinOp::Shr if signed => x >> uy.min(63),
        BinOp::Shr if uy >= 64 => 0,
        BinOp::Shr => (ux >> uy).cast_signed(),
        _ => {
            let order = if signed { x.cmp(&y) } else { ux.cmp(&uy) };
            return Ok(V::Bool(ordered(op, Some(order))));
        }
    };
    Ok(V::Int(wrap(on, number)))
}

fn ordered(op: BinOp, order: Option<Ordering>) -> bool {
    match op {
        BinOp::Lt => order == Some(Ordering::Less),
        BinOp::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        BinOp::Gt => order == Some(Ordering::Greater),
        BinOp::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        _ => false,
    }
}

/// Rounds a float to its type.
pub(crate) fn round(bits: u32, number: f64) -> V {
    let number = if bits == 32 {
        f64::from(number as f32)
    } else {
        number
    };
    V::Float(number.to_bits())
}

fn floats(op: BinOp, bits: u32, x: f64, y: f64) -> V {
    match op {
        BinOp::Add => round(bits, x + y),
        BinOp::Sub => round(bits, x - y),
        BinOp::Mul => round(bits, x * y),
        BinOp::Div => round(bits, x / y),
        _ => V::Bool(ordered(op, x.partial_cmp(&y))),
    }
}

fn complex(pool: &mut Pool, op: BinOp, bits: u32, x: V, y: V) -> V {
    let (x, y) = (pool.parts(x), pool.parts(y));
    let ((a, b), (c, d)) = (x, y);
    let of = |p: f64, q: f64| rounded(bits, p * q);
    let (re, im) = match op {
        BinOp::Add => (a + c, b + d),
        BinOp::Sub => (a - c, b - d),
        BinOp::Mul => (of(a, c) - of(b, d), of(a, d) + of(b, c)),
        _ => quotient(x, y),
    };
    pool.complex_of(bits, re, im)
}

/// Divides complex numbers as Go does: by Smith's algorithm, with infinities and zeros as C99 has
/// them.
fn quotient((a, b): (f64, f64), (c, d): (f64, f64)) -> (f64, f64) {
    let (re, im) = if c.abs() >= d.abs() {
        let ratio = d / c;
        let norm = c + ratio * d;
        ((a + b * ratio) / norm, (b - a * ratio) / norm)
    } else {
        let ratio = c / d;
        let norm = d + ratio * c;
        ((a * ratio + b) / norm, (b * ratio - a) / norm)
    };
    if !re.is_nan() && !im.is_nan() {
        return (re, im);
    }
    let unit = |part: f64| f64::from(u8::from(part.is_infinite())).copysign(part);
    let infinite = f64::INFINITY;
    if c == 0.0 && d == 0.0 && (!a.is_nan() || !b.is_nan()) {
        let by = infinite.copysign(c);
        (by * a, by * b)
    } else if (a.is_infinite() || b.is_infinite()) && c.is_finite() && d.is_finite() {
        let (a, b) = (unit(a), unit(b));
        (infinite * (a * c + b * d), infinite * (b * c - a * d))
    } else if (c.is_infinite() || d.is_infinite()) && a.is_finite() && b.is_finite() {
        let (c, d) = (unit(c), unit(d));
        (0.0 * (a * c + b * d), 0.0 * (b * c - a * d))
    } else {
        (re, im)
    }
}

pub(super) fn negate(pool: &mut Pool, on: Number, v: V) -> V {
    match (on, v) {
        (Number::Float(_), V::Float(bits)) => V::Float((-f64::from_bits(bits)).to_bits()),
        (Number::Complex(_), v) => {
            let (re, im) = pool.parts(v);
            pool.complex(-re, -im)
        }
        (on, v) => V::Int(wrap(on, super::as_int(v).wrapping_neg())),
    }
}

/// Returns true if two values are equal in Go. The error is the text of the panic if they cannot be
/// compared.
pub(crate) fn equal(pool: &Pool, types: &Types, x: V, y: V) -> Result<bool, String> {
    Ok(match (x, y) {
        (V::Float(a), V::Float(b)) => f64::from_bits(a) == f64::from_bits(b),
        (V::Complex(a), V::Complex(b)) | (V::Agg(a), V::Agg(b)) => {
            let (a, b) = (pool.leaves_of(a).clone(), pool.leaves_of(b).clone());
            for (a, b) in a.iter().zip(b.iter()) {
                if !equal(pool, types, *a, *b)? {
                    return Ok(false);
                }
            }
            true
        }
        (V::Iface(t, a), V::Iface(u, b)) => {
            if t != u {
                return Ok(false);
            }
            let of = types.get(t);
            if !of.comparable && !matches!(of.kind, Kind::Own(_)) {
                return Err(format!("comparing uncomparable type {}", types.text(t)));
            }
            equal(pool, types, pool.unboxed(a), pool.unboxed(b))?
        }
        // Loose strings may be equal without having equal bits.
        (V::Str(_), V::Str(_)) => x == y || pool.bytes(x) == pool.bytes(y),
        _ => x == y,
    })
}
