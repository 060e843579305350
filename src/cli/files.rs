//! Files that the program has to read or write.

use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gordian_checker::memory::Bytes;

/// Most symbolic links in a row, as on Linux.
const LINKS_MAX: usize = 40;

/// Returns the path at the end of a chain of symbolic links, even if there is no file there yet.
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

/// Most bytes of a file that is read.
const BYTES_MAX: u64 = 16 << 20;

/// Reads a file. Refuses endless files, and pipes that might never be written.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    is_there(path)?;
    let mut content = String::new();
    let file = File::open(path)?;
    file.take(BYTES_MAX + 1).read_to_string(&mut content)?;
    if content.len() as u64 > BYTES_MAX {
        return Err(io::Error::other(format!(
            "it is larger than {}, which no such file is",
            Bytes(BYTES_MAX)
        )));
    }
    Ok(content)
}

/// Returns true if a regular file is there, false if nothing is.
///
/// # Errors
/// If something else is there, whose behaviour on opening is unknown, or if the system cannot tell.
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
