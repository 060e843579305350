//! The standard families of programs for measuring searches, with the exact numbers that are known
//! of each.

mod programs;

use self::programs::{
    fan_in, fan_out, hand_over, independent, lock_increment, philosophers, pipeline, readers, ring,
    rwlock, shared_lock, workers,
};
use super::Script;

/// A family of programs of many sizes.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// The behaviour of its programs.
    pub about: &'static str,
    /// The meanings and the default values of the sizes; `None` for a size that must be given.
    pub sizes: &'static [(&'static str, Option<u32>)],
    build: fn(&[u32]) -> Script,
    known: fn(&[u32]) -> Known,
}

/// The exact numbers that are known of a program whose goroutines all start together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// The number of inequivalent executions.
    pub executions: Option<u128>,
    /// The number of those that end in a deadlock.
    pub deadlocks: Option<u128>,
    /// The number of states.
    pub states: Option<u128>,
}

/// All families.
pub const ALL: &[Family] = &[
    Family {
        name: "philosophers",
        about: "each takes the fork on the left, then that on the right, then lets go of both",
        sizes: &[("philosophers", None), ("rounds", Some(1))],
        build: |s| philosophers(s[0], s[1], false, false),
        known: known_philosophers,
    },
    Family {
        name: "philosophers-ordered",
        about: "as philosophers, but the last one takes the fork on the right first",
        sizes: &[("philosophers", None), ("rounds", Some(1))],
        build: |s| philosophers(s[0], s[1], true, false),
        known: known_ordered,
    },
    Family {
        name: "philosophers-ordered-joined",
        about: "as philosophers-ordered, and main waits for all of them with a wait group",
        sizes: &[("philosophers", None), ("rounds", Some(1))],
        build: |s| philosophers(s[0], s[1], true, true),
        known: |s| Known {
            states: None,
            ..known_ordered(s)
        },
    },
    Family {
        name: "fan-in",
        about: "senders send equal values to one channel, and one goroutine receives them all",
        sizes: &[
            ("senders", None),
            ("values of each", None),
            ("capacity", Some(0)),
        ],
        build: |s| fan_in(s[0], s[1], s[2]),
        known: known_fan_in,
    },
    Family {
        name: "fan-out",
        about: "one goroutine sends equal values to one channel, and receivers receive as many \
                each",
        sizes: &[
            ("receivers", None),
            ("values of each", None),
            ("capacity", Some(0)),
        ],
        build: |s| fan_out(s[0], s[1], s[2]),
        known: known_fan_in,
    },
    Family {
        name: "pipeline",
        about: "values go from stage to stage, each of which adds one, through a channel between \
                every two",
        sizes: &[("stages", None), ("values", None), ("capacity", Some(0))],
        build: |s| pipeline(s[0], s[1], s[2]),
        known: |s| Known {
            executions: (s[2] <= 1).then_some(1),
            deadlocks: Some(0),
            states: None,
        },
    },
    Family {
        name: "independent",
        about: "each goroutine locks and unlocks a lock of its own",
        sizes: &[("goroutines", None)],
        build: |s| independent(s[0]),
        known: |s| Known {
            executions: Some(1),
            deadlocks: Some(0),
            states: 3_u128.checked_pow(s[0]),
        },
    },
    Family {
        name: "readers",
        about: "goroutines read what one writes once",
        sizes: &[("readers", None)],
        build: |s| readers(s[0]),
        known: |s| Known {
            executions: 2_u128.checked_pow(s[0]),
            deadlocks: Some(0),
            states: 2_u128.checked_pow(s[0] + 1),
        },
    },
    Family {
        name: "lock-increment",
        about: "each goroutine locks, adds one, and unlocks",
        sizes: &[("goroutines", None)],
        build: |s| lock_increment(s[0]),
        known: |s| Known {
            executions: Some(factorial(s[0])),
            deadlocks: Some(0),
            // Any subset is done and nobody holds the lock, or one of the others holds it.
            states: 2_u128
                .checked_pow(s[0])
                .map(|done| done + u128::from(s[0]) * done / 2),
        },
    },
    Family {
        name: "shared-lock",
        about: "goroutines lock and unlock one lock, some times each",
        sizes: &[("goroutines", None), ("times", Some(1))],
        build: |s| shared_lock(s[0], s[1]),
        known: known_shared_lock,
    },
    Family {
        name: "hand-over",
        about: "goroutines go along a chain of locks, each taken before the last one is let go",
        sizes: &[("goroutines", None), ("locks", None)],
        build: |s| hand_over(s[0], s[1]),
        known: |s| Known {
            // Nobody overtakes another.
            executions: (s[1] > 0).then(|| factorial(s[0])),
            deadlocks: Some(0),
            states: None,
        },
    },
    Family {
        name: "workers",
        about: "main hands out all jobs, then takes the results; workers use one lock for each \
                job, and with several jobs each all are stuck",
        sizes: &[("workers", None), ("jobs of each", Some(1))],
        build: |s| workers(s[0], s[1]),
        known: |s| Known {
            deadlocks: (s[1] <= 1).then_some(0),
            ..Known::default()
        },
    },
    Family {
        name: "rwlock",
        about: "readers and writers each take one lock once",
        sizes: &[("readers", None), ("writers", None)],
        build: |s| rwlock(s[0], s[1]),
        known: |s| Known {
            executions: match *s {
                [_, 0] => Some(1),
                // Each reader is before the writer, blocks it, or is after it.
                [readers, 1] => 3_u128.checked_pow(readers),
                [0, writers] => Some(factorial(writers)),
                _ => None,
            },
            deadlocks: Some(0),
            states: None,
        },
    },
    Family {
        name: "ring",
        about: "a token goes round a ring of goroutines, some rounds or (0) for ever",
        sizes: &[("goroutines", None), ("rounds", Some(1))],
        build: |s| ring(s[0], s[1]),
        known: |s| Known {
            executions: (s[1] > 0).then_some(1),
            deadlocks: Some(0),
            states: (s[1] > 0).then(|| u128::from(s[0]) * u128::from(s[1]) + 1),
        },
    },
];

impl Family {
    /// Returns the family of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|family| family.name == name)
    }

    /// Returns the program with these sizes.
    ///
    /// # Errors
    /// If there are too few or too many sizes: a description of the expected ones.
    pub fn script(&self, sizes: &[u32]) -> Result<Script, String> {
        Ok((self.build)(&self.complete(sizes)?))
    }

    /// Returns what is known of the program with these sizes.
    ///
    /// # Errors
    /// As for [`Family::script`].
    pub fn known(&self, sizes: &[u32]) -> Result<Known, String> {
        Ok((self.known)(&self.complete(sizes)?))
    }

    /// Completes the sizes with the default values.
    fn complete(&self, sizes: &[u32]) -> Result<Vec<u32>, String> {
        let wanted = || {
            let word = |(name, default): &(&str, Option<u32>)| match default {
                None => format!("<{name}>"),
                Some(value) => format!("[{name}, else {value}]"),
            };
            let words: Vec<String> = self.sizes.iter().map(word).collect();
            format!("{} takes {}", self.name, words.join(" "))
        };
        if sizes.len() > self.sizes.len() {
            return Err(wanted());
        }
        let left_out = self.sizes[sizes.len()..].iter();
        let defaults: Option<Vec<u32>> = left_out.map(|(_, default)| *default).collect();
        let defaults = defaults.ok_or_else(wanted)?;
        Ok(sizes.iter().copied().chain(defaults).collect())
    }
}

fn known_philosophers(s: &[u32]) -> Known {
    let [n, 1] = *s else {
        return Known::default();
    };
    let states = match n {
        2 => Some(19),
        3 => Some(87),
        4 => Some(391),
        5 => Some(1743),
        _ => None,
    };
    Known {
        executions: 2_u128.checked_pow(n).map(|count| count - 1),
        deadlocks: Some(1),
        states,
    }
}

fn known_ordered(s: &[u32]) -> Known {
    let executions = match *s {
        [n, 1] => 2_u128.checked_pow(n).map(|count| count - 2),
        // Any two of two or three philosophers share a fork, so their meals are sequential, in any
        // order.
        [n @ (2 | 3), rounds] => multinomial(n, rounds),
        _ => None,
    };
    let states = match *s {
        [2, 1] => Some(16),
        [3, 1] => Some(72),
        [4, 1] => Some(320),
        [5, 1] => Some(1424),
        [3, 3] => Some(1000),
        _ => None,
    };
    Known {
        executions,
        deadlocks: Some(0),
        states,
    }
}

/// Returns the numbers for senders (or receivers) of some values each, with one partner for all.
/// With a buffer of one, sends and receives alternate, so only the order of the senders varies.
fn known_fan_in(s: &[u32]) -> Known {
    let [many, values, capacity] = *s else {
        return Known::default();
    };
    let states = u128::from(values + 1).checked_pow(many);
    Known {
        executions: multinomial(many, values).filter(|_| capacity <= 1),
        deadlocks: Some(0),
        states: states.filter(|_| capacity == 0),
    }
}

fn known_shared_lock(s: &[u32]) -> Known {
    let [n, times] = *s else {
        return Known::default();
    };
    // Nobody holds the lock, or one does who is not done yet.
    let (free, held) = (u128::from(times) + 1, u128::from(n) * u128::from(times));
    let others = n.checked_sub(1).and_then(|others| free.checked_pow(others));
    Known {
        executions: multinomial(n, times),
        deadlocks: Some(0),
        states: others.and_then(|others| others.checked_mul(free + held)),
    }
}

fn factorial(n: u32) -> u128 {
    (1..=u128::from(n)).product()
}

/// Returns the number of interleavings of `many` sequences of `length`.
fn multinomial(many: u32, length: u32) -> Option<u128> {
    let mut ways = 1_u128;
    for sequence in 1..many {
        // The ways to merge one more sequence into the merged ones.
        let before = u128::from(sequence) * u128::from(length);
        for place in 1..=u128::from(length) {
            ways = ways.checked_mul(before + place)? / place;
        }
    }
    Some(ways)
}
