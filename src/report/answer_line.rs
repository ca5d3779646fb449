//! The answer on a mailbox, line by line: `advice_text` prints it, and the explorer shows it.

use serde::Serialize;
use stranded_search::lines::wrapped;

use super::advice_why::{BAD, GOOD};

/// A line of the answer on a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerLine {
    /// The number of an instruction; a line without one is the answer, a reason or a warning.
    pub number: Option<usize>,
    /// The text.
    pub says: String,
    #[serde(skip)]
    pub(super) emphasis: Emphasis,
}

/// The part of a line that stands out on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Emphasis {
    /// None.
    None,
    /// All of a good answer.
    Good,
    /// All of a bad answer.
    Bad,
    /// The first bytes are a warning.
    Start(usize),
}

impl AnswerLine {
    pub(super) fn new(says: impl Into<String>, emphasis: Emphasis) -> Self {
        Self { number: None, says: says.into(), emphasis }
    }

    /// Returns the line with style codes, in lines of this width.
    pub(super) fn text(&self, width: u16) -> String {
        if let Some(number) = self.number {
            return format!("  {number:>2}. {}\n", wrapped(&self.says, 6, width));
        }
        let says = wrapped(&self.says, 0, width);
        match self.emphasis {
            Emphasis::None => format!("{says}\n"),
            Emphasis::Good => format!("{GOOD}{says}{GOOD:#}\n"),
            Emphasis::Bad => format!("{BAD}{says}{BAD:#}\n"),
            Emphasis::Start(length) => match says.strip_prefix(&self.says[..length]) {
                Some(rest) => format!("{BAD}{}{BAD:#}{rest}\n", &self.says[..length]),
                None => format!("{says}\n"),
            },
        }
    }
}
