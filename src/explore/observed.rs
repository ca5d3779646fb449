//! Snapshots on the page: the present state of an observed mailbox, as the start of a trace. The reader takes each procedure from there.

use crate::report::state_advice::{self, circumstances, limits};
use stranded_search::advice::{MailboxAdvice, advise_all, known_procedures, present};
use stranded_search::snapshot::{self, Snapshot};

use super::library::Library;
use super::link::LinkError;
use super::open_trace::{ObservedMailbox, OpenTrace};

/// The content of a snapshot file.
#[derive(Debug)]
pub enum Observed {
    /// The start of a trace in the present state of a mailbox, with its title.
    Mailbox(Box<OpenTrace>, String),
    /// The names of several mailboxes.
    Several(Vec<String>),
}

/// Reads a snapshot file; `part` names a mailbox.
///
/// # Errors
/// The error in the file, an unknown mailbox, or the reason why no procedure can run.
pub fn read(library: &Library, name: &str, text: &str, part: Option<&str>) -> Result<Observed, LinkError> {
    let wrong = |diagnostics: stranded_search::scenario::Diagnostics| LinkError(diagnostics.render(false));
    let snapshots = snapshot::read(name, text).map_err(wrong)?;
    let found: &[Snapshot] = match part {
        None => &snapshots,
        Some(part) => {
            let index = snapshots.iter().position(|one| one.mailbox == part);
            let index = index.ok_or_else(|| LinkError(format!("{name} has no mailbox {part}")))?;
            &snapshots[index..=index]
        }
    };
    if found.len() > 1 {
        return Ok(Observed::Several(found.iter().map(|one| one.mailbox.clone()).collect()));
    }
    let circumstances = circumstances();
    let advised = advise_all(found, true, &known_procedures(), &circumstances, &limits()).map_err(wrong)?;
    let none = || LinkError(format!("{name} shows only one server, so no procedure can run"));
    let only: &MailboxAdvice<'_> = advised.first().ok_or_else(none)?;
    let advice = only.recommended().or_else(|| only.advice.first()).ok_or_else(none)?;
    let (spec, world) = present(only.snapshot, &circumstances, advice);
    let observed = ObservedMailbox { name: only.snapshot.mailbox.clone(), answer: state_advice::answer(only) };
    let title = format!("{} now", observed.name);
    Ok(Observed::Mailbox(Box::new(library.start_in(spec, world, observed)), title))
}
