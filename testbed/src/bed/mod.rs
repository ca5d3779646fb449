//! The bed `dovecot`: a directory (slapd), two stores (Dovecot A and B), and a proxy (Dovecot P) that sends logons, mail and
//! administration to the store that the directory names. The attribute `mailHost` of an entry is the home.
//!
//! `network` reserves addresses, `slapd` and `dovecot` write the configuration and the command of each server, `ready` waits for
//! them; `hold` keeps a bed until another process ends it; `system` describes the bed to the rest of this package.

mod dovecot;
mod hold;
pub(crate) mod network;
mod ready;
mod slapd;
mod system;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::packages::{self, Missing};
use crate::processes::Processes;

pub(crate) use self::dovecot::with_log;
pub use self::hold::{end, held, hold};
use self::network::Network;

/// The port of IMAP on every server.
pub const IMAP: u16 = 2143;
/// The port of LMTP on every server.
pub const LMTP: u16 = 2424;
/// The port of doveadm on every server.
pub const DOVEADM: u16 = 2425;
/// The port of the directory.
pub const LDAP: u16 = 2389;

/// The entry below which the directory has its users.
pub const BASE: &str = "dc=example,dc=test";
/// The administrator of the directory.
pub const ADMIN: &str = "cn=admin,dc=example,dc=test";
/// The password of the administrator of the directory, and of every user.
pub const PASSWORD: &str = "secret";
/// The password of the administration protocol of Dovecot.
pub const DOVEADM_PASSWORD: &str = "dsecret";
/// The longest time for the start of all servers.
const READY: Duration = Duration::from_secs(20);

/// The servers that have a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Store {
    /// The source of every move.
    A,
    /// The destination of every move.
    B,
}

impl Store {
    /// Both stores.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// Returns the name of the instance of Dovecot.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// Reason why a bed cannot start.
#[derive(Debug)]
pub enum BedError {
    /// Programs are not installed.
    Missing(Missing),
    /// The folder has no programs of Cyrus.
    NotUnpacked(PathBuf),
    /// The process is not root: the servers store mail as another user.
    NotRoot,
    /// A file or a process could not be created.
    System(&'static str, io::Error),
    /// A server ended or did not become ready.
    Server(String),
}

impl fmt::Display for BedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(missing) => write!(f, "the test bed needs programs that are {missing}"),
            Self::NotUnpacked(folder) => {
                let folder = folder.display();
                write!(f, "Cyrus 3.6 is not in {folder}/cyrus\nto unpack it there on Debian 12:\n  testbed/cyrus-packages {folder}")
            }
            Self::NotRoot => f.write_str(
                "the test bed needs root, because its servers store mail as another user: run it as root, or in a container",
            ),
            Self::System(what, reason) => write!(f, "cannot {what}: {reason}"),
            Self::Server(says) => write!(f, "the test bed did not start: {says}"),
        }
    }
}

impl std::error::Error for BedError {}

/// A running bed. Its servers and its folder end with this value, and with this process at the latest.
#[derive(Debug)]
pub struct Bed {
    network: Network,
    processes: Processes,
}

impl Bed {
    /// Starts the servers and waits until they answer.
    ///
    /// # Errors
    /// Programs are missing, the process is not root, or a server does not start.
    pub fn up() -> Result<Self, BedError> {
        packages::require("dovecot").map_err(BedError::Missing)?;
        if !rustix::process::geteuid().is_root() {
            return Err(BedError::NotRoot);
        }
        let network = Network::reserve().map_err(|reason| BedError::System("reserve loopback addresses", reason))?;
        let processes =
            Processes::new().map_err(|reason| BedError::System("create the folder of the test bed", reason))?;
        let mut bed = Self { network, processes };
        let prepared = slapd::prepare(&bed).and_then(|()| dovecot::prepare(&bed)).and_then(|()| system::prepare(&bed));
        prepared.map_err(|reason| BedError::System("write the configuration of the test bed", reason))?;
        bed.start()?;
        ready::wait(&mut bed, READY)?;
        Ok(bed)
    }

    fn start(&mut self) -> Result<(), BedError> {
        let started = |reason| BedError::System("start a server of the test bed", reason);
        let mut slapd = slapd::command(self);
        self.processes.start("slapd", &mut slapd).map_err(started)?;
        for name in dovecot::INSTANCES {
            let mut instance = dovecot::command(self, name);
            self.processes.start(name, &mut instance).map_err(started)?;
        }
        Ok(())
    }

    /// Returns the folder with the configuration, the mail and the logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.processes.folder()
    }

    /// Returns the process groups of the bed. A program that is started there ends with the bed.
    pub fn processes(&mut self) -> &mut Processes {
        &mut self.processes
    }

    /// Returns the address of a store; it is also the value of `mailHost` that names the store.
    #[must_use]
    pub fn host(&self, store: Store) -> Ipv4Addr {
        match store {
            Store::A => self.network.address(11),
            Store::B => self.network.address(12),
        }
    }

    /// Returns the address of the proxy and of the directory.
    #[must_use]
    pub fn proxy(&self) -> Ipv4Addr {
        self.network.address(10)
    }

    /// Returns an address at which a fault proxy can listen in front of the server with this number.
    #[must_use]
    pub fn fault_proxy(&self, number: u8) -> Ipv4Addr {
        self.network.address(40 + number)
    }

    /// Returns the URL of the directory.
    #[must_use]
    pub fn directory_url(&self) -> String {
        format!("ldap://{}", SocketAddr::from((self.proxy(), LDAP)))
    }

    /// Returns the configuration file of a store for `doveadm -c`.
    #[must_use]
    pub fn doveadm_config(&self, store: Store) -> PathBuf {
        dovecot::config(self, store.name())
    }

    /// Returns the configuration file of the proxy for `doveadm -c`.
    #[must_use]
    pub fn proxy_config(&self) -> PathBuf {
        dovecot::config(self, dovecot::PROXY)
    }

    /// Returns the file of the names whose mail and logins the proxy holds: lines of a Dovecot passwd-file, which the proxy reads
    /// before the directory.
    #[must_use]
    pub fn held_names(&self) -> PathBuf {
        dovecot::held(self)
    }

    /// Returns the file with the password of the directory's administrator.
    #[must_use]
    pub fn password_file(&self) -> PathBuf {
        system::secret(self)
    }

    /// Returns the configuration of [`crate::system::System`] for this bed.
    #[must_use]
    pub fn system_toml(&self) -> String {
        self.system_toml_behind(|server| server)
    }

    /// Returns the configuration of a system that reaches each server of this bed at another address, such as that of a fault
    /// proxy. The values of the home attribute stay.
    #[must_use]
    pub fn system_toml_behind(&self, address: impl Fn(Ipv4Addr) -> Ipv4Addr) -> String {
        system::toml(self, &address)
    }

    /// Returns the distinguished name of a user.
    #[must_use]
    pub fn dn(user: &str) -> String {
        format!("uid={user},{BASE}")
    }

    /// Adds a user whose home is this store. No store has a mailbox of this user yet.
    ///
    /// # Errors
    /// The directory refuses the entry or does not answer.
    pub fn add_user(&self, user: &str, home: Store) -> Result<(), ldap3::LdapError> {
        let mut directory = ldap3::LdapConn::new(&self.directory_url())?;
        directory.simple_bind(ADMIN, PASSWORD)?.success()?;
        let home = self.host(home).to_string();
        let entry = slapd::entry(user, &home);
        directory.add(&Self::dn(user), entry)?.success()?;
        directory.unbind()
    }
}
