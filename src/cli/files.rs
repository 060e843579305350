//! Files that the program is told to read or to write.

use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

/// How many symbolic links may follow on each other, as on Linux.
const LINKS_MAX: usize = 40;

/// Returns the path that a path leads to in the end, by symbolic links, also if nothing is there
/// yet.
pub(crate) fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {
                let target = fs::read_link(&path)?;
                path = path
                    .parent()
                    .map_or(target.clone(), |folder| folder.join(target));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(_) | Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Returns true if a plain file is there, false if nothing is.
///
/// # Errors
/// If something else is there, of which one cannot tell what it does when it is opened; or nobody
/// can say.
pub(crate) fn is_there(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(found) => Err(io::Error::other(format!(
            "it is {}, and a file is wanted",
            kind(found.file_type())
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn kind(of: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if of.is_fifo() {
            return "a pipe";
        }
        if of.is_char_device() || of.is_block_device() {
            return "a device";
        }
        if of.is_socket() {
            return "a socket";
        }
    }
    if of.is_dir() {
        "a directory"
    } else {
        "something else"
    }
}
