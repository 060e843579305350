//! The ways in which the searches are broken.

/// A search that is broken in one way.
pub(crate) struct Break {
    /// The description of the fault.
    pub(crate) what: &'static str,
    /// The file that is changed, relative to `checker/src`.
    pub(crate) file: &'static str,
    /// The original text, which occurs once.
    pub(crate) old: &'static str,
    /// The text that replaces it.
    pub(crate) new: &'static str,
}

const RACES: &str = "explore/optimal/races.rs";
const PLAIN: &str = "explore/optimal/plain.rs";
const OPS: &str = "explore/optimal/ops.rs";
const OPTIMAL: &str = "explore/optimal/mod.rs";
const REVERSAL: &str = "explore/optimal/reversal.rs";
const ORDER: &str = "explore/optimal/order.rs";
const NUMBERS: &str = "explore/optimal/numbers.rs";
const TREE: &str = "explore/optimal/tree.rs";
const FORK: &str = "model/fork.rs";
const STATEFUL: &str = "explore/stateful.rs";
const STARVATION: &str = "explore/starvation.rs";
const SELECT: &str = "model/compound/select.rs";
const NODE: &str = "explore/optimal/node.rs";
const ARRIVALS: &str = "loom/arrivals.rs";
const SLEEP_SETS: &str = "loom/sleep_sets.rs";
const TURNS: &str = "loom/threads/turns.rs";

/// All of them.
pub(crate) const ALL: &[Break] = &[
    Break {
        what: "operations that goroutines are left with are no rivals",
        file: OPS,
        old: "for goroutine in end.ids() {",
        new: "for goroutine in end.ids().take(0) {",
    },
    Break {
        what: "a select that was executed could have taken no other case",
        file: SELECT,
        old: "Facts::several",
        new: "Facts::wide",
    },
    Break {
        what: "a rendezvous has rivals on the side of the sender only",
        file: "explore/optimal/rendezvous.rs",
        old: "(Case::Send(..), Case::Recv(its)) if its == Some(channel) => (me, other),",
        new: "",
    },
    Break {
        what: "a signal that woke one goroutine could have woken no other",
        file: "model/cond.rs",
        old: "Facts::several",
        new: "Facts::wide",
    },
    Break {
        what: "a choice has one way",
        file: "model/op.rs",
        old: "Facts::several",
        new: "Facts::wide",
    },
    Break {
        what: "a timer could have met no other receiver, or have done no other of its two steps",
        file: OPS,
        old: "            Pending::Fire(_) => return Self::Several,",
        new: "            Pending::Fire(_) => return Self::Wide,",
    },
    Break {
        what: "a receiver could have met no timer",
        file: "explore/optimal/rendezvous.rs",
        old: "            && of_timer == channel\n",
        new: "            && of_timer != channel\n",
    },
    Break {
        what: "a timer could have met no receiver where it was stopped",
        file: "explore/optimal/timers.rs",
        old: "                if self.receives(program, receiver, channel) {\n",
        new: "                if !self.receives(program, receiver, channel) {\n",
    },
    Break {
        what: "what is asleep stays asleep after a step on which it depends",
        file: OPTIMAL,
        old: "            if ways.event.depends_on(event) {\n",
        new: "            if ways.event.step.actor == event.step.actor {\n",
    },
    Break {
        what: "nothing goes to sleep",
        file: OPTIMAL,
        old: "                Ways::add(&mut node.asleep, event);\n",
        new: "                drop(event);\n",
    },
    Break {
        what: "two others that meet are no rival of what has their channel for itself",
        file: "explore/optimal/rendezvous.rs",
        old: " || e.footprint.contains(&(channel, Access::Exclusive));",
        new: ";",
    },
    Break {
        what: "two selects meet only on a channel that the event has for itself",
        file: "explore/optimal/rendezvous.rs",
        old: "        if !selects && !meets {\n",
        new: "        if !meets {\n",
    },
    Break {
        what: "all events at the start are done if some of them are",
        file: ORDER,
        old: "        missing.min().map_or(",
        new: "        missing.max().map_or(",
    },
    Break {
        what: "the default case of a select is no rival",
        file: RACES,
        old: "                if default {\n",
        new: "                if default && self.events.is_empty() {\n",
    },
    Break {
        what: "a rival is tried only where its operations arrive, whatever it needs besides",
        file: RACES,
        old: "        cuts.extend(grown);\n",
        new: "        grown.clear();\n",
    },
    Break {
        what: "events that only look at an object all come after a rival",
        file: PLAIN,
        old: "        if others.is_empty() {\n",
        new: "        if others.is_empty() || true {\n",
    },
    Break {
        what: "no event changes an object on which a rival rests",
        file: PLAIN,
        old: "            if self.trail.borrow().changes(j as usize, object) {\n",
        new: "            if self.trail.borrow().changes(j as usize, object) && false {\n",
    },
    Break {
        what: "events that only look at an object come before a rival with what changes it then",
        file: RACES,
        old: "                    add_new(&mut grown, one)?;\n                    \
              add_new(&mut grown, all.clone())?;\n",
        new: "                    add_new(&mut grown, one)?;\n",
    },
    Break {
        what: "a rival that others look at is settled, whoever else looks",
        file: PLAIN,
        old: "            Access::Shared | Access::Decrement { .. } | Access::Unseen => op.done,\n",
        new: "            Access::Shared | Access::Decrement { .. } | Access::Unseen => Some(0),\n",
    },
    Break {
        what: "the sequence that ends with a rival is only what the rival needs",
        file: RACES,
        old: "            if event.depends_on(f) && !self.order.contains(cut, j) {",
        new: "            if !self.order.contains(cut, j) {",
    },
    Break {
        what: "the sequence goes on with what depends on the rival",
        file: RACES,
        old: "            if event.depends_on(f) && !self.order.contains(cut, j) {",
        new: "            if event.depends_on(&self.events[i]) {",
    },
    Break {
        what: "how a counter is lowered is not looked at again where it stands elsewhere",
        file: TREE,
        old: "    if event.decrements() {\n",
        new: "    if event.decrements() && sequence.is_empty() {\n",
    },
    Break {
        what: "a branch of a wakeup tree covers whatever begins as it does",
        file: TREE,
        old: "            if branch.below.branches.is_empty() || sequence.members.is_empty() {\n",
        new: "            if branch.below.branches.len() < 2 || sequence.members.is_empty() {\n",
    },
    Break {
        what: "of a choice only the first two numbers are explored",
        file: NUMBERS,
        old: "        let mut numbers = Numbers::below(below);\n",
        new: "        let mut numbers = Numbers::below(below.min(2));\n",
    },
    Break {
        what: "a cancellation reaches only the context that it names",
        file: OPS,
        old: "    if cancels {\n",
        new: "    if cancels && objects.is_empty() {\n",
    },
    Break {
        what: "an operation that arrives after an event is taken for one that could come before it",
        file: RACES,
        old: "arrival as usize >= i && self.order.is_before(i, arrival as usize)",
        new: "arrival as usize == i",
    },
    Break {
        what: "happens-before goes through goroutines only, not through objects",
        file: ORDER,
        old: "                if !access.commutes(how) {\n",
        new: "                if !access.commutes(how) && before == number {\n",
    },
    Break {
        what: "what is settled for a rival stays settled in executions that begin otherwise",
        file: NODE,
        old: "        self.settled.retain(|settled| settled.upto < known);\n",
        new: "",
    },
    Break {
        what: "an event has no more rivals once one goroutine has taken a step after it",
        file: ORDER,
        old: "                        *mine = (*mine).min(its);\n",
        new: "                        *mine = its;\n",
    },
    Break {
        what: "a goroutine that has taken no step yet is no rival of what all others have behind \
               them",
        file: ORDER,
        old: "                None => common.fill(0),\n",
        new: "                None => {}\n",
    },
    Break {
        what: "events that have no more rivals have none in executions that begin otherwise",
        file: REVERSAL,
        old: "            self.done.truncate(whole);\n",
        new: "",
    },
    Break {
        what: "an event whose rivals are settled has no rivals but those in executions that begin \
               otherwise",
        file: NODE,
        old: "        self.upto = self.upto.filter(|upto| *upto < known);\n",
        new: "",
    },
    Break {
        what: "an event whose rivals are settled has no new ones",
        file: OPS,
        old: "arrivals.iter().all(after)",
        new: "arrivals.iter().take(0).all(after)",
    },
    Break {
        what: "an event that could have taken another way has its rivals settled",
        file: RACES,
        old: "several.is_empty().then_some(index_u32(i))",
        new: "Some(index_u32(i)).filter(|_| several.len() < 9)",
    },
    Break {
        what: "a failed write try-lock commutes with the readers that made it fail",
        file: "model/rwlock.rs",
        old: "RwLockOp::TryLock => Access::shared_if(self.writer.is_some()),",
        new: "RwLockOp::TryLock => Access::shared_if(self.writer.is_some() || \
              !self.readers.is_empty()),",
    },
    Break {
        what: "a state holds half of where a goroutine stands",
        file: "model/encode.rs",
        old: "    let local = u64::from(goroutine.local.0);\n",
        new: "    let local = u64::from(goroutine.local.0 & !1);\n",
    },
    Break {
        what: "a state does not hold whether a channel is closed",
        file: "model/chan.rs",
        old: "2 * u64::from(self.capacity) + u64::from(self.closed);",
        new: "2 * u64::from(self.capacity);",
    },
    Break {
        what: "fork: what is decoded anew is not in the state to which steps lead",
        file: FORK,
        old: "        self.after.note_changes(&self.before);\n",
        new: "",
    },
    Break {
        what: "fork: the parts behind one that is longer now begin where they did",
        file: FORK,
        old: "                    *begin = *begin + at - end;\n",
        new: "                    let _ = begin;\n",
    },
    Break {
        what: "fork: no panic is seen",
        file: FORK,
        old: "            Some(mut changed) => changed.any(has_panicked),\n",
        new: "            Some(_) => false,\n",
    },
    Break {
        what: "fork: a part that was changed and is longer now cuts the next one",
        file: FORK,
        old: "out.drain(at + length..end + length);",
        new: "out.drain(at + length..at + 2 * length);",
    },
    Break {
        what: "the search that remembers takes one step of each state only",
        file: STATEFUL,
        old: "            let step = enabled[nth];\n",
        new: "            let step = enabled[0 * nth];\n",
    },
    Break {
        what: "nobody looks for goroutines that never move again while others run on",
        file: STATEFUL,
        old: "        let acyclic = !self.may_cycle || !may_cycle;\n",
        new: "        let acyclic = self.may_cycle || !may_cycle;\n",
    },
    Break {
        what: "a goroutine can move again only if it can move at once",
        file: "explore/graph.rs",
        old: "                if !std::mem::replace(&mut can[before as usize], true) {\n",
        new: "                if can[before as usize] {\n",
    },
    Break {
        what: "who gets stuck only later on an endless run counts as an end of its own",
        file: STARVATION,
        old: "set[state] != 0 && set[state] == set[next]",
        new: "set[state] != 0",
    },
    Break {
        what: "others run on for ever after a panic",
        file: STATEFUL,
        old: "            if has_panicked(world) {\n",
        new: "            if has_panicked(world) && false {\n",
    },
    Break {
        what: "under loom a thread stays asleep, whatever others do",
        file: SLEEP_SETS,
        old: "            .filter(|made| !made.depends_on(self.now))\n",
        new: "            .filter(|made| !made.depends_on(self.now) || true)\n",
    },
    Break {
        what: "under loom the others get no turn where an execution was left",
        file: TURNS,
        old: "        *self.turns.borrow_mut() = Some(self.point_of(object));\n",
        new: "        let _ = object;\n",
    },
    Break {
        what: "under loom a sender is always the first of two that meet",
        file: ARRIVALS,
        old: "(sender == me && receiver == *first && cannot_wait)",
        new: "(sender == me && receiver == *first && cannot_wait && false)",
    },
    Break {
        what: "under loom a position is an end though a timer would wake a goroutine",
        file: "loom/primitives/time.rs",
        old: "                if self.runnable > 0 {\n",
        new: "                if self.runnable > 0 && false {\n",
    },
];
