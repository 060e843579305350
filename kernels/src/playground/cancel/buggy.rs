//! The toy before the fix.

use gordian_checker::sync::{Chan, chan, go, select};

/// Nobody calls `Cc`.
pub fn main() {
    let rchan: Chan<i32> = chan("rchan", 0);
    let cancel_ch: Chan<()> = chan("cancelCh", 0);

    go("goroutine1", move || {
        loop {
            select! {
                recv(rchan) => {}
                recv(cancel_ch) => {
                    return;
                }
            }
        }
    });
}
