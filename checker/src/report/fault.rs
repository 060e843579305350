//! What is wrong with a kernel that is no kernel: a [`Fault`] in words, with what usually causes it.

use std::fmt;

use crate::model::Fault;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nondeterminism {
                goroutine,
                operation,
                first,
                now,
            } => write!(
                f,
                "the kernel behaves differently from one run to the next: goroutine `{goroutine}`, told the same as before, differs at its \
                 operation {operation}.\n  first: {first}\n  now:   {now}\n\
                 Usual causes: the order of a HashMap, a clock, a random number, a static, or data that goroutines share outside of \
                 sync's types. A choice of the kernel's own is written `choose(n)`."
            ),
            Self::StaleObject {
                goroutine,
                object,
                site,
            } => write!(
                f,
                "goroutine `{goroutine}` uses `{object}` at {}:{}, which was not made in this execution.\n\
                 Usual causes: a handle that is kept in a static, or handed from one goroutine to another by something else than \
                 sync's types.",
                site.file, site.line
            ),
            Self::Unwinding => write!(
                f,
                "the thread that checks the kernel is panicking already: check it somewhere else than in a destructor that runs while \
                 a panic unwinds."
            ),
            Self::TooMany { what, max: 0 } => write!(f, "too many {what}"),
            Self::TooMany { what, max } => write!(f, "more than {max} {what}"),
            Self::EmptyLoop { goroutine, site } => write!(
                f,
                "goroutine `{goroutine}` goes round the loop at {}:{} without a visible operation, and for ever: its state does not \
                 change.",
                site.file, site.line
            ),
        }
    }
}
