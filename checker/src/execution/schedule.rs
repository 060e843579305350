//! Schedules: the choices of an execution, written for people.
//!
//! `main*2,main+loop,loop` is: main moves twice, main and loop meet, loop moves. A choice that the
//! names do not settle follows a colon: `keeper:1` is the second case of a select (`keeper:default`
//! its default), `main:worker` the waiter that a Signal wakes, `main:3` a number that was chosen.
//! Of a rendezvous the sender stands first. A timer moves under its own name; by the rules of Go
//! until 1.22 `due:expire` and `due:send` are its two steps.
//!
//! A goroutine may have any name. What would be misread in one is written as in an address on the
//! web, `%` and two hexadecimal digits for each byte: blanks, characters that are not seen (control
//! characters and the like) and ``, + : * % " \ ` ``, an `@` or `#` at its beginning; so `a, b` is
//! `a%2C%20b`. A name of nothing is `%`.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use crate::execution::escape::is_unseen;
use crate::model::{Choice, GoroutineId, Program, Step};

/// One choice, as text, in the state in which it is made: with a colon only where the names do not
/// settle it.
#[must_use]
pub fn token(program: &dyn Program, step: Step, enabled: &[Step]) -> String {
    let same = |other: &&Step| other.movers().eq(step.movers());
    write(program, step, enabled.iter().filter(same).count() > 1)
}

/// Returns the same for each of the steps that are enabled.
#[must_use]
pub fn tokens(program: &dyn Program, enabled: &[Step]) -> Vec<String> {
    let movers = |step: &Step| (step.actor, step.partner.map(|(partner, _)| partner));
    let mut times: FxHashMap<_, u32> = FxHashMap::default();
    for step in enabled {
        *times.entry(movers(step)).or_default() += 1;
    }
    let token = |step: &Step| write(program, *step, times[&movers(step)] > 1);
    enabled.iter().map(token).collect()
}

/// Of a choice among numbers so many are shown.
pub const NUMBERS_SHOWN: usize = 100;

/// Returns the steps that are enabled; of each choice among numbers the first [`NUMBERS_SHOWN`].
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

fn write(program: &dyn Program, step: Step, ambiguous: bool) -> String {
    if !ambiguous {
        return names(program, step).join("+");
    }
    with_cases(program, step)
}

fn names(program: &dyn Program, step: Step) -> Vec<String> {
    step.movers()
        .map(|id| encode(&program.goroutine(id).name))
        .collect()
}

/// A name as it is written in a schedule.
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
                // A string takes all that is written to it.
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The name that is written so. A `%` that two hexadecimal digits do not follow stands for itself:
/// who writes by hand need not know.
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

/// The choice with all its cases said, whether that is needed or not.
fn with_cases(program: &dyn Program, step: Step) -> String {
    let name = |id| program.goroutine(id).name;
    let movers = step.movers().map(|id| mover(name, id, step.choice_of(id)));
    movers.collect::<Vec<_>>().join("+")
}

/// One who moves, and which way. `name` yields the name of a goroutine.
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

/// What follows the colon; `None` where the operation has but one way.
fn choice_text(name: impl Fn(GoroutineId) -> String, choice: Choice) -> Option<String> {
    match choice {
        Choice::Only => None,
        Choice::Case(number) | Choice::Number(number) => Some(number.to_string()),
        Choice::Default => Some("default".to_owned()),
        Choice::Wakes(waiter) => Some(encode(&name(waiter))),
        Choice::Timer(stage) => stage.name().map(str::to_owned),
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

/// So many choices a schedule may have, counts written out.
pub const TOKENS_MAX: usize = 1_000_000;

/// Takes a schedule apart into its tokens, counts written out. Blanks and line ends around a token
/// do not count, nor does a backslash before a line end and what is blank after it: so a long
/// schedule can be broken into lines.
///
/// # Errors
/// If a token is empty, or a count is no number from 1 to 1,000,000: the token. If there are more
/// than [`TOKENS_MAX`].
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

/// The enabled steps that a token can mean.
///
/// A goroutine has its maker's name before its own only where another of that name has been met, so
/// a schedule may call it otherwise than this program does. Where no name fits as it stands, one
/// fits that says the same or less.
#[must_use]
pub fn matching(program: &dyn Program, token: &str, enabled: &[Step]) -> Vec<Step> {
    let wanted: Vec<(String, Option<String>)> = token
        .split('+')
        .map(|part| match part.trim().split_once(':') {
            Some((name, case)) => (decode(name.trim()), Some(decode(case.trim()))),
            None => (decode(part.trim()), None),
        })
        .collect();
    let as_it_stands = |id: GoroutineId, name: &str| program.goroutine(id).name == *name;
    let found = named(program, &wanted, enabled, &as_it_stands);
    if !found.is_empty() {
        return found;
    }
    let otherwise = |id: GoroutineId, name: &str| may_mean(program, id, name);
    named(program, &wanted, enabled, &otherwise)
}

/// Returns true if a name says who the goroutine is: its own name, with its maker's before it or
/// not.
fn may_mean(program: &dyn Program, id: GoroutineId, name: &str) -> bool {
    let info = program.goroutine(id);
    let own = info.name.rsplit('/').next().unwrap_or(&info.name);
    match name.rsplit_once('/') {
        None => own == name,
        Some((maker, name)) => {
            own == name && info.parent.is_some_and(|it| may_mean(program, it, maker))
        }
    }
}

/// Returns the enabled steps that are wanted, where `is` says whether a name is a goroutine's.
fn named(
    program: &dyn Program,
    wanted: &[(String, Option<String>)],
    enabled: &[Step],
    is: &dyn Fn(GoroutineId, &str) -> bool,
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
        movers.len() == wanted.len()
            && (wanted.iter().zip(&movers).all(mover_fits)
                || wanted.iter().rev().zip(&movers).all(mover_fits))
    };
    let mut found = Vec::new();
    for of_actor in enabled.chunk_by(|a, b| a.actor == b.actor) {
        if of_actor[0].choice.number().is_none() {
            found.extend(of_actor.iter().filter(fits));
        } else if let [(name, case)] = wanted
            && is(of_actor[0].actor, name)
        {
            // A number is not looked for among all.
            let number = case.as_ref().map(|case| case.parse().ok());
            let chosen = |step: &&Step| number.is_none_or(|it| it == step.choice.number());
            found.extend(of_actor.iter().filter(chosen));
        }
    }
    found
}
