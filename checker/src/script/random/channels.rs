//! Statements about what can be sent to or received from, and about onces, which may be in an arm
//! of a select.

use super::{Maker, Theme};
use crate::script::{Case, Kind, Object, Statement};

impl Maker {
    pub(super) fn timer(&mut self, timer: Object, body: &mut Vec<Statement>) {
        match self.random.below(12) {
            0 | 1 => body.push(Statement::TimerStop(timer)),
            2 | 3 => body.push(Statement::TimerReset(timer)),
            4 => body.push(Statement::Len(timer)),
            5 => body.push(self.drain(timer)),
            6 => {
                body.push(Statement::TimerStop(timer));
                body.push(self.drain(timer));
                body.push(Statement::TimerReset(timer));
            }
            _ => self.communicate(body),
        }
    }

    /// Takes what is in a timer's channel, if there is something.
    fn drain(&mut self, timer: Object) -> Statement {
        Statement::Select {
            arms: vec![(Case::Recv(timer), self.inner(1))],
            default: Some(self.inner(1)),
        }
    }

    /// All that a communication can be about: what can be sent to, and what can be received from.
    fn channels(&self) -> (Vec<Object>, Vec<Object>) {
        let mut both = Vec::new();
        let mut receive_only = Vec::new();
        for theme in &self.themes {
            match *theme {
                Theme::Chan(object) | Theme::NilChan(object) | Theme::Handles(object) => {
                    both.push(object);
                }
                Theme::Timer(object) | Theme::Context(object) => receive_only.push(object),
                _ => {}
            }
        }
        let receive = both.iter().chain(&receive_only).copied().collect();
        (both, receive)
    }

    pub(super) fn communicate(&mut self, body: &mut Vec<Statement>) {
        let (send, receive) = self.channels();
        let what = self.random.below(20);
        if send.is_empty() {
            let from = self.random.pick(&receive);
            return body.push(match what {
                0..10 => Statement::Recv(from),
                _ => self.select(),
            });
        }
        let operand = self.operand();
        let to = self.random.pick(&send);
        let is_nil = self.script.kind(to) == Kind::NilChan;
        body.push(match what {
            0..6 => Statement::Send(to, operand),
            6..12 => Statement::Recv(self.random.pick(&receive)),
            12 | 13 => Statement::Close(to),
            14 => Statement::Range(self.random.pick(&receive), Vec::new()),
            15 if !is_nil => Statement::Len(to),
            _ => self.select(),
        });
    }

    /// A call of a once, now and then with another within, or the same.
    pub(super) fn once(&mut self, once: Object) -> Statement {
        self.onces += 1;
        let mut inner = self.inner(2);
        if self.onces < 3 && self.random.percent(25) {
            let onces = self.all_onces();
            let other = self.random.pick(&onces);
            inner.push(self.once(other));
        }
        self.onces -= 1;
        Statement::Once(once, inner)
    }

    fn all_onces(&self) -> Vec<Object> {
        let once = |theme: &Theme| match theme {
            Theme::Once(object) => Some(*object),
            _ => None,
        };
        self.themes.iter().filter_map(once).collect()
    }

    /// What follows a communication.
    fn arm(&mut self) -> Vec<Statement> {
        let mut arm = self.inner(1);
        let onces = self.all_onces();
        if !onces.is_empty() && self.random.percent(30) {
            let once = self.random.pick(&onces);
            arm.push(self.once(once));
        }
        arm
    }

    pub(super) fn select(&mut self) -> Statement {
        let (send, receive) = self.channels();
        let count = match self.random.below(10) {
            0 => 0,
            1..3 => 1,
            3..9 => 2,
            _ => 3,
        };
        let mut arms = Vec::new();
        for _ in 0..count {
            let operand = self.operand();
            let case = match !send.is_empty() && self.random.percent(50) {
                true => Case::Send(self.random.pick(&send), operand),
                false => Case::Recv(self.random.pick(&receive)),
            };
            arms.push((case, self.arm()));
        }
        if count == 2 && !send.is_empty() && self.random.percent(15) {
            // The same channel, in both directions or twice in one.
            let channel = self.random.pick(&send);
            for (case, _) in &mut arms {
                *case = match case {
                    Case::Send(_, operand) => Case::Send(channel, *operand),
                    Case::Recv(_) => Case::Recv(channel),
                };
            }
        }
        let default = self.random.percent(35).then(|| self.inner(1));
        Statement::Select { arms, default }
    }
}
