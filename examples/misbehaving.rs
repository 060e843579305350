//! The program for a catalogue of kernels that misbehave: what the tests of the command line run.

#[path = "../tests/support/misbehaving.rs"]
mod misbehaving;

fn main() -> std::process::ExitCode {
    gordian::main(misbehaving::CATALOGUE)
}
