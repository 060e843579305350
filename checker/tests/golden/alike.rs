//! Goroutines that are stuck alike.

use gordian_checker::render::text::ends_in;
use gordian_checker::sync::{chan, go, mutex};

use crate::{golden, trace};

/// Four wait for the lock that main has, three for a value, and one alone.
fn alike() {
    let (lock, values) = (mutex("lock", ()), chan::<()>("values", 0));
    for _ in 0..3 {
        go("reader", move || {
            values.recv();
        });
    }
    for _ in 0..4 {
        go("worker", move || lock.lock().unlock());
    }
    let _held = lock.lock();
    chan::<()>("never", 0).recv();
}

#[test]
fn many_that_are_stuck_alike_are_listed_as_one() {
    golden("alike", &ends_in(&trace(alike)));
}
