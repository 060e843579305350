//! shuttle 0.9.9, with its exhaustive depth-first scheduler: every schedule, no reduction.
//!
//! shuttle's strength is random search; its exhaustive one is here as the plain baseline. Chosen:
//! no step limit, nothing recorded of a failure, a limit on executions that is reported as such.
//! Its `sync_channel` has Go's capacities, rendezvous included.

use gordian_peers::family::{Family, Table};
use gordian_peers::quiet;
use gordian_peers::record::{BOUNDED, DEADLOCK, Outcome, PANIC, PROVED};
use gordian_peers::tool::Refusal;
use shuttle::scheduler::DfsScheduler;
use shuttle::sync::{Mutex, mpsc};
use shuttle::thread::{self, JoinHandle};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Executions after which the search stops, and says so.
const EXECUTIONS_MAX: usize = 1_000_000;

/// Runs `family` once.
pub fn run(family: &Family) -> Result<Outcome, Refusal> {
    if !matches!(family, Family::Philosophers(_) | Family::FanIn { .. }) {
        return Err(Refusal::unsupported(family, "not written for shuttle"));
    }
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    let executions = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&executions);
    let program = *family;
    let start = Instant::now();
    let result = quiet::catch(|| {
        let scheduler = DfsScheduler::new(Some(EXECUTIONS_MAX), false);
        Runner::new(scheduler, config).run(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            body(program);
        })
    });
    let time = start.elapsed();
    let executions = executions.load(Ordering::Relaxed);
    let (verdict, note) = match result {
        Ok(_) if executions >= EXECUTIONS_MAX => (BOUNDED, "limit on executions".to_string()),
        Ok(_) => (PROVED, "no reduction".to_string()),
        Err(message) if message.contains("deadlock") => {
            (DEADLOCK, "stops at the first deadlock".to_string())
        }
        Err(message) => (PANIC, message),
    };
    Ok(Outcome {
        executions: Some(executions as u64),
        states: None,
        time,
        verdict,
        note,
    })
}

fn body(family: Family) {
    match family {
        Family::Philosophers(table) => philosophers(table),
        Family::FanIn {
            senders,
            values,
            capacity,
        } => fan_in(senders, values, capacity),
        Family::Pipeline { .. }
        | Family::Independent(_)
        | Family::LockIncrement(_)
        | Family::Readers(_)
        | Family::RwLock { .. } => unreachable!("refused before the search began"),
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
                    let one = forks[first].lock();
                    let two = forks[second].lock();
                    drop(two);
                    drop(one);
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

fn fan_in(senders: usize, values: usize, capacity: usize) {
    let (sender, receiver) = mpsc::sync_channel(capacity);
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
