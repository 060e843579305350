//! Turns Rust closures into a [`Program`](crate::model::Program).
//!
//! [`closures`] runs the goroutines of a kernel on [`coroutine`]s and records their actions as
//! automata. The handles of [`sync`](crate::sync) reach it through [`backend`].

pub(crate) mod backend;
pub(crate) mod closures;
pub(crate) mod coroutine;
pub(crate) mod goroutine;
pub(crate) mod heartbeat;
pub(crate) mod interner;
pub(crate) mod panic_hook;
pub(crate) mod recovery;
pub(crate) mod registry;
pub(crate) mod site;
pub(crate) mod stack_overflow;
pub(crate) mod unwinding;
