//! Formatting as Go's package fmt does it.
//!
//! A value may have a method `Error` or `String`, which is Go code and may block. So a text is made
//! from what such calls have returned so far; where one is missing, it stops and says which. Once
//! that has returned, the text is made anew.

use gordian_checker::model::Fault;

use super::containers::address;
use super::verbs::Flags;
use crate::machine::Run;
use crate::types::{Kind, Own};
use crate::value::V;

/// Why a text is not made.
pub(super) enum Missing {
    /// A method must be called first: the function, and the receiver.
    Call(V, V),
    Fault(Fault),
}

impl From<Fault> for Missing {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

pub(super) type Printed = Result<(), Missing>;

/// A text that is made.
pub(super) struct Printer<'r, 'a> {
    pub(super) run: &'r mut Run<'a>,
    pub(super) out: Vec<u8>,
    /// The results of methods, in the order in which they are met.
    pub(super) resolved: std::vec::IntoIter<V>,
    /// The arguments of `%w`.
    pub(super) wrapped: Vec<V>,
}

/// The depth to which values are written.
const DEPTH_MAX: u32 = 50;

impl Printer<'_, '_> {
    pub(super) fn put(&mut self, text: impl AsRef<[u8]>) {
        self.out.extend_from_slice(text.as_ref());
    }

    /// Prints as `Sprint` does: spaces between operands of which neither is a string.
    pub(super) fn print(&mut self, args: &[V]) -> Printed {
        let mut before_string = true;
        for (at, &arg) in args.iter().enumerate() {
            let string = matches!(arg, V::Iface(t, _) if *self.run.types.kind(t) == Kind::Str);
            if at > 0 && !string && !before_string {
                self.put(" ");
            }
            self.argument(arg, b'v', &Flags::default())?;
            before_string = string;
        }
        Ok(())
    }

    pub(super) fn println(&mut self, args: &[V]) -> Printed {
        for (at, &arg) in args.iter().enumerate() {
            if at > 0 {
                self.put(" ");
            }
            self.argument(arg, b'v', &Flags::default())?;
        }
        self.put("\n");
        Ok(())
    }

    pub(super) fn printf(&mut self, format: &[u8], args: &[V]) -> Printed {
        let (mut at, mut next) = (0, 0);
        let mut reordered = false;
        while at < format.len() {
            if format[at] != b'%' {
                self.out.push(format[at]);
                at += 1;
                continue;
            }
            at += 1;
            let mut flags = Flags::default();
            while let Some(flag) = format.get(at) {
                match flag {
                    b'+' => flags.plus = true,
                    b'-' => flags.minus = true,
                    b'#' => flags.sharp = true,
                    b' ' => flags.space = true,
                    b'0' => flags.zero = true,
                    _ => break,
                }
                at += 1;
            }
            self.index(format, &mut at, &mut next, &mut reordered);
            flags.width = self.number(format, &mut at, args, &mut next);
            if format.get(at) == Some(&b'.') {
                at += 1;
                self.index(format, &mut at, &mut next, &mut reordered);
                flags.precision = Some(self.number(format, &mut at, args, &mut next).unwrap_or(0));
            }
            self.index(format, &mut at, &mut next, &mut reordered);
            let rest = String::from_utf8_lossy(&format[at..]).into_owned();
            let Some(verb) = rest.chars().next() else {
                self.put("%!(NOVERB)");
                break;
            };
            at += verb.len_utf8();
            if verb == '%' {
                self.put("%");
                continue;
            }
            let Some(&arg) = args.get(next) else {
                self.put(format!("%!{verb}(MISSING)"));
                continue;
            };
            next += 1;
            // In `%+v` the plus is about the names of fields.
            if verb == 'v' {
                flags.names = std::mem::take(&mut flags.plus);
            }
            self.argument(arg, u8::try_from(verb).unwrap_or(b'?'), &flags)?;
        }
        if !reordered && next < args.len() {
            self.put("%!(EXTRA ");
            for (n, &arg) in args[next..].iter().enumerate() {
                if n > 0 {
                    self.put(", ");
                }
                match arg {
                    V::Iface(t, _) => {
                        let text = self.run.types.text(t);
                        self.put(text + "=");
                        self.argument(arg, b'v', &Flags::default())?;
                    }
                    _ => self.put("<nil>"),
                }
            }
            self.put(")");
        }
        Ok(())
    }

    /// Reads an explicit index, `[2]`.
    fn index(&mut self, format: &[u8], at: &mut usize, next: &mut usize, reordered: &mut bool) {
        if format.get(*at) != Some(&b'[') {
            return;
        }
        let Some(end) = format[*at..].iter().position(|&byte| byte == b']') else {
            return;
        };
        let number = std::str::from_utf8(&format[*at + 1..*at + end]).ok();
        if let Some(number) = number.and_then(|text| text.parse::<usize>().ok()) {
            *next = number.saturating_sub(1);
            *reordered = true;
        }
        *at += end + 1;
    }

    /// Reads a width or precision: digits, or `*`.
    fn number(
        &mut self,
        format: &[u8],
        at: &mut usize,
        args: &[V],
        next: &mut usize,
    ) -> Option<usize> {
        if format.get(*at) == Some(&b'*') {
            *at += 1;
            let arg = args.get(*next).copied();
            *next += 1;
            let V::Iface(_, inner) = arg? else {
                return None;
            };
            return usize::try_from(Run::number(self.run.m.pool.unboxed(inner))).ok();
        }
        let digits = format[*at..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let text = std::str::from_utf8(&format[*at..*at + digits]).ok()?;
        *at += digits;
        text.parse().ok().map(|number: usize| number.min(1_000_000))
    }

    /// Prints an argument: an interface value.
    fn argument(&mut self, arg: V, verb: u8, flags: &Flags) -> Printed {
        let V::Iface(t, inner) = arg else {
            let text = match verb {
                b'T' | b'v' => flags.pad(b"<nil>"),
                verb => format!("%!{}(<nil>)", char::from(verb)).into_bytes(),
            };
            self.put(text);
            return Ok(());
        };
        let v = self.run.m.pool.unboxed(inner);
        if verb == b'T' {
            let text = self.run.types.text(t);
            self.put(flags.pad(text.as_bytes()));
            return Ok(());
        }
        let mut verb = verb;
        if verb == b'w' {
            self.wrapped.push(arg);
            verb = b'v';
        }
        self.value(t, v, verb, flags, 0, true)
    }

    /// Writes the result of the method `Error` or `String`, if the value has one that applies.
    fn method(&mut self, t: u32, v: V, verb: u8, flags: &Flags) -> Result<bool, Missing> {
        if flags.sharp && verb == b'v' || !b"vsxXq".contains(&verb) {
            return Ok(false);
        }
        let name = ["Error", "String"].into_iter().find_map(|name| {
            let f = self.run.method_named(t, name)?;
            Some(f)
        });
        let text = match (name, self.own_string(t, v)) {
            (_, Some(text)) => self.run.m.pool.text(&text),
            (None, None) => return Ok(false),
            (Some(f), None) => match self.resolved.next() {
                Some(text) => text,
                None => return Err(Missing::Call(f, v)),
            },
        };
        let bytes = self.run.m.pool.bytes(text).to_vec();
        let text = flags.string(&bytes, verb).unwrap_or_default();
        self.put(text);
        Ok(true)
    }

    /// Returns the text of a value of the standard library whose method is not part of the export.
    fn own_string(&self, t: u32, v: V) -> Option<String> {
        let full = self.run.types.get(t).full.as_deref()?;
        match (full, v) {
            ("time.Duration", V::Int(nanos)) => Some(super::time::duration(nanos)),
            _ => None,
        }
    }

    fn bad_verb(&mut self, t: u32, v: V, verb: u8, depth: u32) -> Printed {
        let name = self.run.types.text(t);
        self.put(format!("%!{}({name}=", char::from(verb)));
        if depth < DEPTH_MAX && verb != b'v' {
            self.value(t, v, b'v', &Flags::default(), depth + 1, false)?;
        }
        self.put(")");
        Ok(())
    }

    pub(super) fn value(
        &mut self,
        t: u32,
        v: V,
        verb: u8,
        flags: &Flags,
        depth: u32,
        may_call: bool,
    ) -> Printed {
        if depth > DEPTH_MAX {
            self.put("...");
            return Ok(());
        }
        if may_call && verb != b'p' && self.method(t, v, verb, flags)? {
            return Ok(());
        }
        let types = self.run.types.clone();
        let plain = match (types.kind(t), v) {
            (Kind::Bool | Kind::Int { .. } | Kind::Float(_) | Kind::Complex(_) | Kind::Str, v) => {
                self.basic(t, v, verb, flags)
            }
            (Kind::Own(own), v) => self.own(*own, v),
            (Kind::Iface, V::Iface(dynamic, inner)) => {
                let inner = self.run.m.pool.unboxed(inner);
                return self.value(dynamic, inner, verb, flags, depth + 1, may_call);
            }
            (Kind::Iface, _) => Some(flags.pad(b"<nil>")),
            (Kind::Struct, v) => return self.structure(t, v, verb, flags, depth, may_call),
            (Kind::Map(..), v) => return self.map(t, v, verb, flags, depth, may_call),
            (Kind::Slice(e), v) => return self.slice(t, *e, v, verb, flags, depth, may_call),
            (Kind::Array(e, _), v) => {
                let leaves = self.run.m.pool.leaves(v).to_vec();
                return self.list(t, *e, &leaves, verb, flags, depth, may_call);
            }
            // As in Go, only the outermost pointer is followed.
            (Kind::Ptr(e), V::Ptr(cell, off)) if depth == 0 && verb != b'p' => {
                let inside = matches!(
                    types.kind(*e),
                    Kind::Struct | Kind::Map(..) | Kind::Slice(_) | Kind::Array(..)
                );
                if inside {
                    let shape = self.run.shape(*e);
                    let v = self.run.load(cell, off, shape)?;
                    self.put("&");
                    return self.value(*e, v, verb, flags, depth + 1, may_call);
                }
                Some(flags.pad(address(v).as_bytes()))
            }
            (_, V::Nil) if verb == b'v' => Some(flags.pad(b"<nil>")),
            (_, v) if matches!(verb, b'v' | b'p') => Some(flags.pad(address(v).as_bytes())),
            _ => None,
        };
        match plain {
            Some(text) => {
                self.put(text);
                Ok(())
            }
            None => self.bad_verb(t, v, verb, depth),
        }
    }

    /// Returns a value of a basic type; `None` if the verb is not for it.
    fn basic(&mut self, t: u32, v: V, verb: u8, flags: &Flags) -> Option<Vec<u8>> {
        let types = self.run.types.clone();
        match (types.kind(t), v) {
            (Kind::Bool, V::Bool(is)) if matches!(verb, b'v' | b't') => {
                Some(flags.pad(is.to_string().as_bytes()))
            }
            (Kind::Int { bits, signed }, V::Int(number)) => {
                let sharp = flags.sharp && verb == b'v';
                if sharp && !signed {
                    let hex = Flags {
                        sharp: true,
                        ..*flags
                    };
                    let _ = bits;
                    hex.integer(number, false, b'x')
                } else {
                    flags.integer(number, *signed, verb)
                }
            }
            (Kind::Float(bits), V::Float(number)) => {
                flags.float(f64::from_bits(number), *bits, verb)
            }
            (Kind::Complex(bits), v) => self.complex(v, *bits, verb, flags),
            (Kind::Str, v) => {
                let bytes = self.run.m.pool.bytes(v).to_vec();
                if flags.sharp && verb == b'v' {
                    Some(super::verbs::quoted(&bytes).into_bytes())
                } else {
                    flags.string(&bytes, verb)
                }
            }
            _ => None,
        }
    }

    fn own(&mut self, own: Own, v: V) -> Option<Vec<u8>> {
        match own {
            Own::Context => Some(b"context".to_vec()),
            Own::RType => {
                let t = u32::try_from(Run::number(v)).unwrap_or(0);
                Some(self.run.types.text(t).into_bytes())
            }
            _ => Some(self.run.plain_text(v).into_bytes()),
        }
    }

    fn complex(&mut self, v: V, bits: u32, verb: u8, flags: &Flags) -> Option<Vec<u8>> {
        let (re, im) = self.run.m.pool.parts(v);
        let plus = Flags {
            plus: true,
            ..*flags
        };
        let (re, im) = (flags.float(re, bits, verb)?, plus.float(im, bits, verb)?);
        Some([b"(", &re[..], &im[..], b"i)"].concat())
    }
}
