//! The ways in which steps that are taken ahead are broken.

use super::list::Break;

const LEVELS: &str = "explore/levels.rs";
const STATEFUL: &str = "explore/stateful.rs";

/// All of them.
pub(crate) const ALL: &[Break] = &[
    Break {
        what: "levels: a step that leads to what was not learned is entered as far as it came",
        file: LEVELS,
        old: "        if self.fork.take(&mut self.reader, step).is_err() {\n\
              \x20           return false;\n\
              \x20       }\n",
        new: "        let _ = self.fork.take(&mut self.reader, step);\n",
    },
    Break {
        what: "levels: a panic is not noted where it was met ahead",
        file: LEVELS,
        old: "        } else if self.fork.panics() {\n",
        new: "        } else if false {\n",
    },
    Break {
        what: "levels: a state where nothing is enabled is no end",
        file: LEVELS,
        old: "!(1..=STEPS_MAX)",
        new: "!(0..=STEPS_MAX)",
    },
    Break {
        what: "levels: what was taken of a state is entered for the next",
        file: LEVELS,
        old: "        let nth = state.checked_sub(self.first)?;\n",
        new: "        let nth = state.checked_sub(self.first + 1)?;\n",
    },
    Break {
        what: "levels: no limit cuts a state that was taken ahead",
        file: STATEFUL,
        old: "cut_at(taken.goroutines, self.depth) {\n",
        new: "cut_at(taken.goroutines, self.depth).filter(|_| false) {\n",
    },
    Break {
        what: "levels: the goroutines of a state that was taken ahead are not counted",
        file: STATEFUL,
        old: "        self.findings.goroutines = self.findings.goroutines.max(taken.goroutines);\n",
        new: "",
    },
    Break {
        what: "levels: each step to a state that was not met may close a cycle",
        file: STATEFUL,
        old: "            let (index, _) = search.store.insert_encoded(state, (from, step))?;\n",
        new: "            search.store.insert_encoded(state, (from, step))?;\n\
              \x20           let index = search.next;\n",
    },
    Break {
        what: "levels: the steps that were taken ahead are of the state before",
        file: STATEFUL,
        old: "            let (index, _) = search.store.insert_encoded(state, (from, step))?;\n",
        new: "            let (index, _) = search\n\
              \x20               .store\n\
              \x20               .insert_encoded(state, (from.saturating_sub(1), step))?;\n",
    },
];
