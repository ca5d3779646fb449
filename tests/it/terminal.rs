//! A story stepped through in the terminal: what stands on the screen, what the keys mean, and that nobody is left without a
//! terminal.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use stranded::export::Telling;
use stranded::property::Property;
use stranded::report::story::Story;
use stranded::rescue;
use stranded::terminal::{Wish, draw, wish};

use crate::cli::stranded_in;
use crate::worlds::{loaded, searched};

/// The screen at these moments of the article's second move.
fn screens(width: u16, height: u16, moments: &[usize]) -> String {
    let spec = loaded("second-move");
    let checked = searched(&spec);
    let wanted = |property: Property| property.name() == "no-loss";
    let judgement = checked.judgements.iter().find(|judgement| wanted(judgement.property)).unwrap();
    let case = &checked.cases[judgement.shown_by.unwrap()];
    let trace = case.trace(judgement.property).unwrap();
    let story = Story::of(&case.world, &trace).with_rescue(rescue::map(&spec, &case.world, &trace));
    let own = story.rows.len();
    let telling = Telling { spec: &spec, world: &case.world, story: &story, property: Some("no-loss"), own };
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut shown = Vec::new();
    for at in moments {
        terminal.draw(|frame| draw(&telling, *at, frame)).unwrap();
        shown.push(terminal.backend().to_string());
    }
    shown.join("\n")
}

#[test]
fn the_second_move_fits_a_small_terminal() {
    insta::assert_snapshot!("terminal_80x24", screens(80, 24, &[0, 7, 12]));
}

#[test]
fn the_second_move_fills_a_large_terminal() {
    insta::assert_snapshot!("terminal_120x40", screens(120, 40, &[12]));
}

#[test]
fn no_terminal_is_too_small_to_draw_on() {
    for (width, height) in [(1, 1), (10, 3), (30, 5), (300, 2)] {
        screens(width, height, &[0, 12, 99]);
    }
}

#[test]
fn the_arrow_keys_go_no_further_than_the_story() {
    let pressed = |code: KeyCode, at: usize| wish(KeyEvent::new(code, KeyModifiers::NONE), at, 12);
    assert_eq!(pressed(KeyCode::Down, 3), Wish::Go(4));
    assert_eq!(pressed(KeyCode::Right, 12), Wish::Go(12));
    assert_eq!(pressed(KeyCode::Up, 0), Wish::Go(0));
    assert_eq!(pressed(KeyCode::Left, 5), Wish::Go(4));
    assert_eq!((pressed(KeyCode::Home, 5), pressed(KeyCode::End, 5)), (Wish::Go(0), Wish::Go(12)));
    assert_eq!((pressed(KeyCode::PageUp, 5), pressed(KeyCode::PageDown, 5)), (Wish::Go(0), Wish::Go(12)));
    assert_eq!((pressed(KeyCode::Char('q'), 5), pressed(KeyCode::Char('x'), 5)), (Wish::Leave, Wish::Stay));
    assert_eq!(wish(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL), 5, 12), Wish::Leave);
}

#[test]
fn without_a_terminal_it_says_so_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ran = stranded_in(folder.path(), &["replay", "absent.json", "--interactive"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("--interactive needs a terminal"), "{}", ran.err);
}
