//! Shards: parts of the rows, for several machines.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of several parts of the rows, written as `2/3`. The default is all of them, `1/1`.
///
/// Rows are dealt out in turns that change their direction: to 1, 2, 3, then to 3, 2, 1. So no
/// shard gets all fixed variants, which take longer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Shard {
    /// Its number, from 1.
    number: NonZeroU32,
    /// The number of all.
    pub(super) count: NonZeroU32,
}

impl Default for Shard {
    fn default() -> Self {
        Self {
            number: NonZeroU32::MIN,
            count: NonZeroU32::MIN,
        }
    }
}

impl Shard {
    /// Returns all shards of this number.
    pub(super) fn all(count: NonZeroU32) -> impl Iterator<Item = Self> {
        let numbers = (1..=count.get()).filter_map(NonZeroU32::new);
        numbers.map(move |number| Self { number, count })
    }

    /// Returns the items that belong to it, in their order.
    pub(super) fn of<T>(self, items: Vec<T>) -> Vec<T> {
        let items = items.into_iter().enumerate();
        let own = items.filter(|(index, _)| self.has(*index));
        own.map(|(_, item)| item).collect()
    }

    /// Returns true if the item at this index belongs to it.
    pub(super) fn has(self, index: usize) -> bool {
        let count = self.count.get() as usize;
        let (turn, at) = (index / count, index % count);
        let at = match turn % 2 {
            0 => at,
            _ => count - 1 - at,
        };
        at + 1 == self.number.get() as usize
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "no shard: write 1/3 for the first of three".to_owned();
        let (number, count) = text.split_once('/').ok_or_else(wrong)?;
        let number: NonZeroU32 = number.parse().map_err(|_| wrong())?;
        let count: NonZeroU32 = count.parse().map_err(|_| wrong())?;
        match number <= count {
            true => Ok(Self { number, count }),
            false => Err(format!("of {count} shards the last is {count}/{count}")),
        }
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_in_one_shard_and_variants_are_mixed() {
        for count in 1..9 {
            let shards = Shard::all(NonZeroU32::new(count).unwrap());
            let dealt: Vec<Vec<usize>> = shards.map(|it| it.of((0..28).collect())).collect();
            let mut all = dealt.concat();
            all.sort_unstable();
            assert_eq!(all, (0..28).collect::<Vec<_>>());
            for rows in dealt {
                // Of each kernel the buggy variant is even.
                let fixed = rows.iter().filter(|row| *row % 2 == 1).count();
                assert!(fixed.abs_diff(rows.len() - fixed) <= 2, "{count}: {rows:?}");
            }
        }
    }

    #[test]
    fn a_shard_is_read_as_it_is_written() {
        for text in ["1/1", "2/3", "3/3"] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text);
        }
        for wrong in ["", "1", "0/3", "4/3", "1/0", "a/b", "1/3/5", "-1/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
