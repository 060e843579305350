//! A catalogue of your own gets the whole program:
//!
//! ```sh
//! cargo run --example own_catalogue -- check
//! cargo run --example own_catalogue -- run mine/two-locks
//! ```

use gordian::catalogue::{Expected, Kernel, TimerRules, Variant};

fn main() -> std::process::ExitCode {
    gordian::main(CATALOGUE)
}

const CATALOGUE: &[Kernel] = &[Kernel {
    name: "mine/two-locks",
    upstream: "a bug report of yours",
    class: "Resource / lock order",
    mechanism: "main takes left and then right, while mover takes right and then left.",
    fix: "Both take left first.",
    bound: "one turn of each",
    left_out: "nothing",
    timers: TimerRules::Go1_23,
    buggy: Variant {
        main: buggy,
        file: file!(),
        source: include_str!("own_catalogue.rs"),
        in_go: None,
        expected: Expected::Deadlock,
        stuck: &[("main", "lock right"), ("mover", "lock left")],
    },
    fixed: Variant {
        main: fixed,
        file: file!(),
        source: include_str!("own_catalogue.rs"),
        in_go: None,
        expected: Expected::Proved,
        stuck: &[],
    },
}];

use gordian::sync::{Mutex, go, mutex};

fn buggy() {
    let (left, right) = (mutex("left", 1), mutex("right", 0));
    go("mover", move || take_both(right, left));
    take_both(left, right);
}

fn fixed() {
    let (left, right) = (mutex("left", 1), mutex("right", 0));
    go("mover", move || take_both(left, right));
    take_both(left, right);
}

fn take_both(first: Mutex<i32>, second: Mutex<i32>) {
    let mut of_first = first.lock();
    let mut of_second = second.lock();
    std::mem::swap(&mut *of_first, &mut *of_second);
    of_second.unlock();
    of_first.unlock();
}
