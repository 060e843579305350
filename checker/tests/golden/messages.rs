//! Texts in which nothing is cut, and what the messages about a search add.

use std::collections::BTreeSet;
use std::rc::Rc;

use gordian_checker::execution::words;
use gordian_checker::explain::Trace;
use gordian_checker::explain::compare::Why;
use gordian_checker::explore::Limits;
use gordian_checker::render::{Look, compare_text, fingerprint, list, snippet, table};
use gordian_checker::sync::ControlFlow;
use gordian_checker::sync::{Chan, atomic, chan, choose, forever, go, mutex};
use gordian_checker::{Checker, Engine, Subject, Verdict, check};

use super::{KERNELS, kernels, sources, trace};

fn look(width: usize) -> Look {
    Look {
        width,
        ..Look::default()
    }
}

/// A name that is cut cannot be searched for, and a reason or a message that is cut says nothing.
#[test]
fn nothing_is_cut_out_of_a_text_for_people() {
    for (name, kernel) in KERNELS {
        let trace = trace(kernel);
        for width in [40, 60, 80, 100, 140] {
            let texts = [
                table::render(&trace, &look(width)),
                list::render(&trace, &look(width)),
            ];
            for text in texts {
                assert!(!text.contains('…'), "{name} at {width}: {text}");
            }
        }
        if name != "long_names" {
            let text = snippet::render(&trace, &sources(), &look(60));
            assert!(!text.contains('…'), "{name}: {text}");
        }
    }
}

/// A label that does not fit beside its code has a number there, and stands whole below.
#[test]
fn a_long_label_stands_below_the_source() {
    let trace = trace(kernels::send_under_lock);
    let narrow = snippet::render(&trace, &sources(), &look(60));
    let text: String = narrow.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(narrow.contains("[1]"), "{narrow}");
    assert!(
        text.contains("[5] the close by `watcher` that would release `loop`, with a panic"),
        "{text}"
    );
    assert!(!snippet::render(&trace, &sources(), &look(140)).contains("[1]"));
}

/// A lock that is taken among steps that fold, and freed later, is shown where it is taken.
#[test]
fn a_fold_hides_no_lock_that_outlives_it() {
    let kernel = || {
        let (left, right) = (mutex("left", 0), mutex("right", 0));
        let (own, outer) = (mutex("own", 0), mutex("outer", 0));
        go("first", move || {
            let held = outer.lock();
            for _ in 0..8 {
                own.lock().unlock();
            }
            let _left = left.lock();
            held.unlock();
            let _right = right.lock();
        });
        let _right = right.lock();
        let _left = left.lock();
    };
    let report = check(kernel);
    let text = list::render(report.trace().expect("it deadlocks"), &look(100));
    assert!(text.contains("with which nobody could interfere"), "{text}");
    assert!(
        text.contains("+ holds outer") && text.contains("- frees outer"),
        "{text}"
    );
    assert!(!text.contains("holds own"), "{text}");
}

/// The list shows the objects, and both forms show what a step makes of the data under a lock.
#[test]
fn objects_and_the_data_under_locks_are_shown() {
    let report = check(|| {
        let (store, never) = (mutex("store", vec![1]), chan::<()>("never", 0));
        let mut held = store.lock();
        held.push(2);
        held.unlock();
        store.lock().unlock();
        never.recv();
    });
    let trace = report.trace().expect("it deadlocks");
    let (list, table) = (
        list::render(trace, &look(100)),
        table::render(trace, &look(100)),
    );
    for text in [&list, &table] {
        assert_eq!(text.matches("store = [1, 2]").count(), 1, "{text}");
        assert!(
            text.contains("never  chan 0  open, empty  waiting: main (recv)"),
            "{text}"
        );
    }
}

fn crossed() {
    let (left, right) = (mutex("left", 0), mutex("right", 0));
    go("other", move || {
        let _right = right.lock();
        let _left = left.lock();
    });
    let _left = left.lock();
    let _right = right.lock();
}

fn straight() {
    let (left, right) = (mutex("left", 0), mutex("right", 0));
    go("other", move || {
        let _left = left.lock();
        let _right = right.lock();
    });
    let _left = left.lock();
    let _right = right.lock();
}

/// The fixed variant is searched for the waits of the bug if the two part early.
#[test]
fn a_wait_under_a_lock_that_a_fix_ends_is_named() {
    let bug = trace(crossed).named("demo/1", "buggy");
    let of = |fixed: fn()| {
        let [mut buggy, mut fixed] = [crossed, fixed].map(|it| Rc::new(it).program(1 << 20));
        Why::build(&bug, buggy.as_mut(), fixed.as_mut(), "checked", None).expect("no fault")
    };
    let why = of(straight);
    assert!(why.parted.is_some());
    let breaks: Vec<String> = why.breaks.iter().map(ToString::to_string).collect();
    let of = |who: &str| breaks.iter().find(|text| text.starts_with(who));
    let other = of("other waits").expect("it is told");
    assert!(other.contains("at lock left"), "{other}");
    assert!(other.contains("in none of the"), "{other}");
    assert!(
        other.ends_with("a goroutine that holds right about to do so"),
        "{other}"
    );
    // main does in the fixed variant what it did: nothing is said of it.
    assert_eq!(of("main waits"), None);
    let text = compare_text::render(&why, &look(100));
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(other.as_str()), "{text}");
}

/// A fingerprint does not depend on the engine, nor on names that are made unique.
#[test]
fn a_fingerprint_is_that_of_the_bad_end() {
    let all_named = |engine, kernel: fn()| -> Vec<Trace> {
        let report = Checker::new().engine(engine).keep_going(true).check(kernel);
        let traces = report.traces.into_iter();
        traces.map(|trace| trace.named("demo/1", "buggy")).collect()
    };
    let named = |engine, kernel: fn()| all_named(engine, kernel).remove(0);
    for (name, kernel) in &KERNELS[..5] {
        let of = |engine| -> BTreeSet<String> {
            let traces = all_named(engine, *kernel);
            traces.iter().map(fingerprint::of).collect()
        };
        assert_eq!(of(Engine::Auto), of(Engine::Exhaustive), "{name}");
    }
    let all: Vec<String> = KERNELS[..5]
        .iter()
        .map(|(_, kernel)| fingerprint::of(&named(Engine::Auto, *kernel)))
        .collect();
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    let mut moved = named(Engine::Auto, kernels::send_under_lock);
    let before = fingerprint::of(&moved);
    for standing in &mut moved.last {
        standing.place.line += 7;
    }
    assert_eq!(fingerprint::of(&moved), before);
    assert_ne!(fingerprint::of(&moved.named("demo/1", "fixed")), before);
    assert_eq!(
        words::given("select send w/a#2, recv b"),
        "select send a, recv b"
    );
}

/// The bad ends beside the first have a line each.
#[test]
fn every_distinct_bad_end_is_listed() {
    let report = check(|| {
        let (a, b) = (chan::<()>("a", 0), chan::<()>("b", 0));
        match choose(3) {
            0 => a.recv(),
            1 => b.recv(),
            _ => Chan::<()>::nil().recv(),
        };
    });
    assert_eq!(report.traces.len(), 3);
    let text = report.to_string();
    assert_eq!(
        text.matches("another end: deadlock: main at recv ").count(),
        2,
        "{text}"
    );
}

#[test]
fn an_engine_that_cannot_run_a_kernel_says_why() {
    let report = Checker::new().engine(Engine::Loom).check(|| {
        for index in 0..6 {
            go(&format!("worker{index}"), || {});
        }
    });
    assert_eq!(report.verdict, Verdict::Unsupported);
    let reason = report.reason.clone().expect("there is one");
    assert!(
        report
            .to_string()
            .contains(&format!("cannot run this: {reason}"))
    );
}

/// The text of a value that differs is shown where the operations read alike.
#[test]
fn what_differs_in_a_nondeterministic_kernel_is_shown() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let report = check(|| {
        let c = chan("c", 1);
        c.send(RUNS.fetch_add(1, Ordering::Relaxed));
        choose(2);
    });
    assert_eq!(report.verdict, Verdict::Fault);
    let text = report.to_string();
    assert!(text.contains("(= 0)` and is `send c"), "{text}");
}

/// A loop that is not said to be one is named with its lines, and one that is said to be is not.
#[test]
fn a_plain_loop_without_an_end_is_named() {
    let limits = Limits {
        steps_max: 200,
        ..Limits::default()
    };
    let begins = line!() + 4;
    let report = Checker::new().limits(limits.clone()).check(|| {
        let turns = atomic("turns", 0);
        loop {
            turns.add(1);
            turns.load();
        }
    });
    assert_eq!(report.verdict, Verdict::Bounded);
    let turns = report.turns.as_ref().expect("it goes round");
    assert_eq!(
        (turns.goroutine.as_str(), turns.from.line, turns.to),
        ("main", begins, begins + 1)
    );
    assert!(turns.times > 50, "{turns:?}");
    let text = report.to_string();
    assert!(text.contains("with `repeat` or `forever`"), "{text}");
    let straight = Checker::new().limits(limits).check(|| {
        let ticks = chan::<()>("ticks", 0);
        go("ticker", move || {
            forever(|| {
                ticks.send(());
                ControlFlow::<()>::Continue(())
            });
        });
        forever(|| {
            ticks.recv();
            ControlFlow::<()>::Continue(())
        });
    });
    assert_eq!(straight.turns, None);
}

/// Operations within a method or an adapter of the library have the place of the kernel's line.
#[test]
fn operations_stand_in_the_kernel_s_own_file() {
    let report = check(|| {
        let numbers = chan("numbers", 2);
        numbers.send(1);
        numbers.send(2);
        numbers.close();
        let open = !numbers.is_empty() && numbers.len() == 2;
        let sum = numbers.iter().sum::<i32>();
        let rest = numbers.iter().count();
        assert!(!open || sum + rest as i32 != 3, "as it should be");
    });
    let trace = report.trace().expect("it panics");
    assert_eq!(trace.files(), [file!()]);
}

/// Where steps were left out the program may have more states, and the texts say no more than that.
#[test]
fn a_count_of_some_states_is_told_as_such() {
    let apart = |stuck: bool| {
        move || {
            let (left, right, never) = (mutex("left", 0), mutex("right", 0), chan("never", 0));
            go("other", move || right.lock().unlock());
            left.lock().unlock();
            if stuck {
                never.recv().unwrap_or(());
            }
        }
    };
    for reduced in [false, true] {
        let engine = match reduced {
            true => Engine::Stubborn,
            false => Engine::Stateful,
        };
        let checker = Checker::new().engine(engine);
        let (good, bad) = (checker.check(apart(false)), checker.check(apart(true)));
        assert!(good.findings.complete && good.findings.reduced == reduced);
        let states = good.findings.states.expect("it counts states");
        let (told, ground) = match reduced {
            true => (
                format!("{states} states stored, the others lead to no other end"),
                format!(
                    "{states} states of the fixed variant were stored, and the others lead to no \
                     other end: nothing bad, no bound"
                ),
            ),
            false => (
                format!("all {states} states explored"),
                format!(
                    "all {states} states of the fixed variant were explored: nothing bad, no bound"
                ),
            ),
        };
        let told = format!("proved: no bad execution; {told}\n");
        assert_eq!((good.to_string(), good.ground()), (told, ground));
        let states = bad.findings.states.expect("it counts states");
        let text = list::render(bad.trace().expect("it deadlocks"), &look(100));
        let visited = text.contains(&format!("{states} states stored"));
        assert_eq!(visited, reduced, "{text}");
        assert!(text.contains(&format!("{states} states")), "{text}");
    }
}
