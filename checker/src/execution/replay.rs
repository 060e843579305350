//! Plays a schedule that somebody wrote.

use crate::execution::schedule;
use crate::model::{Event, Fault, Program, Step, World};

/// A schedule that was played, as far as it fits.
#[derive(Clone, Debug)]
pub struct Played {
    /// The steps.
    pub path: Vec<Step>,
    /// The events that they were.
    pub events: Vec<Event>,
    /// The state that they lead to.
    pub world: World,
    /// Where it stopped fitting, if it did.
    pub misfit: Option<Misfit>,
}

/// Where a schedule stopped fitting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Misfit {
    /// The step, from 1.
    pub step: usize,
    /// The choice that the schedule makes there.
    pub token: String,
    /// What can move there, as it is written in a schedule; of a choice among numbers the
    /// [first](schedule::NUMBERS_SHOWN).
    pub enabled: Vec<String>,
    /// Whether the choice means more than one of them.
    pub ambiguous: bool,
}

/// Plays the tokens of a schedule from the start.
///
/// # Errors
/// If the program has a fault.
pub fn play(program: &mut dyn Program, tokens: &[String]) -> Result<Played, Fault> {
    let world = World::start(program)?;
    let mut played = Played {
        path: Vec::new(),
        events: Vec::new(),
        world,
        misfit: None,
    };
    let mut enabled = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        played.world.enabled(program, &mut enabled);
        let found = schedule::matching(program, token, &enabled);
        let [step] = found[..] else {
            let shown = schedule::shown(&enabled);
            played.misfit = Some(Misfit {
                step: index + 1,
                token: token.clone(),
                enabled: schedule::tokens(program, &shown),
                ambiguous: !found.is_empty(),
            });
            break;
        };
        played.events.push(played.world.take(program, step)?);
        played.path.push(step);
    }
    Ok(played)
}

/// The schedule of a path, as text.
///
/// # Errors
/// If the program has a fault.
pub fn write(program: &mut dyn Program, path: &[Step]) -> Result<String, Fault> {
    let mut world = World::start(program)?;
    let mut tokens = Vec::new();
    let mut enabled = Vec::new();
    for step in path {
        world.enabled(program, &mut enabled);
        tokens.push(schedule::token(program, *step, &enabled));
        world.take(program, *step)?;
    }
    Ok(schedule::join(&tokens))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::subject::Subject;
    use crate::sync::{choose, gosched};

    fn misfit(tokens: &[&str]) -> Option<Misfit> {
        let kernel = || {
            gosched();
            choose(2);
        };
        let mut program = Rc::new(kernel).program(1 << 16);
        let tokens: Vec<String> = tokens.iter().map(|&token| token.to_owned()).collect();
        play(program.as_mut(), &tokens).unwrap().misfit
    }

    #[test]
    fn a_misfit_says_at_which_step_and_whether_the_choice_means_too_much() {
        assert_eq!(misfit(&["main", "main:1"]), None);
        let nobody = misfit(&["main", "nobody"]).expect("nobody is called that");
        assert_eq!((nobody.step, nobody.ambiguous), (2, false));
        assert_eq!(nobody.token, "nobody");
        assert_eq!(nobody.enabled, ["main:0", "main:1"]);
        let both = misfit(&["main", "main"]).expect("two choices");
        assert_eq!((both.step, both.ambiguous), (2, true));
    }
}
