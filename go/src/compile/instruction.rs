//! One instruction of the export.

use super::Compiler;
use crate::code::{Arg, Ins, NOWHERE, Parts, Pos, Reslice, Select, SelectCase, Shape, Slot};
use crate::load::{self, LoadError};
use crate::types::Kind;

/// The compiled instruction; `None` if it belongs to another group.
type Made = Result<Option<Ins>, LoadError>;

impl Compiler<'_> {
    pub(super) fn instruction(
        &mut self,
        ins: &load::Ins,
        pos: Pos,
        out: &mut Vec<Ins>,
    ) -> Result<(), LoadError> {
        let d = self.dest(ins);
        if (ins.t as usize) >= self.types.len() || (ins.u as usize) >= self.types.len() {
            return Err(LoadError::new("there is no such type"));
        }
        let mut made = self.variable_instruction(ins, d, pos)?;
        if made.is_none() {
            made = self.element_instruction(ins, d)?;
        }
        if made.is_none() {
            made = self.value_instruction(ins, (d, pos), out)?;
        }
        if made.is_none() {
            made = self.operation_instruction(ins, (d, pos), out)?;
        }
        if made.is_none() {
            made = self.making_instruction(ins, d, pos)?;
        }
        if made.is_none() {
            made = self.flow_instruction(ins)?;
        }
        let made = made.ok_or_else(|| LoadError::new(format!("an instruction `{}`", ins.o)))?;
        out.push(made);
        Ok(())
    }

    /// Variables and their fields.
    fn variable_instruction(&mut self, ins: &load::Ins, d: Slot, pos: Pos) -> Made {
        let t = ins.t;
        // A variable whose address goes nowhere lies in slots, from its home on.
        let home = |operand: Option<i64>| {
            let reg = u32::try_from(operand.unwrap_or(-1)).ok()?;
            self.homes.get(&reg).copied()
        };
        Ok(Some(match ins.o.as_str() {
            "alloc" => match ins.d.and_then(|d| self.homes.get(&d).copied()) {
                Some(home) => Ins::Zero { d: home, t },
                None => {
                    let variable = self.variable(ins.name(), t);
                    let place = self.place(variable.as_deref().or(ins.name()), t, pos);
                    Ins::Alloc { d, t, place }
                }
            },
            "load" => match (home(ins.x), self.shape(t)) {
                (Some(from), Shape::Agg(n)) => Ins::Gather { d, from, n },
                (Some(from), Shape::Scalar) => Ins::Move { d, x: from as Arg },
                (None, shape) => Ins::Load {
                    d,
                    x: self.arg(ins.x)?,
                    shape,
                },
            },
            "store" => {
                let y = self.arg(ins.y)?;
                match (home(ins.x), self.shape(t)) {
                    (Some(to), Shape::Agg(n)) => Ins::Scatter { to, x: y, n },
                    (Some(to), Shape::Scalar) => Ins::Move { d: to, x: y },
                    (None, shape) => Ins::Store {
                        x: self.arg(ins.x)?,
                        y,
                        t,
                        shape,
                    },
                }
            }
            "fieldaddr" if home(ins.x).is_some() => Ins::Nop,
            "fieldaddr" | "field" => {
                let field = self.types.get(t).fields.get(ins.number() as usize);
                let field = field.ok_or_else(|| LoadError::new("there is no such field"))?;
                let (off, of) = (field.off, field.t);
                let x = self.arg(ins.x)?;
                if ins.o == "field" {
                    Ins::Field {
                        d,
                        x,
                        off,
                        shape: self.shape(of),
                    }
                } else {
                    Ins::FieldAddr { d, x, off }
                }
            }
            "extract" => Ins::Nop,
            _ => return Ok(None),
        }))
    }

    /// Elements of slices, maps and strings.
    fn element_instruction(&mut self, ins: &load::Ins, d: Slot) -> Made {
        let t = ins.t;
        Ok(Some(match ins.o.as_str() {
            "indexaddr" => {
                let (x, y) = (self.arg(ins.x)?, self.arg(ins.y)?);
                let (e, array) = self.elements(t);
                Ins::IndexAddr {
                    d,
                    x,
                    y,
                    size: self.types.size(e),
                    array,
                }
            }
            "index" => {
                let (x, y) = (self.arg(ins.x)?, self.arg(ins.y)?);
                let string = *self.types.kind(t) == Kind::Str;
                Ins::Index {
                    d,
                    x,
                    y,
                    shape: self.shape(self.element(t)),
                    string,
                }
            }
            "lookup" => {
                let (x, y) = (self.arg(ins.x)?, self.arg(ins.y)?);
                Ins::Lookup {
                    d,
                    x,
                    y,
                    t: self.element(t),
                    ok: ins.ok,
                }
            }
            "mapupdate" => Ins::MapUpdate {
                x: self.arg(ins.x)?,
                y: self.arg(ins.y)?,
                z: self.arg(ins.z)?,
            },
            "range" => Ins::Range {
                d,
                x: self.arg(ins.x)?,
            },
            "next" => Ins::Next {
                d,
                x: self.arg(ins.x)?,
            },
            _ => return Ok(None),
        }))
    }

    /// Compiles an instruction that only computes.
    fn value_instruction(
        &mut self,
        ins: &load::Ins,
        (d, pos): (Slot, Pos),
        out: &mut Vec<Ins>,
    ) -> Made {
        let t = ins.t;
        Ok(Some(match ins.o.as_str() {
            "bin" => self.binary(ins, d, out)?,
            "un" => {
                let x = self.arg(ins.x)?;
                let on = self.number(t);
                match ins.op.as_str() {
                    "-" => Ins::Neg { d, x, on },
                    "^" => Ins::Inv { d, x, on },
                    _ => Ins::Not { d, x },
                }
            }
            "iface" => Ins::Iface {
                d,
                x: self.arg(ins.x)?,
                t,
            },
            "assert" => Ins::Assert {
                d,
                x: self.arg(ins.x)?,
                t,
                u: ins.u,
                ok: ins.ok,
            },
            "convert" => {
                let place = self.place(Some("bytes"), 0, pos);
                Ins::Convert {
                    d,
                    x: self.arg(ins.x)?,
                    t,
                    u: ins.u,
                    place,
                }
            }
            "arrayptr" => {
                let len = match *self.types.kind(self.element(t)) {
                    Kind::Array(_, len) => len,
                    _ => 0,
                };
                Ins::ArrayPtr {
                    d,
                    x: self.arg(ins.x)?,
                    len,
                }
            }
            "closure" => Ins::Closure {
                d,
                f: ins
                    .f
                    .and_then(|f| u32::try_from(f).ok())
                    .unwrap_or(u32::MAX),
                a: self.args(&ins.a)?.into(),
            },
            _ => return Ok(None),
        }))
    }

    /// Channels and calls.
    fn operation_instruction(
        &mut self,
        ins: &load::Ins,
        (d, pos): (Slot, Pos),
        out: &mut Vec<Ins>,
    ) -> Made {
        let t = ins.t;
        Ok(Some(match ins.o.as_str() {
            "recv" => {
                self.channel(ins.e.as_deref(), pos);
                let (x, ok) = (self.arg(ins.x)?, ins.ok);
                Ins::Recv { d, x, t, ok }
            }
            "send" => {
                self.channel(ins.e.as_deref(), pos);
                let (x, y) = (self.arg(ins.x)?, self.arg(ins.y)?);
                Ins::Send { x, y }
            }
            "select" => {
                let case = |case: &load::SelectCase| {
                    let pos = self.position(case.p.as_ref(), pos);
                    self.channel(case.e.as_deref(), pos);
                    Ok(SelectCase {
                        channel: self.arg(Some(case.x))?,
                        send: self.optional(case.y)?,
                        t: case.t,
                        site: pos.site(),
                    })
                };
                let cases: Result<_, LoadError> = ins.s.iter().map(case).collect();
                Ins::Select(Box::new(Select {
                    d,
                    cases: cases?,
                    block: ins.block,
                }))
            }
            "call" => Ins::Call(self.call(ins, (d, pos), out)?),
            "go" => Ins::Go(self.start(ins, pos, out)?),
            "defer" => Ins::Defer(self.call(ins, (NOWHERE, pos), out)?),
            _ => return Ok(None),
        }))
    }

    /// Notes how the source calls the channel of an operation.
    fn channel(&mut self, text: Option<&str>, pos: Pos) {
        if let Some(text) = text {
            let name_id = self.names.id(text);
            self.code.channels.insert(pos.site(), name_id);
        }
    }

    /// Compiles an instruction that makes something.
    fn making_instruction(&mut self, ins: &load::Ins, d: Slot, pos: Pos) -> Made {
        let t = ins.t;
        Ok(Some(match ins.o.as_str() {
            "chan" => {
                let place = self.place(ins.name(), t, pos);
                Ins::Chan {
                    d,
                    x: self.arg(ins.x)?,
                    place,
                }
            }
            "map" => Ins::Map {
                d,
                place: self.place(ins.name(), t, pos),
            },
            "slice" => {
                let e = self.element(t);
                let place = self.place(ins.name(), e, pos);
                self.parts(place, Parts::Elements);
                Ins::MakeSlice {
                    d,
                    t: e,
                    x: self.arg(ins.x)?,
                    y: self.arg(ins.y)?,
                    place,
                }
            }
            "reslice" => {
                let (e, array) = self.elements(t);
                Ins::Reslice(Box::new(Reslice {
                    d,
                    x: self.arg(ins.x)?,
                    lo: self.optional(ins.lo)?,
                    hi: self.optional(ins.hi)?,
                    max: self.optional(ins.max)?,
                    size: self.types.size(e),
                    array,
                    string: *self.types.kind(t) == Kind::Str,
                }))
            }
            _ => return Ok(None),
        }))
    }

    /// Compiles an instruction that says where to go on.
    fn flow_instruction(&mut self, ins: &load::Ins) -> Made {
        Ok(Some(match ins.o.as_str() {
            "rundefers" => Ins::RunDefers,
            "return" => Ins::Return(self.args(&ins.a)?.into()),
            "panic" => Ins::Panic {
                x: self.arg(ins.x)?,
            },
            "jump" => Ins::Jump {
                to: ins.to.first().copied().unwrap_or(u32::MAX),
                mv: self.moves(ins.mv.first())?,
            },
            "if" => Ins::If {
                x: self.arg(ins.x)?,
                to: [0, 1].map(|i| ins.to.get(i).copied().unwrap_or(u32::MAX)),
                mv: [self.moves(ins.mv.first())?, self.moves(ins.mv.get(1))?],
            },
            _ => return Ok(None),
        }))
    }
}
