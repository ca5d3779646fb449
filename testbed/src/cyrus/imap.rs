//! Sessions of users and of the administrator with a server: commands of IMAP and their whole replies.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::wire::{Line, Wire};
use crate::bed::PASSWORD;

/// The longest wait for one line of a reply.
const ANSWER: Duration = Duration::from_secs(20);

/// A session that is logged on.
#[derive(Debug)]
pub struct Session {
    wire: Wire,
    commands: u32,
}

/// Everything that a server said to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The lines before the tagged one, and the unasked ones among them.
    pub untagged: Vec<Line>,
    /// The line that ends the reply, without its tag.
    pub tagged: String,
}

impl Reply {
    /// True if the command succeeded: a tagged OK can follow an untagged NO, which says that an act failed.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.tagged.starts_with("OK") && !self.untagged.iter().any(|line| line.text.starts_with("* NO"))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.untagged {
            write!(f, "{}; ", line.text)?;
        }
        f.write_str(&self.tagged)
    }
}

impl Session {
    /// Connects to a server and logs on.
    ///
    /// # Errors
    /// The server does not answer or refuses the logon.
    pub fn log_on(host: Ipv4Addr, user: &str) -> io::Result<Self> {
        let mut wire = Wire::connect(host, super::IMAP, ANSWER)?;
        let greeting = wire.line()?;
        if !greeting.text.starts_with("* OK") {
            return Err(io::Error::other(greeting.text));
        }
        let mut session = Self { wire, commands: 0 };
        let reply = session.command(&format!("LOGIN {user} {PASSWORD}"))?;
        if reply.is_ok() { Ok(session) } else { Err(io::Error::other(reply.to_string())) }
    }

    /// Limits the wait for each line of a reply.
    ///
    /// # Errors
    /// The limit is zero.
    pub fn limit(&mut self, longest: Duration) -> io::Result<()> {
        self.wire.limit(longest)
    }

    /// Sends a command and reads the whole reply.
    ///
    /// # Errors
    /// The server closes the connection or does not answer in time.
    pub fn command(&mut self, text: &str) -> io::Result<Reply> {
        self.send(text.as_bytes())
    }

    /// Appends a message with flags to a folder of the user.
    ///
    /// # Errors
    /// As for a command; a refusal is a reply.
    pub fn append(&mut self, folder: &str, flags: &[&str], message: &[u8]) -> io::Result<Reply> {
        let flags = flags.join(" ");
        let mut command = format!("APPEND \"{folder}\" ({flags}) {{{}+}}\r\n", message.len()).into_bytes();
        command.extend(message);
        self.send(&command)
    }

    fn send(&mut self, command: &[u8]) -> io::Result<Reply> {
        self.commands += 1;
        let tag = format!("c{}", self.commands);
        self.wire.send(&[tag.as_bytes(), b" ", command, b"\r\n"].concat())?;
        let (untagged, last) = self.wire.lines_to(&tag)?;
        Ok(Reply { untagged, tagged: last.text[tag.len() + 1..].to_owned() })
    }
}
