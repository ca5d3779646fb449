//! The framing of the administration protocol of Dovecot and of the stream of dsync that follows on the same connection. A line is a
//! frame; a mail with its text is one, and so is the description of the fields at the start of the stream.
//!
//! The end of an answer cannot be seen: both sides of dsync send items as soon as they have them.

use super::framing::{Answer, Conversation, Piece, Role, take_line, word};

/// A connection to the administration service of Dovecot.
#[derive(Debug, Default)]
pub(super) struct Dsync {
    input: Vec<u8>,
    phase: Phase,
}

/// The meaning of the next line of the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// A line of the administration protocol.
    #[default]
    Administration,
    /// The description of the fields, which a dot ends.
    Fields,
    /// An item of dsync.
    Item,
    /// The text of an item, which a dot ends.
    Text,
}

/// The first field that says that a text follows, if it is present: of a mail, and of an attribute.
const TEXT_FIELDS: [(u8, usize); 2] = [(b'M', 6), (b'A', 3)];
/// The value of a field that is absent.
const ABSENT: &[u8] = b"\x02";

/// Returns the name of an item of dsync.
fn item(line: &[u8]) -> &'static str {
    match line.first() {
        Some(b'H') => "handshake",
        Some(b'S') => "mailbox-state",
        Some(b'N') => "mailbox-tree-node",
        Some(b'D') => "mailbox-deletes",
        Some(b'B') => "mailbox",
        Some(b'A') => "mailbox-attribute",
        Some(b'C') => "mail-change",
        Some(b'R') => "mail-request",
        Some(b'M') => "mail",
        Some(b'F') => "finish",
        Some(b'c') => "mailbox-cache-field",
        Some(b'.') => "end-of-list",
        Some(_) | None => "unknown",
    }
}

fn has_text(line: &[u8]) -> bool {
    let Some((_, field)) = TEXT_FIELDS.into_iter().find(|(letter, _)| line.first() == Some(letter)) else {
        return false;
    };
    let fields = line[1..].strip_suffix(b"\n").unwrap_or_default();
    fields.split(|byte| *byte == b'\t').nth(field).is_some_and(|value| value != ABSENT)
}

/// Returns the verb of a line of the administration protocol: the first word that is not empty, or the command after the user.
fn administration(line: &[u8]) -> String {
    let mut words = line.split(|byte| *byte == b'\t').map(|field| String::from_utf8_lossy(field).trim().to_owned());
    let first = words.next().unwrap_or_default();
    if first.is_empty() || !first.chars().all(|letter| letter.is_ascii_uppercase()) {
        words.nth(1).unwrap_or_default()
    } else {
        word(first.as_bytes())
    }
}

impl Conversation for Dsync {
    fn client(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    fn next_piece(&mut self) -> Option<Piece> {
        let bytes = take_line(&mut self.input)?;
        let is_dot = matches!(bytes.as_slice(), b".\n" | b".\r\n");
        let (verb, next) = match self.phase {
            Phase::Fields | Phase::Text if !is_dot => (None, self.phase),
            Phase::Fields | Phase::Text => (None, Phase::Item),
            Phase::Administration if bytes.starts_with(b"VERSION\tdsync\t") => {
                (Some("dsync-version".to_owned()), Phase::Fields)
            }
            Phase::Administration => (Some(administration(&bytes)), Phase::Administration),
            Phase::Item => (Some(item(&bytes).to_owned()), if has_text(&bytes) { Phase::Text } else { Phase::Item }),
        };
        self.phase = next;
        let is_end = matches!(next, Phase::Administration | Phase::Item);
        Some(Piece { verb, bytes, is_end, key: None })
    }

    fn server(&mut self, bytes: &[u8]) -> Vec<Answer> {
        vec![Answer { bytes: bytes.to_vec(), role: Role::Part }]
    }

    fn forward(&mut self, _: &Piece) {}

    fn is_answered(&self) -> bool {
        true
    }

    fn has_ends(&self) -> bool {
        false
    }
}
