//! Scratch.
use gordian_checker::script::families;
use gordian_checker::*;
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let e = Engine::from_name(&a[0]).unwrap();
    let sizes: Vec<u32> = a[2..].iter().map(|x| x.parse().unwrap()).collect();
    let s = families::Family::of(&a[1]).unwrap().script(&sizes).unwrap();
    let r = Checker::new().engine(e).check_subject(&s);
    println!(
        "{:?} {} execs {} states {:?} steps {} {:?}",
        a, r.verdict, r.findings.executions, r.findings.states, r.findings.steps, r.time
    );
}
