//! Timers, tickers and sleep: what Go's time/{sleep,tick}_test.go look at, as far as it does not
//! depend on how long anything takes.

//! The outcomes are those of Go 1.23 and later, and where they differ those of Go until 1.22 beside
//! them.

use gordian_checker::TimerRules::{Go1_22, Go1_23};
use gordian_checker::select;
use gordian_checker::sync::{
    Timer, after, background, chan, go, shared, sleep, tick, ticker, timer,
};

use crate::outcomes::expect_with;

/// Asserts that the kernel can end in these ways and no other, under either of the rules.
#[track_caller]
fn expect(kernel: impl Fn() + Copy + Send + 'static, expected: &str) {
    expect_each(kernel, expected, expected);
}

/// Asserts that the kernel can end in the first ways by the rules of Go 1.23, and in the second by
/// those until 1.22.
#[track_caller]
fn expect_each(kernel: impl Fn() + Copy + Send + 'static, now: &str, until_1_22: &str) {
    expect_with(Go1_23, kernel, now);
    expect_with(Go1_22, kernel, until_1_22);
}

/// Takes what is in the timer's channel: how much.
fn drain(t: Timer) -> usize {
    select! {
        recv(t.c) => { 1 }
        default => { 0 }
    }
}

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
    expect_each(
        || {
            let out = shared("out", (false, 0));
            let t = timer("t");
            let in_time = t.stop();
            out.set((in_time, t.c.len()));
        },
        // Nobody has received, so it was in time, and there is nothing to be seen.
        "done out=(true, 0)",
        // If it was not, the value is there or still under way.
        "done out=(false, 0)
         done out=(false, 1)
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
    expect_each(
        || {
            let out = shared("out", false);
            let t = timer("t");
            if t.stop() {
                out.set(true);
                t.c.recv();
            }
        },
        "deadlock main(recv t.C) out=true",
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
    expect_each(
        || {
            let out = shared("out", (false, false));
            let t = timer("t");
            let stopped = t.stop();
            let reset = t.reset();
            t.c.recv();
            out.set((stopped, reset));
        },
        "done out=(true, false)",
        "done out=(false, false)
         done out=(true, false)",
    );
}

#[test]
fn a_reset_in_time_leaves_it_pending_once() {
    expect_each(
        || {
            let out = shared("out", (false, 0));
            let t = timer("t");
            let pending = t.reset();
            t.c.recv();
            out.set((pending, drain(t)));
        },
        "done out=(true, 0)",
        // If it had fired before the reset it fires twice, and the second value is there in time or
        // not.
        "done out=(false, 0)
         done out=(false, 1)
         done out=(true, 0)",
    );
}

#[test]
fn a_timer_that_finds_its_channel_full_is_not_stuck() {
    expect_each(
        || {
            let out = shared("out", 9);
            let t = timer("t");
            t.reset();
            sleep();
            out.set(t.c.len());
        },
        "done out=0",
        "done out=0
         done out=1",
    );
}

/// By the rules until 1.22 the second value finds the first in the channel and is lost, or comes
/// later: then there are two.
#[test]
fn of_two_values_one_may_be_lost() {
    expect_each(
        || {
            let out = shared("out", (true, 0));
            let t = timer("t");
            let pending = t.reset();
            t.c.recv();
            out.set((pending, 1));
            t.c.recv();
            out.set((pending, 2));
        },
        "deadlock main(recv t.C) out=(true, 1)",
        "deadlock main(recv t.C) out=(false, 1)
         deadlock main(recv t.C) out=(true, 1)
         done out=(false, 2)",
    );
}

/// What Go until 1.22 advised to do, with a drain that does not block: golang/go issue 27169. The
/// value can come late.
#[test]
fn a_value_can_come_after_a_stop_that_came_too_late() {
    expect_each(
        || {
            let out = shared("out", (true, 0, 0));
            let t = timer("t");
            let in_time = t.stop();
            let drained = if in_time { 0 } else { drain(t) };
            sleep();
            out.set((in_time, drained, drain(t)));
        },
        "done out=(true, 0, 0)",
        "done out=(false, 0, 0)
         done out=(false, 0, 1)
         done out=(false, 1, 0)
         done out=(true, 0, 0)",
    );
    // With one that blocks it is there, unless somebody has received before.
    expect_each(
        || {
            let out = shared("out", (true, 0));
            let t = timer("t");
            let in_time = t.stop();
            if !in_time {
                t.c.recv();
            }
            out.set((in_time, drain(t)));
        },
        "done out=(true, 0)",
        "done out=(false, 0)
         done out=(true, 0)",
    );
}

/// Whoever drains after a Stop that was in time waits for ever, as of Go 1.23 also where the timer
/// had fired.
#[test]
fn a_drain_that_blocks_needs_a_stop_that_came_too_late() {
    expect_each(
        || {
            let t = timer("t");
            sleep();
            t.stop();
            t.c.recv();
        },
        "deadlock main(recv t.C)",
        "deadlock main(recv t.C)
         done",
    );
    expect(
        || {
            let t = timer("t");
            t.c.recv();
            if !t.stop() {
                t.c.recv();
            }
        },
        "deadlock main(recv t.C)",
    );
}

/// Two expire before either sends: by the rules until 1.22 there are then two values, though Reset
/// and Stop said that nothing was pending.
#[test]
fn two_values_can_be_under_way_at_once() {
    expect_each(
        || {
            let out = shared("out", (true, true, 0, 0));
            let t = timer("t");
            let (reset, stop) = (t.reset(), t.stop());
            if reset || stop {
                return;
            }
            let empty = t.c.len();
            t.c.recv();
            let second = select! {
                recv(t.c) => { 1 }
                recv(after("late")) => { 0 }
            };
            out.set((reset, stop, empty, second));
        },
        "done out=(true, true, 0, 0)",
        "done out=(false, false, 0, 0)
         done out=(false, false, 0, 1)
         done out=(false, false, 1, 0)
         done out=(false, false, 1, 1)
         done out=(true, true, 0, 0)",
    );
}

#[test]
fn another_may_receive_before_it_is_stopped() {
    expect_each(
        || {
            let out = shared("out", (true, 9));
            let t = timer("t");
            go("other", move || {
                t.c.recv();
            });
            let in_time = t.stop();
            out.set((in_time, drain(t)));
        },
        "done out=(false, 0)
         leak other(recv t.C) out=(true, 0)",
        "done out=(false, 0)
         leak other(recv t.C) out=(false, 1)
         leak other(recv t.C) out=(true, 0)",
    );
}

/// One that has a default case looks at a moment; one that has none waits. Both can meet the timer,
/// one of them does.
#[test]
fn of_two_receivers_one_gets_the_value() {
    expect(
        || {
            let (out, got) = (shared("out", 0), shared("got", 0));
            let stop = chan::<()>("stop", 1);
            let t = timer("t");
            go("selects", move || {
                select! {
                    recv(t.c) => { got.set(1); }
                    recv(stop) => {}
                }
            });
            out.set(drain(t));
            stop.send(());
        },
        "done got=0 out=0
         done got=0 out=1
         done got=1 out=0",
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

/// "After Stop, no more ticks will be sent": until 1.22 one can be under way.
#[test]
fn a_tick_can_come_after_the_stop_of_a_ticker() {
    expect_each(
        || {
            let out = shared("out", (0, 0));
            let t = ticker("t", 2);
            t.c.recv();
            t.stop();
            let at_once = drain(t);
            sleep();
            out.set((at_once, drain(t)));
        },
        "done out=(0, 0)",
        "done out=(0, 0)
         done out=(0, 1)
         done out=(1, 0)",
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
        // A tick may come between the first receive and the stop; then the second receive takes
        // that one.
        "done",
    );
}

#[test]
fn a_ticker_drops_ticks_for_whoever_is_slow() {
    expect_each(
        || {
            let out = shared("out", (0, 0));
            let t = ticker("t", 2);
            sleep();
            let before = t.c.len();
            t.stop();
            out.set((before, t.c.len()));
        },
        "done out=(0, 0)",
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

/// Its timer is stopped by nobody who looks at what Stop reports, so it has one step under both.
#[test]
fn a_deadline_passes_in_one_step() {
    expect(
        || {
            let out = shared("out", None);
            let context = background().with_timeout("ctx");
            context.cancel();
            context.done().recv();
            out.set(context.err());
        },
        "done out=Some(Canceled)
         done out=Some(DeadlineExceeded)",
    );
}
