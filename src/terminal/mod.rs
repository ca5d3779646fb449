//! An interactive view of a trace in the terminal. `draw` is a pure function of the trace and the screen position: `parts` makes
//! the text about one moment, `what_if` lists and takes other steps, `help` lists keys and signs, `wrap` breaks text into lines. This
//! file reads the keys, and restores the terminal in every case.
//!
//! All sentences come from the reports; no rule of the world is here.

mod draw;
mod help;
mod parts;
mod what_if;
mod wrap;

use std::io::{self, IsTerminal};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

pub use self::draw::draw;
pub use self::what_if::{Alternative, alternatives, branch};
use crate::formats::trace::NarratedTrace;
use crate::report::table::TraceTable;

/// A position in the trace, and the state of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// The moment; 0 is the start.
    pub at: usize,
    /// The index of the part that is shown first.
    pub part: usize,
    /// The lines by which the help is scrolled, if it is shown.
    pub help: Option<u16>,
    /// The selected alternative, if the list of alternatives is shown.
    pub choice: Option<usize>,
    /// The number of alternatives that were taken, each in the trace of the one before.
    pub branches: usize,
}

/// The effect of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEffect {
    /// Show this screen, which may be the same as before.
    Continue(Screen),
    /// Take the alternative of this number.
    Take(usize),
    /// Go back to the trace before the last alternative that was taken.
    Return,
    /// Quit.
    Quit,
}

impl Screen {
    /// Returns the first screen of a trace: the step that destroyed mail, or else the first violation.
    #[must_use]
    pub fn opening(narrated: &NarratedTrace<'_>) -> Self {
        let rows = &narrated.table.rows;
        let decisive = rows.iter().find(|row| !row.lost.is_empty()).or(rows.iter().find(|row| !row.breaks.is_empty()));
        Self { at: decisive.map_or(0, |row| row.number), ..Self::default() }
    }

    /// Returns the effect of a key in a trace with so many steps, at a moment with so many alternatives.
    #[must_use]
    pub fn after_key(self, key: KeyEvent, steps: usize, alternatives: usize) -> KeyEffect {
        if key.kind == KeyEventKind::Release {
            return KeyEffect::Continue(self);
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return KeyEffect::Quit;
        }
        match (self.help, self.choice) {
            (Some(scrolled), _) => KeyEffect::Continue(self.on_help(key.code, scrolled)),
            (None, Some(selected)) => self.on_choice(key.code, selected, alternatives),
            (None, None) => self.on_steps(key.code, steps),
        }
    }

    /// The effect of a key while the alternatives are shown: three keys select and take one, all others close the list.
    fn on_choice(self, code: KeyCode, selected: usize, alternatives: usize) -> KeyEffect {
        let choice = if code == KeyCode::Down {
            Some((selected + 1).min(alternatives.saturating_sub(1)))
        } else if code == KeyCode::Up {
            Some(selected.saturating_sub(1))
        } else if code == KeyCode::Enter && selected < alternatives {
            return KeyEffect::Take(selected);
        } else {
            None
        };
        KeyEffect::Continue(Self { choice, ..self })
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
        } else if [KeyCode::Char('a'), KeyCode::Enter].contains(&code) {
            KeyEffect::Continue(Self { choice: Some(0), ..self })
        } else if code == KeyCode::Char('u') {
            KeyEffect::Return
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

/// Shows a trace, and what the user makes of it, until the user quits. A panic restores the terminal before its message.
///
/// # Errors
/// An error of the terminal, which is restored then too.
pub fn step_through(narrated: &NarratedTrace<'_>) -> io::Result<()> {
    with_restore(restore, || {
        let mut terminal = ratatui::try_init()?;
        let mut screen = Screen::opening(narrated);
        // The tables of the alternatives that were taken, each with the moment at which it branched.
        let mut branches: Vec<(TraceTable, usize)> = Vec::new();
        loop {
            let shown = match branches.last() {
                Some((table, _)) => NarratedTrace { table, property: None, own: table.rows.len(), ..*narrated },
                None => *narrated,
            };
            let steps = shown.table.rows.len();
            let area = terminal.draw(|frame| draw(&shown, &screen, frame))?.area;
            screen.help = screen.help.map(|scrolled| scrolled.min(help::scroll_max(area)));
            let Event::Key(key) = event::read()? else { continue };
            // Only the sheet of alternatives needs them.
            let possible = if screen.choice.is_some() { what_if::alternatives(&shown, screen.at) } else { Vec::new() };
            match screen.after_key(key, steps, possible.len()) {
                KeyEffect::Continue(next) => screen = next,
                KeyEffect::Take(number) => {
                    let at = screen.at;
                    if let Some(taken) = possible.get(number).filter(|one| !one.is_taken) {
                        let table = what_if::branch(&shown, at, taken.action);
                        branches.push((table, at));
                    }
                    screen = Screen { at: at + 1, choice: None, branches: branches.len(), ..screen };
                }
                KeyEffect::Return => {
                    let at = branches.pop().map_or(screen.at, |(_, at)| at);
                    screen = Screen { at, branches: branches.len(), ..screen };
                }
                KeyEffect::Quit => return Ok(()),
            }
        }
    })
}
