//! Channels and selects.

use gordian_checker::select;
use gordian_checker::sync::*;

use crate::agree;

#[test]
fn rendezvous_pairs_in_every_way() {
    agree(6, || {
        let (c, got) = (chan("c", 0), shared("got", Vec::new()));
        for value in 0..3 {
            go(&format!("s{value}"), move || c.send(value));
        }
        let values: Vec<i32> = (0..3).filter_map(|_| c.recv()).collect();
        got.set(values);
    });
}

#[test]
fn rendezvous_two_by_two() {
    agree(2, || {
        let c = chan("c", 0);
        let got = [shared("got0", -1), shared("got1", -1)];
        for value in 0..2 {
            go(&format!("s{value}"), move || c.send(value));
        }
        go("r0", move || got[0].set(c.recv().unwrap_or(-2)));
        got[1].set(c.recv().unwrap_or(-2));
    });
}

#[test]
fn buffered_channel_of_one() {
    agree(6, || {
        let (c, got) = (chan("c", 1), shared("got", Vec::new()));
        for name in ["a", "b"] {
            go(name, move || {
                c.send(format!("{name}1"));
                c.send(format!("{name}2"));
            });
        }
        let values: Vec<String> = (0..4).filter_map(|_| c.recv()).collect();
        got.set(values);
    });
}

#[test]
fn buffered_channel_and_len() {
    agree(3, || {
        let (c, length) = (chan("c", 2), shared("length", 9));
        go("other", move || {
            c.send(1);
            c.send(2);
        });
        length.set(c.len());
    });
}

#[test]
fn close_wakes_receivers_and_panics_senders() {
    agree(2, || {
        let c = chan("c", 0);
        go("closer", move || c.close());
        go("sender", move || c.send(1));
        c.recv();
    });
    agree(1, || {
        let c = chan("c", 1);
        c.send(1);
        c.close();
        assert_eq!((c.recv(), c.recv()), (Some(1), None));
        c.close();
    });
    agree(1, || Chan::<()>::nil().close());
    agree(2, || {
        let c = chan("c", 0);
        go("a", move || c.close());
        go("b", move || c.close());
        c.send(());
    });
}

#[test]
fn nil_channel_blocks() {
    agree(1, || {
        go("sender", || Chan::nil().send(1));
        Chan::<()>::nil().recv();
    });
}

#[test]
fn select_takes_every_ready_case() {
    agree(3, || {
        let cs = [chan("a", 1), chan("b", 1), chan("c", 1)];
        for c in cs {
            c.send(());
        }
        select! {
            recv(cs[0]) => {}
            recv(cs[1]) => {}
            recv(cs[2]) => {}
        }
    });
}

#[test]
fn select_in_a_loop_sees_all_orders() {
    agree(6, || {
        let (a, b) = (chan("a", 2), chan("b", 2));
        let got = shared("got", String::new());
        for c in [a, b, a, b] {
            c.send(());
        }
        let mut order = String::new();
        for _ in 0..4 {
            select! {
                recv(a) => { order.push('a'); }
                recv(b) => { order.push('b'); }
            }
        }
        got.set(order);
    });
}

#[test]
fn select_waits_and_one_of_two_comes() {
    agree(3, || {
        let (a, b) = (chan("a", 0), chan::<()>("b", 0));
        let got = shared("got", 'x');
        go("sender", move || a.send(1));
        go("closer", move || b.close());
        select! {
            recv(a) -> value => { assert_eq!(value, Some(1)); got.set('a'); }
            recv(b) -> value => { assert_eq!(value, None); got.set('b'); }
        }
        // A select of the other kind, on the same channels.
        select! {
            recv(a) => { got.set('c'); }
            recv(b) => {}
        }
    });
}

#[test]
fn two_selects_meet() {
    agree(5, || {
        let (a, b) = (chan("a", 0), chan("b", 0));
        let got = shared("got", (0, 0));
        go("other", move || {
            select! {
                send(a, 1) => {}
                send(a, 2) => {}
                recv(b) -> value => { assert_eq!(value, Some(3)); }
            }
        });
        let value = select! {
            recv(a) -> value => { (0, value.unwrap_or(9)) }
            send(b, 3) => { (1, 0) }
            recv(a) -> value => { (2, value.unwrap_or(9)) }
        };
        if value.1 != 2 || value.0 == 0 {
            got.set(value);
        }
    });
}

#[test]
fn two_selects_meet_in_any_pair_of_cases() {
    agree(4, || {
        let a = chan("a", 0);
        let got = shared("got", (0, 0));
        go("other", move || {
            select! {
                send(a, 1) => {}
                send(a, 2) => {}
            }
        });
        select! {
            recv(a) -> value => { got.set((1, value.unwrap_or(9))); }
            recv(a) -> value => { got.set((2, value.unwrap_or(9))); }
        }
    });
}

#[test]
fn select_of_two_ways_and_three_partners() {
    agree(6, || {
        let (a, b) = (chan("a", 0), chan("b", 0));
        let got = shared("got", Vec::new());
        go("s1", move || a.send(1));
        go("s2", move || a.send(2));
        go("r", move || {
            b.recv();
        });
        let mut log = Vec::new();
        for _ in 0..2 {
            select! {
                recv(a) -> value => { log.push(value.unwrap_or(0)); }
                send(b, ()) => { log.push(9); }
            }
        }
        got.set(log);
    });
}

#[test]
fn select_sends_on_a_closed_channel_or_receives() {
    agree(2, || {
        let (a, b) = (chan("a", 1), chan::<()>("b", 0));
        a.close();
        b.close();
        select! {
            send(a, 1) => {}
            recv(b) => {}
        }
    });
}

#[test]
fn default_and_a_partner_are_both_possible() {
    agree(2, || {
        let (c, got) = (chan("c", 0), shared("got", 0));
        go("sender", move || c.send(1));
        select! {
            recv(c) -> value => { got.set(value.unwrap_or(9)); }
            default => { got.set(2); }
        }
    });
}

#[test]
fn default_is_not_taken_when_a_case_is_ready() {
    agree(1, || {
        let (c, got) = (chan("c", 1), shared("got", 0));
        c.send(1);
        select! {
            recv(c) -> value => { got.set(value.unwrap_or(9)); }
            default => { got.set(2); }
        }
    });
}

#[test]
fn empty_select_blocks() {
    agree(1, || {
        Select::new().wait();
    });
}

#[test]
fn a_select_that_need_not_wait_does_not_meet_another() {
    // Neither of two selects with a default ever waits.
    agree(1, || {
        let c = chan("c", 0);
        go("other", move || {
            select! {
                send(c, 1) => {}
                default => {}
            }
        });
        select! {
            recv(c) => { panic!("they have met"); }
            default => {}
        }
    });
    // Nor does one with another ready case, as long as it is ready.
    for (filled, ends) in [(false, 1), (true, 3)] {
        agree(ends, move || {
            let (c, free) = (chan("c", 0), chan("free", 1));
            go("other", move || {
                select! {
                    send(c, 1) => {}
                    default => {}
                }
            });
            if filled {
                go("filler", move || free.send(1));
            }
            select! {
                recv(c) => {}
                send(free, 2) => {}
            }
        });
    }
}
