//! Functions that have no body in an export: what the machine does in their place.
//!
//! A native is a small automaton. It is called, does an operation or calls a function, is told the
//! outcome, and so on until it is done. One that is not known returns zero values, or an error
//! where its last result is one; that is an assumption.

mod atomics;
mod builtins;
mod callers;
mod containers;
mod contexts;
mod deadlines;
mod deep;
mod errors;
mod fmt;
mod format;
mod goleak;
mod hashes;
mod maps;
mod misc;
mod pool;
mod pure;
mod random;
mod reflect;
mod reflect_chan;
mod sorting;
mod strings;
mod sync;
mod synctest;
mod testify;
mod testing;
mod time;
mod verbs;
mod waitgroup;
mod watch;

pub(crate) use self::callers::name as name_in_go;
pub(crate) use self::goleak::is_spared;
pub(crate) use self::sync::fresh;
pub(crate) use self::synctest::BEGIN;
pub(crate) use self::testing::{MAIN, TEST_FAILS, main_arguments};
pub use self::time::STANDS_STILL;
pub(crate) use self::time::{GO_FUNC_NAME, now};

use gordian_checker::model::{Case, Op};
use smallvec::smallvec;

use crate::machine::{Act, Done, Input, NFrame, Run};
use crate::types::Kind;
use crate::value::V;

/// The code of a native.
pub(crate) type Body = fn(&mut Run<'_>, &mut NFrame, Input) -> Done;

/// A native.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Native {
    body: Body,
    /// True if it only looks at the bytes of its arguments.
    takes_loose: bool,
}

impl Default for Native {
    fn default() -> Self {
        Self {
            body: unknown,
            takes_loose: false,
        }
    }
}

impl Native {
    pub(crate) fn run(self, run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
        (self.body)(run, frame, input)
    }

    /// Returns true if its arguments may be loose strings.
    pub(crate) fn takes_loose(self) -> bool {
        self.takes_loose
    }
}

/// Names with what they do. A name that ends in `*` stands for all that begin so.
type Table = &'static [(&'static str, Body)];

const TABLES: &[Table] = &[
    sync::TABLE,
    waitgroup::TABLE,
    atomics::TABLE,
    contexts::TABLE,
    watch::TABLE,
    time::TABLE,
    testing::TABLE,
    errors::TABLE,
    fmt::TABLE,
    maps::TABLE,
    strings::TABLE,
    pure::TABLE,
    sorting::TABLE,
    pool::TABLE,
    random::TABLE,
    hashes::TABLE,
    reflect_chan::TABLE,
    reflect::TABLE,
    testify::TABLE,
    synctest::TABLE,
    goleak::TABLE,
    misc::TABLE,
    callers::TABLE,
    builtins::TABLE,
];

/// Returns the functions that the machine itself calls: they come after those of the export.
pub(crate) fn own_names() -> impl Iterator<Item = &'static str> {
    let own = |name: &&str| {
        !name.contains('*')
            && (name.starts_with("machine.")
                || name.starts_with("builtin.")
                || name.starts_with(char::is_uppercase))
    };
    TABLES
        .iter()
        .flat_map(|table| table.iter())
        .map(|(name, _)| *name)
        .filter(own)
}

/// Returns the native of this name.
pub(crate) fn find(name: &str) -> Native {
    let entries = || TABLES.iter().flat_map(|table| table.iter());
    let exact = entries().find(|(known, _)| *known == name);
    let found = exact.or_else(|| {
        entries().find(|(known, _)| {
            known
                .strip_suffix('*')
                .is_some_and(|start| name.starts_with(start))
        })
    });
    let of_bytes = ["internal/bytealg.", "internal/stringslite."];
    found.map_or_else(Native::default, |&(_, body)| Native {
        body,
        takes_loose: of_bytes.iter().any(|start| name.starts_with(start)),
    })
}

/// Returns true if a function does the same whatever its arguments are, the receiver apart.
/// Durations order nothing.
pub(crate) fn ignores_arguments(name: &str) -> bool {
    matches!(
        name,
        "time.Sleep" | "time.After" | "time.NewTimer" | "time.NewTicker" | "time.Tick"
    ) || matches!(name, "(*time.Timer).Reset" | "(*time.Ticker).Reset")
}

/// Returns true if a native only chooses a number. It can be left out if nobody wants that number.
pub(crate) fn only_draws(native: Native) -> bool {
    std::ptr::fn_addr_eq(native.body, misc::draw as Body)
}

/// Returns nothing.
pub(crate) fn nothing() -> Done {
    Ok(Act::Done(smallvec![]))
}

/// Does an operation and returns nothing.
pub(crate) fn operation(frame: &mut NFrame, op: Op) -> Done {
    frame.step += 1;
    Ok(Act::Op(op))
}

/// Does a select.
fn select(frame: &mut NFrame, cases: impl Into<Box<[Case]>>, default: bool) -> Done {
    let (cases, nils) = (cases.into(), Box::default());
    operation(
        frame,
        Op::Select {
            cases,
            default,
            nils,
        },
    )
}

/// Returns the zero values of the results.
pub(crate) fn zeros(run: &mut Run<'_>, func: u32) -> Done {
    let results = run.code.funcs[func as usize].results.clone();
    Ok(Act::Done(results.iter().map(|&t| run.zero_of(t)).collect()))
}

/// Stands for a function of which nothing is known.
fn unknown(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let code = run.code.clone();
    let func = &code.funcs[frame.func as usize];
    if let Input::Outcome(gordian_checker::model::Outcome::Number(number)) = input {
        let mut values: crate::machine::Values =
            func.results.iter().map(|&t| run.zero_of(t)).collect();
        if number == 1
            && let Some(last) = values.last_mut()
        {
            *last = run.plain_error_value(&format!("{} failed", func.name));
        }
        return Ok(Act::Done(values));
    }
    if is_beyond(&func.name) {
        return Err(run.unsupported(format!("calls {}", func.name)));
    }
    if func.results.is_empty() {
        run.assume(format!("{} does nothing", func.name));
        return nothing();
    }
    frame.args.clear();
    let fails = func.results.last().is_some_and(|&t| is_error(run, t));
    if fails {
        run.assume(format!("{} returns zero values, or an error", func.name));
        return operation(frame, Op::Choose(2, None));
    }
    run.assume(format!("{} returns zero values", func.name));
    zeros(run, frame.func)
}

/// Returns true if a type is `error`.
pub(crate) fn is_error(run: &Run<'_>, t: u32) -> bool {
    *run.types.kind(t) == Kind::Iface && run.types.get(t).methods == [0]
}

/// Functions of the world outside: what they do cannot be guessed.
fn is_beyond(name: &str) -> bool {
    let outside = [
        "os/exec.",
        "(*os/exec.",
        "os.",
        "(*os.",
        "io/ioutil.",
        "(encoding/",
        "(*encoding/",
        "encoding/",
        "syscall.",
        "unsafe.",
        "reflect.",
        "(reflect.",
        "(*reflect.",
        "C.",
    ];
    outside.iter().any(|start| name.starts_with(start))
}

impl Run<'_> {
    /// Makes an error of which only the text matters.
    pub(crate) fn plain_error_value(&mut self, text: &str) -> V {
        let v = self.m.pool.text(text);
        let t = self.types.own(crate::types::Own::PlainError);
        self.m.pool.iface(t, v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_native_of_the_policy_is_known() {
        let policy = include_str!("../../exporter/policy.txt");
        let natives = policy
            .lines()
            .filter_map(|line| line.strip_prefix("native "));
        let exact = natives.filter(|name| !name.ends_with('*'));
        let is_known = |name: &str| !std::ptr::fn_addr_eq(find(name).body, unknown as Body);
        let unknown: Vec<&str> = exact.filter(|name| !is_known(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        assert!(!is_known("no.Such"));
    }
}
