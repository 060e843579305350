//! The exercises of `gordian learn` in Rust: the learner's files, in the program.

mod cancel;
mod e6857;
mod e7015;
mod k62464;
mod k6632;

use std::process::ExitCode;

use gordian::catalogue::{Expected, Kernel, Variant};
use gordian_kernels::{CATALOGUE, etcd, kubernetes, playground};

fn main() -> ExitCode {
    let mut catalogue = CATALOGUE.to_vec();
    catalogue.extend(OWN);
    gordian::main(&catalogue)
}

/// A file of this crate, with one of its functions.
macro_rules! variant {
    ($module:ident :: $main:ident, $expected:ident, $stuck:expr) => {
        Variant {
            main: $module::$main,
            file: concat!("exercises/src/", stringify!($module), ".rs"),
            source: include_str!(concat!(stringify!($module), ".rs")),
            expected: Expected::$expected,
            stuck: $stuck,
            in_go: None,
        }
    };
}

/// The learner's kernels. Those to be mended have the bug of upstream, those to be written both
/// variants of the learner's.
const OWN: [Kernel; 5] = [
    Kernel {
        name: "exercise/6632",
        fixed: variant!(k6632::main, Proved, &[]),
        ..kubernetes::k6632::KERNEL
    },
    Kernel {
        name: "exercise/62464",
        buggy: variant!(
            k62464::buggy,
            Deadlock,
            kubernetes::k62464::KERNEL.buggy.stuck
        ),
        fixed: variant!(k62464::fixed, Proved, &[]),
        ..kubernetes::k62464::KERNEL
    },
    Kernel {
        name: "exercise/6857",
        buggy: variant!(e6857::buggy, Leak, etcd::e6857::KERNEL.buggy.stuck),
        fixed: variant!(e6857::fixed, Proved, &[]),
        ..etcd::e6857::KERNEL
    },
    Kernel {
        name: "exercise/7015",
        fixed: variant!(e7015::main, Proved, &[]),
        ..etcd::e7015::KERNEL
    },
    Kernel {
        name: "exercise/cancel",
        fixed: variant!(cancel::main, Proved, &[]),
        ..playground::cancel::KERNEL
    },
];

#[cfg(test)]
mod tests {
    use gordian::{Verdict, check};

    use super::*;

    /// The files in the repository are the exercises, and not answers to them.
    #[test]
    fn nothing_is_solved_yet() {
        for kernel in OWN {
            let [buggy, fixed] = [kernel.buggy, kernel.fixed].map(|it| check(it.main).verdict);
            let solved = buggy != Verdict::Proved && fixed == Verdict::Proved;
            assert!(!solved, "{}", kernel.name);
        }
    }
}
