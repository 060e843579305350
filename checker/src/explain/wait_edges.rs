//! Whom a blocked goroutine waits for: the edges of the wait-for graph, from a state and from what was seen of other executions.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{Recorder, place};
use super::releasers::{Release, Releasers, Way};
use super::wait_for_graph::{Alone, Edge, WayOut};
use crate::model::{Case, GoroutineId, Object, ObjectId, Once, Op, Pending, Phase, RwLock, Site};

/// What would release a goroutine.
enum Need {
    /// All of these have to do this with the object.
    All {
        object: ObjectId,
        verb: &'static str,
        /// Who, and whether it is an announced writer in front of a reader.
        of: Vec<(GoroutineId, bool)>,
    },
    /// Anybody has to do one of these things.
    Any(Vec<(ObjectId, &'static [Way])>),
}

const FOR_SENDER: &[Way] = &[Way::Recv, Way::Close];
const FOR_RECEIVER: &[Way] = &[Way::Send, Way::Close, Way::Cancel, Way::Fire];

/// The edges of a goroutine that cannot move. `targets` are those who count as alive.
pub(super) fn edges(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    id: GoroutineId,
    targets: &BTreeSet<GoroutineId>,
) -> Vec<Edge> {
    match need(recorder, releasers, id, targets) {
        None => Vec::new(),
        Some(Need::All { object, verb, of }) => {
            let mut edges = Vec::new();
            for (holder, behind_writer) in of {
                let (program, world) = (&*recorder.program, &recorder.world);
                let place_of = match releasers.unlocks(program, world, holder, object).first() {
                    Some(release) => Some(place(release.site)),
                    None => {
                        let all = releasers.still(program, world, holder, object, false);
                        all.first().map(|(release, _)| place(release.site))
                    }
                };
                edges.push(Edge {
                    from: recorder.name(id),
                    to: recorder.name(holder),
                    object: recorder.program.object(object).name,
                    ways: vec![WayOut {
                        verb: verb.to_owned(),
                        by: None,
                        place: place_of,
                        imagined: false,
                        panics: false,
                    }],
                    certain: true,
                    all: true,
                    behind_writer,
                });
            }
            edges
        }
        Some(Need::Any(wanted)) => {
            let mut ways: BTreeMap<(GoroutineId, ObjectId), Vec<WayOut>> = BTreeMap::new();
            for (object, wanted) in wanted {
                for &target in targets {
                    let (program, world) = (&*recorder.program, &recorder.world);
                    for (release, seen) in
                        releasers.still(program, world, target, object, target == id)
                    {
                        // Who waits for a lock cannot give it back: only who comes to an unlock with no lock before it can.
                        let counts = release.way != Way::Unlock
                            || releasers
                                .unlocks(program, world, target, object)
                                .contains(&release);
                        if wanted.contains(&release.way) && counts {
                            ways.entry((target, object)).or_default().push(WayOut {
                                imagined: !seen,
                                panics: release.way == Way::Close && wanted == FOR_SENDER,
                                ..way_out(recorder, target, release)
                            });
                        }
                    }
                }
            }
            let edge = |((target, object), mut ways): (_, Vec<WayOut>)| {
                ways.sort();
                ways.dedup();
                Edge {
                    from: recorder.name(id),
                    to: recorder.name(target),
                    object: recorder.program.object(object).name,
                    ways,
                    certain: false,
                    all: false,
                    behind_writer: false,
                }
            };
            ways.into_iter().map(edge).collect()
        }
    }
}

fn way_out(recorder: &Recorder<'_>, target: GoroutineId, release: Release) -> WayOut {
    WayOut {
        imagined: false,
        panics: false,
        verb: verb(release.way).to_owned(),
        by: (release.goroutine != target).then(|| recorder.name(release.goroutine)),
        place: (release.site != Site::NONE).then(|| place(release.site)),
    }
}

fn verb(way: Way) -> &'static str {
    match way {
        Way::Recv => "receive from",
        Way::Send => "send to",
        Way::Close => "close",
        Way::Unlock => "unlock",
        Way::Signal => "signal",
        Way::Broadcast => "broadcast to",
        Way::Done => "lower",
        Way::OnceEnd => "finish",
        Way::Cancel => "cancel",
        Way::Fire => "fire into",
    }
}

fn need(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    id: GoroutineId,
    targets: &BTreeSet<GoroutineId>,
) -> Option<Need> {
    let world = &recorder.world;
    let Pending::Op(op) = world.pending(recorder.program, id) else {
        return None;
    };
    let phase = world.goroutine(id)?.phase;
    let of_lock = |lock| lock_need(recorder, releasers, lock, targets);
    Some(match op {
        Op::Lock(lock) => of_lock(*lock),
        Op::CondWait { mutex, .. } if phase == Phase::Woken => of_lock(*mutex),
        Op::CondWait { cond, .. } => Need::Any(vec![(*cond, &[Way::Signal, Way::Broadcast])]),
        Op::RLock(lock) | Op::WLock(lock) => match world.object(*lock) {
            Object::RwLock(state) => {
                rwlock_need(recorder, releasers, id, (*lock, state), op, targets)
            }
            _ => return None,
        },
        Op::Send(channel, _) => Need::Any(channel.iter().map(|&c| (c, FOR_SENDER)).collect()),
        Op::Recv(channel) => Need::Any(channel.iter().map(|&c| (c, FOR_RECEIVER)).collect()),
        Op::Select { cases, .. } => {
            let wanted = cases.iter().filter_map(|case| {
                let ways = match case {
                    Case::Send(..) => FOR_SENDER,
                    Case::Recv(_) => FOR_RECEIVER,
                };
                case.channel().map(|channel| (channel, ways))
            });
            Need::Any(wanted.collect())
        }
        Op::WgWait(group) => Need::Any(vec![(*group, &[Way::Done])]),
        Op::OnceBegin(once) => match world.object(*once) {
            Object::Once(Once::Running(runner)) if targets.contains(runner) => Need::All {
                object: *once,
                verb: "finish",
                of: vec![(*runner, false)],
            },
            _ => Need::Any(vec![(*once, &[Way::OnceEnd])]),
        },
        _ => return None,
    })
}

/// A lock that is held: its holder has to unlock it. If the holder has ended, or was never seen to unlock it from where it stands while others were, anybody may.
fn lock_need(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    lock: ObjectId,
    targets: &BTreeSet<GoroutineId>,
) -> Need {
    let holders: Vec<GoroutineId> = recorder
        .holds
        .iter()
        .filter(|hold| hold.lock == lock && targets.contains(&hold.goroutine))
        .map(|hold| hold.goroutine)
        .collect();
    let unlocks = |id: GoroutineId| {
        let found = releasers.unlocks(recorder.program, &recorder.world, id, lock);
        !found.is_empty()
    };
    let hands_over = |id: GoroutineId| {
        !unlocks(id)
            && releasers.passes(recorder.program, &recorder.world, id)
            && targets.iter().any(|&other| other != id && unlocks(other))
    };
    if holders.is_empty() || holders.iter().all(|&id| hands_over(id)) {
        return Need::Any(vec![(lock, &[Way::Unlock])]);
    }
    let mut of: Vec<(GoroutineId, bool)> = holders.into_iter().map(|id| (id, false)).collect();
    of.dedup();
    Need::All {
        object: lock,
        verb: "unlock",
        of,
    }
}

fn rwlock_need(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    id: GoroutineId,
    (lock, state): (ObjectId, &RwLock),
    op: &Op,
    targets: &BTreeSet<GoroutineId>,
) -> Need {
    match state.writer {
        Some(writer) if !writer.holds && writer.goroutine != id => Need::All {
            object: lock,
            verb: "take and unlock",
            of: vec![(writer.goroutine, matches!(op, Op::RLock(_)))],
        },
        _ => lock_need(recorder, releasers, lock, targets),
    }
}

/// What there is to say of someone who is stuck and has no edge.
pub(super) fn alone(recorder: &Recorder<'_>, releasers: &Releasers, id: GoroutineId) -> Alone {
    let world = &recorder.world;
    let name = |object: ObjectId| recorder.program.object(object).name;
    let mut lost_wake_up = false;
    let mut wanted: Vec<(ObjectId, &[Way])> = Vec::new();
    let does = match world.pending(recorder.program, id) {
        Pending::Op(op) => match op {
            Op::Send(Some(channel), _) => {
                wanted.push((*channel, &[Way::Recv]));
                format!("receives from {}", name(*channel))
            }
            Op::Recv(Some(channel)) => {
                wanted.push((*channel, FOR_RECEIVER));
                format!("sends to {0} or closes it", name(*channel))
            }
            Op::Select { cases, .. } if cases.iter().any(|case| case.channel().is_some()) => {
                for case in cases {
                    if let Some(channel) = case.channel() {
                        let ways = match case {
                            Case::Send(..) => FOR_SENDER,
                            Case::Recv(_) => FOR_RECEIVER,
                        };
                        wanted.push((channel, ways));
                    }
                }
                "is a partner for a case of its select".to_owned()
            }
            Op::CondWait { cond, .. } => {
                lost_wake_up = true;
                wanted.push((*cond, &[Way::Signal, Way::Broadcast]));
                format!("signals {}", name(*cond))
            }
            Op::WgWait(group) => {
                wanted.push((*group, &[Way::Done]));
                format!("lowers the counter of {}", name(*group))
            }
            Op::Lock(lock) | Op::RLock(lock) | Op::WLock(lock) => {
                wanted.push((*lock, &[Way::Unlock]));
                format!("unlocks {}", name(*lock))
            }
            Op::Send(None, _) | Op::Recv(None) | Op::Select { .. } => {
                return Alone {
                    goroutine: recorder.name(id),
                    lost_wake_up: false,
                    sentence: "nothing can release it: it waits at nil channels only".to_owned(),
                };
            }
            _ => "releases it".to_owned(),
        },
        _ => "releases it".to_owned(),
    };
    let mut sentence = format!("no goroutine that is still alive {does}");
    if !releasers.is_complete() {
        sentence = match releasers.states() {
            0 => format!("no goroutine is known that still {does}"),
            states => format!("{sentence}, as far as {states} states show"),
        };
    }
    sentence.push_str(&past(recorder, releasers, &wanted));
    Alone {
        goroutine: recorder.name(id),
        lost_wake_up,
        sentence,
    }
}

/// Who did it in other executions, or before.
fn past(recorder: &Recorder<'_>, releasers: &Releasers, wanted: &[(ObjectId, &[Way])]) -> String {
    let mut who: BTreeMap<GoroutineId, Site> = BTreeMap::new();
    for (object, ways) in wanted {
        for release in releasers.ever(*object) {
            if ways.contains(&release.way) {
                who.entry(release.goroutine).or_insert(release.site);
            }
        }
    }
    let said = |(id, site): (&GoroutineId, &Site)| {
        let state = recorder.world.goroutine(*id).map(|state| state.phase);
        let now = match state {
            None => "was not started",
            Some(Phase::Returned | Phase::Panicked(_)) => "has ended",
            Some(_) => "is past it",
        };
        format!(
            "{} does at :{} but {now} here",
            recorder.name(*id),
            site.line
        )
    };
    let all: Vec<String> = who.iter().take(2).map(said).collect();
    if all.is_empty() {
        String::new()
    } else {
        format!(" ({})", all.join("; "))
    }
}
