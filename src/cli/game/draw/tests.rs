//! Whole screens, drawn without a terminal.

use std::sync::Arc;

use gordian_checker::Session;
use gordian_checker::catalogue::VariantKind;
use gordian_checker::explore::Limits;
use gordian_kernels::CATALOGUE;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use super::draw;
use crate::cli::args::TimersArgs;
use crate::cli::game::state::{Game, Key, Setting};
use crate::cli::target::Target;
use crate::cli::terminal;

fn game_with(name: &str, form: VariantKind, colour: bool, ascii: bool) -> Game {
    let kernel = CATALOGUE.iter().find(|it| it.name == name).unwrap();
    let setting = Setting {
        timers: TimersArgs { asked: None },
        reach_max: Session::REACH_MAX,
        limits: Limits::default(),
        watch: Arc::default(),
        terminal: terminal::Terminal {
            colour,
            ascii,
            width: 80,
            links: false,
        },
        program: "gordian".to_owned(),
    };
    Game::new(setting, Target::Kernel(Box::new(*kernel), form)).unwrap()
}

fn game(name: &str, form: VariantKind) -> Game {
    game_with(name, form, false, false)
}

fn backend(game: &mut Game, width: u16, height: u16) -> TestBackend {
    let view = game.view().unwrap();
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| draw(&view, frame.area(), frame.buffer_mut()))
        .unwrap();
    terminal.backend().clone()
}

/// Returns the lines of a screen, without spaces at their ends.
fn screen(game: &mut Game, width: u16, height: u16) -> Vec<String> {
    let backend = backend(game, width, height);
    let cells = backend.buffer().content().chunks(width.into());
    let line = |cells: &[ratatui::buffer::Cell]| {
        let line: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
        line.trim_end().to_owned()
    };
    cells.map(line).collect()
}

fn text(game: &mut Game) -> String {
    screen(game, 100, 40).join("\n")
}

fn press(game: &mut Game, keys: &[Key]) {
    for key in keys {
        assert!(game.press(*key).unwrap(), "{key:?} ends the game");
    }
}

#[track_caller]
fn shows(game: &mut Game, needed: &[&str]) {
    let text = text(game);
    for needed in needed {
        assert!(text.contains(needed), "no `{needed}` in\n{text}");
    }
}

/// Takes the first choice as long as there is one.
fn to_the_end(game: &mut Game) {
    while !game.session.moves().is_empty() {
        press(game, &[Key::Take]);
    }
}

#[test]
fn a_game_in_the_middle() {
    let mut game = game("kubernetes/1321", VariantKind::Buggy);
    press(&mut game, &[Key::Go, Key::Number(1)]);
    let seen = screen(&mut game, 80, 24).join("\n");
    assert_eq!(seen.trim_end(), include_str!("middle.txt").trim_end());
    // A step is not as faint as the lane that it covers.
    let backend = backend(&mut game, 80, 24);
    let of_main = &backend.buffer()[(5, 15)];
    assert_eq!(
        (of_main.symbol(), of_main.modifier),
        ("g", Modifier::empty())
    );
}

#[test]
fn a_game_that_is_won() {
    let mut game = game("kubernetes/1321", VariantKind::Buggy);
    press(&mut game, &[Key::Go, Key::Number(1), Key::Take]);
    let seen = screen(&mut game, 120, 24).join("\n");
    assert_eq!(seen.trim_end(), include_str!("won.txt").trim_end());
    let summary = "\
kubernetes/1321 (buggy): 4 moves; the shortest way has 4
  gordian replay kubernetes/1321 --variant buggy \\
      --schedule 'main*2,main+loop,loop'
";
    assert_eq!(game.summary(), summary);
}

/// Both points of no return, and the way back from one.
#[test]
fn the_line_under_the_goal_says_what_can_still_come() {
    let mut game = game("kubernetes/1321", VariantKind::Buggy);
    shows(
        &mut game,
        &[
            "a deadlock can still be reached\n",
            "goal: a deadlock; the shortest way has 4 moves",
        ],
    );
    press(&mut game, &[Key::Go, Key::Number(2)]);
    shows(&mut game, &["no bad end can be reached any more\n"]);
    press(&mut game, &[Key::Undo]);
    shows(
        &mut game,
        &["after step 2 of 3", "a deadlock can still be reached\n"],
    );
    press(&mut game, &[Key::Redo]);
    to_the_end(&mut game);
    shows(
        &mut game,
        &["all goroutines have returned", "the bug has got away"],
    );
    let mut certain = self::game("etcd/4476", VariantKind::Buggy);
    shows(
        &mut certain,
        &["a deadlock is certain from the start: no schedule avoids it\n"],
    );
    press(&mut certain, &[Key::Number(1)]);
    shows(
        &mut certain,
        &["a deadlock is certain: every way from here ends badly\n"],
    );
}

#[test]
fn hints_are_off_until_they_are_asked_for() {
    let mut game = game("kubernetes/1321", VariantKind::Buggy);
    press(&mut game, &[Key::Go]);
    assert!(!text(&mut game).contains("more step"));
    press(&mut game, &[Key::Hints]);
    shows(
        &mut game,
        &[
            "1 more step to a deadlock",
            "no bad end any more",
            "reached, in 2 more",
        ],
    );
    press(&mut game, &[Key::Hints, Key::Show]);
    shows(&mut game, &["4 moves; the shortest way has 4, with help"]);
}

/// Nobody can win on the fixed variant, and the game says why.
#[test]
fn on_the_fixed_variant_the_goal_is_impossible() {
    let mut game = game("kubernetes/1321", VariantKind::Buggy);
    press(&mut game, &[Key::Other]);
    let all = "no bad end can be reached: these are all 44 states, and none is one";
    shows(
        &mut game,
        &["kubernetes/1321 (fixed)", "nobody can come to one", all],
    );
    press(&mut game, &[Key::Show]);
    shows(&mut game, &["no bad end can be reached from here"]);
    press(&mut game, &[Key::Why]);
    shows(&mut game, &["why the fix works", "w.stopped"]);
    press(
        &mut game,
        &[Key::PageDown, Key::Down, Key::Up, Key::PageUp, Key::Back],
    );
    to_the_end(&mut game);
    shows(
        &mut game,
        &["as after every schedule of this variant: w says why"],
    );
    press(&mut game, &[Key::Other]);
    shows(&mut game, &["kubernetes/1321 (buggy)", "after step 0"]);
}

#[test]
fn keys_that_lead_nowhere_say_so() {
    let mut game = game("kubernetes/1321", VariantKind::Buggy);
    for (key, said) in [
        (Key::Undo, "this is the start"),
        (Key::Redo, "there is nothing to redo"),
        (Key::Number(9), "there is one choice"),
    ] {
        press(&mut game, &[key]);
        shows(&mut game, &[said]);
    }
    press(&mut game, &[Key::Help]);
    shows(&mut game, &["You are the scheduler", "q closes"]);
    press(&mut game, &[Key::Back]);
    assert!(!game.press(Key::Back).unwrap());
}

/// Every state on a shortest way of every kernel can be drawn at every size, without colours and
/// other characters if they are not wanted.
#[test]
fn every_size_can_be_drawn() {
    for kernel in CATALOGUE.iter().filter(|it| it.name != "etcd/7443") {
        let mut game = game_with(kernel.name, VariantKind::Buggy, false, true);
        press(&mut game, &[Key::Hints, Key::Show]);
        for at in 0..=game.session.last() {
            assert!(game.session.jump(at));
            for (width, height) in [(10, 3), (40, 12), (79, 24), (100, 12), (160, 50)] {
                for line in screen(&mut game, width, height) {
                    assert!(line.is_ascii(), "{}: {line}", kernel.name);
                }
            }
            let plain = backend(&mut game, 100, 40);
            let mut cells = plain.buffer().content().iter();
            assert!(cells.all(|cell| cell.fg == Color::Reset), "{}", kernel.name);
        }
    }
    let mut game = game_with("kubernetes/1321", VariantKind::Buggy, true, false);
    press(&mut game, &[Key::Show]);
    let red = backend(&mut game, 100, 40);
    assert!(
        red.buffer()
            .content()
            .iter()
            .any(|cell| cell.fg == Color::Red)
    );
}
