//! Building blocks of golang.org/x/sync, written in [`sync`](crate::sync) for kernels that use
//! them. They do the operations of the original in the original order.
//!
//! The source of each is x/sync v0.11: errgroup/errgroup.go, singleflight/singleflight.go.

pub mod errgroup;
pub mod singleflight;
