//! From the export to the machine's own code.

mod calls;
mod instruction;
mod layout;

use rustc_hash::FxHashMap;

use crate::code::{Arg, Code, Func, Global, Ins, MadeAt, NOWHERE, Number, Parts, Pos, Shape, Slot};
use crate::live;
use crate::load::{self, Export, LoadError};
use crate::natives;
use crate::types::{Kind, Own, Types};
use crate::value::{Pool, V};

/// Compiles all functions of an export.
pub(crate) fn compile(
    export: &Export,
    types: &Types,
    pool: &mut Pool,
    clock: bool,
) -> Result<Code, LoadError> {
    let mut code = Code {
        files: export.files.clone(),
        program: match export.name == "main" {
            true => export.package.clone(),
            false => String::new(),
        },
        moves: vec![Box::default()],
        keeps_durations: clock,
        ..Code::default()
    };
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
    if clock {
        code.globals.push(Global {
            full: "machine.clock".to_owned(),
            name_id: names.id("clock"),
            t: types.own(Own::Unknown),
            foreign: false,
        });
    }
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
            pool: &mut *pool,
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
    add_own(&mut code, &mut names);
    // An instruction may be needless because of the function it calls, so all are compiled first.
    for index in 0..code.funcs.len() {
        let mut func = std::mem::take(&mut code.funcs[index]);
        live::analyse(&mut func, &mut code, types);
        code.funcs[index] = func;
    }
    code.names = names.names;
    Ok(code)
}

/// Adds the functions that the machine itself calls.
fn add_own(code: &mut Code, names: &mut Names) {
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
            daemon: false,
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

/// Returns the zero value of a type as a register has it.
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
        Kind::Complex(_) => pool.complex(0.0, 0.0),
        _ => leaves.first().copied().unwrap_or(V::Nil),
    }
}

struct Compiler<'a> {
    export: &'a Export,
    types: &'a Types,
    code: &'a mut Code,
    names: &'a mut Names,
    pool: &'a mut Pool,
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
        // A jump names a block, and the later ones had no place yet.
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

    pub(super) fn position(&self, p: Option<&load::Position>, default: Pos) -> Pos {
        match p {
            Some(p) if p.line > 0 => Pos {
                line: p.line,
                column: p.column,
                file: p.file.unwrap_or(self.raw.file),
            },
            _ => default,
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
            Kind::Complex(bits) => Number::Complex(bits),
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
            daemon: false,
            rank: 0,
            of: 1,
        });
        self.code.places.len() as u32 - 1
    }

    /// Returns the name of a variable that holds what is called as it is.
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

    /// Returns the name of what nobody named: that of its type, with a small letter.
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

    /// Returns the element type of a slice or of a pointer to an array, and the length of the
    /// array.
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

    fn constant(&mut self, value: V) -> Arg {
        let at = self.code.consts.iter().position(|&known| known == value);
        let at = at.unwrap_or_else(|| {
            self.code.consts.push(value);
            self.code.consts.len() - 1
        });
        !(at as Arg)
    }
}
