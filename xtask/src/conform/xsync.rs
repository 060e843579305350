//! The blocks of the checker and its semaphore, beside the real golang.org/x/sync.
//!
//! A scenario is written twice, and ends with an outcome as text. Every outcome that Go shows must
//! be among those that the checker finds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs;
use std::path::Path;

use gordian_checker::blocks::{errgroup, singleflight};
use gordian_checker::sync::{
    Atomic, Value, atomic, background, defer, go, goexit, recover, semaphore, shared, waitgroup,
};
use gordian_checker::{Checker, Engine};

use super::gotool::{self, Go, Module, Told};
use super::{Failure, Options};

/// The place where Debian's package has the sources.
const SOURCES: &str = "/usr/share/gocode/src/golang.org/x/sync";

/// A scenario: its name in Go, and the kernel, which panics with its outcome.
type Scenario = (&'static str, fn());

const SCENARIOS: &[Scenario] = &[
    ("errgroup_error", errgroup_error),
    ("errgroup_context", errgroup_context),
    ("errgroup_limit", errgroup_limit),
    ("singleflight_do", singleflight_do),
    ("singleflight_forget", singleflight_forget),
    ("singleflight_panic", singleflight_panic),
    ("singleflight_goexit", singleflight_goexit),
    ("semaphore_weighted", semaphore_weighted),
];

fn errgroup_error() {
    let group: errgroup::Group<&str> = errgroup::Group::new("g");
    for name in ["a", "b"] {
        group.go(name, move || Err(name));
    }
    panic!("{}", group.wait().expect_err("both fail"));
}

fn errgroup_context() {
    let (group, ctx) = errgroup::Group::with_context("g", background());
    let saw = shared("saw", false);
    group.go("fails", || Err("failed"));
    group.go("looks", move || {
        saw.set(ctx.err().is_some());
        Ok(())
    });
    let error = group.wait().expect_err("one fails");
    let (saw, after) = (saw.get(), ctx.err().is_some());
    panic!("{error} saw={saw} after={after}");
}

fn errgroup_limit() {
    let group: errgroup::Group<()> = errgroup::Group::new("g").with_limit("g", 1);
    let (running, most) = (atomic("running", 0), atomic("most", 0));
    let work = move || {
        most.max(running.add(1));
        running.add(-1);
        Ok(())
    };
    group.go("first", work);
    let started = group.try_go("second", work);
    group.go("third", work);
    group.wait().expect("none fails");
    panic!("started={started} most={}", most.load());
}

fn singleflight_do() {
    let group: singleflight::Group<(), ()> = singleflight::Group::new("g");
    let calls = atomic("calls", 0);
    two_callers(calls, move || group.call((), || _ = calls.add(1)).1);
}

/// Ends with the results of this call, beside the same in another goroutine.
fn two_callers<T: Value + Default + Display>(calls: Atomic, call: impl Fn() -> T + Copy + 'static) {
    let (other, wg) = (shared("other", T::default()), waitgroup("wg"));
    wg.add(1);
    go("other", move || {
        other.set(call());
        wg.done();
    });
    let own = call();
    wg.wait();
    panic!("calls={} own={own} other={}", calls.load(), other.get());
}

fn singleflight_forget() {
    let group: singleflight::Group<(), ()> = singleflight::Group::new("g");
    let (calls, wg) = (atomic("calls", 0), waitgroup("wg"));
    let call = move || group.call((), || _ = calls.add(1)).1;
    let (joins, forgets) = (shared("joins", false), shared("forgets", false));
    wg.add(2);
    go("joins", move || {
        joins.set(call());
        wg.done();
    });
    go("forgets", move || {
        group.forget(&());
        forgets.set(call());
        wg.done();
    });
    let own = call();
    wg.wait();
    let (calls, joins, forgets) = (calls.load(), joins.get(), forgets.get());
    panic!("calls={calls} own={own} joins={joins} forgets={forgets}");
}

fn singleflight_panic() {
    let group: singleflight::Group<(), ()> = singleflight::Group::new("g");
    let calls = atomic("calls", 0);
    two_callers(calls, move || {
        let work = || {
            calls.add(1);
            panic!("boom");
        };
        let told = recover(|| group.call((), work));
        told.map_or_else(|message| message, |_| "a value".to_owned())
    });
}

fn singleflight_goexit() {
    let group: singleflight::Group<(), ()> = singleflight::Group::new("g");
    let (calls, returns, wg) = (atomic("calls", 0), atomic("returns", 0), waitgroup("wg"));
    wg.add(2);
    for name in ["a", "b"] {
        go(name, move || {
            let _done = defer(move || wg.done());
            group.call((), || {
                calls.add(1);
                goexit()
            });
            returns.add(1);
        });
    }
    wg.wait();
    let (_, after) = group.call((), || ());
    panic!(
        "calls={} returns={} after={after}",
        calls.load(),
        returns.load()
    );
}

fn semaphore_weighted() {
    let (sem, wg) = (semaphore("sem", 2), waitgroup("wg"));
    wg.add(1);
    go("all", move || {
        sem.acquire(2);
        sem.release(2);
        wg.done();
    });
    let (first, second) = (sem.try_acquire(1), sem.try_acquire(1));
    for _ in [first, second].iter().filter(|&&could| could) {
        sem.release(1);
    }
    wg.wait();
    panic!("first={first} second={second}");
}

/// Returns every outcome of a kernel.
///
/// # Errors
/// Returns the report if the search is not complete, or the kernel ends without an outcome.
fn predicted(kernel: fn()) -> Result<BTreeSet<String>, Failure> {
    let checker = Checker::new().engine(Engine::Stateful).keep_going(true);
    let report = checker.check(kernel);
    let findings = &report.findings;
    let ends = findings.bad.keys().flat_map(|end| end.stuck());
    let outcomes: Option<BTreeSet<String>> = ends
        .map(|(who, outcome)| (who == "main").then(|| outcome.to_owned()))
        .collect();
    match outcomes {
        Some(outcomes) if findings.knows_all_bad_ends() => Ok(outcomes),
        _ => Err(Failure::Other(format!("not all outcomes: {report}"))),
    }
}

/// Compares all scenarios, and prints the result. Returns true if Go shows only what is predicted.
///
/// # Errors
/// Fails if the sources are missing, or nothing could be compared.
pub(super) fn compare(options: &Options, go: &Go) -> Result<bool, Failure> {
    let module = Module::new(go, gotool::FOR_GO, options.keep)?;
    for package in ["errgroup", "semaphore", "singleflight"] {
        let path = Path::new(SOURCES)
            .join(package)
            .join(format!("{package}.go"));
        let text = fs::read_to_string(&path).map_err(|error| {
            let advice = "install it (Debian: apt-get install golang-golang-x-sync-dev)";
            Failure::Other(format!("{}: {error}; {advice}", path.display()))
        })?;
        module.write(&format!("sync/{package}/{package}.go"), &text)?;
    }
    module.write("xsync/main.go", include_str!("../../go/xsync/main.go"))?;
    let program = module.build("xsync")?;
    let mut agrees = true;
    for (name, kernel) in SCENARIOS {
        let predicted = predicted(*kernel)?;
        let mut shown: BTreeMap<String, u64> = BTreeMap::new();
        for told in gotool::runs(&program, name, options.seed, options.runs)? {
            let (Told::Line(outcome) | Told::Crash(outcome)) = told;
            *shown.entry(outcome).or_default() += 1;
        }
        for (outcome, count) in shown.iter().filter(|(it, _)| !predicted.contains(*it)) {
            agrees = false;
            println!("{name}: Go shows `{outcome}` {count} times, which is not predicted");
        }
        let (of, all) = (shown.len(), predicted.len());
        println!("{name:<20} {of} of {all} predicted outcomes shown");
    }
    Ok(agrees)
}
