//! `golang.org/x/sync/singleflight`: concurrent calls with the same key share one execution.

use std::collections::BTreeMap;

use crate::sync::{Mutex, Shared, Value, WaitGroup, mutex, shared, waitgroup};

/// The calls in progress, by key.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::blocks::singleflight::Group;
/// use gordian::sync::go;
///
/// let report = gordian::check(|| {
///     let group: Group<u8, u8> = Group::new("group");
///     go("other", move || assert_eq!(group.call(1, || 7).0, 7));
///     assert_eq!(group.call(1, || 7).0, 7);
/// });
/// report.assert_proved();
/// ```
#[derive(Debug)]
pub struct Group<K: Value + Ord, V: Value> {
    mu: Mutex<BTreeMap<K, Call<V>>>,
}

/// A call in progress.
#[derive(Debug)]
struct Call<V: Value> {
    wg: WaitGroup,
    val: Shared<Option<V>>,
    /// The number of callers that wait for it.
    dups: Shared<u32>,
}

impl<K: Value + Ord, V: Value> Clone for Group<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K: Value + Ord, V: Value> Copy for Group<K, V> {}

impl<V: Value> Clone for Call<V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<V: Value> Copy for Call<V> {}
impl<V: Value> PartialEq for Call<V> {
    fn eq(&self, other: &Self) -> bool {
        (self.wg, self.val, self.dups) == (other.wg, other.val, other.dups)
    }
}
impl<V: Value> Eq for Call<V> {}
impl<V: Value> std::hash::Hash for Call<V> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.wg, self.val, self.dups).hash(state);
    }
}

impl<K: Value + Ord, V: Value> Group<K, V> {
    /// Creates a group without calls in progress. Its mutex is `group.mu`.
    #[track_caller]
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            mu: mutex(&format!("{name}.mu"), BTreeMap::new()),
        }
    }

    /// `Do`: calls `f`, or waits for the result of a call in progress with this key. Returns the
    /// value, and true if it was given to several callers.
    ///
    /// # Panics
    /// If `f` panicked in another goroutine, so that there is no value.
    #[track_caller]
    pub fn call(self, key: K, f: impl FnOnce() -> V) -> (V, bool) {
        let mut calls = self.mu.lock();
        if let Some(call) = calls.get(&key) {
            let call = *call;
            call.dups.set(call.dups.get() + 1);
            calls.unlock();
            call.wg.wait();
            let val = call.val.get().expect("the call has come to its end");
            return (val, true);
        }
        let call = Call {
            wg: waitgroup("call.wg"),
            val: shared("call.val", None),
            dups: shared("call.dups", 0),
        };
        call.wg.add(1);
        calls.insert(key.clone(), call);
        calls.unlock();
        let val = f();
        call.val.set(Some(val.clone()));
        let mut calls = self.mu.lock();
        call.wg.done();
        if calls.get(&key) == Some(&call) {
            calls.remove(&key);
        }
        calls.unlock();
        (val, call.dups.get() > 0)
    }

    /// `Forget`: the next call with this key calls its function, even if one is in progress.
    #[track_caller]
    pub fn forget(self, key: &K) {
        let mut calls = self.mu.lock();
        calls.remove(key);
        calls.unlock();
    }
}
