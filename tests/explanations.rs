//! Explanations of the catalogue's bugs are true: the judge of the library's tests checks every
//! claim about who waits for whom.

#[path = "../checker/tests/oracle"]
mod oracle {
    pub(crate) mod daemon;
    pub(crate) mod explanations;
}

use gordian_checker::Subject;
use gordian_checker::model::TimerRules;
use gordian_checker::script::families::Family;
use gordian_kernels::CATALOGUE;
use oracle::explanations;

/// Most states that are explored by brute force.
const STATES_MAX: usize = 400_000;

#[test]
fn no_claim_about_a_kernel_is_untrue() {
    for kernel in CATALOGUE {
        let name = kernel.name;
        let mut program = kernel.buggy.subject().program(1 << 18);
        let judged = explanations::judge_program(program.as_mut(), STATES_MAX);
        let claims = judged.unwrap_or_else(|claim| panic!("{name}: {claim}"));
        assert!(
            claims.is_some_and(|claims| claims > 10),
            "{name}: {claims:?}"
        );
    }
}

/// Of kernels that are too large for brute force nothing is judged.
#[test]
fn no_claim_about_a_kernels_fix_is_untrue() {
    let mut judged = 0;
    for kernel in CATALOGUE {
        let [mut buggy, mut fixed] =
            [kernel.buggy, kernel.fixed].map(|variant| variant.subject().program(1 << 18));
        let claims = explanations::why::judge_why(buggy.as_mut(), fixed.as_mut(), 50_000);
        let claims = claims.unwrap_or_else(|claim| panic!("{}: {claim}", kernel.name));
        judged += usize::from(claims.is_some_and(|claims| claims > 5));
    }
    assert!(judged > 10, "only {judged} kernels");
}

#[test]
fn no_claim_about_philosophers_is_untrue() {
    let family = Family::of("philosophers").expect("there is one");
    let script = family.script(&[3, 2]).expect("its sizes");
    let judged = explanations::check(&script, TimerRules::default(), STATES_MAX);
    let claims = judged.unwrap_or_else(|claim| panic!("{claim}"));
    assert!(claims.is_some_and(|claims| claims > 10), "{claims:?}");
}
