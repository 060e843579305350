//! Changes to whole goroutines of a random script.

use super::Maker;
use crate::script::{Statement, visit};

impl Maker {
    /// Lets some goroutines be started by a statement of an earlier one.
    pub(super) fn start_some_later(&mut self) {
        let late = if self.mix.hostile { 60 } else { 12 };
        for child in 1..self.script.goroutines.len() {
            if self.started[child] || !self.random.percent(late) {
                continue;
            }
            self.started[child] = true;
            let parent = self.random.below(u32::try_from(child).expect("few")) as usize;
            let body = &mut self.script.goroutines[parent].body;
            let at = self
                .random
                .below(u32::try_from(body.len() + 1).expect("few")) as usize;
            body.insert(at, Statement::Go(child));
        }
    }

    /// Turns the bodies of some goroutines into endless loops.
    pub(super) fn loop_some(&mut self) {
        for index in 0..self.script.goroutines.len() {
            let goroutine = &self.script.goroutines[index];
            // Changes that one iteration makes for the next are in no state.
            let mut carries = !goroutine.takes.is_empty();
            visit(&goroutine.body, &mut |it| {
                carries |= matches!(it, Statement::Go(_) | Statement::New(_));
            });
            if carries || !self.random.percent(50) {
                continue;
            }
            let mut body = goroutine.body.clone();
            if self.random.percent(30) {
                body.push(Statement::Choose(vec![vec![], vec![Statement::Break]]));
            }
            body.insert(0, Statement::Yield);
            self.script.goroutines[index].body = vec![Statement::Forever(body)];
        }
    }

    /// Adds goroutines that are identical to others, or lets a statement start several.
    pub(super) fn double_some(&mut self) {
        for place in 1..self.script.goroutines.len() {
            let goroutine = &self.script.goroutines[place];
            let mut has_own = !goroutine.takes.is_empty();
            visit(&goroutine.body, &mut |it| {
                has_own |= matches!(it, Statement::Hold(..) | Statement::Defer(..));
            });
            if !self.random.percent(70) {
                continue;
            }
            if self.started[place] && goroutine.takes.is_empty() {
                let mut again = |it: &mut Statement| {
                    if *it == Statement::Go(place) {
                        *it = Statement::Repeat(2, vec![it.clone()]);
                    }
                };
                for goroutine in &mut self.script.goroutines {
                    goroutine.body.iter_mut().for_each(&mut again);
                }
            } else if !self.started[place] && !has_own {
                for number in 1..=self.random.between(1, 2) {
                    let mut other = self.script.goroutines[place].clone();
                    other.name = format!("{}.{number}", other.name);
                    self.script.goroutines.push(other);
                }
            }
        }
    }
}
