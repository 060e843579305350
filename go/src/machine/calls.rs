//! Calls, returns, and what happens when a goroutine panics.

use gordian_checker::model::{Fault, Op, Outcome};
use smallvec::{SmallVec, smallvec};

use super::frames::{Deferred, Frame, Unwind};
use super::things::GoroutineKey;
use super::{DEPTH_MAX, Flow, Ran, Run, Stop};
use crate::code::{Arg, Call, Callee, Ins};
use crate::types::{Kind, Own};
use crate::value::V;

pub(crate) type Values = SmallVec<[V; 4]>;

/// The place where the results of a call go.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Ret {
    /// Nowhere: the goroutine began with it.
    Discard,
    /// Into so many slots of the caller, from this one on.
    Slots(u32, u32),
    /// Nowhere: it was deferred, and the frame below goes on with what it does.
    Deferred,
    /// To the native below.
    Native,
}

/// The news with which a native goes on.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// It is called.
    Start,
    /// Its operation is done.
    Outcome(Outcome),
    /// The function that it called has returned this.
    Results(Values),
    /// The function that it called is left by a panic or by Goexit.
    Unwinds(Unwind),
}

/// The next thing that a native does.
#[derive(Debug)]
pub(crate) enum Act {
    /// It returns.
    Done(Values),
    /// It does an operation.
    Op(Op),
    /// It calls a function.
    Call(V, Values),
    /// It panics with this value.
    Panic(V),
    /// It panics with a runtime error.
    Error(String),
    /// The goroutine ends, after its deferred calls.
    Goexit,
    /// The called function is left by a panic, and so is this.
    Unwind(Unwind),
    /// The program ends, for this reason.
    Fatal(String),
    /// The program ends, and all is well.
    End,
}

/// The result of a step of a native.
pub(crate) type Done = Result<Act, Fault>;

/// Returns one value from a native.
pub(crate) fn act_done(v: V) -> Done {
    Ok(Act::Done(smallvec![v]))
}

/// A native that runs.
#[derive(Debug)]
pub(crate) struct NFrame {
    /// Its function.
    pub(crate) func: u32,
    pub(crate) args: Vec<V>,
    /// The step that it has reached.
    pub(crate) step: u32,
}

impl NFrame {
    pub(crate) fn arg(&self, at: usize) -> V {
        self.args.get(at).copied().unwrap_or(V::Nil)
    }
}

impl Run<'_> {
    pub(crate) fn call(&mut self, f: V, mut args: Values, ret: Ret) -> Ran {
        let V::Func(id) = f else {
            return self.runtime_error(super::step::NIL_DEREFERENCE);
        };
        let (func, captured) = self.m.pool.function_of(id);
        let func = *func;
        args.extend_from_slice(captured);
        self.call_function(func, args, ret)
    }

    fn call_function(&mut self, func: u32, args: Values, ret: Ret) -> Ran {
        let code = self.code.clone();
        let of = &code.funcs[func as usize];
        if of.native.is_some() {
            let mut args = args.to_vec();
            if !self.native_of(func).takes_loose() {
                self.keep_all(&mut args)?;
            }
            let frame = NFrame {
                func,
                args,
                step: 0,
            };
            return self.run_native(frame, Input::Start, ret);
        }
        let depth = self.depth() + 1;
        if depth > DEPTH_MAX {
            let message = "stack overflow: the recursion does not end".to_owned();
            return Ok(Flow::Stop(Stop::Panic(message)));
        }
        let mut regs = Vec::with_capacity(of.slots as usize);
        regs.extend_from_slice(&args);
        regs.resize(of.slots as usize, V::Dead);
        self.frames.push(Frame {
            func,
            native: false,
            pc: 0,
            before: false,
            regs,
            defers: Vec::new(),
            ret,
            unwind: None,
            depth,
        });
        Ok(Flow::Go)
    }

    fn depth(&self) -> u32 {
        match self.frames.last() {
            Some(frame) => frame.depth,
            None if self.below == super::NO_FRAME => 0,
            None => self.m.frames.get(self.below).depth,
        }
    }

    /// Goes on with the native on top.
    pub(crate) fn step_native(&mut self, input: Input) -> Ran {
        let frame = self.frames.pop().expect("a native is on top");
        let native = NFrame {
            func: frame.func,
            args: frame.regs,
            step: frame.pc,
        };
        self.run_native(native, input, frame.ret)
    }

    fn run_native(&mut self, mut frame: NFrame, input: Input, ret: Ret) -> Ran {
        let native = self.native_of(frame.func);
        let act = native.run(self, &mut frame, input)?;
        match act {
            Act::Done(values) => self.deliver(ret, &values),
            Act::Op(op) => {
                self.push_native(frame, ret);
                Ok(Flow::Stop(Stop::Op(op)))
            }
            Act::Call(f, args) => {
                self.push_native(frame, ret);
                self.call(f, args, Ret::Native)
            }
            Act::Panic(v) => self.panic(v),
            Act::Error(message) => self.runtime_error(&message),
            Act::Goexit => self.start_unwind(Unwind {
                panic: None,
                recovered: false,
                goexit: true,
            }),
            Act::Unwind(unwind) => self.pass_on(unwind),
            Act::Fatal(message) => Ok(Flow::Stop(Stop::Panic(message))),
            Act::End if self.me == gordian_checker::model::GoroutineId::MAIN => {
                self.frames.clear();
                self.below = super::NO_FRAME;
                Ok(Flow::Stop(Stop::Return))
            }
            Act::End => {
                Err(self.unsupported("ends the program by os.Exit in another goroutine than main"))
            }
        }
    }

    /// Returns the place where a native makes things: that of the call of it, if a call has called
    /// it.
    pub(crate) fn place_of(&self, frame: &NFrame) -> u32 {
        if let Some(caller) = self.frames.last().filter(|caller| !caller.native)
            && let Some(Ins::Call(call)) = self.code.funcs[caller.func as usize]
                .code
                .get(caller.pc as usize)
            && matches!(call.callee, Callee::Static(f) if f == frame.func)
        {
            return call.place;
        }
        self.code.funcs[frame.func as usize].place
    }

    fn push_native(&mut self, frame: NFrame, ret: Ret) {
        let depth = self.depth() + 1;
        self.frames.push(Frame {
            func: frame.func,
            native: true,
            pc: frame.step,
            before: false,
            regs: frame.args,
            defers: Vec::new(),
            ret,
            unwind: None,
            depth,
        });
    }

    /// Gives the results of a call to whoever called; the callee's frame is gone.
    pub(super) fn deliver(&mut self, ret: Ret, values: &[V]) -> Ran {
        if self.frames.is_empty() && !self.unpack() {
            return Ok(Flow::Stop(Stop::Return));
        }
        match ret {
            Ret::Discard => Ok(Flow::Stop(Stop::Return)),
            Ret::Slots(d, n) => {
                for (slot, &v) in (d..d.saturating_add(n)).zip(values) {
                    self.set(slot, v);
                }
                self.next()
            }
            Ret::Deferred => {
                if self.top().unwind.is_some() {
                    return self.unwind();
                }
                self.top().before = false;
                Ok(Flow::Go)
            }
            Ret::Native => {
                let mut values: Values = values.iter().copied().collect();
                self.keep_all(&mut values)?;
                self.step_native(Input::Results(values))
            }
        }
    }

    pub(super) fn return_instruction(&mut self, results: &[Arg]) -> Ran {
        if let Some(deferred) = self.top().defers.pop() {
            self.top().before = true;
            return self.call(
                deferred.f,
                deferred.args.iter().copied().collect(),
                Ret::Deferred,
            );
        }
        let values: Values = results.iter().map(|&x| self.arg(x)).collect();
        let frame = self.frames.pop().expect("a frame returns");
        self.deliver(frame.ret, &values)
    }

    /// Returns the function that a call names, and its arguments; `Err` if that panics.
    fn resolve(&mut self, call: &Call) -> Result<(V, Values), Ran> {
        let mut args: Values = call.args.iter().map(|&x| self.arg(x)).collect();
        match call.callee {
            Callee::Static(f) => Ok((self.m.pool.function(f, &[]), args)),
            Callee::Value(x) => Ok((self.arg(x), args)),
            Callee::Method(x, method) => {
                let V::Iface(t, inner) = self.arg(x) else {
                    return Err(self.runtime_error(super::step::NIL_DEREFERENCE));
                };
                let receiver = self.m.pool.unboxed(inner);
                args.insert(0, receiver);
                match self.method(t, method) {
                    Ok(f) => Ok((f, args)),
                    Err(fault) => Err(Err(fault)),
                }
            }
            Callee::Builtin(builtin) => match self.builtin_function(builtin) {
                Some(f) => Ok((f, args)),
                None => {
                    let fault = self.unsupported(format!("go or defer of the builtin {builtin:?}"));
                    Err(Err(fault))
                }
            },
        }
    }

    /// Returns the function that a method of a dynamic type is.
    pub(crate) fn method(&mut self, t: u32, method: u32) -> Result<V, Fault> {
        let types = self.types.clone();
        let name = &types.method_names[method as usize];
        let func = match types.kind(t) {
            Kind::Own(own) => self.own_method(*own, name),
            _ => types.method(t, method),
        };
        match func {
            Some(func) => Ok(self.m.pool.function(func, &[])),
            None => Err(self.unsupported(format!("method {name} of {}", types.text(t)))),
        }
    }

    fn own_method(&self, own: Own, name: &str) -> Option<u32> {
        let full = format!("{own:?}.{name}");
        let at = self.code.funcs.iter().rposition(|func| func.name == full)?;
        u32::try_from(at).ok()
    }

    pub(super) fn call_instruction(&mut self, call: &Call) -> Ran {
        let ret = Ret::Slots(call.d, call.results);
        match call.callee {
            Callee::Builtin(builtin) => self.builtin(builtin, call),
            Callee::Static(f) => {
                let args: Values = call.args.iter().map(|&x| self.arg(x)).collect();
                self.call_function(f, args, ret)
            }
            _ => match self.resolve(call) {
                Ok((f, args)) => self.call(f, args, ret),
                Err(ran) => ran,
            },
        }
    }

    pub(super) fn go_instruction(&mut self, call: &Call) -> Ran {
        let (f, _) = match self.resolve(call) {
            Ok(resolved) => resolved,
            Err(ran) => return ran,
        };
        let V::Func(id) = f else {
            let message = "go of nil func value".to_owned();
            return Ok(Flow::Stop(Stop::Panic(message)));
        };
        let func = self.m.pool.function_of(id).0;
        let id = self.new_goroutine(func, call.place);
        Ok(Flow::Stop(Stop::Op(Op::Go(id))))
    }

    /// Returns the id of the next goroutine that this one starts with this function.
    pub(crate) fn new_goroutine(
        &mut self,
        func: u32,
        place: u32,
    ) -> gordian_checker::model::GoroutineId {
        let code = self.code.clone();
        let (maker, name) = (self.me.0, code.funcs[func as usize].name_id);
        let key = |nth| GoroutineKey::Started {
            maker,
            name,
            place,
            nth,
        };
        if self.m.by_count {
            let nth = self.count(1 << 63 | u64::from(name) << 32 | u64::from(place));
            return self.m.things.goroutine(key(nth), &code);
        }
        let mut nth = 0;
        loop {
            let id = self.m.things.goroutine(key(nth), &code);
            if self.look().goroutine(id).is_none() {
                return id;
            }
            nth += 1;
        }
    }

    /// Returns the function and the arguments with which the goroutine begins that the frame on top
    /// is about to start.
    pub(crate) fn started(&mut self) -> Option<(V, Values)> {
        self.unpack();
        let code = self.code.clone();
        let frame = self.frames.last()?;
        if frame.native {
            let f = *frame.regs.first()?;
            return Some((f, frame.regs[1..].iter().copied().collect()));
        }
        match &code.funcs[frame.func as usize].code[frame.pc as usize] {
            crate::code::Ins::Go(call) => self.resolve(call).ok(),
            _ => None,
        }
    }

    pub(super) fn defer_instruction(&mut self, call: &Call) -> Ran {
        let (f, args) = match self.resolve(call) {
            Ok(resolved) => resolved,
            Err(ran) => return ran,
        };
        let deferred = Deferred {
            f,
            args: args.into_vec().into(),
        };
        let below = match call.stack.map(|stack| self.arg(stack)) {
            Some(V::Int(depth)) => {
                let own = i64::from(self.depth());
                usize::try_from(own - depth).unwrap_or(0)
            }
            _ => 0,
        };
        // Frames that are left out of the count of the depth are natives between the two.
        match self.frame_below(below) {
            Some(frame) => frame.defers.push(deferred),
            None => return Err(self.unsupported("a deferred call of a frame that is gone")),
        }
        self.next()
    }
}
