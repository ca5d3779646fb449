//! The scenarios and procedures that come with the program, embedded as their files are.

use stranded_model::procedure::Procedure;

use super::diagnostic::Diagnostics;
use super::read::{parse_builtin, parse_procedure};
use super::{SiteNames, Spec};

/// A file that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// Its name, which is also that of its file.
    pub name: &'static str,
    /// What is in it.
    pub text: &'static str,
    folder: &'static str,
}

macro_rules! embedded {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(Builtin {
            name: $name,
            text: include_str!(concat!("../../specs/", $folder, "/", $name, ".toml")),
            folder: $folder,
        }),*]
    };
}

/// The scenarios, in the order in which reports list them.
#[must_use]
pub fn scenarios() -> &'static [Builtin] {
    embedded!["scenarios": "move", "stranded", "second-move", "method-1", "method-2", "move-under-mail", "partial-copy-retry", "old-backup-cleanup", "old-backup-unique", "cleanup-of-the-stranded", "q162998", "q162998-late-mail", "q162998-any-time", "mail-before-mark", "stale-cache", "incomplete-copy", "ldap-delete", "tombstone-expired", "method-1-late-mail", "method-1-then-cleanup", "method-2-late-mail", "method-1-then-delete", "half-method-1-mdb", "half-method-1-mta", "malformed-home", "method-1-concurrent-edit", "method-2-before-replication", "adjuster-on-source", "adjuster-too-early", "move-to-third", "move-to-third-then-cleanup", "crash-source-kept", "crash-source-gone", "lost-reply-ignored", "orphan-cleanup", "method-1-again", "method-2-again", "q162998-again", "directory-last", "directory-first", "directory-never", "cyrus-xfer", "two-way-sync", "guarded-move", "guarded-move-without-claim", "guarded-move-without-respect", "guarded-move-without-order", "guarded-move-without-home", "guarded-move-without-resume", "guarded-move-beside-method-1", "guarded-move-without-version", "guarded-move-without-confirmation", "guarded-move-after-method-1", "guarded-move-without-merge", "guarded-move-without-verification", "guarded-move-without-retry", "guarded-move-of-three", "guarded-move-other-edits", "two-mailboxes"]
}

/// The procedures, in the order in which reports list them.
#[must_use]
pub fn procedures() -> &'static [Builtin] {
    embedded!["procedures": "move", "move-of-the-article", "method-1", "method-2", "q162998", "guarded-move"]
}

/// The scenario of this name.
#[must_use]
pub fn scenario(name: &str) -> Option<&'static Builtin> {
    scenarios().iter().find(|builtin| builtin.name == name)
}

/// The procedure of this name.
#[must_use]
pub fn procedure(name: &str) -> Option<&'static Builtin> {
    procedures().iter().find(|builtin| builtin.name == name)
}

impl Builtin {
    /// What it is called in messages.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("specs/{}/{}.toml", self.folder, self.name)
    }

    /// A scenario, read as the start of others.
    pub(crate) fn parse(&self, chain: &[String]) -> Result<Spec, Diagnostics> {
        parse_builtin(&self.file_name(), self.text, chain)
    }

    /// A procedure, read for a stand-in site of the servers `source` and `destination`.
    ///
    /// # Panics
    /// If this is not a procedure: what comes with the program is without errors.
    #[must_use]
    pub fn decoded(&self) -> Procedure {
        parse_procedure(&self.file_name(), self.text, &SiteNames::of(["source", "destination"]))
            .unwrap_or_else(|diagnostics| panic!("a built-in procedure has errors:\n{diagnostics}"))
    }
}
