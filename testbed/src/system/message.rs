//! Stored messages: their names and digests.

/// Headers that transport adds or changes. A digest leaves them out.
const OF_TRANSPORT: [&str; 12] = [
    "received",
    "return-path",
    "delivered-to",
    "delivery-date",
    "envelope-to",
    "x-original-to",
    "x-delivered-to",
    "x-envelope-to",
    "status",
    "x-status",
    "x-keywords",
    "x-uid",
];

/// One copy of a message in a folder of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredMessage {
    /// The folder, with `/` between the parts of its name.
    pub folder: String,
    /// The number of the copy in its folder.
    pub uid: u32,
    /// The epoch of the numbers: the number names the same copy only while the folder has this value.
    pub uid_validity: u32,
    /// The header `Message-ID`, without spaces around it.
    pub message_id: Option<String>,
    /// The hash of the body and of the headers that transport does not add.
    pub digest: String,
    /// The flags in order, without `\Recent`.
    pub flags: Vec<String>,
}

impl StoredMessage {
    /// Returns the name of the message in reports: its Message-ID, or else its digest.
    #[must_use]
    pub fn name(&self) -> &str {
        self.message_id.as_deref().unwrap_or(&self.digest)
    }
}

/// The header lines of a message, each with the lines that continue it, and its body.
fn parts(message: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut headers: Vec<Vec<u8>> = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        let line = trim_end(line);
        if line.is_empty() {
            break;
        }
        match headers.last_mut() {
            Some(header) if line[0] == b' ' || line[0] == b'\t' => {
                header.push(b'\n');
                header.extend_from_slice(line);
            }
            Some(_) | None => headers.push(line.to_vec()),
        }
    }
    // A message has one form with line breaks of one or two bytes, and with or without the last one.
    let mut body = Vec::with_capacity(rest.len());
    for line in rest.split_inclusive(|byte| *byte == b'\n') {
        let end = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n"));
        body.extend_from_slice(end.unwrap_or(line));
        if end.is_some() {
            body.push(b'\n');
        }
    }
    let length = trim_end(&body).len();
    body.truncate(length);
    (headers, body)
}

fn trim_end(line: &[u8]) -> &[u8] {
    let length = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |at| at + 1);
    &line[..length]
}

/// The name of a header in lowercase, and its value.
fn named(header: &[u8]) -> Option<(String, &[u8])> {
    let colon = header.iter().position(|byte| *byte == b':')?;
    let name = String::from_utf8_lossy(&header[..colon]).trim().to_ascii_lowercase();
    Some((name, &header[colon + 1..]))
}

/// Returns the Message-ID of a message and its digest.
#[must_use]
pub fn identity(message: &[u8]) -> (Option<String>, String) {
    let (headers, body) = parts(message);
    let mut hasher = blake3::Hasher::new();
    let mut message_id = None;
    for header in &headers {
        let name = named(header);
        if let Some((name, value)) = &name {
            if name == "message-id" && message_id.is_none() {
                let text: String = String::from_utf8_lossy(value).split_whitespace().collect();
                message_id = Some(text).filter(|text| !text.is_empty());
            }
            if OF_TRANSPORT.contains(&name.as_str()) {
                continue;
            }
        }
        hasher.update(header);
        hasher.update(b"\n");
    }
    hasher.update(b"\n");
    hasher.update(&body);
    (message_id, hasher.finalize().to_hex().to_string())
}
