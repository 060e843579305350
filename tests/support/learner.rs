//! The catalogue, with kernels that learners might hand in: right ones, and ones that no longer do
//! the work.

use gordian::catalogue::{Expected, Kernel, Variant};
use gordian::sync::{background, chan, go, mutex, rwlock, select};
use gordian_kernels::{CATALOGUE, etcd, kubernetes, playground};

#[path = "../../exercises/solutions/cancel.rs"]
mod cancel;
#[path = "../../exercises/solutions/e6857.rs"]
mod e6857;
#[path = "../../exercises/solutions/e7015.rs"]
mod e7015;
#[path = "../../exercises/solutions/k62464.rs"]
mod k62464;
#[path = "../../exercises/solutions/k6632.rs"]
mod k6632;

/// The catalogue, and the kernels of learners.
pub(crate) fn catalogue() -> Vec<Kernel> {
    let fix = |name, of: Kernel, main| Kernel {
        name,
        fixed: variant(main),
        ..of
    };
    let reduced = |name, of: Kernel, buggy, fixed| Kernel {
        name,
        buggy: variant(buggy),
        fixed: variant(fixed),
        ..of
    };
    let (k6632, k62464) = (kubernetes::k6632::KERNEL, kubernetes::k62464::KERNEL);
    let (e6857, e7015) = (etcd::e6857::KERNEL, etcd::e7015::KERNEL);
    let cancel = playground::cancel::KERNEL;
    let mut all = CATALOGUE.to_vec();
    all.extend([
        fix("right/6632", k6632, k6632::main),
        fix("right/7015", e7015, e7015::main),
        fix("right/cancel", cancel, cancel::main),
        reduced("right/62464", k62464, k62464::buggy, k62464::fixed),
        reduced("right/6857", e6857, e6857::buggy, e6857::fixed),
        fix("unchanged/6632", k6632, kubernetes::k6632::buggy::main),
        fix("empty/6632", k6632, no_frames),
        fix("few/6632", k6632, || frames(2, 2)),
        fix("roomy/6632", k6632, || frames(3, 3)),
        fix("dropping/6632", k6632, dropped_frames),
        fix("deaf/7015", e7015, without_context),
        fix("empty/7015", e7015, no_request),
        fix("empty/cancel", cancel, nobody_waits),
        reduced("empty/62464", k62464, nothing, nothing),
        reduced("other/62464", k62464, double_lock, nothing),
        reduced("half/62464", k62464, k62464::buggy, nothing),
        reduced("tame/62464", k62464, k62464::buggy, one_after_the_other),
    ]);
    all
}

fn variant(main: fn()) -> Variant {
    Variant {
        main,
        file: file!(),
        source: include_str!("learner.rs"),
        expected: Expected::Proved,
        stuck: &[],
        in_go: None,
    }
}

fn nothing() {}

/// The monitor without any frames.
fn no_frames() {
    let reset_chan = chan::<()>("i.resetChan", 2);
    let close_chan = chan::<()>("i.conn.closeChan", 0);
    go("Serve", move || close_chan.close());
    close_chan.recv();
    reset_chan.close();
}

/// As many frames as there is room for.
fn frames(count: usize, room: u32) {
    let reset_chan = chan::<()>("i.resetChan", room);
    let close_chan = chan::<()>("i.conn.closeChan", 0);
    go("Serve", move || close_chan.close());
    for _ in 0..count {
        reset_chan.send(());
    }
    close_chan.recv();
    reset_chan.close();
}

/// A frame for which there is no room is dropped. If somebody reads in time, all come through.
fn dropped_frames() {
    let reset_chan = chan::<()>("i.resetChan", 2);
    let close_chan = chan::<()>("i.conn.closeChan", 0);
    go("Serve", move || close_chan.close());
    go("monitor", move || for () in reset_chan {});
    for _ in 0..3 {
        select! {
            send(reset_chan, ()) => {}
            default => {}
        }
    }
    close_chan.recv();
    reset_chan.close();
}

fn no_request() {
    background().with_timeout("ctx").cancel();
}

/// The caller waits for the answer alone.
fn without_context() {
    let _ctx = background().with_timeout("ctx");
    let errc = chan("errc", 1);
    go("cc.Do", move || errc.send(()));
    errc.recv();
}

/// The two never run at once.
fn one_after_the_other() {
    let s = rwlock("s", ());
    drop(s.rlock());
    drop(s.lock());
}

/// A goroutine that waits for nothing but the cancellation.
fn nobody_waits() {
    let cancel_ch = chan::<()>("cancelCh", 0);
    go("goroutine1", move || {
        cancel_ch.recv();
    });
    cancel_ch.close();
}

/// A deadlock, and not that of upstream.
fn double_lock() {
    let m = mutex("m", ());
    let _once = m.lock();
    let _twice = m.lock();
}
