//! The behaviours of each primitive, one by one, under every interleaving.
//!
//! The behaviours are those that Go's own tests check (runtime/chan_test.go, test/chan, and the
//! tests of the packages sync, sync/atomic, context, time and golang.org/x/sync); code and words
//! are our own. Go's tests run a program some thousands of times and hope. Here each expectation is
//! the full set of ways in which the program can end, so a test fails if an outcome is missing and
//! if there is one too many. [`outcomes`] explains how the set is found and written.

mod outcomes;

mod after_func;
mod atomic;
mod blocks;
mod chan;
mod cond;
mod context;
mod corners;
mod daemon;
mod goroutine;
mod loops;
mod mutex;
mod once;
mod recover;
mod rwmutex;
mod select;
mod semaphore;
mod timer;
mod waitgroup;
