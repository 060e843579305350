//! etcd#4476: a raft node that is restarted from its log without the log's state never has a
//! leader.

pub mod buggy;
pub mod fixed;

use gordian_checker::catalogue::{Expected, InGo, Kernel, TimerRules, Variant};

/// The facts.
pub const KERNEL: Kernel = Kernel {
    name: "etcd/4476",
    upstream: "https://github.com/etcd-io/etcd/pull/4476",
    class: "Communication / channel",
    mechanism: "replayWAL sends the old entries, and the nil that ends the replay, on commitC \
                before there is a raft node. It gives the node no HardState. So to the node \
                nothing is committed, not even that it is a member. It never elects itself and \
                receives no proposal from n.propc. The goroutine that proposed waits on commitC \
                for ever.",
    fix: "replayWAL hands the HardState to the node, which then commits the old entries itself, \
          through the raft loop. publishEntries sends the nil when it has published lastIndex, \
          in a select with stopc.",
    bound: "one node; a log of three entries (the node's own addition, an empty one, a value); one \
            proposal",
    left_out: "elections: a member has itself for a leader at once and adds no empty entry, \
               where upstream needs ticks; the terms and votes of the HardState; writing to the \
               log; other nodes; changes of the configuration but the first; errorC and HTTP. \
               Where the WAL of the buggy variant is replayed, the addition of the node is \
               passed over. Upstream calls ApplyConfChange there, of a node that is still nil",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy::main,
        file: "kernels/src/etcd/e4476/buggy.rs",
        source: include_str!("buggy.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e4476/buggy.go",
            source: include_str!("buggy.go"),
            export: include_str!("buggy.json"),
        }),
        expected: Expected::Deadlock,
        stuck: &[
            ("main", "recv commitC"),
            (
                "n.run",
                "select recv n.propc (nil), send n.readyc (nil), recv n.advancec (nil), \
                 recv n.confc, recv n.stop",
            ),
            ("proposals", "select send n.propc, recv n.done"),
            ("serveChannels", "select recv n.readyc, recv stopc"),
        ],
    },
    fixed: Variant {
        main: fixed::main,
        file: "kernels/src/etcd/e4476/fixed.rs",
        source: include_str!("fixed.rs"),
        in_go: Some(InGo {
            file: "kernels/src/etcd/e4476/fixed.go",
            source: include_str!("fixed.go"),
            export: include_str!("fixed.json"),
        }),
        expected: Expected::Proved,
        stuck: &[],
    },
};
