//! The verbs in which operations are written.
//!
//! A primitive's file says which of its operations has which verb. Those who read a trace match on
//! them, so the compiler names every place that has something to say about a new one.

use serde::{Deserialize, Serialize};

/// Makes an enum of which each variant has a word: it is printed so, and is so written in JSON.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$doc:meta])* $variant:ident = $word:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns its word, as it is printed.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The operation that a goroutine does, or is about to do, in one word.
    pub enum Verb {
        /// Starts a goroutine.
        Go = "go",
        /// Chooses a number.
        Choose = "choose",
        /// Sleeps.
        Sleep = "sleep",
        /// Lets others go first.
        Yield = "yield",
        /// Has called `runtime.Goexit`, as main.
        Goexit = "goexit",
        /// Locks a mutex, or an `RWMutex` for writing.
        Lock = "lock",
        /// Locks it if it is free.
        TryLock = "try-lock",
        /// Unlocks it.
        Unlock = "unlock",
        /// Locks an `RWMutex` for reading.
        RLock = "rlock",
        /// Locks it for reading if that can be done at once.
        TryRLock = "try-rlock",
        /// Unlocks it as a reader.
        RUnlock = "runlock",
        /// Sends on a channel.
        Send = "send",
        /// Receives from a channel.
        Recv = "recv",
        /// Closes a channel.
        Close = "close",
        /// Reads how many values wait in a channel.
        Len = "len",
        /// Chooses among communications.
        Select = "select",
        /// Lowers the counter of a wait group by one.
        Done = "done",
        /// Changes the counter of a wait group.
        Add = "add",
        /// Waits for a wait group, or for a condition.
        Wait = "wait",
        /// Begins `Once.Do`.
        Once = "once",
        /// Ends `Once.Do`.
        OnceEnd = "once-end",
        /// Wakes one who waits for a condition.
        Signal = "signal",
        /// Wakes all who wait for a condition.
        Broadcast = "broadcast",
        /// Makes a context the child of another.
        Derive = "derive",
        /// Cancels a context.
        Cancel = "cancel",
        /// Asks for the error of a context.
        Err = "err",
        /// Stops a timer.
        Stop = "stop",
        /// Sets a timer again.
        Reset = "reset",
        /// Fires, as a timer.
        Fire = "fire",
        /// Expires, as a timer that is to send after it.
        Expire = "expire",
        /// Reads an atomic.
        Load = "load",
        /// Writes an atomic.
        Store = "store",
        /// Adds to an atomic.
        AtomicAdd = "atomic-add",
        /// Writes an atomic, and yields what was in it.
        Swap = "swap",
        /// Writes an atomic if a value is in it.
        CompareAndSwap = "compare-and-swap",
        /// Clears bits of an atomic.
        And = "and",
        /// Sets bits of an atomic.
        Or = "or",
        /// Raises an atomic to a value.
        Max = "max",
        /// Reads a cell.
        Get = "get",
        /// Writes a cell.
        Set = "set",
        /// Reads memory that goroutines share.
        Read = "read",
        /// Writes memory that goroutines share.
        Write = "write",
        /// Takes permits of a semaphore.
        Acquire = "acquire",
        /// Takes permits if they are free.
        TryAcquire = "try-acquire",
        /// Gives permits back.
        Release = "release",
    }
}
