//! The outcome of an operation, as its goroutine takes it; and type assertions.

use gordian_checker::model::{Outcome, Panic, ValueId};

use super::{Flow, Ran, Run};
use crate::code::{Arg, Ins, Select};
use crate::types::Kind;
use crate::value::V;

impl Run<'_> {
    /// Completes the operation at which the frame on top stopped.
    pub(super) fn complete(&mut self, outcome: Outcome) -> Ran {
        if let Outcome::Panics(panic) = outcome {
            return self.operation_panics(panic);
        }
        let frame = self.top();
        if frame.native {
            return self.step_native(super::Input::Outcome(outcome));
        }
        // The operation was only the access of an instruction, which is still to be done.
        if std::mem::take(&mut frame.before) {
            self.scheduled = true;
            return Ok(Flow::Go);
        }
        let code = self.code.clone();
        let frame = self.top();
        let ins = &code.funcs[frame.func as usize].code[frame.pc as usize];
        match *ins {
            Ins::Recv { d, t, ok, .. } => {
                let got = match outcome {
                    Outcome::Value(value) => Some(value),
                    _ => None,
                };
                let v = self.received(got, t);
                self.set(d, v);
                if ok {
                    self.set(d + 1, V::Bool(got.is_some()));
                }
            }
            Ins::Select(ref select) => self.selected(select, outcome),
            Ins::Next { d, x } => {
                let chosen = match outcome {
                    Outcome::Number(number) => usize::try_from(number).unwrap_or(0),
                    _ => 0,
                };
                return self.iterate(d, x, Some(chosen));
            }
            Ins::Call(ref call) => {
                if let Outcome::Number(number) = outcome {
                    self.set(call.d, V::Int(number));
                }
            }
            _ => {}
        }
        self.next()
    }

    /// Panics in the operation at which the frame on top stopped; a native is left.
    fn operation_panics(&mut self, panic: Panic) -> Ran {
        if self.top().native {
            self.frames.pop();
        }
        let message = panic.message().unwrap_or_default();
        match panic {
            Panic::NegativeCounter(_) => {
                let text = self.m.pool.text(message);
                let v = self.plain_string(text);
                self.panic(v)
            }
            _ => self.plain_error(message),
        }
    }

    /// Returns the value of a receive; the zero value if the channel is closed.
    fn received(&mut self, value: Option<ValueId>, t: u32) -> V {
        match value {
            Some(value) if value != ValueId::UNIT => self.value_of(value),
            // A timer sends the time.
            Some(_) if self.types.get(t).full.as_deref() == Some("time.Time") => {
                crate::natives::now(self)
            }
            _ => self.zero_of(t),
        }
    }

    fn selected(&mut self, select: &Select, outcome: Outcome) {
        let (chosen, received) = match outcome {
            Outcome::Sent(case) => (Some(case), None),
            Outcome::Received(case, value) => (Some(case), value),
            _ => (None, None),
        };
        let number = chosen.map_or(-1, i64::from);
        self.set(select.d, V::Int(number));
        self.set(select.d + 1, V::Bool(received.is_some()));
        let mut slot = select.d + 2;
        for (case, index) in select.cases.iter().zip(0..) {
            if case.send.is_some() {
                continue;
            }
            let value = received.filter(|_| chosen == Some(index));
            let v = self.received(value, case.t);
            self.set(slot, v);
            slot += 1;
        }
    }

    pub(super) fn assertion(&mut self, d: u32, x: Arg, t: u32, u: u32, ok: bool) -> Ran {
        let v = self.arg(x);
        let types = self.types.clone();
        let to_iface = *types.kind(t) == Kind::Iface;
        let got = match v {
            V::Iface(dynamic, _) if to_iface => types.implements(dynamic, t).then_some(v),
            V::Iface(dynamic, inner) => (dynamic == t).then(|| self.m.pool.unboxed(inner)),
            _ => None,
        };
        match got {
            Some(got) => self.set(d, got),
            None if ok => {
                let zero = self.zero_of(t);
                self.set(d, zero);
            }
            None => {
                let message = self.assertion_message(v, t, u, to_iface);
                return self.type_assertion_error(&message);
            }
        }
        if ok {
            self.set(d + 1, V::Bool(got.is_some()));
        }
        self.next()
    }

    fn assertion_message(&self, v: V, t: u32, u: u32, to_iface: bool) -> String {
        let types = &self.types;
        let (from, to) = (types.text(u), types.text(t));
        match v {
            V::Iface(dynamic, _) if to_iface => {
                let lacks = types
                    .get(t)
                    .methods
                    .iter()
                    .find(|m| !types.get(dynamic).table.contains_key(m));
                let method = lacks.map_or("", |&m| types.method_names[m as usize].as_str());
                format!(
                    "interface conversion: {} is not {to}: missing method {method}",
                    types.text(dynamic)
                )
            }
            V::Iface(dynamic, _) => {
                let is = types.text(dynamic);
                let package = |t: u32| {
                    types
                        .get(t)
                        .full
                        .as_deref()
                        .and_then(|it| it.rsplit_once('.'))
                };
                let twins = match (package(dynamic), package(t)) {
                    _ if is != to => "",
                    (Some((of, _)), Some((other, _))) if of != other => {
                        " (types from different packages)"
                    }
                    _ => " (types from different scopes)",
                };
                format!("interface conversion: {from} is {is}, not {to}{twins}")
            }
            _ if to_iface => format!("interface conversion: interface is nil, not {to}"),
            _ => format!("interface conversion: {from} is nil, not {to}"),
        }
    }
}
