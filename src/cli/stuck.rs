//! Who is stuck, as a kernel's facts have it and as a search found it.

use gordian_checker::Report;
use gordian_checker::catalogue::Expected;
use gordian_checker::execution::end_state::EndState;
use gordian_checker::model::End;
use serde::Serialize;

use super::target::Target;

/// A goroutine, with the operation that it is stuck in, or the message with which it panicked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
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

/// Who was found to be stuck, beside whom the facts name.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    /// Of a bad end of the expected kind; of several the one that is most like the facts.
    pub(crate) found: Vec<Stuck>,
    pub(crate) stated: Vec<Stuck>,
    kind: Option<End>,
    /// How many distinct bad ends of that kind were found.
    ends: usize,
    agrees: bool,
}

/// What the facts say of a variant.
pub(crate) fn stated(stuck: &[(&str, &str)]) -> Vec<Stuck> {
    stuck.iter().copied().map(Stuck::from).collect()
}

impl Comparison {
    /// Compares what a search found of a target with its facts.
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
            // Of those with as many in common, the one with the fewest others.
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

    /// Returns false if no end that was found is that of the facts.
    pub(crate) fn agrees(&self) -> bool {
        self.agrees
    }

    /// What was found and what the facts say, in one line.
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

/// The kind of end that the facts are about.
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

/// Returns true if the texts differ at most in makers' names before names: a search writes those
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
