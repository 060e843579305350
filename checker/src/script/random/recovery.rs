//! Panics that are recovered, and Goexits. Some scripts get them when their bodies are complete, so
//! that all others stay the same as before there were any.

use super::{Maker, Theme};
use crate::script::{Operand, Statement, visit};

impl Maker {
    /// Lets some goroutines recover panics, and some call Goexit.
    pub(super) fn recover_some(&mut self) {
        for place in 0..self.script.goroutines.len() {
            let mut body = std::mem::take(&mut self.script.goroutines[place].body);
            for _ in 0..self.random.pick(&[0, 1, 1, 2]) {
                self.recover_part(&mut body);
            }
            if self.random.percent(35) {
                self.exit(&mut body);
            }
            self.script.goroutines[place].body = body;
        }
    }

    /// Returns the position of a statement with others in it, if there is one. It rather is one at
    /// whose end something happens.
    fn outer(&mut self, body: &[Statement]) -> Option<usize> {
        let ends = |at: &usize| {
            let it = &body[*at];
            matches!(
                it,
                Statement::Hold(..) | Statement::Defer(..) | Statement::Once(..)
            )
        };
        let all = (0..body.len()).filter(|at| !body[*at].bodies().is_empty());
        let all: Vec<usize> = all.collect();
        let ending: Vec<usize> = all.iter().copied().filter(ends).collect();
        let from = match ending.is_empty() || self.random.percent(30) {
            true => all,
            false => ending,
        };
        (!from.is_empty()).then(|| self.random.pick(&from))
    }

    /// Returns a list of statements: this one, or one within it.
    fn some_list<'a>(&mut self, body: &'a mut Vec<Statement>) -> &'a mut Vec<Statement> {
        let Some(at) = self.outer(body).filter(|_| self.random.percent(70)) else {
            return body;
        };
        // The first list of a `defer` is the deferred call, which has no nested statements.
        let first = usize::from(matches!(body[at], Statement::Defer(..)));
        let lists: Vec<usize> = (first..body[at].bodies().len()).collect();
        let list = self.random.pick(&lists);
        self.some_list(body[at].bodies_mut().swap_remove(list))
    }

    /// Recovers panics of some statements in a row, and mostly lets them panic.
    fn recover_part(&mut self, body: &mut Vec<Statement>) {
        let list = self.some_list(body);
        let outer = self.outer(list).filter(|_| self.random.percent(50));
        let (from, to) = match outer {
            Some(at) => (at, at + 1),
            None => {
                let from = self.position(list, 0);
                (from, self.position(list, from))
            }
        };
        let mut may_leave = false;
        visit(&list[from..to], &mut |it| {
            may_leave |= matches!(it, Statement::Break | Statement::Return);
        });
        if may_leave {
            return;
        }
        let mut inner: Vec<Statement> = list.drain(from..to).collect();
        if self.random.percent(75) {
            let panics = self.panics();
            let within = self.some_list(&mut inner);
            let at = self.position(within, 0);
            within.splice(at..at, panics);
        }
        list.insert(from, Statement::Recover(inner));
    }

    /// Returns a position in the list from this one on.
    fn position(&mut self, list: &[Statement], from: usize) -> usize {
        from + self
            .random
            .below(u32::try_from(list.len() - from + 1).expect("few")) as usize
    }

    /// Returns statements that may panic.
    fn panics(&mut self) -> Vec<Statement> {
        let themes = self.themes.clone();
        match self.random.pick(&themes) {
            Theme::Chan(c) => {
                let send = Statement::Send(c, Operand::Last(1));
                match self.random.below(4) {
                    0 => vec![Statement::Close(c), Statement::Close(c)],
                    1 => vec![Statement::Close(c), send],
                    2 => vec![Statement::Close(c)],
                    _ => vec![send],
                }
            }
            Theme::Handles(c) | Theme::NilChan(c) => vec![Statement::Close(c)],
            Theme::WaitGroup(wg) => {
                let delta = self.random.pick(&[-1, -2]);
                vec![Statement::WgAdd(wg, delta)]
            }
            Theme::Semaphore(semaphore) => vec![Statement::SemRelease(semaphore, 1)],
            Theme::Mutex(m) if self.random.percent(50) => vec![Statement::Unlock(m)],
            _ => vec![Statement::Panic("to be recovered".to_owned())],
        }
    }

    /// Adds a Goexit.
    fn exit(&mut self, body: &mut Vec<Statement>) {
        let list = self.some_list(body);
        let at = self.position(list, 0);
        let exit = match self.random.percent(70) {
            true => Statement::Choose(vec![vec![], vec![Statement::Goexit]]),
            false => Statement::Goexit,
        };
        list.insert(at, exit);
    }
}
