//! Calls, builtins and operators.

use super::Compiler;
use crate::code::{
    ANY_NAME, Arg, BinOp, Builtin, Call, Callee, Ins, NOWHERE, Number, Parts, Pos, Slot,
};
use crate::load::{self, LoadError};
use crate::natives;
use crate::types::Kind;
use crate::value::V;

impl Compiler<'_> {
    pub(super) fn call(
        &mut self,
        ins: &load::Ins,
        (d, pos): (Slot, Pos),
        out: &mut Vec<Ins>,
    ) -> Result<Box<Call>, LoadError> {
        let mut args = self.args(&ins.a)?;
        let width = ins.d.map_or(0, |d| self.width(d as usize));
        let results = if d == NOWHERE { 0 } else { width };
        let callee = if let Some(name) = &ins.b {
            Callee::Builtin(self.builtin(name, ins)?)
        } else if let Some(x) = ins.i {
            let method = ins.m.ok_or_else(|| LoadError::new("a call of no method"))?;
            Callee::Method(self.arg(Some(x))?, method)
        } else {
            let f = ins.f.ok_or_else(|| LoadError::new("a call of nothing"))?;
            let constant = usize::try_from(-1 - f).ok();
            let function = constant.and_then(|c| self.export.consts.get(c)?.f);
            match function {
                Some(function) => Callee::Static(function),
                None => Callee::Value(self.arg(Some(f))?),
            }
        };
        // What is printed depends on the types: put into interfaces, values have theirs.
        if let Callee::Builtin(Builtin::Print | Builtin::Println) = callee {
            for (arg, &t) in args.iter_mut().zip(&ins.ts) {
                let (x, d) = (*arg, self.next);
                out.push(Ins::Iface { d, x, t });
                (*arg, self.next) = (d as Arg, d + 1);
            }
        }
        if let Callee::Builtin(Builtin::WrapNilCheck) = callee {
            self.name_as_go(&mut args);
        }
        // An argument that makes no difference must not make states different.
        if let Callee::Static(f) = callee
            && let Some(raw) = self.export.funcs.get(f as usize)
            && (raw.x.is_some() || raw.blocks.is_empty())
            && !self.code.keeps_durations
            && natives::ignores_arguments(&raw.n)
        {
            let zero = self.constant(V::Int(0));
            let from = usize::from(raw.n.starts_with('('));
            args.iter_mut().skip(from).for_each(|arg| *arg = zero);
        }
        let native = match callee {
            Callee::Static(f) => self.export.funcs.get(f as usize),
            _ => None,
        };
        let name = native.map_or("memory", |func| &func.s);
        let place = self.place(ins.name().or(Some(name)), 0, pos);
        match (callee, native) {
            (Callee::Builtin(Builtin::Append { e }), _) => {
                self.code.places[place as usize].t = e;
                self.parts(place, Parts::Elements);
            }
            (_, Some(func)) => self.parts(place, Parts::of_native(&func.n)),
            _ => {}
        }
        Ok(Box::new(Call {
            callee,
            args,
            d,
            results,
            place,
            stack: self.optional(ins.k)?,
        }))
    }

    /// Calls a type of the package `main` so, and not by the path of the package, as Go does.
    fn name_as_go(&mut self, args: &mut [Arg]) {
        let package = format!("{}.", self.export.package);
        for arg in args
            .iter_mut()
            .filter(|arg| **arg < 0 && self.export.name == "main")
        {
            if let V::Str(_) = self.code.consts[!*arg as usize]
                && let text = self.pool.lossy(self.code.consts[!*arg as usize])
                && let Some(name) = text.strip_prefix(&package)
            {
                let named = self.pool.text(&format!("main.{name}"));
                *arg = self.constant(named);
            }
        }
    }

    /// Compiles a `go` statement: its place is called by the function that it starts.
    pub(super) fn start(
        &mut self,
        ins: &load::Ins,
        pos: Pos,
        out: &mut Vec<Ins>,
    ) -> Result<Box<Call>, LoadError> {
        let call = self.call(ins, (NOWHERE, pos), out)?;
        let function = match call.callee {
            Callee::Static(f) => Some(f),
            _ => ins.f.and_then(|f| self.closures.get(&f).copied()),
        };
        let function = function.and_then(|f| self.export.funcs.get(f as usize));
        let name_id = function.map_or(ANY_NAME, |func| self.names.id(&func.s));
        let place = &mut self.code.places[call.place as usize];
        (place.name_id, place.starts, place.daemon) = (name_id, true, ins.daemon);
        Ok(call)
    }

    fn builtin(&mut self, name: &str, ins: &load::Ins) -> Result<Builtin, LoadError> {
        let first = ins.ts.first().copied().unwrap_or(0);
        let e = self.element(first);
        let size = self.types.size(e);
        Ok(match name {
            "append" => Builtin::Append { e },
            "cap" => Builtin::Cap,
            "clear" => Builtin::Clear { e },
            "close" => Builtin::Close,
            "complex" => Builtin::Complex,
            "copy" => Builtin::Copy { size },
            "delete" => Builtin::Delete,
            "imag" => Builtin::Imag,
            "len" => Builtin::Len,
            "max" => Builtin::Max,
            "min" => Builtin::Min,
            "panic" => Builtin::Panic,
            "print" => Builtin::Print,
            "println" => Builtin::Println,
            "real" => Builtin::Real,
            "recover" => Builtin::Recover,
            "ssa:wrapnilchk" => Builtin::WrapNilCheck,
            "ssa:deferstack" => Builtin::DeferStack,
            "Slice" => Builtin::UnsafeSlice { size },
            "String" => Builtin::UnsafeString,
            "SliceData" | "StringData" => Builtin::UnsafeData,
            "Add" => Builtin::UnsafeAdd { size },
            other => return Err(LoadError::new(format!("a builtin `{other}`"))),
        })
    }

    pub(super) fn binary(
        &mut self,
        ins: &load::Ins,
        d: Slot,
        out: &mut Vec<Ins>,
    ) -> Result<Ins, LoadError> {
        let (mut x, mut y) = (self.arg(ins.x)?, self.arg(ins.y)?);
        let op = match ins.op.as_str() {
            "+" => BinOp::Add,
            "-" => BinOp::Sub,
            "*" => BinOp::Mul,
            "/" => BinOp::Div,
            "%" => BinOp::Rem,
            "&" => BinOp::And,
            "|" => BinOp::Or,
            "^" => BinOp::Xor,
            "&^" => BinOp::AndNot,
            "<<" => BinOp::Shl,
            ">>" => BinOp::Shr,
            "==" => BinOp::Eq,
            "!=" => BinOp::Ne,
            "<" => BinOp::Lt,
            "<=" => BinOp::Le,
            ">" => BinOp::Gt,
            ">=" => BinOp::Ge,
            other => return Err(LoadError::new(format!("an operation `{other}`"))),
        };
        let u = if ins.u == 0 { ins.t } else { ins.u };
        // An interface is compared with another type as an interface that holds its value.
        if matches!(op, BinOp::Eq | BinOp::Ne) {
            let iface = |t: u32| *self.types.kind(t) == Kind::Iface;
            let nil = |arg: Arg| arg < 0 && self.code.consts[!arg as usize] == V::Nil;
            if iface(ins.t) && !iface(u) && !nil(y) {
                out.push(Ins::Iface {
                    d: self.next,
                    x: y,
                    t: u,
                });
                (y, self.next) = (self.next as Arg, self.next + 1);
            } else if iface(u) && !iface(ins.t) && !nil(x) {
                out.push(Ins::Iface {
                    d: self.next,
                    x,
                    t: ins.t,
                });
                (x, self.next) = (self.next as Arg, self.next + 1);
            }
        }
        let by_signed = matches!(self.number(u), Number::Int { signed: true, .. });
        Ok(Ins::Bin {
            op,
            d,
            x,
            y,
            on: self.number(ins.t),
            by_signed,
        })
    }
}
