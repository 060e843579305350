//! Fingerprints of bad ends, by which a finding is known again in a later run.
//!
//! A fingerprint depends on the kernel, the variant, the kind of end, and who is stuck at what or
//! panics with what message. It does not depend on line numbers, on the engine, on counts, or on
//! the schedule that leads there. Goroutines and objects that share a name are one to it.

use crate::execution::words;
use crate::explain::Trace;
use crate::explain::trace::State;

/// Returns the fingerprint of the end of a trace.
#[must_use]
pub fn of(trace: &Trace) -> String {
    let bad = trace.last.iter().filter_map(|standing| {
        let what = match (standing.state, &standing.op) {
            (State::Panicked, _) => standing.reason.clone(),
            (State::Stuck, Some(op)) => op.text(),
            (State::Stuck, None) | (State::Returned | State::Ready | State::Waiting, _) => {
                return None;
            }
        };
        Some(words::given(&format!("{}: {what}", standing.goroutine)))
    });
    let mut bad: Vec<String> = bad.collect();
    bad.sort();
    let kernel = trace.kernel.as_deref().unwrap_or_default();
    let variant = trace.variant.as_deref().unwrap_or_default();
    of_parts(kernel, variant, trace.end.name(), &bad)
}

/// Returns the fingerprint of a finding that has no trace: only its kind is known.
#[must_use]
pub fn of_kind(kernel: &str, variant: &str, kind: &str) -> String {
    of_parts(kernel, variant, kind, &[])
}

fn of_parts(kernel: &str, variant: &str, kind: &str, bad: &[String]) -> String {
    digest(&format!("{kernel}\n{variant}\n{kind}\n{}", bad.join("\n")))
}

/// Returns a digest of a text: 64-bit FNV-1a without carriage returns. It is the same on every
/// machine and in every version.
#[must_use]
pub fn digest(text: &str) -> String {
    let bytes = text.bytes().filter(|byte| *byte != b'\r');
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_fnv_1a() {
        assert_eq!(digest(""), "cbf29ce484222325");
        assert_eq!(digest("a"), "af63dc4c8601ec8c");
        assert_eq!(digest("a\r\nb"), digest("a\nb"));
        assert_ne!(digest("ab"), digest("ba"));
    }
}
