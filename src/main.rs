//! Scratch.
use gordian_checker::script::families;
use gordian_checker::*;
fn show(name: &str, r: &Report) {
    println!(
        "{name} {} {:?} {} states {:?} execs {} discarded {} bad {} distinct {} steps {} t {:?} {:?} {:?}",
        r.engine.name(),
        r.finished_by,
        r.verdict,
        r.findings.states,
        r.findings.executions,
        r.findings.discarded,
        r.findings.bad_executions,
        r.findings.bad.len(),
        r.findings.steps,
        r.time,
        r.fault,
        r.findings.limits
    );
}
fn main() {
    for k in gordian_kernels::CATALOGUE {
        for v in [k.buggy, k.fixed] {
            for e in Engine::ALL {
                let r = Checker::new().engine(e).check(v.main);
                show(v.file, &r);
            }
            for p in 0..3 {
                let r = Checker::new().preemptions_max(p).check(v.main);
                show(v.file, &r);
            }
        }
    }
    for (f, s) in [
        ("philosophers-ordered", &[3u32, 3][..]),
        ("philosophers-ordered", &[8]),
        ("philosophers-ordered", &[14]),
        ("fan-in", &[4, 4, 0]),
        ("fan-in", &[3, 3, 0]),
        ("philosophers", &[5]),
        ("lock-increment", &[5]),
        ("readers", &[5]),
        ("rwlock", &[3, 2]),
        ("ring", &[4]),
        ("pipeline", &[3, 3]),
        ("fan-out", &[3, 2]),
    ] {
        let fam = families::ALL.iter().find(|x| x.name == f).unwrap();
        let script = fam.script(s).unwrap();
        for e in [Engine::Auto, Engine::Optimal, Engine::Remembering] {
            let t = Checker::new()
                .engine(e)
                .time_max(std::time::Duration::from_secs(5))
                .check_subject(&script);
            show(&format!("{f} {s:?}"), &t);
        }
        println!("{:?}", fam.known(s));
    }
}
