//! The sentences of the table: about a row, and about all of them.

use std::time::Duration;

use gordian_checker::Verdict;
use gordian_checker::catalogue::Expected;

use super::row::{About, Row, TotalTime};
use crate::cli::expectation::Judgement;
use crate::cli::terminal::{Terminal, Tone, count, short_time};

/// Describes the rules of timers, if they are not the default. Names the kernels, if not all have
/// them.
pub(super) fn timers(rows: &[Row]) -> Option<String> {
    let told = |row: &&Row| row.timers_to_tell().is_some();
    let of: Vec<&Row> = rows.iter().filter(told).collect();
    let version = of.first()?.timers_to_tell()?;
    let mut names: Vec<&str> = of.iter().map(|row| row.about.name.as_str()).collect();
    names.dedup();
    Some(match of.len() == rows.len() {
        true => format!("as in Go {version}"),
        false => format!("as in Go {version}: {}", names.join(", ")),
    })
}

pub(super) fn verdict(terminal: Terminal, row: &Row) -> (String, Option<Tone>) {
    let (sign, tone) = match row.verdict {
        Verdict::Proved => (terminal.glyph("✓", "+"), Tone::Good),
        Verdict::Deadlock
        | Verdict::Leak
        | Verdict::Panic
        | Verdict::Race
        | Verdict::Fail
        | Verdict::Exit
        | Verdict::Misuse
        | Verdict::LateLog => (terminal.glyph("✗", "x"), Tone::Doubtful),
        Verdict::Bounded | Verdict::Within => ("~", Tone::Doubtful),
        Verdict::Unsupported => ("?", Tone::Doubtful),
        Verdict::Fault => ("!", Tone::Bad),
    };
    let tone = match row.judgement {
        Judgement::Unexpected => Tone::Bad,
        Judgement::Known => Tone::Doubtful,
        Judgement::AsExpected | Judgement::NoAnswer => tone,
    };
    if row.total_time == TotalTime::NotRun {
        return ("- not run".to_owned(), Some(Tone::Doubtful));
    }
    (format!("{sign} {}", row.said()), Some(tone))
}

/// Returns the remarks about a row.
pub(super) fn explain(row: &Row) -> Vec<(String, Tone)> {
    let mut notes = Vec::new();
    let expected = row.about.expected;
    if row.judgement == Judgement::Known {
        let text = "not what the kernel says, and all of it is in the baseline";
        notes.push((text.to_owned(), Tone::Doubtful));
    } else if let Some(stuck) = row.stuck_elsewhere() {
        notes.push(match row.judgement {
            Judgement::Unexpected => (format!("UNEXPECTED: {stuck}"), Tone::Bad),
            _ => (
                format!("{stuck}; stopped before all bad ends were known (--keep-going)"),
                Tone::Doubtful,
            ),
        });
    } else if row.about.is_package {
        notes.extend(row.bad_ends().map(|text| (text, Tone::Doubtful)));
    } else if row.judgement == Judgement::Unexpected {
        let said = match expected {
            Expected::Proved => "is free of deadlock, leak and panic",
            Expected::Deadlock => "can deadlock",
            Expected::Leak => "can leave a goroutine blocked for ever",
            Expected::Panic => "can panic",
        };
        notes.push((
            format!("UNEXPECTED: the kernel says this variant {said}"),
            Tone::Bad,
        ));
    }
    let assumed = &row.assumptions;
    if !assumed.is_empty() {
        notes.push((format!("assuming: {}", assumed.join("; ")), Tone::Doubtful));
    }
    if let Some(reason) = row.reason().filter(|_| !row.is_bounded()) {
        notes.push((reason, Tone::Doubtful));
    }
    if row.is_bounded() {
        let limits = row.limits();
        let sense = match expected {
            Expected::Proved => "NOT a proof",
            _ => "the bug was not found up to there",
        };
        notes.push((format!("{limits}: {sense}"), Tone::Doubtful));
        if let Some(place) = &row.busiest {
            let goroutines = count(row.findings.goroutines, "goroutine");
            let text = format!("{goroutines}; most at {place}");
            notes.push((text, Tone::Doubtful));
        }
        notes.extend(
            row.turns
                .iter()
                .map(|turns| (turns.clone(), Tone::Doubtful)),
        );
    }
    notes
}

/// Returns the flags that lift the limits that were hit.
pub(super) fn lift(row: &Row) -> Vec<String> {
    use gordian_checker::explore::Limit;
    let flag = |limit: &Limit| match limit {
        Limit::Steps(max) => Some(format!("--steps-max {}", max.saturating_mul(10))),
        Limit::Executions(_) => Some("--executions-max none".to_owned()),
        Limit::States(_) => Some("--states-max none".to_owned()),
        Limit::Goroutines(max) => Some(format!("--goroutines-max {}", max.saturating_mul(10))),
        Limit::Time(_) if row.total_time != TotalTime::Enough => None,
        Limit::Time(_) => Some("--time-max none".to_owned()),
        Limit::Memory { .. } => Some("--memory-max none".to_owned()),
        Limit::Work(_) => Some("--work-max none".to_owned()),
        _ => None,
    };
    row.findings.limits.iter().filter_map(flag).collect()
}

/// Returns true if a bug was found, but it is unknown if it is the bug of the facts.
pub(super) fn is_unclear(row: &Row) -> bool {
    row.judgement == Judgement::NoAnswer && row.stuck_elsewhere().is_some() && !row.is_bounded()
}

fn is_run(row: &Row) -> bool {
    row.total_time != TotalTime::NotRun
}

pub(super) fn summary(rows: &[Row], time: Duration) -> String {
    let all = |test: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| test(row)).count();
    let expected = |row: &Row| row.judgement == Judgement::AsExpected;
    let is = |verdict| move |row: &Row| row.verdict == verdict;
    let bugs = |row: &Row| expected(row) && row.verdict != Verdict::Proved && !row.is_bounded();
    let found = all(&bugs);
    let conditional = all(&Row::is_conditional);
    let proved = all(&|row| expected(row) && is(Verdict::Proved)(row)) - conditional;
    let mut parts = vec![
        format!("{} found as expected", count(found, "bug")),
        format!("{proved} proved"),
    ];
    let only_go = noun(rows.iter().map(|row| &row.about)) == "test";
    if only_go {
        parts.remove(0);
    }
    for (number, word) in [
        (conditional, "proved under assumptions"),
        (all(&|row| row.is_bounded() && is_run(row)), "bounded"),
        (all(&|row| !is_run(row)), "not run"),
        (all(&is(Verdict::Unsupported)), "unsupported"),
        (all(&|row| is_unclear(row)), "unclear"),
        (all(&|row| row.judgement == Judgement::Known), "known"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    parts.push(match all(&|row| row.judgement == Judgement::Unexpected) {
        number if only_go => count(number, "finding"),
        0 => "0 unexpected".to_owned(),
        number => format!("{number} UNEXPECTED"),
    });
    let tasks = rows.iter().map(|row| &row.about);
    let variants = count(targets(tasks.clone()), noun(tasks));
    format!(
        "Summary [{}] {variants}: {}",
        short_time(time),
        parts.join(", ")
    )
}

/// Returns what is checked, counted.
pub(super) fn what(tasks: &[About]) -> String {
    let mut owners: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
    owners.dedup();
    let noun = noun(tasks.iter());
    let owner = if noun == "test" { "package" } else { "kernel" };
    format!(
        "{} of {}",
        count(targets(tasks.iter()), noun),
        count(owners.len(), owner)
    )
}

/// Returns the number of targets.
fn targets<'a>(tasks: impl Iterator<Item = &'a About>) -> usize {
    let mut targets: Vec<(&str, &str)> = tasks
        .map(|task| (task.name.as_str(), task.form.as_str()))
        .collect();
    targets.dedup();
    targets.len()
}

/// Returns the word for a target, in the singular: of Go these are tests.
pub(super) fn noun<'a>(tasks: impl Iterator<Item = &'a About>) -> &'static str {
    let mut tasks = tasks.peekable();
    match tasks.peek().is_some() && tasks.all(|task| task.is_package) {
        true => "test",
        false => "variant",
    }
}
