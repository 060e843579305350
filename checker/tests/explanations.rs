//! Explanations are true.
//!
//! An independent judge, which uses none of the code that explains, checks every claim: see
//! `oracle/explanations.rs`. The kernels below it are those whose explanations were once untrue.

mod oracle;

use std::rc::Rc;

use gordian_checker::model::TimerRules;
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::smaller::smaller;
use gordian_checker::script::{Memory, Script, Start};
use gordian_checker::sync::{
    Chan, ControlFlow, Mutex, chan, choose, cond, forever, go, gosched, mutex, recover, timer,
    waitgroup,
};
use gordian_checker::{Checker, Subject, select};

#[test]
fn no_claim_about_random_programs_is_untrue() {
    let (mut programs, mut claims) = (0, 0);
    for seed in 0..600 {
        let timers = match seed % 4 {
            0 => TimerRules::Go1_22,
            _ => TimerRules::Go1_23,
        };
        let mix = Mix {
            timer: seed % 3 == 0,
            daemons: seed % 5 == 0,
            recover: seed % 4 == 1,
            loops: seed % 6 == 2,
            ..Mix::default()
        };
        let script = random::script(seed, mix);
        let judged = oracle::explanations::check(&script, timers, 1_000);
        match judged {
            Ok(judged) => {
                programs += usize::from(judged.is_some_and(|claims| claims > 0));
                claims += judged.unwrap_or_default();
            }
            Err(claim) => panic!("seed {seed}: {claim}"),
        }
    }
    assert!(programs > 200, "only {programs} programs have bad ends");
    assert!(claims > 10_000, "only {claims} claims");
}

/// A script is compared with smaller ones, and these with it: what a fix adds, takes away, or does
/// elsewhere.
#[test]
fn no_claim_about_a_fix_is_untrue() {
    let (mut pairs, mut claims) = (0, 0);
    for seed in 0..120 {
        let mix = Mix {
            recover: seed % 4 == 1,
            ..Mix::default()
        };
        let script = random::script(seed, mix);
        let all = smaller(&script);
        for smaller in all.iter().step_by(all.len().div_ceil(4).max(1)) {
            for (buggy, fixed) in [(&script, smaller), (smaller, &script)] {
                let timers = TimerRules::default();
                let program =
                    |it: &Script| it.interpreter_with(Start::Together, Memory::Full, timers);
                let (mut buggy, mut fixed) = (program(buggy), program(fixed));
                match oracle::explanations::why::judge_why(&mut buggy, &mut fixed, 500) {
                    Ok(judged) => {
                        pairs += usize::from(judged.is_some_and(|claims| claims > 0));
                        claims += judged.unwrap_or_default();
                    }
                    Err(claim) => panic!("seed {seed}: {claim}"),
                }
            }
        }
    }
    assert!(pairs > 100, "only {pairs} pairs have bad ends");
    assert!(claims > 1_000, "only {claims} claims");
}

/// Returns the reasons of a kernel's first bad end: kind, members, and the sentence or the cycle.
fn reasons(kernel: impl Fn() + Send + Clone + 'static) -> Vec<String> {
    let mut program = Rc::new(kernel.clone()).program(1 << 18);
    let judged = oracle::explanations::judge_program(program.as_mut(), 20_000);
    assert!(judged.expect("no claim is untrue").is_some());
    let report = Checker::new().check(kernel);
    let trace = report.trace().expect("it has a bad end");
    let reasons = trace.waits.reasons.iter();
    let told = reasons.map(|reason| match &reason.sentence {
        Some(sentence) => format!("{} {}: {sentence}", reason.kind.name(), reason.members[0]),
        None => format!("{} {}", reason.kind.name(), reason.members.join(", ")),
    });
    told.collect()
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Job {
    Outer,
    Inner(Chan<()>),
}

fn run(jobs: Chan<Job>, m: Mutex<u8>, job: Job) {
    match job {
        Job::Outer => {
            let _guard = m.lock();
            let latch = chan("latch", 0);
            jobs.send(Job::Inner(latch));
            loop {
                select! {
                    recv(latch) => { return; }
                    recv(jobs) -> job => { run(jobs, m, job.expect("jobs are open")); }
                }
            }
        }
        Job::Inner(latch) => latch.close(),
    }
}

/// Two goroutines take the jobs. One that has a job takes the lock for it and hands on a part of
/// it. A waiting goroutine may take that part, and so come to the same lock.
#[test]
fn the_one_who_holds_a_lock_is_waited_for_and_not_one_who_once_unlocked_it() {
    let reasons = reasons(|| {
        let (jobs, m, wg) = (chan("jobs", 4), mutex("m", 0), waitgroup("wg"));
        wg.add(2);
        for _ in 0..2 {
            jobs.send(Job::Outer);
        }
        for i in 0..2 {
            go(&format!("w{i}"), move || {
                for job in jobs {
                    run(jobs, m, job);
                    if matches!(job, Job::Outer) {
                        wg.done();
                    }
                }
            });
        }
        wg.wait();
        jobs.close();
    });
    assert!(reasons.contains(&"self-lock w0".to_owned()), "{reasons:?}");
}

#[test]
fn who_waits_in_a_loop_has_not_passed_what_comes_after_it() {
    let reasons = reasons(|| {
        let (m, c, wg) = (mutex("m", true), cond("c"), waitgroup("wg"));
        wg.add(1);
        go("other", move || {
            let mut shut = m.lock();
            *shut = false;
            shut = c.wait(shut);
            *shut = true;
        });
        go("reader", move || {
            let mut shut = m.lock();
            while !*shut {
                shut = c.wait(shut);
            }
            shut.unlock();
            wg.done();
        });
        wg.wait();
        c.broadcast();
    });
    assert_eq!(reasons, ["cycle main, reader"]);
}

#[test]
fn a_close_of_ones_own_is_no_way_out_of_a_send() {
    let reasons = reasons(|| {
        let c = chan::<u8>("c", 0);
        go("receiver", move || {
            c.recv();
        });
        c.send(1);
        c.send(2);
        c.close();
    });
    let [reason] = &reasons[..] else {
        panic!("{reasons:?}");
    };
    assert!(reason.starts_with("orphan main: no goroutine that is still alive receives from c"));
    assert!(reason.ends_with("but has ended here)"), "{reason}");
}

#[test]
fn what_comes_after_a_lock_and_a_select_is_imagined() {
    fn twice(m: Mutex<u8>, c: Chan<u8>) {
        let _guard = m.lock();
        let again = select! { recv(c) => { true } default => { false } };
        if again {
            twice(m, c);
        }
    }
    let reasons = reasons(|| {
        let (m, c, done) = (mutex("m", 0), chan::<u8>("c", 1), chan::<()>("done", 0));
        c.send(1);
        for i in 0..2 {
            go(&format!("w{i}"), move || {
                twice(m, c);
                done.send(());
            });
        }
        for _ in 0..2 {
            done.recv();
        }
    });
    assert_eq!(reasons, ["self-lock w0"]);
}

/// The close panics in every execution that comes to it.
#[test]
fn what_comes_after_a_recovered_panic_is_imagined() {
    let reasons = reasons(|| {
        let wg = waitgroup("wg");
        wg.add(1);
        wg.wait();
        let closed = recover(|| Chan::<u8>::nil().close());
        assert!(closed.is_err());
        wg.done();
    });
    assert_eq!(reasons, ["self-wait main"]);
}

#[test]
fn a_timer_that_was_stopped_will_not_fire() {
    let reasons = reasons(|| {
        let t = timer("t");
        go("waiter", move || {
            t.c.recv();
        });
        t.stop();
    });
    let [reason] = &reasons[..] else {
        panic!("{reasons:?}");
    };
    assert!(reason.ends_with("but will not fire here)"), "{reason}");
}

/// Main would later send the value that it waits for now. That is no cycle, and nobody else is to
/// blame.
#[test]
fn who_waits_for_its_own_later_send_waits_for_itself() {
    let reasons = reasons(|| {
        let c = chan::<u8>("c", 0);
        c.recv();
        c.send(1);
    });
    assert_eq!(reasons, ["self-wait main"]);
}

/// The receiver waits for the lock that the sender holds; the close after it would wake the sender
/// into a panic. A receive is missing.
#[test]
fn a_way_into_a_panic_is_told_as_what_it_is() {
    let kernel = || {
        let (m, c) = (mutex("m", ()), chan::<u8>("c", 0));
        let guard = m.lock();
        go("closer", move || {
            m.lock().unlock();
            c.close();
        });
        c.send(1);
        guard.unlock();
    };
    assert_eq!(reasons(kernel), ["cycle main, closer"]);
    let report = Checker::new().check(kernel);
    let edge = &report.trace().expect("it deadlocks").waits.edges[0];
    let missing = edge.missing.as_ref().expect("only a panic would wake main");
    assert_eq!(missing.does, "receives from c");
    let text = report.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    assert!(
        text.contains("closer could only wake it into a panic"),
        "{text}"
    );
}

/// A goroutine that runs on for ever is past the send that it does in other executions.
#[test]
fn who_runs_on_for_ever_is_past_it() {
    let reasons = reasons(|| {
        let c = chan::<u8>("c", 0);
        go("spins", move || {
            if choose(2) == 0 {
                c.send(1);
            }
            forever(|| {
                gosched();
                ControlFlow::<()>::Continue(())
            });
        });
        c.recv();
    });
    assert!(reasons[0].contains("spins does at"), "{reasons:?}");
    assert!(
        reasons[0].contains("does not come to it from here"),
        "{reasons:?}"
    );
}

/// A goroutine lowers the counter for ever, and main waits in vain: somebody has to lower it once
/// more.
#[test]
fn who_runs_on_for_ever_may_do_it_in_vain() {
    let reasons = reasons(|| {
        let wg = waitgroup("wg");
        wg.add(1);
        go("spins", move || {
            forever(|| {
                wg.add(1);
                wg.done();
                ControlFlow::<()>::Continue(())
            });
        });
        wg.wait();
    });
    let [reason] = &reasons[..] else {
        panic!("{reasons:?}");
    };
    let start = "orphan main: no goroutine that is still alive lowers the counter of wg for it (";
    assert!(reason.starts_with(start), "{reason}");
    assert!(reason.ends_with("but never for it here)"), "{reason}");
}

/// Main waits for a or for b, by a choice. Each of the two bad ends has reasons of its own.
#[test]
fn every_bad_end_of_a_kernel_is_judged() {
    let reasons = reasons(|| {
        let (a, b) = (chan::<u8>("a", 0), chan::<u8>("b", 0));
        if choose(2) == 0 {
            a.recv();
        }
        b.recv();
    });
    let [reason] = &reasons[..] else {
        panic!("{reasons:?}");
    };
    assert!(reason.starts_with("orphan main: "), "{reason}");
}
