//! `yardstick`: the searches, measured on the standard families of programs.

use std::fs;

use gordian_checker::execution::words;
use gordian_checker::render::commands::shell_word;
use gordian_checker::script::families::{self, Family, Known};
use gordian_checker::{Checker, Engine, Report, Verdict};
use serde::Serialize;

use super::args::{YardstickArgs, threads};
use super::checkpoint::Owner;
use super::failure::Failure;
use super::progress::ProgressLine;
use super::search::{Plan, search_subject};
use super::terminal::{short_time, thousands};
use super::{Session, exit, signals};

/// The resources that an engine needed for a program.
#[derive(Serialize)]
struct Line<'a> {
    version: u32,
    yardstick: &'a str,
    size: &'a [u32],
    engine: &'a str,
    verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    timers: Option<&'static str>,
    complete: bool,
    executions: u64,
    discarded: u64,
    bad_executions: u64,
    states: Option<u64>,
    /// True if the program may have more states.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reduced: bool,
    steps: u64,
    steps_max: usize,
    goroutines: usize,
    time_s: f64,
    steps_per_s: f64,
    /// The most memory that the process had while this engine ran; null if the system does not
    /// report it.
    memory_peak_bytes: Option<u64>,
    /// The part of a combined search that completed; null if none did.
    finished_by: Option<&'a str>,
    limits: Vec<String>,
    /// The reason why there is no verdict, if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(crate) fn yardstick(session: &mut Session<'_>, args: &YardstickArgs) -> Result<u8, Failure> {
    let Some(name) = &args.family else {
        return list(session);
    };
    let family = Family::of(name).ok_or_else(|| unknown(session, name))?;
    let script = family.script(&args.sizes).map_err(Failure::Usage)?;
    let known = family.known(&args.sizes).map_err(Failure::Usage)?;
    let engines = match args.engine[..] {
        [] => vec![Checker::new().selected_engine()],
        ref asked => asked.to_vec(),
    };
    if args.checkpoint.checkpoint.is_some() && engines.len() > 1 {
        return Err(Failure::Usage(
            "a checkpoint is of one search: name one engine".to_owned(),
        ));
    }
    // A family is part of the program, whose version identifies it.
    let owner = Owner::new(
        &format!("{name} {:?}", args.sizes),
        "yardstick",
        String::new(),
    );
    let plan = Plan::new(&args.search)?
        .with_checkpoint(args.checkpoint.of(owner))
        .with_threads(threads(args.threads.jobs));
    let mut progress = ProgressLine::new(!args.json && !session.quiet);
    if !args.json {
        begin(session, family, args, &known)?;
    }
    let mut answered = true;
    for engine in engines {
        progress.label(format!("{name} {:?} {}", args.sizes, engine.name()));
        let script = script.clone();
        forget_peak();
        let timers = plan.timers.asked.unwrap_or_default();
        let checker = plan.checker(engine).timers(timers);
        let report = search_subject(&plan, checker, move || Box::new(script), &mut progress)?;
        let line = line(family, args, engine, &report);
        answered &= !matches!(
            report.verdict,
            Verdict::Bounded | Verdict::Unsupported | Verdict::Fault
        );
        if args.json {
            session.write_json(&line)?;
        } else {
            row(session, &line, &report)?;
        }
        session.out.flush()?;
        if signals::interrupted() {
            return Err(Failure::NoAnswer("interrupted".to_owned()));
        }
    }
    Ok(if answered {
        exit::AS_EXPECTED
    } else {
        exit::NO_ANSWER
    })
}

fn list(session: &mut Session<'_>) -> Result<u8, Failure> {
    for family in families::ALL {
        let sizes: Vec<String> = family
            .sizes
            .iter()
            .map(|(name, default)| match default {
                None => format!("<{name}>"),
                Some(default) => format!("[{name} = {default}]"),
            })
            .collect();
        writeln!(session.out, "  {} {}", family.name, sizes.join(" "))?;
        writeln!(session.out, "      {}", family.about)?;
    }
    Ok(exit::AS_EXPECTED)
}

fn unknown(session: &Session<'_>, name: &str) -> Failure {
    let names = families::ALL.iter().map(|family| family.name);
    let near = names.filter(|known| {
        known.starts_with(name) || strsim::normalized_damerau_levenshtein(known, name) > 0.6
    });
    let near: Vec<&str> = near.collect();
    let hint = match near[..] {
        [] => format!(
            "`{} yardstick` names them all",
            shell_word(&session.program)
        ),
        _ => format!("did you mean {}?", near.join(", ")),
    };
    Failure::Usage(format!("no family of programs is named `{name}`\n  {hint}"))
}

fn line<'a>(family: &Family, args: &'a YardstickArgs, engine: Engine, report: &Report) -> Line<'a> {
    let findings = &report.findings;
    let time_s = report.time.as_secs_f64();
    Line {
        version: 1,
        yardstick: family.name,
        size: &args.sizes,
        engine: engine.name(),
        verdict: report.verdict.to_string(),
        timers: report.timers_to_tell(),
        complete: findings.complete,
        executions: findings.executions,
        discarded: findings.discarded,
        bad_executions: findings.bad_executions,
        states: findings.states,
        reduced: findings.reduced,
        steps: findings.steps,
        steps_max: findings.steps_max,
        goroutines: findings.goroutines,
        time_s,
        steps_per_s: findings.steps as f64 / time_s.max(f64::EPSILON),
        memory_peak_bytes: peak(),
        finished_by: report
            .finished_by
            .or(findings.complete.then(|| report.engine.name())),
        limits: findings.limits.iter().map(ToString::to_string).collect(),
        reason: report
            .fault
            .as_ref()
            .map(words::fault)
            .or_else(|| report.reason.clone()),
    }
}

fn begin(
    session: &mut Session<'_>,
    family: &Family,
    args: &YardstickArgs,
    known: &Known,
) -> Result<(), Failure> {
    writeln!(
        session.out,
        "{} {:?}: {}",
        family.name, args.sizes, family.about
    )?;
    let facts = [
        ("executions", known.executions),
        ("deadlocks", known.deadlocks),
        ("states", known.states),
    ];
    let facts = facts
        .iter()
        .filter_map(|(what, number)| number.map(|number| format!("{number} {what}")));
    let facts: Vec<String> = facts.collect();
    if !facts.is_empty() {
        writeln!(
            session.out,
            "exactly known, the executions up to equivalence: {}",
            facts.join(", ")
        )?;
    }
    let heads = [
        "executions",
        "discarded",
        "bad",
        "states",
        "steps",
        "time",
        "steps/s",
        "peak",
    ];
    let [executions, discarded, bad, states, steps, time, rate, peak] = heads;
    writeln!(
        session.out,
        "\n  {:12} {:9} {executions:>11} {discarded:>9} {bad:>6} {states:>10} {steps:>11} \
         {time:>7} {rate:>9} {peak:>7}",
        "engine", "verdict"
    )?;
    Ok(())
}

fn row(session: &mut Session<'_>, line: &Line<'_>, report: &Report) -> Result<(), Failure> {
    let mebibytes = |bytes: u64| format!("{}M", bytes.div_ceil(1 << 20));
    writeln!(
        session.out,
        "  {:12} {:9} {:>11} {:>9} {:>6} {:>10} {:>11} {:>7} {:>9} {:>7}",
        line.engine,
        line.verdict,
        thousands(line.executions),
        thousands(line.discarded),
        thousands(line.bad_executions),
        line.states.map_or("-".to_owned(), thousands),
        thousands(line.steps),
        short_time(report.time),
        thousands(line.steps_per_s as u64),
        line.memory_peak_bytes.map_or("-".to_owned(), mebibytes),
    )?;
    for limit in &line.limits {
        writeln!(session.out, "  {:12} {limit}: NOT a proof", "")?;
    }
    for text in line.reason.iter().flat_map(|reason| reason.lines()) {
        writeln!(session.out, "  {:12} {text}", "")?;
    }
    Ok(())
}

/// Resets the system's measurement of the peak of memory, where possible.
fn forget_peak() {
    // Linux: "5" resets the peak of the resident set (proc(5), clear_refs). Where that fails, the
    // peak is that of all engines together, or unknown.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Returns the most memory that this process has used since the reset.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
