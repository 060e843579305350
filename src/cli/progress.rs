//! The progress of a long search: one line on stderr that disappears again.

use std::env;
use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gordian_checker::execution::escape::visible;
use gordian_checker::explore::{Activity, Watch};
use indicatif::{ProgressBar, ProgressStyle};

use super::terminal::thousands;

/// The time before progress is shown.
const SHOW_AFTER: Duration = Duration::from_millis(200);

/// The progress line, if there is one.
pub(crate) struct ProgressLine {
    wanted: bool,
    label: String,
    line: Option<ProgressBar>,
    /// The number of the search that may show its progress, and that of this one.
    turn: Option<(Arc<AtomicUsize>, usize)>,
}

impl ProgressLine {
    /// Makes a line that is shown only if it is wanted and stderr is a terminal outside CI.
    pub(crate) fn new(wanted: bool) -> Self {
        let is_ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
        Self {
            wanted: wanted && stderr().is_terminal() && !is_ci,
            label: String::new(),
            line: None,
            turn: None,
        }
    }

    /// Returns the line of one of several searches. It is shown only while the number in `awaited`
    /// is that of this one.
    pub(crate) fn in_turn(self, awaited: Arc<AtomicUsize>, number: usize) -> Self {
        let turn = Some((awaited, number));
        Self { turn, ..self }
    }

    /// Sets the name of what is searched.
    pub(crate) fn label(&mut self, label: String) {
        self.label = visible(&label);
    }

    /// Shows the progress of the search.
    pub(crate) fn show(&mut self, watch: &Watch, elapsed: Duration) {
        let turn = self.turn.as_ref();
        let waits = turn.is_some_and(|(now, number)| now.load(Ordering::Relaxed) != *number);
        if !self.wanted || waits || elapsed < SHOW_AFTER {
            return;
        }
        let line = self.line.get_or_insert_with(|| {
            let line = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                line.set_style(style);
            }
            line
        });
        line.set_message(text(&self.label, watch, elapsed));
        line.tick();
    }

    /// Removes the line.
    pub(crate) fn clear(&mut self) {
        if let Some(line) = self.line.take() {
            line.finish_and_clear();
        }
    }
}

/// Returns the line. A narrow terminal cuts its end, so what counts most comes first.
fn text(label: &str, watch: &Watch, elapsed: Duration) -> String {
    let executions = watch.executions.load(Ordering::Relaxed);
    let states = watch.states.load(Ordering::Relaxed);
    let done = watch.done_millionths.load(Ordering::Relaxed);
    let seconds = elapsed.as_secs();
    let mut line = format!("[{:02}:{:02}] ", seconds / 60, seconds % 60);
    let mut parts = Vec::new();
    if executions > 0 {
        parts.push(format!("{} executions", thousands(executions)));
    }
    if states > 0 {
        parts.push(format!("{} states", thousands(states)));
    }
    match work(watch.activity()) {
        Some(work) => parts.push(work.to_owned()),
        None => {
            parts.push(format!("depth {}", watch.depth.load(Ordering::Relaxed)));
            let rate = executions.max(states) as f64 / elapsed.as_secs_f64();
            parts.push(format!("{}/s", thousands(rate as u64)));
            let left = watch.states_left.load(Ordering::Relaxed);
            if left > 0 {
                parts.push(format!("{} states waiting", thousands(left)));
            }
            if done > 0 {
                line.push_str(&format!("about {:.1} %  ", done as f64 / 10_000.0));
                parts.push("the share if branches are alike".to_owned());
            }
        }
    }
    format!("{line}{label}  {}", parts.join(", "))
}

/// Returns the work of a check that explores nothing more, in words.
fn work(activity: Activity) -> Option<&'static str> {
    match activity {
        Activity::Explores => None,
        Activity::LooksForCycles => Some("looking for cycles"),
        Activity::Shortens => Some("looking for a shortest way"),
        Activity::Rechecks => Some("running parts again"),
        Activity::Explains => Some("explaining"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said_and_no_more() {
        let watch = Watch::default();
        watch.executions.store(91_204, Ordering::Relaxed);
        watch.depth.store(61, Ordering::Relaxed);
        let line = text("17/24  serving/2137 fixed", &watch, Duration::from_secs(4));
        assert_eq!(
            line,
            "[00:04] 17/24  serving/2137 fixed  91 204 executions, depth 61, 22 801/s"
        );
        watch.done_millionths.store(123_000, Ordering::Relaxed);
        let line = text("17/24  serving/2137 fixed", &watch, Duration::from_secs(64));
        assert_eq!(
            line,
            "[01:04] about 12.3 %  17/24  serving/2137 fixed  91 204 executions, depth 61, \
             1 425/s, the share if branches are alike"
        );
        watch.done_millionths.store(0, Ordering::Relaxed);
        watch.states_left.store(1_500, Ordering::Relaxed);
        let line = text("", &watch, Duration::from_secs(64));
        assert!(line.ends_with("/s, 1 500 states waiting"), "{line}");
    }

    /// A search that visits no more states says what it does, and not how fast it was.
    #[test]
    fn what_comes_after_the_states_has_a_name() {
        let watch = Watch::default();
        watch.states.store(442_387, Ordering::Relaxed);
        watch.done_millionths.store(123_000, Ordering::Relaxed);
        assert_eq!(work(watch.activity()), None);
        let named: Vec<_> = Activity::ALL.into_iter().filter_map(work).collect();
        assert_eq!(named.len(), Activity::ALL.len() - 1);
        assert_eq!(named[0], "looking for cycles");
    }
}
