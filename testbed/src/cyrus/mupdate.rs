//! The directory of Cyrus Murder: the mupdate master, which says on which backend a mailbox is.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::MUPDATE;
use super::wire::{Line, Wire};

/// The longest wait for an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// The logon of a server in Base64, as SASL PLAIN has it: no other identity, then `PEER` and the password of the bed, a zero before each.
const LOGON: &str = "AG1haWxwcm94eQBzZWNyZXQ=";

/// The entry of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The internal name of the mailbox, such as `user.alice.Work`.
    pub mailbox: String,
    /// The use that the entry allows.
    pub status: Status,
    /// The backend and the partition, such as `127.0.0.21:4143!default`.
    pub location: String,
}

/// The use that an entry allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Users and mail are sent to the backend.
    Active,
    /// A backend keeps the name for a mailbox that it creates or moves; users and mail are refused.
    Reserved,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.status {
            Status::Active => "ACTIVE",
            Status::Reserved => "RESERVED",
        };
        write!(f, "{} {status} {}", self.mailbox, self.location)
    }
}

impl Entry {
    /// Returns the backend without the partition.
    #[must_use]
    pub fn server(&self) -> &str {
        self.location.split_once('!').map_or(&*self.location, |(server, _)| server)
    }
}

/// A session with the mupdate master.
#[derive(Debug)]
pub struct Mupdate(Wire);

impl Mupdate {
    /// Connects and logs on.
    ///
    /// # Errors
    /// The master does not answer or refuses the logon.
    pub fn connect(host: Ipv4Addr) -> io::Result<Self> {
        let mut wire = Wire::connect(host, MUPDATE, ANSWER)?;
        while !wire.line()?.text.starts_with("* OK MUPDATE") {}
        let mut session = Self(wire);
        session.command(&format!("AUTHENTICATE \"PLAIN\" {{{}+}}\r\n{LOGON}", LOGON.len()))?;
        Ok(session)
    }

    /// Returns the entry of a mailbox.
    ///
    /// # Errors
    /// The master does not answer or answers what it should not.
    pub fn find(&mut self, mailbox: &str) -> io::Result<Option<Entry>> {
        Ok(self.entries(&format!("FIND {{{}+}}\r\n{mailbox}", mailbox.len()))?.pop())
    }

    /// Returns every entry.
    ///
    /// # Errors
    /// The master does not answer or answers what it should not.
    pub fn list(&mut self) -> io::Result<Vec<Entry>> {
        self.entries("LIST")
    }

    /// Deletes the entry of a mailbox.
    ///
    /// # Errors
    /// The master does not answer or refuses.
    pub fn delete(&mut self, mailbox: &str) -> io::Result<()> {
        self.command(&format!("DELETE {{{}+}}\r\n{mailbox}", mailbox.len())).map(drop)
    }

    fn entries(&mut self, command: &str) -> io::Result<Vec<Entry>> {
        self.command(command)?.iter().map(entry).collect()
    }

    fn command(&mut self, command: &str) -> io::Result<Vec<Line>> {
        self.0.send(format!("{TAG} {command}\r\n").as_bytes())?;
        let (lines, last) = self.0.lines_to(TAG)?;
        if last.text.starts_with(&format!("{TAG} OK")) { Ok(lines) } else { Err(io::Error::other(last.text)) }
    }
}

/// The tag of every command.
const TAG: &str = "s";

/// Reads `s MAILBOX name location rights` or `s RESERVE name location`, whose values are literals.
fn entry(line: &Line) -> io::Result<Entry> {
    let refuse = || io::Error::new(io::ErrorKind::InvalidData, format!("mupdate says: {}", line.text));
    let status = match line.text.split(' ').nth(1) {
        Some("MAILBOX") => Status::Active,
        Some("RESERVE") => Status::Reserved,
        Some(_) | None => return Err(refuse()),
    };
    let [mailbox, location, ..] = &*line.literals else { return Err(refuse()) };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Entry { mailbox: text(mailbox), status, location: text(location) })
}
