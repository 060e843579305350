//! Reasons that rest on what somebody would do whom no execution lets go on.

use gordian_checker::sync::{chan, go, mutex, rwlock, shared};

use crate::reasons::expect;

/// The writer has announced itself, and was never seen to hold the lock. Its further steps are
/// imagined.
#[test]
fn what_comes_after_half_an_operation_is_imagined() {
    let trace = expect(
        || {
            let (rw, done) = (rwlock("rw", ()), chan::<()>("done", 0));
            let reader = rw.rlock();
            go("writer", move || {
                rw.lock().unlock();
                done.close();
            });
            done.recv();
            reader.runlock();
        },
        "Knot main writer; main -done-> writer to close; \
         writer -rw-> main to unlock certainly",
    );
    assert!(trace.waits.edges[0].ways[0].imagined);
}

/// An imagined goroutine reads later what it has written. Only if it reads the 1 does it send, and
/// then the two wait for each other.
#[test]
fn what_is_imagined_to_be_written_is_read() {
    let writes_and_reads: [fn() -> i32; 3] = [
        || {
            let cell = shared("x", 0);
            cell.set(1);
            cell.get()
        },
        || {
            let m = mutex("m", 0);
            *m.lock() = 1;
            *m.lock()
        },
        || {
            let rw = rwlock("rw", 0);
            *rw.lock() = 1;
            *rw.rlock()
        },
    ];
    for reads in writes_and_reads {
        let kernel = move || {
            let (c, done) = (chan::<()>("c", 0), chan::<()>("done", 0));
            go("other", move || {
                c.recv();
                if reads() == 1 {
                    done.send(());
                }
            });
            done.recv();
            c.send(());
        };
        expect(
            kernel,
            "Knot main other; main -done-> other to send to; other -c-> main to send to",
        );
    }
}
