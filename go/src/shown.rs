//! Values as people read them.

use gordian_checker::model::ObjectId;

use crate::machine::Machine;
use crate::value::V;

impl Machine {
    /// Returns a value for people.
    pub(crate) fn shown(&self, v: V) -> String {
        match v {
            V::Dead => "?".to_owned(),
            V::Nil => "nil".to_owned(),
            V::Bool(is) => is.to_string(),
            V::Int(number) => number.to_string(),
            V::Float(bits) => f64::from_bits(bits).to_string(),
            V::Str(_) => format!("{:?}", self.pool.lossy(v)),
            V::Runes(text, at) => format!("{{{} {at}}}", self.shown(V::Str(text))),
            V::Ptr(cell, off) => {
                format!(
                    "&{}",
                    self.things.address_name(cell, off, &self.code, &self.types)
                )
            }
            V::Map(cell) => self.things.address_name(cell, 0, &self.code, &self.types),
            V::Chan(id) => self
                .things
                .object_name(ObjectId(id), &self.code, &self.types),
            V::Func(id) => {
                let func = self.pool.function_of(id).0 as usize;
                self.code.funcs[func].short.clone()
            }
            V::Iface(_, inner) => self.shown(self.pool.unboxed(inner)),
            V::Slice(_) => {
                let slice = self.pool.slice_of(v);
                let name = slice.map(|slice| {
                    self.things
                        .address_name(slice.cell, 0, &self.code, &self.types)
                });
                let len = slice.map_or(0, |slice| slice.len);
                format!("{}[:{len}]", name.unwrap_or_default())
            }
            V::Agg(id) | V::Complex(id) | V::Iter(id) => {
                let leaves = self.pool.leaves_of(id);
                if leaves.is_empty() {
                    return "()".to_owned();
                }
                let leaves: Vec<String> = leaves.iter().map(|&leaf| self.shown(leaf)).collect();
                format!("{{{}}}", leaves.join(" "))
            }
        }
    }
}
