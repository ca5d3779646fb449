//! The common part of the framings of all protocols. Knows nothing of sockets and faults.
//!
//! A conversation takes the bytes of both directions. The bytes of the client become pieces: the first piece of a frame has its verb,
//! and the last piece ends it. A frame that needs a go-ahead of the server, such as a synchronising literal of IMAP, arrives in several
//! pieces, because the client sends the rest only after the go-ahead. The bytes of the server become answers.

use super::{dsync, imap, ldap, mupdate, smtp};

/// A protocol whose frames a fault proxy knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// IMAP: a command with its literals is a frame.
    Imap,
    /// SMTP and LMTP: a command is a frame; `DATA` includes the message.
    Smtp,
    /// LDAP: a BER message is a frame.
    Ldap,
    /// The administration protocol of Dovecot and the stream of dsync: an item is a frame.
    Doveadm,
    /// The protocol of the mupdate master of Cyrus Murder: a command with its literals is a frame.
    Mupdate,
}

/// A part of a frame of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The verb, if the frame begins with this piece.
    pub verb: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// True if the frame ends with this piece.
    pub is_end: bool,
    /// The bytes by which an answer refers to the frame; `None` if the frame gets no answer.
    pub key: Option<Vec<u8>>,
}

/// A part of the bytes of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Their meaning for the client.
    pub role: Role,
}

/// The meaning of a part of the bytes of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The server asks for the rest of a frame.
    GoAhead,
    /// More of an answer follows, or the bytes answer no frame.
    Part,
    /// The last part of the answer to a frame.
    Last,
}

/// One connection, as its framing sees it.
pub trait Conversation: Send {
    /// Adds bytes of the client.
    fn client(&mut self, bytes: &[u8]);

    /// Returns the next piece of the client, if it is complete.
    fn next_piece(&mut self) -> Option<Piece>;

    /// Adds bytes of the server, and returns what is complete.
    fn server(&mut self, bytes: &[u8]) -> Vec<Answer>;

    /// Notes that the server receives a piece.
    fn forward(&mut self, piece: &Piece);

    /// Returns true if the server has answered every frame that it received.
    fn is_answered(&self) -> bool;

    /// Returns true if the end of an answer can be seen in its bytes.
    fn has_ends(&self) -> bool {
        true
    }
}

impl Protocol {
    /// Returns the framing of a new connection.
    #[must_use]
    pub fn conversation(self) -> Box<dyn Conversation> {
        match self {
            Self::Imap => Box::<imap::Imap>::default(),
            Self::Smtp => Box::<smtp::Smtp>::default(),
            Self::Ldap => Box::<ldap::Ldap>::default(),
            Self::Doveadm => Box::<dsync::Dsync>::default(),
            Self::Mupdate => Box::<mupdate::Mupdate>::default(),
        }
    }
}

/// The longest line that is framed; a longer one is forwarded in parts.
const LINE_MAX: usize = 1 << 20;

/// Takes the first line from a buffer, with its end.
pub(super) fn take_line(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = buffer.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
    let end = end.or_else(|| (buffer.len() > LINE_MAX).then_some(buffer.len()))?;
    Some(buffer.drain(..end).collect())
}

/// Takes at most this many bytes from a buffer; `None` if it is empty.
pub(super) fn take(buffer: &mut Vec<u8>, most: usize) -> Option<Vec<u8>> {
    let end = buffer.len().min(most);
    if end == 0 { None } else { Some(buffer.drain(..end).collect()) }
}

/// Returns the size of the literal that follows a line: `{5}`, `{5+}`, or `%{default DIGEST 5}` between two servers of Cyrus.
pub(crate) fn literal(line: &[u8]) -> Option<usize> {
    let text = line.strip_suffix(b"\n")?;
    let text = text.strip_suffix(b"\r").unwrap_or(text).strip_suffix(b"}")?;
    let open = text.iter().rposition(|byte| *byte == b'{')?;
    let digits = std::str::from_utf8(&text[open + 1..]).ok()?.rsplit(' ').next()?;
    digits.strip_suffix('+').unwrap_or(digits).parse().ok()
}

/// Returns the first word of a line, in capital letters.
pub(super) fn word(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_ascii_uppercase()
}
