//! `sync/atomic`: the behaviours tested in Go's sync/atomic/atomic_test.go.

use gordian_checker::sync::{atomic, atomic_bool, atomic_u64, go, shared};

use crate::outcomes::expect;

#[test]
fn each_operation_yields_what_go_says() {
    expect(
        || {
            let (n, out) = (atomic("n", 5), shared("out", Vec::new()));
            let mut got = vec![n.load(), n.add(2), n.swap(10), n.add(-3)];
            n.store(1);
            got.extend([n.load(), n.swap(2), n.load()]);
            out.set(got);
        },
        "done out=[5, 7, 7, 7, 1, 1, 2]",
    );
}

#[test]
fn compare_and_swap_sets_only_what_it_expected() {
    expect(
        || {
            let (n, out) = (atomic("n", 5), shared("out", (true, false, 0)));
            let wrong = n.compare_and_swap(4, 6);
            let right = n.compare_and_swap(5, 7);
            out.set((wrong, right, n.load()));
        },
        "done out=(false, true, 7)",
    );
}

#[test]
fn of_two_compare_and_swaps_one_wins() {
    expect(
        || {
            let n = atomic("n", 0);
            for (name, value) in [("a", 1), ("b", 2), ("c", 3)] {
                let won = shared(name, false);
                go(name, move || won.set(n.compare_and_swap(0, value)));
            }
        },
        "done a=false b=false c=true
         done a=false b=true c=false
         done a=true b=false c=false",
    );
}

#[test]
fn an_add_loses_nothing_and_a_load_and_store_do() {
    expect(
        || {
            let (n, out) = (atomic("n", 0), shared("out", 0));
            go("other", move || {
                n.add(1);
            });
            out.set(n.add(1));
        },
        "done out=1
         done out=2",
    );
    expect(
        || {
            let (n, left, out) = (atomic("n", 0), atomic("left", 2), shared("out", 0));
            let add = move || {
                let value = n.load();
                n.store(value + 1);
                if left.add(-1) == 0 {
                    out.set(n.load());
                }
            };
            go("other", add);
            add();
        },
        "done out=1
         done out=2",
    );
}

#[test]
fn a_swap_hands_the_old_value_to_one() {
    expect(
        || {
            let n = atomic("n", 1);
            for name in ["a", "b"] {
                let got = shared(name, 9);
                go(name, move || got.set(n.swap(0)));
            }
        },
        "done a=0 b=1
         done a=1 b=0",
    );
}

#[test]
fn an_add_wraps() {
    expect(
        || {
            let (n, out) = (atomic("n", i64::MAX), shared("out", false));
            out.set(n.add(1) == i64::MIN);
        },
        "done out=true",
    );
}

/// Store buffering: under sequential consistency at least one of the two sees the other's write.
#[test]
fn all_see_the_same_order_of_stores() {
    expect(
        || {
            let (x, y) = (atomic("x", 0), atomic("y", 0));
            let (a, b) = (shared("a", 9), shared("b", 9));
            go("other", move || {
                y.store(1);
                b.set(x.load());
            });
            x.store(1);
            a.set(y.load());
        },
        "done a=0 b=1
         done a=1 b=0
         done a=1 b=1",
    );
}

#[test]
fn what_was_stored_before_the_flag_is_seen_after_it() {
    expect(
        || {
            let (flag, data, out) = (atomic("flag", 0), shared("data", 0), shared("out", -1));
            go("writer", move || {
                data.set(7);
                flag.store(1);
            });
            if flag.load() == 1 {
                out.set(data.get());
            }
        },
        "done data=7 out=-1
         done data=7 out=7",
    );
}

#[test]
fn bits_are_cleared_and_set_and_the_old_value_is_yielded() {
    expect(
        || {
            let (n, out) = (atomic("n", 0b1100), shared("out", Vec::new()));
            let got = vec![n.and(0b0110), n.or(0b0001), n.load(), n.and(-1), n.or(0)];
            out.set(got);
        },
        "done out=[12, 4, 5, 5, 5]",
    );
}

/// Go has no maximum; it is Rust's `fetch_max`.
#[test]
fn the_larger_value_stays() {
    expect(
        || {
            let (n, out) = (atomic("n", -1), shared("out", (0, 0)));
            go("other", move || {
                n.max(3);
            });
            let old = n.max(2);
            out.set((old, n.load()));
        },
        "done out=(-1, 2)
         done out=(-1, 3)
         done out=(3, 3)",
    );
}

/// The largest integers without a sign are negative ones with a sign.
#[test]
fn integers_without_a_sign_are_compared_and_wrap_as_such() {
    expect(
        || {
            let (n, out) = (atomic_u64("n", u64::MAX), shared("out", Vec::new()));
            let mut got = vec![n.max(7), n.load(), n.add(3), n.max(1)];
            got.extend([n.swap(9), n.and(8), n.or(6), n.load()]);
            assert!(n.compare_and_swap(14, u64::MAX));
            n.store(n.load() - 1);
            got.push(n.load());
            out.set(got);
        },
        "done out=[18446744073709551615, 18446744073709551615, 2, 2, 2, 9, 8, 14, \
         18446744073709551614]",
    );
}

#[test]
fn booleans() {
    expect(
        || {
            let (flag, out) = (atomic_bool("flag", false), shared("out", Vec::new()));
            let mut got = vec![flag.load(), flag.or(true), flag.and(true), flag.swap(false)];
            got.extend([
                flag.compare_and_swap(true, false),
                flag.compare_and_swap(false, true),
            ]);
            flag.store(flag.and(false));
            got.push(flag.load());
            out.set(got);
        },
        "done out=[false, false, true, true, false, true, true]",
    );
}

/// A trace shows them as what they are.
#[test]
fn a_trace_has_words_for_each_type() {
    let report = gordian_checker::check(|| {
        let (flag, large) = (atomic_bool("flag", false), atomic_u64("large", u64::MAX));
        flag.store(true);
        large.max(1);
        panic!("shown");
    });
    let trace = report.trace().expect("it panics").clone();
    let notes: Vec<_> = trace
        .steps
        .iter()
        .map(|step| step.by[0].note.clone())
        .collect();
    let expected = [Some("= true".to_owned()), Some(format!("= {}", u64::MAX))];
    assert_eq!(notes, expected);
    let now: Vec<&str> = trace
        .objects
        .iter()
        .map(|object| object.now.state.as_str())
        .collect();
    assert_eq!(now, ["= true", "= 18446744073709551615"]);
}
