//! A script's statements as flat code with jumps.
//!
//! In operations of the code, object ids are positions in [`Script::objects`]. The actual object
//! may change while a goroutine runs.
//! such a one stands for may change as a goroutine goes on.

mod writer;

use super::{Grip, Object, Operand, Script, Start, Var};
use crate::model::{Op, Outcome, Tells};
use writer::Writer;

/// A position in the code.
pub(super) type CodeIndex = usize;

/// The code of all goroutines.
pub(super) struct Code {
    pub(super) instructions: Vec<Instruction>,
    /// The start of each goroutine of the script. The goroutine's last instruction is its only
    /// [`Instruction::Return`].
    pub(super) entries: Vec<CodeIndex>,
    /// The start of each statement, and its number, counted from 0 in the order of
    /// [`visit`](super::visit) through all goroutines.
    pub(super) heads: Vec<(CodeIndex, usize)>,
    /// True for each position at which the goroutine's last integer can still matter.
    pub(super) needs_last: Vec<bool>,
    /// The way out of each position.
    pub(super) exits: Vec<WayOut>,
}

/// The way that a panic or a Goexit takes from a position.
#[derive(Clone, Copy, Default)]
pub(super) struct WayOut {
    /// The end of the innermost scope; `None` if that is the goroutine itself, or if nothing ever
    /// takes this way.
    pub(super) to: Option<CodeIndex>,
    /// True if a panic is recovered on the way.
    pub(super) recovers: bool,
}

pub(super) enum Instruction {
    Do(Operation, Then),
    Jump(CodeIndex),
    /// The head of an endless loop, for the first iteration. The next instruction is the first of
    /// the body.
    EnterLoop,
    /// A jump back to the head at this position.
    Again(CodeIndex),
    LeaveLoop,
    /// Makes an object.
    New(Object),
    /// Continues if the variable holds something, otherwise jumps to this position.
    IfHeld(Var, CodeIndex),
    /// Adds to the integer under a guard.
    AddHeld(Var, i64),
    /// Forgets a guard.
    Leave(Var),
    /// Puts a deferred call into a variable.
    Defer(Var),
    /// Begins the deferred call in this variable.
    BeginCall(Var),
    /// Ends a deferred call.
    EndCall,
    /// Lets a panic or a Goexit go further out, if there is one.
    Unwind,
    /// Ends a panic, if there is one.
    Recovered,
    Return,
    Panic(String),
    /// Begins a Goexit.
    Goexit,
}

/// An operation whose operands may be incomplete.
pub(super) enum Operation {
    Fixed(Op),
    Send(Object, Operand),
    Set(Object, Operand),
    Unlock(Object, Operand),
    WUnlock(Object, Operand),
    Select(Vec<Communication>, bool),
    /// Starts the goroutine at this position of the script.
    Go(usize),
    /// Reaches the end of the function of the innermost once.
    OnceEnd,
    /// Takes a lock and stores the guard.
    Hold(Var, Grip, Object),
    /// Unlocks through the guard.
    Release(Var),
    /// Waits for a condition with the guard.
    Wait(Object, Var),
    /// The same, but its outcome is not kept.
    Quiet(Box<Operation>),
}

pub(super) enum Communication {
    Send(Object, Operand),
    Recv(Object),
}

/// The continuation after an operation.
pub(super) enum Then {
    Always(CodeIndex),
    /// The first position if a value came, otherwise the second.
    IfValue(CodeIndex, CodeIndex),
    /// The first position if the number is 1, otherwise the second.
    IfOne(CodeIndex, CodeIndex),
    /// The positions for the cases of a select, and for its default.
    ByCase(Vec<CodeIndex>, CodeIndex),
    /// The positions for the chosen numbers.
    ByNumber(Vec<CodeIndex>),
}

impl Then {
    pub(super) fn after(&self, outcome: Outcome) -> CodeIndex {
        match (self, outcome) {
            (Self::Always(place), _)
            | (Self::IfValue(place, _), Outcome::Value(_))
            | (Self::IfOne(place, _), Outcome::Number(1))
            | (Self::IfValue(_, place), Outcome::Nothing)
            | (Self::IfOne(_, place), _)
            | (Self::ByCase(_, place), Outcome::Default) => *place,
            (Self::ByCase(places, _), Outcome::Sent(case) | Outcome::Received(case, _)) => {
                places[case as usize]
            }
            (Self::ByNumber(places), Outcome::Number(number)) => {
                places[usize::try_from(number).expect("a choice is not negative")]
            }
            _ => unreachable!("{outcome:?} is no outcome of such an operation"),
        }
    }

    fn places(&self) -> Vec<CodeIndex> {
        match self {
            Self::Always(place) => vec![*place],
            Self::IfValue(a, b) | Self::IfOne(a, b) => vec![*a, *b],
            Self::ByCase(places, default) => places.iter().chain([default]).copied().collect(),
            Self::ByNumber(places) => places.clone(),
        }
    }
}

impl Operand {
    fn uses_last(self) -> bool {
        matches!(self, Self::Last(_))
    }
}

impl Operation {
    fn uses_last(&self) -> bool {
        match self {
            Self::Fixed(_)
            | Self::Go(_)
            | Self::OnceEnd
            | Self::Hold(..)
            | Self::Release(_)
            | Self::Wait(..)
            | Self::Quiet(_) => false,
            Self::Send(_, operand)
            | Self::Set(_, operand)
            | Self::Unlock(_, operand)
            | Self::WUnlock(_, operand) => operand.uses_last(),
            Self::Select(cases, _) => cases
                .iter()
                .any(|case| matches!(case, Communication::Send(_, operand) if operand.uses_last())),
        }
    }

    /// Returns true if every outcome gives the goroutine an integer.
    fn always_tells(&self) -> bool {
        match self {
            Self::Hold(..) | Self::Wait(..) => true,
            Self::Fixed(op) => match op.facts().tells {
                Tells::Content | Tells::ContentIfFree | Tells::Received | Tells::Number => {
                    self.tells_number()
                }
                Tells::Nothing | Tells::Case => false,
            },
            Self::Send(..)
            | Self::Set(..)
            | Self::Unlock(..)
            | Self::WUnlock(..)
            | Self::Select(..)
            | Self::Go(_)
            | Self::OnceEnd
            | Self::Release(_)
            | Self::Quiet(_) => false,
        }
    }

    /// Returns true if the goroutine can see the number that this yields. The number of a once is
    /// hidden.
    pub(super) fn tells_number(&self) -> bool {
        !matches!(self, Self::Fixed(Op::Once(..)))
    }

    /// Returns true if the goroutine ignores the outcome.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self, Self::Quiet(_))
    }
}

impl Code {
    /// Returns true if a goroutine may come back to a position.
    pub(super) fn goes_back(&self) -> bool {
        let goes_back = |(place, instruction): (CodeIndex, &Instruction)| match instruction {
            Instruction::Again(_) => true,
            Instruction::Jump(next) | Instruction::IfHeld(_, next) => *next <= place,
            Instruction::Do(_, then) => then.places().iter().any(|next| *next <= place),
            Instruction::EnterLoop
            | Instruction::LeaveLoop
            | Instruction::New(_)
            | Instruction::AddHeld(..)
            | Instruction::Leave(_)
            | Instruction::Defer(_)
            | Instruction::BeginCall(_)
            | Instruction::EndCall
            | Instruction::Unwind
            | Instruction::Recovered
            | Instruction::Return
            | Instruction::Panic(_)
            | Instruction::Goexit => false,
        };
        self.instructions.iter().enumerate().any(goes_back)
    }

    /// Compiles a script.
    pub(super) fn new(script: &Script, start: Start) -> Self {
        assert!(!script.goroutines.is_empty(), "a script without a main");
        let mut writer = Writer::new(script);
        let mut entries = Vec::new();
        for (place, goroutine) in script.goroutines.iter().enumerate() {
            entries.push(writer.here());
            if place == 0 && start == Start::ByMain {
                writer.preamble();
            }
            writer.goroutine(goroutine);
        }
        let (instructions, heads, exits) = writer.into_parts();
        let needs_last = needs_last(&instructions, &exits);
        Self {
            instructions,
            entries,
            heads,
            needs_last,
            exits,
        }
    }
}

/// Returns true for each position at which the last integer matters: it is used there, or later
/// before it is replaced.
fn needs_last(instructions: &[Instruction], exits: &[WayOut]) -> Vec<bool> {
    let mut needs = vec![false; instructions.len()];
    loop {
        let mut changed = false;
        for (place, instruction) in instructions.iter().enumerate().rev() {
            let exit = exits[place];
            let outside = exit.recovers && exit.to.is_some_and(|end| needs[end]);
            let now = match instruction {
                Instruction::Do(act, then) => {
                    act.uses_last()
                        || outside
                        || (!act.always_tells() && then.places().iter().any(|&next| needs[next]))
                }
                Instruction::Unwind => needs[place + 1] || outside,
                Instruction::Panic(_) => outside,
                Instruction::Jump(next) => needs[*next],
                Instruction::IfHeld(_, next) => needs[place + 1] || needs[*next],
                Instruction::New(_)
                | Instruction::AddHeld(..)
                | Instruction::Leave(_)
                | Instruction::Defer(_)
                | Instruction::BeginCall(_)
                | Instruction::EndCall
                | Instruction::Recovered => needs[place + 1],
                Instruction::EnterLoop
                | Instruction::Again(_)
                | Instruction::LeaveLoop
                | Instruction::Return
                | Instruction::Goexit => false,
            };
            changed |= now != needs[place];
            needs[place] = now;
        }
        if !changed {
            return needs;
        }
    }
}
