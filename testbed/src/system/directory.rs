//! The directory of a system: one LDAP connection for each request, or one command. Writes can depend on what was read.

use std::collections::HashSet;

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::controls::{Assertion, MakeCritical};
use ldap3::{
    Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, Mod, Scope, SearchEntry, dn_escape, ldap_escape,
};

use super::command::{self, Ended};
use super::config::{Config, Directory, LdapConfig, Protection};
use super::connection::{Connector, refused, silent};
use super::trouble::Trouble;

/// The attribute that changes with every change of an entry.
const VERSION: &str = "entryCSN";
/// Result codes of LDAP. [RFC 4511, RFC 4528]
const NO_SUCH_OBJECT: u32 = 32;
const ASSERTION_FAILED: u32 = 122;
/// Entries of one page of a search.
const PAGE: i32 = 500;

/// The home of a user, as the directory names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The store.
    pub named: Named,
    /// The version of the entry; none if the directory has no versions.
    pub version: Option<String>,
}

/// The value of the home attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// It names this store of the configuration.
    Store(String),
    /// It names no store of the configuration.
    Other(String),
    /// The entry has no value.
    Nothing,
}

/// The result of a write to the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is done.
    Done,
    /// The entry was not what the write expected; nothing has changed.
    Differed,
    /// The directory has no entry of this user; nothing has changed.
    NoEntry,
}

/// Reads the home of a user; `None` if the directory has no such user.
pub(super) async fn home(config: &Config, connector: &Connector, user: &str) -> Result<Option<Home>, Trouble> {
    let found = match &config.directory {
        Directory::Ldap(ldap) => read(connector, ldap, user).await?,
        Directory::Commands { read, .. } => match command::run(read, &[("{user}", user)], connector.answer).await? {
            Ended { code: 0, output } => Some((output.lines().map(str::to_owned).collect(), None)),
            Ended { code: 1, .. } => None,
            Ended { code, .. } => return Err(command::unexpected(read, code)),
        },
    };
    Ok(found.map(|(values, version)| Home { named: named(config, &values), version }))
}

/// Writes the home of a user, if the entry is still what was read.
pub(super) async fn set_home(
    config: &Config,
    connector: &Connector,
    user: &str,
    expected: Option<&Home>,
    to: &str,
) -> Result<Written, Trouble> {
    match &config.directory {
        Directory::Ldap(ldap) => {
            let assertion = expected.map(|home| assertion(ldap, home, value(config, &home.named)));
            modify(connector, ldap, user, assertion, to).await
        }
        Directory::Commands { write, .. } => {
            let old = expected.and_then(|home| value(config, &home.named)).unwrap_or_default();
            let words = [("{user}", user), ("{old}", old), ("{new}", to)];
            match command::run(write, &words, connector.answer).await? {
                Ended { code: 0, .. } => Ok(Written::Done),
                Ended { code: 1, .. } => Ok(Written::Differed),
                Ended { code, .. } => Err(command::unexpected(write, code)),
            }
        }
    }
}

/// Creates the entry of a user.
pub(super) async fn create(config: &LdapConfig, connector: &Connector, user: &str, home: &str) -> Result<(), Trouble> {
    let mut directory = bound(connector, config).await?;
    let one = |text: &str| HashSet::from([text.to_owned()]);
    let mut attributes = vec![("objectClass".to_owned(), config.new_entry.iter().cloned().collect::<HashSet<_>>())];
    attributes.extend(["uid", "cn", "sn"].map(|name| (name.to_owned(), one(user))));
    attributes.push((config.home.clone(), one(home)));
    attributes.extend(config.new_password.as_ref().map(|secret| ("userPassword".to_owned(), one(secret.text()))));
    let added = directory.with_timeout(connector.answer).add(&dn(config, user), attributes).await;
    ended(directory, config, connector, added).await.and_then(|result| match result.rc {
        0 => Ok(()),
        _ => Err(declined(config, &result)),
    })
}

/// Deletes the entry of a user. An entry that does not exist is no error.
pub(super) async fn delete(config: &LdapConfig, connector: &Connector, user: &str) -> Result<Written, Trouble> {
    let mut directory = bound(connector, config).await?;
    let deleted = directory.with_timeout(connector.answer).delete(&dn(config, user)).await;
    written(config, &ended(directory, config, connector, deleted).await?)
}

/// Lists the users whose entries have a home.
pub(super) async fn users(config: &LdapConfig, connector: &Connector) -> Result<Vec<String>, Trouble> {
    let Some((name, base)) = below(&config.entry) else {
        let says = format!("`entry` is `{}`: only for `ATTRIBUTE={{user}},BASE` can users be listed", config.entry);
        return Err(Trouble::Refused(says));
    };
    let mut directory = bound(connector, config).await?;
    let adapters: Vec<Box<dyn Adapter<_, _>>> = vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
    let filter = format!("({}=*)", config.home);
    let wrong = |error: &LdapError| trouble(config, connector, error);
    let search = directory.streaming_search_with(adapters, base, Scope::OneLevel, &filter, vec![name]);
    let mut stream = connector.within(&config.server, search).await?.map_err(|error| wrong(&error))?;
    let mut users = Vec::new();
    while let Some(entry) = connector.within(&config.server, stream.next()).await?.map_err(|error| wrong(&error))? {
        let mut attributes = SearchEntry::construct(entry).attrs;
        users.extend(attributes.remove(name).and_then(|values| values.into_iter().next()));
    }
    let result = stream.finish().await;
    users.sort();
    if result.rc == 0 { Ok(users) } else { Err(declined(config, &result)) }
}

/// The attribute and the base of an entry `ATTRIBUTE={user},BASE`.
fn below(entry: &str) -> Option<(&str, &str)> {
    let (name, base) = entry.split_once("={user},")?;
    (!name.contains([',', '+', '{']) && !base.contains("{user}")).then_some((name, base))
}

/// The values of the home attribute, and the version of the entry.
type Entry = (Vec<String>, Option<String>);

async fn read(connector: &Connector, config: &LdapConfig, user: &str) -> Result<Option<Entry>, Trouble> {
    let mut directory = bound(connector, config).await?;
    let names = vec![config.home.as_str(), VERSION];
    directory.with_timeout(connector.answer);
    let found = directory.search(&dn(config, user), Scope::Base, "(objectClass=*)", names).await;
    let result = ended(directory, config, connector, found).await?;
    match result.1.rc {
        0 => {}
        NO_SUCH_OBJECT => return Ok(None),
        _ => return Err(declined(config, &result.1)),
    }
    let Some(entry) = result.0.into_iter().next() else { return Ok(None) };
    let attributes = SearchEntry::construct(entry).attrs;
    let values = |name: &str| {
        let found = attributes.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, values)| values.clone()).unwrap_or_default()
    };
    Ok(Some((values(&config.home), values(VERSION).into_iter().next())))
}

async fn modify(
    connector: &Connector,
    config: &LdapConfig,
    user: &str,
    assertion: Option<String>,
    to: &str,
) -> Result<Written, Trouble> {
    let mut directory = bound(connector, config).await?;
    directory.with_timeout(connector.answer);
    if let Some(filter) = assertion {
        directory.with_controls(Assertion { filter }.critical());
    }
    let change = vec![Mod::Replace(config.home.as_str(), HashSet::from([to]))];
    let modified = directory.modify(&dn(config, user), change).await;
    written(config, &ended(directory, config, connector, modified).await?)
}

/// The filter that is true of the entry as it was read.
fn assertion(config: &LdapConfig, home: &Home, value: Option<&str>) -> String {
    let name = &config.home;
    let value = match value {
        Some(value) => format!("({name}={})", ldap_escape(value)),
        None => format!("(!({name}=*))"),
    };
    match &home.version {
        Some(version) => format!("(&{value}({VERSION}={}))", ldap_escape(version.as_str())),
        None => value,
    }
}

fn written(config: &LdapConfig, result: &LdapResult) -> Result<Written, Trouble> {
    match result.rc {
        0 => Ok(Written::Done),
        ASSERTION_FAILED => Ok(Written::Differed),
        NO_SUCH_OBJECT => Ok(Written::NoEntry),
        _ => Err(declined(config, result)),
    }
}

/// Connects and logs in.
async fn bound(connector: &Connector, config: &LdapConfig) -> Result<Ldap, Trouble> {
    let server = &config.server;
    let stream = connector.connect(server).await?.into_std();
    let stream = stream.map_err(|reason| Trouble::Unreachable(format!("cannot use {}: {reason}", server.url)))?;
    let mut settings = LdapConnSettings::new().set_std_stream(ldap3::StdStream::Tcp(stream));
    settings = match server.protection {
        Protection::Plain => settings,
        Protection::Tls => settings.set_config(connector.rules(server)),
        Protection::StartTls => settings.set_config(connector.rules(server)).set_starttls(true),
    };
    let connected = connector.within(server, LdapConnAsync::with_settings(settings, &server.url)).await;
    let connected = connected.map_err(|_| Trouble::Unreachable(silent(server, connector.answer)))?;
    let (connection, mut directory) =
        connected.map_err(|error| Trouble::Unreachable(refused(server, &reason(&error))))?;
    tokio::spawn(connection.drive());
    let bound = directory.with_timeout(connector.answer).simple_bind(&config.bind, config.password.text()).await;
    let bound = bound.map_err(|error| trouble(config, connector, &error))?;
    if bound.rc == 0 {
        return Ok(directory);
    }
    let says = describe(&bound);
    Err(Trouble::Refused(format!("{} refuses the login of {}: {says}", server.url, config.bind)))
}

/// Ends a connection after its request.
async fn ended<T>(
    mut directory: Ldap,
    config: &LdapConfig,
    connector: &Connector,
    result: Result<T, LdapError>,
) -> Result<T, Trouble> {
    if result.is_ok() {
        let _ = tokio::time::timeout(connector.answer, directory.unbind()).await;
    }
    result.map_err(|error| trouble(config, connector, &error))
}

fn dn(config: &LdapConfig, user: &str) -> String {
    config.entry.replace("{user}", &dn_escape(user))
}

fn declined(config: &LdapConfig, result: &LdapResult) -> Trouble {
    Trouble::Refused(format!("{} declines: {}", config.server.url, describe(result)))
}

fn describe(result: &LdapResult) -> String {
    let mut words = result.to_string();
    if let Some((code, _)) = words.split_once(", dn:") {
        words = code.to_owned();
    }
    if result.text.is_empty() { words } else { format!("{words} ({})", result.text.escape_debug()) }
}

fn trouble(config: &LdapConfig, connector: &Connector, error: &LdapError) -> Trouble {
    let server = &config.server;
    if let LdapError::Timeout { .. } = error {
        return Trouble::Unknown(silent(server, connector.answer));
    }
    Trouble::Unknown(format!("{} gave no answer of LDAP: {}", server.url, reason(error)))
}

/// The reason of a broken connection.
fn reason(error: &LdapError) -> String {
    // The library reports the end of a connection as the end of one of its channels.
    if let LdapError::ResultRecv { .. } | LdapError::EndOfStream = error {
        return "the connection was closed".to_owned();
    }
    if let LdapError::Io { source } = error { source.to_string() } else { error.to_string() }
}

/// Returns the value of the home attribute that stands for this name; `None` for no value.
fn value<'c>(config: &'c Config, named: &'c Named) -> Option<&'c str> {
    match named {
        Named::Store(name) => config.store(name).map(|store| store.home.as_str()),
        Named::Other(value) => Some(value),
        Named::Nothing => None,
    }
}

fn named(config: &Config, values: &[String]) -> Named {
    match values {
        [] => Named::Nothing,
        [value] => match config.stores.iter().find(|store| store.home.eq_ignore_ascii_case(value)) {
            Some(store) => Named::Store(store.name.clone()),
            None if value.is_empty() => Named::Nothing,
            None => Named::Other(value.clone()),
        },
        [..] => Named::Other(values.join(" and ")),
    }
}
