//! A file with a value in binary form. Its first line is JSON and tells what it is. The value and a
//! checksum follow.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes it piece by piece, since memory may be too scarce for all of it.
pub(crate) fn write(
    file: &mut dyn Write,
    header: &impl Serialize,
    content: &impl Serialize,
) -> io::Result<()> {
    let mut file = Summed {
        file,
        sum: FNV_BASIS,
        error: None,
    };
    serde_json::to_writer(&mut file, header)?;
    file.write_all(b"\n")?;
    if let Err(error) = postcard::to_io(content, &mut file) {
        return Err(file.error.unwrap_or(io::Error::other(error)));
    }
    let Summed { file, sum, .. } = file;
    file.write_all(&sum.to_le_bytes())
}

/// A file that is being written, and the checksum of its content.
struct Summed<'a> {
    file: &'a mut dyn Write,
    sum: u64,
    /// The reason why it could not be written: the serializer may report less.
    error: Option<io::Error>,
}

impl Write for Summed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.file.write(bytes) {
            Ok(written) => {
                self.sum = checksum(self.sum, &bytes[..written]);
                Ok(written)
            }
            Err(error) => {
                let kind = error.kind();
                self.error = Some(error);
                Err(kind.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file that was read.
pub(crate) struct Sealed {
    bytes: Vec<u8>,
    /// The length of the first line.
    line: usize,
    /// The name of what it should be.
    what: &'static str,
}

/// Reads a file that should be a `what`.
///
/// # Errors
/// If it cannot be read or has no first line, in words.
pub(crate) fn read(path: &Path, what: &'static str) -> Result<Sealed, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let line = bytes.iter().position(|byte| *byte == b'\n');
    let line = line.ok_or_else(|| format!("it is no {what}"))?;
    Ok(Sealed { bytes, line, what })
}

impl Sealed {
    /// Returns the first line.
    ///
    /// # Errors
    /// If it is another one, in words.
    pub(crate) fn header<T: DeserializeOwned>(&self) -> Result<T, String> {
        let line = &self.bytes[..self.line];
        serde_json::from_slice(line).map_err(|_| format!("it is no {}", self.what))
    }

    /// Returns the value.
    ///
    /// # Errors
    /// If the file is not whole, or is of another kind, in words.
    pub(crate) fn content<T: DeserializeOwned>(&self) -> Result<T, String> {
        let (body, sum) = self
            .bytes
            .split_last_chunk::<8>()
            .filter(|(body, _)| body.len() > self.line)
            .ok_or("it is cut short")?;
        if checksum(FNV_BASIS, body) != u64::from_le_bytes(*sum) {
            return Err("it is damaged: its checksum is wrong".to_owned());
        }
        let content = postcard::from_bytes(&body[self.line + 1..]);
        content.map_err(|error| format!("it cannot be read: {error}"))
    }
}

/// The checksum of nothing.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// Returns the 64-bit FNV-1a checksum after these bytes, if it was `sum` before them.
fn checksum(sum: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(sum, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
