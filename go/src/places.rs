//! Places in the source, and the numbers of those that make things of one name.

use gordian_checker::model::{FileId, Place, Site};
use rustc_hash::FxHashMap;

use crate::code::{Code, Pos};
use crate::load::{Export, Func, Ins};

impl Pos {
    /// Returns it as the checker has it.
    pub(crate) fn site(self) -> Site {
        match self.line {
            0 => Site::NONE,
            line => Site {
                file: FileId(self.file + 1),
                line,
                column: self.column,
            },
        }
    }
}

impl Code {
    /// Returns the name of a file, by its number in the export; empty if there is none.
    pub(crate) fn file(&self, number: u32) -> &str {
        self.files.get(number as usize).map_or("", String::as_str)
    }

    /// Returns the name of the file of a [`Pos::site`].
    pub(crate) fn file_of(&self, id: FileId) -> &str {
        id.0.checked_sub(1).map_or("", |number| self.file(number))
    }

    /// Returns a place with the name of its file.
    pub(crate) fn place_of(&self, site: Site) -> Place {
        Place {
            file: self.file_of(site.file).to_owned(),
            line: site.line,
            column: site.column,
        }
    }
}

/// Numbers the places of each name: those that can be come to from the roots, and those of the
/// program's own packages first.
pub(crate) fn rank(code: &mut Code, export: &Export, roots: &[u32]) {
    let reached = reached(export, roots);
    let is_reached = |func: u32| reached.get(func as usize).copied().unwrap_or(true);
    let mut order: Vec<usize> = (0..code.places.len()).collect();
    order.sort_by_key(|&at| {
        let place = &code.places[at];
        (
            !is_reached(place.func),
            !is_own(code.file(place.pos.file)),
            at,
        )
    });
    let mut counts: FxHashMap<(u32, bool), u32> = FxHashMap::default();
    for &at in &order {
        let place = &mut code.places[at];
        let count = counts.entry((place.name_id, place.starts)).or_default();
        place.rank = *count;
        if is_reached(place.func) {
            *count += 1;
        }
    }
    for place in &mut code.places {
        place.of = counts[&(place.name_id, place.starts)].max(1);
    }
}

/// Returns true of a file of the program itself, and not of the standard library or of another
/// module.
pub(crate) fn is_own(file: &str) -> bool {
    !file.starts_with("$GOROOT") && !file.contains('@')
}

/// Returns true if a function can come to one of such a name.
pub(crate) fn comes_to(export: &Export, root: u32, is_such: impl Fn(&str) -> bool) -> bool {
    let reached = reached(export, &[root]);
    let mut funcs = export.funcs.iter().zip(reached);
    funcs.any(|(func, is_reached)| is_reached && is_such(&func.n))
}

/// Returns the functions that can be come to. Any method of a value in an interface can.
fn reached(export: &Export, roots: &[u32]) -> Vec<bool> {
    let mut reached = vec![false; export.funcs.len()];
    let methods = export.types.iter().flat_map(|t| &t.m);
    let methods = methods.filter_map(|&(_, func)| u32::try_from(func).ok());
    let mut todo: Vec<u32> = roots.iter().copied().chain(methods).collect();
    while let Some(at) = todo.pop() {
        let Some(known) = reached.get_mut(at as usize) else {
            continue;
        };
        if !std::mem::replace(known, true) {
            functions_in(&export.funcs[at as usize], export, &mut todo);
        }
    }
    reached
}

/// Adds the functions that a function names.
fn functions_in(func: &Func, export: &Export, out: &mut Vec<u32>) {
    let mut operand = |operand: i64| {
        let constant = usize::try_from(-1 - operand).ok();
        out.extend(constant.and_then(|at| export.consts.get(at)?.f));
    };
    for ins in func.blocks.iter().flatten() {
        let Ins { x, y, z, i, k, .. } = ins;
        [x, y, z, i, k]
            .into_iter()
            .flatten()
            .for_each(|&it| operand(it));
        ins.a.iter().for_each(|&it| operand(it));
        ins.mv.iter().flatten().for_each(|&(_, it)| operand(it));
        ins.s
            .iter()
            .filter_map(|case| case.y)
            .for_each(&mut operand);
        if ins.o != "closure" {
            ins.f.into_iter().for_each(&mut operand);
        }
    }
    let closures = func
        .blocks
        .iter()
        .flatten()
        .filter(|ins| ins.o == "closure");
    out.extend(closures.filter_map(|ins| u32::try_from(ins.f?).ok()));
}
