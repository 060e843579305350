//! The standard families of programs, by which searches are measured, with what is exactly known of
//! each.

use super::Statement::{
    Forever, Get, Increment, Lock, RLock, RUnlock, Recv, Repeat, Send, Set, Unlock, WLock, WUnlock,
    WgAdd, WgWait,
};
use super::{Object, Operand, Script, Statement};

/// A family of programs of many sizes.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What its programs do.
    pub about: &'static str,
    /// What the sizes mean, and what each is where it is left out; `None` has to be said.
    pub sizes: &'static [(&'static str, Option<u32>)],
    build: fn(&[u32]) -> Script,
    known: fn(&[u32]) -> Known,
}

/// What is exactly known of a program, all goroutines starting together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// How many inequivalent executions it has.
    pub executions: Option<u128>,
    /// How many of them end in a deadlock.
    pub deadlocks: Option<u128>,
    /// How many states.
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
            // Any of them may be done, or one of the others is inside.
            states: 2_u128
                .checked_pow(s[0])
                .map(|done| done + u128::from(s[0]) * done / 2),
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
                // Each reader is before the writer, in its way, or after it.
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
    /// The family of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|family| family.name == name)
    }

    /// The program of these sizes.
    ///
    /// # Errors
    /// If there are too few sizes or too many: what is wanted.
    pub fn script(&self, sizes: &[u32]) -> Result<Script, String> {
        Ok((self.build)(&self.complete(sizes)?))
    }

    /// What is known of the program of these sizes.
    ///
    /// # Errors
    /// As for [`Family::script`].
    pub fn known(&self, sizes: &[u32]) -> Result<Known, String> {
        Ok((self.known)(&self.complete(sizes)?))
    }

    /// The sizes with those that were left out.
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

fn name(base: &str, index: u32) -> String {
    format!("{base}{}", index + 1)
}

/// A goroutine's name: the first is main.
fn goroutine_name(base: &str, index: u32) -> String {
    if index == 0 {
        "main".to_owned()
    } else {
        name(base, index)
    }
}

fn repeat(times: u32, body: Vec<Statement>) -> Vec<Statement> {
    match times {
        1 => body,
        _ => vec![Repeat(times, body)],
    }
}

fn philosophers(n: u32, rounds: u32, ordered: bool, joined: bool) -> Script {
    let mut script = Script::new();
    let forks: Vec<Object> = (0..n).map(|i| script.mutex(name("fork", i))).collect();
    let finished = joined.then(|| script.waitgroup("finished", n));
    if let Some(finished) = finished {
        script.goroutine("main", [WgWait(finished)]);
    }
    for i in 0..n {
        let (mut first, mut second) = (forks[i as usize], forks[((i + 1) % n) as usize]);
        if ordered && i + 1 == n {
            std::mem::swap(&mut first, &mut second);
        }
        let meal = vec![Lock(first), Lock(second), Unlock(second), Unlock(first)];
        let mut body = repeat(rounds, meal);
        body.extend(finished.map(|finished| WgAdd(finished, -1)));
        let name = match joined {
            true => name("philosopher", i),
            false => goroutine_name("philosopher", i),
        };
        script.goroutine(name, body);
    }
    script
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
        // Any two of two or three philosophers share a fork, so their meals come one after the
        // other, in any order.
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

fn fan_in(senders: u32, values: u32, capacity: u32) -> Script {
    let mut script = Script::new();
    let c = script.chan("c", capacity);
    script.goroutine("main", repeat(senders * values, vec![Recv(c)]));
    for i in 0..senders {
        let body = repeat(values, vec![Send(c, Operand::Constant(1))]);
        script.goroutine(name("sender", i), body);
    }
    script
}

fn fan_out(receivers: u32, values: u32, capacity: u32) -> Script {
    let mut script = Script::new();
    let c = script.chan("c", capacity);
    let send = Send(c, Operand::Constant(1));
    script.goroutine("main", repeat(receivers * values, vec![send]));
    for i in 0..receivers {
        script.goroutine(name("receiver", i), repeat(values, vec![Recv(c)]));
    }
    script
}

/// Senders (or receivers) of some values each, and one partner for all. With a buffer of one, sends
/// and receives take turns, so that the order of the senders is all that there is to choose.
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

fn pipeline(stages: u32, values: u32, capacity: u32) -> Script {
    let mut script = Script::new();
    let channels: Vec<Object> = (0..=stages)
        .map(|i| script.chan(name("c", i), capacity))
        .collect();
    let last = channels[stages as usize];
    script.goroutine("main", repeat(values, vec![Recv(last)]));
    let send = Send(channels[0], Operand::Constant(1));
    script.goroutine("source", repeat(values, vec![send]));
    for i in 0..stages as usize {
        let body = vec![Recv(channels[i]), Send(channels[i + 1], Operand::Last(1))];
        script.goroutine(format!("stage{}", i + 1), repeat(values, body));
    }
    script
}

fn independent(n: u32) -> Script {
    let mut script = Script::new();
    for i in 0..n {
        let lock = script.mutex(name("lock", i));
        script.goroutine(goroutine_name("worker", i), [Lock(lock), Unlock(lock)]);
    }
    script
}

fn readers(n: u32) -> Script {
    let mut script = Script::new();
    let cell = script.cell("cell", 0);
    script.goroutine("main", [Set(cell, Operand::Constant(1))]);
    for i in 0..n {
        script.goroutine(name("reader", i), [Get(cell)]);
    }
    script
}

fn lock_increment(n: u32) -> Script {
    let mut script = Script::new();
    let count = script.mutex("count");
    for i in 0..n {
        script.goroutine(goroutine_name("worker", i), [Increment(count, 1)]);
    }
    script
}

fn rwlock(readers: u32, writers: u32) -> Script {
    let mut script = Script::new();
    let lock = script.rwlock("lock");
    script.goroutine("main", []);
    for i in 0..readers {
        script.goroutine(name("reader", i), [RLock(lock), RUnlock(lock)]);
    }
    for i in 0..writers {
        script.goroutine(name("writer", i), [WLock(lock), WUnlock(lock)]);
    }
    script
}

fn ring(n: u32, rounds: u32) -> Script {
    let mut script = Script::new();
    let channels: Vec<Object> = (0..n).map(|i| script.chan(name("c", i), 0)).collect();
    let rounds_of = |body: Vec<Statement>| match rounds {
        0 => vec![Forever(body)],
        rounds => repeat(rounds, body),
    };
    for i in 0..n as usize {
        let (from, to) = (channels[i], channels[(i + 1) % n as usize]);
        let body = match i {
            0 => vec![Send(to, Operand::Constant(1)), Recv(from)],
            _ => vec![Recv(from), Send(to, Operand::Last(0))],
        };
        let index = u32::try_from(i).expect("below a u32");
        script.goroutine(goroutine_name("member", index), rounds_of(body));
    }
    script
}

fn factorial(n: u32) -> u128 {
    (1..=u128::from(n)).product()
}

/// In how many ways `many` sequences of `length` can be shuffled into one.
fn multinomial(many: u32, length: u32) -> Option<u128> {
    let mut ways = 1_u128;
    for sequence in 1..many {
        // The ways to put one more sequence among those that are shuffled already.
        let before = u128::from(sequence) * u128::from(length);
        for place in 1..=u128::from(length) {
            ways = ways.checked_mul(before + place)? / place;
        }
    }
    Some(ways)
}
