//! The state of an object at one point of an execution, in words, and how each step changes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::record::Recorder;
use crate::model::primitive::Mode;
use crate::model::{GoroutineId, Object, ObjectId, Op, Pending, Phase, Program, Step, Verb, World};

/// The state of an object at one point.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObjectState {
    /// The state in a few words.
    pub state: String,
    /// The values that wait in a channel, the oldest first; else the value of the object, if it has
    /// one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// The holders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<String>,
    /// The waiters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
}

/// A goroutine that waits for an object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// The goroutine.
    pub goroutine: String,
    /// To do what.
    pub verb: Verb,
}

/// An object that has come to another state, or was made in this one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObjectChange {
    /// Its name.
    pub object: String,
    /// Its state from now on.
    #[serde(flatten)]
    pub now: ObjectState,
}

/// The waiters of each object, among those who cannot move: who, and to do what.
pub(super) type Waiters = BTreeMap<ObjectId, Vec<(GoroutineId, Verb)>>;

/// Returns the waiters in this state, of which these steps can be taken.
pub(super) fn waiters(program: &dyn Program, world: &World, enabled: &[Step]) -> Waiters {
    let mut waiters = Waiters::new();
    for (index, goroutine) in world.goroutines().iter().enumerate() {
        let id = GoroutineId::from_index(index);
        let Pending::Op(op) = world.pending(program, id) else {
            continue;
        };
        if enabled.iter().any(|step| step.moves(id)) {
            continue;
        }
        let mut note = |object: ObjectId, verb| waiters.entry(object).or_default().push((id, verb));
        if let Op::Select { cases, .. } = op {
            for case in cases {
                if let Some(channel) = case.channel() {
                    note(channel, case.verb());
                }
            }
        } else if let Op::CondWait { cond, mutex, .. } = op {
            if goroutine.phase == Phase::Waiting {
                note(*cond, op.facts().verb);
            } else if goroutine.phase == Phase::Woken {
                note(*mutex, op.facts().verb);
            }
        } else {
            let objects: BTreeSet<ObjectId> = op.objects().into_iter().collect();
            for object in objects {
                note(object, op.facts().verb);
            }
        }
    }
    waiters
}

/// Returns the state of an object where the recorder stands; `None` if it is not made.
pub(super) fn state_of(recorder: &Recorder<'_>, id: ObjectId) -> Option<ObjectState> {
    let object = recorder.world.object(id);
    object.kind()?;
    let holds = recorder.holds.iter().filter(|hold| hold.lock == id);
    let waiting = recorder.waiters.get(&id).into_iter().flatten();
    Some(ObjectState {
        state: in_words(recorder, id, object),
        values: object.values(recorder.program),
        holders: holds.map(|hold| recorder.name(hold.goroutine)).collect(),
        waiting: waiting
            .map(|&(goroutine, verb)| Waiting {
                goroutine: recorder.name(goroutine),
                verb,
            })
            .collect(),
    })
}

/// Returns the holders of an object, and what else there is to say of its state.
fn in_words(recorder: &Recorder<'_>, id: ObjectId, object: &Object) -> String {
    let holds = recorder.holds.iter().filter(|hold| hold.lock == id);
    let held = holds.map(|hold| {
        let how = match hold.mode {
            Mode::Read => "read by".to_owned(),
            Mode::Write => "held by".to_owned(),
            Mode::Permits(permits) => format!("{permits} held by"),
        };
        let name = recorder.name(hold.goroutine);
        match hold.step {
            0 => format!("{how} {name}"),
            step => format!("{how} {name} (step {step})"),
        }
    });
    let parts: Vec<String> = held.chain([object.state(recorder.program)]).collect();
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|it| !it.is_empty())
        .collect();
    parts.join(", ")
}

/// Returns the objects that read otherwise than before, each with the state that it has now. In
/// `before` nothing else can have changed than what differs from it in the recorder's world, or in
/// who waits.
pub(super) fn changes(
    recorder: &mut Recorder<'_>,
    before: &World,
    waiters: &Waiters,
) -> Vec<ObjectChange> {
    let mut changes = Vec::new();
    for id in (0..recorder.world.objects().len()).map(ObjectId::from_index) {
        let same = before.object(id) == recorder.world.object(id)
            && waiters.get(&id) == recorder.waiters.get(&id);
        let Some(now) = (if same { None } else { state_of(recorder, id) }) else {
            continue;
        };
        if recorder.known.get(&id) != Some(&now) {
            recorder.known.insert(id, now.clone());
            changes.push(ObjectChange {
                object: recorder.program.object(id).name,
                now,
            });
        }
    }
    changes
}
