//! `golang.org/x/sync/singleflight`: concurrent calls with the same key share one execution.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::sync::{
    Mutex, Shared, Value, WaitGroup, defer, goexit, mutex, recover, shared, waitgroup,
};

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
    result: Shared<CallResult<V>>,
    /// The number of callers that wait for it.
    dups: Shared<u32>,
}

/// The result of a call, which all its callers share.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum CallResult<V> {
    /// The function has returned this.
    Value(V),
    /// It has panicked with this message.
    Panic(String),
    /// It has not returned: it is in progress, or has ended its goroutine by `Goexit`.
    Nothing,
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
        (self.wg, self.result, self.dups) == (other.wg, other.result, other.dups)
    }
}
impl<V: Value> Eq for Call<V> {}
impl<V: Value> std::hash::Hash for Call<V> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.wg, self.result, self.dups).hash(state);
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
    /// value, and true if it was given to several callers. A `Goexit` of `f` is one of every
    /// caller.
    ///
    /// # Panics
    /// If `f` panics, here or in the goroutine that made the call: with the same message.
    #[track_caller]
    pub fn call(self, key: K, f: impl FnOnce() -> V) -> (V, bool) {
        let mut calls = self.mu.lock();
        if let Some(call) = calls.get(&key) {
            let call = *call;
            call.dups.set(call.dups.get() + 1);
            calls.unlock();
            call.wg.wait();
            return match call.result.get() {
                CallResult::Value(val) => (val, true),
                CallResult::Panic(message) => panic!("{message}"),
                CallResult::Nothing => goexit(),
            };
        }
        let call = Call {
            wg: waitgroup("call.wg"),
            result: shared("call.result", CallResult::Nothing),
            dups: shared("call.dups", 0),
        };
        call.wg.add(1);
        calls.insert(key.clone(), call);
        calls.unlock();
        // A `Goexit` leaves this function by no return.
        let goes_on = Rc::new(Cell::new(false));
        let _exit = defer({
            let (goes_on, key) = (goes_on.clone(), key.clone());
            move || {
                if !goes_on.get() {
                    self.finish(&key, call);
                }
            }
        });
        let result = recover(f);
        goes_on.set(true);
        match result {
            Ok(val) => {
                call.result.set(CallResult::Value(val.clone()));
                self.finish(&key, call);
                (val, call.dups.get() > 0)
            }
            Err(message) => {
                call.result.set(CallResult::Panic(message.clone()));
                self.finish(&key, call);
                panic!("{message}")
            }
        }
    }

    /// Wakes the callers, and makes the key free.
    #[track_caller]
    fn finish(self, key: &K, call: Call<V>) {
        let mut calls = self.mu.lock();
        call.wg.done();
        if calls.get(key) == Some(&call) {
            calls.remove(key);
        }
        calls.unlock();
    }

    /// `Forget`: the next call with this key calls its function, even if one is in progress.
    #[track_caller]
    pub fn forget(self, key: &K) {
        let mut calls = self.mu.lock();
        calls.remove(key);
        calls.unlock();
    }
}
