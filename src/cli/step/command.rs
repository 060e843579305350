//! The commands of `step`.

/// A line that was parsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Command {
    /// Draw the point again.
    Look,
    /// Take the only choice; draw the point again if there are several or none.
    Only,
    /// Let this goroutine move: its name or number, or a choice as in a schedule.
    Move(String),
    /// Move on to the next point at which there is more than one choice.
    Go,
    Undo,
    Redo,
    Jump(usize),
    Save(String),
    /// Play a shortest path to a bad end.
    Show,
    /// Say for each choice if a bad end can be reached after it.
    Hint,
    Schedule,
    Help,
    Leave,
}

/// The help on the commands.
pub(super) const HELP: &str = "  \
  NAME, NUMBER    let that goroutine move
  CHOICE          the same, as in a schedule: main+loop, keeper:1
  move CHOICE     the same, where it would read like a command
  go              take the only choice, up to the next point that has several
  an empty line   take the only choice, once; where there are several, look
  hint            after which choices a bad end can still be reached
  show            play a shortest way to a bad end from here
  undo, redo      a step back, a step forward
  jump N          to the point after step N
  look            show this point again
  schedule        the choices so far
  save FILE       store them; of a file that is there it asks first
  quit            leave, as the end of the input does
  The letters m, g, h, s, u, r, j, q and ? (help) will do.";

impl Command {
    /// Parses a line.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let line = line.trim();
        let (word, rest) = match line.split_once(char::is_whitespace) {
            Some((word, rest)) => (word, rest.trim()),
            None => (line, ""),
        };
        let alone = |command| match rest {
            "" => Ok(command),
            _ => Err(format!("`{word}` stands alone")),
        };
        match word {
            "" => Ok(Self::Only),
            "look" => alone(Self::Look),
            "go" | "g" => alone(Self::Go),
            "undo" | "u" => alone(Self::Undo),
            "redo" | "r" => alone(Self::Redo),
            "show" | "s" => alone(Self::Show),
            "hint" | "h" => alone(Self::Hint),
            "schedule" => alone(Self::Schedule),
            "help" | "?" => alone(Self::Help),
            "quit" | "q" | "exit" => alone(Self::Leave),
            "jump" | "j" => match rest.parse() {
                Ok(to) => Ok(Self::Jump(to)),
                Err(_) => Err("`jump` wants the number of a step".to_owned()),
            },
            "save" if rest.is_empty() => Err("`save` wants the name of a file".to_owned()),
            "save" => Ok(Self::Save(rest.to_owned())),
            "move" | "m" if rest.is_empty() => {
                Err(format!("`{word}` wants a goroutine or a choice"))
            }
            "move" | "m" => Ok(Self::Move(rest.to_owned())),
            _ => Ok(Self::Move(line.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_their_letters() {
        assert_eq!(Command::parse(" undo "), Ok(Command::Undo));
        assert_eq!(Command::parse("u"), Ok(Command::Undo));
        assert_eq!(Command::parse("jump 3"), Ok(Command::Jump(3)));
        assert_eq!(
            Command::parse("save a file"),
            Ok(Command::Save("a file".to_owned()))
        );
        assert_eq!(
            Command::parse("main+loop"),
            Ok(Command::Move("main+loop".to_owned()))
        );
        assert_eq!(
            Command::parse("move undo"),
            Ok(Command::Move("undo".to_owned()))
        );
        assert!(Command::parse("jump").is_err());
        assert!(Command::parse("jump far").is_err());
        assert!(Command::parse("undo twice").is_err());
    }
}
