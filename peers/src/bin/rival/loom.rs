//! loom 0.7.2: executions under a weaker reduction, at most five threads with main.
//!
//! Chosen: `loom::sync::Mutex` for a lock, no preemption bound (it would prune too much), no
//! locations, no log, room for every branch. Values are shared by `std::sync::Arc`, since loom's
//! own would add scheduling points.
//!
//! loom has no bounded channel; fan-in uses its `mpsc::channel`, which is unbounded.
//!
//! A deadlock is a panic inside loom that unwinds through the program. A guard that is dropped on
//! the way would call loom again and abort the process, so guards here do nothing during a panic.

use gordian_peers::family::{Family, Table};
use gordian_peers::quiet;
use gordian_peers::record::{DEADLOCK, Outcome, PANIC, PROVED};
use gordian_peers::tool::Refusal;
use loom::model::Builder;
use loom::sync::atomic::AtomicUsize;
use loom::sync::{Mutex, MutexGuard, mpsc};
use loom::thread::{self, JoinHandle};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Limit on scheduling points in one execution; more is a panic.
const BRANCHES_MAX: usize = 10_000;

/// Runs `family` once.
pub fn run(family: &Family) -> Result<Outcome, Refusal> {
    let spawned = match *family {
        Family::Philosophers(table) => table.seats,
        Family::FanIn { senders, .. } => senders,
        Family::Independent(n) | Family::LockIncrement(n) => n,
        Family::Readers(n) => n + 1,
        Family::Pipeline { .. } | Family::RwLock { .. } => {
            return Err(Refusal::unsupported(family, "not written for loom"));
        }
    };
    if spawned >= loom::MAX_THREADS {
        return Err(Refusal::unsupported(
            family,
            &format!("loom has {} threads with main", loom::MAX_THREADS),
        ));
    }
    let executions = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&executions);
    let program = *family;
    let start = Instant::now();
    let result = quiet::catch(|| {
        builder().check(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            body(program);
        });
    });
    let time = start.elapsed();
    let (verdict, note) = match (result, family) {
        (Ok(()), Family::FanIn { .. }) => (PROVED, "unbounded channel".to_string()),
        (Ok(()), _) => (PROVED, String::new()),
        (Err(message), _) if message.contains("deadlock") => {
            (DEADLOCK, "stops at the first deadlock".to_string())
        }
        (Err(message), _) => (PANIC, message),
    };
    Ok(Outcome {
        executions: Some(executions.load(Ordering::Relaxed)),
        states: None,
        time,
        verdict,
        note,
    })
}

/// Sets everything explicitly: the defaults depend on the environment.
fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.max_branches = BRANCHES_MAX;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.preemption_bound = None;
    builder.checkpoint_file = None;
    builder.location = false;
    builder.log = false;
    builder
}

fn body(family: Family) {
    match family {
        Family::Philosophers(table) => philosophers(table),
        Family::FanIn {
            senders, values, ..
        } => fan_in(senders, values),
        Family::Independent(n) => independent(n),
        Family::LockIncrement(n) => lock_increment(n),
        Family::Readers(n) => readers(n),
        Family::Pipeline { .. } | Family::RwLock { .. } => {
            unreachable!("refused before the search began")
        }
    }
}

/// A held lock that is not released during a panic.
struct Held<'a, T>(ManuallyDrop<MutexGuard<'a, T>>);

impl<'a, T> Held<'a, T> {
    fn new(mutex: &'a Mutex<T>) -> Held<'a, T> {
        match mutex.lock() {
            Ok(guard) => Held(ManuallyDrop::new(guard)),
            Err(_) => panic!("a lock is poisoned, and nothing here panics under a lock"),
        }
    }

    fn release(self) {
        drop(ManuallyDrop::into_inner(self.0));
    }
}

fn philosophers(table: Table) {
    let forks: Arc<Vec<Mutex<()>>> = Arc::new((0..table.seats).map(|_| Mutex::new(())).collect());
    let handles: Vec<JoinHandle<()>> = (0..table.seats)
        .map(|seat| {
            let forks = Arc::clone(&forks);
            let (first, second) = table.forks(seat);
            thread::spawn(move || {
                for _ in 0..table.rounds {
                    let one = Held::new(&forks[first]);
                    let two = Held::new(&forks[second]);
                    two.release();
                    one.release();
                }
            })
        })
        .collect();
    if table.joined {
        for handle in handles {
            // An error would be a philosopher's panic, which has ended the search already.
            let _ = handle.join();
        }
    }
}

fn fan_in(senders: usize, values: usize) {
    let (sender, receiver) = mpsc::channel();
    for _ in 0..senders {
        let sender = sender.clone();
        thread::spawn(move || {
            for _ in 0..values {
                // The receiver outlives all sends.
                let _ = sender.send(1_u8);
            }
        });
    }
    for _ in 0..senders * values {
        let _ = receiver.recv();
    }
}

fn independent(n: usize) {
    for _ in 0..n {
        thread::spawn(|| Held::new(&Mutex::new(())).release());
    }
}

fn lock_increment(n: usize) {
    let count = Arc::new(Mutex::new(0_usize));
    for _ in 0..n {
        let count = Arc::clone(&count);
        thread::spawn(move || {
            let mut held = Held::new(&count);
            **held.0 += 1;
            held.release();
        });
    }
}

fn readers(n: usize) {
    let cell = Arc::new(AtomicUsize::new(0));
    for _ in 0..n {
        let cell = Arc::clone(&cell);
        thread::spawn(move || {
            cell.load(Ordering::SeqCst);
        });
    }
    thread::spawn(move || cell.store(1, Ordering::SeqCst));
}
