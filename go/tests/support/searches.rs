//! Searches that are compared.

use gordian_checker::explore::Limits;
use gordian_checker::{Checker, Engine, Report};
use gordian_go::GoSubject;

/// Searches a program of up to so many states for every bad end.
pub(crate) fn check(subject: &GoSubject, engine: Engine, states_max: u64) -> Report {
    let limits = Limits {
        states_max: Some(states_max),
        ..Limits::default()
    };
    let checker = Checker::new().engine(engine).limits(limits);
    let checker = checker.keep_going(true).timers(subject.timers());
    checker.check_subject(subject)
}
