//! Files that the program has to read or write.

use std::fs::{self, File, FileType};
use std::io::{self, BufWriter, Read, Write};
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
    read_up_to(path, BYTES_MAX)
}

/// Does the same for files of at most this many bytes.
pub(crate) fn read_up_to(path: &Path, max: u64) -> io::Result<String> {
    is_there(path)?;
    let mut content = String::new();
    let file = File::open(path)?;
    file.take(max + 1).read_to_string(&mut content)?;
    if content.len() as u64 > max {
        return Err(io::Error::other(format!(
            "it is larger than {}, which no such file is",
            Bytes(max)
        )));
    }
    Ok(content)
}

/// Tries to write a file there, and leaves nothing behind.
pub(crate) fn try_out(path: &Path) -> io::Result<()> {
    let path = follow(path)?;
    is_there(&path)?;
    let beside = beside(&path);
    is_there(&beside)?;
    File::create(&beside)?.write_all(b"whether it can be written\n")?;
    fs::remove_file(&beside)
}

/// Writes a file so that a complete one exists at any time: beside the old one, which it replaces.
pub(crate) fn replace(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let path = follow(path)?;
    let beside = beside(&path);
    let whole = || {
        let mut file = BufWriter::new(File::create(&beside)?);
        content(&mut file)?;
        file.into_inner()?.sync_all()
    };
    if let Err(error) = whole() {
        // The disk may be full.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    fs::rename(&beside, &path)?;
    // The name is on the disk once its directory is. Not every system can sync one.
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Ok(directory) = File::open(directory.unwrap_or(Path::new("."))) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// Returns the path of the file that is written before it replaces this one.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
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
