//! The execution in the making: the points that it went through, and the one that is looked at.

use gordian_checker::catalogue::TimerRules;
use gordian_checker::execution::escape::visible;
use gordian_checker::execution::schedule;
use gordian_checker::explain::Releasers;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::Step as TraceStep;
use gordian_checker::explore::Cycle;
use gordian_checker::explore::Meter;
use gordian_checker::explore::reach::Ahead;
use gordian_checker::explore::reach::Reach;
use gordian_checker::model::Fault;
use gordian_checker::model::GoroutineId;
use gordian_checker::model::Program;
use gordian_checker::model::Step;
use gordian_checker::model::World;

use crate::cli::search::STACK_BYTES;
use crate::cli::target::Target;

pub(super) struct Game {
    program: Box<dyn Program>,
    reach: Reach,
    releasers: Releasers,
    /// The points: one more than steps.
    worlds: Vec<World>,
    steps: Vec<Step>,
    tokens: Vec<String>,
    at: usize,
}

impl Game {
    pub(super) fn new(
        target: &Target,
        timers: TimerRules,
        reach_max: usize,
        meter: &Meter,
    ) -> Result<Self, Fault> {
        let mut program = target.subject().program_with(STACK_BYTES, timers);
        let reach = Reach::explore(program.as_mut(), reach_max, meter)?;
        let releasers = Releasers::collect(program.as_mut(), Releasers::STATES_MAX)?;
        let start = World::start(program.as_mut())?;
        Ok(Self {
            program,
            reach,
            releasers,
            worlds: vec![start],
            steps: Vec::new(),
            tokens: Vec::new(),
            at: 0,
        })
    }

    pub(super) fn program(&self) -> &dyn Program {
        self.program.as_ref()
    }

    /// The point that is looked at.
    pub(super) fn world(&self) -> &World {
        &self.worlds[self.at]
    }

    /// Its number: how many steps lead to it.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// How many steps were made, those that were undone among them.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    pub(super) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The way to the point that is looked at, and where everybody stands there, to be shown.
    pub(super) fn trace(&mut self) -> Result<Trace, Fault> {
        let trace = Trace::play(
            self.program.as_mut(),
            &self.steps[..self.at],
            &Cycle::default(),
            &self.releasers,
        );
        Ok(trace?.for_people())
    }

    /// The number by which a goroutine can be called: the same at all points.
    pub(super) fn number(&self, name: &str) -> usize {
        let ids = (0..self.world().goroutines().len()).map(GoroutineId::from_index);
        let started = ids.filter(|&id| self.world().goroutine(id).is_some());
        let mut named = started.filter(|&id| self.shown_name(id) == name);
        named.next().map_or(0, |id| id.index() + 1)
    }

    /// The name of a goroutine, as it is shown.
    fn shown_name(&self, id: GoroutineId) -> String {
        visible(&self.program.goroutine(id).name)
    }

    /// What can come of the point that is looked at.
    pub(super) fn ahead(&self) -> Ahead {
        self.reach.ahead(self.world())
    }

    /// The steps that can be taken, each as it is written in a schedule.
    pub(super) fn choices(&self) -> Vec<(Step, String)> {
        let mut enabled = Vec::new();
        self.world().enabled(self.program(), &mut enabled);
        let tokens = schedule::tokens(self.program(), &enabled);
        enabled.into_iter().zip(tokens).collect()
    }

    /// The state to which a step would lead.
    pub(super) fn after(&mut self, step: Step) -> Result<World, Fault> {
        let mut world = self.world().clone();
        world.take(self.program.as_mut(), step)?;
        Ok(world)
    }

    /// The choices that lead to the point that is looked at.
    pub(super) fn schedule(&self) -> String {
        schedule::join(&self.tokens[..self.at])
    }

    /// Goes to the point after this many steps, if there is one.
    pub(super) fn jump(&mut self, to: usize) -> bool {
        let there = to <= self.len();
        if there {
            self.at = to;
        }
        there
    }

    /// Lets somebody move: the step, or why it is not clear which.
    pub(super) fn choose(&mut self, who: &str) -> Result<Result<Vec<TraceStep>, String>, Fault> {
        let choices = self.choices();
        let named = |wanted: &str| {
            choices
                .iter()
                .filter(|(_, token)| token == wanted)
                .map(|(step, _)| *step)
                .collect()
        };
        let mut found: Vec<Step> = named(who);
        if found.is_empty() {
            found = self.of_goroutine(who);
        }
        if found.is_empty() {
            let enabled: Vec<Step> = choices.iter().map(|(step, _)| *step).collect();
            found = schedule::matching(self.program(), who, &enabled);
        }
        let tokens = |steps: &[Step]| {
            let of = choices.iter().filter(|(step, _)| steps.contains(step));
            of.map(|(_, token)| token.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        match found[..] {
            [step] => Ok(Ok(vec![self.take(step)?])),
            [] => {
                let what = match self.named(who) {
                    Some(name) => format!("{name} cannot move now"),
                    None => format!("`{who}` is no command, goroutine or choice (see `help`)"),
                };
                let all: Vec<&str> = choices.iter().map(|(_, token)| token.as_str()).collect();
                Ok(Err(match all[..] {
                    [] => format!("{what}; nobody can move, but `undo` goes back"),
                    _ => format!("{what}; what can: {}", all.join(", ")),
                }))
            }
            _ => Ok(Err(format!(
                "`{who}` can move in several ways: {}",
                tokens(&found)
            ))),
        }
    }

    /// Whether this goroutine is the one of this number or name.
    fn is_it(&self, id: GoroutineId, who: &str) -> bool {
        match who.parse::<usize>() {
            Ok(number) => id.index() + 1 == number,
            Err(_) => self.program().goroutine(id).name == who || self.shown_name(id) == who,
        }
    }

    /// The name of the goroutine of this number or name, if there is one.
    fn named(&self, who: &str) -> Option<String> {
        let mut ids = (0..self.world().goroutines().len()).map(GoroutineId::from_index);
        let id = ids.find(|&id| self.world().goroutine(id).is_some() && self.is_it(id, who))?;
        Some(self.shown_name(id))
    }

    /// The timers that can fire and have not yet, with their numbers: the trace has none of them.
    pub(super) fn timers(&self, trace: &Trace) -> Vec<(usize, String)> {
        let mut timers: Vec<(usize, String)> = Vec::new();
        for (step, _) in self.choices() {
            for id in step.movers() {
                let (number, name) = (id.index() + 1, self.shown_name(id));
                let known = trace.standing(&name).is_some();
                if !known && !timers.iter().any(|(other, _)| *other == number) {
                    timers.push((number, name));
                }
            }
        }
        timers
    }

    /// The steps in which this goroutine moves, by its number or its name.
    fn of_goroutine(&self, who: &str) -> Vec<Step> {
        let is_it = |id: GoroutineId| self.is_it(id, who);
        let choices = self.choices().into_iter().map(|(step, _)| step);
        choices.filter(|step| step.movers().any(is_it)).collect()
    }

    /// Plays a shortest way to a bad end; `None` if none is known from here.
    pub(super) fn show(&mut self) -> Result<Option<Vec<TraceStep>>, Fault> {
        if !matches!(self.ahead(), Ahead::Bad(_)) {
            return Ok(None);
        }
        let mut steps = Vec::new();
        while let Ahead::Bad(way) = self.ahead() {
            let Some(step) = way.first else { break };
            steps.push(self.take(step)?);
        }
        Ok(Some(steps))
    }

    fn take(&mut self, step: Step) -> Result<TraceStep, Fault> {
        let token = self
            .choices()
            .into_iter()
            .find(|(choice, _)| *choice == step)
            .map(|(_, token)| token);
        let world = self.after(step)?;
        self.worlds.truncate(self.at + 1);
        self.steps.truncate(self.at);
        self.tokens.truncate(self.at);
        self.worlds.push(world);
        self.steps.push(step);
        self.tokens.push(token.expect("what is taken is enabled"));
        self.at += 1;
        let trace = self.trace()?;
        Ok(trace.steps.last().expect("it was taken").clone())
    }
}
