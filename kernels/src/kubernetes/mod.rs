//! Bugs of Kubernetes.

pub mod k1321;
