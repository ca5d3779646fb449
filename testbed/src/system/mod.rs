//! One site as it really is: a directory that names the store of each mailbox, IMAP stores, and the way of new mail. It reads and
//! writes; it does not judge, and it knows no procedure.
//!
//! [`Config`] is one TOML file (`config`, `config_reader`, `secret`). [`System`] is what it names: `directory` (LDAP or two commands, `command`),
//! `imap` (one session for each request, `imap_reply`), `lmtp`. `connection` has TLS and the longest waits, `message` the names of messages.
//!
//! Observing changes nothing: folders are opened by EXAMINE, and bodies are read by PEEK. A login may create an empty inbox in a
//! store that has none; the command `present` of the configuration avoids that.

mod command;
mod config;
mod config_reader;
mod connection;
mod directory;
mod imap;
mod imap_reply;
mod lmtp;
mod message;
mod secret;
mod trouble;

use tokio::runtime::Runtime;

pub use self::config::Directory;
pub use self::config::{
    Access, Config, ConfigError, DeliveryConfig, LdapConfig, Protection, Route, Server, StoreConfig,
};
pub use self::directory::{Home, Named, Written};
pub use self::lmtp::Delivery;
pub use self::message::{StoredMessage, identity};
pub use self::secret::Secret;
pub use self::trouble::{SystemError, Trouble};

use self::command::Ended;
use self::connection::Connector;
use self::imap::{Imap, Purpose};

/// The folder in which new mail arrives.
pub const INBOX: &str = "INBOX";

/// A site.
#[derive(Debug)]
pub struct System {
    config: Config,
    connector: Connector,
    runtime: Runtime,
}

impl System {
    /// Prepares connections to a site, and makes none.
    ///
    /// # Errors
    /// A file with certificates cannot be used.
    pub fn new(config: Config) -> Result<Self, SystemError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(SystemError::Runtime)?;
        let connector = Connector::new(config.servers().into_iter(), config.answer)?;
        Ok(Self { config, connector, runtime })
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Connects to every server once, so that a wrong address or a server that hangs is found before any work.
    ///
    /// # Errors
    /// A server did not answer, has a certificate that is not accepted, or refuses the login of the directory.
    pub fn check(&self) -> Result<(), Trouble> {
        self.runtime.block_on(async {
            if let Directory::Ldap(_) = self.config.directory {
                directory::home(&self.config, &self.connector, "stranded").await?;
            }
            for access in self.config.stores.iter().map(|store| &store.access).chain(&self.config.logon) {
                Imap::greet(&self.connector, &access.server).await?;
            }
            match self.config.delivery.as_ref().map(|delivery| &delivery.route) {
                Some(Route::Lmtp { server, .. }) => lmtp::greet(&self.connector, server).await,
                Some(Route::Append(_)) | None => Ok(()),
            }
        })
    }

    /// Reads the home of a user; `None` if the directory has no such user.
    ///
    /// # Errors
    /// The directory did not answer.
    pub fn home(&self, user: &str) -> Result<Option<Home>, Trouble> {
        is_name(user)?;
        self.runtime.block_on(directory::home(&self.config, &self.connector, user))
    }

    /// Writes the name of a store into the home of a user. With `expected`, the directory writes only if the entry has this home
    /// and this version.
    ///
    /// # Errors
    /// The directory declined the write or did not answer.
    pub fn set_home(&self, user: &str, expected: Option<&Home>, to: &str) -> Result<Written, Trouble> {
        is_name(user)?;
        let value = &self.store(to)?.home;
        self.runtime.block_on(directory::set_home(&self.config, &self.connector, user, expected, value))
    }

    /// Creates the entry of a user whose home is this store.
    ///
    /// # Errors
    /// The directory declined, did not answer, or is two commands.
    pub fn create_user(&self, user: &str, home: &str) -> Result<(), Trouble> {
        is_name(user)?;
        let value = &self.store(home)?.home;
        self.runtime.block_on(directory::create(self.ldap("create entries")?, &self.connector, user, value))
    }

    /// Deletes the entry of a user.
    ///
    /// # Errors
    /// The directory declined, did not answer, or is two commands.
    pub fn delete_user(&self, user: &str) -> Result<Written, Trouble> {
        is_name(user)?;
        self.runtime.block_on(directory::delete(self.ldap("delete entries")?, &self.connector, user))
    }

    /// Lists the users whose entries have a home.
    ///
    /// # Errors
    /// The directory did not answer, or is two commands.
    pub fn users(&self) -> Result<Vec<String>, Trouble> {
        self.runtime.block_on(directory::users(self.ldap("list users")?, &self.connector))
    }

    /// Returns true if a store has the mailbox of a user. Without a command that says so, every mailbox is said to be there.
    ///
    /// # Errors
    /// The command did not answer.
    pub fn is_present(&self, store: &str, user: &str) -> Result<bool, Trouble> {
        is_name(user)?;
        self.runtime.block_on(self.presence(self.store(store)?, user))
    }

    /// Reads every folder of a mailbox, and changes nothing; `None` if the store has no such mailbox.
    ///
    /// # Errors
    /// The store did not answer, or did not show everything.
    pub fn mailbox(&self, store: &str, user: &str) -> Result<Option<Vec<StoredMessage>>, Trouble> {
        is_name(user)?;
        let store = self.store(store)?;
        self.runtime.block_on(async {
            if !self.presence(store, user).await? {
                return Ok(None);
            }
            self.read(&store.access, user).await
        })
    }

    /// Appends a message to a folder of a mailbox. A folder that is missing is created.
    ///
    /// # Errors
    /// The store declined or did not answer.
    pub fn append(
        &self,
        store: &str,
        user: &str,
        folder: &str,
        message: &[u8],
        flags: &[String],
    ) -> Result<(), Trouble> {
        self.in_session(store, user, async |session| session.append(folder, message, flags).await)
    }

    /// Reads the bytes of a message.
    ///
    /// # Errors
    /// The store has the message no more, or did not answer.
    pub fn fetch(&self, store: &str, user: &str, message: &StoredMessage) -> Result<Vec<u8>, Trouble> {
        self.in_session(store, user, async |session| session.bytes(message).await)
    }

    /// Deletes one copy of a message.
    ///
    /// # Errors
    /// The store declined or did not answer.
    pub fn delete(&self, store: &str, user: &str, message: &StoredMessage) -> Result<(), Trouble> {
        self.delete_all(store, user, &[message])
    }

    /// Deletes copies of messages, folder by folder.
    ///
    /// # Errors
    /// The store declined or did not answer; some copies may be deleted.
    pub fn delete_all(&self, store: &str, user: &str, messages: &[&StoredMessage]) -> Result<(), Trouble> {
        let mut folders: Vec<&str> = messages.iter().map(|message| message.folder.as_str()).collect();
        folders.sort_unstable();
        folders.dedup();
        self.in_session(store, user, async |session| {
            for folder in folders {
                let here: Vec<_> = messages.iter().copied().filter(|message| message.folder == folder).collect();
                session.delete(folder, &here).await?;
            }
            Ok(())
        })
    }

    /// Creates a mailbox: a login does so in most stores; the others are asked for the inbox.
    ///
    /// # Errors
    /// The store declined or did not answer.
    pub fn create_mailbox(&self, store: &str, user: &str) -> Result<(), Trouble> {
        self.in_session(store, user, async |session| {
            if session.folders().await?.iter().any(|folder| folder.name.eq_ignore_ascii_case(INBOX)) {
                return session.open(INBOX, Purpose::Write).await.map(|_| ());
            }
            session.create(INBOX).await
        })
    }

    /// Deletes a mailbox with its inbox, by the command of the configuration.
    ///
    /// # Errors
    /// There is no such command, or it failed.
    pub fn delete_mailbox(&self, store: &str, user: &str) -> Result<(), Trouble> {
        is_name(user)?;
        let store = self.store(store)?;
        let Some(words) = &store.delete else {
            let says = format!("IMAP cannot delete the inbox; set `delete` in [stores.{}] to a command", store.name);
            return Err(Trouble::Refused(says));
        };
        match self.runtime.block_on(self.asks(words, user))? {
            true => Ok(()),
            false => Err(Trouble::Refused(format!("{} did not delete the mailbox", words.join(" ")))),
        }
    }

    /// Holds the mail of a user back, or delivers it again, by a command of the configuration.
    ///
    /// # Errors
    /// There is no such command, or it failed.
    pub fn hold_mail(&self, user: &str, held: bool) -> Result<(), Trouble> {
        is_name(user)?;
        let delivery = self.transport()?;
        let (key, words) = if held { ("hold", &delivery.hold) } else { ("release", &delivery.release) };
        match self.runtime.block_on(self.asks(configured(key, words)?, user))? {
            true => Ok(()),
            false => Err(Trouble::Refused(format!("the command `{key}` of [delivery] declined"))),
        }
    }

    /// Returns true if no mail of a user waits, by a command of the configuration.
    ///
    /// # Errors
    /// There is no such command, or it failed.
    pub fn has_no_waiting_mail(&self, user: &str) -> Result<bool, Trouble> {
        is_name(user)?;
        self.runtime.block_on(self.asks(configured("empty", &self.transport()?.empty)?, user))
    }

    /// Delivers a message.
    ///
    /// # Errors
    /// Nothing was delivered, because the server could not be asked.
    pub fn deliver(&self, user: &str, message: &[u8]) -> Result<Delivery, Trouble> {
        is_name(user)?;
        match &self.transport()?.route {
            Route::Lmtp { server, recipient } => {
                let recipient = recipient.replace("{user}", user);
                if recipient.contains(['<', '>', ' ']) {
                    return Err(Trouble::Refused(format!("`{}` is no recipient", recipient.escape_debug())));
                }
                self.runtime.block_on(lmtp::deliver(&self.connector, server, &recipient, message))
            }
            Route::Append(folder) => match self.home(user)?.map(|home| home.named) {
                Some(Named::Store(store)) => Ok(match self.append(&store, user, folder, message, &[]) {
                    Ok(()) => Delivery::Stored,
                    Err(Trouble::Refused(says) | Trouble::Unreachable(says)) => Delivery::Deferred(says),
                    Err(Trouble::Unknown(says)) => Delivery::Unknown(says),
                }),
                Some(Named::Other(_) | Named::Nothing) | None => {
                    Ok(Delivery::Returned(format!("the directory names no store for {user}")))
                }
            },
        }
    }

    /// Logs on as the user does, and reads what the user sees. A logon may create an empty inbox.
    ///
    /// # Errors
    /// The user cannot log on, or the server did not answer.
    pub fn log_on(&self, user: &str) -> Result<Vec<StoredMessage>, Trouble> {
        is_name(user)?;
        let Some(access) = &self.config.logon else {
            return Err(Trouble::Refused("the configuration has no [logon]".to_owned()));
        };
        self.runtime.block_on(self.read(access, user)).map(Option::unwrap_or_default)
    }

    async fn presence(&self, store: &StoreConfig, user: &str) -> Result<bool, Trouble> {
        match &store.present {
            None => Ok(true),
            Some(words) => self.asks(words, user).await,
        }
    }

    /// Runs a command for a user; its exit code 0 means yes, 1 no.
    async fn asks(&self, words: &[String], user: &str) -> Result<bool, Trouble> {
        match command::run(words, &[("{user}", user)], self.connector.answer).await? {
            Ended { code: 0, .. } => Ok(true),
            Ended { code: 1, .. } => Ok(false),
            Ended { code, .. } => Err(command::unexpected(words, code)),
        }
    }

    async fn read(&self, access: &Access, user: &str) -> Result<Option<Vec<StoredMessage>>, Trouble> {
        let mut session = Imap::log_in(&self.connector, access, user).await?;
        let folders = session.folders().await?;
        let mut messages = Vec::new();
        for folder in &folders {
            messages.extend(session.messages(folder).await?);
        }
        session.log_out().await;
        Ok((!folders.is_empty()).then_some(messages))
    }

    /// Performs requests in one session of a user.
    fn in_session<T>(
        &self,
        store: &str,
        user: &str,
        requests: impl AsyncFnOnce(&mut Imap<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        is_name(user)?;
        let store = self.store(store)?;
        self.runtime.block_on(async {
            let mut session = Imap::log_in(&self.connector, &store.access, user).await?;
            let result = requests(&mut session).await;
            if result.is_ok() {
                session.log_out().await;
            }
            result
        })
    }

    fn store(&self, name: &str) -> Result<&StoreConfig, Trouble> {
        self.config.store(name).ok_or_else(|| Trouble::Refused(format!("the configuration has no [stores.{name}]")))
    }

    fn transport(&self) -> Result<&DeliveryConfig, Trouble> {
        self.config.delivery.as_ref().ok_or_else(|| Trouble::Refused("the configuration has no [delivery]".to_owned()))
    }

    fn ldap(&self, act: &str) -> Result<&LdapConfig, Trouble> {
        match &self.config.directory {
            Directory::Ldap(config) => Ok(config),
            Directory::Commands { .. } => Err(Trouble::Refused(format!("a directory of two commands cannot {act}"))),
        }
    }
}

fn configured<'c>(key: &str, words: &'c Option<Vec<String>>) -> Result<&'c [String], Trouble> {
    words.as_deref().ok_or_else(|| Trouble::Refused(format!("[delivery] has no command `{key}`")))
}

/// Refuses a user name that could mean something else to a command or a server.
fn is_name(user: &str) -> Result<(), Trouble> {
    let is_path = user == "." || user == ".." || user.contains('/');
    if user.is_empty() || user.starts_with('-') || is_path || user.chars().any(char::is_control) {
        return Err(Trouble::Refused(format!("`{}` is no name of a user", user.escape_debug())));
    }
    Ok(())
}
