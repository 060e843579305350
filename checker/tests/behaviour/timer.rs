//! Timers, tickers and sleep: what Go's time/{sleep,tick}_test.go look at, as far as it does not depend on how long anything takes.

use gordian_checker::select;
use gordian_checker::sync::{after, chan, go, shared, sleep, tick, ticker, timer};

use crate::outcomes::expect;

#[test]
fn a_timer_fires_once() {
    expect(
        || {
            let out = shared("out", 0);
            let t = timer("t");
            for count in 1..=2 {
                t.c.recv();
                out.set(count);
            }
        },
        "deadlock main(recv t.C) out=1",
    );
}

#[test]
fn while_a_timer_is_pending_nothing_is_stuck() {
    expect(
        || {
            after("t").recv();
        },
        "done",
    );
}

#[test]
fn stop_says_whether_it_came_in_time() {
    expect(
        || {
            let out = shared("out", (false, 0));
            let t = timer("t");
            let in_time = t.stop();
            out.set((in_time, t.c.len()));
        },
        "done out=(false, 1)
         done out=(true, 0)",
    );
    expect(
        || {
            let out = shared("out", true);
            let t = timer("t");
            t.c.recv();
            out.set(t.stop());
        },
        "done out=false",
    );
}

#[test]
fn a_stopped_timer_does_not_fire() {
    expect(
        || {
            let out = shared("out", false);
            let t = timer("t");
            if t.stop() {
                out.set(true);
                t.c.recv();
            }
        },
        "deadlock main(recv t.C) out=true
         done out=false",
    );
}

#[test]
fn a_second_stop_comes_too_late() {
    expect(
        || {
            let out = shared("out", true);
            let t = timer("t");
            t.stop();
            out.set(t.stop());
        },
        "done out=false",
    );
}

#[test]
fn reset_starts_it_again() {
    expect(
        || {
            let out = shared("out", true);
            let t = timer("t");
            t.c.recv();
            out.set(t.reset());
            t.c.recv();
        },
        "done out=false",
    );
    expect(
        || {
            let out = shared("out", (false, false));
            let t = timer("t");
            let stopped = t.stop();
            let reset = t.reset();
            t.c.recv();
            out.set((stopped, reset));
        },
        "done out=(false, false)
         done out=(true, false)",
    );
}

#[test]
fn a_reset_in_time_leaves_it_pending_once() {
    expect(
        || {
            let out = shared("out", (false, 0));
            let t = timer("t");
            let pending = t.reset();
            t.c.recv();
            let again = select! {
                recv(t.c) => { 1 }
                default => { 0 }
            };
            out.set((pending, again));
        },
        // If it had fired before the reset it fires twice, and the second value is there in time or not.
        "done out=(false, 0)
         done out=(false, 1)
         done out=(true, 0)",
    );
}

#[test]
fn a_timer_that_finds_its_channel_full_is_not_stuck() {
    expect(
        || {
            let out = shared("out", 9);
            let t = timer("t");
            t.reset();
            sleep();
            out.set(t.c.len());
        },
        "done out=0
         done out=1",
    );
}

#[test]
fn after_in_a_select_is_a_timeout() {
    expect(
        || {
            let (ch, out) = (chan("ch", 0), shared("out", 0));
            go("worker", move || ch.send(1));
            out.set(select! {
                recv(ch) -> value => { value.unwrap_or(9) }
                recv(after("timeout")) => { 2 }
            });
        },
        "done out=1
         leak worker(send ch) out=2",
    );
    expect(
        || {
            let (ch, out) = (chan::<i32>("ch", 0), shared("out", 0));
            out.set(select! {
                recv(ch) => { 1 }
                recv(after("timeout")) => { 2 }
            });
        },
        "done out=2",
    );
}

#[test]
fn two_timers_fire_in_any_order() {
    expect(
        || {
            let (a, b, out) = (after("a"), after("b"), shared("out", ' '));
            out.set(select! {
                recv(a) => { 'a' }
                recv(b) => { 'b' }
            });
        },
        "done out='a'
         done out='b'",
    );
}

#[test]
fn a_ticker_ticks_again_and_again() {
    expect(
        || {
            let out = shared("out", 0);
            let t = ticker("t", 3);
            for count in 1..=3 {
                t.c.recv();
                out.set(count);
            }
            t.stop();
        },
        "done out=3",
    );
}

#[test]
fn beyond_the_limit_of_a_ticker_nothing_is_known() {
    expect(
        || {
            let out = shared("out", 0);
            for (count, _) in (1..).zip(tick("t", 2)) {
                out.set(count);
            }
        },
        "cut main(recv t.C) out=2",
    );
    expect(
        || {
            let (c, stop) = (tick("t", 1), chan::<u8>("stop", 0));
            go("other", move || {
                stop.recv();
            });
            loop {
                select! {
                    recv(c) => {}
                    recv(stop) => { break; }
                }
            }
        },
        "cut main(select recv t.C, recv stop) other(recv stop)",
    );
}

#[test]
fn a_ticker_that_was_stopped_is_no_excuse() {
    expect(
        || {
            let t = ticker("t", 1);
            t.c.recv();
            t.stop();
            t.c.recv();
        },
        "deadlock main(recv t.C)",
    );
}

#[test]
fn a_ticker_can_be_started_again() {
    expect(
        || {
            let t = ticker("t", 2);
            t.c.recv();
            t.stop();
            t.reset();
            t.c.recv();
        },
        // A tick may come between the first receive and the stop; then the second receive takes that one.
        "done",
    );
}

#[test]
fn a_ticker_drops_ticks_for_whoever_is_slow() {
    expect(
        || {
            let out = shared("out", (0, 0));
            let t = ticker("t", 2);
            sleep();
            let before = t.c.len();
            t.stop();
            out.set((before, t.c.len()));
        },
        "done out=(0, 0)
         done out=(0, 1)
         done out=(1, 1)",
    );
}

#[test]
fn a_ticker_that_nobody_reads_leaves_nobody_stuck() {
    expect(
        || {
            let _ = ticker("t", 1);
        },
        "done",
    );
}

#[test]
fn a_sleep_lets_others_go_first_or_not() {
    expect(
        || {
            let (ready, out) = (shared("ready", false), shared("out", false));
            go("other", move || ready.set(true));
            sleep();
            out.set(ready.get());
        },
        "done out=false ready=true
         done out=true ready=true",
    );
}
