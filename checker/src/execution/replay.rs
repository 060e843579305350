//! Replays a schedule that somebody wrote.

use crate::execution::schedule;
use crate::model::{Event, Fault, Program, Step, World};

/// A schedule that was played as far as it fits.
#[derive(Clone, Debug)]
pub struct Played {
    /// The steps.
    pub path: Vec<Step>,
    /// The events of these steps.
    pub events: Vec<Event>,
    /// The state that they lead to.
    pub world: World,
    /// The point where it stopped fitting, if it did.
    pub divergence: Option<Divergence>,
}

/// The point where a schedule stopped fitting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// The step, from 1.
    pub step: usize,
    /// The choice that the schedule makes there.
    pub token: String,
    /// The steps that are enabled there, in the form of a schedule. Of a choice among numbers, the
    /// [first](schedule::NUMBERS_SHOWN) ones.
    pub enabled: Vec<String>,
    /// True if the choice matches several of them.
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
        divergence: None,
    };
    let mut enabled = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        played.world.enabled(program, &mut enabled);
        let found = schedule::matching(program, token, &enabled);
        let [step] = found[..] else {
            let shown = schedule::shown(&enabled);
            played.divergence = Some(Divergence {
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

/// Why somebody who goes on gives up before the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GivenUp {
    /// The limit on steps was met.
    Steps,
    /// A state came back: whoever goes on in the same way goes round for ever.
    Round,
}

/// Goes on from a state with the first that can move, to the end or until it gives up. The path
/// grows by the steps that are taken.
///
/// # Errors
/// If the program has a fault.
pub fn go_on(
    program: &mut dyn Program,
    mut world: World,
    path: &mut Vec<Step>,
    steps_max: usize,
) -> Result<Option<GivenUp>, Fault> {
    // Each state is compared with one from before, which is renewed ever more rarely (Brent's
    // algorithm). So a state that comes back is found in the end, and no more than one is kept.
    let (mut before, mut taken, mut renew_at) = (world.clone(), 0_usize, 1_usize);
    let mut enabled = Vec::new();
    loop {
        world.enabled(program, &mut enabled);
        let Some(&step) = enabled.first() else {
            return Ok(None);
        };
        if path.len() >= steps_max {
            return Ok(Some(GivenUp::Steps));
        }
        world.take(program, step)?;
        path.push(step);
        taken += 1;
        if world == before {
            return Ok(Some(GivenUp::Round));
        }
        if taken == renew_at {
            before.clone_from(&world);
            renew_at = renew_at.saturating_mul(2);
        }
    }
}

/// Returns the schedule of a path, as text.
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

    fn mismatch(tokens: &[&str]) -> Option<Divergence> {
        let kernel = || {
            gosched();
            choose(2);
        };
        let mut program = Rc::new(kernel).program(1 << 16);
        let tokens: Vec<String> = tokens.iter().map(|&token| token.to_owned()).collect();
        play(program.as_mut(), &tokens).unwrap().divergence
    }

    #[test]
    fn a_divergence_says_at_which_step_and_whether_the_choice_means_too_much() {
        assert_eq!(mismatch(&["main", "main:1"]), None);
        let nobody = mismatch(&["main", "nobody"]).expect("nobody is called that");
        assert_eq!((nobody.step, nobody.ambiguous), (2, false));
        assert_eq!(nobody.token, "nobody");
        assert_eq!(nobody.enabled, ["main:0", "main:1"]);
        let both = mismatch(&["main", "main"]).expect("two choices");
        assert_eq!((both.step, both.ambiguous), (2, true));
    }
}
