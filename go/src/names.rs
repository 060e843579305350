//! The texts of types, and of the paths within them.

use crate::types::{Field, Kind, Type, Types};

impl Types {
    /// Returns the type as `%T` prints it.
    pub(crate) fn text(&self, id: u32) -> String {
        let t = self.get(id);
        if !t.name.is_empty() {
            return t.name.clone();
        }
        match &t.kind {
            Kind::None => "?".to_owned(),
            Kind::Bool => "bool".to_owned(),
            Kind::Str => "string".to_owned(),
            Kind::UnsafePointer => "unsafe.Pointer".to_owned(),
            Kind::Ptr(e) => format!("*{}", self.text(*e)),
            Kind::Slice(e) => format!("[]{}", self.text(*e)),
            Kind::Array(e, len) => format!("[{len}]{}", self.text(*e)),
            Kind::Map(k, e) => format!("map[{}]{}", self.text(*k), self.text(*e)),
            Kind::Chan(e) => format!("chan {}", self.text(*e)),
            Kind::Func => self.signature(t),
            Kind::Struct if t.fields.is_empty() => "struct {}".to_owned(),
            Kind::Struct => {
                let fields = t.fields.iter();
                let fields: Vec<String> = fields
                    .map(|f| format!("{} {}", f.name, self.text(f.t)))
                    .collect();
                format!("struct {{ {} }}", fields.join("; "))
            }
            Kind::Iface if t.methods.is_empty() => "interface {}".to_owned(),
            Kind::Iface => "interface { ... }".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    fn signature(&self, of: &Type) -> String {
        let texts = |types: &[u32]| types.iter().map(|&t| self.text(t)).collect::<Vec<_>>();
        let mut params = texts(&of.params);
        if let Some(last) = params.last_mut().filter(|_| of.variadic) {
            *last = format!("...{}", last.trim_start_matches("[]"));
        }
        let results = texts(&of.results);
        let results = match results.len() {
            0 => String::new(),
            1 => format!(" {}", results[0]),
            _ => format!(" ({})", results.join(", ")),
        };
        format!("func({}){results}", params.join(", "))
    }
    /// Returns the name of the field, with those around it, at an offset of a type: `lock`,
    /// `inner.done`, `[3]`.
    pub(crate) fn path(&self, t: u32, off: u32) -> String {
        let of = self.get(t);
        match &of.kind {
            Kind::Struct => {
                let hidden = of.opaque.is_some() && off == 0;
                let inside =
                    |f: &&Field| f.t != 0 && f.off <= off && off < f.off + self.size(f.t).max(1);
                match of.fields.iter().find(inside) {
                    Some(field) if !hidden => {
                        let rest = self.path(field.t, off - field.off);
                        format!(".{}{rest}", field.name)
                    }
                    _ => String::new(),
                }
            }
            Kind::Array(e, _) if self.size(*e) > 0 => {
                let size = self.size(*e);
                format!("[{}]{}", off / size, self.path(*e, off % size))
            }
            _ => String::new(),
        }
    }
}
