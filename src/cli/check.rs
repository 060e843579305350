//! `check`: checks that every variant does what its kernel says.
//!
//! The rows are searched [side by side](side_by_side), or in [shards](shard) on several machines,
//! whose results [`merge()`] puts together. The report is the same. One search is divided into
//! [parts].

mod baseline;
mod documents;
mod json;
mod merge;
mod needs;
mod part_file;
mod parts;
mod phrases;
mod row;
mod searches;
mod shard;
mod shard_file;
mod sheet;
mod side_by_side;
mod table;

use std::sync::Arc;
use std::time::Instant;

use gordian_checker::Engine;

use self::row::{About, Task};
use self::searches::Searches;
use self::shard_file::{Answers, ShardFile};
use self::sheet::Sheet;

use super::args::{CheckArgs, CheckFormat, Language, threads};
use super::failure::Failure;
use super::search::Plan;
use super::target::{self, TWIN, Target};
use super::{Session, files, select_kernels};

pub(crate) use self::merge::merge;
pub(crate) use self::parts::{part, split};
pub(crate) use self::shard::Shard;

pub(crate) fn check(session: &mut Session<'_>, args: &CheckArgs) -> Result<u8, Failure> {
    let jobs = threads(args.jobs);
    let plan = Plan::new(&args.search)?;
    let variant = args.variant.as_deref();
    let names = match args.source {
        Language::Rust => args.kernels.clone(),
        Language::Go => select_kernels::several(session, &args.kernels)?
            .iter()
            .map(|kernel| format!("{}{TWIN}", kernel.name))
            .collect(),
    };
    let targets = target::several(session, &names, variant, &args.target)?;
    let tasks = tasks(&targets, args);
    let file = ShardFile::new(args, &tasks);
    let tasks = args.shard.unwrap_or_default().of(tasks);
    let abouts: Vec<About> = tasks.iter().map(About::new).collect();
    if let Some(path) = &args.out {
        files::try_out(path).map_err(|error| shard_file::unwritable(path, &error))?;
    }
    let mut sheet = Sheet::begin(session, &args.sheet, abouts.clone())?;
    let searches = Searches {
        // Those that have no row of their own help the others.
        plan: plan.with_threads(1 + jobs.saturating_sub(tasks.len())),
        loom_has_time: args.search.time_max.is_some(),
        total: args.total_time.0,
        start: Instant::now(),
        count: tasks.len(),
        shows_progress: args.sheet.format() == CheckFormat::Human && !session.quiet,
        awaited: Arc::default(),
    };
    let start = searches.start;
    let mut answers = Answers::default();
    searches.run(jobs, tasks, |answer| {
        if args.out.is_some() {
            answers.push(&answer);
        }
        sheet.take(session, answer)
    })?;
    let time = start.elapsed();
    if let Some(path) = &args.out {
        file.write(session, path, answers, abouts, time)?;
    }
    sheet.end(session, time)
}

/// Returns the tasks for these targets. Two searches of one target tell each other nothing.
fn tasks(targets: &[Target], args: &CheckArgs) -> Vec<Task> {
    let task = |target: &Target, engine| Task {
        target: target.afresh(),
        engine,
    };
    let of = |target: &Target| {
        let engines: Vec<Engine> = match args.engine[..] {
            [] => vec![target.engine()],
            ref asked => asked.to_vec(),
        };
        let tasks = engines.into_iter().map(|engine| task(target, engine));
        tasks.collect::<Vec<_>>()
    };
    targets.iter().flat_map(of).collect()
}
