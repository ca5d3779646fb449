//! The framing of SMTP and LMTP: a command is a frame, and `DATA` includes the message.

use super::framing::{Answer, Conversation, Piece, Role, take_line, word};

/// A connection of SMTP or LMTP.
#[derive(Debug)]
pub(super) struct Smtp {
    input: Vec<u8>,
    output: Vec<u8>,
    phase: Phase,
    /// True after `LHLO`: the server answers a message once for each recipient.
    is_lmtp: bool,
    /// Recipients that the server has accepted for the next message.
    recipients: usize,
    /// The verbs that the server has not answered, and how many answers each gets; the greeting comes first.
    awaited: Vec<(String, usize)>,
}

/// The meaning of the next line of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Command,
    /// A line of a message, if the server gives the go-ahead.
    Message,
}

impl Default for Smtp {
    fn default() -> Self {
        let greeting = (String::new(), 1);
        Self {
            input: Vec::new(),
            output: Vec::new(),
            phase: Phase::Command,
            is_lmtp: false,
            recipients: 0,
            awaited: vec![greeting],
        }
    }
}

impl Smtp {
    fn answer(&mut self, line: &[u8]) -> Role {
        if line.get(3) == Some(&b'-') {
            return Role::Part;
        }
        let is_accepted = line.first() == Some(&b'2');
        let Some((verb, answers)) = self.awaited.first_mut() else { return Role::Part };
        if verb == "DATA" && line.first() == Some(&b'3') {
            *answers = if self.is_lmtp { self.recipients.max(1) } else { 1 };
            return Role::GoAhead;
        }
        if verb == "DATA" && *answers == 0 {
            // The server refuses the message, which the client does not send then.
            self.phase = Phase::Command;
            *answers = 1;
        }
        *answers -= 1;
        if *answers > 0 {
            return Role::Part;
        }
        match verb.as_str() {
            "RCPT" if is_accepted => self.recipients += 1,
            "DATA" | "RSET" | "LHLO" | "HELO" | "EHLO" => self.recipients = 0,
            _ => {}
        }
        self.awaited.remove(0);
        Role::Last
    }
}

impl Conversation for Smtp {
    fn client(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    fn next_piece(&mut self) -> Option<Piece> {
        let bytes = take_line(&mut self.input)?;
        if self.phase == Phase::Message {
            let is_end = matches!(bytes.as_slice(), b".\r\n" | b".\n");
            if is_end {
                self.phase = Phase::Command;
            }
            return Some(Piece { verb: None, bytes, is_end, key: Some(b"DATA".to_vec()) });
        }
        let verb = word(bytes.split(|byte| *byte == b' ').next().unwrap_or_default());
        let is_data = verb == "DATA";
        if is_data {
            self.phase = Phase::Message;
        }
        self.is_lmtp |= verb == "LHLO";
        Some(Piece { key: Some(verb.as_bytes().to_vec()), verb: Some(verb), bytes, is_end: !is_data })
    }

    fn server(&mut self, bytes: &[u8]) -> Vec<Answer> {
        self.output.extend_from_slice(bytes);
        let mut answers = Vec::new();
        while let Some(line) = take_line(&mut self.output) {
            let role = self.answer(&line);
            answers.push(Answer { bytes: line, role });
        }
        answers
    }

    fn forward(&mut self, piece: &Piece) {
        if let Some(verb) = &piece.verb {
            // The number of answers to a message is known with the go-ahead.
            let answers = usize::from(verb != "DATA");
            self.awaited.push((verb.clone(), answers));
        }
    }

    fn is_answered(&self) -> bool {
        self.awaited.is_empty()
    }
}
