//! Scratch.
use gordian_checker::*;
fn main() {
    for k in gordian_kernels::CATALOGUE {
        for v in [k.buggy, k.fixed] {
            let r = Checker::new().check(v.main);
            println!("{} {:?} {} {:#?}", k.name, v.file, r.verdict, r);
        }
    }
}
