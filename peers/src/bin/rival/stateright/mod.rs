//! stateright 0.31: a hand-written transition system, every state stored, no reduction.
//!
//! Chosen: a state packed into one `u64`, a table of what each position holds made beforehand, and
//! breadth-first search, its documented default. One `always` property, that nobody is stuck: with
//! none it would not search at all, and every other side looks for deadlocks too.
//!
//! main is not modelled: it only starts the others.

mod fan_in;
mod philosophers;

use fan_in::FanIn;
use gordian_peers::family::Family;
use gordian_peers::record::{DEADLOCK, Outcome, PROVED};
use gordian_peers::tool::Refusal;
use philosophers::Philosophers;
use stateright::{Checker, Model};
use std::num::NonZeroUsize;
use std::time::Instant;

/// The name of the one property.
const NOBODY_IS_STUCK: &str = "nobody is stuck";

/// Runs `family` once on this many threads.
pub fn run(family: &Family, threads: NonZeroUsize) -> Result<Outcome, Refusal> {
    let too_large = || Refusal::unsupported(family, "its state does not fit 64 bits");
    match *family {
        Family::Philosophers(table) if table.joined => Err(Refusal::unsupported(
            family,
            "main is not modelled for stateright",
        )),
        Family::Philosophers(table) => {
            let model = Philosophers::new(&table).ok_or_else(too_large)?;
            Ok(search(model, threads))
        }
        Family::FanIn {
            senders,
            values,
            capacity,
        } => {
            let model = FanIn::new(senders, values, capacity).ok_or_else(too_large)?;
            Ok(search(model, threads))
        }
        Family::Pipeline { .. }
        | Family::Independent(_)
        | Family::LockIncrement(_)
        | Family::Readers(_)
        | Family::RwLock { .. } => Err(Refusal::unsupported(family, "not written for stateright")),
    }
}

fn search<M>(model: M, threads: NonZeroUsize) -> Outcome
where
    M: Model<State = u64, Action = u8> + Send + Sync + 'static,
{
    let start = Instant::now();
    let checker = model.checker().threads(threads.get()).spawn_bfs().join();
    let time = start.elapsed();
    let stuck = checker.discovery(NOBODY_IS_STUCK).is_some();
    Outcome {
        executions: None,
        states: Some(checker.unique_state_count() as u64),
        time,
        verdict: if stuck { DEADLOCK } else { PROVED },
        note: format!("breadth-first, threads {threads}"),
    }
}

/// Returns the number of bits that the numbers `0..=largest` need.
fn width(largest: usize) -> u32 {
    usize::BITS - largest.leading_zeros()
}
