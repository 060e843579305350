//! A kernel of your own in a `#[test]`: call the library with a closure, and assert the verdict. A
//! test that fails prints the execution.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gordian::sync::{Mutex, chan, go, mutex, select};
use gordian::{Checker, Engine, Verdict};

/// Two goroutines, each of which waits for the other's lock.
fn crossed() {
    let (left, right) = (mutex("left", ()), mutex("right", ()));
    go("other", move || {
        let of_right = right.lock();
        let of_left = left.lock();
        of_left.unlock();
        of_right.unlock();
    });
    let of_left = left.lock();
    let of_right = right.lock();
    of_right.unlock();
    of_left.unlock();
}

#[test]
fn a_kernel_without_a_bug_is_proved() {
    gordian::check(|| {
        let numbers = chan("numbers", 1);
        let stop = chan::<()>("stop", 0);
        go("producer", move || {
            select! {
                send(numbers, 7) => {}
                recv(stop) => {}
            }
            numbers.close();
        });
        assert!(numbers.iter().sum::<i32>() <= 7);
        stop.close();
    })
    .assert_proved();
}

#[test]
fn a_kernel_with_a_bug_is_refuted_by_every_engine_that_can_prove() {
    for engine in Engine::ALL {
        let report = Checker::new().engine(engine).check(crossed);
        assert_eq!(report.verdict, Verdict::Deadlock, "{}", engine.name());
    }
}

#[test]
fn a_test_that_fails_prints_the_execution() {
    let report = gordian::check(crossed);
    let failed = catch_unwind(AssertUnwindSafe(|| report.assert_proved()));
    let message = failed.unwrap_err().downcast::<String>().unwrap();
    for needed in ["deadlock", "other", "left", "right", "own_kernel.rs"] {
        assert!(message.contains(needed), "no `{needed}` in\n{message}");
    }
}

/// Many steps, so that the schedule takes several lines.
fn long_way() {
    let (there, back) = (chan::<u8>("there", 0), chan::<u8>("back", 0));
    go("a worker", move || {
        for value in there {
            back.send(value);
        }
    });
    for value in 0..4 {
        there.send(value);
        back.recv();
    }
    back.recv();
}

/// A call as it was pasted: its text, and what it returns.
macro_rules! pasted {
    ($call:expr) => {
        (stringify!($call), $call)
    };
}

/// The call that a failing test prints, without the blanks.
fn printed(report: &gordian::Report) -> String {
    let failed = catch_unwind(AssertUnwindSafe(|| report.assert_proved()));
    let message = failed.unwrap_err().downcast::<String>().unwrap();
    let at = message
        .rfind("gordian::replay(")
        .expect("a call is the last note");
    message[at..].split_whitespace().collect()
}

/// What a failing test prints compiles as it is printed, in one line and in several, and leads to
/// the same end. Where the text has changed, paste what is printed now.
#[test]
fn what_a_test_that_fails_prints_can_be_pasted() {
    {
        const KERNEL: fn() = crossed;
        let report = gordian::check(KERNEL);
        let (text, again) = pasted!(gordian::replay(KERNEL, "main*2,other"));
        assert_eq!(
            printed(&report),
            text.split_whitespace().collect::<String>()
        );
        assert_eq!(again.unwrap().last, report.trace().unwrap().last);
    }
    {
        const KERNEL: fn() = long_way;
        let report = gordian::check(KERNEL);
        let (text, again) = pasted!(gordian::replay(
            KERNEL,
            "
         main,main+a%20worker,a%20worker+main,main+a%20worker,a%20worker+main,main+a%20worker,
         a%20worker+main,main+a%20worker,a%20worker+main"
        ));
        assert_eq!(
            printed(&report),
            text.split_whitespace().collect::<String>()
        );
        assert_eq!(again.unwrap().last, report.trace().unwrap().last);
    }
}

#[test]
fn what_is_used_outside_a_run_says_so() {
    let outside = catch_unwind(|| mutex("nowhere", ()));
    let message = *outside.unwrap_err().downcast::<&str>().unwrap();
    assert!(message.contains("outside a run"), "{message}");
}

#[test]
fn what_is_kept_from_an_earlier_run_says_so() {
    static KEPT: std::sync::Mutex<Option<Mutex<()>>> = std::sync::Mutex::new(None);
    let kept = || KEPT.lock().expect("nobody panics with it");
    gordian::check(move || *kept() = Some(mutex("kept", ()))).assert_proved();
    let report = gordian::check(move || {
        let handle = kept().expect("it was kept");
        handle.lock().unlock();
    });
    assert_eq!(report.verdict, Verdict::Panic);
    let text = report.to_string();
    assert!(text.contains("kept from an earlier run"), "{text}");
}

#[test]
fn a_thousand_deadlocks_in_one_process() {
    for _ in 0..1000 {
        assert_eq!(gordian::check(crossed).verdict, Verdict::Deadlock);
    }
}
