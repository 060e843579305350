//! How Rust closures become a [`Program`](crate::model::Program).
//!
//! [`closures`] runs the goroutines of a kernel on [`coroutine`]s and writes down what they do as
//! automata. The handles of [`sync`](crate::sync) reach it through [`backend`].

pub(crate) mod backend;
pub(crate) mod closures;
pub(crate) mod coroutine;
pub(crate) mod edges;
pub(crate) mod goroutine;
pub(crate) mod heartbeat;
pub(crate) mod overflow;
pub(crate) mod quiet;
pub(crate) mod registry;
pub(crate) mod unwinding;
pub(crate) mod values;
