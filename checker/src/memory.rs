//! The memory of the process: the amount in use, and whether there is more. In the library only
//! this module and the assertions read a file.
//!
//! A search stops at a limit on what is in use. Without one a large search would use all memory of
//! the machine, and the system would end the process, or another one.

use std::fmt;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Read;

use crate::model::Fault;

/// The message if a limit on memory is requested and the system does not report the amount in use.
pub const NOT_TOLD: &str =
    "a limit on memory needs a system that tells how much is in use: Linux, with /proc";

/// Returns the bytes of anonymous memory that the process has in use. This is what it has allocated
/// and touched, without pages of files and shared memory. Returns `None` where the system does not
/// report it. Linux does, as `RssAnon` in `/proc/self/status`.
#[must_use]
pub fn anonymous() -> Option<u64> {
    // The file is shorter than this. No memory may be requested here, since it may be scarce.
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
    figure(status, "RssAnon:")
}

/// Returns the bytes in the line of a file in `/proc` that begins with this name.
fn figure(text: &str, name: &str) -> Option<u64> {
    let figure = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = figure.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Returns half of the memory that the machine has, or the process's control group if that is less.
/// The other half is for a table that grows: it is copied, and takes its memory twice meanwhile.
/// Returns `None` where the system does not report what is [in use](anonymous).
#[must_use]
pub fn half() -> Option<u64> {
    anonymous()?;
    Some(total(&|path| fs::read_to_string(path).ok())? / 2)
}

/// Finds the memory of the machine, and the limits of the control groups, in the system's files.
fn total(read: &dyn Fn(&str) -> Option<String>) -> Option<u64> {
    let mut total = figure(&read("/proc/meminfo")?, "MemTotal:")?;
    for line in read("/proc/self/cgroup").unwrap_or_default().lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (root, file) = match fields.next() {
            Some("") => ("/sys/fs/cgroup", "memory.max"),
            Some("memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => continue,
        };
        // A group has no more than each group above it.
        let mut path = fields.next();
        while let Some(group) = path {
            let limit = read(&format!("{root}{group}/{file}"));
            let limit = limit.and_then(|limit| limit.trim().parse().ok());
            total = limit.map_or(total, |limit: u64| total.min(limit));
            path = group.rsplit_once('/').map(|(above, _)| above);
        }
    }
    Some(total)
}

/// Least memory that must be available for a search to go on, so that its allocations until the
/// next look do not fail. Most of them are small, and Rust ends the process if a small one fails.
pub(crate) const ROOM_MIN: u64 = 64 << 20;

/// Returns true if this many bytes could be allocated now. None of them is touched.
pub(crate) fn has_room(bytes: u64) -> bool {
    let Ok(bytes) = usize::try_from(bytes) else {
        return false;
    };
    let mut room: Vec<u8> = Vec::new();
    let reserved = room.try_reserve_exact(bytes);
    // The compiler may remove an allocation that nobody uses.
    black_box(&mut room);
    reserved.is_ok()
}

/// Makes room for this many more items, as `Vec::reserve` does.
///
/// # Errors
/// If there is no memory for that.
pub(crate) fn reserve<T>(items: &mut Vec<T>, more: usize) -> Result<(), Fault> {
    items.try_reserve(more).map_err(|_| {
        // A full vector doubles.
        let wanted = items.len().max(more) * size_of::<T>();
        no_memory(wanted)
    })
}

/// Returns the fault that the system refused this many more bytes.
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
    fn a_control_group_may_have_less_than_the_machine() {
        let total = |files: &[(&str, &str)]| {
            let found = |path: &str| files.iter().find(|(name, _)| *name == path);
            total(&|path| found(path).map(|(_, text)| (*text).to_owned()))
        };
        let machine = ("/proc/meminfo", "MemTotal:  1000 kB\nMemFree: 1 kB\n");
        assert_eq!(total(&[]), None);
        assert_eq!(total(&[machine]), Some(1000 << 10));
        let group = ("/proc/self/cgroup", "0::/a/b\n");
        let own = ("/sys/fs/cgroup/a/b/memory.max", "max\n");
        assert_eq!(total(&[machine, group, own]), Some(1000 << 10));
        let above = ("/sys/fs/cgroup/a/memory.max", "5000\n");
        assert_eq!(total(&[machine, group, own, above]), Some(5000));
        let root = ("/sys/fs/cgroup/memory.max", "4000\n");
        assert_eq!(total(&[machine, group, own, above, root]), Some(4000));
        let large = ("/sys/fs/cgroup/a/memory.max", "9000000000\n");
        assert_eq!(total(&[machine, group, large]), Some(1000 << 10));
        let older = ("/proc/self/cgroup", "4:cpu:/x\n3:memory:/\n");
        let file = "/sys/fs/cgroup/memory/memory.limit_in_bytes";
        assert_eq!(total(&[machine, older, (file, "3000\n")]), Some(3000));
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
