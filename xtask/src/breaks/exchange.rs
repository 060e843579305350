//! The ways in which the exchange of identical goroutines is broken.

use super::list::Break;

const EXCHANGE: &str = "explore/stubborn/exchange.rs";
const NAMES: &str = "explore/stubborn/names.rs";
const CYCLES: &str = "explore/stubborn/cycles.rs";
const IDENTICAL: &str = "script/interpreter/identical.rs";
const TWINS: &str = "runtime/closures/twins.rs";

/// All of them.
pub(crate) const ALL: &[Break] = &[
    Break {
        what: "exchange: a way is told with the ids of the states that are stored",
        file: EXCHANGE,
        old: "let same = numbers.step(step);",
        new: "let same = step;",
    },
    Break {
        what: "exchange: the permutations on a way are not put together",
        file: EXCHANGE,
        old: "                numbers.permute(permutation);\n",
        new: "",
    },
    Break {
        what: "exchange: who was started by one that was exchanged keeps its id on the way",
        file: EXCHANGE,
        old: "            numbers.note(in_path(&event), other(&again));\n",
        new: "            let _ = (in_path(&event), other(&again));\n",
    },
    Break {
        what: "exchange: an end has the ids of the state that is stored",
        file: NAMES,
        old: ".end_state(program, &real.state,",
        new: ".end_state(program, world,",
    },
    Break {
        what: "exchange: a panic has the ids of the state that is stored",
        file: NAMES,
        old: ".note_new_panics(program, &real.before, &real.state, path)",
        new: ".note_new_panics(program, before, after, path)",
    },
    Break {
        what: "exchange: who is stuck beside a cycle is looked for where ids were exchanged",
        file: CYCLES,
        old: "        if self.exchange.on {\n",
        new: "        if false {\n",
    },
    Break {
        what: "exchange: daemons are exchanged with others",
        file: IDENTICAL,
        old: "(goroutine.daemon, &goroutine.takes, &goroutine.body)",
        new: "(&goroutine.takes, &goroutine.body)",
    },
    Break {
        what: "exchange: goroutines that start others are exchanged",
        file: IDENTICAL,
        old: "Statement::New(_) | Statement::Go(_)",
        new: "Statement::New(_)",
    },
    Break {
        what: "exchange: goroutines that make objects are exchanged",
        file: IDENTICAL,
        old: "Statement::New(_) | Statement::Go(_)",
        new: "Statement::Go(_)",
    },
    Break {
        what: "exchange: goroutines with other bodies share their local states",
        file: IDENTICAL,
        old: "(goroutine.daemon, &goroutine.takes, &goroutine.body)",
        new: "(goroutine.daemon, &goroutine.takes, goroutine.body.len())",
    },
    Break {
        what: "exchange: the holder of a mutex keeps its id",
        file: "model/mutex.rs",
        old: "        self.holder = self.holder.map(new);\n",
        new: "        let _ = new;\n",
    },
    Break {
        what: "exchange: who runs a Once keeps its id",
        file: "model/once.rs",
        old: "            Self::Running(by) => *by = new(*by),\n",
        new: "            Self::Running(by) => drop(new(*by)),\n",
    },
    Break {
        what: "exchange: readers keep their ids",
        file: "model/rwlock.rs",
        old: "*reader = new(*reader)",
        new: "_ = new(*reader)",
    },
    Break {
        what: "exchange: a writer keeps its id",
        file: "model/rwlock.rs",
        old: "            writer.goroutine = new(writer.goroutine);\n",
        new: "            new(writer.goroutine);\n",
    },
    Break {
        what: "exchange: who waits for a signal keeps its id",
        file: "model/cond.rs",
        old: "*waiter = new(*waiter)",
        new: "_ = new(*waiter)",
    },
    Break {
        what: "exchange: who holds permits or waits for some keeps its id",
        file: "model/semaphore.rs",
        old: "            *goroutine = new(*goroutine);\n",
        new: "            new(*goroutine);\n",
    },
    Break {
        what: "exchange: a signal wakes another than it says",
        file: "model/step.rs",
        old: "Choice::Wakes(waiter) => Choice::Wakes(new(waiter))",
        new: "Choice::Wakes(waiter) => Choice::Wakes(waiter)",
    },
    Break {
        what: "exchange: a closure that makes an object keeps its nodes in common with its twins",
        file: TWINS,
        old: "let parts = !arrival.created.is_empty() ||",
        new: "let parts =",
    },
    Break {
        what: "exchange: a closure that starts a goroutine keeps its nodes in common",
        file: TWINS,
        old: " || matches!(arrival.next, Next::Op(Op::Go(_)))",
        new: "",
    },
    Break {
        what: "exchange: a closure at the head of a loop is taken for a twin that has parted",
        file: "runtime/closures/mod.rs",
        old: "group.is_none().then_some(goroutine)",
        new: "None",
    },
    Break {
        what: "exchange: who takes the place of a twin makes what that one would make",
        file: "runtime/closures/mod.rs",
        old: "        running.becomes(goroutine);\n",
        new: "",
    },
];
