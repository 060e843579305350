//! The progress of a long search: one line on stderr that disappears again.

use std::env;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::Ordering;
use std::time::Duration;

use gordian_checker::execution::escape::visible;
use gordian_checker::explore::Watch;
use indicatif::{ProgressBar, ProgressStyle};

use super::terminal::thousands;

/// The time before progress is shown.
const SHOW_AFTER: Duration = Duration::from_millis(200);

/// The progress line, if there is one.
pub(crate) struct ProgressLine {
    wanted: bool,
    label: String,
    line: Option<ProgressBar>,
}

impl ProgressLine {
    /// Makes a line that is shown only if it is wanted and stderr is a terminal outside CI.
    pub(crate) fn new(wanted: bool) -> Self {
        let is_ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
        Self {
            wanted: wanted && stderr().is_terminal() && !is_ci,
            label: String::new(),
            line: None,
        }
    }

    /// Sets the name of what is searched.
    pub(crate) fn label(&mut self, label: String) {
        self.label = visible(&label);
    }

    /// Shows the progress of the search.
    pub(crate) fn show(&mut self, watch: &Watch, elapsed: Duration) {
        if !self.wanted || elapsed < SHOW_AFTER {
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

fn text(label: &str, watch: &Watch, elapsed: Duration) -> String {
    let executions = watch.executions.load(Ordering::Relaxed);
    let states = watch.states.load(Ordering::Relaxed);
    let depth = watch.depth.load(Ordering::Relaxed);
    let done = watch.done_millionths.load(Ordering::Relaxed);
    let left = watch.states_left.load(Ordering::Relaxed);
    let seconds = elapsed.as_secs();
    let mut parts = Vec::new();
    // A narrow terminal cuts the end.
    if done > 0 {
        parts.push(format!(
            "about {:.1} % if branches are alike",
            done as f64 / 10_000.0
        ));
    }
    if executions > 0 {
        parts.push(format!("{} executions", thousands(executions)));
    }
    if states > 0 {
        parts.push(format!("{} states", thousands(states)));
    }
    parts.push(format!("depth {depth}"));
    let rate = executions.max(states) as f64 / elapsed.as_secs_f64();
    parts.push(format!("{}/s", thousands(rate as u64)));
    if left > 0 {
        parts.push(format!("{} states waiting", thousands(left)));
    }
    format!(
        "[{:02}:{:02}] {label}  {}",
        seconds / 60,
        seconds % 60,
        parts.join(", ")
    )
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
        let line = text("", &watch, Duration::from_secs(64));
        assert!(line.starts_with("[01:04]"), "{line}");
        assert!(
            line.starts_with("[01:04]   about 12.3 % if branches are alike, 91 204 executions"),
            "{line}"
        );
        watch.states_left.store(1_500, Ordering::Relaxed);
        let line = text("", &watch, Duration::from_secs(64));
        assert!(line.ends_with("/s, 1 500 states waiting"), "{line}");
    }
}
