//! Upstream `lease/leasehttp/http.go` after the fix.

use gordian_checker::sync::{Context, background, chan, defer, go, select};

use super::buggy::{Error, cc_do};

fn time_to_live_http(ctx: Context) -> Result<(), Error> {
    // Buffered, so that errc does not block inside the goroutine.
    let errc = chan("errc", 2);
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
pub fn main() {
    let ctx = background().with_timeout("ctx");
    let _cancel = defer(move || ctx.cancel());
    let _answer = time_to_live_http(ctx);
}
