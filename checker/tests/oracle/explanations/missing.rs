//! Judges claims that nobody does something.

use gordian_checker::explain::missing::{Elsewhere, Ground, Missing, Now};
use gordian_checker::model::{GoroutineId, ObjectId, Op, Pending, Phase};

use super::known::{Deed, Does, node, wanted};
use super::{GIVES_BACK, Judge};

impl Judge<'_> {
    /// Claims that no goroutine that is alive releases this one properly, by `only` this object if
    /// one is given.
    pub(super) fn missing(
        &mut self,
        missing: &Missing,
        from: GoroutineId,
        only: Option<ObjectId>,
    ) -> Result<(), String> {
        let text = missing.sentence();
        let wanted = wanted(self.program, self.world, from);
        let healthy = |deed: &Deed| {
            let is_it = |(id, what, panics): &(ObjectId, &str, bool)| {
                *id == deed.0 && *what == deed.1 && !panics
            };
            let is_meant = |only: ObjectId| only == deed.0 && missing.does.contains(&done(deed.1));
            wanted.iter().any(is_it) && only.is_none_or(is_meant)
        };
        let stuck = self.stuck();
        // If some run on, it is only claimed that they do not let the one that waits go on.
        let runs_on = missing.elsewhere.iter().any(|one| one.now == Now::RunsOn);
        let done = self
            .ahead
            .deeds
            .iter()
            .find(|deed| healthy(deed) && !runs_on);
        self.claim(done.is_none(), || format!("{text}, but {done:?} is done"))?;
        if missing.ground == Ground::Futures {
            for &id in &stuck {
                let mut future = self.seen(id, id == from);
                future.extend(self.imagined(id, id == from, true)?);
                let deed = future
                    .iter()
                    .find(|deed| healthy(deed) && !GIVES_BACK.contains(&deed.1));
                let name = self.program.goroutine(id).name;
                self.claim(deed.is_none(), || {
                    format!("{text}, but {name} does: {deed:?}")
                })?;
            }
        }
        for one in &missing.elsewhere {
            self.elsewhere(one, &text, &healthy)?;
        }
        Ok(())
    }

    /// Claims that a goroutine does one of these deeds elsewhere, and why it does not do so now.
    fn elsewhere(
        &mut self,
        one: &Elsewhere,
        text: &str,
        healthy: &dyn Fn(&Deed) -> bool,
    ) -> Result<(), String> {
        let ids = self.later(&one.goroutine)?;
        let does = |does: &Does| {
            does.deeds
                .iter()
                .any(|deed| healthy(deed) && ids.contains(&deed.2) && deed.3 == one.place.line)
        };
        let does = self.known.does.values().any(does);
        self.claim(does, || {
            format!("{text}: {} does so elsewhere", one.goroutine)
        })?;
        let phase = |id: &GoroutineId| self.world.goroutine(*id).map(|state| state.phase);
        let pending = |id: &GoroutineId| self.world.pending(self.program, *id);
        let stands = |id: &GoroutineId| matches!(pending(id), Pending::Op(_));
        let fits = ids.iter().any(|id| match one.now {
            Now::NotStarted | Now::Gone => phase(id).is_none(),
            Now::Ended => {
                matches!(phase(id), Some(Phase::Returned | Phase::Panicked(_)))
                    || matches!(pending(id), Pending::Op(Op::Exited))
            }
            Now::Spent => node(self.program, self.world, *id).is_none(),
            Now::Past => {
                let future = self.seen(*id, false);
                stands(id)
                    && !future
                        .iter()
                        .any(|deed| healthy(deed) && deed.2 == *id && deed.3 == one.place.line)
            }
            Now::RunsOn => stands(id) && !self.ahead.blocked.contains(id),
        });
        self.claim(fits, || {
            format!("{text}: {} is {:?}", one.goroutine, one.now)
        })
    }
}

/// Returns a deed in the third person: `sends` of `send to`.
fn done(deed: &str) -> String {
    let verb = deed.split(' ').next().unwrap_or_default();
    format!("{verb}s")
}
