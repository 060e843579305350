//! What each primitive does, behaviour by behaviour, under every interleaving.
//!
//! The behaviours are those that the tests of Go itself look at (runtime/chan_test.go, test/chan,
//! and the tests of the packages sync, sync/atomic, context, time and golang.org/x/sync); code and
//! words are our own. Go's tests run a program some thousands of times and hope; here each
//! expectation is the full set of ways in which the program can end, so it fails if an outcome is
//! missing and if one is too many. See
//! [`outcomes`] for how the set is found and written.

mod outcomes;

mod atomic;
mod blocks;
mod chan;
mod cond;
mod context;
mod corners;
mod goroutine;
mod loops;
mod mutex;
mod once;
mod rwmutex;
mod select;
mod semaphore;
mod timer;
mod waitgroup;
