//! SPIN, if `spin` and a C compiler are on the path: a stateful search with a static reduction.
//!
//! The programs are in `promela/`. Chosen: the verifier compiled for safety only with `-O2`, its
//! partial-order reduction on (its default), stopping at the first error (its default), and a depth
//! limit above the longest run of the program. The hash table starts at 2^20 places and grows,
//! since the default of 2^24 costs 50 ms before the search begins.
//!
//! The time is that of the verifier's process alone; generating and compiling it is in the note.

use gordian_peers::family::{Family, Table};
use gordian_peers::process;
use gordian_peers::record::{BOUNDED, DEADLOCK, Outcome, PANIC, PROVED};
use gordian_peers::tool::Refusal;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const PHILOSOPHERS: &str = include_str!("../../../promela/philosophers.pml");
const FAN_IN: &str = include_str!("../../../promela/fan_in.pml");
const PIPELINE: &str = include_str!("../../../promela/pipeline.pml");
const LOCK_INCREMENT: &str = include_str!("../../../promela/lock_increment.pml");
const READERS: &str = include_str!("../../../promela/readers.pml");
const RWLOCK: &str = include_str!("../../../promela/rwlock.pml");

/// The compilers to look for, best first.
const COMPILERS: [&str; 3] = ["cc", "gcc", "clang"];

/// The time after which a run is stopped.
const TIME_MAX: Duration = Duration::from_secs(600);

/// Runs `family` once.
pub fn run(family: &Family) -> Result<Outcome, Refusal> {
    let (source, depth) = match *family {
        Family::Philosophers(table) if !table.joined => philosophers(&table),
        Family::FanIn {
            senders,
            values,
            capacity,
        } => fan_in(senders, values, capacity),
        Family::Pipeline {
            stages,
            values,
            capacity,
        } => pipeline(stages, values, capacity),
        Family::LockIncrement(workers) => {
            let macros = format!("#define WORKERS {workers}\n");
            (macros + LOCK_INCREMENT, depth(2 * workers))
        }
        Family::Readers(readers) => {
            let macros = format!("#define READERS {readers}\n");
            (macros + READERS, depth(readers + 1))
        }
        Family::RwLock { readers, writers } => {
            let macros = format!("#define READERS {readers}\n#define WRITERS {writers}\n");
            (macros + RWLOCK, depth(2 * readers + 3 * writers))
        }
        Family::Philosophers(_) | Family::Independent(_) => {
            return Err(Refusal::unsupported(family, "not written in Promela"));
        }
    };
    let spin = on_path("spin").ok_or_else(|| Refusal::Missing("spin".to_string()))?;
    let compiler = COMPILERS
        .iter()
        .find_map(|name| on_path(name))
        .ok_or_else(|| Refusal::Missing("a C compiler".to_string()))?;
    let folder = Folder::new().map_err(|e| Refusal::Failed(format!("a folder for spin: {e}")))?;
    let start = Instant::now();
    let verifier = build(&spin, &compiler, &source, &folder.0)?;
    let built = start.elapsed();
    let start = Instant::now();
    let printed = stdout_of(
        Command::new(verifier)
            .args([&format!("-m{depth}"), "-w20"])
            .current_dir(&folder.0),
    )?;
    let time = start.elapsed();
    let (states, verdict) = read(&printed)?;
    Ok(Outcome {
        executions: None,
        states: Some(states),
        time,
        verdict,
        note: format!("made and compiled in {:.1} s", built.as_secs_f64()),
    })
}

/// Returns the source, and a depth that no run of it exceeds.
fn philosophers(table: &Table) -> (String, usize) {
    let Table {
        seats,
        rounds,
        ordered,
        ..
    } = *table;
    let macros = format!(
        "#define SEATS {seats}\n#define ROUNDS {rounds}\n#define ORDERED {}\n",
        u8::from(ordered)
    );
    (macros + PHILOSOPHERS, depth(4 * seats * rounds))
}

/// Returns the source, and a depth that no run of it exceeds.
fn fan_in(senders: usize, values: usize, capacity: usize) -> (String, usize) {
    let repeated = |statement: &str, times| vec![statement; times].join("; ");
    let macros = format!(
        "#define SENDERS {senders}\n#define CAPACITY {capacity}\n#define SENDS {}\n\
         #define RECEIVES {}\n",
        repeated("values!1", values),
        repeated("values?value", senders * values),
    );
    (macros + FAN_IN, depth(2 * senders * values))
}

/// Returns the source, and a depth that no run of it exceeds.
fn pipeline(stages: usize, values: usize, capacity: usize) -> (String, usize) {
    let repeated = |statement: &str| vec![statement; values].join("; ");
    let macros = format!(
        "#define STAGES {stages}\n#define CAPACITY {capacity}\n#define SENDS {}\n\
         #define STEPS {}\n#define RECEIVES {}\n",
        repeated("c[0]!1"),
        repeated("c[_pid]?_; c[_pid + 1]!1"),
        repeated("c[STAGES]?_"),
    );
    (macros + PIPELINE, depth(2 * (stages + 1) * values))
}

/// Returns the verifier's depth for this many steps, with room for its own.
fn depth(steps: usize) -> usize {
    1_000 + 2 * steps
}

/// Builds the verifier in `folder` and returns its path.
fn build(spin: &Path, compiler: &Path, source: &str, folder: &Path) -> Result<PathBuf, Refusal> {
    fs::write(folder.join("model.pml"), source)
        .map_err(|e| Refusal::Failed(format!("writing the model: {e}")))?;
    stdout_of(
        Command::new(spin)
            .args(["-a", "model.pml"])
            .current_dir(folder),
    )?;
    stdout_of(
        Command::new(compiler)
            .args(["-O2", "-w", "-DSAFETY", "-DNOFAIR", "-o", "pan", "pan.c"])
            .current_dir(folder),
    )?;
    Ok(folder.join("pan"))
}

fn stdout_of(command: &mut Command) -> Result<String, Refusal> {
    let finished = process::run(command, TIME_MAX).map_err(Refusal::Failed)?;
    if finished.success {
        Ok(finished.stdout)
    } else {
        let said = format!("{}{}", finished.stdout, finished.stderr);
        let program = command.get_program().to_string_lossy().into_owned();
        Err(Refusal::Failed(format!("{program}: {}", said.trim())))
    }
}

/// Returns the number of states and the verdict from the verifier's output.
fn read(printed: &str) -> Result<(u64, &'static str), Refusal> {
    let states = printed
        .lines()
        .find_map(|line| line.trim().strip_suffix(" states, stored"))
        .and_then(|number| number.trim().parse().ok())
        .ok_or_else(|| Refusal::Failed("the verifier printed no number of states".to_string()))?;
    let verdict = if printed.contains("invalid end state (at depth") {
        DEADLOCK
    } else if printed.contains("max search depth too small") || printed.contains("out of memory") {
        BOUNDED
    } else if printed.contains("errors: 0") {
        PROVED
    } else {
        PANIC
    };
    Ok((states, verdict))
}

/// Returns the program called `name` on the path.
fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// A folder of this process's own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Folder> {
        let path = env::temp_dir().join(format!("gordian-spin-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A leftover does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// States and verdict are read from the lines that the verifier prints.
    #[test]
    fn what_the_verifier_prints_is_read() {
        let proved = "State-vector 20 byte, depth reached 8, errors: 0\n       16 states, stored\n";
        assert_eq!(read(proved), Ok((16, PROVED)));
        let stuck = "pan:1: invalid end state (at depth 2)\nerrors: 1\n       37 states, stored\n";
        assert_eq!(read(stuck), Ok((37, DEADLOCK)));
        let cut = "error: max search depth too small\nerrors: 0\n  5 states, stored\n";
        assert_eq!(read(cut), Ok((5, BOUNDED)));
        assert!(read("nothing").is_err());
    }
}
