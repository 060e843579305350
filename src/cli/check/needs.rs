//! The needs of the tests of Go packages that have no answer or no proof, over all rows.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use gordian_checker::Verdict;
use gordian_checker::explore::Limit;

use super::row::{Row, TotalTime};
use crate::cli::terminal::count;

/// Most things that are listed.
const LISTED: usize = 8;

/// Returns a sentence about the unsupported tests, one about the bounded ones, or none.
pub(super) fn needs(rows: &[Row]) -> Vec<String> {
    let of_go = || rows.iter().filter(|row| row.about.is_package);
    let is_run = |row: &&Row| row.total_time != TotalTime::NotRun;
    let unsupported: Vec<&Row> = of_go()
        .filter(|row| row.verdict == Verdict::Unsupported)
        .collect();
    let bounded: Vec<&Row> = of_go()
        .filter(|row| row.is_bounded())
        .filter(is_run)
        .collect();
    let mut sentences = Vec::new();
    if !unsupported.is_empty() {
        let rows = count(unsupported.len(), "unsupported test");
        let whats = unsupported.iter().map(|row| what(row));
        let list = most_first(whats);
        sentences.push(format!("{rows}, by what is not modelled: {list}"));
    }
    if !bounded.is_empty() {
        let rows = count(bounded.len(), "bounded test");
        let helps = bounded.iter().flat_map(|row| row.findings.limits.iter());
        let list = most_first(helps.map(|limit| help(*limit)));
        sentences.push(format!("{rows}, by what stopped the search: {list}"));
    }
    sentences
}

/// Returns what a test does that is not modelled, without the place.
fn what(row: &Row) -> String {
    row.unsupported.clone().unwrap_or_else(|| {
        let reason = row.reason().unwrap_or_default();
        let first = reason.split([':', ';']).next().unwrap_or("");
        first.to_owned()
    })
}

/// Returns a limit with what helps against it.
fn help(limit: Limit) -> String {
    let advice = match limit {
        Limit::Steps(_) => "a loop with fewer rounds, or --steps-max",
        Limit::Goroutines(_) => "fewer goroutines, or --goroutines-max",
        Limit::States(_) => "fewer goroutines or rounds, or --states-max",
        Limit::Time(_) => "fewer goroutines or rounds, or --time-max",
        Limit::Memory { .. } => "fewer goroutines or rounds, or --memory-max",
        Limit::Work(_) => "--work-max",
        _ => return limit.to_string(),
    };
    match limit {
        // The amount that was in use differs from row to row.
        Limit::Memory { .. } => format!("memory: {advice}"),
        _ => format!("{limit}: {advice}"),
    }
}

/// Returns the texts, each once with the number of its rows, the most frequent first.
fn most_first(texts: impl Iterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| Reverse(count));
    let rest = counts.len().saturating_sub(LISTED);
    counts.truncate(LISTED);
    let listed = counts
        .iter()
        .map(|(text, count)| format!("{text} ({count})"));
    let mut listed: Vec<String> = listed.collect();
    if rest > 0 {
        listed.push(format!("{rest} more"));
    }
    listed.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_rows_need_comes_first() {
        let texts = ["b", "a", "c", "a", "c", "a"].map(str::to_owned);
        assert_eq!(most_first(texts.into_iter()), "a (3), c (2), b (1)");
    }
}
