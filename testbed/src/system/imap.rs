//! One IMAP session: a login, commands, and every reply to them, the untagged ones included. Knows folders and messages, and no
//! directory.

use async_imap::error::Error;
use async_imap::imap_proto::{MailboxDatum, NameAttribute, Outcome, Response, ResponseCode, Status};
use async_imap::{Client, Session};
use tokio::io::AsyncWriteExt;

use super::config::{Access, Protection, Server};
use super::connection::{Connector, Stream};
use super::imap_reply::{body, broken, closed, ended, information, says, stored, uid, unescaped};
use super::message::StoredMessage;
use super::trouble::Trouble;

/// A folder of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// The name, as the server writes it.
    raw: String,
    /// The name with `/` between its parts, so that stores with other separators agree.
    pub(super) name: String,
}

/// The state of a folder at the moment at which it was opened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Opened {
    /// The number of messages.
    exists: u32,
    /// The epoch of the numbers of the messages.
    uid_validity: u32,
}

/// The purpose for which a folder is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing changes, not even the mark of recent messages.
    Read,
    /// Messages can be deleted.
    Write,
}

/// A session of one user on one server.
#[derive(Debug)]
pub(super) struct Imap<'c> {
    connector: &'c Connector,
    server: &'c Server,
    session: Session<Stream>,
    /// The text between the parts of a folder's name, once it is known.
    delimiter: Option<String>,
}

/// The end of a command that the server did.
#[derive(Debug, PartialEq, Eq)]
enum Done {
    Ok,
    /// Refused, because the folder does not exist but can be created.
    TryCreate,
}

impl<'c> Imap<'c> {
    /// Connects, starts TLS, and reads the greeting.
    pub(super) async fn greet(connector: &Connector, server: &Server) -> Result<(), Trouble> {
        greeted(connector, server).await.map(|_| ())
    }

    /// Connects, starts TLS and logs in.
    pub(super) async fn log_in(connector: &'c Connector, access: &'c Access, user: &str) -> Result<Self, Trouble> {
        let server = &access.server;
        let client = greeted(connector, server).await?;
        let login = access.login.replace("{user}", user);
        match connector.within(server, client.login(&login, access.password.text())).await? {
            Ok(session) => Ok(Self { connector, server, session, delimiter: None }),
            Err((Error::No(says) | Error::Bad(says), _)) => {
                let text = information(&says);
                Err(Trouble::Refused(format!("{} refuses the login of {login}: {text}", server.url)))
            }
            Err((Error::ConnectionLost, _)) => Err(closed(server)),
            Err((error, _)) => Err(broken(server, &error.to_string())),
        }
    }

    /// Sends a command, shows each reply, and returns the end of the command.
    async fn command(&mut self, text: &str, mut each: impl FnMut(&Response<'_>)) -> Result<Done, Trouble> {
        self.send(text, None, &mut each).await
    }

    /// Sends a command with an optional literal at its end.
    async fn send(
        &mut self,
        text: &str,
        mut literal: Option<&[u8]>,
        each: &mut dyn FnMut(&Response<'_>),
    ) -> Result<Done, Trouble> {
        let verb = text.split(' ').next().unwrap_or_default().to_owned();
        let sent = self.connector.within(self.server, self.session.run_command(text)).await?;
        let tag = sent.map_err(|error| broken(self.server, &error.to_string()))?;
        let mut warning = None;
        loop {
            let response = self.connector.within(self.server, self.session.read_response()).await?;
            let response = response.map_err(|reason| broken(self.server, &reason.to_string()))?;
            let Some(response) = response else { return Err(closed(self.server)) };
            let response = response.parsed();
            if let Response::Done { tag: of, status, outcome } = response
                && *of == tag
            {
                return self.done(&verb, status, outcome, warning);
            }
            if let Response::Continue(_) = response
                && let Some(bytes) = literal.take()
            {
                let stream = self.session.get_mut();
                let written = async {
                    stream.write_all(bytes).await?;
                    stream.write_all(b"\r\n").await?;
                    stream.flush().await
                };
                let written = self.connector.within(self.server, written).await?;
                written.map_err(|reason| broken(self.server, &reason.to_string()))?;
                continue;
            }
            if let Response::Data { status, outcome } = response {
                match status {
                    Status::Bye => return Err(ended(self.server, outcome)),
                    Status::No | Status::Bad if !matches!(outcome.code, Some(ResponseCode::Alert)) => {
                        warning.get_or_insert_with(|| says(outcome));
                    }
                    Status::Ok | Status::No | Status::Bad | Status::PreAuth => {}
                }
            }
            each(response);
        }
    }

    /// The end of a command. An untagged refusal before a tagged OK leaves open what the server did.
    fn done(
        &self,
        verb: &str,
        status: &Status,
        outcome: &Outcome<'_>,
        warning: Option<String>,
    ) -> Result<Done, Trouble> {
        let server = &self.server.url;
        match (status, warning) {
            (Status::Ok, None) => Ok(Done::Ok),
            (Status::Ok, Some(warning)) => {
                Err(Trouble::Unknown(format!("{server} answers OK to {verb} after the untagged refusal: {warning}")))
            }
            (Status::No, _) if matches!(outcome.code, Some(ResponseCode::TryCreate)) => Ok(Done::TryCreate),
            (Status::No | Status::Bad, _) => {
                Err(Trouble::Refused(format!("{server} refuses {verb}: {}", says(outcome))))
            }
            (Status::PreAuth | Status::Bye, _) => Err(ended(self.server, outcome)),
        }
    }

    /// Sends a command that has no end but success.
    async fn must(&mut self, text: &str, each: impl FnMut(&Response<'_>)) -> Result<(), Trouble> {
        match self.command(text, each).await? {
            Done::Ok => Ok(()),
            Done::TryCreate => {
                let verb = text.split(' ').next().unwrap_or_default();
                Err(Trouble::Refused(format!("{} refuses {verb}: the folder does not exist", self.server.url)))
            }
        }
    }

    /// Lists every folder that can be opened.
    pub(super) async fn folders(&mut self) -> Result<Vec<Folder>, Trouble> {
        let mut folders = Vec::new();
        self.must("LIST \"\" \"*\"", |response| {
            if let Response::MailboxData(MailboxDatum::List(found)) = response {
                let is_closed = found.name_attributes.iter().any(|attribute| {
                    *attribute == NameAttribute::NoSelect
                        || *attribute == NameAttribute::Extension("\\NonExistent".into())
                });
                if !is_closed {
                    let raw = unescaped(&found.name);
                    let name = match found.delimiter.as_deref() {
                        Some(delimiter) if delimiter != "/" && !raw.contains('/') => raw.replace(delimiter, "/"),
                        Some(_) | None => raw.clone(),
                    };
                    folders.push(Folder { raw, name });
                }
            }
        })
        .await?;
        folders.sort_by(|one: &Folder, other| one.name.cmp(&other.name));
        Ok(folders)
    }

    /// Returns the name of a folder as the server writes it, for a command.
    async fn written(&mut self, folder: &str) -> Result<String, Trouble> {
        if !folder.contains('/') {
            return self.quoted(folder);
        }
        if self.delimiter.is_none() {
            let mut found = None;
            self.must("LIST \"\" \"\"", |response| {
                if let Response::MailboxData(MailboxDatum::List(root)) = response {
                    found = root.delimiter.as_ref().map(|delimiter| delimiter.clone().into_owned());
                }
            })
            .await?;
            self.delimiter = found;
        }
        let delimiter = self.delimiter.clone().ok_or_else(|| {
            Trouble::Refused(format!("{} has no folders below folders, so not `{folder}`", self.server.url))
        })?;
        if delimiter != "/" && folder.contains(&delimiter) {
            let says =
                format!("{} separates folders by `{delimiter}`, so `{folder}` has no name there", self.server.url);
            return Err(Trouble::Refused(says));
        }
        self.quoted(&folder.replace('/', &delimiter))
    }

    /// Opens a folder.
    pub(super) async fn open(&mut self, folder: &str, purpose: Purpose) -> Result<Opened, Trouble> {
        let name = self.written(folder).await?;
        self.open_named(&name, purpose).await
    }

    async fn open_named(&mut self, name: &str, purpose: Purpose) -> Result<Opened, Trouble> {
        let verb = match purpose {
            Purpose::Read => "EXAMINE",
            Purpose::Write => "SELECT",
        };
        let mut opened = Opened::default();
        self.must(&format!("{verb} {name}"), |response| {
            if let Response::MailboxData(MailboxDatum::Exists(count)) = response {
                opened.exists = *count;
            }
            if let Response::Data { outcome: Outcome { code: Some(ResponseCode::UidValidity(value)), .. }, .. } =
                response
            {
                opened.uid_validity = *value;
            }
        })
        .await?;
        Ok(opened)
    }

    /// Reads every message of a folder, and changes nothing.
    pub(super) async fn messages(&mut self, folder: &Folder) -> Result<Vec<StoredMessage>, Trouble> {
        let raw = self.quoted(&folder.raw)?;
        let opened = self.open_named(&raw, Purpose::Read).await?;
        let mut messages = Vec::new();
        if opened.exists == 0 {
            return Ok(messages);
        }
        let mut expunged = 0;
        self.must("UID FETCH 1:* (UID FLAGS BODY.PEEK[])", |response| {
            if let Response::Expunge(_) = response {
                expunged += 1;
            }
            if let Response::Fetch(_, attributes) = response {
                messages.extend(stored(&folder.name, opened.uid_validity, attributes));
            }
        })
        .await?;
        let read = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        if read.saturating_add(expunged) < opened.exists {
            let says = format!("{} shows {read} of {} messages in {}", self.server.url, opened.exists, folder.name);
            return Err(Trouble::Unknown(says));
        }
        messages.sort();
        Ok(messages)
    }

    /// Reads the bytes of a message.
    pub(super) async fn bytes(&mut self, message: &StoredMessage) -> Result<Vec<u8>, Trouble> {
        self.open_same(message, Purpose::Read).await?;
        let mut found = None;
        self.must(&format!("UID FETCH {} (UID BODY.PEEK[])", message.uid), |response| {
            if let Response::Fetch(_, attributes) = response
                && uid(attributes) == Some(message.uid)
            {
                found = found.take().or_else(|| body(attributes).map(<[u8]>::to_vec));
            }
        })
        .await?;
        found.ok_or_else(|| self.gone(message))
    }

    /// Deletes copies of messages, all of one folder.
    pub(super) async fn delete(&mut self, folder: &str, messages: &[&StoredMessage]) -> Result<(), Trouble> {
        let Some(first) = messages.first() else { return Ok(()) };
        let mut has_uid_plus = false;
        self.must("CAPABILITY", |response| {
            if let Response::Capabilities(names) = response {
                has_uid_plus |= names.iter().any(|name| format!("{name:?}").contains("\"UIDPLUS\""));
            }
        })
        .await?;
        if !has_uid_plus {
            let says =
                format!("{} lacks UIDPLUS: deleting one message in {folder} would delete others", self.server.url);
            return Err(Trouble::Refused(says));
        }
        self.open_same(first, Purpose::Write).await?;
        let numbers: Vec<String> = messages.iter().map(|message| message.uid.to_string()).collect();
        let numbers = numbers.join(",");
        self.must(&format!("UID STORE {numbers} +FLAGS.SILENT (\\Deleted)"), |_| {}).await?;
        self.must(&format!("UID EXPUNGE {numbers}"), |_| {}).await
    }

    /// Appends a message to a folder, which is created if it is missing.
    pub(super) async fn append(&mut self, folder: &str, message: &[u8], flags: &[String]) -> Result<(), Trouble> {
        let name = self.written(folder).await?;
        let command = format!("APPEND {name} ({}) {{{}}}", flags.join(" "), message.len());
        if self.send(&command, Some(message), &mut |_| {}).await? == Done::Ok {
            return Ok(());
        }
        self.must(&format!("CREATE {name}"), |_| {}).await?;
        match self.send(&command, Some(message), &mut |_| {}).await? {
            Done::Ok => Ok(()),
            Done::TryCreate => Err(Trouble::Refused(format!("{} has no folder {folder}", self.server.url))),
        }
    }

    /// Creates a folder.
    pub(super) async fn create(&mut self, folder: &str) -> Result<(), Trouble> {
        let name = self.written(folder).await?;
        self.must(&format!("CREATE {name}"), |_| {}).await
    }

    /// Ends the session. Its requests have been answered, so that a server that does not answer any more has lost nothing.
    pub(super) async fn log_out(mut self) {
        let logout = async {
            if self.session.run_command("LOGOUT").await.is_ok() {
                while let Ok(Some(_)) = self.session.read_response().await {}
            }
        };
        let _ = tokio::time::timeout(self.connector.answer, logout).await;
    }

    /// Opens the folder of a message, if its numbers are still those of the list.
    async fn open_same(&mut self, message: &StoredMessage, purpose: Purpose) -> Result<(), Trouble> {
        let opened = self.open(&message.folder, purpose).await?;
        if opened.uid_validity == message.uid_validity { Ok(()) } else { Err(self.gone(message)) }
    }

    fn gone(&self, message: &StoredMessage) -> Trouble {
        Trouble::Refused(format!(
            "{} has no message {} in {} any more",
            self.server.url,
            message.name(),
            message.folder
        ))
    }

    fn quoted(&self, folder: &str) -> Result<String, Trouble> {
        if folder.is_empty() || folder.chars().any(|letter| letter.is_control() || !letter.is_ascii()) {
            let says = format!("{} cannot have a folder `{}`", self.server.url, folder.escape_debug());
            return Err(Trouble::Refused(says));
        }
        Ok(format!("\"{}\"", folder.replace('\\', "\\\\").replace('"', "\\\"")))
    }
}

/// Connects to a server and reads its greeting.
async fn greeted(connector: &Connector, server: &Server) -> Result<Client<Stream>, Trouble> {
    let stream: Stream = Box::new(connector.connect(server).await?);
    match server.protection {
        Protection::Plain => greeting(connector, server, stream).await,
        Protection::Tls => greeting(connector, server, connector.protect(server, stream).await?).await,
        Protection::StartTls => {
            let mut client = greeting(connector, server, stream).await?;
            let started = connector.within(server, client.run_command_and_check_ok("STARTTLS", None)).await?;
            started.map_err(|error| {
                Trouble::Unreachable(format!("{} does not start TLS: {}", server.url, information(&error.to_string())))
            })?;
            // Bytes that came before TLS are dropped with the client.
            Ok(Client::new(connector.protect(server, client.into_inner()).await?))
        }
    }
}

async fn greeting(connector: &Connector, server: &Server, stream: Stream) -> Result<Client<Stream>, Trouble> {
    let mut client = Client::new(stream);
    let response = connector.within(server, client.read_response()).await?;
    let response = response.map_err(|reason| broken(server, &reason.to_string()))?;
    let Some(response) = response else { return Err(closed(server)) };
    if let Response::Data { status: Status::Ok, .. } = response.parsed() {
        return Ok(client);
    }
    if let Response::Data { outcome, .. } = response.parsed() {
        return Err(ended(server, outcome));
    }
    Err(broken(server, "the greeting is another one"))
}
