//! Comparison of the stuck goroutines in a kernel's facts with those that a search found.

use gordian_checker::Report;
use gordian_checker::catalogue::Expected;
use gordian_checker::execution::end_state::EndState;
use gordian_checker::model::End;
use serde::{Deserialize, Serialize};

use super::target::Target;

/// A goroutine with the operation at which it is stuck, or the message of its panic.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Stuck {
    pub(crate) goroutine: String,
    pub(crate) operation: String,
}

impl From<(&str, &str)> for Stuck {
    fn from((goroutine, operation): (&str, &str)) -> Self {
        Self {
            goroutine: goroutine.to_owned(),
            operation: operation.to_owned(),
        }
    }
}

/// The stuck goroutines that were found, and those that the facts state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Comparison {
    /// Those of the bad end of the expected kind that is most like the facts.
    pub(crate) found: Vec<Stuck>,
    pub(crate) stated: Vec<Stuck>,
    kind: Option<End>,
    /// The number of distinct bad ends of that kind.
    ends: usize,
    agrees: bool,
}

/// Returns the stuck goroutines that the facts of a variant state.
pub(crate) fn stated(stuck: &[(&str, &str)]) -> Vec<Stuck> {
    stuck.iter().copied().map(Stuck::from).collect()
}

impl Comparison {
    /// Compares a search's findings about a target with its facts.
    pub(crate) fn new(target: &Target, report: &Report) -> Self {
        let mut stated = stated(target.stuck());
        stated.sort();
        let kind = kind(target.expected());
        let ends = report.findings.bad.keys();
        let ends = ends.filter(|end| Some(end.end) == kind);
        let ends: Vec<Vec<Stuck>> = ends.map(of_end).collect();
        let mut agrees = stated.is_empty();
        let (mut found, mut best) = (Vec::new(), None);
        for end in &ends {
            let common = stated
                .iter()
                .filter(|entry| end.iter().any(|other| same(entry, other)))
                .count();
            agrees |= common == stated.len() && end.len() == stated.len();
            // Among ends with the same number in common, the one with the fewest others is best.
            let likeness = Some((common, usize::MAX - end.len()));
            if likeness > best {
                (found, best) = (end.clone(), likeness);
            }
        }
        Self {
            found,
            stated,
            kind,
            ends: ends.len(),
            agrees,
        }
    }

    /// Returns true if one of the ends found is that of the facts.
    pub(crate) fn agrees(&self) -> bool {
        self.agrees
    }

    /// Returns both sides of the comparison in one line.
    pub(crate) fn text(&self) -> String {
        let (found, at) = match self.kind {
            Some(End::Panic) => ("panicked", "with"),
            _ => ("stuck", "at"),
        };
        let list = |stuck: &[Stuck]| {
            let text = |entry: &Stuck| format!("{} {at} `{}`", entry.goroutine, entry.operation);
            stuck.iter().map(text).collect::<Vec<_>>().join(", ")
        };
        let stated = list(&self.stated);
        match self.ends {
            0 => format!("nobody is {found}, the kernel says: {stated}"),
            1 => format!("{found}: {}; the kernel says: {stated}", list(&self.found)),
            ends => format!(
                "{found}: {} (the most alike of {ends} bad ends); the kernel says: {stated}",
                list(&self.found)
            ),
        }
    }
}

/// Returns the kind of end that the facts state.
fn kind(expected: Expected) -> Option<End> {
    match expected {
        Expected::Proved => None,
        Expected::Deadlock => Some(End::Deadlock),
        Expected::Leak => Some(End::Leak),
        Expected::Panic => Some(End::Panic),
    }
}

fn of_end(end: &EndState) -> Vec<Stuck> {
    end.stuck().into_iter().map(Stuck::from).collect()
}

fn same(stated: &Stuck, found: &Stuck) -> bool {
    same_names(&stated.goroutine, &found.goroutine)
        && same_names(&stated.operation, &found.operation)
}

/// Returns true if the texts differ at most in makers' names before names. A search writes those
/// only where it has met another thing of that name.
fn same_names(stated: &str, found: &str) -> bool {
    let ends_with = |long: &str, short: &str| {
        let maker = long.strip_suffix(short).filter(|_| !short.is_empty());
        maker.is_some_and(|maker| maker.len() > 1 && maker.ends_with('/'))
    };
    let same = |a: &str, b: &str| a == b || ends_with(a, b) || ends_with(b, a);
    let (mut stated, mut found) = (stated.split(' '), found.split(' '));
    loop {
        match (stated.next(), found.next()) {
            (Some(a), Some(b)) if same(a, b) => {}
            (None, None) => return true,
            (Some(_), _) | (None, Some(_)) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_with_and_without_their_makers() {
        for (stated, found, same) in [
            ("lock m", "lock m", true),
            ("lock m", "lock main/m", true),
            ("lock main/m", "lock m", true),
            ("lock n", "lock main/m", false),
            ("lock ain/m", "lock main/m", false),
            ("lock m", "lock mm", false),
            ("lock m", "rlock m", false),
            ("lock m", "lock", false),
            ("lock /m", "lock m", false),
            ("lock ", "lock m", false),
            ("", "main/m", false),
            ("", "", true),
        ] {
            assert_eq!(same_names(stated, found), same, "{stated} {found}");
        }
    }
}
