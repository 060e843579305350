//! The comparison of two variants as text: their steps side by side, then the changes, their
//! effect, and the sources.

use super::diff_text::diff_lines;
use super::list::finish;
use super::text::{Line, Look, Role, base_name, fit, line_of, under, width, wrap};
use crate::execution::escape::visible_in;
use crate::execution::words;
use crate::explain::compare::{Change, Why};
use crate::explain::trace::{Act, Ending, Facts, Standing, State, Step, Trace};

/// The width of the column of step numbers.
const NUMBER: usize = 6;

/// Returns the comparison as text.
#[must_use]
pub fn render(why: &Why, look: &Look) -> String {
    let why = &visible_in(&without_tabs(why));
    let kernel = why.buggy.kernel.as_deref().unwrap_or("this kernel");
    let mut lines = vec![Line::of(
        Role::Strong,
        format!("{kernel}: why the fix works"),
    )];
    let common = why.pairs.iter().filter(|pair| pair.buggy.is_some()).count();
    let facts = why.buggy.facts.iter().flat_map(Facts::rows);
    for (name, text) in facts {
        let texts = wrap(text, look.columns() - 14);
        let texts = texts.into_iter().map(|text| Line::of(Role::Plain, text));
        lines.extend(under(name, 12, texts.collect()));
    }
    let text = format!(
        "the schedule of the {}, played on both variants ({} of {} steps in common, then the fixed \
         one is run on)",
        why.buggy.end,
        common,
        why.buggy.steps.len()
    );
    for text in wrap(&text, look.columns() - 2) {
        lines.push(Line::of(Role::Dim, format!("  {text}")));
    }
    lines.push(Line::new());
    lines.extend(Halves::new(why, look).lines());
    lines.push(Line::new());
    let indent = 17;
    let texts = |all: &[String]| {
        let mut lines = Vec::new();
        for text in all {
            for (index, text) in wrap(text, look.columns() - indent - 2)
                .into_iter()
                .enumerate()
            {
                let lead = if index == 0 { "" } else { "  " };
                lines.push(Line::of(Role::Plain, format!("{lead}{text}")));
            }
        }
        lines
    };
    let mut changed: Vec<String> = why.changed.iter().map(ToString::to_string).collect();
    changed.extend(why.reach());
    let breaks: Vec<String> = why.breaks.iter().map(ToString::to_string).collect();
    let ground = std::slice::from_ref(&why.ground);
    lines.extend(under("what changed", indent, texts(&changed)));
    lines.extend(under("what it breaks", indent, texts(&breaks)));
    lines.extend(under("on what ground", indent, texts(ground)));
    lines.push(Line::new());
    lines.extend(diff_lines(why, look));
    finish(lines, look)
}

/// Returns the comparison with blanks for the tabs in the sources.
fn without_tabs(why: &Why) -> Why {
    let mut why = why.clone();
    for row in &mut why.diff {
        for (_, text) in row.buggy.iter_mut().chain(&mut row.fixed) {
            *text = text.replace('\t', "    ");
        }
    }
    why
}

/// The two variants side by side.
struct Halves<'a> {
    why: &'a Why,
    look: &'a Look,
    half: usize,
    name: usize,
    buggy_files: Vec<&'a str>,
    fixed_files: Vec<&'a str>,
}

impl<'a> Halves<'a> {
    fn new(why: &'a Why, look: &'a Look) -> Self {
        let half = (look.columns() - NUMBER - 3) / 2;
        let names = why.fixed.last.iter().chain(&why.buggy.last);
        let name = names.map(|standing| width(&standing.goroutine)).max();
        Self {
            why,
            look,
            half,
            name: name.unwrap_or(0).min(half / 2),
            buggy_files: why.buggy.files(),
            fixed_files: why.fixed.files(),
        }
    }

    fn lines(&self) -> Vec<Line> {
        let file = |files: &[&str]| {
            files
                .first()
                .map_or(String::new(), |f| base_name(f).to_owned())
        };
        let title = |variant: &str, file: String| {
            Line::of(
                Role::Strong,
                fit(&format!("{variant}  {file}"), self.half, self.look),
            )
        };
        let mut lines = vec![
            self.row(
                "",
                title("BUGGY", file(&self.buggy_files)),
                title("FIXED", file(&self.fixed_files)),
            ),
            self.rule("step"),
        ];
        for pair in &self.why.pairs {
            let step = pair.buggy.and_then(|n| self.why.buggy.steps.get(n - 1));
            let left = step.map(|step| self.acts(step, &self.buggy_files, false));
            let left = left.unwrap_or_default();
            let step = &self.why.fixed.steps[pair.fixed - 1];
            let right = self.acts(step, &self.fixed_files, pair.buggy.is_none());
            let label = pair.buggy.map_or(String::new(), |n| n.to_string());
            lines.extend(self.rows(&label, left, right));
        }
        lines.push(self.rule(""));
        lines.extend(self.now());
        lines.push(self.rule(""));
        lines.extend(self.rest());
        lines
    }

    fn row(&self, label: &str, left: Line, right: Line) -> Line {
        let mut row = Line::of(Role::Dim, format!("{label:>width$} ", width = NUMBER - 1));
        let mut left = left;
        left.cut(self.half, self.look);
        left.pad(self.half);
        row.append(left);
        row.plain("   ");
        let mut right = right;
        right.cut(self.half, self.look);
        row.append(right);
        row
    }

    fn rows(&self, label: &str, left: Vec<Line>, right: Vec<Line>) -> Vec<Line> {
        let height = left.len().max(right.len());
        let (mut left, mut right) = (left.into_iter(), right.into_iter());
        (0..height)
            .map(|at| {
                let label = if at == 0 { label } else { "" };
                let blank = Line::new;
                self.row(
                    label,
                    left.next().unwrap_or_else(blank),
                    right.next().unwrap_or_else(blank),
                )
            })
            .collect()
    }

    fn rule(&self, label: &str) -> Line {
        let rule = self.look.glyph("─", "-").repeat(self.half);
        self.row(
            label,
            Line::of(Role::Dim, rule.clone()),
            Line::of(Role::Dim, rule),
        )
    }

    /// Returns one entry: `+ watcher  close w.stopped   :25`. A name that is too wide has a line of
    /// its own; a text that is too wide goes on below.
    fn entry(&self, mark: &str, name: &str, text: Line, line: &str) -> Vec<Line> {
        let from = 2 + self.name + 2;
        let mut head = Line::of(Role::Plain, format!("{mark:<2}"));
        head.plain(name);
        let mut lines = Vec::new();
        if width(name) > self.name {
            lines.extend(std::mem::take(&mut head).broken(self.half, 2));
        }
        let gap = usize::from(!line.is_empty());
        let room = self.half.saturating_sub(from + width(line) + gap).max(8);
        for (index, piece) in text.broken(room, 2).into_iter().enumerate() {
            let mut entry = std::mem::take(&mut head);
            entry.pad(from);
            entry.append(piece);
            if index == 0 {
                entry.pad(from + room + gap);
                entry.plain(line);
            }
            lines.push(entry);
        }
        lines
    }

    fn acts(&self, step: &Step, files: &[&str], own: bool) -> Vec<Line> {
        let mark = if own { "+" } else { " " };
        let one = |act: &Act| {
            self.entry(
                mark,
                &act.goroutine,
                super::list::act_line(act),
                &line_of(&act.place, files),
            )
        };
        step.by.iter().flat_map(one).collect()
    }

    /// Shows the point that both have reached: who can move, and where every goroutine stands.
    fn now(&self) -> Vec<Line> {
        let (buggy, now) = (&self.why.buggy, &self.why.now);
        if let Some(parted) = &self.why.parted {
            return self.parting(&buggy.steps[parted.step - 1]);
        }
        let mut lines = self.rows(
            "now",
            self.can_move(&buggy.enabled),
            self.can_move(&now.enabled),
        );
        let mut names: Vec<&String> = buggy.last.iter().map(|s| &s.goroutine).collect();
        for standing in &now.last {
            if !names.contains(&&standing.goroutine) {
                names.push(&standing.goroutine);
            }
        }
        for name in names {
            let left = buggy.standing(name);
            let right = now.standing(name);
            let op = |standing: Option<&Standing>| {
                standing.and_then(|s| s.op.as_ref().map(|o| o.text()))
            };
            let differs = op(left) != op(right);
            let left_lines = self.standing(left, &self.buggy_files, "", false);
            let mark = if differs { "+" } else { "" };
            let right_lines = self.standing(right, &self.fixed_files, mark, true);
            lines.extend(self.rows("", left_lines, right_lines));
        }
        lines
    }

    /// Lists who can move, in as many lines as necessary.
    fn can_move(&self, enabled: &[String]) -> Vec<Line> {
        let text = if enabled.is_empty() {
            "can move: nobody".to_owned()
        } else {
            format!("can move: {}", enabled.join(", "))
        };
        wrap(&text, self.half - 4)
            .into_iter()
            .enumerate()
            .map(|(at, text)| {
                let indent = if at == 0 { "  " } else { "    " };
                Line::of(Role::Strong, format!("{indent}{text}"))
            })
            .collect()
    }

    /// Shows the point where the fixed variant cannot follow. The next step is on the left, and the
    /// positions of all goroutines are on the right.
    fn parting(&self, step: &Step) -> Vec<Line> {
        let mut left = self.can_move(&step.enabled);
        left.push(Line::of(Role::Dim, format!("  step {} is next:", step.n)));
        left.extend(self.acts(step, &self.buggy_files, false));
        let mut right = self.can_move(&self.why.now.enabled);
        for standing in &self.why.now.last {
            let stands = standing.op.as_ref().map(|op| (&op.verb, &op.object));
            let elsewhere = |act: &Act| {
                act.goroutine == standing.goroutine && stands != Some((&act.op, &act.object))
            };
            let mark = if step.by.iter().any(elsewhere) {
                "+"
            } else {
                ""
            };
            right.extend(self.standing(Some(standing), &self.fixed_files, mark, false));
        }
        self.rows("now", left, right)
    }

    fn standing(
        &self,
        standing: Option<&Standing>,
        files: &[&str],
        mark: &str,
        fixed: bool,
    ) -> Vec<Line> {
        let Some(standing) = standing else {
            return Vec::new();
        };
        let name = &standing.goroutine;
        let line = line_of(&standing.place, files);
        let role = match standing.state {
            State::Stuck | State::Panicked => Role::Stuck,
            State::Returned => Role::Dim,
            State::Ready | State::Waiting => Role::Plain,
        };
        let Some(op) = &standing.op else {
            let text = if standing.state == State::Panicked {
                format!("panics: {}", standing.reason)
            } else {
                "returned".to_owned()
            };
            return self.entry(mark, name, Line::of(role, text), &line);
        };
        if op.cases.is_empty() {
            return self.entry(mark, name, Line::of(role, op.text()), &line);
        }
        let mark = if fixed { "" } else { mark };
        let mut lines = self.entry(mark, name, Line::of(role, op.verb.word()), &line);
        // An operation of the buggy variant may be a case of a `select` in the fixed one.
        let known = |case: &String| {
            let old = self.why.buggy.standing(name).and_then(|s| s.op.as_ref());
            old.is_some_and(|old| old.cases.contains(case) || old.text() == *case)
        };
        for case in &op.cases {
            let mark = if fixed && !known(case) && !words::is_nil_case(case) {
                "+"
            } else {
                ""
            };
            lines.extend(self.entry(mark, "", Line::of(role, format!("  {case}")), ""));
        }
        lines
    }

    /// Returns the steps of each after the two have parted.
    fn rest(&self) -> Vec<Line> {
        let why = self.why;
        let taken = why.pairs.len();
        let common = why.pairs.iter().filter(|pair| pair.buggy.is_some()).count();
        let mut left: Vec<Line> = Vec::new();
        for step in &why.buggy.steps[common.min(why.buggy.steps.len())..] {
            left.extend(self.acts(step, &self.buggy_files, false));
        }
        left.push(self.ending(&why.buggy));
        if why.parted.is_some() {
            for standing in &why.buggy.last {
                left.extend(self.standing(Some(standing), &self.buggy_files, "", false));
            }
        }
        let mut right: Vec<Line> = Vec::new();
        let steps: &[Step] = &why.fixed.steps[taken..];
        let max = if self.look.all { usize::MAX } else { 24 };
        for step in steps.iter().take(max) {
            right.extend(self.acts(step, &self.fixed_files, self.is_new(step)));
        }
        if steps.len() > max {
            let text = format!("  .. {} more steps (--all)", steps.len() - max);
            right.push(Line::of(Role::Dim, text));
        }
        right.push(self.ending(&why.fixed));
        self.rows("then", left, right)
    }

    /// Returns true if a step uses an object that the buggy variant lacks.
    fn is_new(&self, step: &Step) -> bool {
        let is_added = |name: &str| {
            let mut changes = self.why.changed.iter();
            changes.any(|it| matches!(it, Change::ObjectAdded { object, .. } if object == name))
        };
        let mut named = step.by.iter().filter_map(|act| act.object.as_ref());
        named.any(|name| is_added(&words::given(name)))
    }

    fn ending(&self, trace: &Trace) -> Line {
        let text = match trace.end {
            Ending::Complete => {
                let tick = self.look.glyph("✓", "ok:");
                return Line::of(
                    Role::Strong,
                    format!(
                        "  {tick} all {} goroutines returned",
                        trace.goroutine_count()
                    ),
                );
            }
            Ending::Open => return Line::of(Role::Dim, "  .. and so on".to_owned()),
            end @ (Ending::Deadlock
            | Ending::Leak
            | Ending::Panic
            | Ending::Fail
            | Ending::Exit
            | Ending::Misuse
            | Ending::LateLog
            | Ending::Race
            | Ending::Bounded) => {
                format!("  {} {end}", self.look.cross())
            }
        };
        Line::of(Role::Stuck, text)
    }
}
