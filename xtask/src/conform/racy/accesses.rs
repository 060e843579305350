//! The accesses of random Go programs in which data races matter.

use super::{At, Body, Guard, Variable, Writer};

impl Writer {
    /// Writes accesses to variables, as their guards allow it here, and some that they do not.
    pub(super) fn accesses(&mut self, body: &Body, at: At) {
        for index in 0..self.variables.len() {
            let Variable { guard, dense, .. } = self.variables[index];
            let gives = body.gives >> index & 1 == 1;
            let mut may_write = true;
            let allowed = match guard {
                Guard::Mutex(lock) => body.locked.contains(&lock),
                Guard::Shared(lock) => {
                    let held = body.shared.iter().find(|(it, _)| *it == lock);
                    may_write = held.is_some_and(|(_, writes)| *writes);
                    held.is_some()
                }
                Guard::Chan(chan) if gives => at == At::Before(chan),
                Guard::Chan(chan) => at == At::Behind(chan),
                Guard::Flag(flag) if gives => at == At::Unset(flag),
                Guard::Flag(flag) => at == At::Set(flag),
                Guard::Group => at == At::Waited || body.is_awaited && gives,
                Guard::Once => {
                    may_write = at == At::InOnce;
                    at == At::InOnce || at == At::BehindOnce
                }
                Guard::Nobody => self.random.chance(12),
            };
            let share = if allowed { dense } else { self.dirty };
            if self.random.chance(share) {
                may_write |= self.random.chance(self.dirty);
                self.access(body, index, may_write);
            }
        }
    }

    /// Writes an access to a variable.
    pub(super) fn access(&mut self, body: &Body, index: usize, may_write: bool) {
        let Variable { text, writes, .. } = &self.variables[index];
        let (v, writes) = (text.clone(), *writes);
        let value = self.random.below(3);
        if may_write && self.random.chance(writes) {
            let line = match (v.as_str(), self.random.below(6)) {
                ("st" | "*pt", _) => format!("{v} = mk({value}, r)"),
                ("sl", 0..3) => format!("copy(sl, []int{{{value}, r}})"),
                ("sl", _) => format!("_ = append(sl[:1], {value})"),
                (_, 0) if !body.is_endless => format!("{v}++"),
                (_, 1) => format!("{v} = r"),
                (_, 2) => format!("{v} = 1 - {v}"),
                _ => format!("{v} = {value}"),
            };
            return self.line(&line);
        }
        let v = match v.as_str() {
            "st" | "*pt" => format!("sum({v})"),
            "sl" => "append(sl[:1:1], sl...)[1]".to_owned(),
            _ => v,
        };
        let value = self.random.below(2);
        match self.random.below(10) {
            0..5 => self.line(&format!("r = {v}")),
            5 if self.random.chance(40) => {
                self.line(&format!("if {v} == 2 {{\npanic(\"{v} is 2\")\n}}"))
            }
            6 if body.depth > 0
                && body.locked.is_empty()
                && body.shared.is_empty()
                && self.random.chance(40) =>
            {
                self.line(&format!("if {v} == {} {{\nreturn\n}}", value + 1));
            }
            _ => {
                self.line(&format!("if {v} == {value} {{"));
                let body = Body {
                    depth: body.depth + 1,
                    ..body.clone()
                };
                match body.depth < 4 {
                    true => self.statement(&body),
                    false => self.line("r = 2"),
                }
                self.line("}");
            }
        }
    }
}
