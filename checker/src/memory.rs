//! How much memory the process has, and whether there is more. This is the only part of the library
//! that reads a file.

use std::fmt;
use std::fs::File;
use std::hint::black_box;
use std::io::Read;

use crate::model::Fault;

/// Said where a limit on memory is asked for and the system does not tell how much is in use.
pub const NOT_TOLD: &str =
    "a limit on memory needs a system that tells how much is in use: Linux, with /proc";

/// Returns the bytes of anonymous memory that the process has in use: what it has allocated and
/// touched, but no pages of files and no memory that is shared. `None` where the system does not
/// tell: it is Linux that does, as `RssAnon` in `/proc/self/status`.
#[must_use]
pub fn anonymous() -> Option<u64> {
    // The file is shorter than this, and no memory is to be asked for when it is scarce.
    let mut buffer = [0; 4096];
    let mut file = File::open("/proc/self/status").ok()?;
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]).ok()? {
            0 => break,
            read => length += read,
        }
    }
    parse(std::str::from_utf8(&buffer[..length]).ok()?)
}

/// Finds the figure in the text of that file.
fn parse(status: &str) -> Option<u64> {
    let figure = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kibibytes: u64 = figure.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// How much memory is to be had at least for a search to go on, so that what it allocates until the
/// next look does not fail: most of that is in pieces so small that Rust ends the process if there
/// is no memory for one.
pub(crate) const ROOM_MIN: u64 = 64 << 20;

/// Returns true if so many bytes could be allocated now. None of them is touched.
pub(crate) fn has_room(bytes: u64) -> bool {
    let Ok(bytes) = usize::try_from(bytes) else {
        return false;
    };
    let mut room: Vec<u8> = Vec::new();
    let reserved = room.try_reserve_exact(bytes);
    // An allocation that nobody looks at may be left out by the compiler.
    black_box(&mut room);
    reserved.is_ok()
}

/// Makes room for so many more items, as `Vec::reserve` does.
///
/// # Errors
/// If there is no memory for that.
pub(crate) fn reserve<T>(items: &mut Vec<T>, more: usize) -> Result<(), Fault> {
    items.try_reserve(more).map_err(|_| {
        // It is doubled where it is full.
        let wanted = items.len().max(more) * size_of::<T>();
        no_memory(wanted)
    })
}

/// That there is no memory for so many bytes more.
pub(crate) fn no_memory(bytes: usize) -> Fault {
    Fault::NoMemory {
        bytes: bytes as u64,
    }
}

/// A number of bytes as people write it: `512 MiB`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = ["KiB", "MiB", "GiB", "TiB"];
        let Some(unit) = (0..units.len())
            .rev()
            .find(|unit| self.0 >> (10 * (unit + 1)) > 0)
        else {
            return write!(f, "{} bytes", self.0);
        };
        let tenths = (u128::from(self.0) * 10) >> (10 * (unit + 1));
        match tenths % 10 {
            0 => write!(f, "{} {}", tenths / 10, units[unit]),
            tenth => write!(f, "{}.{tenth} {}", tenths / 10, units[unit]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_is_found_in_the_text() {
        let status =
            "Name:\tgordian\nVmRSS:\t    9000 kB\nRssAnon:\t     512 kB\nRssFile:\t 8488 kB\n";
        assert_eq!(parse(status), Some(512 << 10));
        assert_eq!(parse("Name:\tgordian\nVmRSS:\t    9000 kB\n"), None);
        assert_eq!(parse("RssAnon:\tmuch\n"), None);
        assert_eq!(parse(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_it() {
        assert!(anonymous().is_some_and(|bytes| bytes > 0));
    }

    #[test]
    fn there_is_room_for_little_and_none_for_everything() {
        assert!(has_room(1 << 10));
        assert!(!has_room(u64::MAX));
        assert!(!has_room(u64::MAX / 2));
    }

    #[test]
    fn what_there_is_no_room_for_is_an_error() {
        let mut few = vec![1_u64, 2, 3];
        assert_eq!(reserve(&mut few, 100), Ok(()));
        assert!(few.capacity() >= 103);
        let all = usize::MAX / size_of::<u64>() - 8;
        let bytes = (all * size_of::<u64>()) as u64;
        assert_eq!(reserve(&mut few, all), Err(Fault::NoMemory { bytes }));
        assert_eq!(few, [1, 2, 3]);
    }

    #[test]
    fn bytes_are_written_as_people_write_them() {
        let text = |bytes| Bytes(bytes).to_string();
        assert_eq!(text(0), "0 bytes");
        assert_eq!(text(1023), "1023 bytes");
        assert_eq!(text(1024), "1 KiB");
        assert_eq!(text(512 << 20), "512 MiB");
        assert_eq!(text((3 << 30) / 2), "1.5 GiB");
        assert_eq!(text(u64::MAX), "16777215.9 TiB");
    }
}
