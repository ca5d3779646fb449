//! The framing of the protocol of the mupdate master of Cyrus Murder: a command with its literals is a frame. The client does not wait
//! for a go-ahead before a literal.

use super::framing::{Answer, Conversation, Piece, Role, literal, take, take_line, word};

/// A connection to the mupdate master.
#[derive(Debug, Default)]
pub(super) struct Mupdate {
    input: Vec<u8>,
    output: Vec<u8>,
    /// Bytes of a literal that are still to come, of the client and of the server.
    literals: [usize; 2],
    /// The tag of the command whose end is still to come.
    open: Option<Vec<u8>>,
    /// The line of the server continues after a literal.
    is_server_line_open: bool,
    /// Tags of the commands that the server has not answered.
    awaited: Vec<Vec<u8>>,
}

/// The words that end the answer to a command. Entries that a search found have the tag of the command too.
const ENDS: [&[u8]; 4] = [b"OK", b"NO", b"BAD", b"BYE"];

impl Conversation for Mupdate {
    fn client(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    fn next_piece(&mut self) -> Option<Piece> {
        let [literal_left, _] = &mut self.literals;
        if *literal_left > 0 {
            let bytes = take(&mut self.input, *literal_left)?;
            *literal_left -= bytes.len();
            return Some(Piece { verb: None, bytes, is_end: false, key: self.open.clone() });
        }
        let bytes = take_line(&mut self.input)?;
        let mut words = bytes.trim_ascii_end().split(|byte| *byte == b' ');
        let tag = words.next().unwrap_or_default().to_vec();
        let verb = self.open.is_none().then(|| word(words.next().unwrap_or_default()));
        let key = self.open.get_or_insert(tag).clone();
        let follows = literal(&bytes);
        *literal_left = follows.unwrap_or(0);
        if follows.is_none() {
            self.open = None;
        }
        Some(Piece { verb, bytes, is_end: follows.is_none(), key: Some(key) })
    }

    fn server(&mut self, bytes: &[u8]) -> Vec<Answer> {
        self.output.extend_from_slice(bytes);
        let mut answers = Vec::new();
        loop {
            let [_, literal_left] = &mut self.literals;
            if *literal_left > 0 {
                let Some(bytes) = take(&mut self.output, *literal_left) else { return answers };
                *literal_left -= bytes.len();
                answers.push(Answer { bytes, role: Role::Part });
                continue;
            }
            let Some(line) = take_line(&mut self.output) else { return answers };
            let follows = literal(&line);
            *literal_left = follows.unwrap_or(0);
            let is_inside = std::mem::replace(&mut self.is_server_line_open, follows.is_some());
            let mut words = line.trim_ascii_end().split(|byte| *byte == b' ');
            let tag = words.next().unwrap_or_default();
            let is_last = !is_inside && follows.is_none() && words.next().is_some_and(|word| ENDS.contains(&word));
            let role =
                if is_last && self.awaited.iter().any(|awaited| awaited == tag) { Role::Last } else { Role::Part };
            if role == Role::Last {
                self.awaited.retain(|awaited| awaited != tag);
            }
            answers.push(Answer { bytes: line, role });
        }
    }

    fn forward(&mut self, piece: &Piece) {
        if piece.verb.is_some() {
            self.awaited.extend(piece.key.clone());
        }
    }

    fn is_answered(&self) -> bool {
        self.awaited.is_empty()
    }
}
