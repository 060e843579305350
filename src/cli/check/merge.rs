//! `merge`: puts the results of all shards together.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::parts::merge_parts;
use super::row::{About, Answer};
use super::shard::Shard;
use super::shard_file::ShardFile;
use super::sheet::Sheet;
use crate::cli::Session;
use crate::cli::args::MergeArgs;
use crate::cli::failure::Failure;

pub(crate) fn merge(session: &mut Session<'_>, args: &MergeArgs) -> Result<u8, Failure> {
    if let [folder] = &args.files[..]
        && folder.is_dir()
    {
        return merge_parts(session, folder, &args.sheet);
    }
    let mut files = Vec::new();
    for path in &args.files {
        files.push((path.as_path(), ShardFile::read(path)?));
    }
    let Whole {
        tasks,
        answers,
        time,
    } = put_together(files).map_err(Failure::Usage)?;
    let mut sheet = Sheet::begin(session, &args.sheet, tasks)?;
    for answer in answers {
        if !sheet.take(session, answer)? {
            break;
        }
    }
    sheet.end(session, time)
}

/// The results of all shards.
struct Whole {
    tasks: Vec<About>,
    /// The answers in the order of the tasks, up to one that stalled.
    answers: Vec<Answer>,
    /// The sum of the times of all shards.
    time: Duration,
}

/// Puts the shards together, in whatever order they are given.
///
/// # Errors
/// If one is missing or there twice, or two do not belong together.
fn put_together(files: Vec<(&Path, ShardFile)>) -> Result<Whole, String> {
    let [(one, known), others @ ..] = &files[..] else {
        return Err("there is no file".to_owned());
    };
    for (other, file) in others {
        if let Some(difference) = difference(known, file) {
            let (one, other) = (one.display(), other.display());
            return Err(format!(
                "{one} and {other} are not of one check: {difference}; run all shards with the \
                 same arguments"
            ));
        }
    }
    let (count, rows) = (known.shard.count, known.rows);
    let mut shards: BTreeMap<Shard, (&Path, ShardFile)> = BTreeMap::new();
    for (path, file) in files {
        let shard = file.shard;
        if let Some((other, _)) = shards.insert(shard, (path, file)) {
            let (other, path) = (other.display(), path.display());
            return Err(format!(
                "{other} and {path} are both shard {shard}: give each once"
            ));
        }
    }
    let all = Shard::all(count);
    let missing: Vec<String> = all
        .filter(|shard| !shards.contains_key(shard))
        .map(|shard| shard.to_string())
        .collect();
    if let [one, ..] = &missing[..] {
        return Err(format!(
            "missing: shard {}; run `check` with the same arguments and --shard {one} --out FILE",
            missing.join(", ")
        ));
    }
    let time = shards.values().map(|(_, file)| file.times.all).sum();
    let parts = shards.into_iter();
    let parts = parts.map(|(shard, (_, file))| (shard, Part::new(file)));
    let mut parts: Vec<(Shard, Part)> = parts.collect();
    let (mut tasks, mut answers) = (Vec::new(), Vec::new());
    for index in 0..rows {
        let part = parts.iter_mut().find(|(shard, _)| shard.has(index));
        let (task, answer) = part
            .and_then(|(_, part)| part.next())
            .ok_or("a row is missing")?;
        tasks.push(task);
        answers.push(answer);
    }
    // A check stops at the first that stalls, whatever came of those after it.
    let answers = answers.into_iter().map_while(|answer| answer).collect();
    Ok(Whole {
        tasks,
        answers,
        time,
    })
}

/// Returns the first difference between two files that must not be, in words.
fn difference(one: &ShardFile, other: &ShardFile) -> Option<String> {
    if one.shard.count != other.shard.count {
        return Some(format!(
            "one is shard {}, and the other {}",
            one.shard, other.shard
        ));
    }
    let value = |file: &ShardFile, flag: &String| match file.arguments.get(flag) {
        Some(value) => value.clone(),
        None => "unknown".to_owned(),
    };
    let flags = one.arguments.keys().chain(other.arguments.keys());
    let differ = |flag: &&String| value(one, flag) != value(other, flag);
    if let Some(flag) = flags.into_iter().find(differ) {
        let (one, other) = (value(one, flag), value(other, flag));
        return Some(format!("{flag} is {one} in one, and {other} in the other"));
    }
    let subjects = |file: &ShardFile| (file.rows, file.subjects.clone());
    (subjects(one) != subjects(other)).then(|| {
        let (rows, digest) = subjects(one);
        let (others, other) = subjects(other);
        format!(
            "one is of {rows} rows with the digest {digest}, and the other of {others} with \
             {other}, so their kernels or tests differ, or the sources of these"
        )
    })
}

/// The rows of a shard that are left to be taken.
struct Part {
    answers: std::vec::IntoIter<Answer>,
    unanswered: std::vec::IntoIter<About>,
}

impl Part {
    fn new(file: ShardFile) -> Self {
        Self {
            answers: file.answers.into_iter(),
            unanswered: file.unanswered.into_iter(),
        }
    }

    /// Returns the next task, with its answer if it has one.
    fn next(&mut self) -> Option<(About, Option<Answer>)> {
        let answer = self.answers.next();
        let about = match &answer {
            Some(Answer::Row(row)) => row.about.clone(),
            Some(Answer::Stalled(about, _)) => about.clone(),
            None => self.unanswered.next()?,
        };
        Some((about, answer))
    }
}
