//! Judges an outcome that Go showed. The rules predict it, or Go is known to do more there than it
//! documents, or the two disagree.

use std::collections::BTreeSet;

use gordian_checker::script::{Goroutine, Grip, Kind, Script, Statement};

use super::outcome::Outcome;
use super::predict::{self, Predicted};

/// The judgement on an outcome that Go showed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Judgement {
    /// It was predicted.
    Predicted,
    /// The run was given up.
    Unsettled,
    /// Go noticed that a wait group was reused too early, which is not modelled.
    WaitGroupReused,
    /// Go did not notice the unlock of an unlocked RWMutex, which is predicted. Its counters cannot
    /// tell it from the unlock of a goroutine that waits.
    UnnoticedUnlock,
    /// A try-lock failed though the lock was free, as The Go Memory Model allows.
    SpuriousTryLock,
    /// Another goroutine panicked while the program died of the unlock of an unlocked lock. The
    /// effect of that unlock on the lock is not modelled.
    InTheWake,
    /// A goroutine may have looked at a tree of contexts during its cancellation, which is one step
    /// by the rules.
    MidCancellation,
    /// A goroutine may have panicked under a guard or a deferred call, which run before the program
    /// dies: that is not modelled.
    UnderPanic,
    /// It was not predicted.
    Disagrees,
}

/// Go's messages for the unlock of an unlocked lock. Go changes the lock before it prints the
/// message, and others see that until the program is dead.
pub(super) const MISUSES: [&str; 3] = [
    "sync: unlock of unlocked mutex",
    "sync: Unlock of unlocked RWMutex",
    "sync: RUnlock of unlocked RWMutex",
];

impl Judgement {
    pub(super) const ALL: [Self; 9] = [
        Self::Predicted,
        Self::Unsettled,
        Self::WaitGroupReused,
        Self::UnnoticedUnlock,
        Self::SpuriousTryLock,
        Self::InTheWake,
        Self::MidCancellation,
        Self::UnderPanic,
        Self::Disagrees,
    ];

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Predicted => "as predicted",
            Self::Unsettled => "came to no end in time: nothing can be said",
            Self::WaitGroupReused => {
                "Go noticed that a wait group was reused too early, which is not modelled"
            }
            Self::UnnoticedUnlock => {
                "Go did not notice the unlock of an unlocked RWMutex, which is predicted"
            }
            Self::SpuriousTryLock => {
                "a try-lock failed though the lock was free, as the memory model allows"
            }
            Self::InTheWake => {
                "another panic came first while Go died of an unlock of what is not locked, which \
                 is predicted"
            }
            Self::MidCancellation => {
                "with a tree of contexts, which is not modelled in the middle of its cancellation"
            }
            Self::UnderPanic => {
                "with a panic under a guard or a deferred call, which is not modelled as Go has it"
            }
            Self::Disagrees => "NOT PREDICTED",
        }
    }
}

/// A judge of the outcomes that Go showed of one script.
pub(super) struct Judge<'a> {
    script: &'a Script,
    predicted: &'a Predicted,
    states_max: usize,
    /// The outcomes that are predicted if try-locks may fail without a reason; computed on demand.
    with_spurious: Option<BTreeSet<Outcome>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(script: &'a Script, predicted: &'a Predicted, states_max: usize) -> Self {
        Self {
            script,
            predicted,
            states_max,
            with_spurious: None,
        }
    }

    pub(super) fn judge(&mut self, outcome: &Outcome) -> Judgement {
        if self.predicted.outcomes.contains(outcome) {
            return Judgement::Predicted;
        }
        match outcome {
            Outcome::Unsettled => return Judgement::Unsettled,
            Outcome::Panic { message, .. } if message.starts_with("sync: WaitGroup ") => {
                return Judgement::WaitGroupReused;
            }
            _ => {}
        }
        if self.predicted.unnoticed {
            return Judgement::UnnoticedUnlock;
        }
        if matches!(outcome, Outcome::Panic { .. }) && self.predicts_misuse() {
            return Judgement::InTheWake;
        }
        if self.spurious().contains(outcome) {
            return Judgement::SpuriousTryLock;
        }
        if self.has_context_tree() {
            return Judgement::MidCancellation;
        }
        if panics_under_deferred(self.script, self.predicted) {
            return Judgement::UnderPanic;
        }
        Judgement::Disagrees
    }

    fn has_context_tree(&self) -> bool {
        let is_child = |kind: &Kind| {
            matches!(
                kind,
                Kind::Context {
                    parent: Some(_),
                    ..
                }
            )
        };
        self.script.objects.iter().any(|it| is_child(&it.kind))
    }

    /// Returns true if an unlocked lock may be unlocked.
    fn predicts_misuse(&self) -> bool {
        let is_misuse = |outcome: &Outcome| match outcome {
            Outcome::Panic { message, .. } => MISUSES.contains(&message.as_str()),
            _ => false,
        };
        self.predicted.outcomes.iter().any(is_misuse)
    }

    fn spurious(&mut self) -> &BTreeSet<Outcome> {
        let (script, states_max) = (self.script, self.states_max);
        let timers = self.predicted.timers;
        self.with_spurious.get_or_insert_with(|| {
            let mut more = script.clone();
            for goroutine in &mut more.goroutines {
                goroutine.body = fallible(&goroutine.body);
            }
            if more == *script {
                return BTreeSet::new();
            }
            // The statements of the other script are numbered differently.
            let numbers = numbers(&more);
            let predicted = predict::predict(&more, timers, states_max).ok().flatten();
            let outcomes = predicted.map(|it| it.outcomes).unwrap_or_default();
            outcomes
                .into_iter()
                .map(|it| it.renumber(&numbers))
                .collect()
        })
    }
}

/// Returns true if a goroutine may panic that has something deferred, a guard included.
pub(super) fn panics_under_deferred(script: &Script, predicted: &Predicted) -> bool {
    let defers =
        |goroutine: &Goroutine| !goroutine.takes.is_empty() || has_deferred(&goroutine.body);
    let defers = |name: &str| {
        let last = name.rsplit('/').next().unwrap_or(name);
        let base = last.split('#').next().unwrap_or(last);
        let mut all = script.goroutines.iter();
        all.any(|goroutine| goroutine.name == base && defers(goroutine))
    };
    let mut all = predicted.outcomes.iter();
    all.any(|outcome| matches!(outcome, Outcome::Panic { goroutine, .. } if defers(goroutine)))
}

fn has_deferred(body: &[Statement]) -> bool {
    any(body, &|statement| match statement {
        Statement::Hold(..) | Statement::Defer(..) => true,
        // Go's Once ends by a deferred call.
        Statement::Once(_, body) => any(body, &can_panic),
        _ => false,
    })
}

/// Returns true if a statement can panic, so that deferred calls are made.
fn can_panic(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Panic(_)
            | Statement::Close(_)
            | Statement::Send(..)
            | Statement::Select { .. }
            | Statement::WgAdd(..)
    )
}

/// Returns true if this is so of some statement, or of one within it.
pub(super) fn any(body: &[Statement], is: &dyn Fn(&Statement) -> bool) -> bool {
    body.iter()
        .any(|it| is(it) || it.bodies().into_iter().any(|inner| any(inner, is)))
}

/// Returns true for a try-lock.
fn tries(statement: &Statement) -> bool {
    match statement {
        Statement::TryLock(..) | Statement::TryRLock(..) | Statement::TryWLock(..) => true,
        Statement::Hold(_, grip, ..) => {
            matches!(grip, Grip::TryLock | Grip::TryRLock | Grip::TryWLock)
        }
        _ => false,
    }
}

/// Returns the same statements, in which each try-lock may be skipped.
fn fallible(body: &[Statement]) -> Vec<Statement> {
    let each = |statement: &Statement| {
        let mut statement = statement.clone();
        for inner in statement.bodies_mut() {
            *inner = fallible(inner);
        }
        match tries(&statement) {
            true => Statement::Choose(vec![Vec::new(), vec![statement]]),
            false => statement,
        }
    };
    body.iter().map(each).collect()
}

/// Maps each statement of a script with fallible try-locks to its number in the script without
/// them.
fn numbers(script: &Script) -> Vec<usize> {
    fn walk(body: &[Statement], next: &mut usize, numbers: &mut Vec<usize>) {
        for statement in body {
            numbers.push(*next);
            let is_added = matches!(statement, Statement::Choose(bodies) if bodies.len() == 2
                && bodies[0].is_empty()
                && matches!(bodies[1].as_slice(), [only] if tries(only)));
            if !is_added {
                *next += 1;
            }
            for inner in statement.bodies() {
                walk(inner, next, numbers);
            }
        }
    }
    let mut numbers = Vec::new();
    let mut next = 0;
    for goroutine in &script.goroutines {
        walk(&goroutine.body, &mut next, &mut numbers);
    }
    numbers
}

#[cfg(test)]
mod tests {
    use gordian_checker::TimerRules;
    use gordian_checker::script::Operand::Constant;

    use super::*;

    /// Main tries a lock that nobody holds. By the rules that always succeeds; by the memory model
    /// it may fail.
    #[test]
    fn a_try_lock_may_fail_without_a_reason_and_is_told_apart() {
        let mut script = Script::new();
        let mutex = script.mutex("m");
        let channel = script.chan("c", 0);
        let inner = vec![Statement::Unlock(mutex)];
        let body = [
            Statement::TryLock(mutex, inner),
            Statement::Send(channel, Constant(1)),
        ];
        script.goroutine("main", body);
        let predicted = predict::predict(&script, TimerRules::default(), 100)
            .expect("no fault")
            .expect("small");
        assert_eq!(predicted.outcomes.len(), 1);
        let mut judge = Judge::new(&script, &predicted, 100);
        for outcome in &predicted.outcomes {
            assert_eq!(judge.judge(outcome), Judgement::Predicted);
        }
        // The numbers of the statements are those of the script without the choice.
        assert!(judge.spurious().is_superset(&predicted.outcomes));
        assert_eq!(judge.judge(&Outcome::Unsettled), Judgement::Unsettled);
        let panic = Outcome::Panic {
            goroutine: "main".to_owned(),
            message: "sync: unlock of unlocked mutex".to_owned(),
        };
        assert_eq!(judge.judge(&panic), Judgement::Disagrees);
    }
}
