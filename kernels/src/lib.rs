//! The catalogue: real concurrency bugs, each a folder with a buggy and a fixed variant.

pub mod etcd;
pub mod kubernetes;
pub mod playground;

use gordian_checker::catalogue::Kernel;

/// Every kernel, in the order of their names.
pub const CATALOGUE: &[Kernel] = &[
    etcd::e4476::KERNEL,
    etcd::e5349::KERNEL,
    etcd::e6857::KERNEL,
    etcd::e6873::KERNEL,
    etcd::e7015::KERNEL,
    etcd::e7443::KERNEL,
    etcd::e7492::KERNEL,
    kubernetes::k1321::KERNEL,
    kubernetes::k30872::KERNEL,
    kubernetes::k35672::KERNEL,
    kubernetes::k58107::KERNEL,
    kubernetes::k62464::KERNEL,
    kubernetes::k6632::KERNEL,
    playground::cancel::KERNEL,
];
