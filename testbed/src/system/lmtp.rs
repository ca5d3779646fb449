//! Delivery of one message to one recipient by LMTP, with TLS if the configuration says so. [RFC 2033, RFC 3207]

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::config::{Protection, Server};
use super::connection::{Connector, Stream};
use super::trouble::Trouble;

/// The longest line of an answer, in bytes.
const LINE_MAX: usize = 4096;

/// The result of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The message is stored.
    Stored,
    /// The message is not stored; its sender may try again.
    Deferred(String),
    /// The message is not stored, and returns to its sender.
    Returned(String),
    /// The message may be stored, or may be stored later.
    Unknown(String),
}

/// The first line of every session.
const HELLO: &str = "LHLO localhost";

/// Connects to a server, reads its greeting and starts TLS.
pub(super) async fn greet(connector: &Connector, server: &Server) -> Result<(), Trouble> {
    match begin(connector, server).await? {
        Begun::Session(_) => Ok(()),
        Begun::Declined(_) => Err(Trouble::Refused(format!("{} takes no mail now", server.url))),
    }
}

/// Delivers a message.
pub(super) async fn deliver(
    connector: &Connector,
    server: &Server,
    recipient: &str,
    message: &[u8],
) -> Result<Delivery, Trouble> {
    let mut session = match begin(connector, server).await? {
        Begun::Session(session) => session,
        Begun::Declined(declined) => return Ok(declined),
    };
    for line in ["MAIL FROM:<>", &format!("RCPT TO:<{recipient}>"), "DATA"] {
        if let Some(declined) = session.ask(line).await? {
            return Ok(declined);
        }
    }
    // From here on, the server may store the message.
    Ok(match session.store(message).await {
        Ok(None) => Delivery::Stored,
        Ok(Some(declined)) => declined,
        Err(trouble) => Delivery::Unknown(trouble.says().to_owned()),
    })
}

struct Session<'c> {
    connector: &'c Connector,
    server: &'c Server,
    stream: BufReader<Stream>,
}

/// The begin of a session.
enum Begun<'c> {
    /// The server takes mail.
    Session(Session<'c>),
    /// The server takes no mail; this is the delivery of any message.
    Declined(Delivery),
}

/// Connects to a server, reads its greeting, starts TLS, and says hello.
async fn begin<'c>(connector: &'c Connector, server: &'c Server) -> Result<Begun<'c>, Trouble> {
    let stream: Stream = Box::new(connector.connect(server).await?);
    let stream = match server.protection {
        Protection::Plain | Protection::StartTls => stream,
        Protection::Tls => connector.protect(server, stream).await?,
    };
    let mut session = Session { connector, server, stream: BufReader::new(stream) };
    for line in ["", HELLO] {
        if let Some(declined) = session.ask(line).await? {
            return Ok(Begun::Declined(declined));
        }
    }
    match server.protection {
        Protection::Plain | Protection::Tls => {}
        Protection::StartTls => {
            if let Some(Delivery::Deferred(says) | Delivery::Returned(says)) = session.ask("STARTTLS").await? {
                return Err(Trouble::Unreachable(format!("{} does not start TLS: {says}", server.url)));
            }
            // Bytes that came before TLS are dropped with the reader.
            session.stream = BufReader::new(connector.protect(server, session.stream.into_inner()).await?);
            if let Some(declined) = session.ask(HELLO).await? {
                return Ok(Begun::Declined(declined));
            }
        }
    }
    Ok(Begun::Session(session))
}

impl Session<'_> {
    /// Sends a line, if it is not empty, and reads the answer; returns the delivery that the answer ends.
    async fn ask(&mut self, line: &str) -> Result<Option<Delivery>, Trouble> {
        if !line.is_empty() {
            self.write(format!("{line}\r\n").as_bytes()).await?;
        }
        self.answer().await
    }

    async fn store(&mut self, message: &[u8]) -> Result<Option<Delivery>, Trouble> {
        let mut text = Vec::with_capacity(message.len() + 5);
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                text.push(b'.');
            }
            let end = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(line);
            text.extend_from_slice(end);
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(b".\r\n");
        self.write(&text).await?;
        let stored = self.answer().await?;
        // The message is stored or declined; the rest of the session changes nothing.
        let _ = self.write(b"QUIT\r\n").await;
        Ok(stored)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let written = self.connector.within(self.server, self.stream.get_mut().write_all(bytes)).await?;
        written.map_err(|reason| Trouble::Unknown(format!("cannot write to {}: {reason}", self.server.url)))
    }

    /// Reads an answer of one or more lines. `None` means that the server continues.
    async fn answer(&mut self) -> Result<Option<Delivery>, Trouble> {
        loop {
            let line = self.line().await?;
            let is_last = line.as_bytes().get(3).is_none_or(|byte| *byte == b' ');
            let is_answer = line.len() >= 3 && line.as_bytes()[..3].iter().all(u8::is_ascii_digit);
            if !is_answer {
                let says = format!("{} gave no answer of LMTP: {}", self.server.url, line.escape_debug());
                return Err(Trouble::Unknown(says));
            }
            if is_last {
                return match line.as_bytes()[0] {
                    b'2' | b'3' => Ok(None),
                    b'4' => Ok(Some(Delivery::Deferred(line))),
                    b'5' => Ok(Some(Delivery::Returned(line))),
                    _ => Err(Trouble::Unknown(format!("{} gave no answer of LMTP: {line}", self.server.url))),
                };
            }
        }
    }

    async fn line(&mut self) -> Result<String, Trouble> {
        let mut line = Vec::new();
        let read = async {
            tokio::io::AsyncReadExt::take(&mut self.stream, LINE_MAX as u64).read_until(b'\n', &mut line).await
        };
        let read = self.connector.within(self.server, read).await?;
        let read =
            read.map_err(|reason| Trouble::Unknown(format!("cannot read from {}: {reason}", self.server.url)))?;
        if read == 0 {
            return Err(Trouble::Unknown(format!("{} closed the connection", self.server.url)));
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}
