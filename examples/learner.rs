//! The program with kernels that learners of `gordian learn` might hand in, right and wrong. The
//! tests of the command line run it.

#[path = "../tests/support/learner.rs"]
mod learner;

fn main() -> std::process::ExitCode {
    gordian::main(&learner::catalogue())
}
