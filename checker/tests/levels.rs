//! A search by levels finds, numbers and saves the same whatever the number of its threads.

mod oracle;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::{Helpers, Limits, Meter, Search};
use gordian_checker::model::{
    Arrival, Fault, FileId, GoroutineId, GoroutineInfo, Learned, Learner, LocalState, Names,
    ObjectId, ObjectInfo, Outcome, Program, TimerRules, ValueId, World,
};
use gordian_checker::script::families::Family;
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::{Interpreter, Memory, Script, Start};
use gordian_checker::sync::{chan, choose, go};
use gordian_checker::{Checker, Engine, Subject, Verdict};
use oracle::levels::{Plan, Threads, check, check_closures, compare};

/// Compares random programs of this mix. Most of them have states that were taken ahead.
#[track_caller]
fn compare_all(
    seeds: u64,
    mix: Mix,
    check: fn(&Script, TimerRules) -> Result<Option<usize>, String>,
) {
    let mut ahead = 0;
    for seed in 0..seeds {
        let compared = check(&random::script(seed, mix), TimerRules::default());
        match compared {
            Ok(states) => ahead += u64::from(states > Some(0)),
            Err(difference) => panic!("seed {seed}: {difference}"),
        }
    }
    assert!(2 * ahead > seeds, "{ahead} of {seeds}");
}

#[test]
fn threads_make_no_difference_to_random_programs() {
    compare_all(300, Mix::default(), check);
    let recover = Mix {
        recover: true,
        ..Mix::default()
    };
    compare_all(60, recover, check);
}

#[test]
fn threads_make_no_difference_to_random_programs_that_never_end() {
    compare_all(150, Mix::LOOPS, check);
}

/// Closures learn for as long as there are new histories.
#[test]
fn threads_make_no_difference_to_closures() {
    compare_all(100, Mix::default(), check_closures);
    compare_all(50, Mix::LOOPS, check_closures);
}

fn script(family: &str, sizes: &[u32]) -> Script {
    let family = Family::of(family).expect("a family");
    family.script(sizes).expect("sizes of it")
}

fn plan(units: u64) -> Plan {
    Plan {
        limits: Limits::default(),
        units,
        interrupted: None,
    }
}

/// Nearly all states are taken ahead, with slices as they are used.
#[test]
fn families_are_taken_ahead() {
    for (name, sizes, states) in [
        ("philosophers-ordered", &[6][..], 6_336),
        ("fan-in", &[7, 3, 0], 16_384),
    ] {
        let script = script(name, sizes);
        let make = || -> Box<dyn Program> {
            Box::new(script.interpreter(Start::Together, Memory::Forgetful))
        };
        for units in [u64::MAX, 3_001] {
            let all = [&[1][..], &[3]].map(|helpers| Threads {
                helpers,
                slice: None,
            });
            let ahead = compare(&make, &plan(units), &all);
            let ahead = ahead.unwrap_or_else(|difference| panic!("{name}: {difference}"));
            assert!(ahead > states, "{name}: {ahead}");
        }
    }
}

/// A state of very many steps is left to the search, which can pause in it.
#[test]
fn a_wide_choice_is_not_taken_ahead() {
    let kernel = Rc::new(|| {
        let done = chan("done", 3);
        for name in ["a", "b", "c"] {
            go(name, move || done.send(name.len()));
        }
        choose(1_500);
        done.recv();
    });
    let make = || kernel.program(1 << 18);
    let threads = |helpers| Threads {
        helpers,
        slice: Some(2),
    };
    let all = [threads(&[1]), threads(&[2, 0, 1])];
    let ahead = compare(&make, &plan(2_500), &all).expect("no difference");
    assert!(ahead > 1_000, "{ahead}");
}

#[test]
fn a_checker_has_the_same_report_with_several_threads() {
    let script = script("philosophers", &[5]);
    let of = |threads| {
        let checker = Checker::new().engine(Engine::Stateful).threads(threads);
        checker.check_subject(&script)
    };
    let (none, one, three) = (of(0), of(1), of(3));
    assert_eq!(one.verdict, Verdict::Deadlock);
    assert_eq!(one.findings, none.findings);
    assert_eq!(one.findings, three.findings);
}

/// A program that cannot be read without a panic.
struct Unreadable(Interpreter);

struct Panics;

impl Learned for Panics {
    fn arrival(&self, _: LocalState) -> &Arrival {
        panic!("it cannot be read")
    }

    fn next(&self, _: LocalState, _: Outcome) -> Option<LocalState> {
        None
    }

    fn child(&self, _: LocalState) -> Option<LocalState> {
        None
    }
}

impl Names for Unreadable {
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        self.0.goroutine(id)
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        self.0.object(id)
    }

    fn value(&self, id: ValueId) -> String {
        self.0.value(id)
    }

    fn file(&self, id: FileId) -> &str {
        self.0.file(id)
    }
}

impl Program for Unreadable {
    fn start(&mut self, world: &mut World) -> Result<Vec<(GoroutineId, LocalState)>, Fault> {
        self.0.start(world)
    }

    fn arrival(&self, local: LocalState) -> &Arrival {
        self.0.arrival(local)
    }

    fn resume(
        &mut self,
        id: GoroutineId,
        local: LocalState,
        outcome: Outcome,
        world: &mut World,
    ) -> Result<LocalState, Fault> {
        self.0.resume(id, local, outcome, world)
    }

    fn child(
        &mut self,
        id: GoroutineId,
        local: LocalState,
        world: &mut World,
    ) -> Result<LocalState, Fault> {
        self.0.child(id, local, world)
    }

    fn learner(&mut self) -> Option<&mut dyn Learner> {
        self.0.learner()
    }

    fn learned(&self) -> Option<&dyn Learned> {
        Some(&Panics)
    }
}

#[test]
fn a_panic_of_a_thread_is_one_of_the_search() {
    let script = script("philosophers", &[4]);
    let mut program = Unreadable(script.interpreter(Start::Together, Memory::Forgetful));
    let mut search = Stateful::new()
        .with_helpers(Helpers::new(2))
        .in_slices_of(1);
    let mut meter = Meter::new(Limits::default(), Arc::default());
    let explored = catch_unwind(AssertUnwindSafe(|| {
        search.advance(&mut program, &mut meter)
    }));
    let payload = explored.expect_err("it panics");
    assert_eq!(payload.downcast_ref(), Some(&"it cannot be read"));
}
