//! Random programs for the machine, exported in batches.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use gordian_go::export::{Exports, Settings, export};

use super::gotool::{Files, Go, Module};
use super::{Failure, Options};

/// Programs in one export: each is a package, and the go command lists all of them at once.
const BATCH: u64 = 250;
/// The folder of Debian's x/tools.
const GOPATH: &str = "/usr/share/gocode";

/// A program that can be exported.
pub(super) trait Printed: Sync {
    fn seed(&self) -> u64;
    fn source(&self) -> &str;
}

/// Exports the program of each seed that has one, and hands the exports on, with what was prepared
/// for all programs of a batch.
///
/// # Errors
/// Fails if a program cannot be exported, or if a batch cannot be prepared.
pub(super) fn each<P: Printed, T: Sync>(
    options: &Options,
    go: &Go,
    files: Files,
    make: impl Fn(u64) -> Option<P>,
    prepare: impl Fn(&Module, &[P]) -> Result<T, Failure>,
    compare: impl Fn(&P, &str, &T) + Sync,
) -> Result<(), Failure> {
    let started = Instant::now();
    let module = Module::new(go, files, options.keep)?;
    let settings = Settings {
        // The first exports for all: x/tools may be older than another.
        go: Go::new(&options.go[0])?.command.into(),
        cache: PathBuf::from("target/conform-go"),
        gopath: Path::new(GOPATH).is_dir().then(|| GOPATH.into()),
        offline: Path::new(GOPATH).is_dir(),
        tags: String::new(),
    };
    let mut next = 0;
    while next < options.programs && options.time_max.is_none_or(|max| started.elapsed() < max) {
        let count = BATCH.min(options.programs - next);
        let first = options.seed.wrapping_add(next);
        next += count;
        let programs: Vec<P> = (first..first + count).filter_map(&make).collect();
        let exports = exported(&settings, &module, &programs)?;
        let prepared = prepare(&module, &programs)?;
        batch(options, &programs, &exports, |it, json| {
            compare(it, json, &prepared);
        });
        for it in programs.iter().filter(|_| !options.keep) {
            let _ = fs::remove_dir_all(module.directory.join(folder(it)));
        }
    }
    Ok(())
}

/// Returns the folder of a program in its module.
pub(super) fn folder(program: &impl Printed) -> String {
    format!("p{}", program.seed())
}

fn exported<P: Printed>(
    settings: &Settings,
    module: &Module,
    programs: &[P],
) -> Result<Exports, Failure> {
    for it in programs {
        module.write(&format!("{}/main.go", folder(it)), it.source())?;
    }
    let patterns = ["./...".to_owned()];
    let exports = export(settings, &module.directory, &patterns, &mut |text| {
        println!("{text}")
    })
    .map_err(|problem| Failure::Other(problem.to_string()))?;
    // Exports of random programs are not asked for again.
    let _ = fs::remove_dir_all(settings.cache.join("exports"));
    match exports.problems.first() {
        Some(problem) => Err(Failure::Other(problem.to_string())),
        None => Ok(exports),
    }
}

fn batch<P: Printed>(
    options: &Options,
    programs: &[P],
    exports: &Exports,
    compare: impl Fn(&P, &str) + Sync,
) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                while let Some(it) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let path = format!("conform/{}", folder(it));
                    let package = exports.packages.iter().find(|package| package.path == path);
                    compare(it, package.map_or("", |package| package.json.as_str()));
                }
            });
        }
    });
}
