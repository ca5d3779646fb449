//! Movers: programs that move the mail of a user from one store to another. Each one is a command line, with configuration files of its
//! own that are written for each trial. Knows nothing of faults and verdicts.
//!
//! [`shipped`] has the third-party movers of Debian, `configs` their configuration files, [`performed`] the procedures of the model.

mod configs;
pub mod performed;
pub mod shipped;

use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub(crate) use self::configs::FOLDER;
pub use self::shipped::Shipped;
use crate::trial::report::DirectoryStep;
use stranded_search::sanitize::shell_word;

/// A mover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mover {
    /// A third-party program, unmodified.
    Shipped(Shipped),
    /// A procedure of the model that `stranded testbed perform` carries out. Unless the directory step is the tool's, the procedure is
    /// performed without its own.
    Performed {
        /// The name of the procedure, or its file.
        procedure: String,
        /// The program `stranded`.
        program: PathBuf,
    },
    /// A command line for `sh`, with placeholders in braces.
    Command(String),
}

/// The addresses that a mover connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// IMAP at the source.
    pub source: SocketAddr,
    /// IMAP at the destination.
    pub destination: SocketAddr,
    /// LMTP at the destination, if the site has it.
    pub lmtp: Option<SocketAddr>,
    /// The administration protocol of Dovecot at the destination, if the site has it.
    pub doveadm: Option<SocketAddr>,
    /// The directory, if it is a server.
    pub directory: Option<SocketAddr>,
}

/// One job of a mover.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The user.
    pub user: &'a str,
    /// The password of the user at both stores.
    pub password: &'a str,
    /// The folder for the files of the mover.
    pub folder: &'a Path,
    /// The moment of the directory step.
    pub directory_step: DirectoryStep,
    /// The addresses that the mover connects to.
    pub endpoints: Endpoints,
    /// The names of the source and the destination in the configuration of the system.
    pub stores: [&'a str; 2],
    /// The configuration of Dovecot at the source, for movers that run there.
    pub source_config: Option<&'a Path>,
    /// The configuration of the system, for movers that read it.
    pub system: Option<&'a Path>,
}

/// The parts of a message that a mover carries besides its text. The rest of a message is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carries {
    /// The flags arrive with the message.
    pub flags: bool,
    /// The message arrives in a folder of the same name.
    pub folders: bool,
}

impl Mover {
    /// Returns what the mover carries.
    #[must_use]
    pub fn carries(&self) -> Carries {
        match self {
            Self::Shipped(shipped) => shipped.carries(),
            Self::Performed { .. } | Self::Command(_) => Carries { flags: true, folders: true },
        }
    }

    /// Returns the version of an installed package; `None` if the mover is no package.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        match self {
            Self::Shipped(shipped) => shipped.version(),
            Self::Performed { .. } => Some(format!("stranded {}", env!("CARGO_PKG_VERSION"))),
            Self::Command(_) => None,
        }
    }

    /// Writes the files of the mover and returns its command line.
    ///
    /// # Errors
    /// A file cannot be written, or the system lacks what the mover needs.
    pub fn prepare(&self, job: &Job<'_>) -> io::Result<Vec<String>> {
        match self {
            Self::Shipped(shipped) => configs::prepare(*shipped, job),
            Self::Performed { procedure, program } => {
                let system =
                    job.system.ok_or_else(|| io::Error::other("the mover needs the configuration of the system"))?;
                let procedure = match job.directory_step {
                    DirectoryStep::Tool => procedure.clone(),
                    DirectoryStep::First | DirectoryStep::Last | DirectoryStep::Never => {
                        let file = job.folder.join("procedure.toml");
                        fs::write(&file, performed::without_directory_step(procedure)?)?;
                        file.display().to_string()
                    }
                };
                let [from, to] = job.stores;
                let [program, system, journal] =
                    [program.as_path(), system, job.folder].map(|path| path.display().to_string());
                let run = [program.as_str(), "testbed", "perform", procedure.as_str(), job.user, from, to];
                let options = ["--system", system.as_str(), "--journal", journal.as_str()];
                Ok(run.into_iter().chain(options).map(str::to_owned).collect())
            }
            Self::Command(command) => {
                let mut line = with_program(command, &env::current_dir()?);
                for (name, value) in placeholders(job) {
                    line = line.replace(&format!("{{{name}}}"), &value);
                }
                Ok(["/bin/sh", "-c", &line].map(str::to_owned).to_vec())
            }
        }
    }
}

impl fmt::Display for Mover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shipped(shipped) => f.write_str(shipped.name()),
            Self::Performed { procedure, .. } => f.write_str(procedure),
            Self::Command(command) => f.write_str(command),
        }
    }
}

/// A placeholder of a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// The name, without braces.
    pub name: &'static str,
    /// A value that it can have.
    pub example: &'static str,
    /// The meaning.
    pub says: &'static str,
}

/// The placeholders of a command line.
pub const PLACEHOLDERS: [Placeholder; 10] = [
    of("user", "trial42x1", "the name of the user"),
    of("password", "secret", "the password of the user"),
    of("source", "127.50.0.21:143", "host:port of IMAP at the source"),
    of("destination", "127.50.0.22:143", "host:port of IMAP at the destination"),
    of("lmtp", "127.50.0.22:24", "host:port of LMTP at the destination; only on a test bed"),
    of("directory", "127.50.0.20:389", "host:port of the directory"),
    of("from", "source", "the name of the source in the configuration of the system"),
    of("to", "destination", "the name of the destination in the configuration of the system"),
    of("system", "/tmp/stranded-1/system.toml", "the configuration of the system, with the addresses of this trial"),
    of("folder", "/tmp/stranded-1/trial42x1", "an empty folder for files, in which the command runs; it is HOME too"),
];

const fn of(name: &'static str, example: &'static str, says: &'static str) -> Placeholder {
    Placeholder { name, example, says }
}

/// Returns a command line with the examples in place of its placeholders, if it has any.
#[must_use]
pub fn example(command: &str) -> Option<String> {
    let shown = PLACEHOLDERS
        .iter()
        .fold(command.to_owned(), |line, one| line.replace(&format!("{{{}}}", one.name), one.example));
    (shown != command).then_some(shown)
}

/// Returns the first word in braces that is no placeholder. A shell variable as in `${HOME}` is none.
#[must_use]
pub fn unknown_placeholder(command: &str) -> Option<&str> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let words = command.match_indices('{').filter(|(at, _)| !command[..*at].ends_with('$'));
    let mut words = words.filter_map(|(at, _)| command[at + 1..].split_once('}').map(|(word, _)| word));
    words.find(|word| {
        !word.is_empty() && word.chars().all(is_letter) && PLACEHOLDERS.iter().all(|known| known.name != *word)
    })
}

/// Returns a command line whose first word, if it is the relative path of a file, leads from this folder to that file.
fn with_program(command: &str, caller: &Path) -> String {
    let (program, rest) = command.split_at(command.find(char::is_whitespace).unwrap_or(command.len()));
    let is_relative = program.contains('/') && !program.starts_with('/');
    if !is_relative || !caller.join(program).is_file() {
        return command.to_owned();
    }
    format!("{}{rest}", shell_word(&caller.join(program).display().to_string()))
}

/// Returns the first word of a command line that names a file in the folder of the caller, where the command does not run.
pub(crate) fn relative_file(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace();
    let first = words.next().filter(|word| !word.contains('/'));
    let is_file = |word: &&str| !word.starts_with('/') && Path::new(word).is_file();
    first.into_iter().chain(words).find(is_file)
}

/// The values of the placeholders of a command line.
fn placeholders(job: &Job<'_>) -> Vec<(&'static str, String)> {
    let endpoints = job.endpoints;
    let system = job.system.map(|path| path.display().to_string()).unwrap_or_default();
    let shown = |at: Option<SocketAddr>| at.map(|at| at.to_string()).unwrap_or_default();
    let value = |name: &str| match name {
        "user" => job.user.to_owned(),
        "password" => job.password.to_owned(),
        "source" => endpoints.source.to_string(),
        "destination" => endpoints.destination.to_string(),
        "lmtp" => shown(endpoints.lmtp),
        "directory" => shown(endpoints.directory),
        "from" => job.stores[0].to_owned(),
        "to" => job.stores[1].to_owned(),
        "system" => system.clone(),
        _ => job.folder.display().to_string(),
    };
    PLACEHOLDERS.into_iter().map(|one| (one.name, value(one.name))).collect()
}
