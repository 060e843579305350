//! Package reflect, as far as comparing and printing need it: types, kinds, and parts of values.
//!
//! A `reflect.Type` is the number of a type. A `reflect.Value` is an opaque struct with one leaf,
//! which holds a type and a value as an interface does. The type may itself be an interface. It is
//! a copy: what lies behind a pointer is read when `Elem` is called, and nothing can be set.

use gordian_checker::model::Fault;
use smallvec::smallvec;

use super::Table;
use super::deep::deep_equal;
use super::sync::nil;
use crate::machine::{Act, Done, How, Input, NFrame, Run, act_done};
use crate::types::{Kind, Own, Types};
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("reflect.DeepEqual", |run, frame, _| {
        let same = deep_equal(run, frame.arg(0), frame.arg(1))?;
        act_done(V::Bool(same))
    }),
    ("reflect.TypeOf", |run, frame, _| match frame.arg(0) {
        V::Iface(t, _) => type_value(run, t),
        _ => act_done(V::Nil),
    }),
    ("reflect.ValueOf", |run, frame, _| {
        let v = run.m.pool.agg(&[frame.arg(0)]);
        act_done(v)
    }),
    ("reflect.Indirect", |run, frame, _| {
        match held(run, frame.arg(0)) {
            Some((t, v)) if matches!(run.types.kind(t), Kind::Ptr(_)) => elem(run, t, v),
            _ => act_done(frame.arg(0)),
        }
    }),
    ("reflect.Zero", |run, frame, _| {
        let t = number_of_type(run, frame.arg(0));
        let zero = run.zero_of(t);
        value(run, t, zero)
    }),
    ("(reflect.Kind).String", |run, frame, _| {
        let number = usize::try_from(Run::number(frame.arg(0))).unwrap_or(0);
        let v = run.m.pool.text(KINDS.get(number).unwrap_or(&"invalid"));
        act_done(v)
    }),
    ("(reflect.Value).*", of_value),
    ("RType.Kind", of_type),
    ("RType.Name", of_type),
    ("RType.String", of_type),
    ("RType.PkgPath", of_type),
    ("RType.Elem", of_type),
    ("RType.Key", of_type),
    ("RType.Len", of_type),
    ("RType.ChanDir", of_type),
    ("RType.NumField", of_type),
    ("RType.Field", of_type),
    ("RType.NumIn", of_type),
    ("RType.NumOut", of_type),
    ("RType.In", of_type),
    ("RType.Out", of_type),
    ("RType.IsVariadic", of_type),
    ("RType.Comparable", of_type),
    ("RType.Implements", of_type),
    ("RType.AssignableTo", of_type),
    ("RType.ConvertibleTo", of_type),
];

/// The kinds, by their numbers.
const KINDS: [&str; 27] = [
    "invalid",
    "bool",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "uintptr",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "array",
    "chan",
    "func",
    "interface",
    "map",
    "ptr",
    "slice",
    "string",
    "struct",
    "unsafe.Pointer",
];

/// Returns the name of the kind of a type.
fn kind(types: &Types, t: u32) -> &str {
    match types.kind(t) {
        Kind::None | Kind::Tuple => "invalid",
        Kind::Array(..) => "array",
        Kind::Chan(_) => "chan",
        Kind::Func => "func",
        Kind::Iface => "interface",
        Kind::Map(..) => "map",
        Kind::Ptr(_) => "ptr",
        Kind::Slice(_) => "slice",
        Kind::Str => "string",
        Kind::Struct => "struct",
        Kind::UnsafePointer => "unsafe.Pointer",
        Kind::Own(_) if types.text(t).starts_with('*') => "ptr",
        Kind::Own(_) => "struct",
        Kind::Bool | Kind::Int { .. } | Kind::Float(_) | Kind::Complex(_) => &types.get(t).basic,
    }
}

fn kind_number(types: &Types, t: u32) -> V {
    let at = KINDS.iter().position(|name| *name == kind(types, t));
    V::Int(at.map_or(0, |at| at as i64))
}

/// Returns a type as a value of Go.
fn type_value(run: &mut Run<'_>, t: u32) -> Done {
    let own = run.types.own(Own::RType);
    let v = run.m.pool.iface(own, V::Int(i64::from(t)));
    act_done(v)
}

/// Returns the number of a type that a value of Go holds.
fn number_of_type(run: &Run<'_>, v: V) -> u32 {
    let inner = match v {
        V::Iface(_, inner) => run.m.pool.unboxed(inner),
        other => other,
    };
    u32::try_from(Run::number(inner)).unwrap_or(0)
}

/// Returns a `reflect.Value`.
fn value(run: &mut Run<'_>, t: u32, v: V) -> Done {
    let leaf = run.m.pool.iface(t, v);
    let v = run.m.pool.agg(&[leaf]);
    act_done(v)
}

/// Returns the type and the value that a `reflect.Value` holds; `None` if it is the zero one.
pub(super) fn held(run: &Run<'_>, v: V) -> Option<(u32, V)> {
    match run.m.pool.leaves(v).first() {
        Some(&V::Iface(t, inner)) => Some((t, run.m.pool.unboxed(inner))),
        _ => None,
    }
}

/// Returns a held value as an interface holds it.
pub(super) fn interface(run: &mut Run<'_>, t: u32, v: V) -> V {
    match run.types.kind(t) {
        Kind::Iface => v,
        _ => run.m.pool.iface(t, v),
    }
}

fn elem(run: &mut Run<'_>, t: u32, v: V) -> Done {
    match (run.types.kind(t).clone(), v) {
        (Kind::Iface, V::Iface(..)) => {
            let v = run.m.pool.agg(&[v]);
            act_done(v)
        }
        (Kind::Ptr(e), V::Ptr(cell, off)) => {
            let shape = run.shape(e);
            let v = run.load(cell, off, shape)?;
            value(run, e, v)
        }
        (Kind::Iface | Kind::Ptr(_), _) => {
            let v = run.m.pool.agg(&[V::Nil]);
            act_done(v)
        }
        _ => wrong_kind(run, "Elem", t),
    }
}

/// Returns the panic of a method on a value of another kind.
fn wrong_kind(run: &Run<'_>, method: &str, t: u32) -> Done {
    Ok(Act::Error(format!(
        "reflect: call of reflect.Value.{method} on {} Value",
        kind(&run.types, t)
    )))
}

/// Does a method of `reflect.Value`.
fn of_value(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let code = run.code.clone();
    let full = &code.funcs[frame.func as usize].name;
    let method = full.rsplit('.').next().unwrap_or("");
    let Some((t, v)) = held(run, frame.arg(0)) else {
        return match method {
            "IsValid" => act_done(V::Bool(false)),
            "Kind" => act_done(V::Int(0)),
            "String" => {
                let v = run.m.pool.text("<invalid Value>");
                act_done(v)
            }
            _ => Ok(Act::Error(format!(
                "reflect: call of reflect.Value.{method} on zero Value"
            ))),
        };
    };
    match method {
        "IsValid" | "CanInterface" => act_done(V::Bool(true)),
        "CanSet" | "CanAddr" => act_done(V::Bool(false)),
        "Kind" => act_done(kind_number(&run.types, t)),
        "Type" => type_value(run, t),
        "Interface" => {
            let v = interface(run, t, v);
            act_done(v)
        }
        "IsNil" => match kind(&run.types, t) {
            "chan" | "func" | "interface" | "map" | "ptr" | "slice" | "unsafe.Pointer" => {
                act_done(V::Bool(v == V::Nil))
            }
            _ => wrong_kind(run, method, t),
        },
        "IsZero" => {
            let zero = run.zero_of(t);
            act_done(V::Bool(zero == v))
        }
        "Elem" => elem(run, t, v),
        "Int" | "Uint" | "Float" | "Bool" => act_done(v),
        "Bytes" => act_done(v),
        "String" => match v {
            V::Str(_) => act_done(v),
            _ => {
                let text = format!("<{} Value>", run.types.text(t));
                let v = run.m.pool.text(&text);
                act_done(v)
            }
        },
        "NumField" => act_done(V::Int(run.types.get(t).fields.len() as i64)),
        "Convert" => {
            let to = number_of_type(run, frame.arg(1));
            if *run.types.kind(to) == Kind::Iface {
                let v = interface(run, t, v);
                return value(run, to, v);
            }
            let place = run.place_of(frame);
            let v = run.convert(v, to, t, place)?;
            value(run, to, v)
        }
        "Len" | "Index" | "Field" | "MapKeys" | "MapIndex" => parts(run, frame, method, t, v),
        _ => Err(run.unsupported(format!("calls {full}"))),
    }
}

/// Does a method that looks at the parts of a value.
fn parts(run: &mut Run<'_>, frame: &NFrame, method: &str, t: u32, v: V) -> Done {
    let types = run.types.clone();
    if let (Kind::Map(key, e), "Len" | "MapKeys" | "MapIndex") = (types.kind(t), method) {
        return of_map(run, frame, method, (*key, *e), v);
    }
    if let (Kind::Struct, "Field") = (types.kind(t), method) {
        let index = usize::try_from(Run::number(frame.arg(1))).unwrap_or(usize::MAX);
        let Some(field) = types.get(t).fields.get(index).filter(|field| field.t > 0) else {
            return Err(run.unsupported("looks into a type of the library by reflection"));
        };
        let leaves = run.m.pool.leaves(v);
        let shape = run.shape(field.t);
        let part = run.part(&leaves, field.off, shape);
        return value(run, field.t, part);
    }
    let (e, leaves) = match *types.kind(t) {
        Kind::Slice(e) => (e, run.elements(v, types.size(e))?),
        Kind::Array(e, _) => (e, run.m.pool.leaves(v).to_vec()),
        Kind::Str => (0, run.elements(v, 1)?),
        _ => return wrong_kind(run, method, t),
    };
    let size = match *types.kind(t) {
        Kind::Str => 1,
        _ => types.size(e).max(1),
    };
    let len = leaves.len() as i64 / i64::from(size);
    match method {
        "Len" => act_done(V::Int(len)),
        "Index" if e > 0 => {
            let index = Run::number(frame.arg(1));
            if index < 0 || index >= len {
                return Ok(Act::Error("reflect: slice index out of range".to_owned()));
            }
            let shape = run.shape(e);
            let part = run.part(&leaves, index as u32 * size, shape);
            value(run, e, part)
        }
        _ => wrong_kind(run, method, t),
    }
}

fn of_map(run: &mut Run<'_>, frame: &NFrame, method: &str, of: (u32, u32), v: V) -> Done {
    let (key, e) = of;
    let entries = match v {
        V::Map(cell) => {
            run.touch(cell, 0, 1, How::Read);
            run.leaves(cell)?.to_vec()
        }
        _ => Vec::new(),
    };
    match method {
        "Len" => act_done(V::Int(entries.len() as i64 / 2)),
        "MapKeys" => {
            run.assume("reflect.Value.MapKeys returns the keys in the order of insertion");
            let keys = entries.iter().step_by(2);
            let keys = keys.map(|&k| run.m.pool.iface(key, k)).collect();
            let place = run.place_of(frame);
            let v = run.new_slice(place, keys, 1)?;
            act_done(v)
        }
        _ => {
            let Some((_, wanted)) = held(run, frame.arg(1)) else {
                return nil();
            };
            let found = match v {
                V::Map(cell) => run.find(cell, wanted)?.ok().flatten(),
                _ => None,
            };
            match found {
                Some(at) => value(run, e, entries[at + 1]),
                None => {
                    let v = run.m.pool.agg(&[V::Nil]);
                    act_done(v)
                }
            }
        }
    }
}

/// Does a method of `reflect.Type`.
fn of_type(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let code = run.code.clone();
    let full = &code.funcs[frame.func as usize].name;
    let method = full.rsplit('.').next().unwrap_or("");
    let t = number_of_type(run, frame.arg(0));
    let types = run.types.clone();
    let of = types.get(t);
    let list = match method {
        "NumIn" | "In" => &of.params,
        _ => &of.results,
    };
    let number = |count: usize| act_done(V::Int(count as i64));
    match method {
        "Kind" => act_done(kind_number(&types, t)),
        "String" => text(run, &types.text(t)),
        "Name" => text(run, &name(&types, t)),
        "PkgPath" => {
            let full = of.full.as_deref().unwrap_or("");
            let path = full.rsplit_once('.').map_or("", |(path, _)| path);
            text(run, path)
        }
        "Elem" => match *types.kind(t) {
            Kind::Ptr(e) | Kind::Slice(e) | Kind::Array(e, _) | Kind::Map(_, e) | Kind::Chan(e) => {
                type_value(run, e)
            }
            // Nothing is known of what lies behind.
            Kind::Own(_) => type_value(run, types.own(Own::Unknown)),
            _ => Ok(Act::Error(format!(
                "reflect: Elem of invalid type {}",
                types.text(t)
            ))),
        },
        "Key" => match *types.kind(t) {
            Kind::Map(key, _) => type_value(run, key),
            _ => nil(),
        },
        "Len" => match *types.kind(t) {
            Kind::Array(_, len) => number(len as usize),
            _ => nil(),
        },
        "NumField" => number(of.fields.len()),
        "Field" => field(run, frame, t),
        "NumIn" | "NumOut" => number(list.len()),
        "In" | "Out" => {
            let index = usize::try_from(Run::number(frame.arg(1))).unwrap_or(usize::MAX);
            match list.get(index) {
                Some(&t) => type_value(run, t),
                None => nil(),
            }
        }
        "ChanDir" => act_done(V::Int(match of.basic.as_str() {
            "recv" => 1,
            "send" => 2,
            _ => 3,
        })),
        "IsVariadic" => act_done(V::Bool(of.variadic)),
        "Comparable" => act_done(V::Bool(of.comparable)),
        _ => {
            let to = number_of_type(run, frame.arg(1));
            let is = related(&types, method, t, to);
            act_done(V::Bool(is))
        }
    }
}

/// Returns true if a type implements an interface, or values of it can be assigned or converted.
fn related(types: &Types, method: &str, t: u32, to: u32) -> bool {
    if *types.kind(to) == Kind::Iface {
        return types.implements(t, to);
    }
    let number = |t: u32| matches!(types.kind(t), Kind::Int { .. } | Kind::Float(_));
    let bytes = |t: u32| matches!(*types.kind(t), Kind::Slice(e) if number(e));
    match method {
        "Implements" => false,
        "AssignableTo" => t == to,
        _ => match (types.kind(t), types.kind(to)) {
            (Kind::Int { .. } | Kind::Float(_), _) if number(to) => true,
            (Kind::Int { .. }, Kind::Str) => true,
            (Kind::Str, Kind::Slice(_)) => bytes(to),
            (Kind::Slice(_), Kind::Str) => bytes(t),
            (a, b) => a == b,
        },
    }
}

/// Returns the name of a type without its package; empty if it has none.
fn name(types: &Types, t: u32) -> String {
    let text = types.text(t);
    match (&types.get(t).full, types.kind(t)) {
        (Some(_), _) => text.rsplit('.').next().unwrap_or("").to_owned(),
        (None, Kind::Bool | Kind::Int { .. } | Kind::Float(_) | Kind::Complex(_) | Kind::Str) => {
            text
        }
        _ => String::new(),
    }
}

/// Returns a `reflect.StructField`, without its tag.
fn field(run: &mut Run<'_>, frame: &NFrame, t: u32) -> Done {
    let types = run.types.clone();
    let index = usize::try_from(Run::number(frame.arg(1))).unwrap_or(usize::MAX);
    let Some(field) = types.get(t).fields.get(index) else {
        return Ok(Act::Error("reflect: Field index out of bounds".to_owned()));
    };
    run.assume("structs have no tags");
    let own = types.own(Own::RType);
    let of = run.m.pool.iface(own, V::Int(i64::from(field.t)));
    let (name, none) = (run.m.pool.text(&field.name), run.m.pool.text(""));
    let path = match field.name.starts_with(char::is_uppercase) {
        true => none,
        false => run.m.pool.text("unexported"),
    };
    let leaves = [name, path, of, none, V::Int(0), V::Nil, V::Bool(false)];
    let v = run.m.pool.agg(&leaves);
    Ok(Act::Done(smallvec![v]))
}

fn text(run: &mut Run<'_>, text: &str) -> Result<Act, Fault> {
    let v = run.m.pool.text(text);
    act_done(v)
}
