//! A trace in the terminal: the content of the screen, the keys, and the restored terminal at the end.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use stranded::formats::trace::NarratedTrace;
use stranded::report::picture::Picture;
use stranded::report::table::TraceTable;
use stranded::terminal::{KeyEffect, Screen, alternatives, branch, draw, with_restore};
use stranded_search::property::Property;
use stranded_search::rescue;

use crate::cli::stranded_in;
use crate::worlds::{builtins, loaded, searched};

/// Calls `with` with the article's second move, narrated with the rescue map.
fn second_move<T>(with: impl FnOnce(&NarratedTrace<'_>) -> T) -> T {
    let spec = loaded("second-move");
    let checked = searched(&spec);
    let wanted = |property: Property| property.name() == "no-loss";
    let judgement = checked.results.iter().find(|judgement| wanted(judgement.property)).unwrap();
    let case = &checked.combinations[judgement.shown_by.unwrap()];
    let trace = case.trace(judgement.property).unwrap();
    let map = rescue::map(&spec, &case.world, &trace);
    let table = TraceTable::of(&case.world, &trace).with_rescue(map).with_repair(|_| &case.world);
    let own = table.rows.len();
    with(&NarratedTrace { spec: &spec, world: &case.world, table: &table, property: Some("no-loss"), own })
}

/// Returns the screen, line by line.
fn screen(narrated: &NarratedTrace<'_>, (width, height): (u16, u16), view: Screen) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(narrated, &view, frame)).unwrap();
    let shown = terminal.backend().to_string();
    shown.lines().map(|line| line.trim_matches('"').trim_end().to_owned()).collect()
}

/// Returns the screen's text on the current moment as one line, without frames, so that line breaks do not split a
/// sentence.
fn flat(lines: &[String]) -> String {
    // A wide screen shows the list on the left.
    let right = lines.iter().map(|line| line.split_once("││").map_or(line.as_str(), |(_, right)| right));
    let parts = right.collect::<Vec<_>>();
    let parts = parts.iter().flat_map(|line| line.split(|one: char| one.is_whitespace() || "│─┌┐└┘".contains(one)));
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn at(at: usize) -> Screen {
    Screen { at, ..Screen::default() }
}

/// Returns the screens at these moments of the article's second move.
fn screens(size: (u16, u16), views: &[Screen]) -> String {
    second_move(|narrated| {
        let shown: Vec<String> = views.iter().map(|view| screen(narrated, size, *view).join("\n")).collect();
        shown.join("\n\n")
    })
}

#[test]
fn the_second_move_fits_a_small_terminal() {
    insta::assert_snapshot!("terminal_80x24", screens((80, 24), &[at(0), at(7), at(12)]));
}

#[test]
fn the_second_move_fits_a_narrow_terminal() {
    insta::assert_snapshot!("terminal_60x20", screens((60, 20), &[at(10), at(12)]));
}

#[test]
fn a_tiny_terminal_shows_the_sentence_and_the_messages_of_each_store() {
    insta::assert_snapshot!("terminal_24x8", screens((24, 8), &[at(0), at(10), at(12)]));
}

#[test]
fn the_second_move_fills_a_large_terminal() {
    insta::assert_snapshot!("terminal_120x40", screens((120, 40), &[at(10), at(12), at(13)]));
}

#[test]
fn the_recommended_repair_is_shown_from_the_step_at_which_it_helps() {
    let shown = |number: usize| flat(&second_move(|narrated| screen(narrated, (160, 60), at(number))));
    let repair = "From step 9 to step 11: append what destination lacks, then set the home (append-repair from source";
    for number in [9, 11, 12] {
        assert!(shown(number).contains(repair), "{number}: {}", shown(number));
    }
    assert!(!shown(8).contains("what to do instead"), "{}", shown(8));
}

#[test]
fn the_sheet_explains_every_key_and_sign() {
    let sheet = Screen { help: Some(0), ..at(12) };
    insta::assert_snapshot!("terminal_sheet", screens((120, 40), &[sheet]));
    second_move(|narrated| {
        let scrolled = |by: u16| screen(narrated, (24, 8), Screen { help: Some(by), ..at(12) });
        assert!(scrolled(0)[7].contains("↓ more"), "{:?}", scrolled(0));
        assert_ne!(scrolled(0), scrolled(3));
        assert!(!scrolled(u16::MAX)[7].contains("more"), "{:?}", scrolled(u16::MAX));
    });
}

#[test]
fn no_terminal_is_too_small_to_draw_on() {
    second_move(|narrated| {
        for size in [(1, 1), (2, 40), (10, 3), (30, 5), (49, 20), (50, 19), (50, 20), (99, 20), (100, 20), (300, 2)] {
            for moment in [0, 12, 99] {
                screen(narrated, size, at(moment));
                screen(narrated, size, Screen { part: 7, help: Some(99), ..at(moment) });
                screen(narrated, size, Screen { choice: Some(99), branches: 1, ..at(moment) });
            }
        }
    });
}

#[test]
fn the_sentence_of_the_step_and_the_messages_of_each_store_fit_every_usable_terminal() {
    second_move(|narrated| {
        for size in
            [(24, 8), (30, 10), (40, 14), (50, 20), (60, 20), (80, 24), (99, 24), (100, 24), (120, 40), (200, 50)]
        {
            for row in &narrated.table.rows {
                let shown = flat(&screen(narrated, size, at(row.number)));
                assert!(shown.contains(&format!("{}: {}", row.actor, row.says)), "{size:?}: {shown}");
                for (server, says) in narrated.world.scenario.site.servers.values().zip(&row.cells.stores) {
                    // A tiny screen omits the size and keeps the number of messages.
                    let says = says.iter().filter(|one| size.0 >= 50 || !one.ends_with("KB"));
                    let says = says.map(String::as_str).collect::<Vec<_>>().join(", ");
                    assert!(shown.contains(&format!("{server} {says}")), "{size:?}: {shown}");
                }
                let stranded = row.cells.directory.iter().any(|line| line.contains("STRANDED"));
                assert_eq!(shown.contains("STRANDED"), stranded, "{size:?}, step {}: {shown}", row.number);
            }
        }
    });
}

#[test]
fn the_terminal_and_the_page_say_the_same_of_each_step() {
    second_move(|narrated| {
        let shown = |moment: usize| flat(&screen(narrated, (120, 60), at(moment)));
        let state = &narrated.table.rows[9].state;
        let why = Picture::of(narrated.world, state).mailboxes[0].stranded.clone().unwrap();
        assert!(shown(10).contains(&format!("STRANDED {why}")), "{}", shown(10));
        for says in
            ["✕ destroys m1 ·", "⊘ too late from here (point of no return)", "! breaks no-loss, no-last-copy-delete"]
        {
            assert!(shown(12).contains(says), "{says}: {}", shown(12));
            assert!(!shown(11).contains(says), "{says}: {}", shown(11));
        }
        assert!(shown(7).contains("⚑ first violation · ! breaks no-self-move"), "{}", shown(7));
        // The screen of the administrator, and the last report until the next run starts.
        assert!(shown(10).contains("source (not listed) destination mailbox-1 10 KB"), "{}", shown(10));
        assert!(shown(10).contains("last report to first i ok"), "{}", shown(10));
        assert!(!shown(11).contains("last report to"), "{}", shown(11));
        assert!(shown(13).contains("! failed: A duplicate mailbox was found"), "{}", shown(13));
        assert!(shown(13).contains("c1040b00"), "{}", shown(13));
        // The rule, the difference, and the procedures that would still help.
        assert!(shown(7).contains("by Q252869 S"), "{}", shown(7));
        let difference = shown(8).split_once("what changed").unwrap().1.to_owned();
        assert!(difference.contains("the mailbox on source is gone; it held m1"), "{difference}");
        assert!(shown(10).contains("✕ destroys m1: move, move-of-the-article"), "{}", shown(10));
        assert!(shown(10).contains("✓ recovers all mail: method-1, method-2, q162998"), "{}", shown(10));
        assert!(shown(8).contains("⇄ leaves it in transit: method-1"), "{}", shown(8));
        assert!(shown(8).contains("⚠ strands m1"), "{}", shown(8));
        assert!(shown(12).contains("⊘ no procedure recovers all mail any more"), "{}", shown(12));
        // Before anything is at risk nothing is a cure, and the move of the article never is.
        assert!(shown(0).contains("○ nothing to recover: move, method-1"), "{}", shown(0));
        for moment in 0..=13 {
            let shown = shown(moment);
            let cures = shown
                .split("✓ recovers all mail: ")
                .nth(1)
                .and_then(|rest| rest.split(['✕', '–', '!', '○', '⇄', '⚠']).next());
            assert!(!cures.unwrap_or_default().contains("move-of-the-article"), "step {moment}: {shown}");
        }
    });
}

#[test]
fn an_alternative_is_taken_and_shows_what_still_recovers_the_mail() {
    second_move(|narrated| {
        let possible = alternatives(narrated, 1);
        assert!(possible.iter().any(|one| one.is_taken) && possible.len() > 1, "{possible:?}");
        let list = flat(&screen(narrated, (100, 24), Screen { choice: Some(0), ..at(10) }));
        assert!(list.contains("possible steps after step 10"), "{list}");
        assert!(list.contains("(the step of this trace)"), "{list}");
        // The first step of the second move destroys nothing yet; the next one does.
        assert!(list.contains("⚠ after it mail is out of reach; these still recover all: method-1"), "{list}");
        assert!(!list.contains("✓ after it"), "a tick would praise the step: {list}");
        // The repairs are listed too, each with its sign.
        let (_, procedures) = list.split_once("procedures, if one ran now:").unwrap();
        assert!(procedures.contains("✓ recovers all mail: method-1"), "{list}");
        assert!(list.contains("✕ destroys mail: move, move-of-the-article"), "{list}");
        let late = flat(&screen(narrated, (100, 24), Screen { choice: Some(0), ..at(11) }));
        assert!(late.contains("⊘ after it no procedure recovers all mail any more"), "{late}");
        let other = possible.iter().find(|one| !one.is_taken).unwrap();
        let table = branch(narrated, 1, other.action);
        assert_eq!(table.rows.len(), 2);
        assert_eq!(format!("{}: {}", table.rows[1].actor, table.rows[1].says), other.says);
        assert_eq!(table.rows[0], narrated.table.rows[0], "the steps before it are the same");
        let forked = NarratedTrace { table: &table, property: None, own: 2, ..*narrated };
        let shown = screen(&forked, (100, 24), Screen { branches: 1, ..at(2) });
        assert!(shown[0].contains("step 2 of 2, another path (u: back)"), "{}", shown[0]);
    });
}

#[test]
fn the_screen_opens_at_the_step_that_destroys_the_mail() {
    second_move(|narrated| assert_eq!(Screen::opening(narrated), at(12)));
    let ran = stranded_in(std::path::Path::new("."), &["replay", "second-move"]);
    assert!(ran.out.starts_with("second-move: no-loss, 12 steps\n"), "{}{}", ran.out, ran.err);
    let ran = stranded_in(std::path::Path::new("."), &["replay", "guarded-move"]);
    assert!(ran.code == 2 && ran.err.contains("guarded-move has no counterexample"), "{}", ran.err);
}

#[test]
fn the_list_of_alternatives_has_keys_of_its_own() {
    let pressed = |view: Screen, code: KeyCode| view.after_key(KeyEvent::new(code, KeyModifiers::NONE), 12, 3);
    let list = |choice: usize| Screen { choice: Some(choice), ..at(5) };
    for code in [KeyCode::Char('a'), KeyCode::Enter] {
        assert_eq!(pressed(at(5), code), KeyEffect::Continue(list(0)));
    }
    assert_eq!(
        pressed(list(0), KeyCode::Down),
        KeyEffect::Continue(list(1)),
        "the keys move the list and not the trace"
    );
    assert_eq!(pressed(list(2), KeyCode::Down), KeyEffect::Continue(list(2)));
    assert_eq!(pressed(list(0), KeyCode::Up), KeyEffect::Continue(list(0)));
    assert_eq!(pressed(list(2), KeyCode::Enter), KeyEffect::Take(2));
    assert_eq!(pressed(list(0), KeyCode::Esc), KeyEffect::Continue(at(5)));
    assert_eq!(list(0).after_key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE), 12, 0), KeyEffect::Continue(at(5)));
    assert_eq!(pressed(Screen { branches: 1, ..at(5) }, KeyCode::Char('u')), KeyEffect::Return);
}

#[test]
fn tab_brings_every_part_to_a_small_terminal() {
    second_move(|narrated| {
        let titles =
            ["state", "mailbox resources", "last report to first", "what changed", "each procedure", "properties of"];
        let mut seen: Vec<&str> = Vec::new();
        for part in 0..8 {
            let shown = screen(narrated, (60, 20), Screen { part, ..at(13) });
            let top = shown.iter().find(|line| line.contains("── ")).unwrap();
            seen.extend(titles.iter().filter(|title| top.contains(**title)));
        }
        assert!(titles.iter().all(|title| seen.contains(title)), "{seen:?}");
    });
}

#[test]
fn the_line_of_keys_is_whole_whatever_the_width() {
    second_move(|narrated| {
        for width in 50..200 {
            let shown = screen(narrated, (width, 20), at(3));
            assert!(shown[19].ends_with("? help  q quit") || shown[19].ends_with("? help   q quit"), "{:?}", shown[19]);
        }
    });
}

#[test]
fn a_shortened_entry_of_the_list_ends_with_an_ellipsis() {
    second_move(|narrated| {
        let rows = screen(narrated, (60, 20), at(13));
        let truncated = rows.iter().filter(|line| line.contains("first: starts move-of-the-article from source to d"));
        assert!(truncated.clone().count() > 0, "{rows:?}");
        assert!(truncated.clone().all(|line| line.contains('…')), "{rows:?}");
        let wide = screen(narrated, (200, 50), at(13));
        assert!(!wide.iter().any(|line| line.contains('…')), "{wide:?}");
    });
}

#[test]
fn the_first_counterexample_of_every_scenario_can_be_shown() {
    for spec in builtins() {
        let checked = searched(&spec);
        let shown = checked.results.iter().find_map(|judgement| {
            let case = &checked.combinations[judgement.shown_by?];
            Some((case, case.trace(judgement.property)?))
        });
        let Some((case, trace)) = shown else { continue };
        let table = TraceTable::of(&case.world, &trace);
        let own = table.rows.len();
        let narrated = NarratedTrace { spec: &spec, world: &case.world, table: &table, property: None, own };
        for row in &table.rows {
            let shown = flat(&screen(&narrated, (80, 24), at(row.number)));
            let sentence = flat(&[format!("{}: {}", row.actor, row.says)]);
            assert!(shown.contains(&sentence), "{}, step {}: {sentence}\n{shown}", spec.name, row.number);
            assert!(!row.sources.is_empty(), "{}, step {}", spec.name, row.number);
        }
    }
}

#[test]
fn the_arrow_keys_stop_at_the_ends_of_the_trace() {
    let pressed = |code: KeyCode, moment: usize| at(moment).after_key(KeyEvent::new(code, KeyModifiers::NONE), 12, 3);
    let go = |there: usize| KeyEffect::Continue(at(there));
    assert_eq!(pressed(KeyCode::Down, 3), go(4));
    assert_eq!(pressed(KeyCode::Right, 12), go(12));
    assert_eq!(pressed(KeyCode::Up, 0), go(0));
    assert_eq!(pressed(KeyCode::Left, 5), go(4));
    assert_eq!((pressed(KeyCode::Home, 5), pressed(KeyCode::End, 5)), (go(0), go(12)));
    assert_eq!((pressed(KeyCode::PageUp, 5), pressed(KeyCode::PageDown, 5)), (go(0), go(12)));
    assert_eq!((pressed(KeyCode::Char('q'), 5), pressed(KeyCode::Char('x'), 5)), (KeyEffect::Quit, go(5)));
    let interrupted = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(at(5).after_key(interrupted, 12, 3), KeyEffect::Quit);
    assert_eq!(Screen { help: Some(1), ..at(5) }.after_key(interrupted, 12, 3), KeyEffect::Quit);
}

#[test]
fn the_sheet_and_the_parts_have_keys_of_their_own() {
    let pressed = |view: Screen, code: KeyCode| match view.after_key(KeyEvent::new(code, KeyModifiers::NONE), 12, 3) {
        KeyEffect::Continue(next) => next,
        other @ (KeyEffect::Take(_) | KeyEffect::Return | KeyEffect::Quit) => panic!("{code:?}: {other:?}"),
    };
    let open = pressed(at(5), KeyCode::Char('?'));
    assert_eq!(open, Screen { help: Some(0), ..at(5) });
    assert_eq!(
        pressed(open, KeyCode::Down),
        Screen { help: Some(1), ..at(5) },
        "the keys move the sheet and not the trace"
    );
    assert_eq!(pressed(open, KeyCode::Up), open);
    assert_eq!(pressed(open, KeyCode::Char('?')), at(5));
    assert_eq!(pressed(open, KeyCode::Esc), at(5));
    assert_eq!(pressed(at(5), KeyCode::Tab), Screen { part: 1, ..at(5) });
    assert_eq!(pressed(Screen { part: 1, ..at(5) }, KeyCode::BackTab), at(5));
    assert_eq!(pressed(at(5), KeyCode::BackTab), at(5));
    assert_eq!(
        pressed(Screen { part: 1, ..at(5) }, KeyCode::Down),
        Screen { part: 1, ..at(6) },
        "the part of the screen stays"
    );
}

#[test]
fn the_terminal_is_restored_at_the_end_after_an_error_and_after_a_panic() {
    let times = Cell::new(0);
    let restore = || times.set(times.get() + 1);
    assert_eq!(with_restore(restore, || times.get()), 0);
    assert_eq!(times.get(), 1);
    assert_eq!(with_restore(restore, || Err::<(), _>("gone")), Err("gone"));
    assert_eq!(times.get(), 2);
    catch_unwind(AssertUnwindSafe(|| with_restore(restore, || panic!("a deliberate panic")))).unwrap_err();
    assert_eq!(times.get(), 3);
}

#[test]
fn without_a_terminal_the_program_says_so_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ran = stranded_in(folder.path(), &["replay", "absent.json", "--interactive"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("--interactive needs a terminal"), "{}", ran.err);
}
