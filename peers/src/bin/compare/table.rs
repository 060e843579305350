//! The table: a block of text or one line of JSON for each row.

use crate::measure::{Compared, Figures, Report};
use crate::rows::Measure;
use crate::side::Absence;
use serde_json::{Value, json};

/// Prints one row.
pub fn print(report: &Report, json: bool) {
    if json {
        println!("{}", object(report));
    } else {
        println!("{}", block(report));
    }
}

fn block(report: &Report) -> String {
    let row = &report.row;
    let measure = row.measure;
    let mut lines = vec![
        format!("{}: {} ({})", row.name, row.about, measure.unit()),
        format!(
            "  {:<20} {:<29} {:>12} {:>11} {:>9} {:<9} {:>9}  {}",
            "side", "program", "median", "executions", "states", "verdict", "ratio", "target"
        ),
        line(&report.ours, measure, ""),
    ];
    for other in &report.others {
        lines.push(line(&other.figures, measure, &verdict_on(other)));
    }
    lines.extend(
        report
            .faults
            .iter()
            .map(|fault| format!("  WRONG: {fault}")),
    );
    lines.push(String::new());
    lines.join("\n")
}

fn line(figures: &Figures, measure: Measure, judged: &str) -> String {
    let head = format!(
        "  {:<20} {:<29}",
        figures.side.name(),
        figures.side.program()
    );
    match &figures.runs {
        Ok(runs) => format!(
            "{head} {:>12} {:>11} {:>9} {:<9} {judged}",
            figure(measure, runs.median),
            count(runs.last.executions),
            count(runs.last.states),
            runs.last.verdict,
        )
        .trim_end()
        .to_string(),
        Err(Absence::Unavailable(why)) => format!("{head} left out: {why}"),
        Err(Absence::Failed(why)) => format!("{head} FAILED: {why}"),
    }
}

fn verdict_on(other: &Compared) -> String {
    let ratio = other.ratio.map_or(String::new(), ratio);
    let target = match (other.target, other.met()) {
        (None, _) => String::new(),
        (Some(target), None) => format!("{target} not measured"),
        (Some(target), Some(true)) => format!("{target} met"),
        (Some(target), Some(false)) => format!("{target} MISSED"),
    };
    format!("{ratio:>9}  {target}")
}

/// Formats a ratio; one below 1 is written as one over something, as the targets are.
fn ratio(ratio: f64) -> String {
    if ratio >= 1.0 {
        format!("{ratio:.2}")
    } else {
        format!("1/{:.2}", 1.0 / ratio)
    }
}

fn figure(measure: Measure, value: f64) -> String {
    match measure {
        Measure::Seconds => format!("{value:.6}"),
        Measure::ExecutionsPerSecond | Measure::StatesPerSecond => format!("{value:.0}"),
    }
}

fn count(count: Option<u64>) -> String {
    count.map_or("-".to_string(), |count| count.to_string())
}

fn object(report: &Report) -> Value {
    let others: Vec<Value> = report
        .others
        .iter()
        .map(|other| {
            let mut value = side(&other.figures);
            value["ratio"] = json!(other.ratio);
            value["target"] = json!(other.target.map(|target| target.to_string()));
            value["met"] = json!(other.met());
            value
        })
        .collect();
    json!({
        "row": report.row.name,
        "about": report.row.about,
        "unit": report.row.measure.unit(),
        "ours": side(&report.ours),
        "others": others,
        "faults": report.faults,
    })
}

fn side(figures: &Figures) -> Value {
    let mut value = json!({
        "side": figures.side.name(),
        "family": figures.side.family,
        "size": figures.side.sizes,
    });
    match &figures.runs {
        Ok(runs) => {
            value["median"] = json!(runs.median);
            value["values"] = json!(runs.values);
            value["executions"] = json!(runs.last.executions);
            value["states"] = json!(runs.last.states);
            value["verdict"] = json!(runs.last.verdict);
            value["note"] = json!(runs.last.note);
        }
        Err(Absence::Unavailable(why)) => value["left_out"] = json!(why),
        Err(Absence::Failed(why)) => value["failed"] = json!(why),
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ratios are printed as the targets are written.
    #[test]
    fn ratios() {
        assert_eq!(ratio(20.0), "20.00");
        assert_eq!(ratio(0.02), "1/50.00");
    }
}
