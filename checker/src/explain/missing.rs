//! What nobody does who is still alive: the claim, its ground, and who does so elsewhere.

use serde::{Deserialize, Serialize};

use super::trace::Place;

/// What nobody does who is still alive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Missing {
    /// What it is: `receives from w.result`.
    pub does: String,
    /// On what ground it is said that nobody does it.
    pub ground: Ground,
    /// Who does it in other executions, or did it before.
    pub elsewhere: Vec<Elsewhere>,
}

/// On what ground it is said that nobody does something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// It is in nobody's future: all states were looked at, and what comes after where somebody is
    /// stuck was imagined to its end.
    Futures,
    /// Nobody does it in any of so many states.
    States(usize),
    /// No other execution was looked at.
    Nothing,
}

/// Somebody who does something in other executions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Elsewhere {
    /// Who.
    pub goroutine: String,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Why it does not do so from here on.
    pub now: Now,
}

/// Why somebody does not do something from here on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Now {
    /// It was not started.
    NotStarted,
    /// It has returned, or has panicked.
    Ended,
    /// It is a timer that was stopped, or has fired.
    Spent,
    /// It is alive, and does something else from where it stands on.
    Past,
    /// Others run on for ever, and it is one of them.
    RunsOn,
}

impl Missing {
    /// The same as a sentence without its end.
    #[must_use]
    pub fn sentence(&self) -> String {
        let does = &self.does;
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
                Now::NotStarted => "was not started",
                Now::Ended => "has ended",
                Now::Spent => "will not fire",
                Now::Past => "is past it",
                Now::RunsOn => "never comes to it",
            };
            format!(
                "{} does at :{} but {now} here",
                one.goroutine, one.place.line
            )
        };
        let all: Vec<String> = self.elsewhere.iter().map(said).collect();
        if !all.is_empty() {
            sentence.push_str(&format!(" ({})", all.join("; ")));
        }
        sentence
    }
}
