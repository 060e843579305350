//! An exercise of `gordian learn`: mend it. It begins as upstream had it.

use gordian::sync::{Chan, Mutex, chan, go, mutex, select};

#[derive(Clone, Copy)]
struct Connection {
    close_chan: Chan<()>,
}

/// Its lock is over the field `resetChan`.
#[derive(Clone, Copy)]
struct IdleAwareFramer {
    write_lock: Mutex<Chan<()>>,
    conn: Connection,
}

impl IdleAwareFramer {
    fn monitor(self, reset_chan: Chan<()>) {
        loop {
            select! {
                recv(reset_chan) => {}
                recv(self.conn.close_chan) => {
                    let mut i_reset_chan = self.write_lock.lock();
                    reset_chan.close();
                    *i_reset_chan = Chan::nil();
                    i_reset_chan.unlock();
                    break;
                }
            }
        }

        // Drain resetChan.
        for () in reset_chan {}
    }

    fn write_frame(self) {
        let i_reset_chan = self.write_lock.lock();
        if i_reset_chan.is_nil() {
            return;
        }
        i_reset_chan.send(());
    }
}

/// The connection is closed while three frames are written.
pub(crate) fn main() {
    let reset_chan = chan("i.resetChan", 2);
    let conn = Connection {
        close_chan: chan("i.conn.closeChan", 0),
    };
    let i = IdleAwareFramer {
        write_lock: mutex("i.writeLock", reset_chan),
        conn,
    };

    go("monitor", move || i.monitor(reset_chan));
    go("Serve", move || conn.close_chan.close());

    for _ in 0..3 {
        i.write_frame();
    }
}
