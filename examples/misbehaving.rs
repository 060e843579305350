//! The program for a catalogue of kernels that misbehave. The tests of the command line run it.

#[path = "../tests/support/misbehaving.rs"]
mod misbehaving;

fn main() -> std::process::ExitCode {
    gordian::main(misbehaving::CATALOGUE)
}
