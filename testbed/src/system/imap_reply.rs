//! Parts of IMAP replies, and the sentences about replies that end a session.

use async_imap::imap_proto::{AttributeValue, Outcome};

use super::config::Server;
use super::message::{StoredMessage, identity};
use super::trouble::Trouble;

/// Returns the message of a reply; `None` if the reply lacks its number or its bytes.
pub(super) fn stored(folder: &str, uid_validity: u32, attributes: &[AttributeValue<'_>]) -> Option<StoredMessage> {
    let (message_id, digest) = identity(body(attributes)?);
    let mut flags: Vec<String> = Vec::new();
    for attribute in attributes {
        if let AttributeValue::Flags(all) = attribute {
            flags.extend(all.iter().filter(|flag| *flag != "\\Recent").map(|flag| flag.clone().into_owned()));
        }
    }
    flags.sort();
    Some(StoredMessage { folder: folder.to_owned(), uid: uid(attributes)?, uid_validity, message_id, digest, flags })
}

/// Returns the number of the message of a reply.
pub(super) fn uid(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|attribute| if let AttributeValue::Uid(uid) = attribute { Some(*uid) } else { None })
}

/// Returns the bytes of the message of a reply.
pub(super) fn body<'a>(attributes: &'a [AttributeValue<'_>]) -> Option<&'a [u8]> {
    attributes.iter().find_map(|attribute| {
        if let AttributeValue::BodySection { section: None, data: Some(bytes), .. } = attribute {
            Some(bytes.as_ref())
        } else {
            None
        }
    })
}

/// Returns the text of an answer.
pub(super) fn says(outcome: &Outcome<'_>) -> String {
    outcome.information.as_deref().unwrap_or("without a reason").to_owned()
}

/// The text of the server in an error of the library, which has the text among other values.
pub(super) fn information(error: &str) -> &str {
    let text = error.split_once("information: Some(\"").or_else(|| error.split_once("info: Some(\""));
    text.map_or(error, |(_, text)| text.trim_end_matches([')', '"']))
}

/// The sentence about a server that closed the connection.
pub(super) fn closed(server: &Server) -> Trouble {
    Trouble::Unknown(format!("{} closed the connection", server.url))
}

/// The sentence about a server that ended the session.
pub(super) fn ended(server: &Server, outcome: &Outcome<'_>) -> Trouble {
    Trouble::Unknown(format!("{} ended the session: {}", server.url, says(outcome)))
}

/// The reason of a connection that broke, or of an answer that is not IMAP, in one line.
pub(super) fn broken(server: &Server, reason: &str) -> Trouble {
    let end = reason.char_indices().nth(200).map_or(reason.len(), |(at, _)| at);
    Trouble::Unknown(format!("{} gave no answer of IMAP: {}", server.url, reason[..end].escape_debug()))
}

/// Returns a name that a reply has as a quoted string, without the backslashes before its quotes and backslashes. [RFC 9051 9]
pub(super) fn unescaped(name: &str) -> String {
    let (mut plain, mut letters) = (String::new(), name.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('"' | '\\')) => plain.push(escaped),
                // The name came as a literal, which has no escapes.
                Some(_) | None => return name.to_owned(),
            },
            other => plain.push(other),
        }
    }
    plain
}
