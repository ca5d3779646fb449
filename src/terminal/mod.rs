//! An interactive view of a trace in the terminal. `draw` is a pure function of the trace and the screen position: `parts` makes
//! the text about one moment, `help` lists keys and signs, `wrap` breaks text into lines. This file reads the keys, and restores
//! the terminal in every case.
//!
//! All sentences come from the reports; no rule of the world is here.

mod draw;
mod help;
mod parts;
mod wrap;

use std::io::{self, IsTerminal};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

pub use self::draw::draw;
use crate::formats::trace::NarratedTrace;

/// A position in the trace, and the state of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// The moment; 0 is the start.
    pub at: usize,
    /// The index of the part that is shown first.
    pub part: usize,
    /// The lines by which the help is scrolled, if it is shown.
    pub help: Option<u16>,
}

/// The effect of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEffect {
    /// Show this screen, which may be the same as before.
    Continue(Screen),
    /// Quit.
    Quit,
}

impl Screen {
    /// Returns the effect of a key in a trace with so many steps.
    #[must_use]
    pub fn after_key(self, key: KeyEvent, steps: usize) -> KeyEffect {
        if key.kind == KeyEventKind::Release {
            return KeyEffect::Continue(self);
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return KeyEffect::Quit;
        }
        match self.help {
            Some(scrolled) => KeyEffect::Continue(self.on_help(key.code, scrolled)),
            None => self.on_steps(key.code, steps),
        }
    }

    /// The next screen while the help is shown: two keys scroll it, all others close it.
    fn on_help(self, code: KeyCode, scrolled: u16) -> Self {
        let help = if code == KeyCode::Down {
            Some(scrolled.saturating_add(1))
        } else if code == KeyCode::Up {
            Some(scrolled.saturating_sub(1))
        } else {
            None
        };
        Self { help, ..self }
    }

    /// The effect of a key while the steps are shown. Other keys have no effect.
    fn on_steps(self, code: KeyCode, steps: usize) -> KeyEffect {
        let Self { at, part, .. } = self;
        let go = |there: usize| KeyEffect::Continue(Self { at: there.min(steps), ..self });
        if [KeyCode::Char('q'), KeyCode::Esc].contains(&code) {
            KeyEffect::Quit
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
            KeyEffect::Continue(Self { part: part.wrapping_add(1), ..self })
        } else if code == KeyCode::BackTab {
            KeyEffect::Continue(Self { part: part.saturating_sub(1), ..self })
        } else if code == KeyCode::Char('?') {
            KeyEffect::Continue(Self { help: Some(0), ..self })
        } else {
            KeyEffect::Continue(self)
        }
    }
}

/// The number of steps in a page.
const PAGE: usize = 10;

/// Returns true if standard input and output are a terminal.
#[must_use]
pub fn is_available() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Does the work, and calls `restore` in every case: at the end, after an error, and after a panic.
pub fn with_restore<T>(restore: impl FnMut(), work: impl FnOnce() -> T) -> T {
    struct Restorer<F: FnMut()>(F);
    impl<F: FnMut()> Drop for Restorer<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    let _restorer = Restorer(restore);
    work()
}

/// Restores the terminal; has no effect if nothing changed it.
pub fn restore() {
    ratatui::restore();
}

/// Shows a trace until the user quits. A panic restores the terminal before its message.
///
/// # Errors
/// An error of the terminal, which is restored then too.
pub fn step_through(narrated: &NarratedTrace<'_>) -> io::Result<()> {
    with_restore(restore, || {
        let mut terminal = ratatui::try_init()?;
        let steps = narrated.table.rows.len();
        let mut screen = Screen::default();
        loop {
            let area = terminal.draw(|frame| draw(narrated, &screen, frame))?.area;
            screen.help = screen.help.map(|scrolled| scrolled.min(help::scroll_max(area)));
            if let Event::Key(key) = event::read()? {
                match screen.after_key(key, steps) {
                    KeyEffect::Continue(next) => screen = next,
                    KeyEffect::Quit => return Ok(()),
                }
            }
        }
    })
}
