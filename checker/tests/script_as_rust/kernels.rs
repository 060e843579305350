//! Written by the test `script_as_rust`.

pub(crate) mod k0 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let rw0 = rwlock("rw0", 0_i64);
    go("g1", move || {
        rw0.rlock().leave_locked();
        sleep();
        rw0.runlock();
    });
    go("g2", move || {
        rw0.rlock().leave_locked();
        rw0.runlock();
        if let Some(guard) = rw0.try_lock() {
            guard.leave_locked();
            rw0.rlock().leave_locked();
            rw0.unlock();
        }
    });
    rw0.runlock();
}
}

pub(crate) mod k1 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let cond0 = cond("cond0");
    {
        let guard = m0.lock();
        let mut held0 = Some(guard);
        if let Some(guard) = held0.take() {
            let guard = cond0.wait(guard);
            held0 = Some(guard);
        }
        if let Some(guard) = &mut held0 {
            **guard += 1;
        }
        {
            let held0 = held0.take();
            go("g1", move || {
                let mut held0 = held0;
                cond0.signal();
            });
        }
    }
    {
        let guard = m0.lock();
        let mut held1 = Some(guard);
        if let Some(guard) = held1.take() {
            let guard = cond0.wait(guard);
            held1 = Some(guard);
        }
        cond0.wait_unguarded(m0);
        {
            let held1 = held1.take();
            go("g2", move || {
                let mut held1 = held1;
                cond0.signal();
                {
                    let guard = m0.lock();
                    let mut held2 = Some(guard);
                    if let Some(guard) = held2.take() {
                        let guard = cond0.wait(guard);
                        held2 = Some(guard);
                    }
                }
                if let Some(guard) = &mut held1 {
                    **guard += 1;
                }
            });
        }
    }
}
}

pub(crate) mod k2 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let cond0 = cond("cond0");
    let m2 = mutex("m2", 0_i64);
    let cond2 = cond("cond2");
    let c4 = chan::<i64>("c4", 1);
    go("g2", move || {
        select! {
            recv(c4) => {
                m2.lock().leave_locked();
                cond2.wait_unguarded(m2);
                m2.lock().leave_locked();
                cond2.wait_unguarded(m2);
                m2.unlock();
                m2.unlock();
            }
            recv(c4) => {
            }
        }
    });
    let mut last = 0_i64;
    cond0.signal();
    c4.send(last + 1);
    cond0.signal();
    go("g1", move || {
        c4.send(1);
        m2.lock().leave_locked();
        cond2.wait_unguarded(m2);
        m2.unlock();
    });
    c4.send(last + 1);
}
}

pub(crate) mod k3 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let c1 = chan::<i64>("c1", 0);
    let rw2 = rwlock("rw2", 0_i64);
    {
        let mut held0 = Some(defer(move || {
            c1.send(1);
        }));
        match choose(2) {
            0 => {
            }
            _ => {
                panic!("{}", "of its own");
            }
        }
        rw2.rlock().leave_locked();
        {
            let mut held1 = Some(defer(move || {
                rw2.runlock();
                c1.recv();
            }));
            drop(held1.take());
            c1.recv();
        }
        {
            let held0 = held0.take();
            go("g1", move || {
                let mut held0 = held0;
                rw2.rlock().leave_locked();
                {
                    let mut held2 = Some(defer(move || {
                        rw2.runlock();
                    }));
                    match choose(2) {
                        0 => {
                        }
                        _ => {
                            return;
                        }
                    }
                }
                c1.send(1);
                gosched();
                drop(held0.take());
            });
        }
    }
}
}

pub(crate) mod k4 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let cond0 = cond("cond0");
    go("g1", move || {
        cond0.signal();
    });
    go("g2", move || {
        m0.lock().leave_locked();
        cond0.wait_unguarded(m0);
        m0.unlock();
        {
            let guard = m0.lock();
            let mut held0 = Some(guard);
            if let Some(guard) = &mut held0 {
                **guard += 1;
            }
            if let Some(guard) = held0.take() {
                guard.unlock();
            }
            {
                let mut guard = m0.lock();
                *guard += 1;
                guard.unlock();
            }
        }
    });
    cond0.signal();
    cond0.signal();
}
}

pub(crate) mod k5 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let c1 = chan::<i64>("c1", 0);
    go("g1", move || {
        go("g2", move || {
            m0.lock().leave_locked();
            m0.unlock();
            c1.send(2);
        });
        match choose(3) {
            0 => {
            }
            1 => {
                c1.recv();
            }
            _ => {
                c1.recv();
            }
        }
        let _ = c1.len() as i64;
    });
    c1.recv();
    m0.lock().leave_locked();
    m0.unlock();
    m0.unlock();
    m0.lock().leave_locked();
    m0.unlock();
}
}

pub(crate) mod k6 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let timer0 = timer("timer0");
    let m1 = mutex("m1", 0_i64);
    let cond1 = cond("cond1");
    for _ in 0..2 {
        {
            let guard = m1.lock();
            let mut held0 = Some(guard);
            if let Some(guard) = held0.take() {
                let guard = cond1.wait(guard);
                held0 = Some(guard);
            }
            if let Some(guard) = &mut held0 {
                **guard += 1;
            }
            {
                let guard = m1.lock();
                let mut held1 = Some(guard);
                {
                    let held1 = held1.take();
                    go("g1", move || {
                        let mut held1 = held1;
                        match choose(2) {
                            0 => {
                                select! {
                                    recv(timer0.c) => {
                                        {
                                            let guard = m1.lock();
                                            let mut held2 = Some(guard);
                                            if let Some(guard) = held2.take() {
                                                let guard = cond1.wait(guard);
                                                held2 = Some(guard);
                                            }
                                            if let Some(guard) = held1.take() {
                                                guard.unlock();
                                            }
                                            if let Some(guard) = held2.take() {
                                                guard.unlock();
                                            }
                                        }
                                    }
                                    default => {
                                        m1.lock().leave_locked();
                                        cond1.wait_unguarded(m1);
                                        m1.unlock();
                                    }
                                }
                            }
                            _ => {
                            }
                        }
                    });
                }
                if let Some(guard) = held1.take() {
                    let guard = cond1.wait(guard);
                    held1 = Some(guard);
                }
                if let Some(guard) = held0.take() {
                    guard.unlock();
                }
            }
        }
    }
}
}

pub(crate) mod k7 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let mut cell0 = shared("cell0", 0_i64);
    let once1 = once("once1");
    let once2 = once("once2");
    let sem3 = semaphore("sem3", 1);
    let m4 = mutex("m4", 0_i64);
    let h5 = chan::<Shared<i64>>("h5", 1);
    {
        let guard = m4.lock();
        let mut held0 = Some(guard);
        {
            let held0 = held0.take();
            go("g1", move || {
                let mut held0 = held0;
                let _ = cell0.get();
                m4.lock().leave_locked();
                m4.unlock();
                if let Some(handle) = h5.recv() {
                    cell0 = handle;
                }
            });
        }
        if let Some(guard) = &mut held0 {
            **guard += 1;
        }
    }
    if let Some(handle) = h5.recv() {
        cell0 = handle;
    }
    let _ = cell0.get();
    h5.send(cell0);
    cell0.set(1);
    return;
    cell0.set(1);
}
}

pub(crate) mod k8 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let timer0 = timer("timer0");
    let rw1 = rwlock("rw1", 0_i64);
    let once2 = once("once2");
    let once3 = once("once3");
    let sem4 = semaphore("sem4", 2);
    go("g1", move || {
        sem4.acquire(0);
    });
    go("g2", move || {
        sem4.acquire(1);
        sem4.acquire(1);
        sem4.acquire(2);
        sem4.release(2);
        sem4.acquire(2);
    });
    sem4.release(0);
}
}

pub(crate) mod k9 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let m1 = mutex("m1", 0_i64);
    let cond1 = cond("cond1");
    go("g1", move || {
        go("g2", move || {
            let returns = forever(|| {
                gosched();
                match choose(3) {
                    0 => {
                    }
                    1 => {
                    }
                    _ => {
                    }
                }
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
        m0.lock().leave_locked();
    });
    let returns = forever(|| {
        gosched();
        if let Some(guard) = m0.try_lock() {
            guard.leave_locked();
            m1.lock().leave_locked();
            cond1.wait_unguarded(m1);
            m1.unlock();
            m0.unlock();
        }
        ControlFlow::Continue(())
    });
    if returns {
        return;
    }
}
}

pub(crate) mod k10 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let timer0 = ticker("timer0", 2);
    let rw1 = rwlock("rw1", 0_i64);
    go("g1", move || {
        if let Some(guard) = rw1.try_lock() {
            guard.leave_locked();
            rw1.unlock();
        }
    });
    go("g2", move || {
        {
            let guard = rw1.lock();
            let mut held1 = Some(guard);
            if let Some(guard) = held1.take() {
                guard.unlock();
            }
            if let Some(guard) = held1.take() {
                guard.unlock();
            }
        }
        {
            let guard = rw1.rlock();
            let mut held2 = Some(guard);
        }
    });
    let _ = i64::from(timer0.reset());
    {
        let guard = rw1.rlock();
        let mut held0 = Some(guard);
        let _ = i64::from(timer0.reset());
        drop(held0.take());
    }
}
}

pub(crate) mod k11 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let cond0 = cond("cond0");
    let c2 = chan::<i64>("c2", 1);
    go("g1", move || {
        m0.lock().leave_locked();
        cond0.wait_unguarded(m0);
        m0.unlock();
        m0.lock().leave_locked();
        cond0.wait_unguarded(m0);
        m0.unlock();
        let _: Result<(), String> = recover(|| {
            let _: Result<(), String> = recover(|| {
                c2.close();
            });
            panic!("{}", "to be recovered");
        });
    });
    go("g2", move || {
        if let Some(guard) = m0.try_lock() {
            guard.leave_locked();
            m0.unlock();
        }
        if let Some(guard) = m0.try_lock() {
            guard.leave_locked();
            match choose(3) {
                0 => {
                    cond0.signal();
                }
                1 => {
                    let _: Result<(), String> = recover(|| {
                        panic!("{}", "to be recovered");
                    });
                }
                _ => {
                }
            }
            m0.unlock();
        }
    });
    m0.lock().leave_locked();
    let _: Result<(), String> = recover(|| {
        m0.lock().leave_locked();
        let _: Result<(), String> = recover(|| {
            panic!("{}", "to be recovered");
            m0.lock().leave_locked();
        });
        panic!("{}", "to be recovered");
        m0.unlock();
        m0.unlock();
    });
    m0.unlock();
}
}

pub(crate) mod k12 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 0);
    go("g1", move || {
        let returns = forever(|| {
            let mut last = 0_i64;
            gosched();
            c0.send(last + 1);
            last = c0.recv().unwrap_or(0);
            last = i64::from(choose(3));
            match last {
                0 => {
                }
                1 => {
                }
                _ => {
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
            c0.recv();
            match choose(2) {
                0 => {
                    c0.close();
                }
                _ => {
                }
            }
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    c0.recv();
    return;
    select! {
        send(c0, 2) => {
        }
        recv(c0) => {
        }
    }
}
}

pub(crate) mod k13 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let mut rw0 = rwlock("rw0", 0_i64);
    let mut h1 = chan::<RwLock<i64>>("h1", 1);
    go("g1", move || {
        rw0.rlock().leave_locked();
        rw0.runlock();
        h1 = chan::<RwLock<i64>>("h1", 1);
        if let Some(handle) = h1.recv() {
            rw0 = handle;
        }
        let _: Result<(), String> = recover(|| {
            let _: Result<(), String> = recover(|| {
                panic!("{}", "to be recovered");
            });
            h1.close();
        });
    });
    go("g2", move || {
        let _: Result<(), String> = recover(|| {
            panic!("{}", "to be recovered");
        });
        if let Some(handle) = h1.recv() {
            rw0 = handle;
        }
        rw0.lock().leave_locked();
        rw0.unlock();
        {
            let guard = rw0.rlock();
            let mut held0 = Some(guard);
            if let Some(guard) = held0.take() {
                guard.runlock();
            }
            {
                let mut guard = rw0.lock();
                *guard += 1;
                guard.unlock();
            }
        }
    });
    let _: Result<(), String> = recover(|| {
        if let Some(handle) = h1.recv() {
            rw0 = handle;
        }
        rw0.rlock().leave_locked();
        rw0.runlock();
    });
    rw0 = rwlock("rw0", 0_i64);
    rw0.rlock().leave_locked();
    rw0.runlock();
}
}

pub(crate) mod k14 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 0);
    go("g1", move || {
        let mut last = 0_i64;
        last = c0.recv().unwrap_or(0);
        let _: Result<(), String> = recover(|| {
            let _: Result<(), String> = recover(|| {
                c0.close();
                c0.send(last + 1);
            });
        });
    });
    go("g2", move || {
        c0.recv();
        c0.recv();
        let _: Result<(), String> = recover(|| {
            match choose(2) {
                0 => {
                }
                _ => {
                    c0.close();
                }
            }
        });
    });
    let _: Result<(), String> = recover(|| {
        let _: Result<(), String> = recover(|| {
            c0.close();
            c0.close();
            c0.close();
            c0.close();
            c0.recv();
            match choose(2) {
                0 => {
                }
                _ => {
                    goexit();
                }
            }
        });
    });
    let _ = c0.len() as i64;
    select! {
    }
}
}

pub(crate) mod k15 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let cond0 = cond("cond0");
    let timer2 = timer("timer2");
    m0.lock().leave_locked();
    cond0.wait_unguarded(m0);
    m0.unlock();
    select! {
        recv(timer2.c) => {
            m0.lock().leave_locked();
            cond0.wait_unguarded(m0);
            m0.unlock();
        }
        default => {
        }
    }
    go("g1", move || {
        go("g2", move || {
            let returns = forever(|| {
                gosched();
                cond0.signal();
                match choose(2) {
                    0 => {
                    }
                    _ => {
                    }
                }
                ControlFlow::Continue(())
            });
            if returns {
                return;
            }
        });
        m0.lock().leave_locked();
        cond0.wait_unguarded(m0);
        m0.unlock();
        let _ = i64::from(timer2.stop());
        cond0.wait_unguarded(m0);
    });
}
}

pub(crate) mod k16 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let cond0 = cond("cond0");
    let c2 = chan::<i64>("c2", 0);
    let wg3 = waitgroup("wg3");
    go("g1", move || {
        wg3.wait();
        {
            let guard = m0.lock();
            let mut held0 = Some(guard);
            if let Some(guard) = held0.take() {
                let guard = cond0.wait(guard);
                held0 = Some(guard);
            }
            if let Some(guard) = &mut held0 {
                **guard += 1;
            }
            wg3.done();
            {
                let mut held1 = Some(defer(move || {
                    wg3.done();
                }));
                match choose(2) {
                    0 => {
                    }
                    _ => {
                        return;
                    }
                }
            }
            {
                let guard = m0.lock();
                let mut held2 = Some(guard);
                if let Some(guard) = held2.take() {
                    let guard = cond0.wait(guard);
                    held2 = Some(guard);
                }
                if let Some(guard) = held0.take() {
                    guard.unlock();
                }
            }
            drop(held0.take());
        }
    });
    c2.close();
}
}

pub(crate) mod k17 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let mut m0 = mutex("m0", 0_i64);
    let wg1 = waitgroup("wg1");
    let m2 = mutex("m2", 0_i64);
    let cond2 = cond("cond2");
    let h4 = chan::<Mutex<i64>>("h4", 1);
    wg1.add(2);
    wg1.done();
    if let Some(handle) = h4.recv() {
        m0 = handle;
    }
    go("g1", move || {
        if let Some(guard) = m0.try_lock() {
            let mut held0 = Some(guard);
            {
                let held0 = held0.take();
                go("g2", move || {
                    let mut held0 = held0;
                    cond2.signal();
                    {
                        let mut guard = m0.lock();
                        *guard += 1;
                        guard.unlock();
                    }
                });
            }
            if let Some(guard) = &mut held0 {
                **guard += 1;
            }
            match choose(2) {
                0 => {
                }
                _ => {
                    return;
                }
            }
        }
    });
    m0 = mutex("m0", 0_i64);
    h4.send(m0);
    go("g1", move || {
        if let Some(guard) = m0.try_lock() {
            let mut held0 = Some(guard);
            {
                let held0 = held0.take();
                go("g2", move || {
                    let mut held0 = held0;
                    cond2.signal();
                    {
                        let mut guard = m0.lock();
                        *guard += 1;
                        guard.unlock();
                    }
                });
            }
            if let Some(guard) = &mut held0 {
                **guard += 1;
            }
            match choose(2) {
                0 => {
                }
                _ => {
                    return;
                }
            }
        }
    });
    m0.lock().leave_locked();
    m0.unlock();
    gosched();
}
}

pub(crate) mod k18 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let m1 = mutex("m1", 0_i64);
    let c2 = chan::<i64>("c2", 0);
    go("g1", move || {
        let returns = forever(|| {
            gosched();
            if let Some(guard) = m1.try_lock() {
                guard.leave_locked();
                m1.unlock();
            }
            {
                let mut guard = m1.lock();
                *guard += 1;
                guard.unlock();
            }
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    let returns = forever(|| {
        gosched();
        m1.lock().leave_locked();
        {
            let mut held0 = Some(defer(move || {
                m1.unlock();
            }));
        }
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

pub(crate) mod k19 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let timer0 = timer("timer0");
    let once1 = once("once1");
    let atomic2 = atomic("atomic2", 0);
    go("g1", move || {
        once1.do_once(|| {
            let _ = atomic2.load();
            once1.do_once(|| {
                once1.do_once(|| {
                });
            });
        });
    });
    go("g2", move || {
        timer0.c.recv();
        select! {
            recv(timer0.c) => {
                gosched();
                once1.do_once(|| {
                });
            }
        }
        atomic2.store(1);
    });
    let _: Result<(), String> = recover(|| {
        once1.do_once(|| {
            let _ = atomic2.max(2);
        });
    });
    once1.do_once(|| {
        once1.do_once(|| {
        });
    });
}
}

pub(crate) mod k20 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let once0 = once("once0");
    let atomic1 = atomic("atomic1", 0);
    let c2 = chan::<i64>("c2", 0);
    go("g1", move || {
        let mut last = 0_i64;
        once0.do_once(|| {
            c2.send(last + 1);
        });
    });
    go("g2", move || {
        let _ = atomic1.load();
        let _ = atomic1.add(1);
    });
    return;
}
}

pub(crate) mod k21 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let c1 = chan::<i64>("c1", 2);
    let c2 = chan::<i64>("c2", 0);
    go("g1", move || {
        c1.send(1);
        match choose(3) {
            0 => {
            }
            1 => {
                gosched();
            }
            _ => {
            }
        }
    });
    go("g2", move || {
        match choose(2) {
            0 => {
            }
            _ => {
            }
        }
        let _: Result<(), String> = recover(|| {
            c1.close();
            c1.close();
        });
    });
    let returns = forever(|| {
        let mut last = 0_i64;
        gosched();
        let _: Result<(), String> = recover(|| {
            c2.send(last + 1);
            last = i64::from(choose(2));
            match last {
                0 => {
                }
                _ => {
                    goexit();
                }
            }
        });
        c2.send(1);
        c2.send(1);
        gosched();
        ControlFlow::Continue(())
    });
    if returns {
        return;
    }
}
}

pub(crate) mod k22 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let m1 = mutex("m1", 0_i64);
    let cond1 = cond("cond1");
    let m3 = mutex("m3", 0_i64);
    let c4 = chan::<i64>("c4", 0);
    go("g1", move || {
        m0.lock().leave_locked();
        m0.unlock();
        cond1.signal();
        m0.lock().leave_locked();
        m0.unlock();
        cond1.signal();
    });
    go("g2", move || {
        m0.lock().leave_locked();
        m0.unlock();
        c4.recv();
    });
    let mut last = 0_i64;
    select! {
        send(c4, last + 1) => {
            last = c4.recv().unwrap_or(0);
        }
        send(c4, last + 1) => {
        }
    }
    select! {
        send(c4, 1) => {
        }
        send(c4, last + 1) => {
        }
        default => {
        }
    }
}
}

pub(crate) mod k23 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let timer0 = ticker("timer0", 2);
    let m1 = mutex("m1", 0_i64);
    let rw2 = rwlock("rw2", 0_i64);
    go("g2", move || {
        if let Some(guard) = rw2.try_rlock() {
            guard.leave_locked();
            rw2.runlock();
        }
    });
    rw2.rlock().leave_locked();
    {
        let mut held0 = Some(defer(move || {
            rw2.runlock();
        }));
        {
            let held0 = held0.take();
            go("g1", move || {
                let mut held0 = held0;
                rw2.lock().leave_locked();
                rw2.unlock();
            });
        }
    }
    rw2.lock().leave_locked();
    rw2.lock().leave_locked();
    {
        let mut held1 = Some(defer(move || {
            rw2.unlock();
            rw2.unlock();
        }));
        match choose(2) {
            0 => {
            }
            _ => {
                return;
            }
        }
    }
}
}

pub(crate) mod k24 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 0);
    let atomic1 = atomic("atomic1", 0);
    go("g1", move || {
        let returns = forever(|| {
            gosched();
            match choose(2) {
                0 => {
                }
                _ => {
                    c0.recv();
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
            c0.recv();
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    c0.recv();
    sleep();
    select! {
        send(c0, 1) => {
        }
    }
}
}

pub(crate) mod k25 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let atomic0 = atomic("atomic0", 0);
    let m1 = mutex("m1", 0_i64);
    let cond1 = cond("cond1");
    let timer3 = timer("timer3");
    go("g1", move || {
        atomic0.store(1);
        let _ = atomic0.swap(2);
        let _ = atomic0.max(2);
    });
    go("g2", move || {
        select! {
            recv(timer3.c) => {
            }
            recv(timer3.c) => {
                let _ = i64::from(timer3.stop());
            }
            recv(timer3.c) => {
            }
        }
        m1.lock().leave_locked();
        cond1.wait_unguarded(m1);
        m1.unlock();
        sleep();
    });
    let _ = atomic0.swap(2);
}
}

pub(crate) mod k26 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let rw0 = rwlock("rw0", 0_i64);
    go("g1", move || {
        rw0.lock().leave_locked();
        rw0.unlock();
        match choose(3) {
            0 => {
            }
            1 => {
                if let Some(guard) = rw0.try_rlock() {
                    guard.leave_locked();
                    rw0.runlock();
                }
            }
            _ => {
            }
        }
    });
    go("g2", move || {
        rw0.lock().leave_locked();
        rw0.unlock();
        rw0.lock().leave_locked();
        rw0.rlock().leave_locked();
        rw0.runlock();
    });
    if let Some(guard) = rw0.try_lock() {
        guard.leave_locked();
        rw0.unlock();
    }
}
}

pub(crate) mod k27 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 1);
    let rw1 = rwlock("rw1", 0_i64);
    go("g1", move || {
        let returns = forever(|| {
            gosched();
            {
                let mut held1 = Some(defer(move || {
                    c0.recv();
                }));
                match choose(2) {
                    0 => {
                    }
                    _ => {
                        panic!("{}", "of its own");
                    }
                }
                {
                    let mut guard = rw1.lock();
                    *guard += 1;
                    guard.unlock();
                }
                drop(held1.take());
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
            {
                let mut held2 = Some(defer(move || {
                    c0.send(1);
                }));
            }
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    let returns = forever(|| {
        gosched();
        match choose(3) {
            0 => {
            }
            1 => {
                {
                    let mut held0 = Some(defer(move || {
                        c0.close();
                        c0.close();
                    }));
                }
            }
            _ => {
            }
        }
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

pub(crate) mod k28 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let once0 = once("once0");
    let once1 = once("once1");
    go("g1", move || {
        once1.do_once(|| {
            once1.do_once(|| {
                once1.do_once(|| {
                });
            });
        });
        once1.do_once(|| {
        });
    });
    once0.do_once(|| {
    });
}
}

pub(crate) mod k29 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let m1 = mutex("m1", 0_i64);
    go("g1", move || {
        m0.lock().leave_locked();
    });
    go("g2", move || {
        m0.lock().leave_locked();
        m0.unlock();
        m1.unlock();
        {
            let mut guard = m0.lock();
            *guard += 1;
            guard.unlock();
        }
        {
            let mut guard = m0.lock();
            *guard += 1;
            guard.unlock();
        }
    });
    return;
}
}

pub(crate) mod k30 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let cell0 = shared("cell0", 0_i64);
    go("g1", move || {
        match choose(2) {
            0 => {
                let _ = cell0.get();
            }
            _ => {
                cell0.set(1);
            }
        }
    });
    let mut last = 0_i64;
    cell0.set(last);
    let _: Result<(), String> = recover(|| {
    });
}
}

pub(crate) mod k31 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let cell0 = shared("cell0", 0_i64);
    cell0.set(1);
    go("g1", move || {
        cell0.set(2);
        {
            let mut held0 = Some(defer(move || {
                cell0.set(3);
            }));
            match choose(2) {
                0 => {
                }
                _ => {
                    return;
                }
            }
            cell0.set(1);
        }
        let _ = cell0.get();
        {
            let mut held1 = Some(defer(move || {
                cell0.set(3);
            }));
        }
    });
}
}

pub(crate) mod k32 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let ctx0 = background().with_timeout("ctx0");
    let rw1 = rwlock("rw1", 0_i64);
    let ctx2 = background().with_cancel("ctx2");
    go("g1", move || {
        match choose(2) {
            0 => {
            }
            _ => {
                gosched();
            }
        }
        rw1.lock().leave_locked();
        select! {
            recv(ctx0.done()) => {
            }
        }
        rw1.unlock();
    });
    ctx2.done().recv();
    rw1.rlock().leave_locked();
    let _ = match ctx2.err() { None => 0, Some(Reason::Canceled) => 1, Some(_) => 2 };
    rw1.runlock();
}
}

pub(crate) mod k33 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let rw0 = rwlock("rw0", 0_i64);
    let timer1 = timer("timer1");
    let m2 = mutex("m2", 0_i64);
    let cond2 = cond("cond2");
    go("g1", move || {
        let returns = forever(|| {
            gosched();
            m2.lock().leave_locked();
            m2.unlock();
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
    go("g2", move || {
        select! {
            recv(timer1.c) => {
            }
            default => {
            }
        }
        rw0.lock().leave_locked();
        rw0.unlock();
    });
    rw0.rlock().leave_locked();
    rw0.runlock();
}
}

pub(crate) mod k34 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let timer0 = timer("timer0");
    let m1 = mutex("m1", 0_i64);
    let cond1 = cond("cond1");
    go("g1", move || {
        {
            let mut held0 = Some(defer(move || {
                let _ = i64::from(timer0.stop());
            }));
        }
    });
    go("g2", move || {
        {
            let mut held1 = Some(defer(move || {
                cond1.broadcast();
            }));
            m1.lock().leave_locked();
            cond1.wait_unguarded(m1);
            {
                let guard = m1.lock();
                let mut held2 = Some(guard);
                if let Some(guard) = held2.take() {
                    let guard = cond1.wait(guard);
                    held2 = Some(guard);
                }
                if let Some(guard) = &mut held2 {
                    **guard += 1;
                }
                drop(held2.take());
                {
                    let mut guard = m1.lock();
                    *guard += 1;
                    guard.unlock();
                }
            }
            m1.unlock();
        }
    });
    m1.lock().leave_locked();
    cond1.wait_unguarded(m1);
    m1.unlock();
}
}

pub(crate) mod k35 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let mut m0 = mutex("m0", 0_i64);
    let wg1 = waitgroup("wg1");
    let h2 = chan::<Mutex<i64>>("h2", 0);
    for _ in 0..2 {
    }
    m0.unlock();
    wg1.done();
    {
        let guard = m0.lock();
        let mut held0 = Some(guard);
        match choose(2) {
            0 => {
            }
            _ => {
                panic!("{}", "of its own");
            }
        }
        {
            let held0 = held0.take();
            go("g1", move || {
                let mut held0 = held0;
                h2.close();
            });
        }
        if let Some(guard) = &mut held0 {
            **guard += 1;
        }
        wg1.done();
    }
}
}

pub(crate) mod k36 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let timer0 = ticker("timer0", 2);
    let c1 = chan::<i64>("c1", 0);
    let c2 = chan::<i64>("c2", 2);
    let sem3 = semaphore("sem3", 2);
    go("g1", move || {
        let returns = forever(|| {
            gosched();
            c2.send(2);
            let _ = timer0.c.len() as i64;
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
        c1.close();
        let _ = i64::from(timer0.reset());
        select! {
            recv(timer0.c) => {
            }
            recv(timer0.c) => {
            }
        }
        ControlFlow::Continue(())
    });
    if returns {
        return;
    }
}
}

pub(crate) mod k37 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 2);
    let nil1 = Chan::<i64>::nil();
    let mut sem2 = semaphore("sem2", 1);
    go("g2", move || {
        match choose(2) {
            0 => {
                sem2.acquire(1);
                sem2.acquire(1);
                sem2.release(2);
            }
            _ => {
                let _: Result<(), String> = recover(|| {
                });
            }
        }
    });
    sem2.acquire(1);
    sem2.acquire(0);
    sem2 = semaphore("sem2", 1);
    if sem2.try_acquire(1) {
        let _: Result<(), String> = recover(|| {
            sem2.release(1);
            match choose(2) {
                0 => {
                }
                _ => {
                    goexit();
                }
            }
        });
    }
    sem2.release(1);
    go("g1", move || {
        sem2.acquire(1);
        sem2.release(1);
        sem2 = semaphore("sem2", 1);
        sem2.acquire(1);
        sem2 = semaphore("sem2", 1);
        sem2.acquire(1);
        for _ in 0..2 {
            let _: Result<(), String> = recover(|| {
                sem2.release(1);
            });
        }
        sem2.release(1);
        sem2.release(1);
    });
    sem2.acquire(1);
    go("g1", move || {
        sem2.acquire(1);
        sem2.release(1);
        sem2 = semaphore("sem2", 1);
        sem2.acquire(1);
        sem2 = semaphore("sem2", 1);
        sem2.acquire(1);
        for _ in 0..2 {
            let _: Result<(), String> = recover(|| {
                sem2.release(1);
            });
        }
        sem2.release(1);
        sem2.release(1);
    });
}
}

pub(crate) mod k38 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 2);
    go("g1", move || {
        while c0.recv().is_some() {
        }
        c0.send(1);
        c0.recv();
    });
    c0.recv();
    select! {
        send(c0, 2) => {
        }
        send(c0, 1) => {
        }
    }
    c0.close();
    c0.recv();
}
}

pub(crate) mod k39 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let timer0 = ticker("timer0", 2);
    let m1 = mutex("m1", 0_i64);
    let timer2 = timer("timer2");
    go("g1", move || {
        let returns = forever(|| {
            gosched();
            select! {
                recv(timer0.c) => {
                }
                recv(timer2.c) => {
                }
                default => {
                    let _ = i64::from(timer0.stop());
                    select! {
                        recv(timer0.c) => {
                            let _: Result<(), String> = recover(|| {
                                gosched();
                                panic!("{}", "to be recovered");
                            });
                        }
                        default => {
                        }
                    }
                    let _ = i64::from(timer0.reset());
                }
            }
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    go("g2", move || {
        let _: Result<(), String> = recover(|| {
            select! {
                recv(timer2.c) => {
                    let _ = i64::from(timer0.reset());
                    panic!("{}", "to be recovered");
                }
                recv(timer2.c) => {
                }
            }
        });
    });
    m1.lock().leave_locked();
    m1.unlock();
}
}

pub(crate) mod k40 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let mut cell0 = shared("cell0", 0_i64);
    let c1 = chan::<i64>("c1", 0);
    let c2 = chan::<i64>("c2", 1);
    let sem3 = semaphore("sem3", 3);
    let h4 = chan::<Shared<i64>>("h4", 0);
    go("g1", move || {
        select! {
            recv(c2) => {
            }
            send(c2, 1) => {
                if let Some(handle) = h4.recv() {
                    cell0 = handle;
                }
                cell0.set(3);
            }
            default => {
            }
        }
    });
    go("g2", move || {
        cell0 = shared("cell0", 0_i64);
        h4.send(cell0);
        let _ = cell0.get();
    });
    c1.recv();
    match choose(2) {
        0 => {
        }
        _ => {
        }
    }
}
}

pub(crate) mod k41 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let cell0 = shared("cell0", 0_i64);
    let m1 = mutex("m1", 0_i64);
    let c2 = chan::<i64>("c2", 0);
    let sem3 = semaphore("sem3", 3);
    go("g1", move || {
        c2.send(1);
    });
    go("g2", move || {
        {
            let mut guard = m1.lock();
            *guard += 1;
            guard.unlock();
        }
        select! {
        }
        m1.lock().leave_locked();
        c2.recv();
        m1.unlock();
    });
    if sem3.try_acquire(3) {
        sem3.release(3);
    }
    c2.recv();
}
}

pub(crate) mod k42 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 0);
    let ctx1 = background().with_timeout("ctx1");
    let sem3 = semaphore("sem3", 3);
    let sem4 = semaphore("sem4", 2);
    let ctx1_child = ctx1.with_timeout("ctx1.child");
    go("g1", move || {
        c0.send(1);
        if sem4.try_acquire(2) {
            sem4.release(2);
        }
        sem3.acquire(1);
        sem3.acquire(1);
        sem3.release(2);
    });
    go("g2", move || {
        let returns = forever(|| {
            gosched();
            sem3.acquire(2);
            sem3.release(2);
            if sem4.try_acquire(1) {
            }
            c0.send(1);
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    let returns = forever(|| {
        gosched();
        sem4.acquire(3);
        sem4.release(3);
        ctx1_child.done().recv();
        sem3.release(2);
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

pub(crate) mod k43 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let sem1 = semaphore("sem1", 1);
    let m2 = mutex("m2", 0_i64);
    go("g1", move || {
        if let Some(guard) = m2.try_lock() {
            guard.leave_locked();
            sem1.acquire(1);
            m2.lock().leave_locked();
            {
                let mut held0 = Some(defer(move || {
                    m2.unlock();
                    sem1.release(1);
                }));
                match choose(2) {
                    0 => {
                    }
                    _ => {
                        panic!("{}", "of its own");
                    }
                }
            }
            m2.unlock();
        }
    });
    sem1.release(1);
    sem1.acquire(1);
    sem1.acquire(1);
    sem1.release(2);
}
}

pub(crate) mod k44 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let sem1 = semaphore("sem1", 3);
    go("g1", move || {
        if sem1.try_acquire(2) {
        }
        if sem1.try_acquire(3) {
        }
        sem1.acquire(2);
        sem1.release(2);
    });
    sem1.acquire(2);
    sem1.release(2);
    sem1.acquire(3);
    sem1.acquire(1);
    sem1.acquire(1);
    sem1.release(2);
    sem1.release(3);
    for _ in 0..2 {
    }
    sem1.acquire(2);
    sem1.release(2);
}
}

pub(crate) mod k45 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let cell0 = shared("cell0", 0_i64);
    let rw1 = rwlock("rw1", 0_i64);
    let m2 = mutex("m2", 0_i64);
    let sem3 = semaphore("sem3", 2);
    go("g1", move || {
        m2.lock().leave_locked();
        m2.unlock();
    });
    go("g2", move || {
        m2.lock().leave_locked();
        m2.lock().leave_locked();
        m2.unlock();
        m2.unlock();
    });
    let returns = forever(|| {
        gosched();
        sem3.acquire(2);
        sem3.release(2);
        ControlFlow::Continue(())
    });
    if returns {
        return;
    }
}
}

pub(crate) mod k46 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let rw0 = rwlock("rw0", 0_i64);
    let m1 = mutex("m1", 0_i64);
    let sem2 = semaphore("sem2", 1);
    let sem3 = semaphore("sem3", 2);
    sem3.release(2);
    sem3.acquire(0);
    sem3.acquire(1);
    sem3.acquire(1);
    sem3.release(2);
    sem3.release(0);
    go("g1", move || {
        sem3.release(1);
        sem3.release(2);
        sem3.acquire(1);
        sem3.acquire(2);
        sem3.release(2);
        sem3.release(1);
    });
    return;
}
}

pub(crate) mod k47 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let atomic0 = atomic("atomic0", 0);
    let sem1 = semaphore("sem1", 2);
    let sem2 = semaphore("sem2", 2);
    let rw3 = rwlock("rw3", 0_i64);
    go("g1", move || {
        panic!("{}", "of its own");
    });
    {
        let guard = rw3.lock();
        let mut held0 = Some(guard);
        sem1.acquire(1);
        sem1.acquire(1);
        sem1.release(2);
    }
}
}

pub(crate) mod k48 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let cell0 = shared("cell0", 0_i64);
    let timer1 = timer("timer1");
    let rw2 = rwlock("rw2", 0_i64);
    go("g1", move || {
        let _ = timer1.c.len() as i64;
        goexit();
    });
    select! {
        recv(timer1.c) => {
            let _: Result<(), String> = recover(|| {
            });
        }
    }
}
}

pub(crate) mod k49 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let mut m0 = mutex("m0", 0_i64);
    let mut c1 = chan::<i64>("c1", 2);
    let mut last = 0_i64;
    m0 = mutex("m0", 0_i64);
    go("g1", move || {
        let mut last = 0_i64;
        let _: Result<(), String> = recover(|| {
            last = i64::from(choose(2));
            match last {
                0 => {
                }
                _ => {
                    c1 = chan::<i64>("c1", 2);
                    c1.send(last + 1);
                    c1.send(last + 1);
                }
            }
            c1.send(2);
        });
    });
    last = i64::from(choose(2));
    match last {
        0 => {
        }
        _ => {
            goexit();
        }
    }
    let guard = m0.lock();
    last = *guard;
    guard.leave_locked();
    c1.send(last);
    let _: Result<(), String> = recover(|| {
        {
            let guard = m0.lock();
            last = *guard;
            let mut held0 = Some(guard);
        }
    });
    let guard = m0.lock();
    last = *guard;
    guard.leave_locked();
    last = c1.recv().unwrap_or(0);
    m0.unlock();
}
}

pub(crate) mod k50 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let atomic0 = atomic("atomic0", 0);
    let m1 = mutex("m1", 0_i64);
    let timer2 = ticker("timer2", 1);
    go("g1", move || {
        m1.lock().leave_locked();
        m1.unlock();
        match choose(2) {
            0 => {
            }
            _ => {
                let _: Result<(), String> = recover(|| {
                    panic!("{}", "to be recovered");
                    let _ = atomic0.or(1);
                });
            }
        }
    });
    m1.lock().leave_locked();
    m1.unlock();
    let _ = atomic0.or(1);
    for _ in 0..2 {
    }
}
}

pub(crate) mod k51 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let c0 = chan::<i64>("c0", 0);
    let c1 = chan::<i64>("c1", 2);
    let sem2 = semaphore("sem2", 2);
    go("g1", move || {
        select! {
            recv(c1) => {
                let _: Result<(), String> = recover(|| {
                    sem2.release(1);
                });
            }
            send(c0, 2) => {
            }
        }
    });
    c1.recv();
    match choose(2) {
        0 => {
        }
        _ => {
            goexit();
        }
    }
    c1.close();
}
}

pub(crate) mod k52 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let nil0 = Chan::<i64>::nil();
    go("g1", move || {
        let _: Result<(), String> = recover(|| {
            nil0.recv();
        });
    });
    go("g2", move || {
        let _: Result<(), String> = recover(|| {
            nil0.close();
            match choose(2) {
                0 => {
                }
                _ => {
                    goexit();
                }
            }
        });
        select! {
            recv(nil0) => {
                nil0.recv();
            }
        }
        nil0.send(2);
    });
    select! {
        recv(nil0) => {
        }
        recv(nil0) => {
            let _: Result<(), String> = recover(|| {
                nil0.close();
            });
            nil0.send(1);
        }
    }
    nil0.close();
}
}

pub(crate) mod k53 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let wg1 = waitgroup("wg1");
    go("g1", move || {
        wg1.done();
        for _ in 0..2 {
            let _: Result<(), String> = recover(|| {
                panic!("{}", "to be recovered");
            });
            match choose(2) {
                0 => {
                }
                _ => {
                    goexit();
                }
            }
        }
        m0.lock().leave_locked();
        m0.unlock();
    });
    go("g2", move || {
        if let Some(guard) = m0.try_lock() {
            guard.leave_locked();
            let _: Result<(), String> = recover(|| {
                let _: Result<(), String> = recover(|| {
                    panic!("{}", "to be recovered");
                    m0.unlock();
                });
            });
            m0.unlock();
        }
    });
    m0.lock().leave_locked();
    m0.unlock();
    return;
    wg1.wait();
    let _: Result<(), String> = recover(|| {
        let _: Result<(), String> = recover(|| {
            m0.unlock();
        });
    });
}
}

pub(crate) mod k54 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let cond0 = cond("cond0");
    let wg2 = waitgroup("wg2");
    let atomic3 = atomic("atomic3", 0);
    wg2.add(2);
    go("g1", move || {
        let returns = forever(|| {
            gosched();
            let _: Result<(), String> = recover(|| {
                panic!("{}", "to be recovered");
                wg2.wait();
            });
            ControlFlow::Continue(())
        });
        if returns {
            return;
        }
    });
    let returns = forever(|| {
        gosched();
        match choose(2) {
            0 => {
                m0.lock().leave_locked();
                cond0.wait_unguarded(m0);
                m0.unlock();
                goexit();
            }
            _ => {
            }
        }
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

pub(crate) mod k55 {
use gordian_checker::sync::*;

pub(crate) fn kernel() {
    let m0 = mutex("m0", 0_i64);
    let cond0 = cond("cond0");
    let c2 = chan::<i64>("c2", 0);
    let timer3 = timer("timer3");
    go("g1", move || {
        c2.send(3);
        let _: Result<(), String> = recover(|| {
            c2.recv();
            timer3.c.recv();
        });
    });
    go("g2", move || {
        while timer3.c.recv().is_some() {
        }
    });
    let _: Result<(), String> = recover(|| {
        cond0.wait_unguarded(m0);
        c2.recv();
        panic!("{}", "to be recovered");
    });
    match choose(2) {
        0 => {
        }
        _ => {
            goexit();
        }
    }
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
    k18::kernel,
    k19::kernel,
    k20::kernel,
    k21::kernel,
    k22::kernel,
    k23::kernel,
    k24::kernel,
    k25::kernel,
    k26::kernel,
    k27::kernel,
    k28::kernel,
    k29::kernel,
    k30::kernel,
    k31::kernel,
    k32::kernel,
    k33::kernel,
    k34::kernel,
    k35::kernel,
    k36::kernel,
    k37::kernel,
    k38::kernel,
    k39::kernel,
    k40::kernel,
    k41::kernel,
    k42::kernel,
    k43::kernel,
    k44::kernel,
    k45::kernel,
    k46::kernel,
    k47::kernel,
    k48::kernel,
    k49::kernel,
    k50::kernel,
    k51::kernel,
    k52::kernel,
    k53::kernel,
    k54::kernel,
    k55::kernel,
];
