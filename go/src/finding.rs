//! Findings that a panic stands for. The machine ends a program there and then, and the message
//! tells them apart from the panics of the program itself.

use crate::natives::TEST_FAILS;

/// With this the message of a program begins that `log.Fatal` ends.
pub(crate) const LOG_FATAL: &str = "log.Fatal: ";

/// With this the message of a program begins that `os.Exit` ends.
pub(crate) const OS_EXIT: &str = "os.Exit(";

/// With this the message of a panic begins that a test causes by logging when it is over.
pub(crate) const LATE_LOG: &str = "Log in goroutine after ";

/// With this the message of a panic begins that a wait group causes.
const WAIT_GROUP: &str = "sync: negative WaitGroup counter";

/// A finding that has a verdict of its own, and is a panic for the searches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// The test fails: `t.Error`, `t.Fatal`.
    Fail,
    /// The program exits with a code that is not 0: `os.Exit`, `log.Fatal`.
    Exit,
    /// A wait group is used in a way that Go refuses.
    Misuse,
    /// A goroutine logs for a test that is over.
    LateLog,
}

impl Finding {
    /// Returns the finding for which a panic with this message stands; `None` if the program itself
    /// panics.
    #[must_use]
    pub fn of(message: &str) -> Option<Self> {
        let starts = [
            (TEST_FAILS, Self::Fail),
            (LOG_FATAL, Self::Exit),
            (OS_EXIT, Self::Exit),
            (WAIT_GROUP, Self::Misuse),
            (LATE_LOG, Self::LateLog),
        ];
        let found = starts.iter().find(|(start, _)| message.starts_with(start));
        found.map(|(_, finding)| *finding)
    }
}
