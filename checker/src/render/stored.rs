//! The data under locks, at the steps that change it.

use std::collections::BTreeMap;

use crate::explain::trace::{ObjectKind, Step, Trace};

/// Most characters of a value that is shown whole.
const WHOLE_MAX: usize = 80;

/// Most characters of the part of a longer value that has changed.
const CHANGED_MAX: usize = 200;

/// The texts below the steps that change data under a lock: `store = Store { revision: 1 }`.
pub(super) struct Stored(BTreeMap<usize, Vec<String>>);

impl Stored {
    /// Follows the data under the locks of a trace.
    pub(super) fn new(trace: &Trace) -> Self {
        let guards = |kind| matches!(kind, ObjectKind::Mutex | ObjectKind::RwLock);
        let locks = trace.objects.iter().filter(|object| guards(object.kind));
        let locks: Vec<&str> = locks.map(|object| object.name.as_str()).collect();
        let mut known: BTreeMap<&str, &[String]> = BTreeMap::new();
        for change in &trace.start {
            known.insert(&change.object, &change.now.values);
        }
        let mut texts: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for step in &trace.steps {
            for change in &step.changes {
                let (name, now) = (change.object.as_str(), &change.now.values);
                let before = known.insert(name, now);
                if locks.contains(&name) && before.is_some_and(|before| before != now) {
                    let before = before.map(|values| values.join(", ")).unwrap_or_default();
                    let text = format!("{name} = {}", shown(&before, &now.join(", ")));
                    texts.entry(step.n).or_default().push(text);
                }
            }
        }
        Self(texts)
    }

    /// Returns the texts below this step.
    pub(super) fn after(&self, step: &Step) -> &[String] {
        self.0.get(&step.n).map_or(&[], Vec::as_slice)
    }
}

/// Returns a value, or of a long one the part that is not as before, between dots.
fn shown(before: &str, now: &str) -> String {
    let (old, new): (Vec<char>, Vec<char>) = (before.chars().collect(), now.chars().collect());
    if new.len() <= WHOLE_MAX {
        return now.to_owned();
    }
    let is_break = |c: &char| " [{(".contains(*c);
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let start = new[..same]
        .iter()
        .rposition(is_break)
        .map_or(0, |at| at + 1);
    let tails = old[start.min(old.len())..]
        .iter()
        .rev()
        .zip(new[start..].iter().rev());
    let end = new.len() - tails.take_while(|(a, b)| a == b).count();
    let end = end
        + new[end..]
            .iter()
            .take_while(|c| !" ]})".contains(**c))
            .count();
    let changed: String = new[start..end].iter().take(CHANGED_MAX).collect();
    let (before, after) = (start > 0, end < new.len() || end - start > CHANGED_MAX);
    let dots = |is_cut| if is_cut { ".." } else { "" };
    format!("{} {} {}", dots(before), changed.trim(), dots(after))
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_value_the_part_that_has_changed_is_shown() {
        let store =
            |watches: &str| format!("Store {{ {}watches: [{watches}] }}", "a: 1, ".repeat(20));
        assert_eq!(shown("", "Store { a: 1 }"), "Store { a: 1 }");
        assert_eq!(
            shown(&store(""), &store("(\"key\", wch)")),
            "..  (\"key\", wch) ..".replace("  ", " ")
        );
        assert_eq!(shown(&store("1"), &store("2")), ".. 2 ..");
        assert_eq!(shown(&store("1, 2"), &store("1")), ".. 1 ..");
        let long = shown("x", &"y".repeat(900));
        assert_eq!(long, format!("{} ..", "y".repeat(CHANGED_MAX)));
    }
}
