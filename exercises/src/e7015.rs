//! An exercise of `gordian learn`: mend it. It begins as upstream had it.

use gordian::sync::{Context, background, chan, choose, defer, go, select};

/// The reason for a missing answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Error {
    /// The request failed.
    Http,
    /// The caller's context ended: `ctx.Err()`.
    Context,
}

/// The HTTP round trip: it may take any time, and it may fail.
pub(crate) fn cc_do() -> Result<(), Error> {
    match choose(2) {
        0 => Ok(()),
        _ => Err(Error::Http),
    }
}

fn time_to_live_http(ctx: Context) -> Result<(), Error> {
    let errc = chan("errc", 0);
    go("cc.Do", move || {
        if let Err(err) = cc_do() {
            errc.send(Err(err));
            return;
        }
        errc.send(Ok(()));
    });
    select! {
        recv(errc) -> derr => { derr.expect("errc is never closed") }
        recv(ctx.done()) => { Err(Error::Context) }
    }
}

/// `LeaseTimeToLive` of the server, which asks the leader and does not wait for ever.
pub(crate) fn main() {
    let ctx = background().with_timeout("ctx");
    let _cancel = defer(move || ctx.cancel());
    let _answer = time_to_live_http(ctx);
}
