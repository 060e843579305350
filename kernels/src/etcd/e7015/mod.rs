//! etcd#7015: the goroutine of an HTTP request sends its error to a caller that has gone because
//! its context ended.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "etcd/7015",
    upstream: "https://github.com/etcd-io/etcd/pull/7015",
    class: "Communication / channel & context",
    mechanism: "TimeToLiveHTTP's select leaves through ctx.Done(). Nobody receives from the \
                unbuffered errc any more, on which the goroutine that does the request sends its \
                result.",
    fix: "errc gets a buffer, as large as the number of sends at least, so that the send never \
          blocks.",
    bound: "one request",
    left_out: "the request and its answer: cc.Do fails or succeeds, at any time; so cancel(), \
               which makes it fail, changes nothing. The other ways in which an answer can be an \
               error, which differ from cc.Do's only in the value that is sent. RenewHTTP, which \
               has the same code",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/etcd/e7015/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e7015/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Leak,
        stuck: &[("cc.Do", "send errc")],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/etcd/e7015/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e7015/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
