//! The ways in which stubborn sets are broken for programs that share memory: those of Go.

use super::list::Break;

const STUBBORN: &str = "explore/stubborn/mod.rs";
const FUTURES: &str = "explore/stubborn/futures.rs";
const SETS: &str = "explore/stubborn/sets.rs";
const PROGRAM: &str = "../../go/src/program.rs";
const ROUNDS: &str = "../../go/src/rounds.rs";
const TOUCHED: &str = "../../go/src/touched.rs";

/// All of them.
pub(crate) const ALL: &[Break] = &[
    Break {
        what: "memory: who stands behind an access goes on as if nobody could still race with it",
        file: SETS,
        old: "        let can_race = self",
        new: "        let can_race = false && self",
    },
    Break {
        what: "memory: what a goroutine uses on its way is not learned",
        file: FUTURES,
        old: "        program.visit_touched(to, &mut |region, classes| {\n",
        new: "        program.visit_touched(to, &mut |region, _| {\n\
              \x20           let classes = Classes::NONE;\n",
    },
    Break {
        what: "memory: steps are left out after a race, too",
        file: STUBBORN,
        old: "        if program.has_raced() && !(",
        new: "        if false && !(",
    },
    Break {
        what: "memory: an access conflicts only with those to the same leaves",
        file: TOUCHED,
        old: "            for other in things.overlapping(*region) {\n",
        new: "            for other in things.overlapping(*region).filter(|it| it == region) {\n",
    },
    Break {
        what: "memory: steps are left out of a search in which what raced are operations",
        file: PROGRAM,
        old: "        !self.machine.visible.is_empty()\n            || self.has_told()\n",
        new: "        self.has_told()\n",
    },
    Break {
        what: "memory: who waits for a group that is counted up again does not matter",
        file: ROUNDS,
        old: "        self.are_mixed |= is_of_another(&self.waiters, group, id);\n",
        new: "",
    },
    Break {
        what: "memory: a saved search forgets what goroutines may still use",
        file: "explore/stubborn/saved.rs",
        old: "                memory: future.memory.iter().map(|it| it.bits()).collect(),\n",
        new: "                memory: Vec::new(),\n",
    },
    Break {
        what: "memory: what those have used who have returned is not learned",
        file: FUTURES,
        old: "Some(was) if may_move(was) => was.local,",
        new: "",
    },
    Break {
        what: "quiet time: the steps of time wait for each other",
        file: STUBBORN,
        old: "            || program.is_quiet() && enabled",
        new: "            || false && enabled",
    },
];
