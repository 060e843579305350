//! Goroutines of a script that only their ids tell apart.

use rustc_hash::FxHashMap;

use crate::model::GoroutineId;
use crate::script::frame::Frame;
use crate::script::{Script, Statement, visit};

/// The goroutines that share their local states.
#[derive(Default)]
pub(super) struct Identical {
    /// For each goroutine of the script the first with the same body, if it shares its locals.
    first: Vec<Option<usize>>,
    /// The place of each goroutine that was started.
    places: FxHashMap<GoroutineId, usize>,
    /// True if two goroutines have one body, or a statement may start one several times.
    pub(super) are_there: bool,
}

impl Identical {
    /// Finds the identical goroutines of a script. Ids of what a goroutine makes or starts have its
    /// own id in them. So only those are identical that make nothing and start nobody. Main is
    /// none, since its end is told apart.
    pub(super) fn of(script: &Script) -> Self {
        let mut first = vec![None; script.goroutines.len()];
        let started = script.started_by_statement();
        let mut are_there = false;
        for (place, goroutine) in script.goroutines.iter().enumerate().skip(1) {
            let mut is_leaf = true;
            visit(&goroutine.body, &mut |statement| {
                is_leaf &= !matches!(statement, Statement::New(_) | Statement::Go(_));
            });
            if is_leaf {
                let of = |place: usize| {
                    let goroutine = &script.goroutines[place];
                    (goroutine.daemon, &goroutine.takes, &goroutine.body)
                };
                first[place] = (1..=place).find(|other| of(*other) == of(place));
                are_there |= first[place] != Some(place) || started[place];
            }
        }
        Self {
            first,
            places: FxHashMap::default(),
            are_there,
        }
    }

    /// Returns true if the identical goroutines were looked for.
    pub(super) fn is_made(&self) -> bool {
        !self.first.is_empty()
    }

    /// Notes a goroutine that starts with this frame at this place of the script. Returns the place
    /// where its code is, and makes its frame one that it shares with those that are identical.
    pub(super) fn meet(&mut self, place: usize, frame: &mut Frame) -> usize {
        let Some(first) = self.first.get(place).copied().flatten() else {
            return place;
        };
        self.places.insert(frame.goroutine, place);
        frame.goroutine = GoroutineId(u32::MAX);
        first
    }

    /// Returns the place in the script of a goroutine that shares its locals, and that of the first
    /// that does.
    pub(super) fn places(&self, id: GoroutineId) -> Option<(usize, usize)> {
        let place = *self.places.get(&id)?;
        Some((place, self.first[place]?))
    }
}
