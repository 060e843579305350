//! The claim that no living goroutine does something, its ground, and who does it in other
//! executions.

use serde::{Deserialize, Serialize};

use super::trace::Place;

/// Something that no living goroutine does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Missing {
    /// The action: `receives from w.result`.
    pub does: String,
    /// The ground of the claim.
    pub ground: Ground,
    /// Goroutines that do it in other executions, or did it before.
    pub elsewhere: Vec<Elsewhere>,
}

/// The ground of a claim that nobody does something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// It is in nobody's future. All states were visited, and the future of every stuck goroutine
    /// was imagined to its end.
    Futures,
    /// Nobody does it in any of this many states.
    States(usize),
    /// No other execution was explored.
    Nothing,
}

/// A goroutine that does something in other executions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The goroutine.
    pub goroutine: String,
    /// The place.
    #[serde(flatten)]
    pub place: Place,
    /// The reason why it does not do so from this point on.
    pub now: Now,
}

/// The reason why a goroutine does not do something from this point on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Now {
    /// It was not started.
    NotStarted,
    /// It has returned, has panicked, or is main and has called Goexit.
    Ended,
    /// It has returned or was not started. The state does not tell which, and how it was reached is
    /// not known.
    Gone,
    /// It is a timer that was stopped, or has already fired.
    Spent,
    /// It is alive, but does not do so any more from its present position.
    Past,
    /// It can move, here or in the cycle in which others run on. If it comes to it, that does not
    /// let the one that waits go on.
    RunsOn,
}

impl Missing {
    /// Returns the claim as a sentence without a full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        let runs_on = self.elsewhere.iter().any(|one| one.now == Now::RunsOn);
        let for_it = if runs_on { " for it" } else { "" };
        let does = format!("{}{for_it}", self.does);
        let mut sentence = match self.ground {
            Ground::Futures => format!("no goroutine that is still alive {does}"),
            Ground::States(states) => {
                format!(
                    "no goroutine that is still alive {does} in any of the {states} states seen"
                )
            }
            Ground::Nothing => format!("no goroutine is known that still {does}"),
        };
        let said = |one: &Elsewhere| {
            let now = match one.now {
                Now::NotStarted => "was not started here",
                Now::Ended => "has ended here",
                Now::Gone => "is not there now",
                Now::Spent => "will not fire here",
                Now::Past => "does not come to it from here",
                Now::RunsOn => "never for it here",
            };
            format!("{} does at :{} but {now}", one.goroutine, one.place.line)
        };
        let all: Vec<String> = self.elsewhere.iter().map(said).collect();
        if !all.is_empty() {
            sentence.push_str(&format!(" ({})", all.join("; ")));
        }
        sentence
    }
}
