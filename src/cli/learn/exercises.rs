//! The course: twelve exercises over real bugs, from two locks to a balancer.

use gordian_checker::catalogue::{Kernel, VariantKind};

/// An exercise.
#[derive(Debug)]
pub(super) struct Exercise {
    /// The kernel that it is about.
    pub(super) kernel: &'static str,
    /// The subject in a few words, which gives nothing away.
    pub(super) title: &'static str,
    pub(super) kind: Kind,
    /// The situation, in a sentence or two.
    pub(super) story: &'static str,
    pub(super) hint: &'static str,
}

/// The answer that is asked for.
#[derive(Debug)]
pub(super) enum Kind {
    /// The goroutines that can be stuck at the end of this variant, and under which schedules.
    Predict(VariantKind),
    /// A schedule that ends badly.
    Schedule,
    /// A change of the buggy variant that is proved and does the same work.
    Fix(Work),
    /// A kernel of Go code: with the bug, and with the fix.
    Reduce(Work),
}

impl Exercise {
    /// Returns the code of its kernel in Go: of the buggy variant, without main if that is to be
    /// written. It is empty if the kernel is not there in Go.
    pub(super) fn in_go(&self, kernel: &Kernel) -> String {
        let source = kernel.buggy.in_go.map_or("", |in_go| in_go.source);
        let code = source.trim_start_matches("//go:build ignore").trim_start();
        let code = match self.kind {
            Kind::Reduce(_) => code.split("\nfunc main()").next().unwrap_or_default(),
            Kind::Predict(_) | Kind::Schedule | Kind::Fix(_) => code,
        };
        code.replacen(" before the fix", "", 1)
    }
}

impl Kind {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Predict(_) => "predict",
            Self::Schedule => "schedule",
            Self::Fix(_) => "fix",
            Self::Reduce(_) => "reduce",
        }
    }
}

/// The work of an exercise with code.
#[derive(Debug)]
pub(super) struct Work {
    /// The operations that must still happen.
    pub(super) must: &'static [Must],
    /// A channel that must not be larger, and its size. More room puts the bug off, and no more.
    pub(super) room: (&'static str, u32),
    /// The name of the learner's kernel in the crate `exercises`, and its file there.
    pub(super) own: (&'static str, &'static str),
}

/// An operation that some execution must do so often. If that is never, some goroutine must come
/// to a point where it would do it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Must {
    /// The operation: `send`.
    pub(super) verb: &'static str,
    /// The object, without what comes before a dot in its name; empty for any.
    pub(super) object: &'static str,
    pub(super) times: usize,
}

const fn must(verb: &'static str, object: &'static str, times: usize) -> Must {
    Must {
        verb,
        object,
        times,
    }
}

/// No channel has a largest size.
const ANY: (&str, u32) = ("", u32::MAX);

/// The exercises, in order.
pub(super) const EXERCISES: [Exercise; 12] = [
    Exercise {
        kernel: "kubernetes/30872",
        title: "two locks",
        kind: Kind::Predict(VariantKind::Buggy),
        story: "A federated informer has a lock, and the queue of the informer within it has \
                another. Two goroutines need both.",
        hint: "Write down, for each goroutine, which lock it holds while it takes which other.",
    },
    Exercise {
        kernel: "playground/cancel",
        title: "a goroutine that waits for a word",
        kind: Kind::Fix(Work {
            must: &[must("recv", "rchan", 0), must("recv", "cancelCh", 1)],
            room: ANY,
            own: ("exercise/cancel", "exercises/src/cancel.rs"),
        }),
        story: "goroutine1 waits for a value or for its cancellation. Main returns, and goroutine1 \
                is left behind.",
        hint: "Nobody says that goroutine1 may stop. Whoever returns last can say so on its way \
               out.",
    },
    Exercise {
        kernel: "kubernetes/1321",
        title: "an event for a watcher that stops",
        kind: Kind::Schedule,
        story: "A mux hands events to its watchers. One of them stops meanwhile.",
        hint: "The watcher needs the lock to stop. Who could hold it just then, and wait for the \
               watcher?",
    },
    Exercise {
        kernel: "kubernetes/6632",
        title: "a full channel under a lock",
        kind: Kind::Fix(Work {
            must: &[
                must("send", "resetChan", 3),
                must("close", "resetChan", 1),
                must("close", "closeChan", 1),
                must("recv", "closeChan", 1),
            ],
            room: ("resetChan", 2),
            own: ("exercise/6632", "exercises/src/k6632.rs"),
        }),
        story: "Each frame that is written goes into resetChan, under writeLock. When the \
                connection is closed, monitor takes writeLock to close resetChan.",
        hint: "monitor is the only reader of resetChan, and stops reading before it has the lock. \
               Somebody has to go on reading until the lock is free.",
    },
    Exercise {
        kernel: "kubernetes/62464",
        title: "a read lock twice",
        kind: Kind::Reduce(Work {
            must: &[must("rlock", "", 1), must("lock", "", 1)],
            room: ANY,
            own: ("exercise/62464", "exercises/src/k62464.rs"),
        }),
        story: "The state of the CPU manager is under an RWMutex. reconcileState looks for the \
                CPUs of a container while main sets them.",
        hint: "Only the lock matters: three read locks of one goroutine, the first of them around \
               the others, and a write lock of main. What is under the lock can go.",
    },
    Exercise {
        kernel: "kubernetes/58107",
        title: "workers and a pending writer",
        kind: Kind::Schedule,
        story: "The workers of a controller hold a read lock while they work. Sync takes the write \
                lock to hold them up.",
        hint: "A worker without work waits, and holds its read lock. Then let Sync ask for the \
               write lock before the other worker comes.",
    },
    Exercise {
        kernel: "etcd/6873",
        title: "a close that waits",
        kind: Kind::Predict(VariantKind::Buggy),
        story: "stop closes the channel of a goroutine, and waits until that goroutine has ended. \
                It does so under a lock.",
        hint: "What does the other goroutine need between its last receive and its end?",
    },
    Exercise {
        kernel: "etcd/7015",
        title: "an answer that nobody waits for",
        kind: Kind::Fix(Work {
            must: &[
                must("send", "errc", 1),
                must("recv", "errc", 1),
                must("recv", "Done", 1),
            ],
            room: ANY,
            own: ("exercise/7015", "exercises/src/e7015.rs"),
        }),
        story: "A request is made by a goroutine, which sends its answer to the caller. The caller \
                waits for the answer, or for the end of its context.",
        hint: "The goroutine should be able to leave its answer where nobody waits for it.",
    },
    Exercise {
        kernel: "etcd/6857",
        title: "a question to one who has gone",
        kind: Kind::Reduce(Work {
            must: &[
                must("send", "status", 1),
                must("recv", "stop", 1),
                must("close", "done", 1),
            ],
            room: ANY,
            own: ("exercise/6857", "exercises/src/e6857.rs"),
        }),
        story: "A raft node runs in a goroutine. Another asks for its status, a third stops it.",
        hint: "Three goroutines named run, Status and Stop, and three channels without buffers: \
               n.status, n.stop and n.done.",
    },
    Exercise {
        kernel: "etcd/5349",
        title: "an election that is won twice",
        kind: Kind::Schedule,
        story: "A session campaigns a second time. Each campaign waits until the keys before its \
                own are deleted.",
        hint: "Let main become the leader first. Whose key does its second campaign wait for?",
    },
    Exercise {
        kernel: "etcd/4476",
        title: "a restart from a log",
        kind: Kind::Predict(VariantKind::Buggy),
        story: "A raft node is restarted from its log, and a value is proposed to it.",
        hint: "Play it with `play`, and look at the line under the goal before you do anything.",
    },
    Exercise {
        kernel: "etcd/7443",
        title: "a balancer, as it was changed",
        kind: Kind::Predict(VariantKind::Fixed),
        story: "The client's balancer tells gRPC of the addresses that it may use, and is closed.",
        hint: "Look for a send under b.mu. Where are the sends, and what is held there?",
    },
];

#[cfg(test)]
mod tests {
    use gordian_kernels::CATALOGUE;

    use super::*;

    #[test]
    fn each_kind_is_asked_for_and_each_kernel_is_there() {
        for kind in ["predict", "schedule", "fix", "reduce"] {
            let count = EXERCISES.iter().filter(|it| it.kind.name() == kind).count();
            assert!(count >= 2, "{kind}");
        }
        for exercise in &EXERCISES {
            let mut kernels = CATALOGUE.iter();
            assert!(kernels.any(|it| it.name == exercise.kernel), "{exercise:?}");
        }
    }

    #[test]
    fn a_kernel_that_is_to_be_written_has_no_main_in_go_yet() {
        for exercise in &EXERCISES {
            let is_given = match exercise.kind {
                Kind::Predict(_) | Kind::Schedule => continue,
                Kind::Fix(_) => true,
                Kind::Reduce(_) => false,
            };
            let kernel = CATALOGUE.iter().find(|it| it.name == exercise.kernel);
            let code = exercise.in_go(kernel.unwrap());
            assert!(
                code.starts_with("// ") && !code.contains(" fix."),
                "{exercise:?}"
            );
            assert!(code.contains("\npackage main\n"), "{exercise:?}");
            assert_eq!(code.contains("func main()"), is_given, "{exercise:?}");
        }
    }
}
