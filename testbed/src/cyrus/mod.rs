//! The bed `cyrus`: Cyrus Murder 3.6 with a frontend, which has the mupdate master, and two backends.
//!
//! `programs` copies the programs, `addresses` reserves the addresses, `config` writes the configuration of each instance, `passwords`
//! checks passwords for them, and `links` has the fault proxies between them. [`wire`] has the framing of the protocols; [`imap`],
//! [`mupdate`] and [`lmtp`] speak them. [`held`] observes, [`repair`] has the repairs of operators, [`trial`] tries `XFER` at every
//! fault point, and `judge` judges the result.

mod addresses;
mod config;
pub mod held;
pub mod imap;
mod judge;
mod links;
pub mod lmtp;
pub mod mupdate;
mod passwords;
mod programs;
pub mod repair;
pub mod trial;
pub mod wire;

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::bed::BedError;
use crate::packages;
use crate::processes::{Group, Processes};
use crate::proxy::Traffic;
use crate::proxy::faults::Faults;

use self::addresses::Addresses;
use self::config::Files;
use self::imap::Session;
pub(crate) use self::judge::LOGON;
use self::links::Links;
use self::mupdate::Mupdate;
use self::passwords::Passwords;
use self::programs::Programs;
pub use self::programs::cache;

/// The name of the bed on the command line.
pub const CYRUS: &str = "cyrus";
/// The port of IMAP on every instance.
pub const IMAP: u16 = 4143;
/// The port of LMTP on every backend.
pub const LMTP: u16 = 4424;
/// The port of the mupdate master.
pub const MUPDATE: u16 = 4905;
/// The administrator.
pub const ADMIN: &str = "admin";
/// The name by which the servers log on at each other.
pub const PEER: &str = "mailproxy";
/// The socket of the service that checks passwords.
const PASSWORDS: &str = "passwords";
/// The file below the folder of the packages that has their version.
const VERSION: &str = "cyrus/version";
/// The longest time for the start of a server.
const READY: Duration = Duration::from_secs(20);
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(5);

/// The servers that have a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// The source of every move.
    Source,
    /// The destination of every move.
    Destination,
}

impl Backend {
    /// Both backends.
    pub const ALL: [Self; 2] = [Self::Source, Self::Destination];

    /// Returns the name of the instance.
    #[must_use]
    pub fn name(self) -> &'static str {
        Instance::Backend(self).name()
    }
}

/// One run of `master` with the servers that it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instance {
    Frontend,
    Backend(Backend),
}

impl Instance {
    fn name(self) -> &'static str {
        match self {
            Self::Frontend => "frontend",
            Self::Backend(Backend::Source) => "source",
            Self::Backend(Backend::Destination) => "destination",
        }
    }
}

/// A running bed. Its servers and its folder end with this value, and with this process at the latest.
#[derive(Debug)]
pub struct Murder {
    addresses: Addresses,
    backends: [Option<Group>; 2],
    version: String,
    programs: Programs,
    links: Links,
    _passwords: Passwords,
    processes: Processes,
}

impl Murder {
    /// Starts the servers and waits until they answer. The programs are in the folder of [`cache`].
    ///
    /// # Errors
    /// Programs are missing, the process is not root, or a server does not start.
    pub fn up() -> Result<Self, BedError> {
        Self::up_from(&installed()?)
    }

    /// Starts the servers from another folder, which `testbed/cyrus-packages` was given.
    ///
    /// # Errors
    /// Programs are missing, the process is not root, or a server does not start.
    pub fn up_from(packages: &Path) -> Result<Self, BedError> {
        packages::require("cyrus").map_err(BedError::Missing)?;
        if !rustix::process::geteuid().is_root() {
            return Err(BedError::NotRoot);
        }
        let addresses =
            Addresses::reserve().map_err(|reason| BedError::System("reserve loopback addresses", reason))?;
        let processes =
            Processes::new().map_err(|reason| BedError::System("create the folder of the test bed", reason))?;
        let folder = processes.folder().to_owned();
        let written = |reason| BedError::System("write the configuration of the test bed", reason);
        open(&folder).map_err(written)?;
        let programs = Programs::copy(packages, folder.join("programs")).map_err(written)?;
        let programs = programs.ok_or_else(|| BedError::NotUnpacked(packages.to_owned()))?;
        let passwords = Passwords::serve(&folder.join(PASSWORDS)).map_err(written)?;
        let links = Links::start(&addresses).map_err(|reason| BedError::System("start a fault proxy", reason))?;
        let version = std::fs::read_to_string(packages.join(VERSION)).map_err(written)?;
        let mut murder = Self {
            addresses,
            backends: [None; 2],
            version: version.trim().to_owned(),
            programs,
            links,
            _passwords: passwords,
            processes,
        };
        murder.configure().map_err(written)?;
        murder.start()?;
        Ok(murder)
    }

    fn configure(&self) -> io::Result<()> {
        let passwords = self.folder().join(PASSWORDS);
        for instance in [Instance::Frontend].into_iter().chain(Backend::ALL.map(Instance::Backend)) {
            self.files(instance).write(instance, &self.addresses, &self.programs, &passwords)?;
        }
        Ok(())
    }

    /// Starts the frontend and, when mupdate answers, the backends, which ask it at their start.
    fn start(&mut self) -> Result<(), BedError> {
        self.run(Instance::Frontend)?;
        self.wait(Instance::Frontend)?;
        for backend in Backend::ALL {
            self.backends[backend as usize] = Some(self.run(Instance::Backend(backend))?);
        }
        for backend in Backend::ALL {
            self.wait(Instance::Backend(backend))?;
        }
        Ok(())
    }

    fn run(&mut self, instance: Instance) -> Result<Group, BedError> {
        let files = self.files(instance);
        let mut command = self.programs.command("master");
        command.arg("-D").arg("-C").arg(files.imapd()).arg("-M").arg(files.master()).arg("-p").arg(files.number());
        crate::bed::with_log(&mut command, &files.output());
        let started = self.processes.start(instance.name(), &mut command);
        started.map_err(|reason| BedError::System("start a server of the test bed", reason))
    }

    fn wait(&mut self, instance: Instance) -> Result<(), BedError> {
        let deadline = Instant::now() + READY;
        let host = self.addresses.own(instance);
        let greetings = match instance {
            Instance::Frontend => [(MUPDATE, "* "), (IMAP, "* OK")],
            Instance::Backend(_) => [(LMTP, "220"), (IMAP, "* OK")],
        };
        for (port, expected) in greetings {
            while let Err(reason) = greets(host, port, expected) {
                let ended = self.processes.ended().map(|(name, status)| format!("{name} ended with {status}"));
                if ended.is_some() || Instant::now() >= deadline {
                    let output = std::fs::read_to_string(self.files(instance).output()).unwrap_or_default();
                    let says = ended.unwrap_or_else(|| format!("{} did not answer: {reason}", instance.name()));
                    return Err(BedError::Server(format!("{says}\n  {}", output.trim())));
                }
                std::thread::sleep(PAUSE);
            }
        }
        Ok(())
    }

    /// Kills a backend with every program that it runs.
    pub fn kill(&mut self, backend: Backend) {
        let Some(group) = self.backends[backend as usize].take() else { return };
        self.processes.kill(group);
        // The other processes of the group end by the same signal, and close the ports with that.
        let host = self.host(backend);
        for port in [IMAP, LMTP] {
            let deadline = Instant::now() + READY;
            while TcpStream::connect(SocketAddr::from((host, port))).is_ok() && Instant::now() < deadline {
                std::thread::sleep(PAUSE);
            }
        }
    }

    /// Kills a backend if it runs, starts it, and waits until it answers.
    ///
    /// # Errors
    /// The backend does not start.
    pub fn restart(&mut self, backend: Backend) -> Result<(), BedError> {
        self.kill(backend);
        self.backends[backend as usize] = Some(self.run(Instance::Backend(backend))?);
        let answers = self.wait(Instance::Backend(backend));
        if answers.is_err() {
            self.kill(backend);
        }
        answers
    }

    /// Runs a program of Cyrus on a backend with these options, and kills it if it does not end in time.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn run_on(&self, backend: Backend, program: &str, options: &[&str]) -> io::Result<Output> {
        let mut command = self.programs.limited(program);
        command.arg("-C").arg(self.files(Instance::Backend(backend)).imapd()).args(options);
        command.stdin(Stdio::null()).output()
    }

    /// Returns the process groups of the bed. A program that is started there ends with the bed.
    pub fn processes(&mut self) -> &mut Processes {
        &mut self.processes
    }

    /// Returns the version of the package.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the faults of the proxies.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.links.faults
    }

    /// Returns the connections of the proxies.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.links.traffic
    }

    /// Returns the process group of a backend that runs, for a fault that kills it.
    #[must_use]
    pub fn group(&self, backend: Backend) -> Option<Group> {
        self.backends[backend as usize]
    }

    /// Returns the folder with the configuration, the mail and the output.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.processes.folder()
    }

    fn files(&self, instance: Instance) -> Files {
        Files::of(self.folder(), instance)
    }

    /// Returns the address of the frontend and of the mupdate master.
    #[must_use]
    pub fn frontend(&self) -> Ipv4Addr {
        self.addresses.own(Instance::Frontend)
    }

    /// Returns the address of a backend.
    #[must_use]
    pub fn host(&self, backend: Backend) -> Ipv4Addr {
        self.addresses.own(Instance::Backend(backend))
    }

    /// Returns the name by which mupdate knows a backend.
    #[must_use]
    pub fn server(&self, backend: Backend) -> String {
        self.addresses.server(backend)
    }

    /// Returns the name of the destination for `XFER`: the fault proxy in front of it.
    #[must_use]
    pub fn destination(&self) -> String {
        format!("{}:{IMAP}", self.addresses.destination_proxy())
    }

    /// Logs on at a backend, as the administrator or as a user.
    ///
    /// # Errors
    /// The backend does not answer or refuses.
    pub fn log_on(&self, backend: Backend, user: &str) -> io::Result<Session> {
        Session::log_on(self.host(backend), user)
    }

    /// Creates a mailbox on the source: `user/alice`, or `user/alice/Work` for a folder.
    ///
    /// # Errors
    /// The source does not answer or refuses.
    pub fn create(&self, mailbox: &str) -> io::Result<()> {
        let reply = self.log_on(Backend::Source, ADMIN)?.command(&format!("CREATE {mailbox}"))?;
        if reply.is_ok() { Ok(()) } else { Err(io::Error::other(reply.to_string())) }
    }

    /// Connects to the mupdate master.
    ///
    /// # Errors
    /// The master does not answer or refuses.
    pub fn mupdate(&self) -> io::Result<Mupdate> {
        Mupdate::connect(self.frontend())
    }
}

/// Returns the folder of [`cache`] if Cyrus is unpacked there.
///
/// # Errors
/// Programs are missing.
pub fn installed() -> Result<PathBuf, BedError> {
    let unset = || io::Error::other("neither XDG_CACHE_HOME nor HOME is set");
    let folder = cache().ok_or_else(|| BedError::System("find the folder of Cyrus", unset()))?;
    packages::require("cyrus").map_err(BedError::Missing)?;
    if folder.join(VERSION).exists() { Ok(folder) } else { Err(BedError::NotUnpacked(folder)) }
}

/// Lets the servers, which are another user, open their files below the folder.
fn open(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
}

/// Connects to a server and reads the begin of its greeting.
fn greets(host: Ipv4Addr, port: u16, expected: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((host, port)), READY)?;
    stream.set_read_timeout(Some(READY))?;
    let mut begin = vec![0; expected.len()];
    stream.read_exact(&mut begin)?;
    if begin == expected.as_bytes() { Ok(()) } else { Err(io::Error::other("the greeting is another one")) }
}
