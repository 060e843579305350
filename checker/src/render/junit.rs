//! Results as JUnit XML, which continuous integration reads. Each kernel is a suite, each variant a
//! case.

use std::time::Duration;

use crate::execution::escape::visible_lines;

/// A suite: a kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its cases.
    pub cases: Vec<TestCase>,
}

/// A case: a variant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestCase {
    /// Its name.
    pub name: String,
    /// The time that it took.
    pub time: Duration,
    /// The outcome.
    pub outcome: Outcome,
    /// Further output about it, such as the trace of an expected bug.
    pub output: String,
}

/// The outcome of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It met the expectation.
    Passed,
    /// It did not.
    Failed {
        /// The kind: `deadlock`.
        kind: String,
        /// One line.
        message: String,
        /// The whole text.
        text: String,
    },
    /// It was not run, or not completed, for this reason.
    Skipped(String),
}

/// Returns the suites as one document.
#[must_use]
pub fn render(suites: &[Suite]) -> String {
    let cases = || suites.iter().flat_map(|suite| &suite.cases);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!(
        "<testsuites name=\"gordian\"{}>\n",
        counts(cases(), false)
    ));
    for suite in suites {
        let name = escape(&suite.name);
        out.push_str(&format!(
            "  <testsuite name=\"{name}\"{}>\n",
            counts(suite.cases.iter(), true)
        ));
        for case in &suite.cases {
            out.push_str(&case_text(&name, case));
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Returns the counts of a suite or of all suites. The latter omit the skipped cases, since the
/// schema that Jenkins reads does not allow them there.
fn counts<'a>(cases: impl Iterator<Item = &'a TestCase> + Clone, of_suite: bool) -> String {
    let failed = |case: &&TestCase| matches!(case.outcome, Outcome::Failed { .. });
    let skipped = |case: &&TestCase| matches!(case.outcome, Outcome::Skipped(_));
    let time: Duration = cases.clone().map(|case| case.time).sum();
    let skipped = match of_suite {
        true => format!(" skipped=\"{}\"", cases.clone().filter(skipped).count()),
        false => String::new(),
    };
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"0\"{skipped} time=\"{:.3}\"",
        cases.clone().count(),
        cases.filter(failed).count(),
        time.as_secs_f64()
    )
}

fn case_text(suite: &str, case: &TestCase) -> String {
    let mut out = format!(
        "    <testcase name=\"{}\" classname=\"{suite}\" time=\"{:.3}\">\n",
        escape(&case.name),
        case.time.as_secs_f64()
    );
    match &case.outcome {
        Outcome::Passed => {}
        Outcome::Failed {
            kind,
            message,
            text,
        } => out.push_str(&format!(
            "      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
            escape(kind),
            escape(message),
            escape(text)
        )),
        Outcome::Skipped(why) => {
            out.push_str(&format!("      <skipped message=\"{}\"/>\n", escape(why)));
        }
    }
    if !case.output.is_empty() {
        out.push_str(&format!(
            "      <system-out>{}</system-out>\n",
            escape(&case.output)
        ));
    }
    out.push_str("    </testcase>\n");
    out
}

/// Returns a text without markup characters. XML 1.0 cannot hold control characters in any form. So
/// these and all other invisible characters are written as in other texts for people.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in visible_lines(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
