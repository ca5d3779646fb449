//! The third-party movers that the test bed knows by name: unmodified packages of Debian, and imapsync if it is installed.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Carries;
use crate::packages::{self, Missing};

/// A third-party mover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shipped {
    /// `doveadm backup`
    DoveadmBackup,
    /// `doveadm sync`
    DoveadmSync,
    /// `doveadm sync -1`
    DoveadmSync1,
    /// mbsync of isync, `Sync All` and `Expunge Both`
    Mbsync,
    /// imapfilter, `move_messages`
    Imapfilter,
    /// fetchmail from IMAP to LMTP
    Fetchmail,
    /// getmail6 from IMAP to LMTP
    Getmail,
    /// larch, `all`
    Larch,
    /// imapsync, which is no package of Debian
    Imapsync,
}

impl Shipped {
    /// Every mover.
    pub const ALL: [Self; 9] = [
        Self::DoveadmBackup,
        Self::DoveadmSync,
        Self::DoveadmSync1,
        Self::Mbsync,
        Self::Imapfilter,
        Self::Fetchmail,
        Self::Getmail,
        Self::Larch,
        Self::Imapsync,
    ];

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DoveadmBackup => "doveadm-backup",
            Self::DoveadmSync => "doveadm-sync",
            Self::DoveadmSync1 => "doveadm-sync-1",
            Self::Mbsync => "mbsync",
            Self::Imapfilter => "imapfilter",
            Self::Fetchmail => "fetchmail",
            Self::Getmail => "getmail",
            Self::Larch => "larch",
            Self::Imapsync => "imapsync",
        }
    }

    /// Returns the mover with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Returns the name of its package.
    fn package(self) -> &'static str {
        match self {
            Self::DoveadmBackup | Self::DoveadmSync | Self::DoveadmSync1 => "dovecot-core",
            Self::Mbsync => "isync",
            Self::Imapfilter => "imapfilter",
            Self::Fetchmail => "fetchmail",
            Self::Getmail => "getmail6",
            Self::Larch => "larch",
            Self::Imapsync => "imapsync",
        }
    }

    /// Checks that the mover is installed.
    ///
    /// # Errors
    /// The reason as a sentence for people.
    pub fn require(self) -> Result<(), String> {
        let part = match self {
            Self::DoveadmBackup | Self::DoveadmSync | Self::DoveadmSync1 => "dovecot",
            Self::Imapsync if imapsync().is_some() => return Ok(()),
            Self::Imapsync => {
                return Err("imapsync is not in PATH, and Debian has no package of it: install it from its author, \
                            or leave it out"
                    .to_owned());
            }
            Self::Mbsync | Self::Imapfilter | Self::Fetchmail | Self::Getmail | Self::Larch => self.name(),
        };
        packages::require(part).map_err(|missing: Missing| format!("{} is {missing}", self.name()))
    }

    /// Returns the version of the installed package.
    pub(super) fn version(self) -> Option<String> {
        let mut query = match self {
            Self::Imapsync => {
                let mut command = Command::new(imapsync()?);
                command.arg("--version");
                command
            }
            Self::DoveadmBackup
            | Self::DoveadmSync
            | Self::DoveadmSync1
            | Self::Mbsync
            | Self::Imapfilter
            | Self::Fetchmail
            | Self::Getmail
            | Self::Larch => {
                let mut command = Command::new("/usr/bin/dpkg-query");
                command.args(["-W", "-f=${Version}", self.package()]);
                command
            }
        };
        let output = query.stdin(Stdio::null()).output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Some(format!("{} {text}", self.package()))
    }

    /// Returns what the mover carries. Mail that goes through LMTP arrives in the INBOX without flags.
    pub(super) fn carries(self) -> Carries {
        let is_delivery = matches!(self, Self::Fetchmail | Self::Getmail);
        Carries { flags: !is_delivery, folders: !is_delivery }
    }
}

/// Returns the path of imapsync.
pub(super) fn imapsync() -> Option<String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let found = path.split(':').map(|folder| Path::new(folder).join("imapsync")).find(|file| file.is_file())?;
    Some(found.display().to_string())
}
