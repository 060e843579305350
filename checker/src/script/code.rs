//! A script's statements as flat code with jumps.
//!
//! In operations that stand in the code the ids are places of [`Script::objects`]: which object
//! such a one stands for may change as a goroutine goes on.

mod writer;

use super::{Grip, Object, Operand, Script, Start, Var};
use crate::model::{Op, Outcome, Tells};
use writer::Writer;

/// A place in the code.
pub(super) type Place = usize;

/// All goroutines' code.
pub(super) struct Code {
    pub(super) instructions: Vec<Instruction>,
    /// Where each goroutine of the script begins. Its last instruction is its only
    /// [`Instruction::Return`].
    pub(super) entries: Vec<Place>,
    /// Where each statement begins, and its number, counted from 0 in the order of
    /// [`visit`](super::visit) through all goroutines.
    pub(super) heads: Vec<(Place, usize)>,
    /// At which places the last integer that the goroutine was told can matter for what it does.
    pub(super) needs_last: Vec<bool>,
}

pub(super) enum Instruction {
    Do(Act, Then),
    Jump(Place),
    /// The head of a loop for ever, reached from before it; the next instruction is the first of
    /// the body.
    EnterLoop,
    /// Back to the head at this place.
    Again(Place),
    LeaveLoop,
    /// Makes an object.
    New(Object),
    /// Goes on if the variable holds something, else at this place.
    IfHeld(Var, Place),
    /// Adds to the integer that a guard has.
    AddHeld(Var, i64),
    /// Forgets a guard.
    Leave(Var),
    /// Puts a deferred call into a variable.
    Defer(Var),
    /// Begins the call that this variable holds.
    BeginCall(Var),
    /// Ends a call.
    EndCall,
    Return,
    Panic(String),
}

/// An operation whose operands may have to be filled in.
pub(super) enum Act {
    Fixed(Op),
    Send(Object, Operand),
    Set(Object, Operand),
    Unlock(Object, Operand),
    WUnlock(Object, Operand),
    Select(Vec<Communication>, bool),
    /// Starts the goroutine of this place in the script.
    Go(usize),
    /// Comes to the end of the function of the innermost once.
    OnceEnd,
    /// Takes a lock and keeps the guard.
    Hold(Var, Grip, Object),
    /// Gives the guard back.
    Release(Var),
    /// Waits for a condition with the guard.
    Wait(Object, Var),
    /// The same, but what it tells is not kept.
    Quiet(Box<Act>),
}

pub(super) enum Communication {
    Send(Object, Operand),
    Recv(Object),
}

/// Where to go on.
pub(super) enum Then {
    Always(Place),
    /// At the first if a value came, else at the second.
    IfValue(Place, Place),
    /// At the first if the number is 1, else at the second.
    IfOne(Place, Place),
    /// By the case of a select, or its default.
    ByCase(Vec<Place>, Place),
    /// By a chosen number.
    ByNumber(Vec<Place>),
}

impl Then {
    pub(super) fn after(&self, outcome: Outcome) -> Place {
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

    fn places(&self) -> Vec<Place> {
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

impl Act {
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

    /// Whether every outcome tells the goroutine an integer.
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

    /// Whether the goroutine can see the number that this yields: a once keeps it to itself.
    pub(super) fn tells_number(&self) -> bool {
        !matches!(self, Self::Fixed(Op::Once(..)))
    }

    /// Returns true if the goroutine keeps nothing of what this tells.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self, Self::Quiet(_))
    }
}

impl Code {
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
        let (instructions, heads) = writer.into_parts();
        let needs_last = needs_last(&instructions);
        Self {
            instructions,
            entries,
            heads,
            needs_last,
        }
    }
}

/// At which places the last integer matters: where it is used, or where it matters somewhere on and
/// nothing replaces it on the way.
fn needs_last(instructions: &[Instruction]) -> Vec<bool> {
    let mut needs = vec![false; instructions.len()];
    loop {
        let mut changed = false;
        for (place, instruction) in instructions.iter().enumerate().rev() {
            let now = match instruction {
                Instruction::Do(act, then) => {
                    act.uses_last()
                        || (!act.always_tells() && then.places().iter().any(|&next| needs[next]))
                }
                Instruction::Jump(next) => needs[*next],
                Instruction::IfHeld(_, next) => needs[place + 1] || needs[*next],
                Instruction::New(_)
                | Instruction::AddHeld(..)
                | Instruction::Leave(_)
                | Instruction::Defer(_)
                | Instruction::BeginCall(_)
                | Instruction::EndCall => needs[place + 1],
                Instruction::EnterLoop
                | Instruction::Again(_)
                | Instruction::LeaveLoop
                | Instruction::Return
                | Instruction::Panic(_) => false,
            };
            changed |= now != needs[place];
            needs[place] = now;
        }
        if !changed {
            return needs;
        }
    }
}
