//! `report`: writes pages to look at.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gordian_checker::explain::compare::Why;
use gordian_checker::explain::{StateGraph, Trace};
use gordian_checker::render::commands::shell_word;
use gordian_checker::render::{Sources, html};
use gordian_checker::{Report, Verdict};

use super::args::{SearchArgs, TargetArgs};
use super::expectation::{Judgement, judge};
use super::failure::Failure;
use super::progress::ProgressLine;
use super::search::{Plan, search};
use super::states::states;
use super::stuck::Comparison;
use super::target::{self, Target};
use super::terminal::{count, thousands};
use super::{Session, exit, signals, why};

/// The arguments of `report`.
#[derive(clap::Args, Debug)]
pub(crate) struct ReportArgs {
    /// Kernels: names, or their beginnings or ends; Go packages: `./pkg`, `./...`, `x.go` [default:
    /// all kernels]
    #[arg(value_name = "KERNEL")]
    pub(crate) kernels: Vec<String>,
    /// The file of the page; or a folder, for a page of each and an `index.html`
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) html: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
}

/// A variant that was searched.
struct Searched {
    target: Target,
    report: Report,
    /// The worst finding.
    trace: Option<Trace>,
    verdict: String,
    ground: String,
    /// The arguments by which commands take it.
    command: String,
    judgement: Judgement,
    /// The states, and the sources of the places that they name; `None` if they cannot be had.
    graph: Option<(StateGraph, Sources)>,
}

/// The variants of one kernel, or a test, and the file of their page.
struct Entry {
    file: String,
    variants: Vec<Searched>,
    why: Option<Why>,
}

pub(crate) fn report(session: &mut Session<'_>, args: &ReportArgs) -> Result<u8, Failure> {
    let targets = target::several(session, &args.kernels, None, &args.target)?;
    let groups: Vec<&[Target]> = targets
        .chunk_by(|a, b| !a.is_package() && a.name() == b.name())
        .collect();
    let place = Place::of(&args.html, groups.len())?;
    let plan = Plan::new(&args.search)?;
    let mut progress = ProgressLine::new(!session.quiet);
    let mut files = BTreeSet::new();
    let mut entries = Vec::new();
    for group in groups {
        let file = file_name(&group[0], &mut files);
        let entry = entry(session, &plan, group, file, &mut progress)?;
        if let Some(page) = page(session, &entry, &place) {
            let path = place.page(&entry.file);
            write(&path, &page)?;
            writeln!(session.out, "{}", path.display())?;
        }
        entries.push(entry);
    }
    if let Place::Folder(folder) = &place {
        let path = folder.join("index.html");
        write(&path, &index(&entries))?;
        writeln!(session.out, "{}", path.display())?;
    }
    let all = entries.iter().flat_map(|entry| &entry.variants);
    let missing = all.filter(|it| it.graph.is_none()).count();
    Ok(if missing == 0 {
        exit::AS_EXPECTED
    } else {
        exit::NO_ANSWER
    })
}

/// The place of what is written.
enum Place {
    File(PathBuf),
    Folder(PathBuf),
}

impl Place {
    /// Reads the flag: a name that ends in `.html` is a file, unless a folder is there.
    fn of(path: &Path, pages: usize) -> Result<Self, Failure> {
        let name = path.to_string_lossy();
        let is_file = [".html", ".htm"].iter().any(|end| name.ends_with(end));
        if is_file && !path.is_dir() {
            if pages > 1 {
                return Err(Failure::Usage(format!(
                    "{} is one file, and these are {}: name a folder for them",
                    path.display(),
                    count(pages, "page")
                )));
            }
            return Ok(Self::File(path.to_owned()));
        }
        fs::create_dir_all(path).map_err(|error| {
            Failure::Usage(format!(
                "cannot make the folder {}: {error}",
                path.display()
            ))
        })?;
        Ok(Self::Folder(path.to_owned()))
    }

    fn page(&self, file: &str) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Folder(folder) => folder.join(file),
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text)
        .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", path.display())))
}

/// Returns the name of the file of a page, which no other page has.
fn file_name(target: &Target, known: &mut BTreeSet<String>) -> String {
    let name = match target.is_package() {
        true => format!("{} {}", target.name(), target.form()),
        false => target.name().to_owned(),
    };
    let plain = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '.' => c,
        _ => '-',
    };
    let name: String = name.chars().map(plain).collect();
    let name = name.trim_matches(['-', '.']);
    let mut file = format!("{name}.html");
    let mut number = 2;
    while file == "index.html" || !known.insert(file.clone()) {
        file = format!("{name}-{number}.html");
        number += 1;
    }
    file
}

/// Searches the variants of a page, and visits their states.
fn entry(
    session: &Session<'_>,
    plan: &Plan,
    targets: &[Target],
    file: String,
    progress: &mut ProgressLine,
) -> Result<Entry, Failure> {
    let mut variants = Vec::new();
    for target in targets {
        progress.label(format!("{} {}", target.name(), target.form()));
        let report = search(plan, None, target, progress)?;
        if signals::interrupted() {
            return Err(Failure::NoAnswer("interrupted".to_owned()));
        }
        variants.push(Searched::new(target.clone(), report));
    }
    let why = match &variants[..] {
        [buggy, fixed] => match &buggy.trace {
            Some(trace) => Some(why::compare(
                plan,
                (&buggy.target, trace.clone()),
                (&fixed.target, &fixed.report),
            )?),
            None => None,
        },
        _ => None,
    };
    for (index, variant) in variants.iter_mut().enumerate() {
        let way = match (&variant.trace, &why) {
            (Some(trace), _) => Some(&trace.schedule),
            (None, Some(why)) if index == 1 => Some(&why.fixed.schedule),
            (None, _) => None,
        };
        variant.visit(session, plan, way.cloned())?;
    }
    Ok(Entry {
        file,
        variants,
        why,
    })
}

impl Searched {
    fn new(target: Target, report: Report) -> Self {
        let trace = report.traces.first().cloned();
        let stuck = Comparison::new(&target, &report);
        Self {
            trace: trace.map(|trace| target.named(trace, report.timers)),
            verdict: target.said(report.verdict),
            ground: ground(&target, &report),
            command: command(&target, &report),
            judgement: judge(target.expected(), &report, &stuck),
            graph: None,
            target,
            report,
        }
    }

    /// Visits the states. A target that has a fault has no page.
    fn visit(
        &mut self,
        session: &Session<'_>,
        plan: &Plan,
        way: Option<String>,
    ) -> Result<(), Failure> {
        let name = format!("{} {}", self.target.name(), self.target.form());
        // Of a kernel that cannot be judged nothing is claimed.
        if matches!(self.report.verdict, Verdict::Fault | Verdict::Unsupported) {
            session.warn(&format!("there is no page of {name}: {}", self.ground));
            return Ok(());
        }
        let graph = match states(plan, &self.target, self.report.timers, way) {
            Ok(graph) => graph,
            Err(Failure::NoAnswer(why)) => {
                session.warn(&format!("there is no page of {name}: {why}"));
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        if !graph.is_whole() {
            session.hint(&format!(
                "{name}: a page has at most {} states; it has {} of {}{}",
                thousands(StateGraph::STATES_MAX as u64),
                graph.states.len(),
                if graph.complete { "" } else { "at least " },
                thousands(graph.visited as u64)
            ));
        }
        let sources = self.target.sources(&graph.files());
        self.graph = Some((graph, sources));
        Ok(())
    }

    fn is_bad(&self) -> bool {
        self.trace.as_ref().is_some_and(|trace| trace.end.is_bad())
    }
}

/// Returns the arguments by which commands take a target, as a shell reads them.
fn command(target: &Target, report: &Report) -> String {
    let (name, form) = (shell_word(target.name()), shell_word(&target.form()));
    let timers = match report.timers == target.timers() {
        true => String::new(),
        false => format!(" --timers {}", report.timers.name()),
    };
    format!("{name} --variant {form}{timers}")
}

/// Returns the ground of a verdict, in a few words.
fn ground(target: &Target, report: &Report) -> String {
    let assumed = target.assumptions();
    let ground = report.ground_of_verdict();
    match assumed.is_empty() {
        true => ground,
        false => format!("{ground}; assuming: {}", assumed.join("; ")),
    }
}

/// Returns the page of an entry; `None` if the states of no variant are known.
fn page(session: &Session<'_>, entry: &Entry, place: &Place) -> Option<String> {
    let mut variants = Vec::new();
    let forms: Vec<String> = entry.variants.iter().map(|it| it.target.form()).collect();
    for (variant, form) in entry.variants.iter().zip(&forms) {
        let Some((graph, sources)) = &variant.graph else {
            continue;
        };
        variants.push(html::Variant {
            name: form,
            verdict: &variant.verdict,
            ground: &variant.ground,
            is_bad: variant.is_bad(),
            is_proved: variant.report.verdict == Verdict::Proved,
            graph,
            trace: variant.trace.as_ref(),
            sources,
            command: &variant.command,
        });
    }
    if variants.is_empty() {
        return None;
    }
    let target = &entry.variants[0].target;
    let name = match target.is_package() {
        true => format!("{} {}", target.name(), target.form()),
        false => target.name().to_owned(),
    };
    Some(html::page(&html::Page {
        name: &name,
        class: target.class(),
        facts: target.facts().unwrap_or_default(),
        left_out: target.left_out(),
        variants,
        why: entry.why.as_ref(),
        program: &session.program,
        has_index: matches!(place, Place::Folder(_)),
    }))
}

/// Returns the index of all entries.
fn index(entries: &[Entry]) -> String {
    let all = entries
        .iter()
        .flat_map(|entry| entry.variants.iter().map(move |it| (entry, it)));
    let rows: Vec<(&Entry, &Searched, String)> = all
        .map(|(entry, variant)| (entry, variant, variant.target.form()))
        .collect();
    let rows: Vec<html::Row<'_>> = rows.iter().map(row).collect();
    html::index(&rows)
}

fn row<'a>((entry, variant, form): &'a (&Entry, &Searched, String)) -> html::Row<'a> {
    html::Row {
        file: &entry.file,
        name: variant.target.name(),
        class: variant.target.class(),
        variant: form,
        verdict: &variant.verdict,
        is_bad: variant.is_bad(),
        unexpected: match variant.judgement {
            Judgement::AsExpected | Judgement::Known => "",
            Judgement::Unexpected => "not what was expected",
            Judgement::NoAnswer => "no answer",
        },
        ground: &variant.ground,
        graph: variant.graph.as_ref().map(|(graph, _)| graph),
    }
}
