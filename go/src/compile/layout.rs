//! The slots of registers, and the variables that are kept in slots.

use rustc_hash::FxHashMap;

use super::Compiler;
use crate::code::{NOWHERE, Slot};
use crate::types::Kind;

impl Compiler<'_> {
    /// Returns the number of slots of a register. The parts of a tuple have slots of their own.
    pub(super) fn width(&self, reg: usize) -> u32 {
        let t = self.raw.rt.get(reg).copied().unwrap_or(0);
        match self.types.kind(t) {
            Kind::Tuple => self.types.get(t).fields.len() as u32,
            _ => 1,
        }
    }

    /// Gives each register its slots.
    pub(super) fn lay_out(&mut self) {
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
        let escaped = self.escaped(&within);
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

    /// Returns the variables of these addresses that go elsewhere than into loads and stores.
    fn escaped(&self, within: &FxHashMap<i64, (u32, u32)>) -> Vec<u32> {
        let mut escaped: Vec<u32> = Vec::new();
        let mut escapes = |x: &i64| {
            if let Some(&(var, _)) = within.get(x) {
                escaped.push(var);
            }
        };
        for ins in self.raw.blocks.iter().flatten() {
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
        escaped
    }
}
