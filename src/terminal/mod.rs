//! A story stepped through in the terminal with the arrow keys. `draw` says what stands on the screen, as a pure function of the
//! story and what is looked at: `parts` says what is told of a moment, `help` what the keys and signs are, `fold` breaks it into
//! lines. This file takes the keys, and gives the terminal back whatever happens.
//!
//! The words are the report's and those of its picture; nothing about the world stands here.

mod draw;
mod fold;
mod help;
mod parts;

use std::io::{self, IsTerminal};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

pub use self::draw::draw;
use crate::formats::trace::NarratedTrace;

/// What is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The moment; 0 is the start.
    pub at: usize,
    /// The part of what is told about it that stands first.
    pub part: usize,
    /// By how many lines the sheet of keys and signs is moved up, if it is shown.
    pub help: Option<u16>,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// To look at this, which may be what is looked at already.
    Show(View),
    /// The end.
    Leave,
}

impl View {
    /// What a key asks for in a story with so many steps.
    #[must_use]
    pub fn after(self, key: KeyEvent, steps: usize) -> Key {
        if key.kind == KeyEventKind::Release {
            return Key::Show(self);
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Key::Leave;
        }
        match self.help {
            Some(moved) => Key::Show(self.with_sheet(key.code, moved)),
            None => self.with_story(key.code, steps),
        }
    }

    /// With the sheet of keys and signs open: two keys move it, all others close it.
    fn with_sheet(self, code: KeyCode, moved: u16) -> Self {
        let help = if code == KeyCode::Down {
            Some(moved.saturating_add(1))
        } else if code == KeyCode::Up {
            Some(moved.saturating_sub(1))
        } else {
            None
        };
        Self { help, ..self }
    }

    /// The keys are crossterm's, and all others mean nothing here.
    fn with_story(self, code: KeyCode, steps: usize) -> Key {
        let Self { at, part, .. } = self;
        let go = |there: usize| Key::Show(Self { at: there.min(steps), ..self });
        if [KeyCode::Char('q'), KeyCode::Esc].contains(&code) {
            Key::Leave
        } else if [KeyCode::Down, KeyCode::Right, KeyCode::Char(' ')].contains(&code) {
            go(at + 1)
        } else if [KeyCode::Up, KeyCode::Left].contains(&code) {
            go(at.saturating_sub(1))
        } else if code == KeyCode::PageDown {
            go(at + PAGE)
        } else if code == KeyCode::PageUp {
            go(at.saturating_sub(PAGE))
        } else if code == KeyCode::Home {
            go(0)
        } else if code == KeyCode::End {
            go(steps)
        } else if code == KeyCode::Tab {
            Key::Show(Self { part: part.wrapping_add(1), ..self })
        } else if code == KeyCode::BackTab {
            Key::Show(Self { part: part.saturating_sub(1), ..self })
        } else if code == KeyCode::Char('?') {
            Key::Show(Self { help: Some(0), ..self })
        } else {
            Key::Show(self)
        }
    }
}

/// How many steps a page has.
const PAGE: usize = 10;

/// Whether somebody can look and press keys.
#[must_use]
pub fn is_there() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Does something with what was borrowed, and gives it back however that ends: at its end, by an error, or by a panic.
pub fn borrowing<T>(give_back: impl FnMut(), with: impl FnOnce() -> T) -> T {
    struct Borrowed<F: FnMut()>(F);
    impl<F: FnMut()> Drop for Borrowed<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    let _borrowed = Borrowed(give_back);
    with()
}

/// Gives the terminal back to whoever had it; nothing happens if nobody took it.
pub fn give_back() {
    ratatui::restore();
}

/// Steps through a story until whoever looks has seen enough. A panic gives the terminal back before it is told.
///
/// # Errors
/// What the terminal refuses; it is given back then too.
pub fn step_through(narrated: &NarratedTrace<'_>) -> io::Result<()> {
    borrowing(give_back, || {
        let mut terminal = ratatui::try_init()?;
        let steps = narrated.story.rows.len();
        let mut view = View::default();
        loop {
            let area = terminal.draw(|frame| draw(narrated, &view, frame))?.area;
            view.help = view.help.map(|moved| moved.min(help::moved_max(area)));
            if let Event::Key(key) = event::read()? {
                match view.after(key, steps) {
                    Key::Show(next) => view = next,
                    Key::Leave => return Ok(()),
                }
            }
        }
    })
}
