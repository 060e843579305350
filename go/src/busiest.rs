//! The place where goroutines stand in most of their states: often a loop that is too long.

use gordian_checker::model::{FileId, Names as _, Place, Site};
use rustc_hash::FxHashMap;

use crate::program::GoProgram;

/// The place where goroutines stand in most of their states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Busiest {
    /// The place.
    pub place: Place,
    /// The number of states of goroutines there.
    pub there: usize,
    /// The number of all states of goroutines.
    pub of: usize,
}

impl GoProgram {
    pub(crate) fn busiest(&self) -> Option<Busiest> {
        let mut lines: FxHashMap<(FileId, u32), usize> = FxHashMap::default();
        for site in self.sites().filter(|&site| site != Site::NONE) {
            *lines.entry((site.file, site.line)).or_default() += 1;
        }
        let (&(file, line), &there) = lines.iter().max_by_key(|&(line, count)| (count, line))?;
        Some(Busiest {
            place: Place {
                file: self.file(file).to_owned(),
                line,
                column: 0,
            },
            there,
            of: self.sites().count(),
        })
    }
}
