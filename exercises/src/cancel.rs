//! An exercise of `gordian learn`: mend it. It begins as upstream had it.

use gordian::sync::{Chan, chan, go, select};

/// Nobody calls `Cc`.
pub(crate) fn main() {
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
