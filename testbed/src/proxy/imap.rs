//! The framing of IMAP: a command with all its literals is a frame.

use super::framing::{Answer, Conversation, Piece, Role, literal, take, take_line, word};

/// A connection of IMAP.
#[derive(Debug, Default)]
pub(super) struct Imap {
    input: Vec<u8>,
    output: Vec<u8>,
    /// Bytes of a literal of the client that are still to come.
    literal: usize,
    /// The tag of the command whose end is still to come.
    open: Option<Vec<u8>>,
    /// The command takes lines until the server answers it: `AUTHENTICATE`, `IDLE`.
    is_dialogue: bool,
    /// Bytes of a literal of the server that are still to come.
    server_literal: usize,
    /// The line of the server continues after a literal.
    is_server_line_open: bool,
    /// Tags of the commands that the server has not answered.
    awaited: Vec<Vec<u8>>,
}

/// Commands whose next word says what they do: those for messages by number, and those between two servers of Cyrus.
const PREFIXES: [&str; 3] = ["UID", "SYNCAPPLY", "SYNCGET"];

/// Returns the tag and the verb of a command; `UID` and its command are one verb.
fn command(line: &[u8]) -> (Vec<u8>, String) {
    let mut words = line.split(|byte| *byte == b' ');
    let tag = words.next().unwrap_or_default().to_vec();
    let verb = word(words.next().unwrap_or_default());
    if PREFIXES.contains(&&*verb) {
        (tag, format!("{verb} {}", word(words.next().unwrap_or_default())))
    } else {
        (tag, verb)
    }
}

impl Imap {
    fn begin(&mut self, line: &[u8]) -> Option<String> {
        if self.open.is_some() {
            return None;
        }
        let (tag, verb) = command(line);
        self.is_dialogue = matches!(verb.as_str(), "AUTHENTICATE" | "IDLE");
        self.open = Some(tag);
        Some(verb)
    }

    fn answer(&mut self, line: Vec<u8>) -> Answer {
        let role = match line.first() {
            Some(b'+') => Role::GoAhead,
            Some(b'*') | None => Role::Part,
            Some(_) => {
                let tag = line.split(|byte| *byte == b' ').next().unwrap_or_default();
                if self.open.as_deref() == Some(tag) {
                    // The dialogue ends, or the server refuses a literal, which the client does not send then.
                    self.open = None;
                    self.literal = 0;
                }
                self.awaited.retain(|awaited| awaited != tag);
                Role::Last
            }
        };
        Answer { bytes: line, role }
    }
}

impl Conversation for Imap {
    fn client(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    fn next_piece(&mut self) -> Option<Piece> {
        if self.literal > 0 {
            let bytes = take(&mut self.input, self.literal)?;
            self.literal -= bytes.len();
            return Some(Piece { verb: None, bytes, is_end: false, key: self.open.clone() });
        }
        let bytes = take_line(&mut self.input)?;
        let verb = self.begin(&bytes);
        let key = self.open.clone();
        let follows = literal(&bytes);
        self.literal = follows.unwrap_or(0);
        let is_end = follows.is_none() && !self.is_dialogue;
        if is_end {
            self.open = None;
        }
        Some(Piece { verb, bytes, is_end, key })
    }

    fn server(&mut self, bytes: &[u8]) -> Vec<Answer> {
        self.output.extend_from_slice(bytes);
        let mut answers = Vec::new();
        loop {
            if self.server_literal > 0 {
                let Some(bytes) = take(&mut self.output, self.server_literal) else { return answers };
                self.server_literal -= bytes.len();
                answers.push(Answer { bytes, role: Role::Part });
                continue;
            }
            let Some(line) = take_line(&mut self.output) else { return answers };
            let follows = literal(&line).filter(|_| self.is_server_line_open || line.first() == Some(&b'*'));
            let is_inside = self.is_server_line_open;
            self.is_server_line_open = follows.is_some();
            self.server_literal = follows.unwrap_or(0);
            answers.push(if is_inside || follows.is_some() {
                Answer { bytes: line, role: Role::Part }
            } else {
                self.answer(line)
            });
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
