//! Whoever returns last closes the channel on its way out.

use gordian::sync::{Chan, chan, defer, go, select};

/// Main returns, and tells goroutine1.
pub(crate) fn main() {
    let rchan: Chan<i32> = chan("rchan", 0);
    let cancel_ch: Chan<()> = chan("cancelCh", 0);
    let _close = defer(move || cancel_ch.close());

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
