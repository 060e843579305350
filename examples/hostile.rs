//! The program for a catalogue whose names and messages would play tricks on a terminal. The tests
//! of the command line run it.

#[path = "../tests/support/hostile.rs"]
mod hostile;

fn main() -> std::process::ExitCode {
    gordian::main(hostile::CATALOGUE)
}
