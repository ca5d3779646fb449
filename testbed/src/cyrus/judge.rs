//! The judge of a trial of `XFER`: compares the accepted mail with what the backends hold, what mupdate says and what the user sees.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::held::{HeldMailbox, HeldMessage, Standing, folder};
use super::mupdate::{Entry, Status};
use super::trial::recognized;
use super::{Backend, Murder};
use crate::trial::judge::{Sent, concluded};
use crate::trial::report::{FinalState, MailReport, RunReport, SeenMessage, TrialVerdict};
use crate::trial::run::Ended;

/// The facts of a trial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    /// The messages.
    pub(super) sent: &'a [Sent],
    /// The last `XFER`.
    pub(super) last_move: &'a RunReport,
    /// True if `XFER` ran twice.
    pub(super) is_retried: bool,
    /// Each `XFER`, and each act of the repair.
    pub(super) runs: &'a [RunReport],
    /// True if a fault was planned and did not strike.
    pub(super) is_fault_missing: bool,
    /// The end of the trial.
    pub(super) end: &'a End,
}

/// The end of a trial: everything that the servers hold and say.
#[derive(Clone, Debug)]
pub(super) struct End {
    /// The entry of each folder in mupdate.
    entries: BTreeMap<String, Entry>,
    held: Vec<(Backend, Vec<HeldMailbox>)>,
    /// Files of mail on the disks, with those of deleted mailboxes.
    files: Vec<(Backend, Vec<Vec<u8>>)>,
    seen: BTreeMap<String, Vec<HeldMessage>>,
    servers: Vec<(Backend, String)>,
}

/// The name under which [`FinalState`] has what the user sees.
pub(crate) const LOGON: &str = "logon";

impl Murder {
    /// Observes everything of a user.
    pub(super) fn end(&self, user: &str) -> io::Result<End> {
        let entries = self.mupdate()?.list()?.into_iter();
        let entries = entries.filter_map(|entry| Some((folder(&entry.mailbox, user)?, entry))).collect();
        let mut held = Vec::new();
        let mut files = Vec::new();
        for backend in Backend::ALL {
            held.push((backend, self.held(backend, user)?));
            files.push((backend, self.files_of_mail(backend)?));
        }
        let servers = Backend::ALL.map(|backend| (backend, self.server(backend))).to_vec();
        Ok(End { entries, held, files, seen: self.seen(user)?, servers })
    }
}

impl End {
    /// Returns the backends that mupdate names for the folders of the user, as one word if all are the same.
    fn home(&self) -> Option<String> {
        let held = self.held.iter().flat_map(|(_, mailboxes)| mailboxes);
        let held = held.filter(|one| one.standing != Standing::Deleted).map(|one| one.folder.clone());
        let folders: BTreeSet<String> = self.entries.keys().cloned().chain(held).collect();
        let homes: Vec<(&String, Option<String>)> =
            folders.iter().map(|folder| (folder, self.entries.get(folder).map(|entry| self.named(entry)))).collect();
        let (_, first) = homes.first()?;
        if homes.iter().all(|(_, home)| home == first) {
            return first.clone();
        }
        let words =
            |(folder, home): &(&String, Option<String>)| format!("{folder}: {}", home.as_deref().unwrap_or("none"));
        Some(homes.iter().map(words).collect::<Vec<_>>().join(", "))
    }

    fn named(&self, entry: &Entry) -> String {
        let server = entry.server();
        let backend = self.servers.iter().find(|(_, name)| name == server);
        let backend = backend.map_or(server, |(backend, _)| backend.name());
        match entry.status {
            Status::Active => backend.to_owned(),
            Status::Reserved => format!("{backend} (reserved)"),
        }
    }

    /// Returns the state as the report has it: one store for each backend, one for what is out of reach there, and what the user sees.
    pub(super) fn state(&self) -> FinalState {
        let mut stores = BTreeMap::new();
        for (backend, mailboxes) in &self.held {
            let parts = [(Standing::Local, ""), (Standing::Moving, " (moving)"), (Standing::Deleted, " (deleted)")];
            for (standing, words) in parts {
                let of_part: Vec<&HeldMailbox> = mailboxes.iter().filter(|one| one.standing == standing).collect();
                let messages =
                    of_part.iter().flat_map(|one| one.messages.iter().map(|message| seen(&one.folder, message)));
                let messages = if of_part.is_empty() { None } else { Some(messages.collect()) };
                if standing == Standing::Local || messages.is_some() {
                    stores.insert(format!("{}{words}", backend.name()), messages);
                }
            }
        }
        let visible =
            self.seen.iter().flat_map(|(folder, messages)| messages.iter().map(|message| seen(folder, message)));
        stores.insert(LOGON.to_owned(), if self.seen.is_empty() { None } else { Some(visible.collect()) });
        FinalState { home: self.home(), stores }
    }
}

fn seen(folder: &str, message: &HeldMessage) -> SeenMessage {
    let (name, is_text_changed) = recognized(&message.text);
    SeenMessage { name, folder: folder.to_owned(), flags: message.flags.clone(), is_text_changed }
}

/// Returns the verdict, and the reasons for it.
pub(super) fn judge(facts: &Facts<'_>) -> (TrialVerdict, Vec<String>) {
    let state = facts.end.state();
    let mut found = Vec::new();
    for sent in facts.sent.iter().filter(|sent| sent.answer == MailReport::Accepted) {
        let visible = copies(&state, LOGON, &sent.name);
        match visible.first() {
            None => found.push(missing(facts, &state, sent)),
            Some(copy) => found.extend(change(sent, copy)),
        }
        if visible.len() > 1 {
            found.push((TrialVerdict::Duplicate, format!("the user sees {} copies of {}", visible.len(), sent.name)));
        }
    }
    found.extend(false_success(facts, &state).map(|reason| (TrialVerdict::FalseSuccess, reason)));
    for sent in facts.sent.iter().filter(|sent| sent.answer == MailReport::Returned) {
        found.push((TrialVerdict::Bounced, format!("the system returned {} to its sender", sent.name)));
    }
    found.extend(inconclusive(facts).map(|reason| (TrialVerdict::Inconclusive, reason)));
    concluded(found, facts.is_retried)
}

fn copies<'a>(state: &'a FinalState, store: &str, name: &str) -> Vec<&'a SeenMessage> {
    let messages = state.stores.get(store).and_then(Option::as_ref);
    messages.into_iter().flatten().filter(|message| message.name == name).collect()
}

/// Returns where a message is that the user does not see.
fn missing(facts: &Facts<'_>, state: &FinalState, sent: &Sent) -> (TrialVerdict, String) {
    let name = &sent.name;
    let home = state.home.as_deref().unwrap_or("none");
    let stores: Vec<&str> =
        state.stores.keys().map(String::as_str).filter(|store| !copies(state, store, name).is_empty()).collect();
    if !stores.is_empty() {
        return (TrialVerdict::Unreachable, format!("{name} is in {}, and the home is {home}", stores.join(" and ")));
    }
    let has_file = |files: &[Vec<u8>]| files.iter().any(|text| recognized(text).0 == *name);
    let disks: Vec<&str> =
        facts.end.files.iter().filter(|(_, files)| has_file(files)).map(|(backend, _)| backend.name()).collect();
    let rest =
        if disks.is_empty() { String::new() } else { format!("; a file of it is left on {}", disks.join(" and ")) };
    (TrialVerdict::Loss, format!("{name} is in no mailbox{rest}"))
}

fn change(sent: &Sent, copy: &SeenMessage) -> Option<(TrialVerdict, String)> {
    let name = &sent.name;
    let sentence = if copy.is_text_changed {
        format!("{name} has another text")
    } else if copy.folder != sent.folder {
        format!("{name} was in {} and is in {}", sent.folder, copy.folder)
    } else if copy.flags != sent.flags {
        format!("{name} had the flags ({}) and has ({})", sent.flags.join(" "), copy.flags.join(" "))
    } else {
        return None;
    };
    Some((TrialVerdict::Changed, sentence))
}

/// Returns a finding if the last `XFER` reported success and a message that was there before is not at the destination.
fn false_success(facts: &Facts<'_>, state: &FinalState) -> Option<String> {
    let destination = Backend::Destination.name();
    if !facts.last_move.is_ok() {
        return None;
    }
    let accepted = facts.sent.iter().filter(|sent| sent.answer == MailReport::Accepted && sent.is_before_last_run);
    let lacking = accepted.map(|sent| &sent.name).find(|name| copies(state, destination, name).is_empty())?;
    Some(format!("XFER reported success, and {lacking} is not in {destination}"))
}

fn inconclusive(facts: &Facts<'_>) -> impl Iterator<Item = String> {
    let reason = |run: &RunReport| match &run.tool {
        Some(Ended::TimedOut) => Some("XFER did not answer within its time limit".to_owned()),
        Some(Ended::NotStarted(reason)) => Some(reason.clone()),
        Some(Ended::Exited(_) | Ended::Signal(_) | Ended::Killed) | None => None,
    };
    let missing = facts.is_fault_missing.then(|| "the run did not reach the fault point".to_owned());
    facts.runs.iter().filter_map(reason).chain(missing).collect::<Vec<_>>().into_iter()
}
