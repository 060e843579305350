//! Written by the test `printed`.

pub(crate) mod k0 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let timer0 = timer("timer0");
    let c1 = chan::<i64>("c1", 0);
    go("g1", move || {
        let _ = i64::from(timer0.reset());
        gosched();
        while timer0.c.recv().is_some() {
        }
    });
    timer0.c.recv();
    sleep();
    for _ in 0..2 {
    }
    select! {
        recv(c1) => {
        }
        recv(c1) => {
        }
        send(c1, 3) => {
        }
    }
}
}

pub(crate) mod k1 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let cond0 = cond("cond0");
    let wg2 = waitgroup("wg2");
    let rw3 = rwlock("rw3", 0_i64);
    wg2.add(2);
    wg2.done();
    go("g1", move || {
        rw3.rlock().leave_locked();
        m0.lock().leave_locked();
        cond0.wait_unguarded(m0);
        m0.unlock();
        rw3.rlock().leave_locked();
        rw3.runlock();
        rw3.runlock();
    });
}
}

pub(crate) mod k2 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let c1 = chan::<i64>("c1", 0);
    go("g1", move || {
        return;
    });
    go("g2", move || {
        m0.lock().leave_locked();
        m0.unlock();
    });
    c1.close();
    c1.send(1);
    c1.recv();
}
}

pub(crate) mod k3 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 1);
    go("g1", move || {
        let returns = forever(|| {
            gosched();
            c0.close();
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    go("g2", move || {
        let returns = forever(|| {
            gosched();
            c0.recv();
            select! {
                recv(c0) => {
                }
                send(c0, 1) => {
                }
                send(c0, 2) => {
                }
            }
            c0.recv();
            match choose(2) {
                0 => {
                }
                _ => {
                    return ControlFlow::Break(false);
                }
            }
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    let returns = forever(|| {
        gosched();
        c0.recv();
        match choose(2) {
            0 => {
            }
            _ => {
                return ControlFlow::Break(false);
            }
        }
        ControlFlow::Continue(())
    });
    if returns {
        return;
    }
}
}

pub(crate) mod k4 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 1);
    let once1 = once("once1");
    go("g1", move || {
        select! {
            recv(c0) => {
                once1.do_once(|| {
                });
            }
            send(c0, 1) => {
            }
            recv(c0) => {
            }
            default => {
            }
        }
    });
    go("g2", move || {
        c0.close();
    });
    once1.do_once(|| {
        once1.do_once(|| {
            once1.do_once(|| {
            });
        });
    });
}
}

pub(crate) mod k5 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let c1 = chan::<i64>("c1", 2);
    let m2 = mutex("m2", 0_i64);
    let cond2 = cond("cond2");
    go("g2", move || {
        m0.unlock();
    });
    m0.lock().leave_locked();
    go("g1", move || {
        c1.send(1);
        cond2.broadcast();
    });
    m0.unlock();
}
}

pub(crate) mod k6 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let ctx0 = background().with_timeout("ctx0");
    let c2 = chan::<i64>("c2", 0);
    let rw3 = rwlock("rw3", 0_i64);
    let ctx0_child = ctx0.with_cancel("ctx0.child");
    go("g1", move || {
        let returns = forever(|| {
            gosched();
            c2.send(2);
            select! {
                recv(ctx0_child.done()) => {
                }
                default => {
                }
            }
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    go("g2", move || {
        let returns = forever(|| {
            gosched();
            let _ = match ctx0.err() { None => 0, Some(Reason::Canceled) => 1, Some(_) => 2 };
            ctx0.done().recv();
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    let returns = forever(|| {
        gosched();
        ctx0.cancel();
        ControlFlow::Continue(())
    });
    if returns {
        return;
    }
}
}

pub(crate) mod k7 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    return;
    {
        let mut guard = m0.lock();
        *guard += 1;
        guard.unlock();
    }
    go("g1", move || {
        m0.lock().leave_locked();
        m0.unlock();
        gosched();
        m0.lock().leave_locked();
        m0.unlock();
        m0.lock().leave_locked();
        m0.lock().leave_locked();
        m0.unlock();
        m0.unlock();
    });
    m0.lock().leave_locked();
    if let Some(guard) = m0.try_lock() {
        guard.leave_locked();
        m0.lock().leave_locked();
        m0.unlock();
        m0.unlock();
    }
    m0.unlock();
}
}

pub(crate) mod k8 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let once0 = once("once0");
    let c1 = chan::<i64>("c1", 1);
    go("g1", move || {
        c1.send(3);
        once0.do_once(|| {
        });
        match choose(2) {
            0 => {
            }
            _ => {
            }
        }
    });
    c1.send(1);
    return;
    once0.do_once(|| {
        once0.do_once(|| {
            c1.send(1);
        });
    });
}
}

pub(crate) mod k9 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 1);
    let c1 = chan::<i64>("c1", 0);
    go("g1", move || {
        c0.send(1);
        c0.recv();
    });
    c1.send(1);
}
}

pub(crate) mod k10 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let wg0 = waitgroup("wg0");
    let timer1 = ticker("timer1", 2);
    wg0.add(1);
    wg0.add(1);
    go("g1", move || {
        let _ = i64::from(timer1.stop());
        wg0.add(-2);
    });
    wg0.done();
}
}

pub(crate) mod k11 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    go("g1", move || {
        m0.lock().leave_locked();
        m0.unlock();
    });
    m0.lock().leave_locked();
    m0.lock().leave_locked();
    m0.lock().leave_locked();
    {
        let mut guard = m0.lock();
        *guard += 1;
        guard.unlock();
    }
    m0.unlock();
    m0.unlock();
}
}

pub(crate) mod k12 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    go("g1", move || {
        return;
    });
    go("g2", move || {
        m0.lock().leave_locked();
        m0.unlock();
    });
    let returns = forever(|| {
        gosched();
        m0.unlock();
        m0.lock().leave_locked();
        m0.unlock();
        ControlFlow::Continue(())
    });
    if returns {
        return;
    }
}
}

pub(crate) mod k13 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 1);
    let m1 = mutex("m1", 0_i64);
    go("g1", move || {
        c0.close();
        c0.close();
    });
    go("g2", move || {
        m1.lock().leave_locked();
        m1.unlock();
        c0.recv();
    });
    m1.lock().leave_locked();
    c0.recv();
    m1.unlock();
    m1.unlock();
    c0.recv();
}
}

pub(crate) mod k14 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let rw0 = rwlock("rw0", 0_i64);
    let m1 = mutex("m1", 0_i64);
    let cond1 = cond("cond1");
    let timer3 = ticker("timer3", 1);
    rw0.rlock().leave_locked();
    rw0.runlock();
    cond1.signal();
    rw0.lock().leave_locked();
    rw0.unlock();
    go("g1", move || {
        go("g2", move || {
            match choose(2) {
                0 => {
                    rw0.lock().leave_locked();
                }
                _ => {
                }
            }
            rw0.rlock().leave_locked();
            m1.lock().leave_locked();
            cond1.wait_unguarded(m1);
            m1.unlock();
        });
        match choose(2) {
            0 => {
            }
            _ => {
            }
        }
    });
}
}

pub(crate) mod k15 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let nil0 = Chan::<i64>::nil();
    let m1 = mutex("m1", 0_i64);
    let timer2 = timer("timer2");
    go("g2", move || {
        let returns = forever(|| {
            gosched();
            {
                let mut guard = m1.lock();
                *guard += 1;
                guard.unlock();
            }
            m1.lock().leave_locked();
            m1.unlock();
            match choose(2) {
                0 => {
                }
                _ => {
                    return ControlFlow::Break(false);
                }
            }
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    for _ in 0..2 {
    }
    select! {
        send(nil0, 1) => {
        }
        default => {
        }
    }
    go("g1", move || {
        m1.lock().leave_locked();
        m1.unlock();
    });
}
}

pub(crate) mod k16 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let atomic0 = atomic("atomic0", 0);
    let atomic1 = atomic("atomic1", 0);
    let timer2 = timer("timer2");
    go("g1", move || {
        let _ = i64::from(atomic0.compare_and_swap(1, 0));
    });
    go("g2", move || {
        atomic1.store(1);
        let _ = atomic1.add(1);
        let _ = i64::from(atomic0.compare_and_swap(1, 0));
        atomic0.store(1);
    });
    for _ in 0..2 {
    }
}
}

pub(crate) mod k17 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let timer0 = timer("timer0");
    go("g1", move || {
        sleep();
        let _ = i64::from(timer0.reset());
    });
    go("g2", move || {
        let _ = timer0.c.len() as i64;
        select! {
            recv(timer0.c) => {
            }
            recv(timer0.c) => {
            }
        }
        let _ = i64::from(timer0.stop());
        select! {
            recv(timer0.c) => {
            }
            default => {
            }
        }
        let _ = i64::from(timer0.reset());
    });
    timer0.c.recv();
}
}

pub(crate) const ALL: &[fn()] = &[
    k0::kernel,
    k1::kernel,
    k2::kernel,
    k3::kernel,
    k4::kernel,
    k5::kernel,
    k6::kernel,
    k7::kernel,
    k8::kernel,
    k9::kernel,
    k10::kernel,
    k11::kernel,
    k12::kernel,
    k13::kernel,
    k14::kernel,
    k15::kernel,
    k16::kernel,
    k17::kernel,
];
