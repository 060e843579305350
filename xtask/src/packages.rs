//! The table of real packages in docs/go.md: what `gordian check` says of the tests of libraries
//! that Debian has as source.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The packages of Debian, and the Go packages in each that are checked.
const PACKAGES: &[(&str, &[&str])] = &[
    (
        "golang-golang-x-sync-dev",
        &[
            "golang.org/x/sync/errgroup",
            "golang.org/x/sync/semaphore",
            "golang.org/x/sync/singleflight",
        ],
    ),
    ("golang-golang-x-time-dev", &["golang.org/x/time/rate"]),
    ("golang-github-oklog-run-dev", &["github.com/oklog/run"]),
    (
        "golang-github-cenkalti-backoff-dev",
        &["github.com/cenkalti/backoff"],
    ),
    (
        "golang-github-patrickmn-go-cache-dev",
        &["github.com/patrickmn/go-cache"],
    ),
    (
        "golang-github-hashicorp-golang-lru-dev",
        &[
            "github.com/hashicorp/golang-lru",
            "github.com/hashicorp/golang-lru/simplelru",
        ],
    ),
    (
        "golang-gopkg-eapache-channels.v1-dev",
        &["github.com/eapache/channels"],
    ),
    (
        "golang-gopkg-eapache-queue.v1-dev",
        &["github.com/eapache/queue"],
    ),
    ("golang-github-moby-locker-dev", &["github.com/moby/locker"]),
    ("golang-github-moby-pubsub-dev", &["github.com/moby/pubsub"]),
    (
        "golang-github-nozzle-throttler-dev",
        &["github.com/nozzle/throttler"],
    ),
    (
        "golang-github-remeh-sizedwaitgroup-dev",
        &["github.com/remeh/sizedwaitgroup"],
    ),
    (
        "golang-github-jackc-puddle-dev",
        &["github.com/jackc/puddle"],
    ),
    (
        "golang-github-docker-go-events-dev",
        &["github.com/docker/go-events"],
    ),
    (
        "golang-github-ivpusic-grpool-dev",
        &["github.com/ivpusic/grpool"],
    ),
    ("golang-github-igm-pubsub-dev", &["github.com/igm/pubsub"]),
    ("golang-github-cenk-hub-dev", &["github.com/cenk/hub"]),
    (
        "golang-gitlab-jonas.jasas-condchan-dev",
        &["gitlab.com/jonas.jasas/condchan"],
    ),
    (
        "golang-github-bep-debounce-dev",
        &["github.com/bep/debounce"],
    ),
    (
        "golang-github-golang-groupcache-dev",
        &[
            "github.com/golang/groupcache/singleflight",
            "github.com/golang/groupcache/lru",
            "github.com/golang/groupcache/consistenthash",
        ],
    ),
    ("golang-github-ngaut-sync2-dev", &["github.com/ngaut/sync2"]),
    (
        "golang-github-oxtoacart-bpool-dev",
        &["github.com/oxtoacart/bpool"],
    ),
];

/// The folder in which Debian's packages have their sources.
const GOPATH: &str = "/usr/share/gocode";

/// The marks around the table.
const BEGIN: &str = "<!-- cargo xtask go-packages -->";
const END: &str = "<!-- end -->";

/// The counts of a library.
#[derive(Default)]
struct Counts {
    tests: usize,
    proved: usize,
    assuming: usize,
    refuted: Vec<String>,
    bounded: usize,
    unsupported: usize,
    /// The things that the unsupported ones do, with how many do.
    by: BTreeMap<String, usize>,
    /// Why there are no rows.
    error: Option<String>,
}

/// Checks the packages, those whose name contains a text, and prints the table. Without a text the
/// table in docs/go.md is written anew.
pub(crate) fn run(only: &str, seconds: u32) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = own.with_file_name("gordian");
    if !program.is_file() {
        return Err(format!(
            "there is no {}: cargo build --release",
            program.display()
        ));
    }
    let mut table = String::from(
        "| package | version | tests | proved | assuming | refuted | bounded | unsupported | by |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let mut sum = Counts::default();
    for (debian, paths) in PACKAGES {
        let Some(version) = version(debian) else {
            eprintln!("{debian} is not installed: apt-get install {debian}");
            continue;
        };
        for path in paths.iter().filter(|path| path.contains(only)) {
            let counts = check(&program, path, seconds)?;
            table += &row(path, &version, &counts);
            add(&mut sum, counts);
        }
    }
    table += &row("all", "", &sum);
    print!("{table}");
    if only.is_empty() {
        let file = root().join("docs/go.md");
        let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
        let between = text.split_once(BEGIN).and_then(|(before, rest)| {
            let (_, after) = rest.split_once(END)?;
            Some(format!("{before}{BEGIN}\n{table}{END}{after}"))
        });
        let text = between.ok_or_else(|| format!("docs/go.md has no {BEGIN} and {END}"))?;
        fs::write(&file, text).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Returns the version of a package of Debian, if it is installed.
fn version(debian: &str) -> Option<String> {
    let output = Command::new("dpkg-query")
        .args(["-W", "-f", "${Version}", debian])
        .output()
        .ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !version.is_empty()).then_some(version)
}

fn check(program: &Path, path: &str, seconds: u32) -> Result<Counts, String> {
    let output = Command::new(program)
        .args(["check", path, "--format", "json", "--quiet", "--time-max"])
        .arg(format!("{seconds}s"))
        .args(["--memory-max", "2G"])
        .env("GO111MODULE", "off")
        .env("GOPATH", GOPATH)
        .env("GORDIAN_GOPATH", GOPATH)
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let mut counts = Counts::default();
    let text = String::from_utf8_lossy(&output.stdout);
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        count(&mut counts, &line);
    }
    if counts.tests == 0 {
        let error = String::from_utf8_lossy(&output.stderr);
        counts.error = Some(error.lines().next().unwrap_or("").to_owned());
    }
    Ok(counts)
}

/// Adds a row of `check`.
fn count(counts: &mut Counts, line: &Value) {
    let text = |key: &str| line[key].as_str().unwrap_or("");
    counts.tests += 1;
    match text("verdict") {
        "proved" => counts.proved += 1,
        "proved, assuming" => counts.assuming += 1,
        "bounded" | "within" => counts.bounded += 1,
        "unsupported" | "fault" => {
            counts.unsupported += 1;
            *counts.by.entry(need(text("reason"))).or_default() += 1;
        }
        other => counts.refuted.push(format!("{} {other}", text("variant"))),
    }
}

/// Returns what is not modelled, without the place where it stands.
fn need(reason: &str) -> String {
    if reason.contains("time stands still") || reason.contains("which stands still") {
        return "the time".to_owned();
    }
    let first = reason.split([';', '\n']).next().unwrap_or("");
    let first = first.strip_prefix("it ").unwrap_or(first);
    let what = first.split(", which is not modelled").next().unwrap_or("");
    // The place is the last word.
    let what = what.rsplit_once(" at ").map_or(what, |(what, _)| what);
    what.replace('|', "\\|")
}

fn add(sum: &mut Counts, counts: Counts) {
    sum.tests += counts.tests;
    sum.proved += counts.proved;
    sum.assuming += counts.assuming;
    sum.refuted.extend(counts.refuted);
    sum.bounded += counts.bounded;
    sum.unsupported += counts.unsupported;
}

fn row(path: &str, version: &str, counts: &Counts) -> String {
    let mut by: Vec<(&String, &usize)> = counts.by.iter().collect();
    by.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let by = by.iter().map(|(what, count)| format!("{what} ({count})"));
    let mut by = by.collect::<Vec<_>>().join("; ");
    if let Some(error) = &counts.error {
        by.clone_from(error);
    }
    let mut line = String::new();
    let _ = writeln!(
        line,
        "| {path} | {version} | {} | {} | {} | {} | {} | {} | {by} |",
        counts.tests,
        counts.proved,
        counts.assuming,
        counts.refuted.len(),
        counts.bounded,
        counts.unsupported,
    );
    line
}
