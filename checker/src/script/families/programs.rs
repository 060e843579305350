//! The programs of the standard families, by their sizes.

use crate::script::Statement::{
    Forever, Get, Increment, Lock, RLock, RUnlock, Recv, Repeat, Send, Set, Unlock, WLock, WUnlock,
    WgAdd, WgWait,
};
use crate::script::{Object, Operand, Script, Statement};

fn name(base: &str, index: u32) -> String {
    format!("{base}{}", index + 1)
}

/// Returns a goroutine's name: the first is main.
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

pub(super) fn philosophers(n: u32, rounds: u32, ordered: bool, joined: bool) -> Script {
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

pub(super) fn fan_in(senders: u32, values: u32, capacity: u32) -> Script {
    let mut script = Script::new();
    let c = script.chan("c", capacity);
    script.goroutine("main", repeat(senders * values, vec![Recv(c)]));
    for i in 0..senders {
        let body = repeat(values, vec![Send(c, Operand::Constant(1))]);
        script.goroutine(name("sender", i), body);
    }
    script
}

pub(super) fn fan_out(receivers: u32, values: u32, capacity: u32) -> Script {
    let mut script = Script::new();
    let c = script.chan("c", capacity);
    let send = Send(c, Operand::Constant(1));
    script.goroutine("main", repeat(receivers * values, vec![send]));
    for i in 0..receivers {
        script.goroutine(name("receiver", i), repeat(values, vec![Recv(c)]));
    }
    script
}

pub(super) fn pipeline(stages: u32, values: u32, capacity: u32) -> Script {
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

pub(super) fn independent(n: u32) -> Script {
    let mut script = Script::new();
    for i in 0..n {
        let lock = script.mutex(name("lock", i));
        script.goroutine(goroutine_name("worker", i), [Lock(lock), Unlock(lock)]);
    }
    script
}

pub(super) fn readers(n: u32) -> Script {
    let mut script = Script::new();
    let cell = script.cell("cell", 0);
    script.goroutine("main", [Set(cell, Operand::Constant(1))]);
    for i in 0..n {
        script.goroutine(name("reader", i), [Get(cell)]);
    }
    script
}

pub(super) fn lock_increment(n: u32) -> Script {
    let mut script = Script::new();
    let count = script.mutex("count");
    for i in 0..n {
        script.goroutine(goroutine_name("worker", i), [Increment(count, 1)]);
    }
    script
}

pub(super) fn shared_lock(n: u32, times: u32) -> Script {
    let mut script = Script::new();
    let lock = script.mutex("lock");
    for i in 0..n {
        let body = repeat(times, vec![Lock(lock), Unlock(lock)]);
        script.goroutine(goroutine_name("worker", i), body);
    }
    script
}

pub(super) fn hand_over(n: u32, length: u32) -> Script {
    let mut script = Script::new();
    let locks: Vec<Object> = (0..length).map(|i| script.mutex(name("lock", i))).collect();
    for i in 0..n {
        let mut body = Vec::new();
        for (index, &lock) in locks.iter().enumerate() {
            body.push(Lock(lock));
            body.extend(index.checked_sub(1).map(|last| Unlock(locks[last])));
        }
        body.extend(locks.last().map(|last| Unlock(*last)));
        script.goroutine(goroutine_name("walker", i), body);
    }
    script
}

pub(super) fn workers(n: u32, jobs: u32) -> Script {
    let mut script = Script::new();
    let (todo, done) = (script.chan("todo", 0), script.chan("done", 0));
    let lock = script.mutex("lock");
    let mut main = repeat(n * jobs, vec![Send(todo, Operand::Constant(1))]);
    main.extend(repeat(n * jobs, vec![Recv(done)]));
    script.goroutine("main", main);
    for i in 0..n {
        let job = vec![
            Recv(todo),
            Lock(lock),
            Unlock(lock),
            Send(done, Operand::Constant(1)),
        ];
        script.goroutine(name("worker", i), repeat(jobs, job));
    }
    script
}

pub(super) fn rwlock(readers: u32, writers: u32) -> Script {
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

pub(super) fn ring(n: u32, rounds: u32) -> Script {
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
