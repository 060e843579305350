//! Random programs in which races matter: the search that leaves steps out, beside the full one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Instant;

use gordian_checker::TimerRules;

use super::batches::{self, Printed};
use super::gotool::Go;
use super::reduced::{Case, Odd, Reductions};
use super::{Failure, Options, racy};

/// Programs with more states are left out.
const STATES_MAX: u64 = 20_000;

struct Racy {
    seed: u64,
    source: String,
}

impl Printed for Racy {
    fn seed(&self) -> u64 {
        self.seed
    }

    fn source(&self) -> &str {
        &self.source
    }
}

/// Compares all programs, and prints the results. Returns true if the searches agree.
///
/// # Errors
/// Fails if nothing could be compared.
pub(super) fn compare(options: &Options, go: &Go) -> Result<bool, Failure> {
    let started = Instant::now();
    let all = Mutex::new(Reductions::default());
    let make = |seed| {
        let source = racy::program(seed);
        Some(Racy { seed, source })
    };
    batches::each(options, go, &[], make, |it, json| it.compare(json, &all))?;
    let all = all.into_inner().expect("no thread has panicked");
    println!("{:.0} s", started.elapsed().as_secs_f64());
    Ok(all.tell())
}

impl Racy {
    fn compare(&self, json: &str, all: &Mutex<Reductions>) {
        let compared = catch_unwind(AssertUnwindSafe(|| {
            let package =
                gordian_go::load(json).map_err(|error| Odd::Differs(error.to_string()))?;
            let case = Case {
                subject: &package.main().expect("it has a main"),
                timers: TimerRules::Go1_23,
                variables: &[&format!("conform/p{}.Left", self.seed)],
                states_max: STATES_MAX,
            };
            case.compare()
        }));
        let panicked = |_| Err(Odd::Differs("the checker panics".to_owned()));
        let compared = compared.unwrap_or_else(panicked);
        let source = self.source.split_once("\n\n").map_or("", |(_, rest)| rest);
        let text = format!("seed {}\n{source}", self.seed);
        all.lock()
            .expect("no thread has panicked")
            .note(compared, &text);
    }
}
