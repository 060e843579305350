//! Steps that are said to be independent commute, on random programs: see [`oracle::independence`].

mod oracle;
mod random;

use std::cell::Cell;

use gordian_checker::script::random::Mix;
use gordian_checker::script::{Memory, Start};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

#[test]
fn independent_steps_commute() {
    let (programs, skipped, pairs) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let check = |script: random::Shown| {
        let mut program = script.0.interpreter(Start::Together, Memory::Remembering);
        match oracle::independence::check(&mut program, 5_000) {
            Ok(Some(count)) => {
                programs.set(programs.get() + 1);
                pairs.set(pairs.get() + count);
                Ok(())
            }
            Ok(None) => {
                skipped.set(skipped.get() + 1);
                Ok(())
            }
            Err(wrong) => Err(TestCaseError::fail(wrong)),
        }
    };
    let config = ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        max_shrink_iters: 100_000,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&random::Scripts(Mix::default()), check);
    println!(
        "{} programs with {} independent pairs; {} skipped",
        programs.get(),
        pairs.get(),
        skipped.get()
    );
    if let Err(wrong) = outcome {
        panic!("{wrong}");
    }
    assert!(skipped.get() * 20 <= programs.get(), "too many skipped");
}
