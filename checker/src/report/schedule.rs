//! Schedules: the choices of an execution, written for people.
//!
//! `main*2,main+loop,loop` is: main moves twice, main and loop meet, loop moves. A choice that the names do not settle follows a colon: `keeper:1` is the second
//! case of a select (`keeper:default` its default), `main:worker` the waiter that a Signal wakes, `main:3` a number
//! that was chosen. Of a rendezvous the sender stands first. A timer moves under its own name.

use crate::model::{GoroutineId, Op, Pending, Program, Step, World};

/// One choice, as text, in the state in which it is made: with a colon only where the names do not settle it.
#[must_use]
pub fn token(program: &dyn Program, world: &World, step: Step, enabled: &[Step]) -> String {
    let names = names(program, step);
    let ambiguous = enabled
        .iter()
        .filter(|other| other.movers().eq(step.movers()))
        .count()
        > 1;
    if !ambiguous {
        return names.join("+");
    }
    with_cases(program, world, step, &names)
}

fn names(program: &dyn Program, step: Step) -> Vec<String> {
    step.movers().map(|id| program.goroutine(id).name).collect()
}

/// The choice with all its cases said, whether that is needed or not.
fn with_cases(program: &dyn Program, world: &World, step: Step, names: &[String]) -> String {
    let mut parts = vec![(step.actor, step.case)];
    parts.extend(step.partner);
    let part = |(name, (id, case)): (&String, &(GoroutineId, u32))| match case_text(
        program, world, *id, *case,
    ) {
        Some(text) => format!("{name}:{text}"),
        None => name.clone(),
    };
    names
        .iter()
        .zip(&parts)
        .map(part)
        .collect::<Vec<_>>()
        .join("+")
}

/// What follows the colon; `None` where the operation has but one way.
fn case_text(program: &dyn Program, world: &World, id: GoroutineId, case: u32) -> Option<String> {
    match world.pending(program, id) {
        Pending::Op(Op::Select { .. }) if case == Step::DEFAULT => Some("default".to_owned()),
        Pending::Op(Op::Select { .. } | Op::Choose(_)) => Some(case.to_string()),
        Pending::Op(Op::CondSignal(_)) if case > 0 => {
            Some(program.goroutine(GoroutineId(case - 1)).name)
        }
        _ => None,
    }
}

/// Puts tokens together: equal neighbours become one with a count.
#[must_use]
pub fn join(tokens: &[String]) -> String {
    let runs = tokens.chunk_by(|a, b| a == b);
    let run = |run: &[String]| match run.len() {
        1 => run[0].clone(),
        count => format!("{}*{count}", run[0]),
    };
    runs.map(run).collect::<Vec<_>>().join(",")
}

/// Takes a schedule apart into its tokens, counts written out. Blanks and line ends around a token do not count, nor does a backslash before a line end and
/// what is blank after it: so a long schedule can be broken into lines.
///
/// # Errors
/// If a token is empty, or a count is no number from 1 to 1,000,000: the token.
pub fn split(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut parts = text.split("\\\n");
    let mut text = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| text.push_str(part.trim_start()));
    for token in text.split(',').map(str::trim) {
        if token.is_empty() {
            if text.trim().is_empty() {
                continue;
            }
            return Err("an empty choice between two commas".to_owned());
        }
        match token.rsplit_once('*') {
            None => tokens.push(token.to_owned()),
            Some((name, count)) => match count.trim().parse::<usize>() {
                Ok(count @ 1..=1_000_000) => {
                    tokens.extend(std::iter::repeat_n(name.trim().to_owned(), count));
                }
                _ => {
                    return Err(format!(
                        "`{token}`: `{count}` is no count from 1 to 1000000"
                    ));
                }
            },
        }
    }
    Ok(tokens)
}

/// The enabled steps that a token can mean.
#[must_use]
pub fn matching(program: &dyn Program, world: &World, token: &str, enabled: &[Step]) -> Vec<Step> {
    let wanted: Vec<(&str, Option<&str>)> = token
        .split('+')
        .map(|part| match part.trim().split_once(':') {
            Some((name, case)) => (name.trim(), Some(case.trim())),
            None => (part.trim(), None),
        })
        .collect();
    let fits = |step: &&Step| {
        let mut parts = vec![(step.actor, step.case)];
        parts.extend(step.partner);
        let part_fits =
            |((name, case), (id, its_case)): (&(&str, Option<&str>), &(GoroutineId, u32))| {
                program.goroutine(*id).name == *name
                    && case.is_none_or(|case| {
                        case_text(program, world, *id, *its_case).is_some_and(|text| text == case)
                    })
            };
        parts.len() == wanted.len()
            && (wanted.iter().zip(&parts).all(part_fits)
                || wanted.iter().rev().zip(&parts).all(part_fits))
    };
    enabled.iter().filter(fits).copied().collect()
}
