//! Building blocks of golang.org/x/sync, written in [`sync`](crate::sync): what a kernel needs that
//! uses them, with the operations of the original in its order.
//!
//! The source of each is x/sync v0.11: errgroup/errgroup.go, singleflight/singleflight.go.

pub mod errgroup;
pub mod singleflight;
