//! The transport of one mailbox: it delivers mail, and keeps the names of what waits and of what went back to its sender.

use stranded_model::procedure::Outcome;
use stranded_oracle::protocol::Answer;

use crate::program::Transport;
use crate::system::{Delivery, System, Trouble};

/// The transport of one mailbox.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    /// True if mail is held back.
    pub(super) is_held: bool,
    /// The messages that wait.
    pub(super) waiting: Vec<String>,
    /// The messages that were returned to their sender.
    pub(super) returned: Vec<String>,
}

impl Queue {
    /// Takes a new message.
    pub(super) fn take(&mut self, system: &System, user: &str, name: &str) -> Answer {
        self.waiting.push(name.to_owned());
        self.attempt(system, user, name)
    }

    /// Tries to deliver a message that waits, unless mail is held.
    pub(super) fn attempt(&mut self, system: &System, user: &str, name: &str) -> Answer {
        if self.is_held {
            return Answer::of(Outcome::Ok);
        }
        let (outcome, says) = match system.deliver(user, &message(name)) {
            Ok(Delivery::Stored) => (Outcome::Ok, None),
            Ok(Delivery::Deferred(says)) => return Answer { says: Some(says), ..Answer::of(Outcome::Ok) },
            Err(trouble) => return Answer { says: Some(trouble.to_string()), ..Answer::of(Outcome::Ok) },
            Ok(Delivery::Returned(says)) => {
                self.returned.push(name.to_owned());
                (Outcome::Refused, Some(says))
            }
            Ok(Delivery::Unknown(says)) => (Outcome::Unknown, Some(says)),
        };
        self.waiting.retain(|other| other != name);
        Answer { says, ..Answer::of(outcome) }
    }
}

impl Transport for Queue {
    fn hold(&mut self, held: bool) -> Result<(), Trouble> {
        self.is_held = held;
        Ok(())
    }

    fn is_empty(&mut self) -> Result<bool, Trouble> {
        Ok(self.waiting.is_empty())
    }
}

/// The bytes of the message with this name.
pub(super) fn message(name: &str) -> Vec<u8> {
    format!(
        "Message-ID: {}\r\nFrom: <sender@{DOMAIN}>\r\nSubject: {name}\r\n\r\nThe text of {name}.\r\n",
        message_id(name)
    )
    .into_bytes()
}

/// The domain of the messages of the adapter. It never exists. [RFC 2606]
const DOMAIN: &str = "stranded.invalid";

fn message_id(name: &str) -> String {
    format!("<{name}@{DOMAIN}>")
}

/// Returns the name of a stored message in the scenario. A message from elsewhere has its own name, in the letters of the protocol.
pub(super) fn name_of(stored: &str) -> String {
    let own = stored.strip_prefix('<').and_then(|rest| rest.strip_suffix(&format!("@{DOMAIN}>")));
    own.unwrap_or(stored).replace(|letter: char| !(letter.is_ascii_alphanumeric() || "-_.".contains(letter)), "_")
}
