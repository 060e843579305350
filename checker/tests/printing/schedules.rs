//! A goroutine may have any name: the schedule that is printed can be played again all the same.

use std::sync::Arc;

use gordian_checker::execution::schedule::{decode, encode, join, split};
use gordian_checker::explain::trace::Ending;
use gordian_checker::render::{Look, list};
use gordian_checker::sync::{chan, cond, go, gosched, mutex, once, select};
use gordian_checker::{Checker, Engine, Verdict, check, replay};
use proptest::prelude::*;

use crate::kernels;

/// Names out of what schedules, shells, Rust and files give a meaning to, and some letters.
fn name() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[,+:*% \t\r\n\"'\\\\`@#$!()ab2é\u{a0}\u{2028}\u{0}-]{0,6}")
        .expect("it is a regular expression")
}

/// Two that wait for a signal, two that meet at a select, and nobody left who would release main.
fn stuck_with(first: &str, second: &str) -> impl Fn() + Clone + Send + 'static {
    let names: Arc<[String; 2]> = Arc::new([first.to_owned(), second.to_owned()]);
    move || {
        let (lock, ready) = (mutex("lock", ()), cond("ready"));
        let (left, right) = (chan::<u8>("left", 0), chan::<u8>("right", 0));
        for name in &*names {
            go(name, move || {
                ready.wait(lock.lock()).unlock();
                select! {
                    send(left, 1) => {}
                    send(right, 1) => {}
                }
            });
        }
        ready.signal();
        ready.signal();
        select! {
            recv(left) => {}
            recv(right) => {}
        }
        left.recv();
        right.recv();
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_name_is_read_as_it_was_written(names in proptest::collection::vec(name(), 1..4)) {
        for name in &names {
            prop_assert_eq!(&decode(&encode(name)), name);
        }
        let tokens: Vec<String> = names.iter().map(|name| encode(name)).collect();
        let again = split(&join(&tokens)).expect("it can be read");
        prop_assert_eq!(again, tokens);
    }

    #[test]
    fn a_schedule_of_any_names_leads_to_the_same_end(first in name(), second in name()) {
        prop_assume!(first != "main" && second != "main");
        let kernel = stuck_with(&first, &second);
        let report = check(kernel.clone());
        for trace in &report.traces {
            let again = replay(kernel.clone(), &trace.schedule).expect("it fits");
            prop_assert_eq!(&again.last, &trace.last);
            prop_assert_eq!(&again.schedule, &trace.schedule);
            // The call that is printed is Rust: what stands between its quotes is the schedule,
            // with nothing in it that Rust would read otherwise.
            let look = Look { width: 40, ..Look::default() };
            let text = list::render(trace, &look);
            let (_, call) = text.split_once("gordian::replay(KERNEL, \"").expect("it is printed");
            let (printed, _) = call.rsplit_once("\")").expect("it ends");
            prop_assert!(!printed.contains('"'));
            prop_assert_eq!(split(printed), split(&trace.schedule));
        }
    }
}

#[test]
fn plain_names_are_written_as_they_are() {
    for name in [
        "main",
        "sb.Close",
        "resetTransport#2",
        "candidate/wch",
        "it's",
        "größe",
    ] {
        assert_eq!(encode(name), name);
    }
    assert_eq!(encode("a, b"), "a%2C%20b");
    assert_eq!(encode("#1"), "%231");
    assert_eq!(encode(""), "%");
    assert_eq!(decode("50%"), "50%");
    let trace =
        replay(kernels::send_under_lock, " main * 2 , main + loop ,\n loop").expect("it fits");
    assert_eq!(trace.schedule, "main*2,main+loop,loop");
}

/// Two goroutines may be the one that starts the worker. A search meets both workers, an execution
/// one: its schedule fits a kernel of which nothing else is known.
#[test]
fn a_schedule_fits_though_other_executions_have_others_of_a_name() {
    let kernel = || {
        let (start, never) = (once("start"), chan::<()>("never", 0));
        for _ in 0..2 {
            go("user", move || {
                start.do_once(|| {
                    go("worker", move || {
                        gosched();
                        never.send(());
                    });
                });
            });
        }
    };
    let mut told_apart = 0;
    for engine in Engine::ALL {
        let report = Checker::new().engine(engine).check(kernel);
        assert_eq!(
            report.verdict,
            Verdict::Leak,
            "{engine:?} {:?}",
            report.fault
        );
        for trace in &report.traces {
            let again = replay(kernel, &trace.schedule).expect("it fits");
            assert_eq!(again.end, Ending::Leak, "{engine:?} {}", trace.schedule);
            told_apart += u32::from(trace.schedule.contains("/worker"));
        }
    }
    assert!(told_apart > 0, "no schedule names a worker by its maker");
}

/// Of two that are there a name that says less means neither.
#[test]
fn a_name_that_may_mean_two_is_ambiguous() {
    let kernel = || {
        for name in ["a", "b"] {
            go(name, || go("worker", gosched));
        }
    };
    let starts = "main*2,a,b,";
    for (worker, fits) in [("a/worker", true), ("b/worker", true), ("worker", false)] {
        let played = replay(kernel, &format!("{starts}{worker}"));
        assert_eq!(played.is_ok(), fits, "{worker}");
    }
    assert!(replay(kernel, "main*2,a,worker").is_ok());
    assert!(replay(kernel, "main*2,a,a/worker").is_ok());
    assert!(replay(kernel, "main*2,a,b/worker").is_err());
}
