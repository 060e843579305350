//! An execution that is played by its schedule, and shown.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gordian_checker::Subject;
use gordian_checker::Verdict;
use gordian_checker::catalogue::Variant;
use gordian_checker::explore::replay::{self, Misfit};
use gordian_checker::model::{End, Fault, World};
use gordian_checker::report::schedule;

use super::failure::Failure;
use super::plain::{self, Standing, State};
use super::search::STACK_BYTES;
use super::supervise::supervise;

/// An execution that was played.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    /// Each step, a line for each goroutine that moved.
    pub(crate) steps: Vec<Vec<String>>,
    pub(crate) standings: Vec<Standing>,
    /// What kind of end it came to, if it came to one.
    pub(crate) end: Option<End>,
    /// What can move after the last step, as it is written in a schedule.
    pub(crate) enabled: Vec<String>,
    /// Where the schedule stopped fitting, if it did.
    pub(crate) misfit: Option<Misfit>,
    /// The schedule of all that was played.
    pub(crate) schedule: String,
    /// Whether going on was given up, at the limit on steps.
    pub(crate) cut: bool,
}

/// How a schedule is played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    /// Whether to go on with the first that can move, where the schedule ends or stops fitting.
    pub(crate) go_on: bool,
    /// How many steps may be played.
    pub(crate) steps_max: usize,
    pub(crate) stall_max: Option<Duration>,
}

/// Plays a schedule on a variant.
///
/// # Errors
/// If the schedule cannot be read, or the kernel has a fault.
pub(crate) fn play(variant: &Variant, text: &str, how: How) -> Result<Played, Failure> {
    let tokens =
        schedule::split(text).map_err(|what| Failure::Usage(format!("the schedule: {what}")))?;
    let main = variant.main;
    let watch = Arc::default();
    let played = supervise(
        &watch,
        how.stall_max,
        |_| (),
        move || follow(&Rc::new(main), &tokens, how),
    )?;
    played.map_err(|fault| Failure::NoAnswer(fault.to_string()))
}

fn follow(subject: &dyn Subject, tokens: &[String], how: How) -> Result<Played, Fault> {
    let mut program = subject.program(STACK_BYTES);
    let program = program.as_mut();
    let first = replay::play(program, tokens)?;
    let mut path = first.path;
    let mut world = first.world;
    let mut enabled = Vec::new();
    let mut cut = false;
    if how.go_on {
        world.enabled(program, &mut enabled);
        while let Some(&step) = enabled.first() {
            cut = path.len() >= how.steps_max;
            if cut {
                break;
            }
            world.take(program, step)?;
            path.push(step);
            world.enabled(program, &mut enabled);
        }
    }
    let mut again = World::start(program)?;
    let mut steps = Vec::new();
    for &step in &path {
        steps.push(plain::moves(program, &again, step));
        again.take(program, step)?;
    }
    world.enabled(program, &mut enabled);
    let schedule = replay::write(program, &path)?;
    Ok(Played {
        steps,
        standings: plain::standings(program, &world),
        end: plain::end(program, &world),
        enabled: enabled
            .iter()
            .map(|&step| schedule::token(program, &world, step, &enabled))
            .collect(),
        misfit: first.misfit,
        schedule,
        cut,
    })
}

impl Played {
    /// The verdict on this one execution; `None` if it has not come to its end.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        Some(match self.end? {
            End::Complete => Verdict::Proved,
            End::Leak => Verdict::Leak,
            End::Deadlock => Verdict::Deadlock,
            End::Panic => Verdict::Panic,
            End::Cut => Verdict::Bounded,
        })
    }

    /// The execution in list form.
    pub(crate) fn list(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            for (part, text) in step.iter().enumerate() {
                let number = if part == 0 {
                    (index + 1).to_string()
                } else {
                    String::new()
                };
                lines.push(format!("{number:>5}  {text}"));
            }
        }
        lines.push(format!("  {}", "-".repeat(60)));
        for standing in &self.standings {
            let (sign, why) = match &standing.state {
                State::Ready => (" ", "can move".to_owned()),
                State::Waits(reason) => ("x", reason.clone()),
                State::Returned => (" ", "returned".to_owned()),
                State::Panicked(message) => ("x", format!("panicked: {message}")),
            };
            let place = match standing.site.line {
                0 => String::new(),
                line => format!(":{line}"),
            };
            let mut line = format!(
                "    {sign}  {:10} {:28} {place:>5}  {why}",
                standing.name, standing.what
            );
            if !standing.holds.is_empty() {
                line += &format!(", HOLDS {}", standing.holds.join(", "));
            }
            lines.push(line.trim_end().to_owned());
        }
        lines
    }
}
