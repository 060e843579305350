//! The comparisons, and the targets.

use crate::side::{Runner, Side};
use gordian_peers::tool::Tool;
use std::fmt;

/// One comparison: Gordian's side, and the sides that it is measured against.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The name that `--only` takes.
    pub name: &'static str,
    /// A description of one line.
    pub about: &'static str,
    /// The figure that is compared.
    pub measure: Measure,
    /// Gordian's side.
    pub ours: Side,
    /// The sides it is compared with.
    pub others: Vec<Against>,
    /// The number of executions that each side must count, if it runs exactly the inequivalent
    /// ones.
    pub executions: Option<u64>,
}

/// A side that Gordian's is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Against {
    /// The tool and its program.
    pub side: Side,
    /// The bound on the ratio of our figure to theirs.
    pub target: Option<Target>,
}

/// The figure that a row compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The time of the search.
    Seconds,
    /// Executions, including discarded ones, for each second of the search.
    ExecutionsPerSecond,
    /// Distinct states for each second of the search.
    StatesPerSecond,
}

impl Measure {
    /// Returns the unit, for printing.
    pub fn unit(self) -> &'static str {
        match self {
            Measure::Seconds => "s",
            Measure::ExecutionsPerSecond => "executions/s",
            Measure::StatesPerSecond => "states/s",
        }
    }
}

/// A bound on the ratio of our figure to theirs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// At most one over this.
    MostOneOver(f64),
    /// At least this.
    Least(f64),
}

impl Target {
    /// Returns true if `ratio` keeps the bound.
    pub fn is_met_by(self, ratio: f64) -> bool {
        match self {
            Target::MostOneOver(bound) => ratio * bound <= 1.0,
            Target::Least(bound) => ratio >= bound,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::MostOneOver(bound) => write!(f, "<= 1/{bound}"),
            Target::Least(bound) => write!(f, ">= {bound}"),
        }
    }
}

/// Returns all rows, in the order in which they are printed.
pub fn all() -> Vec<Row> {
    vec![
        traceforge(),
        loom(),
        rate(),
        stateright(),
        spin_philosophers(),
        spin_fan_in(),
        fan_in(),
        walls("wall-ordered", ORDERED, &[10]),
        walls("wall-fan-in", FAN_IN, &[7, 7, 0]),
        walls("wall-pipeline", "pipeline", &[10, 10, 1]),
        walls("wall-increment", "lock-increment", &[19]),
        walls("wall-readers", "readers", &[20]),
        walls("wall-rwlock", "rwlock", &[8, 8]),
    ]
}

/// Returns a row of the time to the verdict, at a size for which SPIN takes some five seconds.
fn walls(name: &'static str, family: &'static str, sizes: &'static [usize]) -> Row {
    Row {
        name,
        about: "the time to the verdict where SPIN takes seconds",
        measure: Measure::Seconds,
        ours: gordian("auto", family, sizes),
        others: vec![
            rival(Tool::Spin, family, sizes).with_target(Target::MostOneOver(1.0)),
            gordian("stateful", family, sizes).without_target(),
        ],
        executions: None,
    }
}

fn traceforge() -> Row {
    const SIZES: &[usize] = &[14];
    Row {
        name: "traceforge",
        about: "many inequivalent executions, each run once",
        measure: Measure::Seconds,
        ours: gordian("optimal", ORDERED, SIZES),
        others: vec![
            rival(Tool::TraceForge, ORDERED, SIZES).with_target(Target::MostOneOver(50.0)),
        ],
        executions: Some(16_382),
    }
}

fn loom() -> Row {
    const SIZES: &[usize] = &[4];
    Row {
        name: "loom",
        about: "main joins all goroutines, which is dear for loom",
        measure: Measure::Seconds,
        ours: gordian("auto", JOINED, SIZES),
        others: vec![rival(Tool::Loom, JOINED, SIZES).with_target(Target::MostOneOver(1000.0))],
        executions: None,
    }
}

/// Returns the row of rates. Three rounds make enough executions, 1,680, to time, and loom still
/// takes about a second.
fn rate() -> Row {
    const SIZES: &[usize] = &[3, 3];
    Row {
        name: "rate",
        about: "executions for each second",
        measure: Measure::ExecutionsPerSecond,
        ours: gordian("optimal", ORDERED, SIZES),
        others: vec![
            gordian("loom", ORDERED, SIZES).with_target(Target::Least(20.0)),
            rival(Tool::Loom, ORDERED, SIZES).with_target(Target::Least(20.0)),
        ],
        executions: None,
    }
}

fn stateright() -> Row {
    const SIZES: &[usize] = &[8];
    let stateright = |threads| Side {
        runner: Runner::Rival {
            tool: Tool::Stateright,
            threads,
        },
        family: ORDERED,
        sizes: SIZES,
    };
    Row {
        name: "stateright",
        about: "states for each second",
        measure: Measure::StatesPerSecond,
        ours: gordian("stateful", ORDERED, SIZES),
        others: vec![
            stateright(1).with_target(Target::Least(1.0)),
            stateright(2).without_target(),
        ],
        executions: None,
    }
}

fn spin_philosophers() -> Row {
    const SIZES: &[usize] = &[8];
    Row {
        name: "spin-philosophers",
        about: "locks: SPIN and stateright beside Gordian",
        measure: Measure::Seconds,
        ours: gordian("stateful", ORDERED, SIZES),
        others: vec![
            rival(Tool::Spin, ORDERED, SIZES).without_target(),
            rival(Tool::Stateright, ORDERED, SIZES).without_target(),
        ],
        executions: None,
    }
}

fn spin_fan_in() -> Row {
    const SIZES: &[usize] = &[4, 4, 0];
    Row {
        name: "spin-fan-in",
        about: "channels: SPIN and stateright beside Gordian",
        measure: Measure::Seconds,
        ours: gordian("stateful", FAN_IN, SIZES),
        others: vec![
            rival(Tool::Spin, FAN_IN, SIZES).without_target(),
            rival(Tool::Stateright, FAN_IN, SIZES).without_target(),
        ],
        executions: None,
    }
}

/// Returns the row of fan-in. TraceForge would need 63,063,000 executions for four senders of four
/// values, which is some 20 minutes. So it gets smaller sizes, which the printed table shows.
fn fan_in() -> Row {
    Row {
        name: "fan-in",
        about: "few states, many executions; the rival at smaller sizes",
        measure: Measure::Seconds,
        ours: gordian("auto", FAN_IN, &[4, 4, 0]),
        others: vec![
            rival(Tool::TraceForge, FAN_IN, &[3, 3, 0]).without_target(),
            rival(Tool::TraceForge, FAN_IN, &[4, 3, 0]).without_target(),
        ],
        executions: None,
    }
}

const ORDERED: &str = "philosophers-ordered";
const JOINED: &str = "philosophers-ordered-joined";
const FAN_IN: &str = "fan-in";

fn gordian(engine: &'static str, family: &'static str, sizes: &'static [usize]) -> Side {
    Side {
        runner: Runner::Gordian { engine },
        family,
        sizes,
    }
}

fn rival(tool: Tool, family: &'static str, sizes: &'static [usize]) -> Side {
    Side {
        runner: Runner::Rival { tool, threads: 1 },
        family,
        sizes,
    }
}

impl Side {
    fn with_target(self, target: Target) -> Against {
        Against {
            side: self,
            target: Some(target),
        }
    }

    fn without_target(self) -> Against {
        Against {
            side: self,
            target: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gordian_peers::family::Family;
    use std::collections::BTreeSet;

    /// Every rival's program exists, and no two rows share a name.
    #[test]
    fn rows_name_what_exists() {
        let rows = all();
        let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), rows.len());
        for side in rows.iter().flat_map(|row| &row.others) {
            let (family, sizes) = (side.side.family, side.side.sizes);
            assert!(Family::parse(family, sizes, false).is_ok(), "{family}");
        }
    }

    /// A bound includes its very value.
    #[test]
    fn targets_are_bounds() {
        assert!(Target::MostOneOver(50.0).is_met_by(0.02));
        assert!(!Target::MostOneOver(50.0).is_met_by(0.021));
        assert!(Target::Least(20.0).is_met_by(20.0));
        assert!(!Target::Least(20.0).is_met_by(19.9));
    }
}
