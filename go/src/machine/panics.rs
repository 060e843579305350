//! Panics and Goexit: the way out of a goroutine's frames.

use gordian_checker::model::{GoroutineId, Op};
use smallvec::smallvec;

use super::calls::{Input, Ret, Values};
use super::frames::Unwind;
use super::{Flow, Ran, Run, Stop};
use crate::types::Own;
use crate::value::V;

impl Run<'_> {
    /// Panics with a runtime error: "runtime error: " is put before the text.
    pub(crate) fn runtime_error(&mut self, message: &str) -> Ran {
        self.plain_error(&format!("runtime error: {message}"))
    }

    pub(crate) fn type_assertion_error(&mut self, message: &str) -> Ran {
        self.plain_error(message)
    }

    /// Panics with an error of the runtime that has just this text.
    pub(crate) fn plain_error(&mut self, message: &str) -> Ran {
        let text = self.m.pool.text(message);
        let t = self.types.own(Own::RuntimeError);
        let v = self.m.pool.iface(t, text);
        self.panic(v)
    }

    /// Panics with an interface value.
    pub(crate) fn panic(&mut self, v: V) -> Ran {
        let v = match v {
            V::Nil if self.code_is_new() => {
                let text = "panic called with nil argument (use GODEBUG=panicnil=1 to disable)";
                let text = self.m.pool.text(text);
                let t = self.types.own(Own::RuntimeError);
                self.m.pool.iface(t, text)
            }
            v => v,
        };
        self.start_unwind(Unwind {
            panic: Some(v),
            recovered: false,
            goexit: false,
        })
    }

    pub(super) fn start_unwind(&mut self, unwind: Unwind) -> Ran {
        if self.frames.is_empty() && !self.unpack() {
            return self.die(unwind);
        }
        self.pass_on(unwind)
    }

    /// Leaves the frame on top for this reason, on top of whatever it was being left for.
    pub(super) fn pass_on(&mut self, mut unwind: Unwind) -> Ran {
        if self.frames.is_empty() && !self.unpack() {
            return self.die(unwind);
        }
        let frame = self.top();
        if frame.native {
            return self.step_native(Input::Unwinds(unwind));
        }
        if let Some(before) = frame.unwind {
            unwind.goexit |= before.goexit;
        }
        frame.unwind = Some(unwind);
        self.unwind()
    }

    /// Goes on leaving the frame on top: its next deferred call, or the frame below.
    pub(super) fn unwind(&mut self) -> Ran {
        let frame = self.top();
        if let Some(deferred) = frame.defers.pop() {
            return self.call(
                deferred.f,
                deferred.args.iter().copied().collect(),
                Ret::Deferred,
            );
        }
        let Some(mut unwind) = frame.unwind.take() else {
            return Ok(Flow::Go);
        };
        if unwind.recovered && unwind.goexit {
            unwind = Unwind {
                panic: None,
                recovered: false,
                goexit: true,
            };
        }
        if !unwind.recovered {
            let frame = self.frames.pop().expect("a frame is left");
            if frame.ret == Ret::Discard {
                return self.die(unwind);
            }
            return self.pass_on(unwind);
        }
        let func = self.func();
        if let Some(recover) = func.recover {
            let frame = self.top();
            (frame.pc, frame.before) = (recover, false);
            return Ok(Flow::Go);
        }
        let results = func.results.clone();
        let values: Values = results.iter().map(|&t| self.zero_of(t)).collect();
        let frame = self.frames.pop().expect("a frame returns");
        self.deliver(frame.ret, &values)
    }

    /// Ends the goroutine by a panic, or by Goexit.
    fn die(&mut self, unwind: Unwind) -> Ran {
        let Some(v) = unwind.panic else {
            // The program goes on without its main, and never ends.
            return Ok(Flow::Stop(match self.me {
                GoroutineId::MAIN => Stop::Op(Op::Exited),
                _ => Stop::Return,
            }));
        };
        let f = self.named_function("machine.die");
        self.call(f, smallvec![v], Ret::Discard)
    }

    /// Returns a native of the machine's own.
    pub(crate) fn named_function(&mut self, name: &str) -> V {
        let at = self.code.funcs.iter().rposition(|func| func.name == name);
        let at = at.expect("the machine's own functions are there") as u32;
        self.m.pool.function(at, &[])
    }

    /// Returns a function of the machine's own that has captured values.
    pub(crate) fn own_function(&mut self, name: &str, captured: &[V]) -> V {
        match self.named_function(name) {
            V::Func(id) => {
                let func = self.m.pool.function_of(id).0;
                self.m.pool.function(func, captured)
            }
            other => other,
        }
    }

    /// Returns what `recover()` does: what the function was called to deal with, if it was
    /// deferred.
    pub(crate) fn recovered(&mut self) -> V {
        let mut at = 0;
        loop {
            let Some(frame) = self.frame_below(at) else {
                return V::Nil;
            };
            if frame.ret == Ret::Deferred {
                break;
            }
            // A wrapper is no function of the program's.
            let below = self.frame_below(at + 1).map(|frame| frame.func);
            if !below.is_some_and(|func| self.code.funcs[func as usize].synthetic) {
                return V::Nil;
            }
            at += 1;
        }
        match self
            .frame_below(at + 1)
            .and_then(|frame| frame.unwind.as_mut())
        {
            Some(unwind) if !unwind.recovered => match unwind.panic {
                Some(v) => {
                    unwind.recovered = true;
                    v
                }
                None => V::Nil,
            },
            _ => V::Nil,
        }
    }

    /// Returns true if `panic(nil)` is an error of its own, as it is since Go 1.21.
    fn code_is_new(&self) -> bool {
        false
    }
}
