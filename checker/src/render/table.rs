//! A trace as a table: a row for each step and a column for each goroutine. The arrow of a
//! rendezvous crosses the borders between them.

use super::list::{self, Row, about, act_line, command_lines, finish, fold_text, holds, rows};
use super::objects::objects;
use super::reasons::why;
use super::stored::Stored;
use super::text::{Line, Look, Role, headline, line_of, standing_text, width, wrap};
use crate::explain::trace::{Ending, Standing, State, Step, Trace};

/// The width of the column of step numbers, without its border.
const STEP: usize = 7;

/// The least width of a goroutine's column.
const COLUMN_MIN: usize = 18;

/// The width of a column at which a reason has to be wrapped, if there is room for it.
const REASON_COLUMN: usize = 34;

/// Draws the trace as a table; as a list if something would have to be cut to fit its column.
#[must_use]
pub fn render(trace: &Trace, look: &Look) -> String {
    let trace = &trace.for_people();
    let table = Table::new(trace, look);
    let Some(table) = table.filter(|_| look.columns() >= Look::TABLE_MIN) else {
        return list::render(trace, look);
    };
    let mut lines: Vec<Line> = wrap(&headline(trace), look.columns())
        .into_iter()
        .map(|text| {
            let role = if trace.end.is_bad() {
                Role::Stuck
            } else {
                Role::Strong
            };
            Line::of(role, text)
        })
        .collect();
    lines.push(Line::new());
    lines.extend(about(trace, look));
    lines.push(Line::new());
    lines.extend(table.lines());
    lines.push(Line::new());
    lines.extend(objects(trace, look));
    lines.push(Line::new());
    lines.extend(why(trace, look));
    lines.extend(command_lines(trace, look));
    finish(lines, look)
}

/// The contents of a cell: text on the left, a line number on the right.
#[derive(Clone, Debug, Default)]
struct Cell {
    text: Line,
    line: String,
    /// True if the arrow of a rendezvous enters from the left; `from_right` is the same for the
    /// right.
    from_left: bool,
    from_right: bool,
    /// True if the arrow passes through.
    crossed: bool,
}

impl Cell {
    fn width(&self) -> usize {
        let gap = usize::from(!self.line.is_empty());
        let arrow = if self.from_left || self.from_right {
            2
        } else {
            0
        };
        2 + self.text.width() + gap + width(&self.line) + arrow
    }
}

/// A row: its label, its cells, and the border in front of each cell.
struct Cells {
    label: String,
    role: Role,
    cells: Vec<Cell>,
    borders: Vec<&'static str>,
}

enum TableRow {
    Cells(Cells),
    Note(String, String),
    Rule,
}

struct Table<'a> {
    trace: &'a Trace,
    look: &'a Look,
    names: Vec<&'a str>,
    files: Vec<&'a str>,
    widths: Vec<usize>,
}

impl<'a> Table<'a> {
    /// Returns the table if there is room for all its columns.
    fn new(trace: &'a Trace, look: &'a Look) -> Option<Self> {
        let names: Vec<&str> = trace.goroutines.iter().map(|g| g.name.as_str()).collect();
        let room = look.columns().checked_sub(STEP + names.len())?;
        let mut table = Self {
            trace,
            look,
            widths: Vec::new(),
            files: trace.files(),
            names,
        };
        let fits = |needs: &Vec<usize>| needs.iter().sum::<usize>() <= room;
        let mut needs = table.needs(REASON_COLUMN);
        if !fits(&needs) {
            needs = table.needs(0);
        }
        let spare = room.checked_sub(needs.iter().sum())?;
        // The remaining width is distributed, unless that makes columns too wide.
        let spare = (spare / needs.len()).min(6);
        table.widths = needs.into_iter().map(|need| need + spare).collect();
        Some(table)
    }

    /// Returns the width that each column needs to show everything in it whole. A reason is wrapped
    /// as in a column of this width, but not within a word.
    fn needs(&self, column: usize) -> Vec<usize> {
        let mut needs: Vec<usize> = self
            .names
            .iter()
            .map(|name| (2 + width(name)).max(COLUMN_MIN - 2))
            .collect();
        for step in &self.trace.steps {
            let row = self.step_row(step);
            for (need, cell) in needs.iter_mut().zip(&row.cells) {
                *need = (*need).max(cell.width());
            }
        }
        for (need, name) in needs.iter_mut().zip(&self.names) {
            if let Some(standing) = self.trace.standing(name) {
                let cells = self.standing_cells(standing, column);
                let widest = cells.iter().map(Cell::width).max().unwrap_or(0);
                *need = (*need).max(widest);
            }
        }
        needs
    }

    fn step_row(&self, step: &Step) -> Cells {
        let mut cells = vec![Cell::default(); self.names.len()];
        let mut borders = vec![self.look.glyph("│", "|"); self.names.len()];
        let column = |name: &str| self.names.iter().position(|known| *known == name);
        for act in &step.by {
            if let Some(at) = column(&act.goroutine) {
                cells[at].text = act_line(act);
                cells[at].line = line_of(&act.place, &self.files);
            }
        }
        if let [sender, receiver] = step.by.as_slice()
            && let (Some(from), Some(to)) = (column(&sender.goroutine), column(&receiver.goroutine))
        {
            let (low, high) = (from.min(to), from.max(to));
            for cell in &mut cells[low + 1..high] {
                cell.crossed = true;
            }
            for border in &mut borders[low + 1..=high] {
                *border = self.look.glyph("┼", "+");
            }
            if from < to {
                cells[to].from_left = true;
                borders[from + 1] = self.look.glyph("├", "+");
            } else {
                cells[to].from_right = true;
                borders[from] = self.look.glyph("┤", "+");
            }
        }
        Cells {
            label: step.n.to_string(),
            role: Role::Dim,
            cells,
            borders,
        }
    }

    /// Returns the position of a goroutine in lines for a column of this width.
    fn standing_cells(&self, standing: &Standing, column: usize) -> Vec<Cell> {
        let (mark, role) = match standing.state {
            State::Stuck | State::Panicked => (self.look.cross(), Role::Stuck),
            State::Ready => (">", Role::Plain),
            State::Waiting => ("-", Role::Plain),
            State::Returned => (" ", Role::Dim),
        };
        let mut first = Line::of(role, format!("{mark} "));
        let plain = |text: String, role: Role| Cell {
            text: Line::of(role, format!("  {text}")),
            ..Cell::default()
        };
        let mut cells = Vec::new();
        match (&standing.op, standing.state) {
            (_, State::Panicked) => first.push(role, "panics"),
            (Some(op), _) if op.cases.is_empty() => {
                first.push(role, op.verb.word());
                if let Some(object) = &op.object {
                    first.push(Role::Strong, format!(" {object}"));
                }
            }
            (Some(op), _) => first.push(role, op.verb.word()),
            (None, _) => first.push(role, standing_text(standing)),
        }
        cells.push(Cell {
            text: first,
            line: line_of(&standing.place, &self.files),
            ..Cell::default()
        });
        for case in standing.op.iter().flat_map(|op| &op.cases) {
            cells.push(plain(format!("case {case}"), Role::Plain));
        }
        if standing.state != State::Returned {
            // No word is broken, so the room is at least that of the widest.
            let words = standing.reason.split_whitespace().map(width);
            let room = column.saturating_sub(4).max(words.max().unwrap_or(0));
            for text in wrap(&standing.reason, room.max(1)) {
                cells.push(plain(text, Role::Plain));
            }
        }
        for held in &standing.holds {
            let verb = holds(held.mode);
            cells.push(plain(format!("{verb} {}", held.lock), Role::Held));
        }
        cells
    }

    fn last_rows(&self) -> Vec<Cells> {
        let label = match self.trace.end {
            Ending::Deadlock | Ending::Leak => "stuck",
            Ending::Panic | Ending::Fail | Ending::Exit | Ending::Misuse | Ending::LateLog => {
                self.trace.end.name()
            }
            Ending::Race => "race",
            Ending::Open => "now",
            Ending::Complete | Ending::Bounded => "end",
        };
        let columns: Vec<Vec<Cell>> = self
            .names
            .iter()
            .zip(&self.widths)
            .map(|(name, width)| match self.trace.standing(name) {
                Some(standing) => self.standing_cells(standing, *width),
                None => Vec::new(),
            })
            .collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or(0);
        let border = self.look.glyph("│", "|");
        (0..height)
            .map(|at| Cells {
                label: if at == 0 { label } else { "" }.to_owned(),
                role: if self.trace.end.is_bad() {
                    Role::Stuck
                } else {
                    Role::Plain
                },
                cells: columns
                    .iter()
                    .map(|column| column.get(at).cloned().unwrap_or_default())
                    .collect(),
                borders: vec![border; self.names.len()],
            })
            .collect()
    }

    fn lines(&self) -> Vec<Line> {
        let border = self.look.glyph("│", "|");
        let mut header = Line::of(Role::Dim, " step ");
        for (name, width) in self.names.iter().zip(&self.widths) {
            header.push(Role::Dim, border);
            let mut cell = Line::of(Role::Plain, " ");
            cell.push(Role::Strong, *name);
            cell.pad(*width);
            header.append(cell);
        }
        let mut lines = vec![header, self.rule("─", "┼", "-")];
        for row in self.table_rows() {
            lines.push(match row {
                TableRow::Cells(cells) => self.draw(&cells),
                TableRow::Note(label, text) => {
                    let mut line = Line::of(Role::Dim, format!("{label:>5} "));
                    line.push(Role::Dim, format!("{border} {text}"));
                    line
                }
                TableRow::Rule => self.rule("═", "╪", "="),
            });
        }
        lines
    }

    fn table_rows(&self) -> Vec<TableRow> {
        let mut all = Vec::new();
        let loop_at = match self.trace.cycle {
            0 => usize::MAX,
            cycle => self.trace.steps.len() - cycle + 1,
        };
        let stored = Stored::new(self.trace);
        for row in rows(self.trace, self.look) {
            match row {
                Row::Step(step) => {
                    if step.n == loop_at {
                        let text = "the steps from here on repeat for ever".to_owned();
                        all.push(TableRow::Note(String::new(), text));
                    }
                    all.push(TableRow::Cells(self.step_row(step)));
                    for text in stored.after(step) {
                        all.extend(self.notes("", text));
                    }
                }
                Row::Folded(run) => {
                    let (label, text) = fold_parts(run);
                    all.extend(self.notes(&label, &text));
                }
            }
        }
        all.push(TableRow::Rule);
        all.extend(self.last_rows().into_iter().map(TableRow::Cells));
        all
    }

    /// Returns a text that stands across all columns, in as many rows as it needs.
    fn notes(&self, label: &str, text: &str) -> Vec<TableRow> {
        let texts = wrap(text, self.look.columns() - STEP - 1).into_iter();
        let label = |index| if index == 0 { label } else { "" };
        texts
            .enumerate()
            .map(|(index, text)| TableRow::Note(label(index).to_owned(), text))
            .collect()
    }

    fn rule(&self, line: &'static str, cross: &'static str, ascii: &'static str) -> Line {
        let line = self.look.glyph(line, ascii);
        let cross = self.look.glyph(cross, "+");
        let mut text = line.repeat(STEP - 1);
        for width in &self.widths {
            text.push_str(cross);
            text.push_str(&line.repeat(*width));
        }
        Line::of(Role::Dim, text)
    }

    fn draw(&self, row: &Cells) -> Line {
        let mut line = Line::of(row.role, format!("{:>5} ", row.label));
        for ((cell, width), border) in row.cells.iter().zip(&self.widths).zip(&row.borders) {
            line.push(Role::Dim, *border);
            line.append(self.draw_cell(cell, *width));
        }
        line
    }

    fn draw_cell(&self, cell: &Cell, width: usize) -> Line {
        let dash = self.look.glyph("─", "-");
        if cell.crossed {
            return Line::of(Role::Plain, dash.repeat(width));
        }
        let mut line = Line::new();
        if cell.from_left {
            line.plain(self.look.glyph("─▶ ", "-> "));
        } else {
            line.plain(" ");
        }
        let end = if cell.from_right { 3 } else { 1 };
        let room = width - end - line.width();
        let mut text = cell.text.clone();
        text.pad(room.saturating_sub(super::text::width(&cell.line)));
        line.append(text);
        line.plain(cell.line.as_str());
        line.plain(if cell.from_right {
            self.look.glyph(" ◀─", " <-")
        } else {
            " "
        });
        line
    }
}

/// Returns the label and the text of a folded run of steps.
fn fold_parts(run: &[Step]) -> (String, String) {
    let text = fold_text(run);
    let text = text.trim_start();
    match text.split_once(' ') {
        Some((label, rest)) if label.len() <= 5 => (label.to_owned(), rest.trim_start().to_owned()),
        _ => ("..".to_owned(), text.to_owned()),
    }
}
