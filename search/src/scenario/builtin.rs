//! The built-in scenarios and procedures: files that are embedded in the program.

use stranded_model::procedure::Procedure;

use super::diagnostic::Diagnostics;
use super::load::parse_builtin;
use super::{SiteNames, Spec, parse_procedure};

/// An embedded file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// The name of the scenario or procedure, which is also the name of the file.
    pub name: &'static str,
    /// The text of the file.
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

/// Returns the built-in scenarios, in the order in which reports list them.
#[must_use]
pub fn scenarios() -> &'static [Builtin] {
    embedded! {
        "scenarios":
        "move",
        "stranded",
        "second-move",
        "method-1",
        "method-2",
        "move-under-mail",
        "partial-copy-retry",
        "old-backup-cleanup",
        "old-backup-unique",
        "cleanup-of-the-stranded",
        "q162998",
        "q162998-late-mail",
        "q162998-any-time",
        "mail-before-mark",
        "stale-cache",
        "incomplete-copy",
        "ldap-delete",
        "tombstone-expired",
        "method-1-late-mail",
        "method-1-then-cleanup",
        "method-2-late-mail",
        "method-1-then-delete",
        "half-method-1-mdb",
        "half-method-1-mta",
        "malformed-home",
        "method-1-concurrent-edit",
        "method-2-before-replication",
        "adjuster-on-source",
        "adjuster-too-early",
        "move-to-third",
        "move-to-third-then-cleanup",
        "crash-source-kept",
        "crash-source-gone",
        "lost-reply-ignored",
        "orphan-cleanup",
        "method-1-again",
        "method-2-again",
        "q162998-again",
        "directory-last",
        "directory-first",
        "directory-never",
        "two-way-sync",
        "guarded-move",
        "guarded-move-without-claim",
        "guarded-move-without-respect",
        "guarded-move-without-order",
        "guarded-move-without-home",
        "guarded-move-without-resume",
        "guarded-move-beside-method-1",
        "guarded-move-without-version",
        "guarded-move-without-stamp",
        "guarded-move-without-confirmation",
        "guarded-move-after-method-1",
        "guarded-move-without-merge",
        "guarded-move-without-verification",
        "guarded-move-without-retry",
        "guarded-move-of-three",
        "guarded-move-other-edits",
        "guarded-move-of-three-other-edits",
        "two-mailboxes",
        "append-repair",
        "append-repair-faults",
        "append-repair-without-hold",
        "append-repair-blind-retry",
        "append-repair-late-request",
        "hold-then-method-1",
        "hold-then-method-1-late-mail",
        "hold-then-method-1-any-time",
        "hold-then-method-1-concurrent-edit",
        "move-without-marks",
        "move-without-marks-under-mail",
        "move-without-marks-faults",
        "move-then-merge",
        "guarded-move-late-request",
        "guarded-move-with-token",
        "guarded-move-with-token-faults",
        "guarded-move-empty-store",
        "guarded-move-empty-store-refused",
        "guarded-move-with-probes",
        "guarded-move-lost-mail",
        "guarded-move-in-two-runs",
        "guarded-move-by-append",
        "doveadm-backup",
        "doveadm-backup-again",
        "doveadm-sync",
        "doveadm-sync-again",
        "doveadm-sync-1",
        "doveadm-sync-1-again",
        "mbsync",
        "mbsync-again",
        "imapsync",
        "imapsync-again",
        "imapsync-delete1",
        "imapsync-delete1-again",
        "imapsync-delete2",
        "imapsync-delete2-again",
        "fetchmail",
        "fetchmail-again",
        "getmail",
        "getmail-again",
        "imapfilter",
        "imapfilter-again",
        "larch",
        "larch-again",
        "cyrus-xfer",
        "cyrus-xfer-again",
        "naive-move",
        "naive-move-again",
        "mbsync-journal-lost",
        "cyrus-rename-onto-itself",
        "cyrus-rename-not-committed",
        "cyrus-failed-rename-deletes",
        "cyrus-xfer-of-nothing",
        "dovecot-sync-leaves-mail-out",
        "dovecot-backup-deletes-the-mailbox",
        "imapsync-strict-again",
        "imapsync-ok-without-mail",
        "imapsync-interrupted-run-again",
        "isync-journal-outlives-mail",
        "offlineimap-empty-source",
        "offlineimap-truncated-map",
        "stalwart-import-not-visible",
        "james-destination-exists",
        "vitess-late-write",
        "vitess-half-switch",
        "citus-aborted-move",
    }
}

/// Returns the built-in procedures, in the order in which reports list them.
#[must_use]
pub fn procedures() -> &'static [Builtin] {
    embedded! {
        "procedures":
        "move",
        "move-of-the-article",
        "method-1",
        "method-2",
        "q162998",
        "guarded-move",
        "append-repair",
        "hold-then-method-1",
    }
}

/// Returns the built-in procedures of movers: programs that people run, and variants of our own.
#[must_use]
pub fn movers() -> &'static [Builtin] {
    embedded! {
        "movers":
        "doveadm-backup",
        "doveadm-sync",
        "doveadm-sync-1",
        "mbsync",
        "imapsync",
        "imapsync-delete1",
        "imapsync-delete2",
        "fetchmail",
        "getmail",
        "imapfilter",
        "larch",
        "cyrus-xfer",
        "naive-move",
        "move-without-marks",
        "move-then-merge",
        "guarded-move-by-append",
        "guarded-move-with-token",
        "guarded-move-in-two-runs",
        "guarded-move-with-probes",
    }
}

/// Returns the built-in scenario of this name.
#[must_use]
pub fn scenario(name: &str) -> Option<&'static Builtin> {
    scenarios().iter().find(|builtin| builtin.name == name)
}

/// Returns every built-in procedure: the moves and repairs, then the movers.
pub fn all_procedures() -> impl Iterator<Item = &'static Builtin> {
    procedures().iter().chain(movers())
}

/// Returns the built-in procedure of this name.
#[must_use]
pub fn procedure(name: &str) -> Option<&'static Builtin> {
    all_procedures().find(|builtin| builtin.name == name)
}

impl Builtin {
    /// Returns the name of the file for messages.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("specs/{}/{}.toml", self.folder, self.name)
    }

    /// Returns the first sentence of the comment at the head of the file, without its full stop.
    #[must_use]
    pub fn about(&self) -> String {
        let comment: Vec<&str> = self.text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim).collect();
        let comment = comment.join(" ");
        let ends = |(at, _): &(usize, &str)| comment[at + 2..].starts_with(char::is_uppercase);
        let end = comment.match_indices(". ").find(ends).map_or(comment.len(), |(at, _)| at);
        comment[..end].trim_end_matches('.').to_owned()
    }

    /// Reads the scenario. `chain` lists the files that start from it, the first of them first.
    pub(crate) fn parse(&self, chain: &[String]) -> Result<Spec, Diagnostics> {
        parse_builtin(&self.file_name(), self.text, chain)
    }

    /// Reads the procedure for a site with the servers `source` and `destination`.
    ///
    /// # Panics
    /// If the file is not a procedure without errors; each built-in procedure is one.
    #[must_use]
    pub fn decoded(&self) -> Procedure {
        parse_procedure(&self.file_name(), self.text, &SiteNames::of(["source", "destination"]))
            .unwrap_or_else(|diagnostics| panic!("a built-in procedure has errors:\n{diagnostics}"))
    }
}
