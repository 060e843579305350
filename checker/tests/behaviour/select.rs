//! `select`: the behaviours tested in Go's test/chan/{select*,doubleselect,nonblock}.go and
//! runtime/chan_test.go.

use gordian_checker::select;
use gordian_checker::sync::{Chan, Select, chan, go, shared};

use crate::outcomes::expect;

#[test]
fn of_several_that_are_ready_each_is_taken() {
    expect(
        || {
            let (a, b, c) = (chan("a", 1), chan("b", 1), chan::<i32>("c", 0));
            let out = shared("out", 0);
            a.send(1);
            c.close();
            out.set(select! {
                recv(a) -> value => { value.unwrap_or(9) }
                send(b, 2) => { 2 }
                recv(c) -> value => { value.unwrap_or(3) }
            });
        },
        "done out=1
         done out=2
         done out=3",
    );
}

#[test]
fn the_case_that_was_not_taken_leaves_its_value() {
    expect(
        || {
            let (a, b) = (chan("a", 1), chan("b", 1));
            let (taken, left) = (shared("taken", 0), shared("left", None));
            a.send(1);
            b.send(2);
            select! {
                recv(a) -> value => { taken.set(value.unwrap_or(9)); left.set(b.recv()); }
                recv(b) -> value => { taken.set(value.unwrap_or(9)); left.set(a.recv()); }
            }
        },
        "done left=Some(1) taken=2
         done left=Some(2) taken=1",
    );
}

#[test]
fn default_is_taken_when_nothing_is_ready_and_only_then() {
    let receive = |sends: usize| {
        move || {
            let (ch, out) = (chan("ch", 2), shared("out", 0));
            for _ in 0..sends {
                ch.send(1);
            }
            out.set(select! {
                recv(ch) => { 1 }
                default => { 2 }
            });
        }
    };
    expect(receive(0), "done out=2");
    expect(receive(1), "done out=1");
    let send = |sends: usize| {
        move || {
            let (ch, out) = (chan("ch", 2), shared("out", 0));
            for _ in 0..sends {
                ch.send(1);
            }
            out.set(select! {
                send(ch, 1) => { 1 }
                default => { 2 }
            });
        }
    };
    expect(send(1), "done out=1");
    expect(send(2), "done out=2");
}

/// The partner may have arrived or not, so both ways are possible.
#[test]
fn default_against_a_partner_goes_both_ways() {
    expect(
        || {
            let (ch, out) = (chan("ch", 0), shared("out", 0));
            go("sender", move || ch.send(1));
            out.set(select! {
                recv(ch) -> value => { value.unwrap_or(9) }
                default => { 2 }
            });
        },
        "done out=1
         leak sender(send ch) out=2",
    );
    expect(
        || {
            let (ch, out) = (chan("ch", 0), shared("out", 0));
            go("receiver", move || {
                ch.recv();
            });
            out.set(select! {
                send(ch, 1) => { 1 }
                default => { 2 }
            });
        },
        "done out=1
         leak receiver(recv ch) out=2",
    );
}

/// A select with a default never waits, so neither can find the other waiting.
#[test]
fn two_selects_with_default_never_meet() {
    expect(
        || {
            let (ch, sent, received) = (chan("ch", 0), shared("sent", 0), shared("received", 0));
            go("receiver", move || {
                received.set(select! {
                    recv(ch) -> value => { value.unwrap_or(9) }
                    default => { 2 }
                });
            });
            sent.set(select! {
                send(ch, 1) => { 1 }
                default => { 2 }
            });
        },
        "done received=2 sent=2",
    );
}

/// The goroutine that takes its default waits for the other, which may have one way to send or two.
/// A search that treats a step as done when it has only begun to show misses the second.
#[test]
fn each_of_two_equal_cases_meets_the_one_that_took_its_default() {
    expect(
        || {
            let ch = chan::<i32>("ch", 0);
            go("other", move || {
                select! {
                    send(ch, 1) => {}
                    send(ch, 1) => {}
                    default => {}
                }
                ch.recv();
            });
            select! {
                send(ch, 1) => {}
                default => {}
            }
            ch.recv();
        },
        "leak other(recv ch)
         deadlock main(recv ch)
         deadlock main(recv ch) other(recv ch)",
    );
}

/// A select with another ready case never waits either. One whose only other case is not ready may
/// have waited.
#[test]
fn two_selects_with_a_ready_case_never_meet() {
    let kernel = |values_before: usize| {
        move || {
            let (ch, buffer, closed) = (chan("ch", 0), chan("buffer", 1), chan::<()>("closed", 0));
            let (sent, received) = (shared("sent", 0), shared("received", 0));
            closed.close();
            for _ in 0..values_before {
                buffer.send(7);
            }
            go("receiver", move || {
                received.set(select! {
                    recv(ch) -> value => { value.unwrap_or(9) }
                    send(buffer, 7) => { 2 }
                });
            });
            sent.set(select! {
                send(ch, 1) => { 1 }
                recv(closed) => { 2 }
            });
        }
    };
    expect(kernel(0), "done received=2 sent=2");
    expect(
        kernel(1),
        "done received=1 sent=1
         leak receiver(select recv ch, send buffer) received=0 sent=2",
    );
}

#[test]
fn a_nil_channel_is_never_ready() {
    expect(
        || {
            let (ch, out) = (chan("ch", 1), shared("out", 0));
            ch.send(1);
            out.set(select! {
                recv(Chan::<i32>::nil()) => { 9 }
                send(Chan::nil(), 5) => { 9 }
                recv(ch) -> value => { value.unwrap_or(9) }
            });
        },
        "done out=1",
    );
    expect(
        || {
            let out = shared("out", 0);
            out.set(select! {
                recv(Chan::<i32>::nil()) => { 9 }
                send(Chan::nil(), 5) => { 9 }
                default => { 2 }
            });
        },
        "done out=2",
    );
    expect(
        || {
            select! {
                recv(Chan::<i32>::nil()) => {}
                send(Chan::nil(), 5) => {}
            }
        },
        "deadlock main(select recv nil, send nil)",
    );
}

#[test]
fn a_select_without_cases_blocks_for_ever() {
    expect(
        || {
            Select::new().wait();
        },
        "deadlock main(select)",
    );
}

#[test]
fn a_channel_that_is_set_to_nil_is_switched_off() {
    expect(
        || {
            let (a, b, out) = (chan("a", 0), chan("b", 0), shared("out", Vec::new()));
            go("a", move || {
                a.send(1);
                a.close();
            });
            go("b", move || {
                b.send(2);
                b.close();
            });
            let (mut one, mut two, mut got) = (a, b, Vec::new());
            while !one.is_nil() || !two.is_nil() {
                select! {
                    recv(one) -> value => {
                        if value.is_none() { one = Chan::nil(); }
                        got.extend(value);
                    }
                    recv(two) -> value => {
                        if value.is_none() { two = Chan::nil(); }
                        got.extend(value);
                    }
                }
            }
            out.set(got);
        },
        "done out=[1, 2]
         done out=[2, 1]",
    );
}

#[test]
fn the_same_channel_twice_is_two_cases() {
    expect(
        || {
            let (ch, out) = (chan("ch", 0), shared("out", (0, 0)));
            go("sender", move || ch.send(7));
            out.set(select! {
                recv(ch) -> value => { (1, value.unwrap_or(9)) }
                recv(ch) -> value => { (2, value.unwrap_or(9)) }
            });
        },
        "done out=(1, 7)
         done out=(2, 7)",
    );
    expect(
        || {
            let (ch, out) = (chan("ch", 1), shared("out", None));
            select! {
                send(ch, 1) => {}
                send(ch, 2) => {}
            }
            out.set(ch.recv());
        },
        "done out=Some(1)
         done out=Some(2)",
    );
}

#[test]
fn a_goroutine_does_not_meet_itself() {
    expect(
        || {
            let ch = chan("ch", 0);
            select! {
                send(ch, 1) => {}
                recv(ch) => {}
            }
        },
        "deadlock main(select send ch, recv ch)",
    );
    expect(
        || {
            let (ch, out) = (chan("ch", 1), shared("out", 0));
            out.set(select! {
                send(ch, 1) => { 1 }
                recv(ch) => { 2 }
            });
        },
        "done out=1",
    );
}

#[test]
fn of_two_that_would_do_either_one_sends_and_one_receives() {
    expect(
        || {
            let ch = chan("ch", 0);
            for name in ["a", "b"] {
                let out = shared(name, "");
                go(name, move || {
                    out.set(select! {
                        send(ch, 1) => { "sends" }
                        recv(ch) => { "receives" }
                    });
                });
            }
        },
        r#"done a="receives" b="sends"
           done a="sends" b="receives""#,
    );
}

#[test]
fn two_selects_agree_on_one_channel() {
    expect(
        || {
            let (x, y) = (chan("x", 0), chan("y", 0));
            let (sent, received) = (shared("sent", 0), shared("received", 0));
            go("sender", move || {
                sent.set(select! {
                    send(x, 10) => { 1 }
                    send(y, 20) => { 2 }
                });
            });
            received.set(select! {
                recv(y) -> value => { value.unwrap_or(9) }
                recv(x) -> value => { value.unwrap_or(9) }
            });
        },
        "done received=10 sent=1
         done received=20 sent=2",
    );
}

#[test]
fn a_closed_channel_is_ready_for_ever() {
    expect(
        || {
            let (closed, full) = (chan::<i32>("closed", 0), chan("full", 1));
            let out = shared("out", Vec::new());
            full.send(1);
            closed.close();
            let mut got = Vec::new();
            for _ in 0..2 {
                got.push(select! {
                    recv(closed) -> value => { value }
                    recv(full) -> value => { value }
                });
            }
            out.set(got);
        },
        "done out=[None, None]
         done out=[None, Some(1)]
         done out=[Some(1), None]",
    );
}

#[test]
fn a_send_on_a_closed_channel_is_ready_and_panics() {
    expect(
        || {
            let ch = chan("ch", 1);
            ch.close();
            select! {
                send(ch, 1) => {}
                default => {}
            }
        },
        "panic main: send on closed channel: ch",
    );
    expect(
        || {
            let (closed, full) = (chan("closed", 0), chan("full", 1));
            full.send(1);
            closed.close();
            select! {
                send(closed, 1) => {}
                recv(full) => {}
            }
        },
        "done
         panic main: send on closed channel: closed",
    );
}

#[test]
fn a_close_wakes_a_select() {
    expect(
        || {
            let (ch, never, out) = (
                chan("ch", 0),
                chan::<u8>("never", 0),
                shared("out", Some(9)),
            );
            go("receiver", move || {
                out.set(select! {
                    recv(never) => { Some(8) }
                    recv(ch) -> value => { value }
                });
            });
            ch.close();
        },
        "done out=None",
    );
    expect(
        || {
            let (ch, never) = (chan("ch", 0), chan::<u8>("never", 0));
            go("sender", move || {
                select! {
                    recv(never) => {}
                    send(ch, 1) => {}
                }
            });
            ch.close();
        },
        "panic sender: send on closed channel: ch",
    );
}

#[test]
fn a_waiting_select_takes_whoever_comes() {
    expect(
        || {
            let (a, b, out) = (chan("a", 0), chan("b", 0), shared("out", 0));
            go("one", move || a.send(1));
            go("two", move || b.send(2));
            out.set(select! {
                recv(a) -> value => { value.unwrap_or(9) }
                recv(b) -> value => { value.unwrap_or(9) }
            });
        },
        "leak one(send a) out=2
         leak two(send b) out=1",
    );
}

/// test/chan/doubleselect.go: a select that sends on several channels sends one value on one of
/// them.
#[test]
fn nothing_is_sent_twice() {
    expect(
        || {
            let (a, b) = (chan("a", 0), chan("b", 0));
            let out = shared("out", Vec::new());
            go("sender", move || {
                for value in 1..=2 {
                    select! {
                        send(a, value) => {}
                        send(b, value) => {}
                    }
                }
                a.close();
                b.close();
            });
            let (mut got, mut open) = (Vec::new(), true);
            while open {
                let value = select! {
                    recv(a) -> value => { value }
                    recv(b) -> value => { value }
                };
                open = value.is_some();
                got.extend(value);
            }
            out.set(got);
        },
        "done out=[1, 2]",
    );
}

#[test]
fn the_operands_of_all_cases_are_evaluated() {
    expect(
        || {
            let (ch, count) = (chan("ch", 2), shared("count", 0));
            let operand = move |value: i32| {
                count.set(count.get() + 1);
                value
            };
            select! {
                send(ch, operand(1)) => {}
                send(Chan::nil(), operand(2)) => {}
            }
        },
        "done count=2",
    );
}

#[test]
fn the_number_of_cases_can_be_found_at_run_time() {
    expect(
        || {
            let out = shared("out", (9, None));
            let channels: Vec<Chan<usize>> =
                ["a", "b", "c"].iter().map(|name| chan(name, 1)).collect();
            for place in [0, 2] {
                channels[place].send(place * 10);
            }
            let mut choice = Select::new();
            let cases: Vec<_> = channels.iter().map(|&ch| choice.recv(ch)).collect();
            let taken = choice.wait();
            assert!(choice.took(taken));
            out.set((taken, choice.received(cases[taken])));
        },
        "done out=(0, Some(0))
         done out=(2, Some(20))",
    );
}
