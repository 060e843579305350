//! The edges of the wait-for graph: the goroutines that a blocked goroutine waits for. They follow
//! from a state and from other executions.

use std::collections::{BTreeMap, BTreeSet};

use smallvec::smallvec;

use super::missing::{Elsewhere, Ground, Missing, Now};
use super::record::{Hold, Recorder};
use super::releasers::{Release, Releasers};
use super::wait_for_graph::{Alone, Edge, ReasonKind, Unanswered, WayOut};
use crate::model::{Behind, GoroutineId, ObjectId, Op, Pending, Phase, Site, WaitsFor, Way, Ways};

/// Returns the edges of a goroutine that cannot move. `targets` are the goroutines that count as
/// alive.
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
                // A lock has no owner, so anybody may unlock it.
                return any(&[(lock, ways)]);
            }
            let way = ways.ways[0];
            let edge = |holder| edge_to_one(recorder, releasers, id, (holder, lock, way), None);
            holders.into_iter().map(edge).collect()
        }
        WaitsFor::One {
            object,
            who,
            way,
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
                (who, object, way),
                behind,
            )]
        }
        WaitsFor::Any(wanted) => any(&wanted),
        WaitsFor::Nothing(_) | WaitsFor::Unknown => Vec::new(),
    }
}

/// Returns the edge to a goroutine that has to do this with the object.
fn edge_to_one(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    id: GoroutineId,
    (who, object, way): (GoroutineId, ObjectId, Way),
    behind: Option<Behind>,
) -> Edge {
    let (program, world) = (&*recorder.program, &recorder.world);
    let place_of = if behind == Some(Behind::Queue) {
        // It has to be served where it stands, and nothing that it does later counts.
        Some(recorder.site(world, who))
    } else {
        unlock_of_hold(recorder, releasers, who, object)
    };
    Edge {
        from: recorder.name(id),
        to: recorder.name(who),
        object: recorder.program.object(object).name,
        ways: vec![WayOut {
            verb: way,
            by: None,
            place: place_of.map(|site| program.place(site)),
            imagined: false,
            panics: false,
        }],
        certain: true,
        all: true,
        behind_writer: behind == Some(Behind::Writer),
        missing: None,
    }
}

/// Returns the place where a goroutine would give a lock back: what it holds now, if it holds it.
/// If it first takes the lock once more, that is known of a guard alone, which names the line at
/// which it was taken.
fn unlock_of_hold(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    holder: GoroutineId,
    lock: ObjectId,
) -> Option<Site> {
    let (program, world) = (&*recorder.program, &recorder.world);
    if let Some(release) = releasers.unlocks(program, world, holder, lock).first() {
        return Some(release.site);
    }
    let is_held = |hold: &&Hold| hold.goroutine == holder && hold.lock == lock;
    let held = recorder.holds.iter().find(is_held);
    let line = |site: Site| (site.file, site.line);
    let is_it = |site: &Site| held.is_none_or(|held| line(*site) == line(held.site));
    let still = releasers.still(program, world, holder, lock, false);
    still.iter().map(|(release, _)| release.site).find(is_it)
}

/// Returns the edges to all goroutines that may do one of these things.
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
                // A goroutine that waits for the lock cannot release it. Only one that reaches an
                // unlock without first locking it can.
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
        ways.sort_by(|a, b| (a.verb.word(), a).cmp(&(b.verb.word(), b)));
        ways.dedup();
        Edge {
            from: recorder.name(id),
            to: recorder.name(target),
            object: recorder.program.object(object).name,
            ways,
            certain: false,
            all: false,
            behind_writer: false,
            missing: None,
        }
    };
    let mut edges = without_false_hopes(found.into_iter().map(edge).collect());
    for edge in &mut edges {
        if edge.ways.iter().all(|way| way.panics) {
            let does = does(recorder, id, wanted);
            edge.missing = does.map(|does| missing(recorder, releasers, does, wanted, targets));
        }
    }
    edges
}

/// Removes edges and ways that are pointless beside a better one. A way into a panic goes if there
/// is another way. A goroutine's own later action goes if somebody else could act now. A
/// goroutine's own way into its panic is never kept.
fn without_false_hopes(mut edges: Vec<Edge>) -> Vec<Edge> {
    let is_own = |edge: &Edge| edge.from == edge.to;
    let all_panic = edges
        .iter()
        .flat_map(|edge| &edge.ways)
        .all(|way| way.panics);
    for edge in &mut edges {
        if !all_panic || is_own(edge) {
            edge.ways.retain(|way| !way.panics);
        }
    }
    edges.retain(|edge| !edge.ways.is_empty());
    if edges.iter().any(|edge| !is_own(edge)) {
        edges.retain(|edge| !is_own(edge));
    }
    edges
}

fn way_out(recorder: &Recorder<'_>, target: GoroutineId, release: Release) -> WayOut {
    WayOut {
        imagined: false,
        panics: false,
        verb: release.way,
        by: (release.goroutine != target).then(|| recorder.name(release.goroutine)),
        place: (release.site != Site::NONE).then(|| recorder.program.place(release.site)),
    }
}

/// Returns the holders of a lock, who have to unlock it. Returns none if they have ended. Returns
/// none, too, if no holder was seen to unlock it from its position while others were: then anybody
/// may.
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

/// Explains a stuck goroutine that has no edge.
pub(super) fn alone(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    id: GoroutineId,
    targets: &BTreeSet<GoroutineId>,
) -> Alone {
    let (program, world) = (&*recorder.program, &recorder.world);
    let said = |kind: ReasonKind, sentence: &str| Alone {
        goroutine: recorder.name(id),
        kind,
        sentence: sentence.to_owned(),
        missing: None,
    };
    let unknown = || {
        let sentence = "it waits for something that this report cannot explain";
        said(ReasonKind::Unknown, sentence)
    };
    let wanted = match world.waits_for(program, id) {
        WaitsFor::Holders(lock, ways) => smallvec![(lock, ways)],
        WaitsFor::One {
            object, otherwise, ..
        } => smallvec![(object, otherwise)],
        WaitsFor::Any(wanted) => wanted,
        WaitsFor::Nothing(why) => return said(ReasonKind::Orphan, why),
        WaitsFor::Unknown => return unknown(),
    };
    let Some(does) = does(recorder, id, &wanted) else {
        return unknown();
    };
    let missing = missing(recorder, releasers, does, &wanted, targets);
    // Only a condition forgets: a signal that comes too early has no effect.
    let is_signal = |(_, ways): &(_, Ways)| ways.ways.contains(&Way::Signal);
    let kind = if wanted.iter().any(is_signal) {
        ReasonKind::LostWakeUp
    } else {
        ReasonKind::Orphan
    };
    Alone {
        missing: Some(missing.clone()),
        ..said(kind, &missing.sentence())
    }
}

/// Returns the cases of a select for which none of the targets is known as a partner, not even the
/// one that selects.
pub(super) fn unanswered(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    id: GoroutineId,
    targets: &BTreeSet<GoroutineId>,
) -> Vec<Unanswered> {
    let (program, world) = (&*recorder.program, &recorder.world);
    let WaitsFor::Any(wanted) = world.waits_for(program, id) else {
        return Vec::new();
    };
    let answers = |(object, ways): &(ObjectId, Ways)| {
        targets.iter().any(|&target| {
            let still = releasers.still(program, world, target, *object, target == id);
            still
                .iter()
                .any(|(release, _)| ways.ways.contains(&release.way))
        })
    };
    let case = |case: &(ObjectId, Ways)| {
        let case = std::slice::from_ref(case);
        let does = words(recorder, &case[0]);
        Unanswered {
            goroutine: recorder.name(id),
            object: program.object(case[0].0).name,
            missing: missing(recorder, releasers, does, case, targets),
        }
    };
    let cases = wanted.iter().filter(|case| !answers(case));
    cases.map(case).collect()
}

/// Returns what releases a goroutine, in words.
fn words(recorder: &Recorder<'_>, (object, ways): &(ObjectId, Ways)) -> String {
    let name = recorder.program.object(*object).name;
    ways.does.replace("{}", &name)
}

/// Returns what releases this goroutine, in words; `None` if there are none.
fn does(recorder: &Recorder<'_>, id: GoroutineId, wanted: &[(ObjectId, Ways)]) -> Option<String> {
    match (recorder.world.pending(recorder.program, id), wanted) {
        (Pending::Op(Op::Select { .. }), _) => {
            Some("is a partner for a case of its select".to_owned())
        }
        (_, [one]) => Some(words(recorder, one)),
        (_, _) => None,
    }
}

/// Describes what nobody does for a goroutine that waits for one of these.
fn missing(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    does: String,
    wanted: &[(ObjectId, Ways)],
    targets: &BTreeSet<GoroutineId>,
) -> Missing {
    let ground = if releasers.states() == 0 {
        Ground::Nothing
    } else if releasers.is_complete() && releasers.imagined_all() {
        Ground::Futures
    } else {
        Ground::States(releasers.states())
    };
    Missing {
        does,
        ground,
        elsewhere: elsewhere(recorder, releasers, wanted, targets),
    }
}

/// Most goroutines that are named because they do it in other executions.
const ELSEWHERE_MAX: usize = 2;

/// Returns goroutines that did it in other executions, or earlier.
fn elsewhere(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    wanted: &[(ObjectId, Ways)],
    targets: &BTreeSet<GoroutineId>,
) -> Vec<Elsewhere> {
    let (program, world) = (&*recorder.program, &recorder.world);
    let mut who: BTreeMap<GoroutineId, Release> = BTreeMap::new();
    for (object, ways) in wanted {
        for release in releasers.ever(*object) {
            if ways.ways.contains(&release.way) {
                who.entry(release.goroutine).or_insert(release);
            }
        }
    }
    let told = |(&id, release): (&GoroutineId, &Release)| {
        let state = world.goroutine(id).map(|state| state.phase);
        let now = match state {
            None | Some(Phase::Absent) if recorder.has_acted(id) => Now::Ended,
            None | Some(Phase::Absent) if recorder.forgets() => Now::Gone,
            None | Some(Phase::Absent) => Now::NotStarted,
            Some(Phase::Returned | Phase::Panicked(_)) => Now::Ended,
            Some(Phase::Timer(_)) => Now::Spent,
            Some(Phase::Ready | Phase::Announced | Phase::Waiting | Phase::Woken) => {
                let still = releasers.still(program, world, id, release.object, false);
                let comes = still.iter().any(|(other, _)| other.way == release.way);
                // A goroutine that has to be released first does not do it, but is not past it
                // either.
                let known = releasers.is_complete() && releasers.passes(program, world, id);
                let exits = matches!(world.pending(program, id), Pending::Op(Op::Exited));
                match (comes || !known, targets.contains(&id)) {
                    (true | false, _) if exits => Now::Ended,
                    (false, _) => Now::Past,
                    (true, false) => Now::RunsOn,
                    (true, true) => return None,
                }
            }
        };
        Some(Elsewhere {
            goroutine: recorder.name(id),
            place: recorder.program.place(release.site),
            now,
        })
    };
    who.iter().filter_map(told).take(ELSEWHERE_MAX).collect()
}
