//! Reads the tables of a configuration, and reports everything that is wrong with them.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use stranded_search::scenario::{Cursor, Findings, is_server_name, wrong_type};

use super::config::{Access, Config, DeliveryConfig, Directory, LdapConfig, Protection, Route, Server, StoreConfig};
use super::secret::{self, Secret};

/// The time that a server has for each answer, unless the file says otherwise.
const ANSWER: Duration = Duration::from_secs(10);
/// The class of the entries that the adapter creates, unless the file says otherwise.
const NEW_ENTRY: [&str; 2] = ["inetOrgPerson", "inetLocalMailRecipient"];

/// Reads the configuration in the file of this name.
pub(super) fn read(name: &str, root: Cursor<'_>, found: &mut Findings) -> Option<Config> {
    let folder = Path::new(name).parent().unwrap_or(Path::new("")).to_owned();
    Reader { folder, found }.config(root)
}

/// Reads tables, and collects what is wrong with them.
struct Reader<'f> {
    folder: PathBuf,
    found: &'f mut Findings,
}

impl Reader<'_> {
    fn config(mut self, mut root: Cursor<'_>) -> Option<Config> {
        root.demand("directory", "a table: `url` and the entry of a user, or two commands", self.found);
        root.demand("stores", "a table for each store, `[stores.source]`", self.found);
        let directory = root.table("directory", "[directory]", self.found).and_then(|table| self.directory(table));
        let stores = root.table("stores", "[stores]", self.found).map(|table| self.stores(table));
        let delivery = root.table("delivery", "[delivery]", self.found).map(|table| self.delivery(table));
        let first = stores.as_ref().and_then(|stores| stores.first()).map(|store| store.access.clone());
        let logon = root.table("logon", "[logon]", self.found).map(|table| self.logon(table, first));
        let answer = root.table("timeouts", "[timeouts]", self.found).map_or(Some(ANSWER), |table| self.answer(table));
        root.finish(self.found);
        if self.found.count() > 0 {
            return None;
        }
        Some(Config {
            directory: directory?,
            stores: stores?,
            delivery: flat(delivery)?,
            logon: flat(logon)?,
            answer: answer?,
        })
    }

    fn directory(&mut self, mut table: Cursor<'_>) -> Option<Directory> {
        if table.has("read") || table.has("write") {
            table.demand("read", "a command that prints the home of `{user}`", self.found);
            table.demand("write", "a command that changes the home of `{user}` from `{old}` to `{new}`", self.found);
            let read = self.command(&mut table, "read", &["{user}"]);
            let write = self.command(&mut table, "write", &["{user}", "{new}"]);
            table.finish(self.found);
            return Some(Directory::Commands { read: read?, write: write? });
        }
        let server = self.server(&mut table, "url", &LDAP);
        let text = |what| (what, self_text(what));
        let [bind, entry, home] = [text("bind"), text("entry"), text("home")].map(|(key, what)| {
            table.demand(key, what, self.found);
            table.string(key, self.found)
        });
        let password = self.secret(&mut table, "password", true);
        let new_password = self.secret(&mut table, "new-password", false);
        let new_entry = match table.value("new-entry") {
            None => Some(NEW_ENTRY.map(str::to_owned).to_vec()),
            Some(_) => {
                let classes = table.strings("new-entry", self.found);
                classes.map(|classes| classes.into_iter().map(|class| (*class.get_ref()).to_owned()).collect())
            }
        };
        if let Some(entry) = &entry {
            self.must_have(entry.span(), "entry", entry.get_ref(), "{user}");
        }
        table.finish(self.found);
        Some(Directory::Ldap(Box::new(LdapConfig {
            server: server?,
            bind: (*bind?.get_ref()).to_owned(),
            password: password?,
            entry: (*entry?.get_ref()).to_owned(),
            home: (*home?.get_ref()).to_owned(),
            new_entry: new_entry?,
            new_password,
        })))
    }

    fn stores(&mut self, table: Cursor<'_>) -> Vec<StoreConfig> {
        let mut stores: Vec<StoreConfig> = Vec::new();
        for (name, value) in table.entries() {
            if !is_server_name(name.get_ref()) {
                let label = "a name has letters, digits and `-`";
                self.found.report(
                    name.span(),
                    format!("`{}` is no name of a store", name.get_ref().escape_debug()),
                    label,
                );
            }
            let Some(inner) = value.get_ref().as_table() else {
                wrong_type(name.get_ref(), value, "a table", self.found);
                continue;
            };
            let cursor = Cursor::of(format!("[stores.{}]", name.get_ref()), value.span(), inner);
            let span = cursor.span_of("home");
            let Some(store) = self.store((*name.get_ref()).to_owned(), cursor) else { continue };
            if let Some(other) = stores.iter().find(|other| other.home == store.home) {
                let label = format!("`{}` has this value too", other.name);
                self.found.report(span, "two stores have the same home", label);
            }
            stores.push(store);
        }
        if stores.is_empty() {
            self.found.report(table.span.clone(), "there is no store", "a table for each store, `[stores.source]`");
        }
        stores
    }

    fn store(&mut self, name: String, mut table: Cursor<'_>) -> Option<StoreConfig> {
        table.demand("home", "the value of the home attribute that names this store", self.found);
        let home = table.string("home", self.found);
        let access = self.access(&mut table, None);
        let [present, delete] = ["present", "delete"].map(|key| self.optional(&mut table, key));
        table.finish(self.found);
        Some(StoreConfig {
            name,
            home: (*home?.get_ref()).to_owned(),
            access: access?,
            present: present?,
            delete: delete?,
        })
    }

    /// Reads a login. Without keys of its own, it has the name and the password of another one.
    fn access(&mut self, table: &mut Cursor<'_>, other: Option<&Access>) -> Option<Access> {
        let server = self.server(table, "imap", &IMAP);
        let login = match table.string("login", self.found) {
            Some(login) => (*login.get_ref()).to_owned(),
            None => other.map_or("{user}", |other| &other.login).to_owned(),
        };
        let password = match (self.secret(table, "password", other.is_none()), other) {
            (Some(own), _) => Some(own),
            (None, Some(other)) => Some(other.password.clone()),
            (None, None) => None,
        };
        Some(Access { server: server?, login, password: password? })
    }

    fn logon(&mut self, mut table: Cursor<'_>, first: Option<Access>) -> Option<Access> {
        let access = self.access(&mut table, first.as_ref());
        table.finish(self.found);
        access
    }

    fn delivery(&mut self, mut table: Cursor<'_>) -> Option<DeliveryConfig> {
        let route = if table.has("append-to") {
            table.string("append-to", self.found).map(|folder| Route::Append((*folder.get_ref()).to_owned()))
        } else {
            table.absent("append-to", ());
            let server = self.server(&mut table, "lmtp", &LMTP);
            let recipient = table.string("recipient", self.found).map_or("{user}", |recipient| recipient.into_inner());
            server.map(|server| Route::Lmtp { server, recipient: recipient.to_owned() })
        };
        let [hold, release, empty] = ["hold", "release", "empty"].map(|key| self.optional(&mut table, key));
        table.finish(self.found);
        Some(DeliveryConfig { route: route?, hold: hold?, release: release?, empty: empty? })
    }

    fn answer(&mut self, mut table: Cursor<'_>) -> Option<Duration> {
        let answer = match table.string("answer", self.found) {
            None => Some(ANSWER),
            Some(text) => {
                let duration = humantime::parse_duration(text.get_ref()).ok().filter(|duration| !duration.is_zero());
                if duration.is_none() {
                    self.found.report(text.span(), "`answer` is no duration", "a number with a unit, `250ms` or `10s`");
                }
                duration
            }
        };
        table.finish(self.found);
        answer
    }

    /// Reads the address of a server: `SCHEME://HOST:PORT`.
    fn server(&mut self, table: &mut Cursor<'_>, key: &'static str, schemes: &[Scheme]) -> Option<Server> {
        let accepted = format!("{}://HOST or {}://HOST:PORT", schemes[0].name, schemes[0].name);
        table.demand(key, &accepted, self.found);
        let starttls = table.flag("starttls", self.found).unwrap_or(false);
        let permitted = table.choice("plaintext", &[("permitted", true)], self.found).unwrap_or(false);
        let ca = table.string("ca", self.found).map(|path| self.folder.join(path.get_ref()));
        let address = table.string(key, self.found)?;
        let text = *address.get_ref();
        let parsed = url::Url::parse(text).ok().filter(|url| {
            let has_only_host =
                url.path().trim_matches('/').is_empty() && url.query().is_none() && url.username().is_empty();
            url.has_host() && has_only_host && url.password().is_none() && url.fragment().is_none()
        });
        let Some(url) = parsed else {
            self.found.report(address.span(), format!("`{key}` is no address of a server"), accepted);
            return None;
        };
        let Some(scheme) = schemes.iter().find(|scheme| scheme.name == url.scheme()) else {
            let names: Vec<&str> = schemes.iter().map(|scheme| scheme.name).collect();
            self.found.unknown(address.span(), "scheme", url.scheme(), &names);
            return None;
        };
        let protection = match (scheme.is_tls, starttls) {
            (true, false) => Protection::Tls,
            (false, true) => Protection::StartTls,
            (false, false) => Protection::Plain,
            (true, true) => {
                let label = format!("`{}` already has TLS from the first byte", scheme.name);
                self.found.report(table.span_of("starttls"), "`starttls` does not fit this address", label);
                return None;
            }
        };
        let written = url.host_str()?;
        let host = written.trim_start_matches('[').trim_end_matches(']').to_owned();
        match (protection, permitted) {
            (Protection::Plain, false) if !is_loopback(&host) => {
                let protected = schemes.iter().find(|scheme| scheme.is_tls);
                let other = protected.map_or(String::new(), |scheme| format!("`{}://{written}`, or ", scheme.name));
                let message = format!("`{key}` sends passwords and mail unprotected to {host}, which is another host");
                let label = format!("{other}`starttls = true`, or `plaintext = \"permitted\"` to allow it");
                self.found.report(address.span(), message, label);
                return None;
            }
            (Protection::Tls | Protection::StartTls, true) => {
                let label = "the connection is protected";
                self.found.report(table.span_of("plaintext"), "`plaintext` does not fit this address", label);
                return None;
            }
            (Protection::Plain, _) | (Protection::Tls | Protection::StartTls, false) => {}
        }
        Some(Server { url: text.to_owned(), host, port: url.port().unwrap_or(scheme.port), protection, ca })
    }

    /// Reads a command for a user, which may be left out.
    #[expect(clippy::option_option, reason = "left out, wrong and right differ")]
    fn optional(&mut self, table: &mut Cursor<'_>, key: &'static str) -> Option<Option<Vec<String>>> {
        let is_there = table.has(key);
        if is_there { self.command(table, key, &["{user}"]).map(Some) } else { Some(table.absent(key, None)) }
    }

    /// Reads a command, which must have these placeholders.
    fn command(&mut self, table: &mut Cursor<'_>, key: &'static str, placeholders: &[&str]) -> Option<Vec<String>> {
        let words = table.strings(key, self.found)?;
        let words: Vec<String> = words.into_iter().map(|word| (*word.get_ref()).to_owned()).collect();
        if words.is_empty() {
            self.found.report(table.span_of(key), format!("`{key}` has no command"), "a program and its arguments");
            return None;
        }
        for placeholder in placeholders {
            self.must_have(table.span_of(key), key, &words.join(" "), placeholder);
        }
        Some(words)
    }

    fn must_have(&mut self, span: std::ops::Range<usize>, key: &str, text: &str, placeholder: &str) {
        if !text.contains(placeholder) {
            let label = format!("`{placeholder}` stands for the name of the user or the value");
            self.found.report(span, format!("`{key}` lacks `{placeholder}`"), label);
        }
    }

    /// Reads a secret: `{ env = "NAME" }` or `{ file = "PATH" }`.
    fn secret(&mut self, table: &mut Cursor<'_>, key: &'static str, is_needed: bool) -> Option<Secret> {
        let forms = "`{ env = \"NAME\" }` or `{ file = \"PATH\" }`";
        if is_needed {
            table.demand(key, forms, self.found);
        }
        let span = table.span_of(key);
        let value = table.value(key)?;
        if value.get_ref().as_str().is_some() {
            self.found.report(span, format!("`{key}` stands in the file itself"), format!("a secret is {forms}"));
            return None;
        }
        let mut inner = table.table(key, key, self.found)?;
        let secret = match (inner.string("env", self.found), inner.string("file", self.found)) {
            (Some(name), None) => Some(secret::of_environment(name.get_ref())),
            (None, Some(path)) => Some(secret::of_file(&self.folder.join(path.get_ref()))),
            (Some(_), Some(_)) | (None, None) => {
                self.found.report(span.clone(), format!("`{key}` is no secret"), forms);
                None
            }
        };
        inner.finish(self.found);
        match secret? {
            Ok(secret) => Some(secret),
            Err(wrong) => {
                self.found.report(span, wrong.message, wrong.accepted);
                None
            }
        }
    }
}

/// The description of a text of `[directory]`, which completes the sentence "`KEY` is …".
fn self_text(key: &str) -> &'static str {
    match key {
        "bind" => "the distinguished name that logs in",
        "entry" => "the distinguished name of an entry, with `{user}`",
        _ => "the attribute that names the store of a mailbox",
    }
}

/// Returns true if a host is this machine, by its name or address; no name is looked up.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A scheme of an address.
struct Scheme {
    name: &'static str,
    port: u16,
    is_tls: bool,
}

const LDAP: [Scheme; 2] =
    [Scheme { name: "ldap", port: 389, is_tls: false }, Scheme { name: "ldaps", port: 636, is_tls: true }];
const IMAP: [Scheme; 2] =
    [Scheme { name: "imap", port: 143, is_tls: false }, Scheme { name: "imaps", port: 993, is_tls: true }];
const LMTP: [Scheme; 1] = [Scheme { name: "lmtp", port: 24, is_tls: false }];

/// Returns the value of a part that may be left out; `None` if the part is there and wrong.
#[expect(clippy::option_option, reason = "left out, wrong and right differ")]
fn flat<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        None => Some(None),
        Some(value) => value.map(Some),
    }
}
