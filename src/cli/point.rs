//! Words on a point that `step` and `play` share: where it is, where a goroutine stands there, the
//! end, the score.

use gordian_checker::execution::escape::visible;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::{Held, HeldAs, Place, Standing, State};
use gordian_checker::explain::wait_for_graph::Reason;
use gordian_checker::explore::reach::Ahead;
use gordian_checker::model::End;
use gordian_checker::render::Sources;
use gordian_checker::render::text::chain;
use gordian_checker::session::Session;

use super::terminal::{Tone, count};

/// The end that is none of the program's.
pub(crate) const BOUNDED: &str = "the end: a goroutine waits for a tick beyond the kernel's limit";

/// The end at which nothing is wrong.
pub(crate) const COMPLETE: &str = "the end: all goroutines have returned";

/// Returns the number of the point: `after step 3`, or `after step 3 of 5` if two were undone.
pub(crate) fn position(game: &Session) -> String {
    match game.last() {
        last if last == game.at() => format!("after step {last}"),
        last => format!("after step {} of {last}", game.at()),
    }
}

/// Returns the state of a goroutine: can it move, and if not, why.
pub(crate) fn state(standing: &Standing) -> (String, Tone) {
    match standing.state {
        State::Ready => ("can move".to_owned(), Tone::Good),
        State::Stuck | State::Waiting => (standing.reason.clone(), Tone::Bad),
        State::Returned => ("returned".to_owned(), Tone::Faint),
        State::Panicked => (format!("panicked: {}", standing.reason), Tone::Bad),
    }
}

/// Returns what a goroutine holds, empty if nothing.
pub(crate) fn holds(standing: &Standing) -> String {
    let how = |held: &Held| match held.mode {
        HeldAs::RLock => format!("HOLDS (read) {}", held.lock),
        HeldAs::Lock | HeldAs::Acquire => format!("HOLDS {}", held.lock),
    };
    let holds: Vec<String> = standing.holds.iter().map(how).collect();
    holds.join(", ")
}

/// Returns a place: `:64`, or `(:64)` for the drop of the guard of a lock that was taken there.
pub(crate) fn place(place: &Place) -> String {
    match (place.line, place.column) {
        (0, _) => String::new(),
        (line, 0) => format!("(:{line})"),
        (line, _) => format!(":{line}"),
    }
}

/// Returns the source line of a place. Of the drop of a guard it is that of the lock, as the place
/// is, and so in parentheses.
pub(crate) fn source_line(place: &Place, sources: &Sources) -> Option<String> {
    let whole = Place {
        column: 0,
        ..place.clone()
    };
    let code = visible(&sources.get(&place.file)?[sources.span(&whole)?]);
    Some(match place.column {
        0 => format!("({code})"),
        _ => code,
    })
}

/// Returns a reason why nobody can move, as a sentence.
pub(crate) fn reason(trace: &Trace, reason: &Reason) -> String {
    match &reason.sentence {
        Some(sentence) => format!("{}: {sentence}", reason.members.join(", ")),
        None => chain(trace, reason),
    }
}

/// Returns the number of moves to a bad end, and how few there could have been, if it is known.
pub(crate) fn score(game: &Session) -> String {
    let moves = count(game.at(), "move");
    let Ahead::Bad(shortest) = game.ahead_of_start() else {
        return moves;
    };
    let to = match game.ahead() {
        Ahead::Bad(here) if here.end != shortest.end => {
            format!(", to a {},", end_word(shortest.end))
        }
        Ahead::Bad(_) | Ahead::Nothing | Ahead::Unknown => String::new(),
    };
    match game.reach().is_complete() {
        true => format!("{moves}; the shortest way{to} has {}", shortest.steps),
        false => moves,
    }
}

/// Returns true at a bad end, also at one at which others can still move.
pub(crate) fn is_bad_end(game: &Session) -> bool {
    matches!(game.ahead(), Ahead::Bad(way) if way.steps == 0)
}

/// Returns an end in one word.
pub(crate) fn end_word(end: End) -> &'static str {
    match end {
        End::Complete => "complete",
        End::Leak => "leak",
        End::Deadlock => "deadlock",
        End::Panic => "panic",
        End::Cut => "cut",
    }
}
