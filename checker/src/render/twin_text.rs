//! A [`Twin`] as text: the two schedules, and the swaps between them.

use super::commands::{shell_word, with_schedule};
use super::list::finish;
use super::text::{Line, Look, Role, steps, under, wrap};
use crate::execution::escape::{visible, visible_in};
use crate::explain::twin::{Swap, Twin, TwinStep};

/// The column at which the texts begin.
const INDENT: usize = 12;

/// The program whose execution it is, as the command line names it.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// The kernel or the package.
    pub kernel: &'a str,
    /// The variant or the test.
    pub variant: &'a str,
}

/// Returns the answer as text.
#[must_use]
pub fn render(twin: &Twin, of: Of<'_>, look: &Look) -> String {
    let twin = &visible_in(twin);
    let what = match twin.is_itself() {
        true => "this schedule was explored",
        false => "this schedule was not explored; another one was, in its place",
    };
    let title = format!("{} ({}): {what}", visible(of.kernel), visible(of.variant));
    let mut lines = vec![Line::of(Role::Strong, title), Line::new()];
    let room = look.columns().saturating_sub(INDENT);
    let mut say = |name: &str, text: &str| {
        let texts = wrap(text, room).into_iter();
        let texts = texts.map(|text| Line::of(Role::Plain, text));
        lines.extend(under(name, INDENT, texts.collect()));
    };
    say("why", &why(twin));
    for (index, moved) in moves(&twin.swaps).enumerate() {
        say(if index == 0 { "how" } else { "" }, &sentence(twin, moved));
    }
    if !twin.is_itself() {
        let words = [look.program.as_str(), "replay", of.kernel].map(shell_word);
        let variant = format!("--variant {}", shell_word(of.variant));
        let words = words.into_iter().chain([variant]).collect();
        let command = with_schedule(words, &twin.explored, look.columns());
        lines.push(Line::new());
        lines.push(Line::of(Role::Dim, "  the execution that was explored:"));
        lines.extend(command.into_iter().map(Line::uncut));
    }
    finish(lines, look)
}

/// Returns the ground of the answer.
fn why(twin: &Twin) -> String {
    let number = twin.number;
    if twin.is_itself() {
        return format!("it is execution {number} of the search `optimal`");
    }
    format!(
        "execution {number} of the search `optimal` has the same {} in another order, and ends \
         in the same state ({}). {} of neighbouring steps lead{} there. The two are independent \
         each time: neither changes what the other one does.",
        steps(twin.steps.len()),
        twin.end,
        match twin.swaps.len() {
            1 => "One swap".to_owned(),
            count => format!("{count} swaps"),
        },
        if twin.swaps.len() == 1 { "s" } else { "" },
    )
}

/// Returns the swaps in runs in which one step moves forward.
fn moves(swaps: &[Swap]) -> impl Iterator<Item = &[Swap]> {
    swaps.chunk_by(|a, b| a.earlier == b.earlier && b.at + 1 == a.at)
}

/// Returns a run of swaps as a sentence.
fn sentence(twin: &Twin, moved: &[Swap]) -> String {
    let step = |number: usize| text(&twin.steps[number - 1]);
    let first = moved.first().expect("a run has a first one");
    let mut passed: Vec<usize> = moved.iter().map(|swap| swap.later).collect();
    passed.sort_unstable();
    let over = passed.into_iter().map(step);
    let mut both: Vec<&str> = Vec::new();
    for object in moved.iter().flat_map(|swap| &swap.both_touch) {
        if !both.contains(&object.as_str()) {
            both.push(object);
        }
    }
    let common = match both.is_empty() {
        true => "no goroutine and no object in common".to_owned(),
        false => format!(
            "no goroutine in common, and the order does not matter to {}",
            both.join(", ")
        ),
    };
    format!(
        "{} goes before {}: {common}",
        step(first.earlier),
        over.collect::<Vec<_>>().join(" and ")
    )
}

/// Returns a step in a few words: `step 4 (loop: lock m)`.
fn text(step: &TwinStep) -> String {
    let acts = step
        .by
        .iter()
        .map(|act| format!("{}: {}", act.goroutine, act.text()));
    format!("step {} ({})", step.n, acts.collect::<Vec<_>>().join(", "))
}
