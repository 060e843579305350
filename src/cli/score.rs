//! Words that `step` and `play` share: an end in a word, and the score.

use gordian_checker::explore::reach::Ahead;
use gordian_checker::model::End;
use gordian_checker::session::Session;

use super::terminal::count;

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
