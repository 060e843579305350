//! The search that leaves steps out, beside the one that takes all of them, on a program in the
//! machine for Go.
//!
//! Where nothing races, both come to the same ends with the same values, to the same panics, and
//! the same goroutines are stuck while others run on. Where something races, a step that is left
//! out may matter. So it is enough that both find a race. Then what raced is taken in every order,
//! and both search again, until nothing more races.
//!
//! A search that leaves steps out may meet fewer of the races of a program, and then it makes fewer
//! accesses operations. So each of its rounds is compared with a full search of the same program.
//! In the end its ends are those to which the full search has come by rounds of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use gordian_checker::execution::end_state::EndState;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{Findings, Limit, Limits, Meter, Progress, Search, Watch};
use gordian_checker::model::{Fault, Learner as _, Program as _, Step, TimerRules, World};
use gordian_go::{GoProgram, GoSubject, Tree};

use super::{ends, predict};

/// Most searches of a program: each takes more of what raced in every order.
const ROUNDS_MAX: u64 = 12;
/// Programs with more executions, or longer ones, are searched by states only.
const EXECUTIONS_MAX: u64 = 200;
const STEPS_MAX: usize = 200;
/// Most disagreements that are printed in full.
const SHOWN_MAX: usize = 3;

/// A program, and what of its ends is compared beside who stands where.
pub(super) struct Case<'a> {
    pub(super) subject: &'a GoSubject,
    pub(super) timers: TimerRules,
    /// Variables of the package, by their full names.
    pub(super) variables: &'a [&'a str],
    /// Programs with more states are left out.
    pub(super) states_max: u64,
    /// True to search the executions, too.
    pub(super) by_executions: bool,
}

/// The results of all comparisons so far.
#[derive(Default)]
pub(super) struct Reductions {
    programs: u64,
    too_large: u64,
    faults: u64,
    /// Programs in which something races, where a wait group is used again too early, and where
    /// something is bad in the end.
    racy: u64,
    reused: u64,
    bad: u64,
    /// Racy programs whose races the search that leaves steps out did not tell all.
    fewer_races: u64,
    /// Racy programs that become too large when what raced is taken in every order.
    cut: u64,
    /// Programs with more states than in full, since identical goroutines were exchanged.
    larger: u64,
    /// Programs whose bad ends differ in the numbers of goroutines.
    renumbered: u64,
    ends: u64,
    /// States of the first round, and those that were visited; the same of programs without a
    /// race.
    states: [u64; 2],
    states_of_clean: [u64; 2],
    /// Searches in pairs, and those with a search of executions beside them.
    rounds: u64,
    by_executions: u64,
    disagreements: Vec<String>,
}

/// The results of one comparison.
#[derive(Default)]
pub(super) struct Sizes {
    racy: bool,
    reused: bool,
    bad: bool,
    fewer_races: bool,
    /// True if it becomes too large when what raced is taken in every order.
    cut: bool,
    /// True if identical goroutines that were exchanged led to more states than there are in full.
    larger: bool,
    /// True if their bad ends differ in the numbers of goroutines.
    renumbered: bool,
    ends: u64,
    states: [u64; 2],
    rounds: u64,
    by_executions: u64,
}

/// The reason why a program is not compared, or differs.
pub(super) enum Odd {
    TooLarge,
    Fault,
    Differs(String),
}

/// An end, without ids: the variables, and the goroutines that have not returned.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Left {
    pub(super) variables: Vec<Tree>,
    /// Where each of these stands, with the message of a panic.
    pub(super) standing: Vec<(u32, u32, String)>,
}

/// The findings of one search.
pub(super) struct Seen {
    states: u64,
    complete: bool,
    pub(super) ends: BTreeSet<Left>,
    /// The bad ends, each with true if others run on.
    bad: BTreeSet<(EndState, bool)>,
    /// The lines that race, the wait groups that are used again too early, and the assumptions.
    pub(super) races: BTreeSet<String>,
    pub(super) reuses: Vec<String>,
    pub(super) assumptions: Vec<String>,
    returns: bool,
    /// The program with what raced in every order, if that is more.
    refined: Option<GoSubject>,
}

impl Reductions {
    /// Notes a comparison; the source is printed if the searches differ.
    pub(super) fn note(&mut self, compared: Result<Sizes, Odd>, source: &str) {
        match compared {
            Ok(sizes) => self.add(&sizes),
            Err(Odd::TooLarge) => self.too_large += 1,
            Err(Odd::Fault) => self.faults += 1,
            Err(Odd::Differs(what)) => self.disagreements.push(format!("{what}\n{source}")),
        }
    }

    fn add(&mut self, sizes: &Sizes) {
        self.programs += 1;
        self.racy += u64::from(sizes.racy);
        self.reused += u64::from(sizes.reused);
        self.bad += u64::from(sizes.bad);
        self.fewer_races += u64::from(sizes.fewer_races);
        self.cut += u64::from(sizes.cut);
        self.larger += u64::from(sizes.larger);
        self.renumbered += u64::from(sizes.renumbered);
        self.ends += sizes.ends;
        self.rounds += sizes.rounds;
        self.by_executions += sizes.by_executions;
        for (at, states) in sizes.states.iter().enumerate() {
            self.states[at] += states;
            if !sizes.racy {
                self.states_of_clean[at] += states;
            }
        }
    }

    /// Prints the results, and returns true if the searches agree.
    pub(super) fn tell(&self) -> bool {
        for text in self.disagreements.iter().take(SHOWN_MAX) {
            println!("\n{text}");
        }
        for text in self.disagreements.iter().skip(SHOWN_MAX) {
            println!("{}", text.lines().take(2).collect::<Vec<_>>().join(" | "));
        }
        let [states, visited] = self.states;
        let [of_clean, visited_of_clean] = self.states_of_clean;
        println!(
            "{} programs searched with stubborn sets and in full, in {} rounds: \
             {visited} of {states} states; {} rounds by executions, too",
            self.programs, self.rounds, self.by_executions
        );
        println!(
            "  {} with a race, {} of them told with other lines, {} too large in a later round; \
             those without: {visited_of_clean} of {of_clean} states",
            self.racy, self.fewer_races, self.cut
        );
        println!(
            "  {} ends; {} programs with a bad one, {} with a wait group used again too early",
            self.ends, self.bad, self.reused
        );
        println!(
            "  {} with bad ends that differ in the numbers of goroutines, {} with more states than \
             in full; {} too large, {} with a fault; {} DISAGREE",
            self.renumbered,
            self.larger,
            self.too_large,
            self.faults,
            self.disagreements.len()
        );
        self.disagreements.is_empty()
    }
}

impl Case<'_> {
    /// Compares the rounds of the search that leaves steps out, each with a full one, and the end
    /// to which they come with that of the rounds of full searches.
    ///
    /// # Errors
    /// Returns the disagreement, or the reason why the program is left out.
    pub(super) fn compare(&self) -> Result<Sizes, Odd> {
        let mut sizes = Sizes::default();
        let mut subject = self.subject.afresh();
        let mut told = BTreeSet::new();
        let mut first = None;
        let last = loop {
            sizes.rounds += 1;
            let Some((full, reduced)) = sizes.unless_later(self.pair(&subject))? else {
                return Ok(sizes);
            };
            agree(&full, &reduced)
                .map_err(|why| Odd::Differs(format!("round {}: {why}", sizes.rounds)))?;
            let executed = self.by_executions.then(|| self.executions(&subject));
            if let Some(executed) = executed.transpose()?.flatten() {
                sizes.by_executions += 1;
                alike(&full, &executed).map_err(|why| {
                    Odd::Differs(format!("round {}, by executions: {why}", sizes.rounds))
                })?;
            }
            sizes.racy |= !full.races.is_empty();
            sizes.reused |= !full.reuses.is_empty();
            told.extend(reduced.races.iter().cloned());
            sizes.larger |= reduced.states > full.states;
            sizes.renumbered |= full.races.is_empty() && full.bad != reduced.bad;
            if first.is_none() {
                sizes.states = [full.states, reduced.states];
                first = Some(full);
            }
            match &reduced.refined {
                Some(next) if sizes.rounds < ROUNDS_MAX => subject = next.clone(),
                Some(_) => return Err(Odd::Differs(format!("it races after {ROUNDS_MAX} rounds"))),
                None => break reduced,
            }
        };
        sizes.bad = !last.bad.is_empty();
        sizes.ends = last.ends.len() as u64;
        let mut full = first.expect("there was a round");
        let mut lines = full.races.clone();
        while let Some(next) = &full.refined {
            let search = Stateful::new().keeping_executions();
            let next = self.search(next, search, states(self.states_max));
            match sizes.unless_later(next)? {
                Some(next) => full = next,
                None => return Ok(sizes),
            }
            lines.extend(full.races.iter().cloned());
        }
        sizes.fewer_races = told != lines;
        same_ends(&full, &last).map_err(|why| Odd::Differs(format!("at last: {why}")))?;
        Ok(sizes)
    }

    /// Returns what a full search of the program has seen.
    ///
    /// # Errors
    /// Returns the reason why there is nothing to compare.
    pub(super) fn full(&self) -> Result<Seen, Odd> {
        let search = Stateful::new().keeping_executions();
        self.search(self.subject, search, states(self.states_max))
    }

    /// Returns what a full search of a program has seen, and the one that leaves steps out.
    fn pair(&self, subject: &GoSubject) -> Result<(Seen, Seen), Odd> {
        let states_max = self.states_max;
        let full = Stateful::new().keeping_executions();
        let full = self.search(subject, full, states(states_max))?;
        // The exchange of goroutines may lead to more states than there are in full.
        let reduced = Stubborn::new().keeping_executions();
        let reduced = self.search(subject, reduced, states(states_max * 4));
        match reduced {
            Ok(reduced) => Ok((full, reduced)),
            Err(Odd::Differs(why)) => Err(Odd::Differs(why)),
            Err(Odd::TooLarge) => Err(Odd::Differs("four times the states".to_owned())),
            Err(Odd::Fault) => Err(Odd::Differs("a fault, and none in full".to_owned())),
        }
    }

    /// Returns what a search of executions has seen, unless they are too many or too long.
    fn executions(&self, subject: &GoSubject) -> Result<Option<Seen>, Odd> {
        let limits = Limits {
            executions_max: Some(EXECUTIONS_MAX),
            steps_max: STEPS_MAX,
            ..Limits::default()
        };
        let search = Optimal::new().keeping_executions();
        match self.search(subject, search, limits) {
            Err(Odd::TooLarge) => Ok(None),
            // Who comes to a wait group first is an operation in a round of its own.
            Ok(Seen {
                refined: Some(next),
                races,
                ..
            }) if races.is_empty() => self.executions(&next),
            searched => searched.map(Some),
        }
    }

    /// Searches a program of which nothing is known yet.
    fn search(
        &self,
        subject: &GoSubject,
        mut search: impl Search,
        limits: Limits,
    ) -> Result<Seen, Odd> {
        let subject = subject.afresh();
        let mut program = subject.go_program(self.timers);
        let mut meter = Meter::new(limits, Arc::<Watch>::default());
        while search.advance(&mut program, &mut meter)? == Progress::Paused {}
        let findings = search.findings();
        let is_cut = findings.limits.iter().any(|it| *it != Limit::Ticks);
        // Of too many bad ends each search keeps others.
        if is_cut || findings.complete && !findings.knows_all_bad_ends() {
            return Err(Odd::TooLarge);
        }
        program.finish();
        let (races, reuses) = (subject.races(), subject.reuses());
        let refined = subject.refined();
        if !races.is_empty() && refined.is_none() {
            return Err(Odd::Differs(format!("no order of {races:?} is explored")));
        }
        Ok(Seen {
            states: findings.states.unwrap_or(0),
            complete: findings.complete,
            races: races.iter().map(|race| lines(race)).collect(),
            reuses,
            assumptions: subject.assumptions(),
            returns: subject.returns(),
            refined,
            bad: bad(findings),
            // The last, since it runs the program again.
            ends: self.ends(&mut program, findings)?,
        })
    }

    /// Returns the ends to which a search has kept a way.
    fn ends(&self, program: &mut GoProgram, findings: &Findings) -> Result<BTreeSet<Left>, Odd> {
        let ways = findings.kept.iter().flatten();
        let ends = ways.map(|way| {
            let world = at_end(program, way)?;
            self.left(program, &world)
        });
        ends.collect()
    }

    fn left(&self, program: &mut GoProgram, world: &World) -> Result<Left, Odd> {
        let mut standing = Vec::new();
        let panics = predict::panics(program, world);
        for id in ends::left_standing(program, world) {
            let local = world.goroutines()[id.index()].local;
            let site = program.arrival(local).site;
            let panic = panics.iter().find(|(who, _)| *who == id);
            let message = panic.map_or(String::new(), |(_, message)| message.clone());
            standing.push((site.line, site.column, message));
        }
        standing.sort();
        let variables = self.variables.iter().map(|name| {
            let tree = program.variable(world, name);
            tree.ok_or_else(|| Odd::Differs(format!("there is no variable {name}")))
        });
        let variables = variables.collect::<Result<_, _>>()?;
        Ok(Left {
            variables,
            standing,
        })
    }
}

fn states(most: u64) -> Limits {
    Limits {
        states_max: Some(most),
        ..Limits::default()
    }
}

impl Sizes {
    /// Returns `None` for a program that becomes too large in a later round.
    fn unless_later<T>(&mut self, searched: Result<T, Odd>) -> Result<Option<T>, Odd> {
        match searched {
            Err(Odd::TooLarge) if self.rounds > 1 => {
                self.cut = true;
                Ok(None)
            }
            searched => searched.map(Some),
        }
    }
}

impl From<Fault> for Odd {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

/// Returns the state to which a way leads.
fn at_end(program: &mut GoProgram, way: &[Step]) -> Result<World, Odd> {
    let mut world = World::start(program)?;
    for &step in way {
        if !world.is_enabled(program, step) {
            let text = format!("a way takes {step:?} where it is not enabled");
            return Err(Odd::Differs(text));
        }
        world.take(program, step)?;
    }
    Ok(world)
}

/// Returns the bad ends. What is met later can change a name that was unique until then, so these
/// are the names that the goroutines were given.
fn bad(findings: &Findings) -> BTreeSet<(EndState, bool)> {
    let bad = findings.bad.iter();
    bad.map(|(key, bad)| (key.in_given_names(), bad.cycle > 0))
        .collect()
}

/// Returns the same bad ends without the numbers of goroutines and of what they made: who, standing
/// where. Numbers are given again, so who has which depends on who has returned before.
fn unnumbered(bad: &BTreeSet<(EndState, bool)>) -> BTreeSet<(Vec<(String, String)>, bool)> {
    let plain = |text: &str| {
        let mut parts = text.split('#');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| {
            all + part.trim_start_matches(|it: char| it.is_ascii_digit())
        })
    };
    let of = |(end, cycle): &(EndState, bool)| {
        let stuck = end.goroutines.iter();
        let stuck = stuck.map(|(name, at)| (plain(name), plain(&format!("{at:?}"))));
        let mut stuck: Vec<_> = stuck.collect();
        stuck.push((format!("{:?}", end.end), String::new()));
        stuck.sort();
        (stuck, *cycle)
    };
    bad.iter().map(of).collect()
}

/// Returns the memory and the two lines of a race that is told, without those who race.
fn lines(race: &str) -> String {
    let (memory, sides) = race.split_once(": ").unwrap_or((race, ""));
    let places = sides.split(", ");
    let mut places: Vec<&str> = places.filter_map(|it| it.split(" at ").nth(1)).collect();
    places.sort_unstable();
    format!("{memory} at {}", places.join(" and "))
}

/// Compares a full search with one of executions, in which goroutines have other names.
fn alike(full: &Seen, executed: &Seen) -> Result<(), String> {
    let found = |it: &Seen| (it.races.is_empty(), it.reuses.is_empty());
    if found(full) != found(executed) {
        let [of_full, its] = [full, executed].map(|it| (&it.races, &it.reuses));
        return Err(format!("{of_full:?} in full, {its:?}"));
    }
    match full.races.is_empty() && full.ends != executed.ends {
        true => Err(format!("ends {:?} in full, {:?}", full.ends, executed.ends)),
        false => Ok(()),
    }
}

/// Compares the searches of one program.
fn agree(full: &Seen, reduced: &Seen) -> Result<(), String> {
    if full.races.is_empty() != reduced.races.is_empty() {
        let [full, reduced] = [&full.races, &reduced.races];
        return Err(format!("races: {full:?} in full, {reduced:?} reduced"));
    }
    if full.reuses.is_empty() != reduced.reuses.is_empty() {
        let [full, reduced] = [&full.reuses, &reduced.reuses];
        return Err(format!("used again: {full:?} in full, {reduced:?} reduced"));
    }
    if let Some(end) = reduced.ends.difference(&full.ends).next() {
        return Err(format!("an end that does not exist: {end:?}"));
    }
    match full.races.is_empty() {
        true => same_ends(full, reduced),
        // What is left out may matter.
        false => Ok(()),
    }
}

/// Compares all to which two searches have come.
fn same_ends(full: &Seen, reduced: &Seen) -> Result<(), String> {
    if let Some(end) = full.ends.difference(&reduced.ends).next() {
        return Err(format!("an end is missed: {end:?}"));
    }
    if let Some(end) = reduced.ends.difference(&full.ends).next() {
        return Err(format!("an end that does not exist: {end:?}"));
    }
    let (all, its) = (unnumbered(&full.bad), unnumbered(&reduced.bad));
    if let Some(bad) = all.difference(&its).next() {
        return Err(format!("a bad end is missed: {bad:?}"));
    }
    if let Some(bad) = its.difference(&all).next() {
        return Err(format!("a bad end that does not exist: {bad:?}"));
    }
    if full.bad.is_empty() && full.complete != reduced.complete {
        return Err(format!("complete: {}, {}", full.complete, reduced.complete));
    }
    let of = |it: &Seen| (it.returns, it.assumptions.clone());
    if of(full) != of(reduced) {
        return Err(format!("{:?} in full, {:?} reduced", of(full), of(reduced)));
    }
    Ok(())
}
