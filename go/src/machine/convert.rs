//! Conversions.

use gordian_checker::model::Fault;

use super::arith::round;
use super::data::decode_rune;
use super::{Run, as_int, wrap};
use crate::code::Number;
use crate::types::Kind;
use crate::value::V;

/// Returns an address as a number, made up but always the same, and of no other one.
fn address(cell: u32, off: u32) -> i64 {
    const FIRST: i64 = 0xc0_0000_0000;
    FIRST + (i64::from(cell) << 24) + (i64::from(off) << 3)
}

impl Run<'_> {
    /// Converts v, which is of type u, to t. What it makes is made at this place.
    pub(crate) fn convert(&mut self, v: V, t: u32, u: u32, place: u32) -> Result<V, Fault> {
        let types = self.types.clone();
        Ok(match (types.kind(u), types.kind(t), v) {
            (_, Kind::Int { bits, signed }, V::Int(number)) => V::Int(wrap(
                Number::Int {
                    bits: *bits,
                    signed: *signed,
                },
                number,
            )),
            (
                Kind::Int {
                    bits: 64,
                    signed: false,
                },
                Kind::Float(bits),
                V::Int(number),
            ) => round(*bits, number.cast_unsigned() as f64),
            (_, Kind::Float(bits), V::Int(number)) => round(*bits, number as f64),
            (_, Kind::Float(bits), V::Float(number)) => round(*bits, f64::from_bits(number)),
            (_, Kind::Int { bits, signed }, V::Float(number)) => {
                let number = f64::from_bits(number);
                // From 2^63 on only an unsigned integer has room, and its bits are kept.
                let number = if *signed || number < 9.2e18 {
                    number as i64
                } else {
                    (number as u64).cast_signed()
                };
                V::Int(wrap(
                    Number::Int {
                        bits: *bits,
                        signed: *signed,
                    },
                    number,
                ))
            }
            (_, Kind::Str, V::Int(rune)) => {
                let rune = u32::try_from(rune).ok().and_then(char::from_u32);
                let text = rune.unwrap_or('\u{fffd}').to_string();
                self.m.pool.text(&text)
            }
            (Kind::Slice(e), Kind::Str, v) => {
                let runes = matches!(types.kind(*e), Kind::Int { bits: 32, .. });
                self.string_of(v, runes)?
            }
            (Kind::Str, Kind::Slice(e), v) => {
                let runes = matches!(types.kind(*e), Kind::Int { bits: 32, .. });
                self.slice_of_string(v, runes, place)?
            }
            (_, Kind::Int { .. }, V::Nil) => V::Int(0),
            (_, Kind::Int { .. }, V::Ptr(cell, off)) => {
                self.assume("of the numbers that an address may be, one");
                V::Int(address(cell, off))
            }
            (_, Kind::Complex(bits @ 32), v) => {
                let (re, im) = self.m.pool.parts(v);
                self.m.pool.complex_of(*bits, re, im)
            }
            (_, _, v) => v,
        })
    }

    /// Returns the string of a slice of runes or of bytes.
    fn string_of(&mut self, v: V, runes: bool) -> Result<V, Fault> {
        Ok(if runes {
            let runes = self.elements(v, 1)?;
            let rune = |v: V| {
                let rune = u32::try_from(as_int(v)).ok().and_then(char::from_u32);
                rune.unwrap_or('\u{fffd}')
            };
            let text: String = runes.into_iter().map(rune).collect();
            self.m.pool.fresh_string(text.into_bytes())
        } else {
            let bytes = self.bytes_of(v)?;
            self.m.pool.fresh_string(bytes)
        })
    }

    /// Returns the runes or the bytes of a string.
    fn slice_of_string(&mut self, v: V, runes: bool, place: u32) -> Result<V, Fault> {
        self.charge(self.m.pool.str_len(v) as u64 / 8)?;
        let bytes = self.m.pool.bytes(v);
        let mut leaves = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let (value, width) = if runes {
                decode_rune(&bytes[at..])
            } else {
                (i64::from(bytes[at]), 1)
            };
            leaves.push(V::Int(value));
            at += width;
        }
        self.new_slice(place, leaves, 1)
    }
}
