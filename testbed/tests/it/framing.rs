//! Each framing finds the same frames in a recorded conversation, wherever the network divides the bytes.

use pretty_assertions::assert_eq;
use stranded_testbed::proxy::framing::{Protocol, Role};

/// A part of a recorded conversation.
#[derive(Clone, Copy)]
enum Said {
    Client(&'static [u8]),
    Server(&'static [u8]),
}

use Said::{Client, Server};

/// Plays a conversation in parts of a size, with a shorter first part. Returns the verb and the bytes of each frame, and whether the
/// server has answered all of them.
fn frames(protocol: Protocol, said: &[Said], first: usize, size: usize) -> (Vec<(String, String)>, bool) {
    let mut conversation = protocol.conversation();
    let mut frames: Vec<(String, String)> = Vec::new();
    for part in said {
        let (bytes, is_client) = match part {
            Client(bytes) => (*bytes, true),
            Server(bytes) => (*bytes, false),
        };
        let (start, rest) = bytes.split_at(first.min(bytes.len()));
        for chunk in std::iter::once(start).chain(rest.chunks(size)) {
            if !is_client {
                let answers = conversation.server(chunk);
                // An answer is forwarded as it came.
                assert!(answers.iter().map(|answer| answer.bytes.len()).sum::<usize>() <= bytes.len());
                continue;
            }
            conversation.client(chunk);
            while let Some(piece) = conversation.next_piece() {
                conversation.forward(&piece);
                let text = String::from_utf8_lossy(&piece.bytes).into_owned();
                match (&piece.verb, frames.last_mut()) {
                    (Some(verb), _) => frames.push((verb.clone(), text)),
                    (None, Some((_, whole))) => whole.push_str(&text),
                    (None, None) => panic!("a conversation begins with a verb"),
                }
            }
        }
    }
    (frames, conversation.is_answered())
}

/// Checks the frames of a conversation for every division of its bytes.
fn check(protocol: Protocol, said: &[Said], expected: &[(&str, &str)]) {
    let expected: Vec<(String, String)> =
        expected.iter().map(|(verb, bytes)| ((*verb).to_owned(), (*bytes).to_owned())).collect();
    let longest = said.iter().map(|part| match part {
        Client(bytes) | Server(bytes) => bytes.len(),
    });
    let longest = longest.max().unwrap_or(0);
    for first in 0..=longest {
        for size in [1, longest.max(1)] {
            let (found, is_answered) = frames(protocol, said, first, size);
            assert_eq!(found, expected, "first part {first}, then parts of {size}");
            assert!(is_answered, "first part {first}, then parts of {size}");
        }
    }
}

#[test]
fn an_imap_command_with_its_literals_is_one_frame() {
    check(
        Protocol::Imap,
        &[
            Server(b"* OK ready\r\n"),
            Client(b"a1 LOGIN {3}\r\n"),
            Server(b"+ go on\r\n"),
            Client(b"joe secret\r\n"),
            Server(b"a1 OK\r\n"),
            Client(b"a2 append INBOX (\\Seen) {12+}\r\na3 NOOP\r\n{9}\r\na4 uid fetch 1:* (UID)\r\n"),
            Server(b"a2 OK\r\n* 1 FETCH (BODY[] {13}\r\na4 OK hello\r\n)\r\na4 OK\r\n"),
        ],
        &[
            ("LOGIN", "a1 LOGIN {3}\r\njoe secret\r\n"),
            ("APPEND", "a2 append INBOX (\\Seen) {12+}\r\na3 NOOP\r\n{9}\r\n"),
            ("UID FETCH", "a4 uid fetch 1:* (UID)\r\n"),
        ],
    );
}

#[test]
fn an_imap_literal_that_the_server_refuses_is_not_awaited() {
    check(
        Protocol::Imap,
        &[
            Client(b"1 APPEND Archive {125}\r\n"),
            Server(b"1 NO [TRYCREATE] no such folder\r\n"),
            Client(b"2 CREATE Archive\r\n"),
            Server(b"2 OK\r\n"),
        ],
        &[("APPEND", "1 APPEND Archive {125}\r\n"), ("CREATE", "2 CREATE Archive\r\n")],
    );
}

#[test]
fn the_lines_of_an_imap_dialogue_belong_to_its_command() {
    check(
        Protocol::Imap,
        &[
            Client(b"1 AUTHENTICATE PLAIN\r\n"),
            Server(b"+ \r\n"),
            Client(b"AGpvZQBzZWNyZXQ=\r\n"),
            Server(b"1 OK\r\n"),
            Client(b"2 IDLE\r\n"),
            Server(b"+ idling\r\n* 1 EXISTS\r\n"),
            Client(b"DONE\r\n"),
            Server(b"2 OK\r\n"),
            Client(b"3 LOGOUT\r\n"),
            Server(b"* BYE\r\n3 OK\r\n"),
        ],
        &[
            ("AUTHENTICATE", "1 AUTHENTICATE PLAIN\r\nAGpvZQBzZWNyZXQ=\r\n"),
            ("IDLE", "2 IDLE\r\nDONE\r\n"),
            ("LOGOUT", "3 LOGOUT\r\n"),
        ],
    );
}

#[test]
fn a_message_is_one_frame_with_its_data_command() {
    check(
        Protocol::Smtp,
        &[
            Server(b"220 ready\r\n"),
            Client(b"LHLO host\r\n"),
            Server(b"250-host\r\n250 PIPELINING\r\n"),
            Client(b"mail FROM:<>\r\n"),
            Server(b"250 ok\r\n"),
            Client(b"RCPT TO:<a>\r\n"),
            Server(b"250 ok\r\n"),
            Client(b"RCPT TO:<b>\r\n"),
            Server(b"550 unknown\r\n"),
            Client(b"RCPT TO:<c>\r\n"),
            Server(b"250 ok\r\n"),
            Client(b"DATA\r\n"),
            Server(b"354 go on\r\n"),
            Client(b"QUIT\r\n..\r\n.\r\n"),
            Server(b"250 a\r\n250 c\r\n"),
            Client(b"DATA\r\n"),
            Server(b"503 no recipient\r\n"),
            Client(b"QUIT\r\n"),
            Server(b"221 bye\r\n"),
        ],
        &[
            ("LHLO", "LHLO host\r\n"),
            ("MAIL", "mail FROM:<>\r\n"),
            ("RCPT", "RCPT TO:<a>\r\n"),
            ("RCPT", "RCPT TO:<b>\r\n"),
            ("RCPT", "RCPT TO:<c>\r\n"),
            ("DATA", "DATA\r\nQUIT\r\n..\r\n.\r\n"),
            ("DATA", "DATA\r\n"),
            ("QUIT", "QUIT\r\n"),
        ],
    );
}

#[test]
fn an_ldap_message_is_one_frame() {
    // A bind, a search with a long length, its entry and its end, a modify, an unbind.
    check(
        Protocol::Ldap,
        &[
            Client(b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"),
            Server(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"),
            Client(b"\x30\x81\x05\x02\x01\x02\x63\x00"),
            Server(b"\x30\x05\x02\x01\x02\x64\x00\x30\x05\x02\x01\x02\x65\x00"),
            Client(b"\x30\x05\x02\x01\x03\x66\x00"),
            Server(b"\x30\x05\x02\x01\x03\x67\x00"),
            Client(b"\x30\x05\x02\x01\x04\x42\x00"),
        ],
        &[
            ("bind", "\u{30}\u{c}\u{2}\u{1}\u{1}\u{60}\u{7}\u{2}\u{1}\u{3}\u{4}\u{0}\u{fffd}\u{0}"),
            ("search", "\u{30}\u{fffd}\u{5}\u{2}\u{1}\u{2}\u{63}\u{0}"),
            ("modify", "\u{30}\u{5}\u{2}\u{1}\u{3}\u{66}\u{0}"),
            ("unbind", "\u{30}\u{5}\u{2}\u{1}\u{4}\u{42}\u{0}"),
        ],
    );
}

#[test]
fn an_item_of_dsync_with_its_text_is_one_frame() {
    check(
        Protocol::Doveadm,
        &[
            Client(b"VERSION\tdoveadm-server\t1\t2\n"),
            Server(b"VERSION\tdoveadm-client\t1\t2\n-\n"),
            Client(b"PLAIN\tc2VjcmV0\n"),
            Server(b"+\n"),
            Client(b"\tjoe\tdsync-server\t-ujoe\n"),
            Client(b"VERSION\tdsync\t3\t5\nHhostname\nMguid\tuid\tpop3_uidl\tpop3_order\treceived_date\tsaved_date\tstream\n.\n"),
            Client(b"Hhost\nNINBOX\ty\n.\n"),
            Client(b"Mguid\t\x02\t\t\x02\t1\t1\t\nSubject: m\n\nbody\n\r\n.\r\n"),
            Client(b"Mguid\t\x02\t\t\x02\t1\t1\t\x02\n.\nF\n"),
        ],
        &[
            ("VERSION", "VERSION\tdoveadm-server\t1\t2\n"),
            ("PLAIN", "PLAIN\tc2VjcmV0\n"),
            ("dsync-server", "\tjoe\tdsync-server\t-ujoe\n"),
            (
                "dsync-version",
                "VERSION\tdsync\t3\t5\nHhostname\nMguid\tuid\tpop3_uidl\tpop3_order\treceived_date\tsaved_date\tstream\n.\n",
            ),
            ("handshake", "Hhost\n"),
            ("mailbox-tree-node", "NINBOX\ty\n"),
            ("end-of-list", ".\n"),
            ("mail", "Mguid\t\u{2}\t\t\u{2}\t1\t1\t\nSubject: m\n\nbody\n\r\n.\r\n"),
            ("mail", "Mguid\t\u{2}\t\t\u{2}\t1\t1\t\u{2}\n"),
            ("end-of-list", ".\n"),
            ("finish", "F\n"),
        ],
    );
}

#[test]
fn only_the_tagged_line_ends_an_answer() {
    let mut imap = Protocol::Imap.conversation();
    imap.client(b"7 NOOP\r\n");
    let piece = imap.next_piece().unwrap();
    imap.forward(&piece);
    let answers = imap.server(b"* 2 EXISTS\r\n* 1 FETCH (BODY[] {8}\r\n7 OK no\n)\r\n7 OK yes\r\n");
    let roles: Vec<Role> = answers.iter().map(|answer| answer.role).collect();
    assert_eq!(roles, [Role::Part, Role::Part, Role::Part, Role::Part, Role::Last]);
}
