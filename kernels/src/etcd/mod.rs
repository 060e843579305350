//! Bugs of etcd.

pub mod e4476;
pub mod e5349;
pub mod e6857;
pub mod e6873;
pub mod e7015;
pub mod e7443;
pub mod e7492;
