//! The program for the catalogue that comes with Gordian.

fn main() -> std::process::ExitCode {
    gordian::main(gordian_kernels::CATALOGUE)
}
