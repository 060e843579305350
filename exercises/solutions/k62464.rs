//! The lock alone matters: who takes it, in which way, and while holding it.

use gordian::sync::{RwLock, go, rwlock};

fn get(s: RwLock<()>) {
    let _reading = s.rlock();
}

/// The reader holds the lock, and takes it again.
pub(crate) fn buggy() {
    let s = rwlock("s", ());
    go("reconcileState", move || {
        let _reading = s.rlock();
        get(s);
    });
    drop(s.lock());
}

/// The reader takes the lock in the inner call only.
pub(crate) fn fixed() {
    let s = rwlock("s", ());
    go("reconcileState", move || get(s));
    drop(s.lock());
}
