//! Reads and writes the servers of a bed: the directory, the stores and the delivery of mail.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ldap3::{LdapConn, Scope, SearchEntry};

use crate::bed::{ADMIN, Bed, IMAP, LMTP, PASSWORD, Store};

/// A message in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredMessage {
    pub(super) folder: String,
    pub(super) message_id: Option<String>,
    pub(super) text: String,
    pub(super) flags: Vec<String>,
}

const TIMEOUT: Duration = Duration::from_secs(10);

struct Imap {
    stream: BufReader<TcpStream>,
}

impl Imap {
    fn log_on(at: SocketAddr, user: &str) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&at, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        let mut imap = Self { stream: BufReader::new(stream) };
        let mut greeting = String::new();
        imap.stream.read_line(&mut greeting)?;
        imap.ask(format!("x LOGIN {user} {PASSWORD}\r\n").as_bytes())?;
        Ok(imap)
    }

    /// Sends a command with the tag `x` and returns the lines before its answer; a literal is a line of its own.
    fn ask(&mut self, command: &[u8]) -> io::Result<Vec<String>> {
        self.stream.get_mut().write_all(command)?;
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if let Some(answer) = line.strip_prefix("x ") {
                return if answer.starts_with("OK") { Ok(lines) } else { Err(io::Error::other(line)) };
            }
            let size =
                line.strip_suffix('}').and_then(|start| start.rsplit_once('{')).and_then(|(_, size)| size.parse().ok());
            lines.push(line);
            if let Some(size) = size {
                let mut literal = vec![0; size];
                self.stream.read_exact(&mut literal)?;
                lines.push(String::from_utf8_lossy(&literal).into_owned());
            }
        }
    }
}

/// Stores messages at the source: (folder, flags, text).
pub(super) fn append(bed: &Bed, store: Store, user: &str, messages: &[(&str, &str, String)]) -> io::Result<()> {
    let mut imap = Imap::log_on((bed.host(store), IMAP).into(), user)?;
    for (folder, flags, text) in messages {
        if *folder != "INBOX" {
            imap.ask(format!("x CREATE {folder}\r\n").as_bytes())?;
        }
        imap.ask(format!("x APPEND {folder} ({flags}) {{{}+}}\r\n{text}\r\n", text.len()).as_bytes())?;
    }
    imap.ask(b"x LOGOUT\r\n").map(|_| ())
}

/// Returns the messages of a user in a store; `None` if the store has no mailbox of the user.
pub(super) fn mailbox(bed: &Bed, store: Store, user: &str) -> io::Result<Option<Vec<StoredMessage>>> {
    if !bed.folder().join("mail").join(store.name()).join(user).exists() {
        return Ok(None);
    }
    let mut imap = Imap::log_on((bed.host(store), IMAP).into(), user)?;
    let mut found = Vec::new();
    for line in imap.ask(b"x LIST \"\" *\r\n")? {
        let Some((_, folder)) = line.split_once("\"/\" ") else { continue };
        let lines = imap.ask(format!("x EXAMINE {folder}\r\n").as_bytes())?;
        if lines.iter().any(|line| line == "* 0 EXISTS") {
            continue;
        }
        let lines = imap.ask(b"x FETCH 1:* (FLAGS BODY.PEEK[])\r\n")?;
        for pair in lines.windows(2).filter(|pair| pair[0].contains(" FETCH (")) {
            found.push(message(folder, &pair[0], &pair[1]));
        }
    }
    Ok(Some(found))
}

fn message(folder: &str, line: &str, text: &str) -> StoredMessage {
    let flags = line.split_once("FLAGS (").and_then(|(_, rest)| rest.split_once(')')).map_or("", |(flags, _)| flags);
    let flags = flags.split(' ').filter(|flag| !flag.is_empty() && *flag != "\\Recent").map(str::to_owned).collect();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let field = "message-id:";
    let message_id = head.lines().find(|line| line.to_ascii_lowercase().starts_with(field));
    let message_id = message_id.map(|line| line[field.len()..].trim().to_owned());
    StoredMessage { folder: folder.to_owned(), message_id, text: body.trim_end().to_owned(), flags }
}

/// Returns the address to which mail is delivered: the proxy of the bed.
pub(super) fn delivery(bed: &Bed) -> SocketAddr {
    (bed.proxy(), LMTP).into()
}

/// Delivers a mail. Returns the code of the last answer.
pub(super) fn deliver(at: SocketAddr, user: &str, text: &str) -> io::Result<u16> {
    let stream = TcpStream::connect_timeout(&at, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let recipient = format!("RCPT TO:<{user}>\r\n");
    let body = format!("{text}\r\n.\r\n");
    let commands = ["", "LHLO trial\r\n", "MAIL FROM:<sender@example.test>\r\n", &recipient, "DATA\r\n", &body];
    let mut code = 0;
    for command in commands {
        stream.get_mut().write_all(command.as_bytes())?;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                code = line.get(..3).and_then(|code| code.parse().ok()).unwrap_or_default();
                break;
            }
        }
        if code >= 400 {
            break;
        }
    }
    Ok(code)
}

/// Returns the value of the home attribute.
pub(super) fn home(bed: &Bed, user: &str) -> Result<Option<String>, ldap3::LdapError> {
    let mut directory = LdapConn::new(&bed.directory_url())?;
    directory.simple_bind(ADMIN, PASSWORD)?.success()?;
    let (found, _) = directory.search(&Bed::dn(user), Scope::Base, "(objectClass=*)", ["mailHost"])?.success()?;
    let entry = found.into_iter().next().map(SearchEntry::construct);
    directory.unbind()?;
    Ok(entry.and_then(|entry| entry.attrs.get("mailHost").and_then(|values| values.first().cloned())))
}
