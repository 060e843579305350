//! The terminal: a screen of its own for the game, and the keys.

use std::io::{self, stdout};
use std::panic;
use std::time::Duration;

use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::state::Key;
use crate::cli::signals;

/// The time after which a signal is noticed.
const PATIENCE: Duration = Duration::from_millis(100);

/// The screen of the game. When it is dropped, or the program panics, the terminal is as before.
pub(super) struct Screen(());

impl Screen {
    pub(super) fn enter() -> io::Result<Self> {
        // Before any kernel runs: the hook for their panics, which print nothing, goes round this.
        let outer = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            outer(info);
        }));
        enable_raw_mode()?;
        let screen = Self(());
        execute!(stdout(), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Restores the terminal. Nothing can be done if that fails.
fn restore() {
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// Waits for a key. Returns `None` after a signal.
pub(super) fn next_key() -> io::Result<Option<Key>> {
    while !signals::interrupted() {
        if !event::poll(PATIENCE)? {
            continue;
        }
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => return Ok(Some(meaning(key))),
            Event::Resize(..) => return Ok(Some(Key::Nothing)),
            Event::Key(_)
            | Event::FocusGained
            | Event::FocusLost
            | Event::Mouse(_)
            | Event::Paste(_) => {}
        }
    }
    Ok(None)
}

/// Returns the meaning of a key.
fn meaning(key: KeyEvent) -> Key {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Key::Leave,
            _ => Key::Nothing,
        };
    }
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => Key::Up,
        KeyCode::Down | KeyCode::Char('j') => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Enter | KeyCode::Char(' ') => Key::Take,
        KeyCode::Char(digit @ '1'..='9') => Key::Number(digit as usize - '0' as usize),
        KeyCode::Left | KeyCode::Backspace | KeyCode::Char('u') => Key::Undo,
        KeyCode::Right | KeyCode::Char('r') => Key::Redo,
        KeyCode::Home | KeyCode::Char('0') => Key::Start,
        KeyCode::End => Key::End,
        KeyCode::Char('g') => Key::Go,
        KeyCode::Char('h') => Key::Hints,
        KeyCode::Char('s') => Key::Show,
        KeyCode::Char('f') => Key::Other,
        KeyCode::Char('w') => Key::Why,
        KeyCode::Char('?') => Key::Help,
        KeyCode::Char('q') | KeyCode::Esc => Key::Back,
        _ => Key::Nothing,
    }
}
