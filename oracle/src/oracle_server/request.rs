//! What a harness asks.

use crate::protocol::keys::Keys;
use crate::protocol::{Answer, Event, Operation, Wrong};

/// A question with the number that its answer repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) id: u64,
    pub(super) asked: Asked,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// What can be asked of an implementation now?
    Enabled,
    /// Which answers may be given to this?
    AllowedAnswers(Operation),
    /// What may be seen of this mailbox now?
    AllowedObservations(String),
    /// How may everything stand now?
    States,
    /// How may everything stand if this were done and answered so?
    Next(Operation, Answer),
    /// This happened.
    Take(Box<Event>),
    /// What is the verdict on an implementation of this name?
    Verdict(String),
    /// That was all.
    Bye,
}

const TYPES: [&str; 8] = ["enabled", "allowed", "states", "next", "take", "reset", "verdict", "bye"];

impl Request {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it, and its number if it has one.
    pub(super) fn of_line(line: &str) -> Result<Self, (Option<u64>, Wrong)> {
        let mut keys = Keys::of_line(line).map_err(|wrong| (None, wrong))?;
        let id = keys.number("id").map_err(|wrong| (None, wrong))?;
        let asked = Asked::read(&mut keys).and_then(|asked| keys.end().map(|()| asked));
        asked.map(|asked| Self { id, asked }).map_err(|wrong| (Some(id), wrong))
    }
}

impl Asked {
    fn read(keys: &mut Keys) -> Result<Self, Wrong> {
        Ok(match keys.word("type", &TYPES, |name| name)? {
            "enabled" => Self::Enabled,
            "allowed" => match keys.text_or_none("observe")? {
                Some(mailbox) => Self::AllowedObservations(mailbox),
                None => Self::AllowedAnswers(Operation::read(keys)?),
            },
            "states" => Self::States,
            "next" => Self::Next(Operation::read(keys)?, Answer::read(keys)?),
            "take" => Self::Take(Box::new(Event::read(keys)?)),
            "reset" => Self::Take(Box::new(Event::read_reset(keys)?)),
            "verdict" => {
                Self::Verdict(keys.text_or_none("implementation")?.unwrap_or_else(|| "the implementation".to_owned()))
            }
            _ => Self::Bye,
        })
    }
}
