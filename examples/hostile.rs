//! The program for a catalogue whose names and messages would play tricks on a terminal: what the
//! tests of the command line run.

#[path = "../tests/support/hostile.rs"]
mod hostile;

fn main() -> std::process::ExitCode {
    gordian::main(hostile::CATALOGUE)
}
