//! Random programs in which races matter: the search that leaves steps out, beside the full one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Instant;

use gordian_checker::TimerRules;

use super::batches::{self, Printed};
use super::gotool::{Go, Module};
use super::reduced::{Case, Odd, Reductions, Seen};
use super::{Failure, Options, racy};

/// Programs with more states are left out.
const STATES_MAX: u64 = 20_000;

/// A random program.
pub(super) struct Racy {
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
    let make = |seed| Some(Racy::new(seed));
    let prepare = |_: &Module, _: &[Racy]| Ok(());
    batches::each(options, go, &[], make, prepare, |it, json, ()| {
        it.compare(json, &all);
    })?;
    let all = all.into_inner().expect("no thread has panicked");
    println!("{:.0} s", started.elapsed().as_secs_f64());
    Ok(all.tell())
}

impl Racy {
    pub(super) fn new(seed: u64) -> Self {
        let source = racy::program(seed);
        Self { seed, source }
    }

    /// Returns the source without what all programs declare.
    fn body(&self) -> &str {
        let at = self.source.find("func main()");
        &self.source[at.unwrap_or_default()..]
    }

    /// Returns true if it has a loop without an end.
    pub(super) fn is_endless(&self) -> bool {
        self.body().contains("for {")
    }

    /// Returns true if something may begin by itself.
    pub(super) fn is_timed(&self) -> bool {
        let times = ["time.", "tm.", "WithTimeout"];
        times.iter().any(|it| self.body().contains(it))
    }

    /// Returns true if it tries locks.
    pub(super) fn tries(&self) -> bool {
        self.body().contains("TryLock")
    }

    /// Returns true if some contexts are below others.
    pub(super) fn has_tree(&self) -> bool {
        self.body().contains("child")
    }

    /// Returns true if a goroutine adds itself to a wait group, maybe while somebody waits for it.
    pub(super) fn adds_late(&self) -> bool {
        let heads = [
            "go func() {\nr := 0\n_ = r\nwg.Add",
            "go func(r int) {\nwg.Add",
        ];
        heads.iter().any(|it| self.body().contains(it))
    }

    /// Returns true if what is known of a channel's close may be recovered.
    pub(super) fn recovers_close(&self) -> bool {
        self.body().contains("close(") && self.body().contains("recover()")
    }

    /// Returns true if operations that order nothing in Go may order something in the search.
    pub(super) fn orders_more(&self) -> bool {
        self.tries() || self.body().contains("default:")
    }

    /// Returns what a full search of the program has seen.
    ///
    /// # Errors
    /// Returns the reason why there is nothing to compare.
    pub(super) fn full(&self, json: &str, timers: TimerRules) -> Result<Seen, Odd> {
        self.search(json, timers, |case| case.full())
    }

    fn search<T>(
        &self,
        json: &str,
        timers: TimerRules,
        search: impl FnOnce(&Case<'_>) -> Result<T, Odd>,
    ) -> Result<T, Odd> {
        let searched = catch_unwind(AssertUnwindSafe(|| {
            let package =
                gordian_go::load(json).map_err(|error| Odd::Differs(error.to_string()))?;
            search(&Case {
                subject: &package.main().expect("it has a main"),
                timers,
                variables: &[&format!("conform/p{}.Left", self.seed)],
                states_max: STATES_MAX,
                by_executions: true,
            })
        }));
        searched.unwrap_or_else(|_| Err(Odd::Differs("the checker panics".to_owned())))
    }

    fn compare(&self, json: &str, all: &Mutex<Reductions>) {
        let compared = self.search(json, TimerRules::Go1_23, |case| case.compare());
        let source = self.source.split_once("\n\n").map_or("", |(_, rest)| rest);
        let text = format!("seed {}\n{source}", self.seed);
        all.lock()
            .expect("no thread has panicked")
            .note(compared, &text);
    }
}
