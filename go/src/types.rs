//! Types, and how their values lie in memory: as leaves, one after the other.

use rustc_hash::FxHashMap;

use crate::load::{self, LoadError};
use crate::value::V;

/// The structure of a type, below its name.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Kind {
    None,
    Bool,
    Int {
        bits: u32,
        signed: bool,
    },
    Float(u32),
    /// The size of each part.
    Complex(u32),
    Str,
    UnsafePointer,
    Ptr(u32),
    Slice(u32),
    Array(u32, u64),
    Map(u32, u32),
    Chan(u32),
    Func,
    Struct,
    Tuple,
    Iface,
    /// One of the machine's own, for values of natives.
    Own(Own),
}

/// Dynamic types of values that natives put into interfaces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Own {
    /// A panic of the language: a string.
    RuntimeError,
    /// The error of `fmt.Errorf` and of natives: a pointer to the text and the error that it wraps,
    /// or nil.
    WrapError,
    /// An error of which only the text matters.
    PlainError,
    /// `context.Canceled`.
    Canceled,
    /// `context.DeadlineExceeded`.
    DeadlineExceeded,
    /// A context: a pointer to its cell.
    Context,
    /// The result of `RWMutex.RLocker`: a pointer to the lock.
    RLocker,
    /// A `reflect.Type`: the number of a type.
    RType,
    /// `runtime.Goexit` of a test, seen from outside.
    Unknown,
}

impl Own {
    const ALL: [Self; 9] = [
        Self::RuntimeError,
        Self::WrapError,
        Self::PlainError,
        Self::Canceled,
        Self::DeadlineExceeded,
        Self::Context,
        Self::RLocker,
        Self::RType,
        Self::Unknown,
    ];

    /// Returns the name as `%T` prints it.
    fn name(self) -> &'static str {
        match self {
            Self::RuntimeError => "runtime.Error",
            Self::WrapError => "*fmt.wrapError",
            Self::PlainError | Self::Canceled => "*errors.errorString",
            Self::DeadlineExceeded => "context.deadlineExceededError",
            Self::Context => "*context.cancelCtx",
            Self::RLocker => "*sync.rlocker",
            Self::RType => "*reflect.rtype",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the methods that a value of it has.
    pub(crate) fn methods(self) -> &'static [&'static str] {
        match self {
            Self::RuntimeError => &["Error", "RuntimeError"],
            Self::WrapError => &["Error", "Unwrap"],
            Self::PlainError | Self::Canceled => &["Error"],
            Self::DeadlineExceeded => &["Error", "Timeout", "Temporary"],
            Self::Context => &["Deadline", "Done", "Err", "Value"],
            Self::RLocker => &["Lock", "Unlock"],
            Self::RType => &["String"],
            Self::Unknown => &[],
        }
    }
}

/// A primitive that is a field or a variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Primitive {
    Mutex,
    RwMutex,
    WaitGroup,
    Once,
    Cond,
}

/// A field of a struct or a part of a tuple.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) t: u32,
    pub(crate) off: u32,
}

/// A type.
#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) kind: Kind,
    /// The name as `%T` prints it.
    pub(crate) name: String,
    /// The name of the basic type that it is or stands for: `int`, `uint8`. Of a channel its
    /// direction: `send`, `recv`, or nothing.
    pub(crate) basic: String,
    /// The full name, of a named type.
    pub(crate) full: Option<String>,
    pub(crate) fields: Vec<Field>,
    /// Leaves of a value.
    pub(crate) size: u32,
    /// The name of an opaque struct.
    pub(crate) opaque: Option<String>,
    /// The primitives within, by offset.
    pub(crate) primitives: Vec<(u32, Primitive)>,
    /// Methods of an interface.
    pub(crate) methods: Vec<u32>,
    /// The method table: the function, `None` if nothing calls it.
    pub(crate) table: FxHashMap<u32, Option<u32>>,
    /// Parameters and results of a function.
    pub(crate) params: Vec<u32>,
    pub(crate) results: Vec<u32>,
    pub(crate) variadic: bool,
    /// False if `==` panics on it.
    pub(crate) comparable: bool,
}

/// All types of a package.
#[derive(Debug)]
pub(crate) struct Types {
    all: Vec<Type>,
    own: u32,
    pub(crate) method_names: Vec<String>,
}

/// Leaves above which a value is too large for the machine.
pub(crate) const LEAVES_MAX: u64 = 1 << 22;

impl Types {
    pub(crate) fn new(export: &load::Export) -> Result<Self, LoadError> {
        let mut types = Self {
            all: Vec::new(),
            own: u32::try_from(export.types.len()).map_err(|_| LoadError::new("too many types"))?,
            method_names: export
                .methods
                .iter()
                .map(|method| method.n.clone())
                .collect(),
        };
        for (id, _) in export.types.iter().enumerate() {
            let t = types.read(export, id)?;
            types.all.push(t);
        }
        for own in Own::ALL {
            types.all.push(Type {
                kind: Kind::Own(own),
                name: own.name().to_owned(),
                size: 1,
                ..blank()
            });
        }
        types.all.push(Type {
            kind: Kind::Str,
            name: "string".to_owned(),
            size: 1,
            ..blank()
        });
        let mut done = vec![0u8; types.all.len()];
        for id in 0..types.all.len() {
            types.lay_out(id as u32, &mut done, 0)?;
        }
        Ok(types)
    }

    fn read(&self, export: &load::Export, id: usize) -> Result<Type, LoadError> {
        let raw = &export.types[id];
        let mut under = raw;
        let mut hops = 0;
        // In an export that is damaged, a chain of names may have no end.
        while under.k == "named" {
            under = export
                .types
                .get(under.u as usize)
                .filter(|_| hops < 64)
                .ok_or_else(|| LoadError::new(format!("type {id} is named and has no type")))?;
            hops += 1;
        }
        let count = export.types.len() as u32;
        let element = |e: u32| {
            if e < count {
                Ok(e)
            } else {
                Err(LoadError::new(format!("type {id} has no element")))
            }
        };
        let kind = match under.k.as_str() {
            "none" => Kind::None,
            "basic" => basic(&under.n, export.bits),
            "ptr" => Kind::Ptr(element(under.e)?),
            "slice" => Kind::Slice(element(under.e)?),
            "array" => Kind::Array(element(under.e)?, under.len),
            "map" => Kind::Map(element(under.key)?, element(under.e)?),
            "chan" => Kind::Chan(element(under.e)?),
            "func" => Kind::Func,
            "struct" => Kind::Struct,
            "tuple" => Kind::Tuple,
            "iface" => Kind::Iface,
            other => {
                return Err(LoadError::new(format!(
                    "type {id} is of the kind `{other}`"
                )));
            }
        };
        let fields = under.f.iter().map(|f| Field {
            name: f.n.clone(),
            t: f.t,
            off: 0,
        });
        let table = raw.m.iter();
        let basic = match kind {
            Kind::Chan(_) => under.dir.clone(),
            Kind::Bool | Kind::Int { .. } | Kind::Float(_) | Kind::Complex(_) => under.n.clone(),
            _ => String::new(),
        };
        Ok(Type {
            kind,
            basic,
            full: (raw.k == "named").then(|| raw.n.clone()),
            fields: fields.collect(),
            opaque: under.o.clone(),
            methods: under.im.clone(),
            table: table
                .map(|&(method, f)| (method, u32::try_from(f).ok()))
                .collect(),
            params: under.p.clone(),
            results: under.r.clone(),
            variadic: under.v,
            ..named(raw)
        })
    }

    /// Computes size, offsets, primitives and name of a type, after those of its parts.
    fn lay_out(&mut self, id: u32, done: &mut [u8], depth: u32) -> Result<(), LoadError> {
        let index = id as usize;
        // `done` is 0 before a type, 1 while its parts are laid out, and 2 after it.
        if done.get(index).is_none_or(|&done| done == 2) {
            return Ok(());
        }
        if done[index] == 1 || depth > 1000 {
            return Err(LoadError::new(format!("type {id} contains itself")));
        }
        done[index] = 1;
        let kind = self.all[index].kind.clone();
        let mut primitives = Vec::new();
        let mut comparable = true;
        let size: u64 = match kind {
            Kind::Array(e, len) => {
                self.lay_out(e, done, depth + 1)?;
                let element = &self.all[e as usize];
                comparable = element.comparable;
                let size = u64::from(element.size).saturating_mul(len);
                if size <= LEAVES_MAX {
                    for i in 0..len {
                        let base = i as u32 * element.size;
                        primitives
                            .extend(element.primitives.iter().map(|&(off, p)| (base + off, p)));
                    }
                }
                size
            }
            Kind::Struct | Kind::Tuple => {
                let mut off = u64::from(self.all[index].opaque.is_some());
                if let Some(p) = self.all[index].opaque.as_deref().and_then(primitive) {
                    primitives.push((0, p));
                }
                for field in 0..self.all[index].fields.len() {
                    let t = self.all[index].fields[field].t;
                    if t == 0 {
                        continue;
                    }
                    self.lay_out(t, done, depth + 1)?;
                    let of = &self.all[t as usize];
                    comparable &= of.comparable;
                    let at = u32::try_from(off.min(LEAVES_MAX)).unwrap_or(0);
                    primitives.extend(of.primitives.iter().map(|&(off, p)| (at + off, p)));
                    off += u64::from(of.size);
                    self.all[index].fields[field].off = at;
                }
                off
            }
            Kind::None => 0,
            Kind::Slice(_) | Kind::Map(..) | Kind::Func => {
                comparable = false;
                1
            }
            _ => 1,
        };
        let t = &mut self.all[index];
        t.size = u32::try_from(size).unwrap_or(u32::MAX);
        t.primitives = primitives;
        t.comparable = comparable;
        done[index] = 2;
        Ok(())
    }

    pub(crate) fn get(&self, id: u32) -> &Type {
        &self.all[id as usize]
    }

    pub(crate) fn kind(&self, id: u32) -> &Kind {
        &self.all[id as usize].kind
    }

    pub(crate) fn size(&self, id: u32) -> u32 {
        self.all[id as usize].size
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns true if a value of the type is kept in a register as an aggregate.
    pub(crate) fn is_aggregate(&self, id: u32) -> bool {
        matches!(self.kind(id), Kind::Struct | Kind::Array(..) | Kind::Tuple)
    }

    pub(crate) fn own(&self, own: Own) -> u32 {
        let at = Own::ALL.iter().position(|&it| it == own);
        self.own + at.map_or(0, |at| at as u32)
    }

    /// Returns the type `string`.
    pub(crate) fn string_type(&self) -> u32 {
        let plain = |t: &Type| t.kind == Kind::Str && t.full.is_none();
        self.all.iter().position(plain).map_or(0, |at| at as u32)
    }

    pub(crate) fn as_own(&self, t: u32) -> Option<Own> {
        match self.kind(t) {
            Kind::Own(own) => Some(*own),
            _ => None,
        }
    }

    /// Appends the leaves of the zero value.
    pub(crate) fn zero(&self, id: u32, out: &mut Vec<V>, empty: V) {
        let t = self.get(id);
        match &t.kind {
            Kind::None => {}
            Kind::Array(e, len) => {
                for _ in 0..*len {
                    self.zero(*e, out, empty);
                }
            }
            Kind::Struct | Kind::Tuple => {
                if t.opaque.is_some() {
                    out.push(V::Nil);
                }
                for field in &t.fields {
                    self.zero(field.t, out, empty);
                }
            }
            Kind::Bool => out.push(V::Bool(false)),
            Kind::Int { .. } => out.push(V::Int(0)),
            Kind::Float(_) => out.push(V::Float(0)),
            Kind::Str => out.push(empty),
            _ => out.push(V::Nil),
        }
    }

    /// Returns the function that a method of a value of this dynamic type is; `Err` if there is
    /// none.
    pub(crate) fn method(&self, t: u32, method: u32) -> Option<u32> {
        self.get(t).table.get(&method).copied().flatten()
    }

    /// Returns true if a dynamic type implements an interface.
    pub(crate) fn implements(&self, t: u32, iface: u32) -> bool {
        let wanted = &self.get(iface).methods;
        if let Kind::Own(own) = self.kind(t) {
            let names = own.methods();
            return wanted
                .iter()
                .all(|&m| names.contains(&self.method_names[m as usize].as_str()));
        }
        wanted.iter().all(|m| self.get(t).table.contains_key(m))
    }
}

fn blank() -> Type {
    Type {
        kind: Kind::None,
        name: String::new(),
        basic: String::new(),
        full: None,
        fields: Vec::new(),
        size: 0,
        opaque: None,
        primitives: Vec::new(),
        methods: Vec::new(),
        table: FxHashMap::default(),
        params: Vec::new(),
        results: Vec::new(),
        variadic: false,
        comparable: true,
    }
}

fn named(raw: &load::Type) -> Type {
    let name = match raw.k.as_str() {
        "named" if raw.s.is_empty() => raw.n.clone(),
        "named" => raw.s.clone(),
        "basic" => raw.n.clone(),
        _ => String::new(),
    };
    Type { name, ..blank() }
}

fn basic(name: &str, word: u32) -> Kind {
    let int = |bits, signed| Kind::Int { bits, signed };
    match name {
        "bool" | "untyped bool" => Kind::Bool,
        "int" | "untyped int" => int(word, true),
        "int8" => int(8, true),
        "int16" => int(16, true),
        "int32" | "rune" | "untyped rune" => int(32, true),
        "int64" => int(64, true),
        "uint" | "uintptr" => int(word, false),
        "uint8" | "byte" => int(8, false),
        "uint16" => int(16, false),
        "uint32" => int(32, false),
        "uint64" => int(64, false),
        "float32" => Kind::Float(32),
        "float64" | "untyped float" => Kind::Float(64),
        "complex64" => Kind::Complex(32),
        "complex128" | "untyped complex" => Kind::Complex(64),
        "string" | "untyped string" => Kind::Str,
        "unsafe.Pointer" | "untyped nil" => Kind::UnsafePointer,
        _ => Kind::None,
    }
}

/// Returns the primitive that an opaque type is.
fn primitive(name: &str) -> Option<Primitive> {
    Some(match name {
        "sync.Mutex" => Primitive::Mutex,
        "sync.RWMutex" => Primitive::RwMutex,
        "sync.WaitGroup" => Primitive::WaitGroup,
        "sync.Once" => Primitive::Once,
        "sync.Cond" => Primitive::Cond,
        _ => return None,
    })
}
