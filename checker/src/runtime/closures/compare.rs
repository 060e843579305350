//! Comparison of what a goroutine does with what it did the first time.

use super::Closures;
use crate::execution::words;
use crate::model::{Arrival, Fault, LocalState, Names, Next, Program};
use crate::runtime::site::StaticSite;

impl Closures {
    /// Checks that a goroutine that is run again does the same as the first time.
    pub(super) fn compare(&self, local: LocalState, now: &Arrival) -> Result<(), Fault> {
        let Some([first, now]) = self.difference(local, now) else {
            return Ok(());
        };
        let node = self.node(local);
        Err(Fault::Nondeterminism {
            goroutine: self.goroutine(node.goroutine).name,
            operation: node.depth as usize + 1,
            first,
            now,
        })
    }

    /// Checks that an iteration of a loop does the same as an equal iteration before.
    pub(super) fn compare_turn(
        &self,
        local: LocalState,
        now: &Arrival,
        site: StaticSite,
        turn: usize,
    ) -> Result<(), Fault> {
        let Some([first, now]) = self.difference(local, now) else {
            return Ok(());
        };
        let node = self.node(local);
        Err(Fault::HiddenState {
            goroutine: self.goroutine(node.goroutine).name,
            site: site.place(),
            turn,
            first,
            now,
        })
    }

    /// Describes what a goroutine did at a node the first time and now, if that differs.
    fn difference(&self, local: LocalState, now: &Arrival) -> Option<[String; 2]> {
        let first = self.arrival(local);
        (first != now).then(|| self.describe_both(first, now))
    }

    /// Describes two arrivals that differ. Where their operations read alike it adds what differs:
    /// the values, else the columns and the objects made.
    fn describe_both(&self, first: &Arrival, now: &Arrival) -> [String; 2] {
        let plain = [first, now].map(|arrival| self.describe(arrival));
        if plain[0] != plain[1] {
            return plain;
        }
        let values = |arrival: &Arrival| match &arrival.next {
            Next::Op(op) => words::values(self, op),
            Next::Return | Next::Panic(_) | Next::Unrecovered(_) => Vec::new(),
        };
        let [of_first, of_now] = [first, now].map(values);
        let [text, _] = plain;
        if of_first != of_now {
            return [of_first, of_now].map(|values| format!("{text} (= {})", values.join(", ")));
        }
        [first, now].map(|arrival| {
            let made = arrival.created.iter().map(|made| self.object(made.id).name);
            let made: Vec<String> = made.collect();
            let column = arrival.site.column;
            format!("{text} (column {column}; made: {})", made.join(", "))
        })
    }

    fn describe(&self, arrival: &Arrival) -> String {
        let what = match &arrival.next {
            Next::Op(op) => words::operation_at(self, op, arrival.site),
            Next::Return => "return".to_owned(),
            Next::Panic(message) => format!("panic: {message}"),
            Next::Unrecovered(panic) => format!("panic: {}", panic.message().unwrap_or_default()),
        };
        let made = match arrival.created.len() {
            0 => String::new(),
            n => format!(", having made {n} objects"),
        };
        let (file, line) = (self.file(arrival.site.file), arrival.site.line);
        format!("{what} at {file}:{line}{made}")
    }
}
