//! What Gordian says of the bugs of the catalogue is so: the judge of the library's tests looks at
//! every claim about who waits for whom.

#[path = "../checker/tests/oracle"]
mod oracle {
    pub(crate) mod explanations;
}

use std::rc::Rc;

use gordian_checker::Subject;
use gordian_checker::model::TimerRules;
use gordian_checker::script::families::Family;
use gordian_kernels::CATALOGUE;
use oracle::explanations;

/// States that are looked at by force.
const STATES_MAX: usize = 400_000;

#[test]
fn no_claim_about_a_kernel_is_untrue() {
    for kernel in CATALOGUE {
        let name = kernel.name;
        let mut program = Rc::new(kernel.buggy.main).program(1 << 18);
        let judged = explanations::judge_program(program.as_mut(), STATES_MAX);
        let claims = judged.unwrap_or_else(|claim| panic!("{name}: {claim}"));
        assert!(
            claims.is_some_and(|claims| claims > 10),
            "{name}: {claims:?}"
        );
    }
}

#[test]
fn no_claim_about_philosophers_is_untrue() {
    let family = Family::of("philosophers").expect("there is one");
    let script = family.script(&[3, 2]).expect("its sizes");
    let judged = explanations::check(&script, TimerRules::default(), STATES_MAX);
    let claims = judged.unwrap_or_else(|claim| panic!("{claim}"));
    assert!(claims.is_some_and(|claims| claims > 10), "{claims:?}");
}
