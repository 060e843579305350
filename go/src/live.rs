//! The slots that are needed at each place: only these are part of a state.
//!
//! A slot is **live** before an instruction if some way from there reads it before it is set again.
//! It is **faint** if it is read only to set slots that are faint themselves, and by natives that
//! ignore it. Counters of attempts and growing delays are such slots. Instructions that set only
//! faint slots, and can do nothing else, are taken out.

use rustc_hash::FxHashMap;

use crate::code::{Arg, Callee, Code, Func, Ins, NOWHERE, Slot};
use crate::natives;
use crate::types::Types;

/// Takes out what nobody needs and lists the live slots of each instruction.
pub(crate) fn analyse(func: &mut Func, code: &mut Code, types: &Types) {
    if func.code.is_empty() {
        return;
    }
    take_out_faint(func, code, types);
    let words = (func.slots as usize).div_ceil(64).max(1);
    let live = flow(func, code, types, words);
    let mut known: FxHashMap<Box<[Slot]>, u32> = FxHashMap::default();
    let mut list = |set: &[u64], code: &mut Code| {
        let slots: Box<[Slot]> = members(set).collect();
        *known.entry(slots).or_insert_with_key(|slots| {
            code.lists.push(slots.clone());
            code.lists.len() as u32 - 1
        })
    };
    let count = func.code.len();
    for pc in 0..count {
        func.at.push(list(&live[pc], code));
        let mut after = after(func, &live, pc, words);
        let (d, n) = sets(&func.code[pc], types);
        (d..d.saturating_add(n)).for_each(|slot| remove(&mut after, slot));
        if let Ins::Go(_) = &func.code[pc] {
            // The new goroutine gets its arguments from there.
            func.code[pc].args(&code.moves, |arg| {
                if arg >= 0 {
                    insert(&mut after, arg as Slot);
                }
            });
        }
        if let Ins::Next { x, .. } = func.code[pc] {
            // Which entry comes next may be a choice, made in the midst of it.
            insert(&mut after, x as Slot);
        }
        func.after.push(list(&after, code));
    }
}

fn members(set: &[u64]) -> impl Iterator<Item = Slot> + '_ {
    (0..set.len() as u32 * 64).filter(|&slot| set[slot as usize / 64] >> (slot % 64) & 1 == 1)
}

fn insert(set: &mut [u64], slot: Slot) {
    if let Some(word) = set.get_mut(slot as usize / 64) {
        *word |= 1 << (slot % 64);
    }
}

fn remove(set: &mut [u64], slot: Slot) {
    if let Some(word) = set.get_mut(slot as usize / 64) {
        *word &= !(1 << (slot % 64));
    }
}

/// Returns the slots that an instruction sets: the first, and how many.
fn sets(ins: &Ins, types: &Types) -> (Slot, u32) {
    match ins {
        Ins::Zero { d, t } => (*d, types.size(*t)),
        other => match other.sets() {
            (NOWHERE, _) => (NOWHERE, 0),
            it => it,
        },
    }
}

/// Returns the next instructions in the flow of control, with the moves on the way.
fn ways(ins: &Ins, pc: usize) -> [Option<(usize, u32)>; 2] {
    match ins {
        Ins::Jump { to, mv } => [Some((*to as usize, *mv)), None],
        Ins::If { to, mv, .. } => [Some((to[0] as usize, mv[0])), Some((to[1] as usize, mv[1]))],
        Ins::Return(_) | Ins::Panic { .. } => [None, None],
        _ => [Some((pc + 1, 0)), None],
    }
}

/// Changes the slots that are live after the moves of a jump into those that are live before.
fn after_moves(set: &mut [u64], moves: &[(Slot, Arg)]) {
    moves.iter().for_each(|(d, _)| remove(set, *d));
    for (_, x) in moves {
        if *x >= 0 {
            insert(set, *x as Slot);
        }
    }
}

fn after(func: &Func, live: &[Vec<u64>], pc: usize, words: usize) -> Vec<u64> {
    let mut set = vec![0; words];
    if let [Some((to, _)), None] = ways(&func.code[pc], pc)
        && let Some(next) = live.get(to)
    {
        set.copy_from_slice(next);
    }
    if let Some(recover) = func.recover {
        merge(&mut set, &live[recover as usize]);
    }
    set
}

fn merge(set: &mut [u64], other: &[u64]) {
    set.iter_mut().zip(other).for_each(|(a, b)| *a |= b);
}

/// Returns the live slots before each instruction.
fn flow(func: &Func, code: &Code, types: &Types, words: usize) -> Vec<Vec<u64>> {
    let count = func.code.len();
    let mut live = vec![vec![0u64; words]; count];
    loop {
        let mut changed = false;
        for pc in (0..count).rev() {
            let ins = &func.code[pc];
            let mut set = vec![0; words];
            for (to, mv) in ways(ins, pc).into_iter().flatten() {
                let Some(next) = live.get(to) else { continue };
                let mut next = next.clone();
                after_moves(&mut next, &code.moves[mv as usize]);
                merge(&mut set, &next);
            }
            let (d, n) = sets(ins, types);
            (d..d.saturating_add(n)).for_each(|slot| remove(&mut set, slot));
            if let Some(recover) = func.recover {
                // Whatever panics here may go on there.
                merge(&mut set, &live[recover as usize].clone());
            }
            let use_it = |arg: Arg, set: &mut [u64]| {
                if arg >= 0 {
                    insert(set, arg as Slot);
                }
            };
            match ins {
                Ins::Jump { .. } => {}
                Ins::If { x, .. } => use_it(*x, &mut set),
                other => other.args(&code.moves, |arg| use_it(arg, &mut set)),
            }
            if set != live[pc] {
                live[pc] = set;
                changed = true;
            }
        }
        if !changed {
            return live;
        }
    }
}

/// Returns true of a call that does nothing but choose a number.
fn draws(ins: &Ins, code: &Code) -> bool {
    let Ins::Call(call) = ins else {
        return false;
    };
    let Callee::Static(f) = call.callee else {
        return false;
    };
    let native = code.funcs.get(f as usize).and_then(|f| f.native);
    native.is_some_and(natives::only_draws)
}

/// Replaces instructions that set only what nobody needs.
fn take_out_faint(func: &mut Func, code: &mut Code, types: &Types) {
    let mut needed = vec![0u64; (func.slots as usize).div_ceil(64).max(1)];
    let is_needed = |set: &[u64], slot: Slot| set[slot as usize / 64] >> (slot % 64) & 1 == 1;
    // From below: slots that are read only to set each other are never needed.
    loop {
        let before = needed.clone();
        let mut need = |arg: Arg| {
            if arg >= 0 {
                insert(&mut needed, arg as Slot);
            }
        };
        for ins in &func.code {
            match ins {
                Ins::Jump { mv, .. } => {
                    for (d, x) in &code.moves[*mv as usize] {
                        if is_needed(&before, *d) {
                            need(*x);
                        }
                    }
                }
                Ins::If { x, mv, .. } => {
                    need(*x);
                    for (d, x) in mv.iter().flat_map(|mv| &code.moves[*mv as usize]) {
                        if is_needed(&before, *d) {
                            need(*x);
                        }
                    }
                }
                ins if ins.is_pure() => {
                    let (d, n) = sets(ins, types);
                    if (d..d.saturating_add(n)).any(|slot| is_needed(&before, slot)) {
                        ins.args(&code.moves, &mut need);
                    }
                }
                ins => ins.args(&code.moves, &mut need),
            }
        }
        if needed == before {
            break;
        }
    }
    let mut lists = Vec::new();
    for ins in &mut func.code {
        let (d, n) = sets(ins, types);
        let wanted = (d..d.saturating_add(n)).any(|slot| is_needed(&needed, slot));
        if (ins.is_pure() || draws(ins, code)) && !wanted {
            *ins = Ins::Nop;
        }
        match ins {
            Ins::Jump { mv, .. } => lists.push(*mv),
            Ins::If { mv, .. } => lists.extend_from_slice(mv),
            _ => {}
        }
    }
    for mv in lists {
        let list = &mut code.moves[mv as usize];
        *list = list
            .iter()
            .copied()
            .filter(|(d, _)| is_needed(&needed, *d))
            .collect();
    }
}
