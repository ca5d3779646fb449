//! The requests to the oracle server.

use crate::protocol::fields::{FromKeys, Part};
use crate::protocol::keys::Keys;
use crate::protocol::{Answer, Event, Operation, Wrong};

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerRequest {
    /// The number that the reply repeats.
    pub(super) id: u64,
    pub(super) body: ServerRequestBody,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ServerRequestBody {
    /// The operations that are possible now.
    Enabled,
    /// The answers that are allowed for this operation.
    AllowedAnswers(Operation),
    /// The observations of this mailbox that are allowed now.
    AllowedObservations(String),
    /// The states that are possible now.
    States,
    /// The states that are possible after this operation and answer.
    Next(Operation, Answer),
    /// Take this event.
    Take(Box<Event>),
    /// The verdict on an implementation of this name.
    Verdict(String),
    /// End.
    Bye,
}

const TYPES: [&str; 8] = ["enabled", "allowed", "states", "next", "take", "reset", "verdict", "bye"];

impl ServerRequest {
    /// Reads a line.
    ///
    /// # Errors
    /// The error, and the number of the request if it has one.
    pub(super) fn of_line(line: &str) -> Result<Self, (Option<u64>, Wrong)> {
        let mut keys = Keys::of_line(line).map_err(|wrong| (None, wrong))?;
        let id = keys.number("id").map_err(|wrong| (None, wrong))?;
        let body = ServerRequestBody::read_whole(keys).map_err(|wrong| (Some(id), wrong))?;
        Ok(Self { id, body })
    }
}

impl FromKeys for ServerRequestBody {
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
            "reset" => Self::Take(Box::new(Event::Reset { start: Part::take(keys, "start")? })),
            "verdict" => {
                Self::Verdict(keys.text_or_none("implementation")?.unwrap_or_else(|| "the implementation".to_owned()))
            }
            _ => Self::Bye,
        })
    }
}
