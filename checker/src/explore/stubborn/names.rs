//! The names of goroutines in what the search tells. Where ids were exchanged, it walks the way
//! there again with the real ones.

use super::Stubborn;
use crate::model::{Event, Fault, Program, World};

impl Stubborn {
    /// Takes a step. If ids were exchanged, the program withholds what it has to tell.
    pub(super) fn withholding(
        &mut self,
        program: &mut dyn Program,
        take: impl FnOnce(&mut dyn Program) -> Result<Event, Fault>,
    ) -> Result<Event, Fault> {
        program.withhold(self.exchange.used);
        let event = take(program);
        program.withhold(false);
        self.withheld |= program.withheld();
        event
    }

    /// Records a state without a step.
    pub(super) fn note_end(
        &mut self,
        program: &mut dyn Program,
        state: usize,
        world: &World,
    ) -> Result<(), Fault> {
        let is_shown = world.end(program).is_bad() || self.findings.kept.is_some();
        if self.exchange.used && is_shown {
            let real = self.exchange.real_way(program, &self.store, state)?;
            self.findings
                .end_state(program, &real.state, &mut || real.path.clone());
        } else {
            let store = &self.store;
            self.findings
                .end_state(program, world, &mut || store.path(state));
        }
        Ok(())
    }

    /// Records the panics that are new in a state.
    pub(super) fn note_panics(
        &mut self,
        program: &mut dyn Program,
        before: &World,
        (state, after): (usize, &World),
    ) -> Result<(), Fault> {
        if self.exchange.used {
            let real = self.exchange.real_way(program, &self.store, state)?;
            let path = &mut || real.path.clone();
            self.findings
                .note_new_panics(program, &real.before, &real.state, path);
        } else {
            let store = &self.store;
            self.findings
                .note_new_panics(program, before, after, &mut || store.path(state));
        }
        Ok(())
    }

    /// Returns true if ids are exchanged where somebody is to be told of by name.
    pub(super) fn is_to_be_told(&self) -> bool {
        self.exchange.on && (self.withheld || !self.findings.bad.is_empty())
    }
}
