//! The standard families, and kubernetes#1321, have their known exact numbers.
//!
//! Executions, deadlocks and states are counted by brute force. They are compared both with the
//! families' own table and with figures that are written out here: the table alone could be made to
//! agree with a broken checker.

mod oracle;

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use gordian_checker::explore::auto::Auto;
use gordian_checker::explore::descents::Descents;
use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{Limits, Meter, Progress, Search, Watch};
use gordian_checker::model::{End, Goroutine, Program, World};
use gordian_checker::script::families::Family;
use gordian_checker::script::{Memory, Start};
use gordian_checker::sync::{chan, go, mutex, select};
use gordian_checker::{Checker, Engine, Subject, Verdict};

/// Limit on prefixes of executions up to equivalence, and on states.
const CAP: usize = 300_000;

/// Returns the numbers of executions, of deadlocks or leaks among them, and of states, counted by
/// brute force.
fn count(program: &mut dyn Program) -> (usize, usize, usize) {
    let traces = oracle::traces(program, CAP).expect("small enough to be counted");
    let states = oracle::states(program, CAP).expect("small enough to be counted");
    assert_eq!(traces.finals(), states.finals);
    let is_stuck = |world: &&World| matches!(world.end(program), End::Deadlock | End::Leak);
    let stuck = traces.maximal.values().filter(is_stuck).count();
    (traces.maximal.len(), stuck, states.all.len())
}

/// Compares the counts of a family's program with the family's table.
#[track_caller]
fn check(family: &str, sizes: &[u32], counted: (usize, usize, usize)) {
    let family = Family::of(family).expect("there is such a family");
    let script = family.script(sizes).expect("these are sizes of it");
    let mut program = script.interpreter(Start::Together, Memory::Forgetful);
    assert_eq!(count(&mut program), counted, "{} {sizes:?}", family.name);
    let known = family.known(sizes).expect("these are sizes of it");
    let (executions, deadlocks, states) = counted;
    for (known, counted) in [
        (known.executions, executions),
        (known.deadlocks, deadlocks),
        (known.states, states),
    ] {
        assert!(
            known.is_none_or(|known| known == counted as u128),
            "the table of {} {sizes:?} says {known:?} and not {counted}",
            family.name
        );
    }
}

#[test]
fn philosophers() {
    check("philosophers", &[2], (3, 1, 19));
    check("philosophers", &[3], (7, 1, 87));
    check("philosophers", &[4], (15, 1, 391));
    check("philosophers", &[5], (31, 1, 1743));
    check("philosophers", &[2, 2], (11, 5, 57));
    check("philosophers", &[2, 3], (39, 19, 115));
    check("philosophers", &[3, 2], (106, 16, 461));
}

#[test]
fn ordered_philosophers() {
    check("philosophers-ordered", &[2], (2, 0, 16));
    check("philosophers-ordered", &[3], (6, 0, 72));
    check("philosophers-ordered", &[4], (14, 0, 320));
    check("philosophers-ordered", &[5], (30, 0, 1424));
    check("philosophers-ordered", &[2, 2], (6, 0, 45));
    check("philosophers-ordered", &[2, 3], (20, 0, 88));
    check("philosophers-ordered", &[3, 2], (90, 0, 357));
    check("philosophers-ordered", &[3, 3], (1680, 0, 1000));
    check("philosophers-ordered-joined", &[2], (2, 0, 28));
    check("philosophers-ordered-joined", &[3], (6, 0, 151));
    check("philosophers-ordered-joined", &[4], (14, 0, 832));
}

/// The states that are stored where goroutines seldom meet, as `docs/figures.md` has them.
#[test]
fn states_with_stubborn_sets() {
    for (family, sizes, states) in [
        ("philosophers-ordered", &[8][..], 305),
        ("philosophers-ordered", &[12], 1353),
        ("pipeline", &[8, 8, 1], 5),
        ("fan-in", &[4, 4, 0], 66),
        ("workers", &[5], 15),
        ("readers", &[22], 25),
        ("lock-increment", &[20], 38),
        ("hand-over", &[7, 3], 47),
        ("shared-lock", &[12], 22),
    ] {
        let family = Family::of(family).expect("there is such a family");
        let script = family.script(sizes).expect("these are sizes of it");
        let mut program = script.interpreter(Start::Together, Memory::Forgetful);
        let mut meter = Meter::new(Limits::default(), Arc::<Watch>::default());
        let mut search = Stubborn::new();
        while search.advance(&mut program, &mut meter).expect("no fault") == Progress::Paused {}
        let findings = search.findings();
        assert!(findings.complete && findings.bad.is_empty(), "{findings:?}");
        assert_eq!(findings.states, Some(states), "{} {sizes:?}", family.name);
    }
}

/// The errors of the estimates after 300 descents, as `docs/figures.md` has them.
#[test]
fn random_descents_tell_about_how_many_executions_there_are() {
    let mut errors = Vec::new();
    for (name, sizes) in [
        ("philosophers", &[8][..]),
        ("philosophers-ordered", &[8]),
        ("philosophers-ordered", &[3, 3]),
        ("philosophers-ordered-joined", &[4]),
        ("fan-in", &[3, 3, 0]),
        ("fan-out", &[3, 3, 0]),
        ("pipeline", &[6, 4, 1]),
        ("independent", &[6]),
        ("readers", &[12]),
        ("lock-increment", &[8]),
        ("shared-lock", &[5]),
        ("ring", &[6, 3]),
    ] {
        let family = Family::of(name).expect("there is such a family");
        let known = family.known(sizes).expect("these are sizes of it");
        let Some(executions) = known.executions else {
            continue;
        };
        let script = family.script(sizes).expect("these are sizes of it");
        let mut program = script.interpreter(Start::Together, Memory::Forgetful);
        let meter = Meter::new(Limits::default(), Arc::<Watch>::default());
        let mut descents = Descents::new(1);
        let whole = descents.run(&mut program, &meter, (300, u64::MAX));
        assert_eq!(whole.expect("no fault"), Progress::Done);
        let told = descents.estimate().expect("there were enough descents");
        let error = (told.executions / executions as f64 - 1.0).abs();
        println!("{name} {sizes:?}: {executions}, {told:?}, {error:.3}");
        errors.push(error);
    }
    errors.sort_by(f64::total_cmp);
    assert!(
        errors.len() > 8 && errors[errors.len() / 2] < 0.03,
        "{errors:?}"
    );
}

/// The work of the search in turns and of its parts, as `docs/figures.md` has it.
#[test]
fn turns_go_to_the_search_that_has_less_to_do() {
    let programs = [
        ("philosophers-ordered", &[12][..]),
        ("philosophers", &[16]),
        ("rwlock", &[5, 5]),
    ];
    let spent = programs.map(|(family, sizes)| {
        let family = Family::of(family).expect("there is such a family");
        let script = family.script(sizes).expect("these are sizes of it");
        let work = |search: &mut dyn Search| {
            let mut program = script.interpreter(Start::Together, Memory::Forgetful);
            let mut meter = Meter::new(Limits::default(), Arc::<Watch>::default());
            while search.advance(&mut program, &mut meter).expect("no fault") == Progress::Paused {}
            meter.spent()
        };
        (work(&mut Stubborn::new()), work(&mut Auto::new()))
    });
    assert_eq!(spent, [(20_510, 29_246), (76_604, 99_800), (2_670, 8_293)]);
}

#[test]
fn channels() {
    check("fan-in", &[2, 1], (2, 0, 4));
    check("fan-in", &[2, 2], (6, 0, 9));
    check("fan-in", &[3, 2], (90, 0, 27));
    check("fan-in", &[3, 3], (1680, 0, 64));
    check("fan-in", &[2, 2, 1], (6, 0, 17));
    check("fan-in", &[3, 2, 1], (90, 0, 53));
    check("fan-in", &[2, 2, 2], (48, 0, 23));
    check("fan-out", &[2, 2], (6, 0, 9));
    check("fan-out", &[3, 2], (90, 0, 27));
    check("fan-out", &[2, 2, 1], (6, 0, 17));
    check("pipeline", &[2, 2], (1, 0, 8));
    check("pipeline", &[3, 3, 1], (1, 0, 102));
    check("pipeline", &[2, 3, 2], (64, 0, 67));
    check("ring", &[3], (1, 0, 4));
    check("ring", &[4, 2], (1, 0, 9));
}

#[test]
fn shared_memory_and_locks() {
    check("independent", &[1], (1, 0, 3));
    check("independent", &[5], (1, 0, 243));
    check("readers", &[1], (2, 0, 4));
    check("readers", &[8], (256, 0, 512));
    check("lock-increment", &[3], (6, 0, 20));
    check("lock-increment", &[5], (120, 0, 112));
    check("shared-lock", &[3], (6, 0, 20));
    check("shared-lock", &[2, 2], (6, 0, 21));
    check("shared-lock", &[3, 2], (90, 0, 81));
    check("hand-over", &[2, 3], (2, 0, 34));
    check("hand-over", &[3, 2], (6, 0, 56));
    check("workers", &[2], (8, 0, 22));
    check("workers", &[3], (216, 0, 88));
    check("workers", &[2, 2], (4, 4, 15));
    check("rwlock", &[4, 0], (1, 0, 81));
    check("rwlock", &[0, 3], (6, 0, 20));
    check("rwlock", &[2, 1], (9, 0, 30));
    check("rwlock", &[3, 1], (27, 0, 88));
    check("rwlock", &[1, 2], (10, 0, 28));
    check("rwlock", &[2, 2], (50, 0, 84));
    check("rwlock", &[2, 3], (294, 0, 216));
}

#[test]
fn sizes_that_a_family_does_not_have_are_refused() {
    let family = Family::of("fan-in").expect("there is such a family");
    let wanted = "fan-in takes <senders> <values of each> [capacity, else 0]";
    assert_eq!(family.script(&[2]), Err(wanted.to_owned()));
    assert_eq!(family.script(&[1, 2, 3, 4]), Err(wanted.to_owned()));
    assert!(Family::of("fan").is_none());
}

/// kubernetes#1321, as the smallest kernel that has the bug.
fn kubernetes_1321() {
    let lock = mutex("m.lock", vec![0]);
    let incoming = chan::<()>("m.incoming", 0);
    let result = chan::<()>("w.result", 0);
    let done = chan::<()>("done", 0);
    go("loop", move || {
        for () in incoming {
            let watchers = lock.lock();
            for _ in watchers.iter() {
                result.send(());
            }
            watchers.unlock();
        }
    });
    go("watcher", move || {
        let mut watchers = lock.lock();
        watchers.clear();
        result.close();
        watchers.unlock();
        done.close();
    });
    incoming.send(());
    done.recv();
    incoming.close();
}

/// The same with the fix: a channel that is closed before the lock is taken, and a select that
/// receives from it.
fn kubernetes_1321_fixed() {
    let lock = mutex("m.lock", vec![0]);
    let incoming = chan::<()>("m.incoming", 0);
    let result = chan::<()>("w.result", 0);
    let stopped = chan::<()>("w.stopped", 0);
    let done = chan::<()>("done", 0);
    go("loop", move || {
        for () in incoming {
            let watchers = lock.lock();
            for _ in watchers.iter() {
                select! {
                    send(result, ()) => {}
                    recv(stopped) => {}
                }
            }
            watchers.unlock();
        }
    });
    go("watcher", move || {
        stopped.close();
        let mut watchers = lock.lock();
        watchers.clear();
        result.close();
        watchers.unlock();
        done.close();
    });
    incoming.send(());
    done.recv();
    incoming.close();
}

fn interleavings(kernel: fn()) -> u64 {
    let mut program = Rc::new(kernel).program(1 << 20);
    let found = oracle::interleavings(program.as_mut(), 1 << 20);
    found.expect("small enough to be counted").count
}

/// Returns the number of states if a goroutine's history does not count, but only its place in the
/// code.
fn places(kernel: fn()) -> usize {
    let mut program = Rc::new(kernel).program(1 << 20);
    let states = oracle::states(program.as_mut(), CAP).expect("small enough to be counted");
    let place = |goroutine: &Goroutine| {
        let site = program.arrival(goroutine.local).site;
        (site.line, site.column, goroutine.phase)
    };
    let projected = |world: &World| {
        let goroutines: Vec<_> = world.goroutines().iter().map(place).collect();
        (goroutines, world.objects().to_vec())
    };
    states
        .all
        .iter()
        .map(projected)
        .collect::<HashSet<_>>()
        .len()
}

#[test]
fn kubernetes_1321_has_the_numbers_of_the_mock_up() {
    let mut buggy = Rc::new(kubernetes_1321).program(1 << 20);
    assert_eq!(interleavings(kubernetes_1321), 47);
    assert_eq!(count(buggy.as_mut()), (2, 1, 24));
    assert_eq!(places(kubernetes_1321), 24);

    // A closure remembers which case its select took.
    let mut fixed = Rc::new(kubernetes_1321_fixed).program(1 << 20);
    assert_eq!(interleavings(kubernetes_1321_fixed), 59);
    assert_eq!(count(fixed.as_mut()), (2, 0, 36));
    assert_eq!(places(kubernetes_1321_fixed), 31);
}

/// The share is reported as about half when half of the executions are done.
#[test]
fn the_share_that_is_done_is_about_right() {
    let share = |engine, family: &str, size, executions_max| {
        let family = Family::of(family).expect("a family");
        let script = family.script(&[size]).expect("sizes");
        let watch: Arc<Watch> = Arc::default();
        let limits = Limits {
            executions_max: Some(executions_max),
            ..Limits::default()
        };
        let checker = Checker::new()
            .engine(engine)
            .limits(limits)
            .watch(watch.clone());
        let report = checker.check_subject(&script);
        assert_eq!(report.verdict, Verdict::Bounded);
        watch.done_millionths.load(Ordering::Relaxed)
    };
    // Of 8,190 executions up to equivalence, and of 10!/2^5 = 113,400 interleavings.
    let optimal = share(Engine::Optimal, "philosophers-ordered", 13, 4_096);
    assert!((450_000..550_000).contains(&optimal), "{optimal}");
    let exhaustive = share(Engine::Exhaustive, "independent", 5, 56_320);
    assert!((450_000..550_000).contains(&exhaustive), "{exhaustive}");
}
