//! Channels: what Go's runtime/chan_test.go and test/chan look at.

use gordian_checker::sync::{Chan, atomic, chan, go, shared};

use crate::outcomes::expect;

#[test]
fn what_is_sent_first_is_received_first() {
    expect(
        || {
            let (ch, out) = (chan("ch", 2), shared("out", Vec::new()));
            go("sender", move || {
                for value in 1..=4 {
                    ch.send(value);
                }
                ch.close();
            });
            out.set(ch.iter().collect::<Vec<i32>>());
        },
        "done out=[1, 2, 3, 4]",
    );
}

#[test]
fn each_senders_values_stay_in_order() {
    expect(
        || {
            let (ch, out) = (chan("ch", 0), shared("out", Vec::new()));
            for (name, first) in [("ones", 10), ("twos", 20)] {
                go(name, move || {
                    ch.send(first);
                    ch.send(first + 1);
                });
            }
            out.set(ch.iter().take(4).collect::<Vec<i32>>());
        },
        "done out=[10, 11, 20, 21]
         done out=[10, 20, 11, 21]
         done out=[10, 20, 21, 11]
         done out=[20, 10, 11, 21]
         done out=[20, 10, 21, 11]
         done out=[20, 21, 10, 11]",
    );
}

#[test]
fn a_full_buffer_blocks_the_sender() {
    expect(
        || {
            let (ch, out) = (chan("ch", 2), shared("out", 0));
            for value in 1..=3 {
                ch.send(value);
                out.set(value);
            }
        },
        "deadlock main(send ch) out=2",
    );
}

#[test]
fn a_receive_makes_room_for_one() {
    expect(
        || {
            let (ch, sent) = (chan("ch", 1), shared("sent", 0));
            go("sender", move || {
                for value in 1..=4 {
                    ch.send(value);
                    sent.set(value);
                }
            });
            ch.recv();
            ch.recv();
        },
        "leak sender(send ch) sent=3",
    );
}

#[test]
fn an_unbuffered_send_waits_for_a_receiver() {
    expect(|| chan("ch", 0).send(1), "deadlock main(send ch)");
    expect(
        || {
            let ch = chan("ch", 0);
            go("sender", move || ch.send(1));
        },
        "leak sender(send ch)",
    );
}

#[test]
fn an_empty_channel_blocks_the_receiver() {
    for capacity in [0, 1] {
        expect(
            move || {
                let _ = chan::<u8>("ch", capacity).recv();
            },
            "deadlock main(recv ch)",
        );
    }
}

#[test]
fn a_rendezvous_pairs_one_sender_with_one_receiver() {
    expect(
        || {
            let ch = chan("ch", 0);
            let (x, y) = (shared("x", 0), shared("y", 0));
            go("one", move || ch.send(1));
            go("two", move || ch.send(2));
            go("x", move || x.set(ch.recv().unwrap_or(9)));
            go("y", move || y.set(ch.recv().unwrap_or(9)));
        },
        "done x=1 y=2
         done x=2 y=1",
    );
}

/// "A receive from an unbuffered channel is synchronized before the completion of the corresponding
/// send" (The Go Memory Model); with a buffer it is not.
#[test]
fn a_send_that_has_completed_has_met_its_receiver() {
    let kernel = |capacity| {
        move || {
            let ch = chan("ch", capacity);
            let (ready, out) = (shared("ready", 0), shared("out", 0));
            go("receiver", move || {
                ready.set(1);
                ch.recv();
            });
            ch.send(());
            out.set(ready.get());
        }
    };
    expect(kernel(0), "done out=1 ready=1");
    expect(
        kernel(1),
        "done out=0 ready=1
         done out=1 ready=1",
    );
}

/// "The kth receive from a channel with capacity C is synchronized before the completion of the
/// k+Cth send" (The Go Memory Model): so a buffer can count those who are inside.
#[test]
fn a_buffer_bounds_those_inside() {
    let kernel = |capacity| {
        move || {
            let (gate, inside) = (chan("gate", capacity), atomic("inside", 0));
            let work = move || {
                gate.send(());
                assert!(inside.add(1) == 1, "two inside");
                inside.add(-1);
                gate.recv();
            };
            go("a", work);
            go("b", work);
        }
    };
    expect(kernel(1), "done");
    expect(
        kernel(2),
        "done
         panic a: two inside
         panic b: two inside",
    );
}

#[test]
fn close_wakes_every_receiver() {
    expect(
        || {
            let ch: Chan<u8> = chan("ch", 0);
            for name in ["a", "b", "c"] {
                let got = shared(name, Some(9));
                go(name, move || got.set(ch.recv()));
            }
            ch.close();
        },
        "done a=None b=None c=None",
    );
}

#[test]
fn what_was_sent_before_the_close_is_still_received() {
    expect(
        || {
            let (ch, out) = (chan("ch", 2), shared("out", Vec::new()));
            ch.send(1);
            ch.send(2);
            ch.close();
            out.set((0..4).map(|_| ch.recv()).collect::<Vec<_>>());
        },
        "done out=[Some(1), Some(2), None, None]",
    );
}

#[test]
fn a_value_and_a_close_reach_two_receivers_either_way() {
    expect(
        || {
            let ch = chan("ch", 1);
            for name in ["a", "b"] {
                let got = shared(name, Some(9));
                go(name, move || got.set(ch.recv()));
            }
            ch.send(1);
            ch.close();
        },
        "done a=None b=Some(1)
         done a=Some(1) b=None",
    );
}

#[test]
fn a_send_on_a_closed_channel_panics() {
    for capacity in [0, 1] {
        expect(
            move || {
                let ch = chan("ch", capacity);
                ch.close();
                ch.send(1);
            },
            "panic main: send on closed channel: ch",
        );
    }
}

#[test]
fn a_close_makes_a_blocked_sender_panic() {
    expect(
        || {
            let ch = chan("ch", 0);
            go("sender", move || ch.send(1));
            ch.close();
        },
        "panic sender: send on closed channel: ch",
    );
    expect(
        || {
            let (ch, out) = (chan("ch", 1), shared("out", Vec::new()));
            ch.send(1);
            go("sender", move || ch.send(2));
            ch.close();
            out.set((0..2).map(|_| ch.recv()).collect::<Vec<_>>());
        },
        "panic sender: send on closed channel: ch",
    );
}

#[test]
fn a_send_against_a_close_is_a_race() {
    expect(
        || {
            let (ch, out) = (chan("ch", 1), shared("out", Some(9)));
            go("sender", move || ch.send(1));
            ch.close();
            out.set(ch.recv());
        },
        "done out=Some(1)
         panic sender: send on closed channel: ch",
    );
}

#[test]
fn a_second_close_panics() {
    expect(
        || {
            let ch: Chan<u8> = chan("ch", 0);
            ch.close();
            ch.close();
        },
        "panic main: close of closed channel: ch",
    );
    expect(
        || {
            let ch: Chan<u8> = chan("ch", 0);
            go("a", move || ch.close());
            go("b", move || ch.close());
        },
        "panic a: close of closed channel: ch
         panic b: close of closed channel: ch",
    );
}

#[test]
fn a_nil_channel_blocks_for_ever_and_cannot_be_closed() {
    expect(|| Chan::nil().send(1), "deadlock main(send nil)");
    expect(
        || {
            let _ = Chan::<u8>::nil().recv();
        },
        "deadlock main(recv nil)",
    );
    expect(
        || Chan::<u8>::nil().close(),
        "panic main: close of nil channel",
    );
    expect(
        || {
            go("a", || Chan::nil().send(1));
            go("b", || {
                let _ = Chan::<i32>::nil().recv();
            });
        },
        "leak a(send nil) b(recv nil)",
    );
}

#[test]
fn a_range_ends_with_the_close_and_only_then() {
    let kernel = |closes: bool| {
        move || {
            let (ch, out) = (chan("ch", 0), shared("out", 0));
            go("sender", move || {
                ch.send(1);
                ch.send(2);
                if closes {
                    ch.close();
                }
            });
            for value in ch {
                out.set(out.get() + value);
            }
        }
    };
    expect(kernel(true), "done out=3");
    expect(kernel(false), "deadlock main(recv ch) out=3");
}

#[test]
fn len_counts_what_waits_in_the_buffer() {
    expect(
        || {
            let (ch, out) = (chan("ch", 2), shared("out", Vec::new()));
            let mut lengths = vec![ch.len()];
            ch.send(1);
            lengths.push(ch.len());
            ch.send(2);
            lengths.push(ch.len());
            ch.recv();
            ch.close();
            lengths.push(ch.len());
            ch.recv();
            ch.recv();
            lengths.push(ch.len());
            lengths.push(Chan::<u8>::nil().len());
            out.set(lengths);
        },
        "done out=[0, 1, 2, 1, 0, 0]",
    );
}

#[test]
fn len_depends_on_who_was_first_and_is_0_without_a_buffer() {
    let kernel = |capacity| {
        move || {
            let (ch, out) = (chan("ch", capacity), shared("out", 9));
            go("sender", move || ch.send(1));
            out.set(ch.len());
            ch.recv();
        }
    };
    expect(
        kernel(1),
        "done out=0
         done out=1",
    );
    expect(kernel(0), "done out=0");
}

#[test]
fn a_channel_goes_through_a_channel() {
    expect(
        || {
            let requests = chan("requests", 0);
            let out = shared("out", None);
            go("server", move || {
                for reply in requests {
                    let reply: Chan<i32> = reply;
                    reply.send(7);
                }
            });
            let reply = chan("reply", 0);
            requests.send(reply);
            out.set(reply.recv());
            requests.close();
        },
        "done out=Some(7)",
    );
}

#[test]
fn a_value_crosses_a_chain_of_goroutines() {
    expect(
        || {
            let out = shared("out", None);
            let first: Chan<i32> = chan("link0", 0);
            let mut last = first;
            for (name, link) in [("a", "link1"), ("b", "link2"), ("c", "link3")] {
                let (from, to) = (last, chan(link, 0));
                go(name, move || {
                    if let Some(value) = from.recv() {
                        to.send(value + 1);
                    }
                });
                last = to;
            }
            first.send(0);
            out.set(last.recv());
        },
        "done out=Some(3)",
    );
}

#[test]
fn a_sieve_of_goroutines_finds_primes() {
    expect(
        || {
            let out = shared("out", Vec::new());
            let numbers: Chan<u32> = chan("numbers", 0);
            go("generator", move || {
                (2..8).for_each(|number| numbers.send(number));
                numbers.close();
            });
            let (mut primes, mut from) = (Vec::new(), numbers);
            while let Some(prime) = from.recv() {
                primes.push(prime);
                let (above, to) = (from, chan("rest", 0));
                go("filter", move || {
                    above
                        .iter()
                        .filter(|number| number % prime != 0)
                        .for_each(|number| to.send(number));
                    to.close();
                });
                from = to;
            }
            out.set(primes);
        },
        "done out=[2, 3, 5, 7]",
    );
}

#[test]
fn every_value_is_received_once_by_one_of_many() {
    expect(
        || {
            let (ch, sum, count) = (chan("ch", 1), atomic("sum", 0), atomic("count", 0));
            let out = shared("out", 0);
            for name in ["a", "b"] {
                go(name, move || {
                    for value in ch {
                        sum.add(value);
                    }
                    if count.add(1) == 2 {
                        out.set(sum.load());
                    }
                });
            }
            ch.send(1);
            ch.send(10);
            ch.close();
        },
        "done out=11",
    );
}

#[test]
fn a_try_send_sends_only_if_it_can_at_once() {
    expect(
        || {
            let (ch, out) = (chan("ch", 1), shared("out", Vec::new()));
            let first = ch.try_send(1);
            let second = ch.try_send(2);
            out.set(vec![first, second]);
        },
        "done out=[true, false]",
    );
}

#[test]
fn a_try_recv_tells_a_value_from_a_close_and_from_nothing() {
    expect(
        || {
            let (ch, out) = (chan::<u8>("ch", 1), shared("out", Vec::new()));
            let mut all = vec![ch.try_recv()];
            ch.send(7);
            ch.close();
            all.push(ch.try_recv());
            all.push(ch.try_recv());
            out.set(all);
        },
        "done out=[WouldBlock, Value(7), Closed]",
    );
}

/// Nobody else can tell where a receive happens but by its line: that of the loop.
#[test]
fn the_receives_of_an_iterator_have_the_place_of_the_call() {
    let report = gordian_checker::check(|| {
        let ch = chan::<i32>("ch", 0);
        let _sum: i32 = ch.iter().sum();
    });
    let trace = report.trace().expect("it blocks");
    assert!(
        trace.last[0].place.file.ends_with("behaviour/chan.rs"),
        "{:?}",
        trace.last[0].place
    );
}

#[test]
fn the_length_has_the_place_of_the_call() {
    let report = gordian_checker::check(|| {
        let ch = chan::<u8>("ch", 1);
        let never = chan::<u8>("never", 0);
        if ch.is_empty() {
            never.recv();
        }
    });
    let trace = report.trace().expect("it blocks");
    let place = &trace.steps[0].by[0].place;
    assert!(place.file.ends_with("behaviour/chan.rs"), "{place:?}");
}
