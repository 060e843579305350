//! The slots that an instruction reads and sets.

use crate::code::{Arg, BinOp, Callee, Ins, NOWHERE, Number, Slot};

impl Ins {
    /// Calls `f` with each operand.
    pub(crate) fn args(&self, code: &[Box<[(Slot, Arg)]>], mut f: impl FnMut(Arg)) {
        let mut each = |args: &[Arg]| args.iter().for_each(|&arg| f(arg));
        match self {
            Self::Nop
            | Self::Alloc { .. }
            | Self::Zero { .. }
            | Self::RunDefers
            | Self::Map { .. } => {}
            Self::Load { x, .. }
            | Self::Move { x, .. }
            | Self::Scatter { x, .. }
            | Self::FieldAddr { x, .. }
            | Self::Field { x, .. }
            | Self::Neg { x, .. }
            | Self::Not { x, .. }
            | Self::Inv { x, .. }
            | Self::Recv { x, .. }
            | Self::Panic { x }
            | Self::Iface { x, .. }
            | Self::Assert { x, .. }
            | Self::Convert { x, .. }
            | Self::ArrayPtr { x, .. }
            | Self::Chan { x, .. }
            | Self::Range { x, .. }
            | Self::Next { x, .. } => each(&[*x]),
            Self::Store { x, y, .. }
            | Self::IndexAddr { x, y, .. }
            | Self::Index { x, y, .. }
            | Self::Lookup { x, y, .. }
            | Self::Bin { x, y, .. }
            | Self::Send { x, y }
            | Self::MakeSlice { x, y, .. } => each(&[*x, *y]),
            Self::MapUpdate { x, y, z } => each(&[*x, *y, *z]),
            Self::Gather { from, n, .. } => (*from..from + n).for_each(|slot| f(slot as Arg)),
            Self::Select(select) => {
                for case in &select.cases {
                    each(&[case.channel]);
                    each(case.send.as_slice());
                }
            }
            Self::Call(call) | Self::Go(call) | Self::Defer(call) => {
                match call.callee {
                    Callee::Value(x) | Callee::Method(x, _) => each(&[x]),
                    Callee::Static(_) | Callee::Builtin(_) => {}
                }
                each(&call.args);
                each(call.stack.as_slice());
            }
            Self::Return(args) | Self::Closure { a: args, .. } => each(args),
            Self::Jump { mv, .. } => code[*mv as usize].iter().for_each(|(_, x)| f(*x)),
            Self::If { x, mv, .. } => {
                f(*x);
                for mv in mv {
                    code[*mv as usize].iter().for_each(|(_, x)| f(*x));
                }
            }
            Self::Reslice(it) => {
                each(&[it.x]);
                for bound in [it.lo, it.hi, it.max] {
                    each(bound.as_slice());
                }
            }
        }
    }

    /// Returns the slots that it sets: the first, and how many. Moves of jumps are apart.
    pub(crate) fn sets(&self) -> (Slot, u32) {
        match self {
            Self::Alloc { d, .. }
            | Self::Load { d, .. }
            | Self::Move { d, .. }
            | Self::Gather { d, .. }
            | Self::FieldAddr { d, .. }
            | Self::Field { d, .. }
            | Self::IndexAddr { d, .. }
            | Self::Index { d, .. }
            | Self::Bin { d, .. }
            | Self::Neg { d, .. }
            | Self::Not { d, .. }
            | Self::Inv { d, .. }
            | Self::Iface { d, .. }
            | Self::Convert { d, .. }
            | Self::ArrayPtr { d, .. }
            | Self::Closure { d, .. }
            | Self::Chan { d, .. }
            | Self::Map { d, .. }
            | Self::MakeSlice { d, .. }
            | Self::Range { d, .. } => (*d, 1),
            Self::Lookup { d, ok, .. } | Self::Recv { d, ok, .. } | Self::Assert { d, ok, .. } => {
                (*d, 1 + u32::from(*ok))
            }
            Self::Next { d, .. } => (*d, 3),
            Self::Reslice(it) => (it.d, 1),
            Self::Select(select) => {
                let receives = select
                    .cases
                    .iter()
                    .filter(|case| case.send.is_none())
                    .count();
                (select.d, 2 + receives as u32)
            }
            Self::Call(call) => (call.d, call.results),
            Self::Scatter { to, n, .. } => (*to, *n),
            // How many is known by the type: see `live`.
            Self::Zero { d, .. } => (*d, 0),
            Self::Nop
            | Self::Store { .. }
            | Self::MapUpdate { .. }
            | Self::Send { .. }
            | Self::Go(_)
            | Self::Defer(_)
            | Self::RunDefers
            | Self::Return(_)
            | Self::Panic { .. }
            | Self::Jump { .. }
            | Self::If { .. } => (NOWHERE, 0),
        }
    }

    /// Returns true if it only sets its slots, and cannot panic.
    pub(crate) fn is_pure(&self) -> bool {
        match self {
            Self::Move { .. }
            | Self::Gather { .. }
            | Self::Scatter { .. }
            | Self::Zero { .. }
            | Self::Field { .. }
            | Self::Neg { .. }
            | Self::Not { .. }
            | Self::Inv { .. }
            | Self::Iface { .. }
            | Self::Closure { .. }
            | Self::Convert { .. } => true,
            Self::Bin { op, on, .. } => {
                !matches!(op, BinOp::Div | BinOp::Rem | BinOp::Shl | BinOp::Shr)
                    && *on != Number::Other
            }
            _ => false,
        }
    }
}
