//! The ways in which walks that pass over states are broken.

use super::list::Break;

const STUBBORN: &str = "explore/stubborn/mod.rs";
const WALKS: &str = "explore/stubborn/walks.rs";
const GRAPH: &str = "explore/graph.rs";
const STORE: &str = "explore/store.rs";

/// All of them.
pub(crate) const ALL: &[Break] = &[
    Break {
        what: "walks: no walk is taken again",
        file: STUBBORN,
        old: "            if node.passes {\n",
        new: "            if false && node.passes {\n",
    },
    Break {
        what: "walks: a state in which a step was left out is passed over as one with one step",
        file: WALKS,
        old: "        self.walks.leave_out |= enabled > 1;\n",
        new: "",
    },
    Break {
        what: "walks: a new panic is passed over",
        file: WALKS,
        old: "            if !panics && let",
        new: "            if (!panics || true) && let",
    },
    Break {
        what: "walks: what a limit cuts is passed over",
        file: WALKS,
        old: " || meter.limits.cut(world, depth).is_some()",
        new: "",
    },
    Break {
        what: "walks: the ids of those who have stood there since it began are not exchanged",
        file: WALKS,
        old: "            self.exchange.permute(order, &mut self.walks.since);\n",
        new: "",
    },
    Break {
        what: "walks: only who takes the first step of a walk moves on it",
        file: GRAPH,
        old: "        iter::once(self.edges[edge].1).chain(rest.copied())\n",
        new: "        iter::once(self.edges[edge].1).chain(rest.copied().take(0))\n",
    },
    Break {
        what: "walks: a way has the first step of each walk only",
        file: STORE,
        old: "        self.ways.path(index).map(|it| it.step).collect()\n",
        new: "        let states = self.ways.states_to(index).into_iter();\n\
              \x20       let first = |state| self.ways.moves(state).next();\n\
              \x20       states.filter_map(first).map(|it| it.step).collect()\n",
    },
    Break {
        what: "walks: the state before the last step stays behind",
        file: WALKS,
        old: "            _ => self.world.catch_up_with(fork.after()),\n",
        new: "            _ => {}\n",
    },
    Break {
        what: "walks: who has the id of one that has ended is asked what that one could do",
        file: WALKS,
        old: "            note_started(&mut self.walks.since, step.actor, [earlier, after]);\n",
        new: "",
    },
    Break {
        what: "walks: those that were looked at again are not looked at when all steps are taken",
        file: STUBBORN,
        old: "        (self.off, self.again) = (true, 0);\n",
        new: "        self.off = true;\n",
    },
    Break {
        what: "walks: a state that is too deep by one way is too deep",
        file: STUBBORN,
        old: "            if self.walks.pass && !self.walks.off && matches",
        new: "            if false && matches",
    },
];
