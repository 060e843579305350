//! From the export to the machine's own code.

use rustc_hash::FxHashMap;

use crate::code::{
    ANY_NAME, Arg, BinOp, Builtin, Call, Callee, Code, Func, Global, Ins, MadeAt, NOWHERE, Number,
    Parts, Pos, Reslice, Select, SelectCase, Shape, Slot,
};
use crate::live;
use crate::load::{self, Export, LoadError};
use crate::natives;
use crate::types::{Kind, Types};
use crate::value::{Pool, V};

/// Compiles all functions of an export.
pub(crate) fn compile(export: &Export, types: &Types, pool: &mut Pool) -> Result<Code, LoadError> {
    let mut code = Code {
        files: export.files.iter().map(|file| crate::keep(file)).collect(),
        moves: vec![Box::default()],
        ..Code::default()
    };
    if code.files.is_empty() {
        code.files.push("");
    }
    let mut names = Names::default();
    code.globals = export
        .globals
        .iter()
        .map(|global| Global {
            full: global.n.clone(),
            name_id: names.id(&global.s),
            t: global.t,
            foreign: global.x,
        })
        .collect();
    for (number, constant) in export.consts.iter().enumerate() {
        let value = constant_value(constant, types, pool)
            .ok_or_else(|| LoadError::new(format!("constant {number} is none")))?;
        code.consts.push(value);
    }
    for (func_id, raw) in (0..).zip(&export.funcs) {
        let results = export.types.get(raw.t as usize).map(|t| t.r.clone());
        let mut func = Compiler {
            export,
            types,
            code: &mut code,
            names: &mut names,
            func: func_id,
            closures: FxHashMap::default(),
            raw,
            slots: Vec::new(),
            next: 0,
            homes: FxHashMap::default(),
        }
        .function()?;
        func.results = results.unwrap_or_default();
        code.funcs.push(func);
    }
    for name in natives::own_names() {
        let place = code.places.len() as u32;
        let short = name.rsplit('.').next().unwrap_or(name);
        code.places.push(MadeAt {
            name_id: names.id(short),
            t: 0,
            parts: Parts::of_native(name),
            pos: Pos::default(),
            func: u32::MAX,
            starts: false,
            rank: 0,
            of: 1,
        });
        code.funcs.push(Func {
            name: name.to_owned(),
            short: short.to_owned(),
            name_id: names.id(short),
            native: Some(natives::find(name)),
            place,
            ..Func::default()
        });
    }
    for index in 0..code.funcs.len() {
        let mut func = std::mem::take(&mut code.funcs[index]);
        live::analyse(&mut func, &mut code, types);
        code.funcs[index] = func;
    }
    code.names = names.names;
    Ok(code)
}

/// Names, each once.
#[derive(Default)]
struct Names {
    ids: FxHashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn id(&mut self, name: &str) -> u32 {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let id = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.ids.insert(name.to_owned(), id);
        id
    }
}

fn constant_value(constant: &load::Const, types: &Types, pool: &mut Pool) -> Option<V> {
    let float = |bits: i64| f64::from_bits(bits.cast_unsigned());
    if (constant.t as usize) >= types.len() {
        return None;
    }
    Some(if let Some(bits) = constant.d {
        V::Float(bits.cast_unsigned())
    } else if let Some((re, im)) = constant.z {
        pool.complex(float(re), float(im))
    } else if let Some(text) = &constant.s {
        pool.text(text)
    } else if let Some(hex) = &constant.h {
        let digits: Option<Vec<u8>> = (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok())
            .collect();
        pool.string(&digits?)
    } else if let Some(global) = constant.g {
        V::Ptr(global, 0)
    } else if let Some(function) = constant.f {
        pool.function(function, &[])
    } else if constant.b.is_some() {
        V::Nil
    } else if let Some(number) = constant.i {
        match types.kind(constant.t) {
            Kind::Bool => V::Bool(number != 0),
            _ => V::Int(number),
        }
    } else {
        zero_value(constant.t, types, pool)
    })
}

/// The zero value of a type as a register has it.
pub(crate) fn zero_value(t: u32, types: &Types, pool: &mut Pool) -> V {
    let empty = pool.string(b"");
    let mut leaves = Vec::new();
    if u64::from(types.size(t)) > crate::types::LEAVES_MAX {
        return V::Nil;
    }
    types.zero(t, &mut leaves, empty);
    if types.is_aggregate(t) {
        return pool.agg(&leaves);
    }
    match types.kind(t) {
        Kind::Complex => pool.complex(0.0, 0.0),
        _ => leaves.first().copied().unwrap_or(V::Nil),
    }
}

struct Compiler<'a> {
    export: &'a Export,
    types: &'a Types,
    code: &'a mut Code,
    names: &'a mut Names,
    func: u32,
    /// Registers that hold a function literal: which.
    closures: FxHashMap<i64, u32>,
    raw: &'a load::Func,
    /// The slot of each register.
    slots: Vec<Slot>,
    next: Slot,
    /// Registers that are addresses within a variable that is kept in slots: the slot.
    homes: FxHashMap<u32, Slot>,
}

impl Compiler<'_> {
    fn function(mut self) -> Result<Func, LoadError> {
        let raw = self.raw;
        let pos = self.position(
            raw.p.as_ref(),
            Pos {
                file: raw.file,
                ..Pos::default()
            },
        );
        let mut func = Func {
            name: raw.n.clone(),
            short: raw.s.clone(),
            name_id: self.names.id(&raw.s),
            pos,
            synthetic: raw.synthetic,
            ..Func::default()
        };
        if raw.x.is_some() || raw.blocks.is_empty() {
            func.native = Some(natives::find(&raw.n));
            func.place = self.place(Some(&raw.s), 0, pos);
            self.parts(func.place, Parts::of_native(&raw.n));
            return Ok(func);
        }
        self.lay_out();
        for ins in raw.blocks.iter().flatten().filter(|ins| ins.o == "closure") {
            if let (Some(d), Some(Ok(f))) = (ins.d, ins.f.map(u32::try_from)) {
                self.closures.insert(d.into(), f);
            }
        }
        let mut starts = Vec::new();
        let mut jumps = Vec::new();
        let mut last = pos;
        for block in &raw.blocks {
            starts.push(func.code.len() as u32);
            for ins in block {
                last = self.position(
                    ins.p.as_ref(),
                    Pos {
                        file: raw.file,
                        ..last
                    },
                );
                let before = func.code.len();
                self.instruction(ins, last, &mut func.code)
                    .map_err(|error| LoadError::new(format!("{} in {}", error.what, raw.n)))?;
                func.places.resize(func.code.len(), last);
                if matches!(func.code.last(), Some(Ins::Jump { .. } | Ins::If { .. }))
                    && before < func.code.len()
                {
                    jumps.push(func.code.len() - 1);
                }
            }
        }
        let start = |block: u32| {
            let start = starts.get(block as usize).copied();
            start.ok_or_else(|| LoadError::new(format!("a jump to no block in {}", raw.n)))
        };
        for at in jumps {
            match &mut func.code[at] {
                Ins::Jump { to, .. } => *to = start(*to)?,
                Ins::If { to, .. } => *to = [start(to[0])?, start(to[1])?],
                _ => {}
            }
        }
        func.recover = raw.recover.map(start).transpose()?;
        func.slots = self.next;
        Ok(func)
    }

    fn position(&self, p: Option<&load::Position>, default: Pos) -> Pos {
        match p {
            Some(p) if p.line > 0 => Pos {
                line: p.line,
                column: p.column,
                file: p.file.unwrap_or(self.raw.file),
            },
            _ => default,
        }
    }

    /// How many slots a register takes: parts of a tuple are apart.
    fn width(&self, reg: usize) -> u32 {
        let t = self.raw.rt.get(reg).copied().unwrap_or(0);
        match self.types.kind(t) {
            Kind::Tuple => self.types.get(t).fields.len() as u32,
            _ => 1,
        }
    }

    /// Gives each register its slots.
    fn lay_out(&mut self) {
        let raw = self.raw;
        let mut extracted: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
        for ins in raw.blocks.iter().flatten() {
            if let ("extract", Some(d), Some(x)) = (ins.o.as_str(), ins.d, ins.x)
                && x >= 0
            {
                extracted.insert(d, (x as u32, ins.number()));
            }
        }
        let count = (raw.regs as usize)
            .max(raw.rt.len())
            .max(raw.params.len() + raw.free.len());
        self.slots = vec![NOWHERE; count];
        for reg in 0..count {
            if !extracted.contains_key(&(reg as u32)) {
                self.slots[reg] = self.next;
                self.next += self.width(reg);
            }
        }
        for (&d, &(x, n)) in &extracted {
            if let Some(&base) = self.slots.get(x as usize) {
                self.slots[d as usize] = base.saturating_add(n);
            }
        }
        self.find_homes();
    }

    /// Finds variables whose address goes nowhere: they are kept in slots.
    fn find_homes(&mut self) {
        let raw = self.raw;
        // Registers that are addresses within a variable: of which, and how far in.
        let mut within: FxHashMap<i64, (u32, u32)> = FxHashMap::default();
        for ins in raw.blocks.iter().flatten() {
            if let (true, false, Some(d)) = (ins.o == "alloc", ins.heap, ins.d)
                && self.types.size(ins.t) <= 64
                && self.types.get(ins.t).primitives.is_empty()
            {
                within.insert(i64::from(d), (d, 0));
            }
        }
        if within.is_empty() {
            return;
        }
        loop {
            let before = within.len();
            for ins in raw.blocks.iter().flatten() {
                if let ("fieldaddr", Some(d), Some(&(var, off))) =
                    (ins.o.as_str(), ins.d, ins.x.and_then(|x| within.get(&x)))
                {
                    let fields = &self.types.get(ins.t).fields;
                    let field = fields.get(ins.number() as usize).map_or(0, |f| f.off);
                    within.insert(i64::from(d), (var, off + field));
                }
            }
            if within.len() == before {
                break;
            }
        }
        let mut escaped: Vec<u32> = Vec::new();
        let mut escapes = |x: &i64| {
            if let Some(&(var, _)) = within.get(x) {
                escaped.push(var);
            }
        };
        for ins in raw.blocks.iter().flatten() {
            let address = matches!(ins.o.as_str(), "load" | "store" | "fieldaddr");
            if !address {
                ins.x.iter().for_each(&mut escapes);
            }
            ins.y
                .iter()
                .chain(&ins.z)
                .chain(&ins.f)
                .chain(&ins.i)
                .for_each(&mut escapes);
            ins.lo
                .iter()
                .chain(&ins.hi)
                .chain(&ins.max)
                .chain(&ins.k)
                .for_each(&mut escapes);
            ins.a.iter().for_each(&mut escapes);
            for case in &ins.s {
                escapes(&case.x);
                case.y.iter().for_each(&mut escapes);
            }
            ins.mv.iter().flatten().for_each(|(_, x)| escapes(x));
        }
        let mut bases: FxHashMap<u32, Slot> = FxHashMap::default();
        for ins in raw.blocks.iter().flatten() {
            if let ("alloc", Some(d)) = (ins.o.as_str(), ins.d)
                && within.contains_key(&i64::from(d))
                && !escaped.contains(&d)
            {
                bases.insert(d, self.next);
                self.next += self.types.size(ins.t);
            }
        }
        for (reg, (var, off)) in within {
            if let Some(base) = bases.get(&var) {
                self.homes.insert(reg as u32, base + off);
            }
        }
    }

    fn arg(&self, operand: Option<i64>) -> Result<Arg, LoadError> {
        let operand = operand.ok_or_else(|| LoadError::new("an operand is missing"))?;
        if operand < 0 {
            let number = -1 - operand;
            if number >= self.code.consts.len() as i64 {
                return Err(LoadError::new(format!("there is no constant {number}")));
            }
            return Ok(operand as Arg);
        }
        match self.slots.get(operand as usize) {
            Some(&slot) if slot != NOWHERE => Ok(slot as Arg),
            _ => Err(LoadError::new(format!("there is no register {operand}"))),
        }
    }

    fn args(&self, operands: &[i64]) -> Result<Vec<Arg>, LoadError> {
        operands.iter().map(|&x| self.arg(Some(x))).collect()
    }

    fn optional(&self, operand: Option<i64>) -> Result<Option<Arg>, LoadError> {
        operand.map(|x| self.arg(Some(x))).transpose()
    }

    fn dest(&self, ins: &load::Ins) -> Slot {
        ins.d
            .and_then(|d| self.slots.get(d as usize).copied())
            .unwrap_or(NOWHERE)
    }

    fn shape(&self, t: u32) -> Shape {
        if self.types.is_aggregate(t) {
            Shape::Agg(self.types.size(t))
        } else {
            Shape::Scalar
        }
    }

    fn number(&self, t: u32) -> Number {
        match *self.types.kind(t) {
            Kind::Int { bits, signed } => Number::Int { bits, signed },
            Kind::Float(bits) => Number::Float(bits),
            Kind::Complex => Number::Complex,
            Kind::Str => Number::Str,
            _ => Number::Other,
        }
    }

    fn place(&mut self, name: Option<&str>, t: u32, pos: Pos) -> u32 {
        let name = match name {
            Some(name) => name.to_owned(),
            None => self.name_by_type(t),
        };
        let name_id = self.names.id(&name);
        self.code.places.push(MadeAt {
            name_id,
            t,
            parts: Parts::Whole,
            pos,
            func: self.func,
            starts: false,
            rank: 0,
            of: 1,
        });
        self.code.places.len() as u32 - 1
    }

    /// The name of a variable that holds what is called as it is.
    fn variable(&self, name: Option<&str>, t: u32) -> Option<String> {
        let holds = matches!(
            self.types.kind(t),
            Kind::Ptr(_)
                | Kind::Chan(_)
                | Kind::Map(..)
                | Kind::Slice(_)
                | Kind::Func
                | Kind::Iface
        );
        name.filter(|_| holds).map(|name| format!("var {name}"))
    }

    fn parts(&mut self, place: u32, parts: Parts) {
        self.code.places[place as usize].parts = parts;
    }

    /// The name of what nobody named: that of its type, with a small letter.
    fn name_by_type(&self, t: u32) -> String {
        let text = self.types.text(t);
        let short = text.rsplit('.').next().unwrap_or("");
        let short: String = short.chars().filter(|c| c.is_alphanumeric()).collect();
        match short.chars().next() {
            Some(first) => first.to_lowercase().chain(short.chars().skip(1)).collect(),
            None => "new".to_owned(),
        }
    }

    fn element(&self, t: u32) -> u32 {
        match *self.types.kind(t) {
            Kind::Ptr(e) | Kind::Slice(e) | Kind::Array(e, _) | Kind::Chan(e) | Kind::Map(_, e) => {
                e
            }
            _ => 0,
        }
    }

    fn moves(&mut self, list: Option<&Vec<(u32, i64)>>) -> Result<u32, LoadError> {
        let Some(list) = list.filter(|list| !list.is_empty()) else {
            return Ok(0);
        };
        let mut moves = Vec::new();
        for &(d, x) in list {
            let d = self.slots.get(d as usize).copied();
            let d = d.ok_or_else(|| LoadError::new("a move to no register"))?;
            moves.push((d, self.arg(Some(x))?));
        }
        self.code.moves.push(moves.into());
        Ok(self.code.moves.len() as u32 - 1)
    }

    fn instruction(
        &mut self,
        ins: &load::Ins,
        pos: Pos,
        out: &mut Vec<Ins>,
    ) -> Result<(), LoadError> {
        let d = self.dest(ins);
        let t = ins.t;
        if (t as usize) >= self.types.len() || (ins.u as usize) >= self.types.len() {
            return Err(LoadError::new("there is no such type"));
        }
        let home = |operand: Option<i64>| {
            let reg = u32::try_from(operand.unwrap_or(-1)).ok()?;
            self.homes.get(&reg).copied()
        };
        let made = match ins.o.as_str() {
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
            "recv" => Ins::Recv {
                d,
                x: self.arg(ins.x)?,
                t,
                ok: ins.ok,
            },
            "send" => Ins::Send {
                x: self.arg(ins.x)?,
                y: self.arg(ins.y)?,
            },
            "select" => {
                let case = |case: &load::SelectCase| {
                    Ok(SelectCase {
                        channel: self.arg(Some(case.x))?,
                        send: self.optional(case.y)?,
                        t: case.t,
                    })
                };
                let cases: Result<_, LoadError> = ins.s.iter().map(case).collect();
                Ins::Select(Box::new(Select {
                    d,
                    cases: cases?,
                    block: ins.block,
                }))
            }
            "call" => Ins::Call(self.call(ins, d, pos)?),
            "go" => Ins::Go(self.start(ins, pos)?),
            "defer" => Ins::Defer(self.call(ins, NOWHERE, pos)?),
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
            "range" => {
                let string = *self.types.kind(t) == Kind::Str;
                Ins::Range {
                    d,
                    x: self.arg(ins.x)?,
                    string,
                }
            }
            "next" => Ins::Next {
                d,
                x: self.arg(ins.x)?,
                string: ins.str,
            },
            other => return Err(LoadError::new(format!("an instruction `{other}`"))),
        };
        out.push(made);
        Ok(())
    }

    /// The element type of a slice or of a pointer to an array, and the length of the array.
    fn elements(&self, t: u32) -> (u32, Option<u64>) {
        match *self.types.kind(t) {
            Kind::Ptr(array) => match *self.types.kind(array) {
                Kind::Array(e, len) => (e, Some(len)),
                _ => (0, None),
            },
            Kind::Slice(e) => (e, None),
            _ => (0, None),
        }
    }

    fn binary(&mut self, ins: &load::Ins, d: Slot, out: &mut Vec<Ins>) -> Result<Ins, LoadError> {
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

    fn call(&mut self, ins: &load::Ins, d: Slot, pos: Pos) -> Result<Box<Call>, LoadError> {
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
        if let Callee::Static(f) = callee
            && let Some(raw) = self.export.funcs.get(f as usize)
            && (raw.x.is_some() || raw.blocks.is_empty())
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

    /// A `go` statement: its place is called by the function that it starts.
    fn start(&mut self, ins: &load::Ins, pos: Pos) -> Result<Box<Call>, LoadError> {
        let call = self.call(ins, NOWHERE, pos)?;
        let function = match call.callee {
            Callee::Static(f) => Some(f),
            _ => ins.f.and_then(|f| self.closures.get(&f).copied()),
        };
        let function = function.and_then(|f| self.export.funcs.get(f as usize));
        let name_id = function.map_or(ANY_NAME, |func| self.names.id(&func.s));
        let place = &mut self.code.places[call.place as usize];
        (place.name_id, place.starts) = (name_id, true);
        Ok(call)
    }

    fn constant(&mut self, value: V) -> Arg {
        let at = self.code.consts.iter().position(|&known| known == value);
        let at = at.unwrap_or_else(|| {
            self.code.consts.push(value);
            self.code.consts.len() - 1
        });
        !(at as Arg)
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
}
