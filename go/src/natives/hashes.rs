//! Hashes and thresholds that are assembly in Go.

use super::Table;
use crate::machine::{Done, Input, NFrame, Run, act_done};
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("internal/bytealg.Cutover", |_, frame, _| {
        act_done(V::Int((Run::number(frame.arg(0)) + 16) / 8))
    }),
    ("internal/bytealg.HashStr", |run, frame, _| {
        let bytes = run.bytes_of(frame.arg(0))?;
        rolling(bytes.iter(), bytes.len())
    }),
    ("internal/bytealg.HashStrRev", |run, frame, _| {
        let bytes = run.bytes_of(frame.arg(0))?;
        rolling(bytes.iter().rev(), bytes.len())
    }),
    ("hash/crc32.ChecksumIEEE", checksum),
];

/// Returns the hash of Rabin and Karp, and the power of the prime that goes with this length.
fn rolling<'a>(bytes: impl Iterator<Item = &'a u8>, len: usize) -> Done {
    const PRIME: u32 = 16_777_619;
    let hash = bytes.fold(0, |hash: u32, &byte| {
        hash.wrapping_mul(PRIME).wrapping_add(u32::from(byte))
    });
    let power = (0..len).fold(1, |power: u32, _| power.wrapping_mul(PRIME));
    let number = |number: u32| V::Int(i64::from(number));
    Ok(crate::machine::Act::Done(smallvec::smallvec![
        number(hash),
        number(power)
    ]))
}

fn checksum(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let bytes = run.bytes_of(frame.arg(0))?;
    let mut sum = !0_u32;
    for byte in bytes {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (POLYNOMIAL & (sum & 1).wrapping_neg());
        }
    }
    act_done(V::Int(i64::from(!sum)))
}
