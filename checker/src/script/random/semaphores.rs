//! Random statements about semaphores.

use super::{Maker, Theme};
use crate::script::{Object, Statement};

impl Maker {
    pub(super) fn declare_semaphores(&mut self) {
        for _ in 0..self.random.pick(&[1, 1, 2]) {
            let name = format!("sem{}", self.script.objects.len());
            let permits = self.random.pick(&[1, 2, 2, 3]);
            let semaphore = self.script.semaphore(name, permits);
            self.themes.push(Theme::Semaphore(semaphore));
        }
        if !self.mix.timer && self.random.percent(50) {
            // Rare among the others, and alone it comes to more.
            let is_one = |theme: &Theme| matches!(theme, Theme::Semaphore(_));
            self.themes.retain(is_one);
        }
    }

    /// A number of permits: now and then more than there are.
    fn permits(&mut self, semaphore: Object) -> u32 {
        let all = match self.script.kind(semaphore) {
            crate::script::Kind::Semaphore { permits } => permits,
            _ => unreachable!("it is a semaphore"),
        };
        match self.random.below(20) {
            0 => 0,
            1 => all + 1,
            2..8 => all,
            _ => self.random.between(1, all),
        }
    }

    pub(super) fn semaphore(&mut self, semaphore: Object, body: &mut Vec<Statement>) {
        let permits = self.permits(semaphore);
        match self.random.below(12) {
            0..4 => {
                body.push(Statement::SemAcquire(semaphore, permits));
                body.extend(self.inner(2));
                body.push(Statement::SemRelease(semaphore, permits));
            }
            4..6 => {
                let mut inner = self.inner(1);
                inner.push(Statement::SemRelease(semaphore, permits));
                body.push(Statement::SemTryAcquire(semaphore, permits, inner));
            }
            6 => body.push(Statement::SemTryAcquire(semaphore, permits, Vec::new())),
            7 => {
                // A weight in two parts.
                body.push(Statement::SemAcquire(semaphore, 1));
                body.push(Statement::SemAcquire(semaphore, 1));
                body.extend(self.inner(1));
                body.push(Statement::SemRelease(semaphore, 2));
            }
            8 | 9 => body.push(Statement::SemAcquire(semaphore, permits)),
            _ => body.push(Statement::SemRelease(semaphore, permits)),
        }
    }
}
