//! The accesses to memory that are operations, since they raced: their order is explored.

use gordian_checker::model::ObjectId;

use super::Run;
use super::things::WHOLE;
use crate::code::{Builtin, Callee, Ins};
use crate::types::Types;
use crate::value::V;

/// Returns true if an instruction may access several parts of a cell at once.
pub(crate) fn accesses_parts(ins: &Ins, types: &Types) -> bool {
    match ins {
        Ins::Load { shape, .. } => shape.size() > 1,
        Ins::Store { t, .. } => types.size(*t) > 1,
        Ins::Call(call) => matches!(
            call.callee,
            Callee::Builtin(Builtin::Append { .. } | Builtin::Copy { .. } | Builtin::Clear { .. })
        ),
        _ => false,
    }
}

impl Run<'_> {
    /// Returns memory that an instruction accesses and others may know of: the address, and true if
    /// it writes. Of two it is what is written.
    pub(super) fn accessed(&self, ins: &Ins) -> Option<(u32, u32, bool)> {
        let both = match ins {
            Ins::Load { x, .. } | Ins::Lookup { x, .. } | Ins::Next { x, .. } => {
                [Some((*x, false)), None]
            }
            Ins::Store { x, .. } | Ins::MapUpdate { x, .. } => [Some((*x, true)), None],
            Ins::Call(call) => match call.callee {
                Callee::Builtin(builtin) => {
                    let arg = |at: usize| call.args.get(at).copied();
                    match builtin {
                        Builtin::Copy { .. } | Builtin::Append { .. } => {
                            [arg(0).map(|x| (x, true)), arg(1).map(|x| (x, false))]
                        }
                        Builtin::Delete | Builtin::Clear { .. } => {
                            [arg(0).map(|x| (x, true)), None]
                        }
                        Builtin::Len => [arg(0).map(|x| (x, false)), None],
                        _ => return None,
                    }
                }
                _ => return None,
            },
            _ => return None,
        };
        let both = both.into_iter().flatten();
        let mut both = both.filter_map(|(x, writes)| {
            let (cell, off) = self.address(self.arg(x))?;
            // If nobody else knows of the cell, no order matters.
            (!self.is_fresh(cell)).then_some((cell, off, writes))
        });
        both.next()
    }

    /// Returns the memory that a value leads to.
    fn address(&self, v: V) -> Option<(u32, u32)> {
        Some(match v {
            V::Ptr(cell, off) => (cell, off),
            V::Map(cell) => (cell, 0),
            V::Slice(_) => {
                let slice = self.m.pool.slice_of(v)?;
                (slice.cell, slice.off)
            }
            V::Iter(id) => match self.m.pool.leaves_of(id).first() {
                Some(V::Map(cell)) => (*cell, 0),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Returns the object on which an access to this address is an operation.
    pub(crate) fn touched_at(&mut self, cell: u32, off: u32) -> ObjectId {
        let off = if self.m.wide { WHOLE } else { off };
        self.object_at(cell, off)
    }
}
