//! The configuration of a system: one TOML file. Each error names the line and the accepted form. Secrets come from the
//! environment or from a file that only its owner can read, never from this file. `config_reader` reads the tables.

use std::path::PathBuf;
use std::time::Duration;

use stranded_search::scenario::{Diagnostics, SourceText, parse_toml};

use super::config_reader;
use super::secret::Secret;

/// Errors in a configuration.
pub type ConfigError = Diagnostics;

/// One site: a directory, named stores, and the servers through which users receive and read mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The directory.
    pub directory: Directory,
    /// The stores in the order of the file.
    pub stores: Vec<StoreConfig>,
    /// The delivery of new mail; none if the system has none that `stranded` may use.
    pub delivery: Option<DeliveryConfig>,
    /// The server on which users log on.
    pub logon: Option<Access>,
    /// The time that a server has for each answer.
    pub answer: Duration,
}

impl Config {
    /// Returns a text of another program with a placeholder for each password that it shows.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        let directory = match &self.directory {
            Directory::Ldap(ldap) => vec![Some(&ldap.password), ldap.new_password.as_ref()],
            Directory::Commands { .. } => Vec::new(),
        };
        let stores = self.stores.iter().map(|store| Some(&store.access.password));
        let all = stores.chain(directory).chain([self.logon.as_ref().map(|access| &access.password)]).flatten();
        let secrets = all.map(Secret::text).filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "{password}"))
    }
}

/// The directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directory {
    /// An LDAP server.
    Ldap(Box<LdapConfig>),
    /// Two commands.
    Commands {
        /// Prints the home of `{user}`.
        read: Vec<String>,
        /// Changes the home of `{user}` from `{old}` to `{new}`.
        write: Vec<String>,
    },
}

/// An LDAP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapConfig {
    /// The server.
    pub server: Server,
    /// The distinguished name that logs in.
    pub bind: String,
    /// Its password.
    pub password: Secret,
    /// The distinguished name of a user's entry, with `{user}`.
    pub entry: String,
    /// The attribute that names the store of a mailbox.
    pub home: String,
    /// The classes of the entries that the adapter creates.
    pub new_entry: Vec<String>,
    /// The password of the users that the adapter creates, as the attribute `userPassword`.
    pub new_password: Option<Secret>,
}

/// A store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    /// The name of the store in scenarios and snapshots.
    pub name: String,
    /// The value of the home attribute that names it.
    pub home: String,
    /// The way into it.
    pub access: Access,
    /// A command that says whether a mailbox exists, without a login.
    pub present: Option<Vec<String>>,
    /// A command that deletes a mailbox with its inbox, which IMAP cannot do.
    pub delete: Option<Vec<String>>,
}

/// A login to an IMAP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The server.
    pub server: Server,
    /// The name that logs in, with `{user}`.
    pub login: String,
    /// The password.
    pub password: Secret,
}

/// The way of new mail, and the commands that hold it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryConfig {
    /// The way.
    pub route: Route,
    /// A command that holds the mail of `{user}` back.
    pub hold: Option<Vec<String>>,
    /// A command that delivers the mail of `{user}` again.
    pub release: Option<Vec<String>>,
    /// A command that says whether no mail of `{user}` waits.
    pub empty: Option<Vec<String>>,
}

/// The way of new mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// An LMTP server.
    Lmtp {
        /// The server.
        server: Server,
        /// The recipient, with `{user}`.
        recipient: String,
    },
    /// IMAP `APPEND` to this folder of the store that the directory names.
    Append(String),
}

/// The address of a server and the protection of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The address as it stands in the file.
    pub url: String,
    /// The host name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The protection of the connection.
    pub protection: Protection,
    /// A file with certificates that are trusted in addition to those of this machine.
    pub ca: Option<PathBuf>,
}

/// The protection of a connection. A certificate is always verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// None: only to this machine, or if the file permits it.
    Plain,
    /// TLS from the first byte.
    Tls,
    /// TLS after the command that starts it.
    StartTls,
}

impl Config {
    /// Reads a configuration. `name` is the name of its file; paths in the file are relative to the folder of that file.
    ///
    /// # Errors
    /// Everything that is wrong with the text, and secrets that cannot be used.
    pub fn read(name: &str, text: &str) -> Result<Self, ConfigError> {
        let file = SourceText { name: name.to_owned(), text: text.to_owned() };
        parse_toml(file, |root, found| config_reader::read(name, root, found))
    }

    /// Returns every server.
    pub(super) fn servers(&self) -> Vec<&Server> {
        let mut servers: Vec<&Server> = self.stores.iter().map(|store| &store.access.server).collect();
        servers.extend(self.logon.iter().map(|access| &access.server));
        match &self.directory {
            Directory::Ldap(config) => servers.push(&config.server),
            Directory::Commands { .. } => {}
        }
        match self.delivery.as_ref().map(|delivery| &delivery.route) {
            Some(Route::Lmtp { server, .. }) => servers.push(server),
            Some(Route::Append(_)) | None => {}
        }
        servers
    }

    /// Returns the store of this name.
    #[must_use]
    pub fn store(&self, name: &str) -> Option<&StoreConfig> {
        self.stores.iter().find(|store| store.name == name)
    }
}
