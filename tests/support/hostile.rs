//! A catalogue in which every name, value, message and fact has characters that a terminal obeys or
//! that are invisible.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use gordian::catalogue::{Expected, Kernel, TimerRules, Variant};
use gordian::sync::{Chan, chan, choose, forever, go, gosched, mutex, select};
use gordian::sync::{ControlFlow, atomic};

/// Expands to a text that sets the title of a terminal, rings, returns to the start of the line,
/// colours it, reverses it, and more.
macro_rules! hostile {
    ($text:literal) => {
        concat!(
            "\u{1b}]0;",
            $text,
            "\u{7}\r\t\n\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}\u{ad}"
        )
    };
}

/// All of them.
pub(crate) const CATALOGUE: &[Kernel] = &[
    kernel(hostile!("changes"), changes, Expected::Proved, &[]),
    kernel(
        hostile!("crossed"),
        crossed,
        Expected::Deadlock,
        &[
            ("main", concat!("lock ", hostile!("b"))),
            (hostile!("other"), concat!("lock ", hostile!("a"))),
        ],
    ),
    kernel(hostile!("endless"), endless, Expected::Deadlock, &[]),
    kernel(hostile!("leaks"), leaks, Expected::Leak, &[]),
    kernel(hostile!("lies"), crossed, Expected::Proved, &[]),
    kernel(hostile!("never ends"), never_ends, Expected::Proved, &[]),
    kernel(hostile!("panics"), panics, Expected::Panic, &[]),
    kernel(hostile!("spins"), spins, Expected::Proved, &[]),
];

const fn kernel(
    name: &'static str,
    main: fn(),
    expected: Expected,
    stuck: &'static [(&'static str, &'static str)],
) -> Kernel {
    const SOURCE: &str = hostile!("fn main() {}\n");
    let fixed = Variant {
        main: nothing,
        file: hostile!("fixed.rs"),
        source: SOURCE,
        in_go: None,
        expected: Expected::Proved,
        stuck: &[],
    };
    Kernel {
        name,
        upstream: hostile!("upstream"),
        class: hostile!("class / of bugs"),
        mechanism: hostile!("mechanism"),
        fix: hostile!("fix"),
        bound: hostile!("bound"),
        left_out: hostile!("left out"),
        timers: TimerRules::Go1_23,
        buggy: Variant {
            main,
            file: file!(),
            // Lines and columns as in the file, which is not hostile itself.
            source: HOSTILE_LINES,
            in_go: None,
            expected,
            stuck,
        },
        fixed,
    }
}

/// More lines than this file has, so that any line that is shown is hostile.
const HOSTILE_LINES: &str = {
    macro_rules! ten {
        ($line:expr) => {
            concat!(
                $line, $line, $line, $line, $line, $line, $line, $line, $line, $line
            )
        };
    }
    ten!(ten!(ten!(
        "    \u{1b}]0;source\u{7}\u{9b}31m\u{7f}\u{202e}\u{200b}\u{2028}\u{feff} and more of it\n"
    )))
};

fn nothing() {}

/// A value that is printed as it is.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Raw(&'static str);

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

fn crossed() {
    let (a, b) = (mutex(hostile!("a"), ()), mutex(hostile!("b"), ()));
    let left: Chan<Raw> = chan(hostile!("left"), 1);
    left.send(Raw(hostile!("value")));
    go(hostile!("other"), move || {
        let of_b = b.lock();
        let of_a = a.lock();
        of_a.unlock();
        of_b.unlock();
    });
    let of_a = a.lock();
    let of_b = b.lock();
    of_b.unlock();
    of_a.unlock();
}

fn leaks() {
    let (one, two): (Chan<Raw>, Chan<Raw>) = (chan(hostile!("one"), 0), chan(hostile!("two"), 0));
    go(hostile!("stays"), move || {
        select! {
            send(one, Raw(hostile!("value"))) => {}
            recv(two) => {}
        }
    });
    choose(2);
}

fn panics() {
    let closed: Chan<Raw> = chan(hostile!("closed"), 1);
    go(hostile!("closer"), move || closed.close());
    if let Some(Raw(text)) = closed.recv() {
        unreachable!("{text}");
    }
    panic!("{}", hostile!("message"));
}

fn endless() {
    let never: Chan<Raw> = chan(hostile!("never"), 0);
    go(hostile!("runs on"), || {
        forever(|| {
            gosched();
            ControlFlow::<()>::Continue(())
        });
    });
    never.recv();
}

/// Counts for ever: no state comes back.
fn never_ends() {
    let count = atomic(hostile!("count"), 0);
    loop {
        count.add(1);
    }
}

/// Depends on the number of earlier runs.
fn changes() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let x = atomic(hostile!("x"), 0);
    if RUNS.fetch_add(1, Ordering::Relaxed) == 0 {
        x.add(1);
    } else {
        x.load();
    }
    // The second of these choices can only be made by running main again.
    choose(2);
}

/// A loop without a visible operation, in a goroutine with a hostile name.
fn spins() {
    go(hostile!("spinner"), || {
        let mut turns = 0_u64;
        loop {
            turns = std::hint::black_box(turns.wrapping_add(1));
        }
    });
}
