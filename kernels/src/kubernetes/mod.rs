//! Bugs of Kubernetes.

pub mod k1321;
pub mod k30872;
pub mod k35672;
pub mod k58107;
pub mod k62464;
pub mod k6632;
