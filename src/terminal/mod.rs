//! A story stepped through in the terminal with the arrow keys. `draw` says what stands on the screen, as a pure function of the
//! story and the moment; this file takes the keys, and gives the terminal back whatever happens.
//!
//! The words are the report's; nothing about the world stands here.

mod draw;

use std::io::{self, IsTerminal};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

pub use self::draw::draw;
use crate::export::Telling;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Another moment.
    Go(usize),
    /// The end.
    Leave,
    /// Nothing.
    Stay,
}

/// What a key asks for at a moment of a story with so many steps.
#[must_use]
pub fn wish(key: KeyEvent, at: usize, steps: usize) -> Wish {
    if key.kind == KeyEventKind::Release {
        return Wish::Stay;
    }
    let held = key.modifiers.contains(KeyModifiers::CONTROL);
    if held && key.code == KeyCode::Char('c') {
        return Wish::Leave;
    }
    // The keys are crossterm's, and all others mean nothing here.
    if [KeyCode::Char('q'), KeyCode::Esc].contains(&key.code) {
        Wish::Leave
    } else if [KeyCode::Down, KeyCode::Right, KeyCode::Char(' ')].contains(&key.code) {
        Wish::Go((at + 1).min(steps))
    } else if [KeyCode::Up, KeyCode::Left].contains(&key.code) {
        Wish::Go(at.saturating_sub(1))
    } else if key.code == KeyCode::PageDown {
        Wish::Go((at + PAGE).min(steps))
    } else if key.code == KeyCode::PageUp {
        Wish::Go(at.saturating_sub(PAGE))
    } else if key.code == KeyCode::Home {
        Wish::Go(0)
    } else if key.code == KeyCode::End {
        Wish::Go(steps)
    } else {
        Wish::Stay
    }
}

/// How many steps a page has.
const PAGE: usize = 10;

/// Whether somebody can look and press keys.
#[must_use]
pub fn is_there() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Gives the terminal back, however its owner goes.
struct Borrowed;

impl Drop for Borrowed {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Steps through a story until whoever looks has seen enough. A panic gives the terminal back before it is told.
///
/// # Errors
/// What the terminal refuses; it is given back then too.
pub fn step_through(telling: &Telling<'_>) -> io::Result<()> {
    let borrowed = Borrowed;
    let mut terminal = ratatui::try_init()?;
    let steps = telling.story.rows.len();
    let mut at = 0;
    loop {
        terminal.draw(|frame| draw(telling, at, frame))?;
        if let Event::Key(key) = event::read()? {
            match wish(key, at, steps) {
                Wish::Go(there) => at = there,
                Wish::Leave => break,
                Wish::Stay => {}
            }
        }
    }
    drop(borrowed);
    Ok(())
}
