//! Vector clocks of the events of one execution. Each has a number for each goroutine.
//!
//! An execution of a million events and a thousand goroutines would have four gigabytes of them. So
//! a clock of many goroutines consists of parts, and those that are equal to the same part of an
//! earlier clock are shared with it. A clock of few has one part, and shares nothing.
//!
//! Invariant: the parts that an event does not share lie behind those of all earlier events. So the
//! last events can be removed with their parts.

use crate::memory::reserve;
use crate::model::Fault;

/// Numbers of a part, if a clock has several.
const PART: usize = 32;

/// The clocks of events, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Clocks {
    /// Numbers of a clock.
    width: usize,
    /// The parts, one after the other. If parts are shared, the first has zeros only.
    parts: Vec<u32>,
    /// For each clock the numbers of its parts, if parts are shared. The last part of a clock has
    /// zeros behind the clock.
    of_events: Vec<u32>,
    /// For each clock the number of parts before its own ones, if parts are shared.
    begins: Vec<u32>,
}

impl Clocks {
    /// Removes all clocks. Those that follow have this many numbers.
    pub(super) fn restart(&mut self, width: usize) {
        *self = Self {
            width,
            ..Self::default()
        };
        if self.shares() {
            self.parts.resize(PART, 0);
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Returns true if clocks share parts.
    fn shares(&self) -> bool {
        self.width > PART
    }

    /// Returns the number of parts of a clock.
    fn count(&self) -> usize {
        if self.shares() {
            self.width.div_ceil(PART)
        } else {
            1
        }
    }

    /// Removes all clocks but the first.
    pub(super) fn truncate(&mut self, events: usize) {
        if !self.shares() {
            self.parts.truncate(events * self.width);
        } else if let Some(&begin) = self.begins.get(events) {
            self.parts.truncate(begin as usize * PART);
            self.begins.truncate(events);
            self.of_events.truncate(events * self.count());
        }
    }

    /// Adds a clock: that of an earlier event, or one of zeros.
    ///
    /// # Errors
    /// If there is no memory for it, and for what may be joined to it.
    pub(super) fn push(&mut self, before: Option<usize>) -> Result<(), Fault> {
        if !self.shares() {
            reserve(&mut self.parts, self.width)?;
            extend(&mut self.parts, self.width, before);
            return Ok(());
        }
        let count = self.count();
        reserve(&mut self.parts, count * PART)?;
        reserve(&mut self.of_events, count)?;
        reserve(&mut self.begins, 1)?;
        self.begins.push(self.next_part());
        extend(&mut self.of_events, count, before);
        Ok(())
    }

    /// Returns the number of the part that is added next.
    fn next_part(&self) -> u32 {
        u32::try_from(self.parts.len() / PART).expect("fewer than 2^32 parts")
    }

    /// Returns the place where a part of a clock begins.
    fn place(&self, event: usize, nth: usize) -> usize {
        if self.shares() {
            self.of_events[event * self.count() + nth] as usize * PART
        } else {
            event * self.width
        }
    }

    /// Returns the parts of a clock in order.
    pub(super) fn parts(&self, event: usize) -> impl Iterator<Item = &[u32]> {
        let length = self.width.min(PART);
        (0..self.count()).map(move |nth| {
            let begin = self.place(event, nth);
            &self.parts[begin..begin + length]
        })
    }

    /// Returns the numbers of a clock, and zeros behind them.
    pub(super) fn numbers(&self, event: usize) -> impl Iterator<Item = u32> {
        self.parts(event).flatten().copied()
    }

    /// Returns the number of one goroutine in a clock.
    pub(super) fn number(&self, event: usize, goroutine: usize) -> u32 {
        self.parts[self.place(event, goroutine / PART) + goroutine % PART]
    }

    /// Makes a part of the last clock one of its own, if parts are shared. Returns its place.
    fn own(&mut self, nth: usize) -> usize {
        let last = self.begins.len() - 1;
        let at = last * self.count() + nth;
        let (number, begin) = (self.of_events[at], self.place(last, nth));
        if number >= self.begins[last] {
            return begin;
        }
        self.of_events[at] = self.next_part();
        self.parts.extend_from_within(begin..begin + PART);
        self.parts.len() - PART
    }

    /// Raises the numbers of the last clock to those of an earlier one.
    pub(super) fn join(&mut self, before: usize) {
        if !self.shares() {
            let last = self.parts.len() - self.width;
            let (head, mine) = self.parts.split_at_mut(last);
            let its = &head[before * self.width..][..self.width];
            for (mine, its) in mine.iter_mut().zip(its) {
                *mine = (*mine).max(*its);
            }
            return;
        }
        let last = self.begins.len() - 1;
        for nth in 0..self.count() {
            let (mine, its) = (self.place(last, nth), self.place(before, nth));
            let of = |place: usize| self.parts[place..place + PART].iter();
            if mine == its || of(mine).zip(of(its)).all(|(mine, its)| mine >= its) {
                continue;
            }
            if of(mine).zip(of(its)).all(|(mine, its)| mine <= its) {
                let count = self.count();
                self.of_events[last * count + nth] = self.of_events[before * count + nth];
                continue;
            }
            let mine = self.own(nth);
            for at in 0..PART {
                self.parts[mine + at] = self.parts[mine + at].max(self.parts[its + at]);
            }
        }
    }

    /// Sets the number of a goroutine in the last clock.
    pub(super) fn set(&mut self, goroutine: usize, number: u32) {
        let place = match self.shares() {
            true => self.own(goroutine / PART) + goroutine % PART,
            false => self.parts.len() - self.width + goroutine,
        };
        self.parts[place] = number;
    }
}

/// Adds a row of this width to a table: one that it has, or one of zeros.
fn extend(table: &mut Vec<u32>, width: usize, row: Option<usize>) {
    match row {
        Some(row) => table.extend_from_within(row * width..(row + 1) * width),
        None => table.resize(table.len() + width, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clocks are joined at random, and sometimes removed. They have the numbers that they have as
    /// plain lists.
    #[test]
    fn a_clock_has_the_numbers_of_a_plain_list() {
        let mut rng = fastrand::Rng::with_seed(3);
        for width in [0, 1, 7, 31, 32, 33, 64, 100] {
            let mut clocks = Clocks::default();
            clocks.restart(width);
            let mut lists: Vec<Vec<u32>> = Vec::new();
            for _ in 0..600 {
                if rng.u8(0..10) == 0 {
                    lists.truncate(rng.usize(0..=lists.len()));
                    clocks.truncate(lists.len());
                }
                let before = (!lists.is_empty()).then(|| rng.usize(0..lists.len()));
                let before = before.filter(|_| rng.bool());
                clocks.push(before).unwrap();
                let mut list = before.map_or_else(|| vec![0; width], |row| lists[row].clone());
                for _ in 0..rng.usize(0..4).min(lists.len()) {
                    let before = rng.usize(0..lists.len());
                    clocks.join(before);
                    for (mine, its) in list.iter_mut().zip(&lists[before]) {
                        *mine = (*mine).max(*its);
                    }
                }
                for _ in 0..rng.usize(0..3).min(width) {
                    let goroutine = rng.usize(0..width);
                    list[goroutine] += rng.u32(1..3);
                    clocks.set(goroutine, list[goroutine]);
                }
                lists.push(list);
            }
            for (event, list) in lists.iter().enumerate() {
                let numbers: Vec<u32> = clocks.numbers(event).take(width).collect();
                assert_eq!(numbers, *list, "{width}");
                for (goroutine, number) in list.iter().enumerate() {
                    assert_eq!(clocks.number(event, goroutine), *number);
                }
            }
        }
    }

    /// An execution in which one goroutine after the other moves has one new part for each event.
    #[test]
    fn what_is_equal_is_shared() {
        let mut clocks = Clocks::default();
        clocks.restart(1000);
        for event in 0..5000 {
            clocks.push(None).unwrap();
            if event > 0 {
                clocks.join(event - 1);
            }
            clocks.set(event % 1000, event as u32 / 1000 + 1);
        }
        assert_eq!(clocks.parts.len(), 5001 * PART);
    }
}
