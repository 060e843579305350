//! The program for the catalogue that comes with it.

fn main() -> std::process::ExitCode {
    gordian::main(gordian_kernels::CATALOGUE)
}
