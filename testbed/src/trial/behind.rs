//! The configuration of a system whose servers are fault proxies, for tools that read it.

use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::mover::Endpoints;
use crate::system::{Access, Config, Directory, Protection, Route, Secret, Server};

/// Writes the configuration into a folder, with the source, the destination and the directory at the addresses of fault proxies.
/// Secrets become files that only this user can read.
pub(super) fn write(config: &Config, endpoints: &Endpoints, folder: &Path) -> io::Result<PathBuf> {
    let mut writer = Writer { folder, secrets: 0 };
    let mut root = Table::new();
    root.insert("directory".to_owned(), writer.directory(&config.directory, endpoints)?);
    let mut stores = Table::new();
    for (index, store) in config.stores.iter().enumerate() {
        let proxied = [endpoints.source, endpoints.destination].get(index).copied();
        let mut table = writer.access(&store.access, proxied)?;
        table.insert("home".to_owned(), store.home.clone().into());
        insert_commands(&mut table, [("present", &store.present), ("delete", &store.delete)]);
        stores.insert(store.name.clone(), table.into());
    }
    root.insert("stores".to_owned(), stores.into());
    if let Some(delivery) = &config.delivery {
        let pairs = match &delivery.route {
            Route::Lmtp { server, recipient } => vec![("lmtp", &server.url), ("recipient", recipient)],
            Route::Append(folder) => vec![("append-to", folder)],
        };
        let mut table = table(&pairs);
        match &delivery.route {
            Route::Lmtp { server, .. } => table.extend(protection(server)?),
            Route::Append(_) => {}
        }
        let commands = [("hold", &delivery.hold), ("release", &delivery.release), ("empty", &delivery.empty)];
        insert_commands(&mut table, commands);
        root.insert("delivery".to_owned(), table.into());
    }
    if let Some(access) = &config.logon {
        root.insert("logon".to_owned(), writer.access(access, None)?.into());
    }
    let answer = format!("{}ms", config.answer.as_millis());
    root.insert("timeouts".to_owned(), table(&[("answer", &answer)]).into());
    let path = folder.join("system.toml");
    private(&path, root.to_string().as_bytes())?;
    Ok(path)
}

/// Writes a file that only this user can read.
pub(super) fn private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    File::options().create(true).truncate(true).write(true).mode(0o600).open(path)?.write_all(bytes)
}

/// Inserts the commands that are configured.
fn insert_commands<const COUNT: usize>(table: &mut Table, commands: [(&str, &Option<Vec<String>>); COUNT]) {
    for (key, command) in commands {
        if let Some(words) = command {
            table.insert(key.to_owned(), words.clone().into());
        }
    }
}

fn table(pairs: &[(&str, &String)]) -> Table {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::from((*value).clone()))).collect()
}

/// The keys of a server that is reached directly, which protect the connection as the configuration of the site does.
fn protection(server: &Server) -> io::Result<Table> {
    let mut table = Table::new();
    match server.protection {
        Protection::Plain => {
            table.insert("plaintext".to_owned(), "permitted".into());
        }
        Protection::StartTls => {
            table.insert("starttls".to_owned(), true.into());
        }
        Protection::Tls => {}
    }
    if let Some(ca) = &server.ca {
        table.insert("ca".to_owned(), std::path::absolute(ca)?.display().to_string().into());
    }
    Ok(table)
}

struct Writer<'a> {
    folder: &'a Path,
    secrets: usize,
}

impl Writer<'_> {
    fn secret(&mut self, secret: &Secret) -> io::Result<Value> {
        self.secrets += 1;
        let path = self.folder.join(format!("secret-{}", self.secrets));
        private(&path, secret.text().as_bytes())?;
        Ok(table(&[("file", &path.display().to_string())]).into())
    }

    fn directory(&mut self, directory: &Directory, endpoints: &Endpoints) -> io::Result<Value> {
        let table = match directory {
            Directory::Commands { read, write } => [("read", read), ("write", write)]
                .into_iter()
                .map(|(key, words)| (key.to_owned(), Value::from(words.clone())))
                .collect(),
            Directory::Ldap(ldap) => {
                let url = endpoints.directory.map_or_else(|| ldap.server.url.clone(), |at| format!("ldap://{at}"));
                let pairs = [("url", &url), ("bind", &ldap.bind), ("entry", &ldap.entry), ("home", &ldap.home)];
                let mut table = table(&pairs);
                if endpoints.directory.is_none() {
                    table.extend(protection(&ldap.server)?);
                }
                table.insert("password".to_owned(), self.secret(&ldap.password)?);
                table.insert("new-entry".to_owned(), ldap.new_entry.clone().into());
                if let Some(password) = &ldap.new_password {
                    table.insert("new-password".to_owned(), self.secret(password)?);
                }
                table
            }
        };
        Ok(table.into())
    }

    fn access(&mut self, access: &Access, proxied: Option<SocketAddr>) -> io::Result<Table> {
        let url = proxied.map_or_else(|| access.server.url.clone(), |at| format!("imap://{at}"));
        let mut table = table(&[("imap", &url), ("login", &access.login)]);
        if proxied.is_none() {
            table.extend(protection(&access.server)?);
        }
        table.insert("password".to_owned(), self.secret(&access.password)?);
        Ok(table)
    }
}
