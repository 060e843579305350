//! The programs that every side runs, by name and size.

use std::fmt;

/// One program: a family and its sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Dining philosophers, in any of three variants.
    Philosophers(Table),
    /// Senders that each send equal values on one channel; main receives them all.
    FanIn {
        /// The number of goroutines that send.
        senders: usize,
        /// The number of values that each of them sends.
        values: usize,
        /// The channel's capacity; 0 is a rendezvous.
        capacity: usize,
    },
    /// Stages that each pass values on from one channel to the next; a source sends them, and main
    /// receives them.
    Pipeline {
        /// The number of stages.
        stages: usize,
        /// The number of values.
        values: usize,
        /// The capacity of each channel; 0 is a rendezvous.
        capacity: usize,
    },
    /// Goroutines that each lock and unlock a lock of their own.
    Independent(usize),
    /// Goroutines that each lock one common lock, add one, and unlock.
    LockIncrement(usize),
    /// Goroutines that each read once a cell that one more goroutine writes once.
    Readers(usize),
    /// Goroutines that each lock and unlock one common lock, for reading or for writing.
    RwLock {
        /// The number of those that read.
        readers: usize,
        /// The number of those that write.
        writers: usize,
    },
}

/// A table of philosophers with fork locks `0..seats`.
///
/// Philosopher `i` locks fork `i`, then fork `(i + 1) % seats`, unlocks the second, then the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// The number of philosophers, and of forks.
    pub seats: usize,
    /// The number of times that each philosopher does so.
    pub rounds: usize,
    /// True if the last philosopher takes its two forks in swapped order, so that none deadlocks.
    pub ordered: bool,
    /// True if main waits for all philosophers instead of just returning.
    pub joined: bool,
}

impl Table {
    /// Returns the fork that philosopher `seat` locks first, and the one it locks second.
    pub fn forks(&self, seat: usize) -> (usize, usize) {
        let (left, right) = (seat, (seat + 1) % self.seats);
        if self.ordered && seat + 1 == self.seats {
            (right, left)
        } else {
            (left, right)
        }
    }
}

/// The names that [`Family::parse`] takes, with their sizes, for messages.
pub const USAGE: &str = "\
philosophers N [ROUNDS]                 deadlocks
philosophers-joined N [ROUNDS]          main waits for all
philosophers-ordered N [ROUNDS]         the last one takes its forks in swapped order
philosophers-ordered-joined N [ROUNDS]  main waits for all
fan-in SENDERS VALUES CAPACITY          main receives all values
pipeline STAGES VALUES CAPACITY         each stage passes all values on
independent N                           each its own lock
lock-increment N                        one common lock
readers N                               N read what one writes
rwlock READERS WRITERS                  one common lock";

/// The largest size of any kind that is accepted.
const SIZE_MAX: usize = 64;

impl Family {
    /// Returns the family called `name` with these sizes; `joined` makes main wait for its
    /// philosophers.
    pub fn parse(name: &str, sizes: &[usize], joined: bool) -> Result<Family, String> {
        if let Some(size) = sizes.iter().find(|&&size| size > SIZE_MAX) {
            return Err(format!("size {size} is over {SIZE_MAX}"));
        }
        let family = match name {
            "philosophers" => Family::Philosophers(table(sizes, false, joined)?),
            "philosophers-joined" => Family::Philosophers(table(sizes, false, true)?),
            "philosophers-ordered" => Family::Philosophers(table(sizes, true, joined)?),
            "philosophers-ordered-joined" => Family::Philosophers(table(sizes, true, true)?),
            "fan-in" => fan_in(sizes)?,
            "pipeline" => pipeline(sizes)?,
            "rwlock" => rwlock(sizes)?,
            "independent" => Family::Independent(one(sizes)?),
            "lock-increment" => Family::LockIncrement(one(sizes)?),
            "readers" => Family::Readers(one(sizes)?),
            _ => return Err(format!("no family is called `{name}`; there are:\n{USAGE}")),
        };
        match family {
            Family::Philosophers(_) => Ok(family),
            _ if joined => Err(format!("`{name}` has no joined variant")),
            _ => Ok(family),
        }
    }

    /// Returns the family's name, as [`Family::parse`] takes it.
    pub fn name(&self) -> &'static str {
        match self {
            Family::Philosophers(table) => match (table.ordered, table.joined) {
                (false, false) => "philosophers",
                (false, true) => "philosophers-joined",
                (true, false) => "philosophers-ordered",
                (true, true) => "philosophers-ordered-joined",
            },
            Family::FanIn { .. } => "fan-in",
            Family::Pipeline { .. } => "pipeline",
            Family::RwLock { .. } => "rwlock",
            Family::Independent(_) => "independent",
            Family::LockIncrement(_) => "lock-increment",
            Family::Readers(_) => "readers",
        }
    }

    /// Returns the sizes, without a number of rounds that is 1.
    pub fn sizes(&self) -> Vec<usize> {
        match *self {
            Family::Philosophers(Table {
                seats, rounds: 1, ..
            }) => vec![seats],
            Family::Philosophers(Table { seats, rounds, .. }) => vec![seats, rounds],
            Family::FanIn {
                senders,
                values,
                capacity,
            } => vec![senders, values, capacity],
            Family::Pipeline {
                stages,
                values,
                capacity,
            } => vec![stages, values, capacity],
            Family::RwLock { readers, writers } => vec![readers, writers],
            Family::Independent(n) | Family::LockIncrement(n) | Family::Readers(n) => vec![n],
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.sizes()
            .iter()
            .try_for_each(|size| write!(f, " {size}"))
    }
}

fn table(sizes: &[usize], ordered: bool, joined: bool) -> Result<Table, String> {
    let (seats, rounds) = match *sizes {
        [seats] => (seats, 1),
        [seats, rounds] => (seats, rounds),
        _ => return Err("philosophers take N [ROUNDS]".to_string()),
    };
    if seats < 2 || rounds < 1 {
        return Err("philosophers need at least 2 seats and 1 round".to_string());
    }
    Ok(Table {
        seats,
        rounds,
        ordered,
        joined,
    })
}

fn fan_in(sizes: &[usize]) -> Result<Family, String> {
    match *sizes {
        [senders, values, capacity] if senders > 0 && values > 0 => Ok(Family::FanIn {
            senders,
            values,
            capacity,
        }),
        _ => Err("fan-in takes SENDERS VALUES CAPACITY, the first two above zero".to_string()),
    }
}

fn pipeline(sizes: &[usize]) -> Result<Family, String> {
    match *sizes {
        [stages, values, capacity] if stages > 0 && values > 0 => Ok(Family::Pipeline {
            stages,
            values,
            capacity,
        }),
        _ => Err("pipeline takes STAGES VALUES CAPACITY, the first two above zero".to_string()),
    }
}

fn rwlock(sizes: &[usize]) -> Result<Family, String> {
    match *sizes {
        [readers, writers] if readers > 0 && writers > 0 => Ok(Family::RwLock { readers, writers }),
        _ => Err("rwlock takes READERS WRITERS, both above zero".to_string()),
    }
}

fn one(sizes: &[usize]) -> Result<usize, String> {
    match *sizes {
        [n] if n > 0 => Ok(n),
        _ => Err("this family takes one size above zero".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name and sizes survive a round trip.
    #[test]
    fn names_and_sizes_round_trip() {
        for (name, sizes) in [
            ("philosophers", vec![3]),
            ("philosophers-joined", vec![3]),
            ("philosophers-ordered", vec![3, 2]),
            ("philosophers-ordered-joined", vec![4]),
            ("fan-in", vec![4, 4, 0]),
            ("readers", vec![2]),
            ("pipeline", vec![3, 2, 1]),
            ("rwlock", vec![2, 3]),
        ] {
            let family = Family::parse(name, &sizes, false).expect(name);
            assert_eq!(family.name(), name);
            assert_eq!(family.sizes(), sizes);
        }
    }

    /// Names and sizes that make no program are refused with a message.
    #[test]
    fn nonsense_is_refused() {
        for (name, sizes) in [
            ("philosophers", vec![]),
            ("philosophers", vec![1]),
            ("philosophers-ordered", vec![3, 0]),
            ("fan-in", vec![4, 4]),
            ("independent", vec![65]),
            ("nobody", vec![1]),
        ] {
            assert!(
                Family::parse(name, &sizes, false).is_err(),
                "{name} {sizes:?}"
            );
        }
        assert!(Family::parse("fan-in", &[1, 1, 0], true).is_err());
    }

    /// Only the last philosopher of an ordered table swaps.
    #[test]
    fn the_last_one_swaps() {
        let plain = table(&[3], false, false).expect("a table");
        let ordered = table(&[3], true, false).expect("a table");
        assert_eq!(plain.forks(2), (2, 0));
        assert_eq!(ordered.forks(2), (0, 2));
        assert_eq!(ordered.forks(1), (1, 2));
    }
}
