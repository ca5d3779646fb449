//! The framing of LDAP: a BER message is a frame.

use super::framing::{Answer, Conversation, Piece, Role, take};

/// A connection of LDAP.
#[derive(Debug, Default)]
pub(super) struct Ldap {
    input: Vec<u8>,
    output: Vec<u8>,
    /// The numbers of the requests that the server has not answered.
    awaited: Vec<Vec<u8>>,
}

/// The head of a value in BER: its tag, the length of the head, and the length of the content.
fn head(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
    if first < 0x80 {
        return Some((tag, 2, usize::from(first)));
    }
    let count = usize::from(first & 0x7f);
    let digits = bytes.get(2..2 + count)?;
    let length = digits.iter().fold(0_usize, |length, digit| (length << 8) | usize::from(*digit));
    Some((tag, 2 + count, length))
}

/// Takes a message from a buffer.
fn take_message(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let (_, head, length) = head(buffer)?;
    let whole = head.checked_add(length)?;
    if buffer.len() < whole { None } else { take(buffer, whole) }
}

/// Returns the number of a message and the tag of its operation.
fn parts(message: &[u8]) -> Option<(&[u8], u8)> {
    let (_, start, _) = head(message)?;
    let inner = message.get(start..)?;
    let (_, start, length) = head(inner)?;
    let number = inner.get(start..start + length)?;
    Some((number, *inner.get(start + length)?))
}

/// Returns the verb of a request, and whether the server answers it. [RFC 4511 4.2]
fn verb(tag: u8) -> (&'static str, bool) {
    match tag {
        0x60 => ("bind", true),
        0x42 => ("unbind", false),
        0x63 => ("search", true),
        0x66 => ("modify", true),
        0x68 => ("add", true),
        0x4a => ("delete", true),
        0x6c => ("rename", true),
        0x6e => ("compare", true),
        0x50 => ("abandon", false),
        0x77 => ("extended", true),
        _ => ("unknown", false),
    }
}

/// The tags of the answers that do not end the answer to a request: an entry, a reference, an intermediate response.
const PARTS: [u8; 3] = [0x64, 0x73, 0x79];

impl Conversation for Ldap {
    fn client(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    fn next_piece(&mut self) -> Option<Piece> {
        let bytes = take_message(&mut self.input)?;
        let (number, tag) = parts(&bytes).unwrap_or((&[], 0));
        let (verb, is_answered) = verb(tag);
        let key = is_answered.then(|| number.to_vec());
        Some(Piece { verb: Some(verb.to_owned()), bytes, is_end: true, key })
    }

    fn server(&mut self, bytes: &[u8]) -> Vec<Answer> {
        self.output.extend_from_slice(bytes);
        let mut answers = Vec::new();
        while let Some(message) = take_message(&mut self.output) {
            let role = match parts(&message) {
                Some((number, tag)) if !PARTS.contains(&tag) => {
                    self.awaited.retain(|awaited| awaited != number);
                    Role::Last
                }
                Some(_) | None => Role::Part,
            };
            answers.push(Answer { bytes: message, role });
        }
        answers
    }

    fn forward(&mut self, piece: &Piece) {
        self.awaited.extend(piece.key.clone());
    }

    fn is_answered(&self) -> bool {
        self.awaited.is_empty()
    }
}
