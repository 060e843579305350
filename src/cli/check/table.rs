//! The rows of `check` as a table.

use std::time::Duration;

use gordian_checker::execution::escape::visible;
use gordian_checker::render::commands::{command, shell_word};
use gordian_checker::{Engine, Verdict};

use super::needs::needs;
use super::phrases::{explain, lift, noun, summary, timers, verdict, what};
use super::row::{About, Row};
use super::sheet::RowSink;
use crate::cli::Session;
use crate::cli::expectation::Judgement;
use crate::cli::failure::Failure;
use crate::cli::terminal::{Terminal, Tone, count, cut, short_time, thousands};

/// Most kernels that are listed by default.
const KERNELS_LISTED: usize = 40;

/// The least useful width for the class of a kernel.
const CLASS_MIN: usize = 8;

/// A table whose rows are written as they arrive.
pub(super) struct Table {
    terminal: Terminal,
    columns: Vec<Column>,
    heading: String,
    all: bool,
    /// The kernels of the rows that were listed; `folded` has those that were folded.
    listed: Vec<String>,
    folded: Vec<String>,
    /// True if a legend is needed; `starred` if it has to explain the star.
    bad: bool,
    starred: bool,
    /// True if a count of states may be smaller than the program's.
    reduced: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Kernel,
    Class,
    Variant,
    Engine,
    Verdict,
    Bad,
    First,
    Execs,
    States,
    Time,
}

struct Column {
    cell: Cell,
    title: &'static str,
    width: usize,
}

impl Table {
    pub(super) fn new(terminal: Terminal, tasks: &[About], all: bool) -> Self {
        let mut engines: Vec<&str> = tasks.iter().map(|task| task.engine.name()).collect();
        engines.dedup();
        let several = engines.len() > 1;
        let searched = match engines[..] {
            [engine] => format!(" with {engine}"),
            _ => String::new(),
        };
        let heading = format!(
            "Checking {}{searched}; all executions, unless the row says bounded",
            what(tasks)
        );
        Self {
            terminal,
            columns: columns(terminal, tasks, several),
            heading,
            all,
            listed: Vec::new(),
            folded: Vec::new(),
            bad: false,
            starred: false,
            reduced: false,
        }
    }

    /// Returns the column of the lines that explain a row.
    fn indent(&self) -> usize {
        2 + self.columns[0].width + 2
    }

    fn line(
        &self,
        session: &mut Session<'_>,
        cell: impl Fn(&Column) -> (String, Option<Tone>),
    ) -> Result<(), Failure> {
        let mut line = String::from(" ");
        for column in &self.columns {
            let (text, tone) = cell(column);
            let text = visible(&text);
            let width = column.width;
            let text = match column.cell {
                Cell::Bad | Cell::First | Cell::Execs | Cell::States | Cell::Time => {
                    format!("{text:>width$}")
                }
                _ => format!("{text:<width$}"),
            };
            line += match column.cell {
                Cell::Kernel => " ",
                _ => "  ",
            };
            line += &tone.map_or(text.clone(), |tone| self.terminal.paint(tone, &text));
        }
        writeln!(session.out, "{}", line.trim_end())?;
        Ok(())
    }

    /// Returns true if the row is folded with the others of its kernel.
    fn folds(&mut self, row: &Row) -> bool {
        let name = row.about.name.clone();
        let dull = row.judgement == Judgement::AsExpected && !row.is_bounded();
        if self.listed.contains(&name) || self.all || !dull || self.listed.len() < KERNELS_LISTED {
            return false;
        }
        if !self.folded.contains(&name) {
            self.folded.push(name);
        }
        true
    }

    /// Returns the name or the class of a kernel, only in its first row.
    fn say_once(&self, column: &Column, task: &About) -> (String, Option<Tone>) {
        let text = match column.cell {
            _ if self.listed.contains(&task.name) => "",
            Cell::Kernel => &task.name,
            _ => &task.subclass,
        };
        let tone = (column.cell == Cell::Kernel).then_some(Tone::Name);
        (cut(&visible(text), column.width, &self.terminal), tone)
    }

    /// Writes the command that lifts the limits that were hit. It is meant to be pasted, so it is
    /// broken between its arguments and never cut.
    fn tell_how_to_lift(&self, session: &mut Session<'_>, row: &Row) -> Result<(), Failure> {
        let limits = if row.is_bounded() {
            lift(row)
        } else {
            Vec::new()
        };
        if limits.is_empty() {
            return Ok(());
        }
        let mut words = vec![shell_word(&session.program), "check".to_owned()];
        words.push(shell_word(&row.about.name));
        if row.about.engine != Engine::Auto {
            words.extend(["--engine".to_owned(), row.about.engine.name().to_owned()]);
        }
        words.extend(limits);
        let indent = self.indent();
        for (index, line) in command(&words, self.terminal.width.saturating_sub(indent + 9))
            .into_iter()
            .enumerate()
        {
            let lead = if index == 0 { "lift it: " } else { "" };
            let line = format!("{lead:9}{line}");
            let line = self.terminal.paint(Tone::Faint, &line);
            writeln!(session.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    /// Writes the meaning of a title or a sign.
    fn legend(&self, session: &mut Session<'_>, sign: &str, text: &str) -> Result<(), Failure> {
        let line = format!("  {sign:6} {text}");
        writeln!(session.out, "{}", self.terminal.paint(Tone::Faint, &line))?;
        Ok(())
    }

    fn tone_of(&self, rows: &[Row]) -> Option<Tone> {
        let unexpected = rows
            .iter()
            .any(|row| row.judgement == Judgement::Unexpected);
        unexpected.then_some(Tone::Bad)
    }

    fn note(&self, session: &mut Session<'_>, text: &str, tone: Tone) -> Result<(), Failure> {
        let mut lines = text.lines();
        lines.try_for_each(|line| self.paragraph(session, self.indent(), line, Some(tone)))
    }

    /// Writes a text in lines that begin after `indent` columns and stay within the width.
    fn paragraph(
        &self,
        session: &mut Session<'_>,
        indent: usize,
        text: &str,
        tone: Option<Tone>,
    ) -> Result<(), Failure> {
        let room = self.terminal.width.saturating_sub(indent).max(20);
        for line in wrap(&visible(text), room) {
            let line = tone.map_or(line.clone(), |tone| self.terminal.paint(tone, &line));
            writeln!(session.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }
}

/// Returns the width of verdicts. Of Go a proof may be one under assumptions, which it says.
fn verdict_width(tasks: &[About]) -> usize {
    match tasks.iter().any(|task| task.is_go) {
        true => 18,
        false => 13,
    }
}

fn columns(terminal: Terminal, tasks: &[About], several: bool) -> Vec<Column> {
    let longest = |text: fn(&About) -> String, title: &str| {
        let lengths = tasks
            .iter()
            .map(|task| visible(&text(task)).chars().count());
        lengths.max().unwrap_or(0).max(title.len())
    };
    let column = |cell, title, width| Column { cell, title, width };
    let heads = match noun(tasks.iter()) {
        "test" => ("package", "test"),
        _ => ("kernel", "variant"),
    };
    let classless = tasks.iter().all(|task| task.subclass.is_empty());
    let mut columns = vec![
        column(
            Cell::Kernel,
            heads.0,
            longest(|task| task.name.clone(), heads.0),
        ),
        column(
            Cell::Class,
            "class",
            longest(|task| task.subclass.clone(), "class"),
        ),
        column(
            Cell::Variant,
            heads.1,
            longest(|task| task.form.clone(), heads.1),
        ),
        column(
            Cell::Engine,
            "engine",
            longest(|task| task.engine.name().to_owned(), "engine"),
        ),
        column(Cell::Verdict, "verdict", verdict_width(tasks)),
        column(Cell::Bad, "bad", 4),
        column(Cell::First, "first", 5),
        column(Cell::Execs, "execs", 8),
        column(Cell::States, "states", 8),
        column(Cell::Time, "time", 6),
    ];
    columns.retain(|column| several || column.cell != Cell::Engine);
    columns.retain(|column| !classless || column.cell != Cell::Class);
    narrow(columns, terminal.width, tasks)
}

/// Leaves out columns, or shortens them, until the table is as narrow as this.
fn narrow(mut columns: Vec<Column>, width: usize, tasks: &[About]) -> Vec<Column> {
    let over = |columns: &[Column]| {
        let total: usize = columns.iter().map(|column| column.width + 2).sum();
        total.saturating_sub(width)
    };
    // The column that is empty in most rows is left out first.
    let counts_executions = |task: &About| match task.engine {
        Engine::Optimal | Engine::Exhaustive | Engine::Random | Engine::Loom => true,
        Engine::Auto | Engine::Stateful | Engine::Stubborn => false,
    };
    let (empty, full) = match tasks.iter().all(counts_executions) {
        true => (Cell::States, Cell::Execs),
        false => (Cell::Execs, Cell::States),
    };
    for (cell, least) in [
        (Cell::Class, CLASS_MIN),
        (Cell::First, 0),
        (empty, 0),
        (Cell::Class, 0),
        (full, 0),
    ] {
        let excess = over(&columns);
        if excess == 0 {
            break;
        }
        if let Some(at) = columns.iter().position(|column| column.cell == cell) {
            let shorter = columns[at].width.saturating_sub(excess).max(least);
            if least > 0 {
                columns[at].width = shorter;
            } else {
                columns.remove(at);
            }
        }
    }
    columns
}

/// Wraps a text at this many columns.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always one");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > columns {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

impl RowSink for Table {
    fn begin(&mut self, session: &mut Session<'_>) -> Result<(), Failure> {
        writeln!(session.out)?;
        self.paragraph(session, 4, &self.heading, None)?;
        writeln!(session.out)?;
        self.line(session, |column| (column.title.to_owned(), None))?;
        self.line(session, |column| (self.terminal.rule(column.width), None))
    }

    fn row(&mut self, session: &mut Session<'_>, row: &Row) -> Result<(), Failure> {
        if self.folds(row) {
            return Ok(());
        }
        let findings = &row.findings;
        let number = |number: Option<u64>| number.map_or("-".to_owned(), thousands);
        let proved = row.verdict == Verdict::Proved;
        let star = if findings.complete { "" } else { "*" };
        let counted = findings.executions > 0 || findings.states.is_some();
        self.bad |= findings.bad_executions > 0;
        self.reduced |= findings.reduced;
        self.starred |= findings.bad_executions > 0 && !findings.complete;
        self.line(session, |column| match column.cell {
            Cell::Kernel | Cell::Class => self.say_once(column, &row.about),
            Cell::Variant => (row.about.form.clone(), None),
            Cell::Engine => (row.about.engine.name().to_owned(), None),
            Cell::Verdict => verdict(self.terminal, row),
            Cell::Bad if proved || !counted => ("-".to_owned(), None),
            Cell::Bad => (
                format!("{}{star}", thousands(findings.bad_executions)),
                None,
            ),
            Cell::First => (number(findings.first_bad), None),
            Cell::Execs if findings.executions == 0 => ("-".to_owned(), None),
            Cell::Execs => (thousands(findings.executions), None),
            Cell::States => (number(findings.states), None),
            Cell::Time => (short_time(row.time), None),
        })?;
        self.listed.push(row.about.name.clone());
        for (text, tone) in explain(row) {
            self.note(session, &text, tone)?;
        }
        self.tell_how_to_lift(session, row)
    }

    fn stalled(
        &mut self,
        session: &mut Session<'_>,
        task: &About,
        reason: &str,
    ) -> Result<(), Failure> {
        self.line(session, |column| match column.cell {
            Cell::Kernel | Cell::Class => self.say_once(column, task),
            Cell::Variant => (task.form.clone(), None),
            Cell::Engine => (task.engine.name().to_owned(), None),
            Cell::Verdict => (
                format!("{} stalled", self.terminal.glyph("✗", "x")),
                Some(Tone::Bad),
            ),
            _ => ("-".to_owned(), None),
        })?;
        let first = reason.lines().next().unwrap_or_default();
        self.note(session, first, Tone::Bad)
    }

    fn end(
        &mut self,
        session: &mut Session<'_>,
        rows: &[Row],
        time: Duration,
    ) -> Result<(), Failure> {
        if !self.folded.is_empty() {
            let more = count(self.folded.len(), "more kernel");
            writeln!(
                session.out,
                "  ... {more}, all as expected (--all lists them)"
            )?;
        }
        if self.bad {
            writeln!(session.out)?;
            self.legend(session, "bad", "executions (or end states) that end badly")?;
            if self.columns.iter().any(|column| column.cell == Cell::First) {
                let text = "number of the first such execution, from 1";
                self.legend(session, "first", text)?;
            }
        }
        if self.reduced
            && self
                .columns
                .iter()
                .any(|column| column.cell == Cell::States)
        {
            let text = "that were stored; others lead to no other end";
            self.legend(session, "states", text)?;
        }
        if let Some(text) = timers(rows) {
            self.legend(session, "timers", &text)?;
        }
        if self.starred {
            self.legend(session, "*", "stopped early: not everything was explored")?;
        }
        writeln!(session.out)?;
        self.paragraph(session, 5, &summary(rows, time), self.tone_of(rows))?;
        for text in needs(rows) {
            self.paragraph(session, 5, &text, Some(Tone::Doubtful))?;
        }
        Ok(())
    }
}
