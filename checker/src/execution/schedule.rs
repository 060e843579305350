//! Schedules: the choices of an execution, written for people.
//!
//! `main*2,main+loop,loop` means: main moves twice, main and loop meet, loop moves. A choice that
//! the names do not settle follows a colon. `keeper:1` is the second case of a select and
//! `keeper:default` its default. `main:worker` is the waiter that a Signal wakes. `main:3` is a
//! number that was chosen. In a rendezvous the sender comes first. A timer moves under its own
//! name. By the rules of Go until 1.22, `due:expire` and `due:send` are its two steps.
//!
//! A goroutine may have any name. Characters that would be misread are percent-encoded, as in a
//! URL: `%` and two hexadecimal digits for each byte. These are blanks, invisible characters
//! (control characters and the like) and ``, + : * % " \ ` ``, and an `@` or `#` at the beginning.
//! So `a, b` becomes `a%2C%20b`. The empty name is `%`.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use crate::execution::escape::is_unseen;
use crate::model::{Choice, GoroutineId, Names, Step};

/// Returns one choice as text. It has a colon only where the names do not settle the choice among
/// the enabled steps.
#[must_use]
pub fn token(program: &dyn Names, step: Step, enabled: &[Step]) -> String {
    let same = |other: &&Step| other.movers().eq(step.movers());
    write(program, step, enabled.iter().filter(same).count() > 1)
}

/// Returns the texts of all these enabled steps.
#[must_use]
pub fn tokens(program: &dyn Names, enabled: &[Step]) -> Vec<String> {
    let movers = |step: &Step| (step.actor, step.partner.map(|(partner, _)| partner));
    let mut times: FxHashMap<_, u32> = FxHashMap::default();
    for step in enabled {
        *times.entry(movers(step)).or_default() += 1;
    }
    let token = |step: &Step| write(program, *step, times[&movers(step)] > 1);
    enabled.iter().map(token).collect()
}

/// Most numbers of a choice that are shown.
pub const NUMBERS_SHOWN: usize = 100;

/// Returns the enabled steps, but of each choice among numbers only the first [`NUMBERS_SHOWN`].
#[must_use]
pub fn shown(enabled: &[Step]) -> Vec<Step> {
    let mut shown = Vec::new();
    for of_actor in enabled.chunk_by(|a, b| a.actor == b.actor) {
        let few = match of_actor[0].choice.number() {
            Some(_) => of_actor.len().min(NUMBERS_SHOWN),
            None => of_actor.len(),
        };
        shown.extend_from_slice(&of_actor[..few]);
    }
    shown
}

fn write(program: &dyn Names, step: Step, ambiguous: bool) -> String {
    if !ambiguous {
        return names(program, step).join("+");
    }
    with_cases(program, step)
}

fn names(program: &dyn Names, step: Step) -> Vec<String> {
    step.movers()
        .map(|id| encode(&program.goroutine(id).name))
        .collect()
}

/// Returns a name in the form of a schedule.
#[must_use]
pub fn encode(name: &str) -> String {
    if name.is_empty() {
        return "%".to_owned();
    }
    let mut out = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        let misread = c.is_whitespace()
            || is_unseen(c)
            || matches!(c, ',' | '+' | ':' | '*' | '%' | '"' | '\\' | '`')
            || (at == 0 && matches!(c, '@' | '#'));
        if misread {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a string never fails.
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Returns the name that is written so. A `%` that two hexadecimal digits do not follow stands for
/// itself, so that people need not encode it.
#[must_use]
pub fn decode(written: &str) -> String {
    if written == "%" {
        return String::new();
    }
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = match after {
            [high, low, ..] if *first == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match digits {
            Some((high, low)) => {
                bytes.push(high * 16 + low);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Returns the choice with all its cases said, whether that is needed or not. So the text does not
/// depend on what else is enabled.
pub(crate) fn with_cases(program: &dyn Names, step: Step) -> String {
    let name = |id| program.goroutine(id).name;
    let movers = step.movers().map(|id| mover(name, id, step.choice_of(id)));
    movers.collect::<Vec<_>>().join("+")
}

/// Returns a mover and its choice as text. `name` returns the name of a goroutine.
pub(crate) fn mover(
    name: impl Fn(GoroutineId) -> String,
    id: GoroutineId,
    choice: Choice,
) -> String {
    let who = encode(&name(id));
    match choice_text(name, choice) {
        Some(text) => format!("{who}:{text}"),
        None => who,
    }
}

/// Returns the part after the colon; `None` if the operation has only one way.
fn choice_text(name: impl Fn(GoroutineId) -> String, choice: Choice) -> Option<String> {
    match choice {
        Choice::Only => None,
        Choice::Case(number) | Choice::Number(number) => Some(number.to_string()),
        Choice::Default => Some("default".to_owned()),
        Choice::Wakes(waiter) => Some(encode(&name(waiter))),
        Choice::Timer(stage) => stage.name().map(str::to_owned),
    }
}

/// Joins tokens. Equal neighbours become one token with a count.
#[must_use]
pub fn join(tokens: &[String]) -> String {
    let runs = tokens.chunk_by(|a, b| a == b);
    let run = |run: &[String]| match run.len() {
        1 => run[0].clone(),
        count => format!("{}*{count}", run[0]),
    };
    runs.map(run).collect::<Vec<_>>().join(",")
}

/// Most choices of a schedule, with counts expanded.
pub const TOKENS_MAX: usize = 1_000_000;

/// Splits a schedule into its tokens, with counts expanded. Blanks and line ends around a token are
/// ignored. So are a backslash before a line end and the blanks after it: a long schedule can be
/// broken into lines.
///
/// # Errors
/// If a token is empty, or its count is no number from 1 to 1,000,000. If there are more than
/// [`TOKENS_MAX`] tokens.
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
        let (name, count) = match token.rsplit_once('*') {
            None => (token, 1),
            Some((name, count)) => match count.trim().parse::<usize>() {
                Ok(number @ 1..=TOKENS_MAX) => (name.trim(), number),
                _ => {
                    return Err(format!(
                        "`{token}`: `{count}` is no count from 1 to {TOKENS_MAX}"
                    ));
                }
            },
        };
        if count > TOKENS_MAX - tokens.len() {
            return Err(format!("it has more than {TOKENS_MAX} choices"));
        }
        tokens.extend(std::iter::repeat_n(name.to_owned(), count));
    }
    Ok(tokens)
}

/// Returns the enabled steps that a token can mean.
///
/// A goroutine has its maker's name before its own only where another of that name has been met. So
/// a schedule may call it otherwise than this program does. Where no name fits as it stands, one
/// fits that says the same or less. Who writes by hand may name the receiver of a rendezvous first,
/// where the two do not meet the other way round as well.
#[must_use]
pub fn matching(program: &dyn Names, token: &str, enabled: &[Step]) -> Vec<Step> {
    let mut wanted: Vec<(String, Option<String>)> = token
        .split('+')
        .map(|part| match part.trim().split_once(':') {
            Some((name, case)) => (decode(name.trim()), Some(decode(case.trim()))),
            None => (decode(part.trim()), None),
        })
        .collect();
    let as_it_stands = |id: GoroutineId, name: &str| program.goroutine(id).name == *name;
    let otherwise = |id: GoroutineId, name: &str| may_mean(program, id, name);
    let ways: [Is<'_>; 2] = [&as_it_stands, &otherwise];
    for is in ways {
        for _ in 0..2 {
            let found = named(program, &wanted, enabled, is);
            if !found.is_empty() {
                return found;
            }
            wanted.reverse();
        }
    }
    Vec::new()
}

/// Says whether a name is a goroutine's.
type Is<'a> = &'a dyn Fn(GoroutineId, &str) -> bool;

/// Returns true if a name says who the goroutine is: its own name, with its maker's before it or
/// not.
fn may_mean(program: &dyn Names, id: GoroutineId, name: &str) -> bool {
    let info = program.goroutine(id);
    let own = info.name.rsplit('/').next().unwrap_or(&info.name);
    match name.rsplit_once('/') {
        None => own == name,
        Some((maker, name)) => {
            own == name && info.parent.is_some_and(|it| may_mean(program, it, maker))
        }
    }
}

/// Returns the enabled steps that are wanted. `is` returns true if a name means a goroutine.
fn named(
    program: &dyn Names,
    wanted: &[(String, Option<String>)],
    enabled: &[Step],
    is: Is<'_>,
) -> Vec<Step> {
    let choice_fits = |choice: Choice, wanted: &str| match choice {
        Choice::Wakes(waiter) => is(waiter, wanted),
        choice => choice_text(|id| program.goroutine(id).name, choice).as_deref() == Some(wanted),
    };
    let fits = |step: &&Step| {
        let movers: Vec<GoroutineId> = step.movers().collect();
        let mover_fits = |((name, case), id): (&(String, Option<String>), &GoroutineId)| {
            let fits = |case: &String| choice_fits(step.choice_of(*id), case);
            is(*id, name) && case.as_ref().is_none_or(fits)
        };
        movers.len() == wanted.len() && wanted.iter().zip(&movers).all(mover_fits)
    };
    let mut found = Vec::new();
    for of_actor in enabled.chunk_by(|a, b| a.actor == b.actor) {
        if of_actor[0].choice.number().is_none() {
            found.extend(of_actor.iter().filter(fits));
        } else if let [(name, case)] = wanted
            && is(of_actor[0].actor, name)
        {
            // A number is looked up directly among the choices of this goroutine.
            let number = case.as_ref().map(|case| case.parse().ok());
            let chosen = |step: &&Step| number.is_none_or(|it| it == step.choice.number());
            found.extend(of_actor.iter().filter(chosen));
        }
    }
    found
}
