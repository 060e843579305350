//! The data of a page, played by the page's rules, beside the `Session` that `step` plays on.
//!
//! A page has no program to run. It has the states, each as what differs from its parent, and goes
//! from one to the next by the number of a step. [`read`] does as its script does. In each state of
//! each whole graph of the catalogue both know the same moves, positions, objects, waits and ends,
//! and the same distance to a bad end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use gordian_checker::Session;
use gordian_checker::catalogue::VariantKind;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::{Act, Ending, State};
use gordian_checker::explore::reach::Ahead;
use gordian_checker::explore::{Limits, Meter};
use gordian_kernels::CATALOGUE;
use serde_json::Value;

use crate::report::data;
use crate::support::{gordian, run};

/// The texts and numbers of a goroutine, an object, a wait or a step.
type Facts = Vec<String>;

/// A state, as the script of a page reads it.
#[derive(Clone, Default)]
struct Shown {
    parent: Option<(usize, usize)>,
    depth: usize,
    standings: BTreeMap<String, Facts>,
    objects: BTreeMap<String, Facts>,
    waits: BTreeSet<Facts>,
    end: Option<String>,
    bad: bool,
    outlook: char,
    to_bad: Option<usize>,
    edges: Vec<(usize, String, Vec<Facts>)>,
}

/// The tables of a graph.
struct Tables<'a>(&'a Value);

impl Tables<'_> {
    fn text(&self, number: &Value) -> String {
        let number = number.as_u64().expect("a number") as usize;
        self.0["strings"][number]
            .as_str()
            .expect("a text")
            .to_owned()
    }

    fn texts(&self, numbers: &Value) -> String {
        let numbers = numbers.as_array().expect("a list").iter();
        let texts: Vec<String> = numbers.map(|number| self.text(number)).collect();
        texts.join(", ")
    }

    fn line(&self, place: &Value) -> String {
        let number = place.as_u64().expect("a number") as usize;
        let place = &self.0["places"][number];
        format!("{}:{}:{}", self.text(&place[0]), place[1], place[2])
    }

    /// Returns the name of a goroutine, and the facts about its position.
    fn standing(&self, it: &Value) -> (String, Facts) {
        let holds = it[5].as_array().expect("a list").iter();
        let holds = holds.map(|held| self.text(&held[0]) + " " + &self.text(&held[1]));
        let facts = vec![
            it[1].to_string(),
            self.text(&it[2]),
            self.line(&it[3]),
            self.text(&it[4]),
            sorted(holds),
        ];
        (self.text(&it[0]), facts)
    }

    /// Returns the name of an object, and the facts about its contents.
    fn content(&self, it: &Value) -> (String, Facts) {
        let waiting = it[3].as_array().expect("a list").iter();
        let waiting = waiting.map(|who| self.text(&who[0]) + " " + &self.text(&who[1]));
        let facts = vec![
            without_steps(&self.text(&it[1])),
            given(&self.texts(&it[2])),
            waiting.collect::<Vec<_>>().join(", "),
        ];
        (self.text(&it[0]), facts)
    }

    fn act(&self, act: &Value) -> Facts {
        let texts = [0, 1, 2, 3, 4].map(|field| self.text(&act[field]));
        let lists = [6, 7].map(|field| self.texts(&act[field]));
        let place = self.line(&act[5]);
        [&texts[..], &[place], &lists, &[act[8].to_string()]].concat()
    }
}

/// Returns numbers of base 36, with blanks between them.
fn numbers(text: &str) -> Vec<i64> {
    let words = text.split_whitespace();
    words
        .map(|word| i64::from_str_radix(word, 36).expect("a number"))
        .collect()
}

/// Reads the states of a whole graph.
fn read(graph: &Value) -> Vec<Shown> {
    let tables = Tables(graph);
    let raw: Vec<&str> = graph["states"]
        .as_str()
        .expect("a text")
        .split('|')
        .collect();
    let mut states: Vec<Option<Shown>> = vec![None; raw.len()];
    states[0] = Some(Shown::default());
    for (number, text) in raw.iter().enumerate() {
        let fields: Vec<Vec<i64>> = text.split(';').map(numbers).collect();
        let field = |at: usize| fields.get(at).cloned().unwrap_or_default();
        let mut state = states[number].take().expect("its parent came before");
        for at in field(0) {
            let (name, facts) = tables.standing(&graph["standings"][at as usize]);
            state.standings.insert(name, facts);
        }
        for at in field(1) {
            let (name, facts) = tables.content(&graph["contents"][at as usize]);
            state.objects.insert(name, facts);
        }
        let list = field(2).first().copied().unwrap_or_default() as usize;
        let waits = graph["lists"][list].as_array().expect("a list").iter();
        let wait = |at: &Value| {
            let wait = &graph["waits"][at.as_u64().expect("a number") as usize];
            let texts = [0, 1, 2].map(|field| tables.text(&wait[field]));
            [&texts[..], &[wait[3].to_string()]].concat()
        };
        state.waits = waits.map(wait).collect();
        state.outlook = graph["outlook"].as_str().expect("a text").as_bytes()[number].into();
        if let Some(end) = field(4).first() {
            let end = &graph["ends"][*end as usize];
            state.end = Some(end[0].as_str().expect("a name").to_owned());
            state.bad = end[1] == 1;
        }
        for (index, pair) in field(3).chunks(2).enumerate() {
            let to = (number as i64 + pair[0]) as usize;
            let step = &graph["steps"][pair[1] as usize];
            let acts = step[2].as_array().expect("a list").iter();
            let acts = acts.map(|act| tables.act(act)).collect();
            state.edges.push((to, tables.text(&step[0]), acts));
            if to != number && states[to].is_none() && to > number {
                states[to] = Some(Shown {
                    parent: Some((number, index)),
                    depth: state.depth + 1,
                    standings: state.standings.clone(),
                    objects: state.objects.clone(),
                    ..Shown::default()
                });
            }
        }
        states[number] = Some(state);
    }
    let mut states: Vec<Shown> = states.into_iter().flatten().collect();
    count_to_bad(&mut states);
    states
}

/// Counts the steps from each state to the nearest bad end.
fn count_to_bad(states: &mut [Shown]) {
    let mut nearest: Vec<usize> = (0..states.len()).filter(|&it| states[it].bad).collect();
    for distance in 0.. {
        for &state in &nearest {
            states[state].to_bad = Some(distance);
        }
        let leads = |state: &Shown| state.edges.iter().any(|edge| nearest.contains(&edge.0));
        let before = states.iter().enumerate();
        let before = before.filter(|(_, it)| it.to_bad.is_none() && it.end.is_none() && leads(it));
        nearest = before.map(|(number, _)| number).collect();
        if nearest.is_empty() {
            return;
        }
    }
}

fn act(act: &Act) -> Facts {
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let place = &act.place;
    vec![
        act.goroutine.clone(),
        act.op.to_string(),
        of(act.object.as_ref().map_or(&act.label, |_| &act.object)),
        of(&act.note),
        of(&act.value),
        format!("{}:{}:{}", place.file, place.line, place.column),
        act.takes.join(", "),
        act.releases.join(", "),
        u8::from(act.select).to_string(),
    ]
}

/// Returns the state of an object without the steps in which its locks were taken, and with their
/// holders in any order: a page does not know the way to a state.
fn without_steps(text: &str) -> String {
    let part = |part: &str| match part.split_once(" (step ") {
        Some((holder, step)) => {
            let number = step.strip_suffix(')').expect("the bracket is closed");
            assert!(number.parse::<usize>().is_ok(), "{text}");
            holder.to_owned()
        }
        None => part.to_owned(),
    };
    sorted(text.split(", ").map(part))
}

/// Returns a reason as it is without the way to it.
fn without_way(reason: &str) -> String {
    match reason.starts_with("the signal of step ") {
        true => "no signal".to_owned(),
        false => reason
            .split(" since step ")
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Returns values without the makers' names before the names of objects. A value names an object as
/// it was called when the value was met for the first time.
fn given(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').collect();
    let (last, makers) = parts.split_last().expect("there is one");
    let is_of_name = |c: char| c.is_alphanumeric() || "-.#".contains(c);
    let makers = makers.iter().map(|part| part.trim_end_matches(is_of_name));
    makers.chain([*last]).collect()
}

fn sorted(texts: impl Iterator<Item = String>) -> String {
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts.join(", ")
}

/// Compares a state with the point of a session that the same choices lead to.
fn compare(shown: &Shown, trace: &Trace, session: &Session, what: &str) {
    let moves: Vec<String> = session.moves().into_iter().map(|it| it.choice).collect();
    let edges: Vec<String> = shown.edges.iter().map(|edge| edge.1.clone()).collect();
    assert_eq!(edges, moves, "{what}");
    let standing = |it: &gordian_checker::explain::trace::Standing| {
        let place = &it.place;
        let state = match it.state {
            State::Returned => 0,
            State::Stuck => 1,
            State::Ready => 2,
            State::Waiting => 3,
            State::Panicked => 4,
        };
        let holds = it
            .holds
            .iter()
            .map(|held| format!("{} {}", held.lock, held.mode));
        let facts = vec![
            state.to_string(),
            it.op.as_ref().map(|op| op.text()).unwrap_or_default(),
            format!("{}:{}:{}", place.file, place.line, place.column),
            without_way(&it.reason),
            sorted(holds),
        ];
        (it.goroutine.clone(), facts)
    };
    let standings: BTreeMap<String, Facts> = trace.last.iter().map(standing).collect();
    assert_eq!(shown.standings, standings, "{what}");
    let objects = trace.objects.iter().map(|object| {
        let waiting = object.now.waiting.iter();
        let waiting = waiting.map(|it| format!("{} {}", it.goroutine, it.verb));
        let facts = vec![
            without_steps(&object.now.state),
            given(&object.now.values.join(", ")),
            waiting.collect::<Vec<_>>().join(", "),
        ];
        (object.name.clone(), facts)
    });
    assert_eq!(shown.objects, objects.collect(), "{what}");
    let waits = trace.waits.edges.iter().map(|it| {
        let certain = u8::from(it.certain).to_string();
        vec![it.from.clone(), it.to.clone(), it.object.clone(), certain]
    });
    assert_eq!(shown.waits, waits.collect(), "{what}");
    let end = (trace.end != Ending::Open).then(|| trace.end.name().to_owned());
    assert_eq!(shown.end, end, "{what}");
    match session.ahead() {
        Ahead::Bad(route) => {
            assert_eq!(shown.to_bad, Some(route.steps), "{what}");
            assert!("da".contains(shown.outlook), "{what}");
        }
        Ahead::Nothing => assert_eq!((shown.to_bad, shown.outlook), (None, 's'), "{what}"),
        Ahead::Unknown => panic!("{what}: all states are there"),
    }
}

/// Plays every state of a page in a session. Returns their number.
fn play(states: &[Shown], session: &mut Session, what: &str) -> usize {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); states.len()];
    for (number, state) in states.iter().enumerate() {
        if let Some((parent, _)) = state.parent {
            children[parent].push(number);
        }
    }
    let mut todo = vec![0];
    let mut played = 0;
    while let Some(number) = todo.pop() {
        let state = &states[number];
        let what = format!("{what}, state {number}");
        if let Some((parent, index)) = state.parent {
            let (_, choice, acts) = &states[parent].edges[index];
            assert!(session.jump(state.depth - 1), "{what}");
            let step = session.forward(choice).expect("it can be taken");
            assert_eq!(*acts, step.by.iter().map(act).collect::<Vec<_>>(), "{what}");
        }
        let trace = session.trace().expect("no fault").clone();
        compare(state, &trace, session, &what);
        played += 1;
        todo.extend(&children[number]);
    }
    played
}

#[test]
fn a_page_plays_as_a_session_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let html = folder.path().to_str().expect("a plain path");
    assert_eq!(run(gordian(), &["report", "--html", html]).code, 0);
    let (mut graphs, mut played) = (0, 0);
    for kernel in CATALOGUE {
        let file = format!("{}.html", kernel.name.replace('/', "-"));
        let page = fs::read_to_string(folder.path().join(file)).expect("a page");
        let data = data(&page);
        for (index, form) in VariantKind::ALL.into_iter().enumerate() {
            let graph = &data["variants"][index]["graph"];
            if graph["whole"] == false {
                continue;
            }
            let states = read(graph);
            let subject = kernel.variant(form).subject();
            let meter = Meter::new(Limits::default(), Arc::default());
            let mut session = Session::of(&subject, kernel.timers, Session::REACH_MAX, &meter)
                .expect("it has no fault");
            let what = format!("{} {form}", kernel.name);
            assert_eq!(play(&states, &mut session, &what), states.len(), "{what}");
            graphs += 1;
            played += states.len();
        }
    }
    assert!(
        graphs > 20 && played > 2_000,
        "{played} states of {graphs} graphs"
    );
}
