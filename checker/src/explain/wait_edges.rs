//! Whom a blocked goroutine waits for: the edges of the wait-for graph, from a state and from what
//! was seen of other executions.

#![warn(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, BTreeSet};

use smallvec::smallvec;

use super::record::{Recorder, place};
use super::releasers::{Release, Releasers};
use super::wait_for_graph::{Alone, Edge, ReasonKind, WayOut};
use crate::model::{Behind, GoroutineId, ObjectId, Op, Pending, Phase, Site, WaitsFor, Way, Ways};

/// The edges of a goroutine that cannot move. `targets` are those who count as alive.
pub(super) fn edges(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    id: GoroutineId,
    targets: &BTreeSet<GoroutineId>,
) -> Vec<Edge> {
    let any = |wanted: &[(ObjectId, Ways)]| edges_to_any(recorder, releasers, id, wanted, targets);
    match recorder.world.waits_for(recorder.program, id) {
        WaitsFor::Holders(lock, ways) => {
            let holders = holders_who_unlock(recorder, releasers, lock, targets);
            if holders.is_empty() {
                return any(&[(lock, ways)]);
            }
            let verb = ways.ways[0].verb();
            let edge = |holder| edge_to_one(recorder, releasers, id, (holder, lock, verb), None);
            holders.into_iter().map(edge).collect()
        }
        WaitsFor::One {
            object,
            who,
            verb,
            behind,
            otherwise,
        } => {
            if !targets.contains(&who) {
                return any(&[(object, otherwise)]);
            }
            vec![edge_to_one(
                recorder,
                releasers,
                id,
                (who, object, verb),
                behind,
            )]
        }
        WaitsFor::Any(wanted) => any(&wanted),
        WaitsFor::Nothing(_) | WaitsFor::Unknown => Vec::new(),
    }
}

/// The edge to a goroutine that has to do this with the object.
fn edge_to_one(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    id: GoroutineId,
    (who, object, verb): (GoroutineId, ObjectId, &str),
    behind: Option<Behind>,
) -> Edge {
    let (program, world) = (&*recorder.program, &recorder.world);
    let place_of = match releasers.unlocks(program, world, who, object).first() {
        // It has to be served where it stands, and nothing that it does later counts.
        _ if behind == Some(Behind::Queue) => Some(place(recorder.site(world, who))),
        Some(release) => Some(place(release.site)),
        None => {
            let all = releasers.still(program, world, who, object, false);
            all.first().map(|(release, _)| place(release.site))
        }
    };
    Edge {
        from: recorder.name(id),
        to: recorder.name(who),
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
        behind_writer: behind == Some(Behind::Writer),
    }
}

/// The edges to all who may do one of these things.
fn edges_to_any(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    id: GoroutineId,
    wanted: &[(ObjectId, Ways)],
    targets: &BTreeSet<GoroutineId>,
) -> Vec<Edge> {
    let (program, world) = (&*recorder.program, &recorder.world);
    let mut found: BTreeMap<(GoroutineId, ObjectId), Vec<WayOut>> = BTreeMap::new();
    for &(object, wanted) in wanted {
        for &target in targets {
            let still = releasers.still(program, world, target, object, target == id);
            for (release, seen) in still {
                // Who waits for a lock cannot give it back: only who comes to an unlock with no
                // lock before it can.
                let counts = !release.way.gives_back()
                    || releasers
                        .unlocks(program, world, target, object)
                        .contains(&release);
                let panics = wanted.panics.contains(&release.way);
                if counts && (panics || wanted.ways.contains(&release.way)) {
                    found.entry((target, object)).or_default().push(WayOut {
                        imagined: !seen,
                        panics,
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
    found.into_iter().map(edge).collect()
}

fn way_out(recorder: &Recorder<'_>, target: GoroutineId, release: Release) -> WayOut {
    WayOut {
        imagined: false,
        panics: false,
        verb: release.way.verb().to_owned(),
        by: (release.goroutine != target).then(|| recorder.name(release.goroutine)),
        place: (release.site != Site::NONE).then(|| place(release.site)),
    }
}

/// The holders of a lock, who have to unlock it. None if they have ended, or none was ever seen to
/// unlock it from where it stands while others were: then anybody may.
fn holders_who_unlock(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    lock: ObjectId,
    targets: &BTreeSet<GoroutineId>,
) -> Vec<GoroutineId> {
    let holds = recorder.holds.iter().filter(|hold| hold.lock == lock);
    let mut holders: Vec<GoroutineId> = holds
        .map(|hold| hold.goroutine)
        .filter(|holder| targets.contains(holder))
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
    if holders.iter().all(|&id| hands_over(id)) {
        holders.clear();
    }
    holders.dedup();
    holders
}

/// What there is to say of someone who is stuck and has no edge.
pub(super) fn alone(recorder: &Recorder<'_>, releasers: &Releasers, id: GoroutineId) -> Alone {
    let (program, world) = (&*recorder.program, &recorder.world);
    let alone = |kind: ReasonKind, sentence: String| Alone {
        goroutine: recorder.name(id),
        kind,
        sentence,
    };
    let unknown = || {
        let sentence = "it waits for something that this report cannot explain";
        alone(ReasonKind::Unknown, sentence.to_owned())
    };
    let wanted = match world.waits_for(program, id) {
        WaitsFor::Holders(lock, ways) => smallvec![(lock, ways)],
        WaitsFor::One {
            object, otherwise, ..
        } => smallvec![(object, otherwise)],
        WaitsFor::Any(wanted) => wanted,
        WaitsFor::Nothing(why) => return alone(ReasonKind::Orphan, why.to_owned()),
        WaitsFor::Unknown => return unknown(),
    };
    let selects = matches!(world.pending(program, id), Pending::Op(Op::Select { .. }));
    let does = if selects {
        "is a partner for a case of its select".to_owned()
    } else if let [(object, ways)] = &wanted[..] {
        ways.does.replace("{}", &program.object(*object).name)
    } else {
        return unknown();
    };
    let mut sentence = format!("no goroutine that is still alive {does}");
    if !releasers.is_complete() {
        sentence = match releasers.states() {
            0 => format!("no goroutine is known that still {does}"),
            states => format!("{sentence}, as far as {states} states show"),
        };
    }
    sentence.push_str(&past(recorder, releasers, &wanted));
    let is_signal = |(_, ways): &(_, Ways)| ways.ways.contains(&Way::Signal);
    if wanted.iter().any(is_signal) {
        alone(ReasonKind::LostWakeUp, sentence)
    } else {
        alone(ReasonKind::Orphan, sentence)
    }
}

/// Who did it in other executions, or before.
fn past(recorder: &Recorder<'_>, releasers: &Releasers, wanted: &[(ObjectId, Ways)]) -> String {
    let mut who: BTreeMap<GoroutineId, Site> = BTreeMap::new();
    for (object, ways) in wanted {
        for release in releasers.ever(*object) {
            if ways.ways.contains(&release.way) {
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
