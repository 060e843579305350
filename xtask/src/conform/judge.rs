//! Whether what Go showed is among what the rules predict, and where Go is known to do more than it documents.

use std::collections::BTreeSet;

use gordian_checker::TimerRules;
use gordian_checker::script::{Kind, Script, Statement};

use super::outcome::Outcome;
use super::predict::{self, Predicted};

/// What is to be said of an outcome that Go showed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Judgement {
    /// It was predicted.
    Predicted,
    /// The run was given up.
    Unsettled,
    /// Go noticed that a wait group was used again too early, which is not modelled.
    WaitGroupReused,
    /// An unlock of an unlocked RWMutex, which is predicted, was not noticed by Go: its counters cannot tell it from the unlock of one who
    /// waits.
    UnnoticedUnlock,
    /// A try-lock failed though the lock was free, as The Go Memory Model allows.
    SpuriousTryLock,
    /// Another goroutine panicked while the program died of the unlock of a lock that was not locked: what that does to the lock is not modelled.
    InTheWake,
    /// Somebody may have looked at a tree of contexts while it was being cancelled, which is one step by the rules.
    MidCancellation,
    /// It was not predicted.
    Disagrees,
}

/// What Go says of the unlock of a lock that is not locked. It changes the lock before it says so, and others see that until the program is dead.
const MISUSES: [&str; 3] = [
    "sync: unlock of unlocked mutex",
    "sync: Unlock of unlocked RWMutex",
    "sync: RUnlock of unlocked RWMutex",
];

impl Judgement {
    pub(super) const ALL: [Self; 8] = [
        Self::Predicted,
        Self::Unsettled,
        Self::WaitGroupReused,
        Self::UnnoticedUnlock,
        Self::SpuriousTryLock,
        Self::InTheWake,
        Self::MidCancellation,
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
                "another panic came first while Go died of an unlock of what is not locked, which is predicted"
            }
            Self::MidCancellation => {
                "with a tree of contexts, which is not modelled in the middle of its cancellation"
            }
            Self::Disagrees => "NOT PREDICTED",
        }
    }
}

/// Judges what Go showed of one script.
pub(super) struct Judge<'a> {
    script: &'a Script,
    timers: TimerRules,
    predicted: &'a Predicted,
    states_max: usize,
    /// What is predicted if try-locks may fail without a reason; made when it is needed.
    with_spurious: Option<BTreeSet<Outcome>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        script: &'a Script,
        timers: TimerRules,
        predicted: &'a Predicted,
        states_max: usize,
    ) -> Self {
        Self {
            script,
            timers,
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

    /// Whether a lock may be unlocked that is not locked.
    fn predicts_misuse(&self) -> bool {
        let is_misuse = |outcome: &Outcome| match outcome {
            Outcome::Panic { message, .. } => MISUSES.contains(&message.as_str()),
            _ => false,
        };
        self.predicted.outcomes.iter().any(is_misuse)
    }

    fn spurious(&mut self) -> &BTreeSet<Outcome> {
        let (script, timers, states_max) = (self.script, self.timers, self.states_max);
        self.with_spurious.get_or_insert_with(|| {
            let mut more = script.clone();
            for goroutine in &mut more.goroutines {
                goroutine.body = fallible(&goroutine.body);
            }
            if more == *script {
                return BTreeSet::new();
            }
            // The statements of the other script have other numbers.
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

/// The same statements, but that each try-lock may be left out.
fn fallible(body: &[Statement]) -> Vec<Statement> {
    let each = |statement: &Statement| {
        let mut statement = statement.clone();
        for inner in statement.bodies_mut() {
            *inner = fallible(inner);
        }
        match statement {
            Statement::TryLock(..) | Statement::TryRLock(..) | Statement::TryWLock(..) => {
                Statement::Choose(vec![Vec::new(), vec![statement]])
            }
            other => other,
        }
    };
    body.iter().map(each).collect()
}

/// For each statement of a script with fallible try-locks the number that it has in the script without.
fn numbers(script: &Script) -> Vec<usize> {
    fn walk(body: &[Statement], next: &mut usize, numbers: &mut Vec<usize>) {
        for statement in body {
            numbers.push(*next);
            let is_added = matches!(statement, Statement::Choose(bodies) if bodies.len() == 2
                && bodies[0].is_empty()
                && matches!(bodies[1].as_slice(), [Statement::TryLock(..) | Statement::TryRLock(..) | Statement::TryWLock(..)]));
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
    use gordian_checker::script::Operand::Constant;

    use super::*;

    /// Main tries to lock what nobody holds: by the rules it always can, by the memory model it may fail.
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
        let timers = TimerRules::default();
        let predicted = predict::predict(&script, timers, 100)
            .expect("no fault")
            .expect("small");
        assert_eq!(predicted.outcomes.len(), 1);
        let mut judge = Judge::new(&script, timers, &predicted, 100);
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
