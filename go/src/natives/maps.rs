//! `sync.Map`: a map of which each method is a step. Its hidden leaf is the map, once something is
//! in it.

use gordian_checker::model::{Fault, Op};
use smallvec::smallvec;

use super::{Table, nothing, sync::nil};
use crate::machine::{Act, Done, Input, NFrame, Run, equal};
use crate::value::V;

pub(super) const TABLE: Table = &[("(*sync.Map).Range", range), ("(*sync.Map).*", method)];

/// Returns the map of the receiver; it is made if it is wanted and not there.
fn map_of(run: &mut Run<'_>, frame: &NFrame, make: bool) -> Result<Option<u32>, Fault> {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return Ok(None);
    };
    Ok(match run.leaf(cell, off)? {
        V::Map(map) => Some(map),
        _ if make => {
            let place = run.place_of(frame);
            let map = run.make(place, Vec::new())?;
            run.set_leaf(cell, off, V::Map(map))?;
            Some(map)
        }
        _ => None,
    })
}

fn method(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let code = run.code.clone();
    let full = &code.funcs[frame.func as usize].name;
    let name = full.rsplit('.').next().unwrap_or("");
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    if matches!(input, Input::Start) {
        frame.step = 1;
        let object = run.object_at(cell, off);
        return Ok(Act::Op(Op::Touch(object, name != "Load")));
    }
    let key = frame.arg(1);
    let map = map_of(run, frame, matches!(name, "Store" | "LoadOrStore" | "Swap"))?;
    let mut old = None;
    if let Some(map) = map {
        match run.find(map, key)? {
            Ok(Some(at)) => old = Some(run.leaf(map, at as u32 + 1)?),
            Ok(None) => {}
            Err(message) => return Ok(Act::Error(message)),
        }
    }
    let Some(map) = map else {
        return Ok(match name {
            "Load" | "LoadAndDelete" => Act::Done(smallvec![V::Nil, V::Bool(false)]),
            "CompareAndSwap" | "CompareAndDelete" => Act::Done(smallvec![V::Bool(false)]),
            _ => Act::Done(smallvec![]),
        });
    };
    changed(run, frame, name, (map, old))
}

/// Does a method on a map in which the key has this value.
fn changed(run: &mut Run<'_>, frame: &NFrame, name: &str, (map, old): (u32, Option<V>)) -> Done {
    let (key, v) = (frame.arg(1), frame.arg(2));
    let (was, found) = (old.unwrap_or(V::Nil), V::Bool(old.is_some()));
    let put = |run: &mut Run<'_>, v: V| run.put(map, key, v).map(|_| ());
    let same = |run: &Run<'_>| old.is_some() && equal(&run.m.pool, &run.types, was, v) == Ok(true);
    match name {
        "Load" => Ok(Act::Done(smallvec![was, found])),
        "Store" => {
            put(run, v)?;
            nothing()
        }
        "LoadOrStore" => {
            if old.is_some() {
                return Ok(Act::Done(smallvec![was, found]));
            }
            put(run, v)?;
            Ok(Act::Done(smallvec![v, found]))
        }
        "Swap" => {
            put(run, v)?;
            Ok(Act::Done(smallvec![was, found]))
        }
        "Delete" | "LoadAndDelete" => {
            let _ = run.remove(map, key)?;
            Ok(Act::Done(if name == "Delete" {
                smallvec![]
            } else {
                smallvec![was, found]
            }))
        }
        "CompareAndSwap" => {
            let same = same(run);
            if same {
                put(run, frame.arg(3))?;
            }
            Ok(Act::Done(smallvec![V::Bool(same)]))
        }
        "CompareAndDelete" => {
            let same = same(run);
            if same {
                let _ = run.remove(map, key)?;
            }
            Ok(Act::Done(smallvec![V::Bool(same)]))
        }
        "Clear" => {
            run.leaves_mut(map)?.clear();
            nothing()
        }
        _ => Err(run.unsupported(format!("calls (*sync.Map).{name}"))),
    }
}

/// Calls the function for each entry, in the order in which they were put in, and looks anew before
/// each.
fn range(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    match input {
        Input::Unwinds(unwind) => Ok(Act::Unwind(unwind)),
        Input::Results(values) if values.first() != Some(&V::Bool(true)) => nothing(),
        Input::Start | Input::Results(_) => {
            let object = run.object_at(cell, off);
            Ok(Act::Op(Op::Touch(object, false)))
        }
        Input::Outcome(_) => {
            let Some(map) = map_of(run, frame, false)? else {
                return nothing();
            };
            run.assume(
                "sync.Map.Range goes through the entries in the order in which they were put in",
            );
            let seen = frame.args[2..].to_vec();
            let leaves = run.leaves(map)?;
            let next = leaves
                .chunks_exact(2)
                .find(|entry| !seen.contains(&entry[0]));
            let Some(&[key, v]) = next else {
                return nothing();
            };
            frame.args.push(key);
            Ok(Act::Call(frame.arg(1), smallvec![key, v]))
        }
    }
}
