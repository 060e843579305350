//! A channel with room for the answer that nobody waits for.

use gordian::sync::{Context, background, chan, choose, defer, go, select};

/// The reason for a missing answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Error {
    Http,
    Context,
}

fn cc_do() -> Result<(), Error> {
    match choose(2) {
        0 => Ok(()),
        _ => Err(Error::Http),
    }
}

fn time_to_live_http(ctx: Context) -> Result<(), Error> {
    let errc = chan("errc", 1);
    go("cc.Do", move || errc.send(cc_do()));
    select! {
        recv(errc) -> derr => { derr.expect("errc is never closed") }
        recv(ctx.done()) => { Err(Error::Context) }
    }
}

/// `LeaseTimeToLive` of the server.
pub(crate) fn main() {
    let ctx = background().with_timeout("ctx");
    let _cancel = defer(move || ctx.cancel());
    let _answer = time_to_live_http(ctx);
}
