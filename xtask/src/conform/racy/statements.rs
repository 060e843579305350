//! The statements of random Go programs in which data races matter.

use super::{At, Body, Writer};

impl Writer {
    /// Writes a part under a lock.
    pub(super) fn locked(&mut self, body: &Body, lock: usize) {
        self.line(&format!("m{lock}.Lock()"));
        let mut within = body.clone();
        within.locked.push(lock);
        within.depth += 1;
        self.accesses(&within, At::Anywhere);
        if within.depth < 4 && self.random.chance(25) {
            self.statement(&within);
        }
        match self.random.below(100) {
            0 => {}
            1..3 => {
                let other = self.random.below(self.locks);
                self.line(&format!("m{other}.Unlock()"));
            }
            _ => self.line(&format!("m{lock}.Unlock()")),
        }
    }

    /// Writes a part under a lock, if it is free.
    pub(super) fn tries(&mut self, body: &Body, lock: usize) {
        self.line(&format!("if m{lock}.TryLock() {{"));
        let mut within = body.clone();
        within.locked.push(lock);
        self.accesses(&within, At::Anywhere);
        self.line(&format!("m{lock}.Unlock()\n}} else {{"));
        self.accesses(body, At::Anywhere);
        self.line("}");
    }

    /// Writes a wait for a condition, or what ends one.
    pub(super) fn waits(&mut self, body: &Body) {
        self.line("m0.Lock()");
        let mut within = body.clone();
        within.locked.push(0);
        self.accesses(&within, At::Anywhere);
        match self.random.below(5) {
            0 => self.line("if r == 0 {\ncd.Wait()\n}"),
            1 | 2 => self.line("cd.Broadcast()"),
            _ => self.line("cd.Signal()"),
        }
        self.accesses(&within, At::Anywhere);
        self.line("m0.Unlock()");
    }

    /// Writes a part under a lock for readers and writers.
    pub(super) fn reads_or_writes(&mut self, body: &Body) {
        let lock = self.random.below(self.shared);
        let writes = self.random.chance(50);
        let reader = if writes { "" } else { "R" };
        self.line(&format!("w{lock}.{reader}Lock()"));
        let mut within = body.clone();
        within.shared.push((lock, writes));
        within.depth += 1;
        self.accesses(&within, At::Anywhere);
        if within.depth < 4 && self.random.chance(20) {
            self.statement(&within);
        }
        let wrong = self.random.chance(2);
        let reader = if writes == wrong { "R" } else { "" };
        self.line(&format!("w{lock}.{reader}Unlock()"));
    }

    /// Writes a send or a receive: whichever there are fewer of.
    pub(super) fn passes(&mut self, body: &Body) {
        let chan = self.random.below(self.chans);
        let more = match self.balances[chan] {
            0 => 50,
            1.. => 20,
            _ => 80,
        };
        match self.random.chance(more) {
            true => self.send(body, chan),
            false => self.receive(body, chan),
        }
    }

    /// Writes the sends and receives that are still missing.
    pub(super) fn evens(&mut self, body: &Body) {
        for chan in 0..self.chans {
            for _ in 0..4 {
                match self.balances[chan] {
                    0 => break,
                    1.. => self.receive(body, chan),
                    _ => self.send(body, chan),
                }
            }
        }
    }

    fn send(&mut self, body: &Body, chan: usize) {
        self.balances[chan] += 1;
        self.accesses(body, At::Before(chan));
        let value = self.random.pick(&["0", "1", "r"]);
        self.line(&format!("c{chan} <- {value}"));
    }

    pub(super) fn receive(&mut self, body: &Body, chan: usize) {
        self.balances[chan] -= 1;
        if self.random.chance(25) {
            self.line(&format!("if v, ok := <-c{chan}; ok {{\nr = v"));
            self.accesses(body, At::Behind(chan));
            self.line("}");
            return;
        }
        self.line(&format!("r = <-c{chan}"));
        self.accesses(body, At::Behind(chan));
    }

    pub(super) fn close(&mut self, body: &Body) {
        let chan = self.random.below(self.chans);
        self.accesses(body, At::Before(chan));
        self.line(&format!("close(c{chan})"));
    }

    pub(super) fn select(&mut self, body: &Body) {
        let (one, other) = (self.random.below(self.chans), self.random.below(self.chans));
        self.accesses(body, At::Before(other));
        self.line(&format!("select {{\ncase r = <-c{one}:"));
        self.accesses(body, At::Behind(one));
        self.line(&format!("case c{other} <- 1:"));
        self.accesses(body, At::Anywhere);
        if self.random.chance(30) {
            self.line("default:");
            self.accesses(body, At::Anywhere);
        }
        self.line("}");
    }

    /// Writes that a pointer is given or taken: whichever there is less of.
    pub(super) fn passes_pointer(&mut self, body: &Body) {
        let of = self.random.pick(&[2, 3]);
        let gives = match self.balances[of] {
            ..=0 => self.random.chance(80),
            _ => self.random.chance(20),
        };
        self.balances[of] += if gives { 1 } else { -1 };
        match (of, gives) {
            (2, true) => self.gives_pointer(body),
            (2, false) => self.takes_pointer(body),
            (_, true) => self.gives_lock(body),
            (_, false) => self.takes_lock(body),
        }
    }

    /// Writes that a pointer is handed over: to something new, or to what others know as well.
    fn gives_pointer(&mut self, body: &Body) {
        if body.is_endless {
            return self.passes(body);
        }
        let to = self.random.pick(&["&box{}", "&box{a: 1}", "&st", "pt"]);
        self.line(&format!("{{\nb := {to}"));
        if to.starts_with("&box") || self.random.chance(self.dirty) {
            let line = self
                .random
                .pick(&["b.a = 1", "b.b = 1", "r = b.a", "b.a, b.b = 1, 2"]);
            self.line(line);
        }
        self.line("q <- b");
        if self.random.chance(self.dirty) {
            let line = self
                .random
                .pick(&["b.a = 2", "r = b.b", "if b.a == 1 {\nr = 2\n}"]);
            self.line(line);
        }
        self.line("}");
    }

    fn takes_pointer(&mut self, body: &Body) {
        self.line("{\nb := <-q");
        let how = [
            "b.a = 2",
            "r = b.a",
            "r = b.b",
            "b.b = r",
            "if b.a == 1 {\nb.b = 2\n}",
        ];
        let line = self.random.pick(&how);
        self.line(line);
        if self.random.chance(30) {
            self.line("q <- b");
            if self.random.chance(self.dirty) {
                let line = self.random.pick(&how);
                self.line(line);
            }
        } else if self.random.chance(30) {
            self.line("m0.Lock()\nif b == pt {\nr = 1\n}\nm0.Unlock()");
            let line = self.random.pick(&how);
            self.line(line);
        }
        self.line("}");
        self.accesses(body, At::Anywhere);
    }

    /// Writes that something with a lock of its own is handed over, and used by both from then on.
    fn gives_lock(&mut self, body: &Body) {
        if body.is_endless {
            return self.passes(body);
        }
        let to = self.random.pick(&["&safe{}", "&safe{v: 1}", "known"]);
        self.line(&format!("{{\ns := {to}"));
        if self.random.chance(30) {
            self.line("known.mu.Lock()\nknown.v = 2\nknown.mu.Unlock()");
        }
        self.line("qs <- s");
        self.uses_lock();
        self.line("}");
        self.accesses(body, At::Anywhere);
    }

    fn takes_lock(&mut self, body: &Body) {
        self.line("{\ns := <-qs");
        self.uses_lock();
        if self.random.chance(20) {
            self.line("qs <- s");
        }
        self.line("}");
        self.accesses(body, At::Anywhere);
    }

    pub(super) fn uses_lock(&mut self) {
        let how = ["s.v = 1", "s.v = r", "r = s.v", "if s.v == 1 {\nr = 2\n}"];
        let line = self.random.pick(&how);
        match self.random.below(100) {
            at if at < self.dirty => self.line(line),
            _ => self.line(&format!("s.mu.Lock()\n{line}\ns.mu.Unlock()")),
        }
    }

    /// Writes a statement that is neither of a lock nor of a channel.
    pub(super) fn other(&mut self, body: &Body) {
        let flag = self.random.below(self.flags.max(1));
        match self.random.below(10) {
            0..2 if self.flags > 0 => {
                self.accesses(body, At::Unset(flag));
                self.line(&format!("atomic.StoreInt32(&f{flag}, 1)"));
            }
            2..4 if self.flags > 0 => {
                self.line(&format!("if atomic.LoadInt32(&f{flag}) == 1 {{"));
                self.accesses(body, At::Set(flag));
                self.line("}");
            }
            4 if self.flags > 0 => {
                self.line(&format!("if atomic.CompareAndSwapInt32(&f{flag}, 0, 1) {{"));
                self.accesses(body, At::Anywhere);
                self.line("}");
            }
            5 if !body.is_endless && body.depth < 3 => self.turns(body),
            6 if !body.is_endless && body.depth < 3 => match self.random.chance(40) {
                true => self.relay(body),
                false => self.start(body, false),
            },
            7 => {
                self.line("once.Do(func() {");
                self.accesses(body, At::InOnce);
                self.line("})");
                self.accesses(body, At::BehindOnce);
            }
            8 => {
                self.line("runtime.Gosched()");
                self.accesses(body, At::Anywhere);
            }
            9 if self.flags > 0 && self.random.chance(20) => {
                // Not atomic, which it should be.
                self.line(&format!("r = int(f{flag})"));
            }
            _ => self.passes(body),
        }
    }

    /// Writes two workers, one after the other, that do not do the same. The second one gets the
    /// number of the first, which has ended.
    pub(super) fn relay(&mut self, from: &Body) {
        let body = |depth| Body {
            depth: from.depth + depth,
            ..Body::default()
        };
        self.line("{\nover := make(chan bool, 1)\nfor i := 0; i < 2; i++ {");
        self.line("go func(i int) {\nr := 0\n_ = r\nif i == 0 {");
        self.statement(&body(2));
        self.line("} else {");
        self.statement(&body(2));
        self.line("}\nover <- true\n}(i)\nif i == 0 {");
        self.statement(&Body {
            depth: from.depth + 1,
            ..from.clone()
        });
        self.line("<-over\n}\n}");
        self.statement(from);
        if self.random.chance(70) {
            self.line("<-over");
        }
        self.line("}");
    }

    /// Writes a loop of a few turns.
    fn turns(&mut self, body: &Body) {
        let body = Body {
            depth: body.depth + 1,
            ..body.clone()
        };
        let before = self.balances;
        self.line("for turn := 0; turn < 2; turn++ {");
        self.statement(&body);
        self.line("}");
        self.repeated(before, 2);
    }
}
