//! Lines with literals: the framing that IMAP and the protocol of mupdate share.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::proxy::framing::literal;

/// The longest line, and the longest literal.
const LINE_MAX: u64 = 1 << 20;
const LITERAL_MAX: usize = 1 << 26;

/// A line with its literals: `text` is everything between them, without the line breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The text; each literal stands in it as its announcement, such as `{5}`.
    pub text: String,
    /// The literals in order.
    pub literals: Vec<Vec<u8>>,
}

/// A connection to a server.
#[derive(Debug)]
pub(super) struct Wire {
    reader: BufReader<TcpStream>,
}

impl Wire {
    /// Connects to a server.
    ///
    /// # Errors
    /// The server does not accept the connection in this time.
    pub(super) fn connect(host: Ipv4Addr, port: u16, longest: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&SocketAddr::from((host, port)), longest)?;
        stream.set_read_timeout(Some(longest))?;
        stream.set_write_timeout(Some(longest))?;
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(stream) })
    }

    /// Limits the wait for each line.
    ///
    /// # Errors
    /// The limit is zero.
    pub(super) fn limit(&mut self, longest: Duration) -> io::Result<()> {
        self.reader.get_ref().set_read_timeout(Some(longest))
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// The connection is closed.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// Reads a line with its literals.
    ///
    /// # Errors
    /// The server closes the connection, sends nothing in time, or sends a line without end.
    pub(super) fn line(&mut self) -> io::Result<Line> {
        let mut line = Line::default();
        loop {
            let part = part(&mut self.reader)?;
            if part.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            line.text.push_str(String::from_utf8_lossy(&part).trim_end_matches(['\r', '\n']));
            let Some(length) = literal(&part) else { return Ok(line) };
            line.literals.push(bytes(&mut self.reader, length)?);
        }
    }

    /// Reads lines up to the one that answers the command with this tag.
    ///
    /// # Errors
    /// As for one line.
    pub(super) fn lines_to(&mut self, tag: &str) -> io::Result<(Vec<Line>, Line)> {
        let mut before = Vec::new();
        loop {
            let line = self.line()?;
            // mupdate answers a search with lines that have the tag of the command as well; the last of them says how it ended.
            let ends = line.text.strip_prefix(tag).and_then(|rest| rest.strip_prefix(' '));
            if ends.is_some_and(|rest| ["OK", "NO", "BAD"].iter().any(|word| rest.starts_with(word))) {
                return Ok((before, line));
            }
            before.push(line);
        }
    }
}

/// Reads up to the end of a line; empty at the end of the input.
pub(super) fn part(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut part = Vec::new();
    reader.take(LINE_MAX).read_until(b'\n', &mut part)?;
    if !part.is_empty() && !part.ends_with(b"\n") {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line has no end"));
    }
    Ok(part)
}

/// Reads exactly this number of bytes.
pub(super) fn bytes(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    if length > LITERAL_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a literal has {length} bytes")));
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}
