//! Statements of random Go programs that use more of the library than locks and channels: contexts,
//! timers, maps and pools that goroutines may share, and panics that are recovered.

use super::{At, Body, Writer};

/// A part of the library that a program may use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Context,
    Timer,
    Map,
    Pool,
    Recover,
    /// A lock that is made when it is first needed, and functions that are kept in a variable.
    Late,
}

pub(super) const ALL: &[Part] = &[
    Part::Context,
    Part::Timer,
    Part::Map,
    Part::Pool,
    Part::Recover,
    Part::Late,
];

impl Part {
    /// Returns what it declares: names, values, and whether they can be shown.
    pub(super) fn declares(self) -> &'static [(&'static str, &'static str, bool)] {
        match self {
            Part::Context => &[(
                "ctx, cancel",
                "= context.WithCancel(context.Background())",
                false,
            )],
            Part::Timer => &[("tm", "= time.NewTimer(200_000)", false)],
            Part::Map => &[("sm", "sync.Map", false)],
            Part::Pool => &[(
                "pool",
                "= &sync.Pool{New: func() interface{} { return &box{} }}",
                false,
            )],
            Part::Recover => &[],
            Part::Late => &[("late", "*safe", true), ("fn", "func()", false)],
        }
    }
}

impl Writer {
    /// Writes a statement of a part of the library.
    pub(super) fn of_library(&mut self, body: &Body, part: Part) {
        if body.is_endless {
            return self.passes(body);
        }
        match part {
            Part::Context => self.context(body),
            Part::Timer => self.timer(body),
            Part::Map => self.map(body),
            Part::Pool => self.pool(body),
            Part::Recover => self.recovers(body),
            Part::Late => self.late(body),
        }
    }

    /// Writes a statement of a context. Its channel is numbered behind the others.
    fn context(&mut self, body: &Body) {
        let (done, chan) = (self.chans, self.random.below(self.chans));
        match self.random.below(8) {
            0..3 => {
                self.accesses(body, At::Before(done));
                self.line("cancel()");
            }
            3 => {
                self.line("<-ctx.Done()");
                self.accesses(body, At::Behind(done));
            }
            4 => {
                self.line("if ctx.Err() != nil {");
                self.accesses(body, At::Behind(done));
                self.line("}");
            }
            5 | 6 => self.either(body, "<-ctx.Done()", At::Behind(done), chan),
            _ => self.child(body, chan),
        }
    }

    /// Writes a context below the other one, and mostly who waits for it.
    fn child(&mut self, body: &Body, chan: usize) {
        let made = self.random.pick(&[
            "context.WithCancel(ctx)",
            "context.WithTimeout(ctx, 100_000)",
            "context.WithTimeout(context.Background(), 100_000)",
            "context.WithCancel(context.WithValue(ctx, 1, 2))",
        ]);
        self.line(&format!("{{\nchild, stop := {made}"));
        if body.depth < 3 && self.random.chance(50) {
            self.line("go func() {\nr := 0\n_ = r");
            self.either(&under(body), "<-child.Done()", At::Behind(self.chans), chan);
            self.line("}()");
        } else {
            self.line("if child.Err() == context.Canceled {");
            self.accesses(body, At::Behind(self.chans));
            self.line("}");
        }
        self.statement(&under(body));
        let ends = self.random.pick(&["stop()", "stop()", "_ = stop"]);
        self.line(&format!("{ends}\n}}"));
    }

    /// Writes a select of a case and of a receive, and now and then of a default.
    fn either(&mut self, body: &Body, case: &str, at: At, chan: usize) {
        self.line(&format!("select {{\ncase {case}:"));
        self.accesses(body, at);
        self.line(&format!("case r = <-c{chan}:"));
        self.accesses(body, At::Behind(chan));
        if self.random.chance(25) {
            self.line("default:");
            self.accesses(body, At::Anywhere);
        }
        self.line("}");
    }

    fn timer(&mut self, body: &Body) {
        let chan = self.random.below(self.chans);
        match self.random.below(8) {
            0 => self.line("time.Sleep(1)"),
            1 | 2 => self.either(body, "<-time.After(1)", At::Anywhere, chan),
            3 | 4 => {
                self.line("time.AfterFunc(1, func() {\nr := 0\n_ = r");
                let body = Body {
                    depth: body.depth + 1,
                    ..Body::default()
                };
                self.statement(&body);
                self.line("})");
            }
            5 => {
                self.line("{\nt := time.NewTimer(1)");
                self.statement(&under(body));
                self.line("if t.Stop() {");
                self.accesses(body, At::Anywhere);
                self.line("}\n}");
            }
            6 => self.either(body, "<-tm.C", At::Anywhere, chan),
            _ => {
                let line = self.random.pick(&["tm.Stop()", "tm.Reset(1)"]);
                self.line(&format!("if {line} {{"));
                self.accesses(body, At::Anywhere);
                self.line("}");
            }
        }
    }

    /// Writes a use of a map that goroutines may share. It is a flag behind the others: who stores
    /// sets it.
    fn map(&mut self, body: &Body) {
        let (key, stored) = (self.random.below(2), self.flags);
        match self.random.below(7) {
            0..2 => {
                self.accesses(body, At::Unset(stored));
                self.line(&format!("sm.Store({key}, r)"));
            }
            2..4 => {
                self.line(&format!("if v, ok := sm.Load({key}); ok {{\nr = v.(int)"));
                self.accesses(body, At::Set(stored));
                self.line("}");
            }
            4 => {
                self.accesses(body, At::Unset(stored));
                self.line(&format!(
                    "if _, ok := sm.LoadOrStore({key}, 1); ok {{\nr = 1"
                ));
                self.accesses(body, At::Set(stored));
                self.line("}");
            }
            5 => {
                self.line("sm.Range(func(_, v interface{}) (more bool) {\nr = v.(int)");
                self.accesses(&under(body), At::Set(stored));
                self.line("more = r == 0\nreturn\n})");
            }
            _ => self.line(&format!("sm.Delete({key})")),
        }
    }

    fn pool(&mut self, body: &Body) {
        self.line("{\nb := pool.Get().(*box)");
        let how = ["b.a = 2", "r = b.a", "b.b = r", "if b.a == 1 {\nb.b = 2\n}"];
        let line = self.random.pick(&how);
        self.line(line);
        self.statement(&under(body));
        if self.random.chance(70) {
            self.line("pool.Put(b)");
            if self.random.chance(self.dirty) {
                let line = self.random.pick(&how);
                self.line(line);
            }
        } else {
            let line = self.random.pick(&how);
            self.line(line);
        }
        self.line("}");
    }

    /// Writes a function that recovers what panics in it, or unlocks what it has locked.
    fn recovers(&mut self, body: &Body) {
        let lock = self.random.below(self.locks);
        let mut within = under(body);
        self.line("func() {");
        if self.random.chance(60) {
            self.line("defer func() {\nif recover() != nil {");
            self.accesses(&within, At::Anywhere);
            self.line("}\n}()");
        }
        if self.random.chance(40) {
            self.line(&format!("m{lock}.Lock()\ndefer m{lock}.Unlock()"));
            within.locked.push(lock);
            self.accesses(&within, At::Anywhere);
        }
        self.statement(&within);
        match self.random.below(6) {
            0 => self.line("panic(\"own\")"),
            1 => self.line("if r == 1 {\npanic(\"r is 1\")\n}"),
            2 if body.depth > 0 => self.line("if r == 0 {\nruntime.Goexit()\n}"),
            _ => {}
        }
        self.line("}()");
    }

    fn late(&mut self, body: &Body) {
        let is_dirty = self.random.chance(self.dirty);
        let (lock, unlock) = match is_dirty || body.locked.contains(&0) {
            true => ("", ""),
            false => ("m0.Lock()\n", "m0.Unlock()\n"),
        };
        match self.random.below(5) {
            0 | 1 => {
                self.line(&format!(
                    "{{\n{lock}if late == nil {{\nlate = &safe{{}}\n}}\ns := late\n{unlock}"
                ));
                self.uses_lock();
                self.line("}");
            }
            2 => self.line(&format!("{lock}late = nil\n{unlock}")),
            3 => {
                self.line(&format!("{lock}fn = func() {{"));
                // What it reads is mostly its own.
                if !self.random.chance(self.dirty) {
                    self.line("r := 0\n_ = r");
                }
                // Else it could call itself without an end.
                let body = Body {
                    depth: body.depth + 1,
                    is_endless: true,
                    ..self.body()
                };
                self.statement(&body);
                self.line(&format!("}}\n{unlock}"));
            }
            _ => self.line(&format!(
                "{{\n{lock}f := fn\n{unlock}if f != nil {{\nf()\n}}\n}}"
            )),
        }
    }
}

/// Returns the body one level deeper.
fn under(body: &Body) -> Body {
    Body {
        depth: body.depth + 1,
        ..body.clone()
    }
}
