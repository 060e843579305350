//! Running a side as a process of its own, with a limit on its time.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The polling interval for the end of the process, which measures its own time.
const POLL: Duration = Duration::from_millis(1);

/// A process that has ended by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// True if it ended with code 0.
    pub success: bool,
    /// Its exit code, if it has one.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs `command` to its end, or kills it after `time_max`.
pub fn run(command: &mut Command, time_max: Duration) -> Result<Finished, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run {name}: {e}"))?;
    let stdout = child.stdout.take().map(read_all);
    let stderr = child.stderr.take().map(read_all);
    let ended = wait(&mut child, time_max);
    let (stdout, stderr) = (text(stdout), text(stderr));
    let status = match ended {
        Ok(Some(status)) => status,
        Ok(None) => return Err(format!("{name} took over {} s", time_max.as_secs())),
        Err(e) => return Err(format!("waiting for {name}: {e}")),
    };
    Ok(Finished {
        success: status.success(),
        code: status.code(),
        stdout,
        stderr,
    })
}

/// Waits for `child`. Returns `None` if it was killed for taking too long.
fn wait(
    child: &mut Child,
    time_max: Duration,
) -> std::io::Result<Option<std::process::ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > time_max {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

/// Reads a pipe while the process runs, which would block if the pipe were full.
fn read_all(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A broken pipe gives the bytes before the break.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

fn text(reader: Option<JoinHandle<Vec<u8>>>) -> String {
    let bytes = reader.and_then(|reader| reader.join().ok());
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}
