//! The executions that the search explores, one after the other.

use super::super::renumber::renumbered;
use super::super::{Limit, Meter, Progress};
use super::Optimal;
use crate::model::{Fault, Program, Step};

/// A search that stops at the end of each execution.
pub(crate) struct Executions {
    search: Optimal,
    meter: Meter,
    is_over: bool,
}

impl Executions {
    /// Returns the executions of a search with the limits of this meter.
    pub(crate) fn new(meter: Meter) -> Self {
        Self {
            search: Optimal::new(),
            meter,
            is_over: false,
        }
    }

    /// Explores the next execution. Returns its steps, in numbers by count; `None` if there is
    /// none, or a limit was hit before its end.
    ///
    /// # Errors
    /// If the program has a fault.
    pub(crate) fn next(&mut self, program: &mut dyn Program) -> Result<Option<&[Step]>, Fault> {
        program.number_by_count(true);
        let found = self.go_on(program);
        program.number_by_count(false);
        Ok(found?.then_some(&self.search.path[..]))
    }

    /// Does the same, in the numbers that the program gives otherwise.
    ///
    /// # Errors
    /// If the program has a fault.
    pub(crate) fn next_renumbered(
        &mut self,
        program: &mut dyn Program,
    ) -> Result<Option<Vec<Step>>, Fault> {
        let path = self.next(program)?.map(<[Step]>::to_vec);
        path.map(|path| renumbered(program, &path)).transpose()
    }

    fn go_on(&mut self, program: &mut dyn Program) -> Result<bool, Fault> {
        let before = self.count();
        while !self.is_over && self.count() == before {
            let progress = self.search.next_stage(program, &mut self.meter)?;
            self.is_over = progress == Some(Progress::Done);
        }
        Ok(self.count() > before)
    }

    /// Returns the number of executions so far.
    pub(crate) fn count(&self) -> u64 {
        self.search.findings.executions
    }

    /// Returns true if these were all, and none was cut short.
    pub(crate) fn is_complete(&self) -> bool {
        self.search.findings.complete && self.limits().is_empty()
    }

    /// Returns the limits that were hit.
    pub(crate) fn limits(&self) -> &[Limit] {
        &self.search.findings.limits
    }
}
