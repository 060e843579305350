//! One optimal search in parts: see [`optimal::parts`](crate::explore::optimal::Part).

use super::Checker;
use super::drive::recheck;
use crate::explore::optimal::{ExploredPart, Frontier, Optimal, Part};
use crate::explore::{Findings, Limits, Meter, Progress, Search};
use crate::model::{Fault, Known, Program};
use crate::report::Report;
use crate::runtime::stack_overflow;
use crate::subject::Subject;

impl Checker {
    /// Begins an optimal search of a subject, on this thread. Returns its tree once it has at least
    /// so many open parts, or nothing is left, or a limit was hit. There is no limit on executions.
    ///
    /// # Errors
    /// If the subject has a fault.
    pub fn split(&self, subject: &dyn Subject, parts: usize) -> Result<Frontier, Fault> {
        self.with_program(subject, |program| {
            let mut meter = self.meter_of_part();
            let frontier = Optimal::split(program, &mut meter, parts)?;
            recheck(program)?;
            Ok(frontier)
        })
    }

    /// Explores a part, on this thread. After as many executions as the limits allow, the others
    /// are returned as new parts. The other limits are those of the part alone.
    ///
    /// # Errors
    /// If the subject has a fault, or is another one.
    pub fn explore_part(&self, subject: &dyn Subject, part: Part) -> Result<ExploredPart, Fault> {
        let most = self.limits.executions_max;
        self.with_program(subject, |program| {
            let mut meter = self.meter_of_part();
            let mut search = Optimal::of_part(program, &part, most)?;
            let (findings, fault) = self.run(&mut search, program, &mut meter);
            fault.map_or(Ok(()), Err)?;
            recheck(program)?;
            Ok(search.into_explored(program, part, findings))
        })
    }

    /// Puts parts of a search back into its tree. What belongs to no part yet is open then.
    ///
    /// # Errors
    /// If they are not parts of the tree, or the subject is another one.
    pub fn take_parts(
        &self,
        subject: &dyn Subject,
        frontier: &mut Frontier,
        explored: &[ExploredPart],
    ) -> Result<(), Fault> {
        self.with_program(subject, |program| frontier.take(program, explored))
    }

    /// Returns the report of a search in parts, on this thread.
    pub fn report_of_parts(&self, subject: &dyn Subject, frontier: &Frontier) -> Report {
        let found = Found {
            findings: frontier.findings(),
            known: frontier.known().clone(),
        };
        self.watch
            .over(|| self.explore_by(subject, Box::new(found)))
    }

    /// Returns the meter of a part, for which a number of executions is no limit.
    fn meter_of_part(&self) -> Meter {
        let limits = Limits {
            executions_max: None,
            ..self.limits.clone()
        };
        Meter::new(limits, self.watch.clone())
    }

    fn with_program<T>(
        &self,
        subject: &dyn Subject,
        work: impl FnOnce(&mut dyn Program) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.watch.over(|| {
            let _held = stack_overflow::hold();
            let mut program = subject.program_with(self.stack_bytes, self.timers);
            let done = work(program.as_mut());
            if let Some(learner) = program.learner() {
                learner.finish();
            }
            done
        })
    }
}

/// A search that was done elsewhere.
struct Found {
    findings: Findings,
    /// The ids in which it is written.
    known: Known,
}

impl Search for Found {
    fn advance(&mut self, program: &mut dyn Program, _: &mut Meter) -> Result<Progress, Fault> {
        if let Some(learner) = program.learner() {
            learner.adopt_ids(&self.known);
        }
        Ok(Progress::Done)
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
