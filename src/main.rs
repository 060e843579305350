//! Scratch.
use gordian_checker::sync::*;
use gordian_checker::*;
fn phil(n: usize, ordered: bool) {
    let forks: Vec<_> = (0..n).map(|i| mutex(&format!("f{i}"), ())).collect();
    for i in 0..n {
        let (mut a, mut b) = (forks[i], forks[(i + 1) % n]);
        if ordered && i == n - 1 {
            std::mem::swap(&mut a, &mut b);
        }
        go(&format!("p{i}"), move || {
            let x = a.lock();
            let y = b.lock();
            y.unlock();
            x.unlock();
        });
    }
}
fn show(name: &str, r: &Report) {
    println!(
        "{name} {:?} {} states {:?} execs {} discarded {} bad {} steps {} t {:?} {:?}",
        r.engine,
        r.verdict,
        r.findings.states,
        r.findings.executions,
        r.findings.discarded,
        r.findings.bad_executions,
        r.findings.steps,
        r.time,
        r.fault
    );
}
fn main() {
    for k in gordian_kernels::CATALOGUE {
        for v in [k.buggy, k.fixed] {
            for e in Engine::ALL {
                let r = Checker::new().engine(e).check(v.main);
                show(v.file, &r);
            }
        }
    }
    for n in 2..5 {
        for o in [false, true] {
            let r = Checker::new()
                .engine(Engine::Optimal)
                .check(move || phil(n, o));
            show(&format!("phil {n} {o}"), &r);
        }
    }
    let r = Checker::new().engine(Engine::Remembering).check(|| {
        let flag = atomic("flag", 0);
        let m = mutex("m", ());
        go("stuck", move || {
            let a = m.lock();
            let b = m.lock();
            b.unlock();
            a.unlock();
        });
        forever(|| {
            if flag.load() == 1 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
    });
    show("spin", &r);
    println!("{:?}", r.findings.bad);
    for n in [8] {
        let r = Checker::new()
            .engine(Engine::Remembering)
            .check(move || phil(n, true));
        show(&format!("phil {n} true"), &r);
        println!(
            "{} states/s",
            r.findings.states.unwrap() as f64 / r.time.as_secs_f64()
        );
    }
    for n in [8, 10, 12, 14] {
        let r = Checker::new()
            .engine(Engine::Optimal)
            .check(move || phil(n, true));
        show(&format!("phil {n} true"), &r);
    }
    for (s, m) in [(2, 2), (3, 2), (3, 3)] {
        let r = Checker::new().engine(Engine::Optimal).check(move || {
            let c = chan::<u8>("c", 0);
            for i in 0..s {
                go(&format!("s{i}"), move || (0..m).for_each(|_| c.send(1)));
            }
            for _ in 0..s * m {
                c.recv();
            }
        });
        show(&format!("fan {s} {m}"), &r);
    }
}
