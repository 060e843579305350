//! Running a row: the sides in turn, their medians, the ratios and the targets.

use crate::rows::{Measure, Row, Target};
use crate::side::{Absence, Programs, Runner, Sample, Side};
use gordian_peers::record::PROVED;
use gordian_peers::tool::Tool;

/// The least time that is used, so that no rate is infinite.
const TIME_MIN_S: f64 = 1e-9;

/// A row with its figures.
#[derive(Clone, Debug)]
pub struct Report {
    /// The comparison.
    pub row: Row,
    /// Gordian's side.
    pub ours: Figures,
    /// The others, in the row's order.
    pub others: Vec<Compared>,
    /// Counts and verdicts that are wrong.
    pub faults: Vec<String>,
}

/// The results of a side's runs.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The tool and its program.
    pub side: Side,
    /// The runs, or the reason why there are none.
    pub runs: Result<Runs, Absence>,
}

/// The runs of one side, at least one.
#[derive(Clone, Debug)]
pub struct Runs {
    /// The figure of each run.
    pub values: Vec<f64>,
    /// Their median.
    pub median: f64,
    /// The last run's counts and verdict.
    pub last: Sample,
}

/// A side beside ours.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Its figures.
    pub figures: Figures,
    /// Our median over its median, if both exist.
    pub ratio: Option<f64>,
    /// The bound that the ratio must keep.
    pub target: Option<Target>,
}

impl Compared {
    /// Returns true if the target was met, or `None` without a target or a ratio.
    pub fn met(&self) -> Option<bool> {
        Some(self.target?.is_met_by(self.ratio?))
    }
}

/// The result of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No target is missed, and there is no fault.
    Met,
    /// A target is missed, or there is a fault.
    Missed,
    /// A side that should be there failed.
    Unmeasured,
}

impl Report {
    /// Returns the result of the row.
    pub fn state(&self) -> State {
        let sides = self.others.iter().map(|other| &other.figures);
        let failed = |figures: &Figures| matches!(figures.runs, Err(Absence::Failed(_)));
        if sides.chain([&self.ours]).any(failed) {
            State::Unmeasured
        } else if self.others.iter().any(|other| other.met() == Some(false))
            || !self.faults.is_empty()
        {
            State::Missed
        } else {
            State::Met
        }
    }
}

/// Runs every side of `row` this many times, in turn: A B A B.
pub fn row(row: &Row, programs: &Programs, runs: usize) -> Report {
    let others = row.others.iter().map(|against| &against.side);
    let sides: Vec<&Side> = [&row.ours].into_iter().chain(others).collect();
    let mut samples: Vec<Result<Vec<Sample>, Absence>> = vec![Ok(Vec::new()); sides.len()];
    for round in 1..=runs {
        for (side, samples) in sides.iter().zip(&mut samples) {
            eprintln!("{}: {} {round}/{runs}", row.name, side.name());
            run_into(samples, side, programs);
        }
    }
    let mut figures = sides
        .into_iter()
        .zip(samples)
        .map(|(side, samples)| Figures {
            side: side.clone(),
            runs: samples.and_then(|samples| summary(row.measure, samples)),
        });
    let ours = figures.next().unwrap_or_else(|| Figures {
        side: row.ours.clone(),
        runs: Err(Absence::Failed("not run".to_string())),
    });
    let others = figures.zip(&row.others).map(|(figures, against)| Compared {
        ratio: ratio(&ours, &figures),
        target: against.target,
        figures,
    });
    let others: Vec<Compared> = others.collect();
    let faults = faults(row, &ours, &others);
    Report {
        row: row.clone(),
        ours,
        others,
        faults,
    }
}

/// Runs `side` once more, unless it has failed already.
fn run_into(samples: &mut Result<Vec<Sample>, Absence>, side: &Side, programs: &Programs) {
    if let Ok(runs) = samples {
        match side.run(programs) {
            Ok(sample) => runs.push(sample),
            Err(absence) => *samples = Err(absence),
        }
    }
}

fn summary(measure: Measure, samples: Vec<Sample>) -> Result<Runs, Absence> {
    let values: Option<Vec<f64>> = samples
        .iter()
        .map(|sample| value(measure, sample))
        .collect();
    let values = values.ok_or_else(|| {
        Absence::Failed(format!("it does not count what makes {}", measure.unit()))
    })?;
    match (median(&values), samples.last()) {
        (Some(median), Some(last)) => Ok(Runs {
            last: last.clone(),
            values,
            median,
        }),
        _ => Err(Absence::Failed("not run".to_string())),
    }
}

fn value(measure: Measure, sample: &Sample) -> Option<f64> {
    let time_s = sample.time_s.max(TIME_MIN_S);
    let per_second = |count: u64| count as f64 / time_s;
    match measure {
        Measure::Seconds => Some(time_s),
        Measure::ExecutionsPerSecond => {
            let discarded = sample.discarded.unwrap_or(0);
            Some(per_second(sample.executions? + discarded))
        }
        Measure::StatesPerSecond => sample.states.map(per_second),
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(sorted[sorted.len() / 2 - 1], upper))
}

fn ratio(ours: &Figures, theirs: &Figures) -> Option<f64> {
    let (ours, theirs) = (ours.runs.as_ref().ok()?, theirs.runs.as_ref().ok()?);
    Some(ours.median / theirs.median)
}

/// Returns the faults of a row: every program in the rows is free of bugs, and some counts are
/// known.
fn faults(row: &Row, ours: &Figures, others: &[Compared]) -> Vec<String> {
    let sides = others.iter().map(|other| &other.figures);
    let mut faults = Vec::new();
    for figures in [ours].into_iter().chain(sides) {
        let Ok(runs) = &figures.runs else { continue };
        let (name, last) = (figures.side.name(), &runs.last);
        if last.verdict != PROVED {
            faults.push(format!("{name} says {}, not {PROVED}", last.verdict));
        }
        if let Some(expected) = row.executions
            && counts_inequivalent(&figures.side)
            && last.executions != Some(expected)
        {
            let counted = last
                .executions
                .map_or("none".to_string(), |n| n.to_string());
            faults.push(format!(
                "{name} counts {counted} executions, not {expected}"
            ));
        }
    }
    faults
}

/// Returns true if this side runs exactly one execution for each inequivalent one.
fn counts_inequivalent(side: &Side) -> bool {
    matches!(
        side.runner,
        Runner::Gordian { engine: "optimal" }
            | Runner::Rival {
                tool: Tool::TraceForge,
                ..
            }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An odd number of values has a middle one, an even number has two.
    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    /// A rate includes discarded executions; a missing count gives none.
    #[test]
    fn values() {
        let sample = Sample {
            executions: Some(6),
            discarded: Some(2),
            states: None,
            time_s: 2.0,
            verdict: PROVED.to_string(),
            note: String::new(),
        };
        assert_eq!(value(Measure::Seconds, &sample), Some(2.0));
        assert_eq!(value(Measure::ExecutionsPerSecond, &sample), Some(4.0));
        assert_eq!(value(Measure::StatesPerSecond, &sample), None);
    }
}
