//! The judge of a trial: compares the mail that the system accepted with what directory and stores hold at the end. Starts nothing.

use std::collections::BTreeSet;

use super::exercise::NEVER_SUCCEEDED;
use super::report::{FinalState, MailReport, RunReport, SeenMessage, TrialVerdict};
use super::run::Ended;
use crate::mover::Carries;

/// A message of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its name in the trial.
    pub name: String,
    /// The folder in which it was stored.
    pub folder: String,
    /// Its flags.
    pub flags: Vec<String>,
    /// The answer of the system.
    pub answer: MailReport,
    /// True if it was there before the last run began.
    pub is_before_last_run: bool,
}

/// The facts of a trial.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The messages.
    pub sent: &'a [Sent],
    /// The parts of a message that the mover carries besides its text.
    pub carries: Carries,
    /// The runs.
    pub runs: &'a [RunReport],
    /// True if a fault was planned and did not strike.
    pub is_fault_missing: bool,
    /// The content of directory and stores at the end.
    pub end: &'a FinalState,
    /// The name of the destination.
    pub destination: &'a str,
}

/// The beginning of the reason for a false success.
const FALSE_SUCCESS: &str = "the tool exited with 0";
/// The reason for a fault that did not strike.
const FAULT_MISSING: &str = "the run did not reach the fault point";

/// Returns true if a reason says what the others follow from: a report shows it first and never leaves it out.
#[must_use]
pub fn is_decisive(reason: &str) -> bool {
    [FALSE_SUCCESS, FAULT_MISSING, NEVER_SUCCEEDED].iter().any(|start| reason.starts_with(start))
}

/// Returns the verdict, and the reasons for it.
#[must_use]
pub fn judge(facts: &Facts<'_>) -> (TrialVerdict, Vec<String>) {
    let mut found = Vec::new();
    let accepted: Vec<&Sent> = facts.sent.iter().filter(|sent| sent.answer == MailReport::Accepted).collect();
    for sent in &accepted {
        found.extend(location(facts, sent));
        found.extend(change(facts, sent).map(|reason| (TrialVerdict::Changed, reason)));
    }
    found.extend(copies(facts).map(|reason| (TrialVerdict::Duplicate, reason)));
    found.extend(false_success(facts, &accepted).map(|reason| (TrialVerdict::FalseSuccess, reason)));
    found.extend(returned(facts).map(|reason| (TrialVerdict::Bounced, reason)));
    found.extend(inconclusive(facts).into_iter().map(|reason| (TrialVerdict::Inconclusive, reason)));
    concluded(found, facts.runs.len() > 1)
}

/// Returns the worst of these findings as the verdict, and their reasons, the worst first.
pub(crate) fn concluded(mut found: Vec<(TrialVerdict, String)>, is_retried: bool) -> (TrialVerdict, Vec<String>) {
    let fine = if is_retried { TrialVerdict::FineAfterRetry } else { TrialVerdict::Fine };
    let verdict = found.iter().map(|(verdict, _)| *verdict).max().unwrap_or(fine);
    found.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
    (verdict, found.into_iter().map(|(_, reason)| reason).collect())
}

/// Returns the copies of a message in a store.
fn copies_in<'a>(facts: &'a Facts<'_>, store: &str, name: &'a str) -> impl Iterator<Item = &'a SeenMessage> {
    let messages = facts.end.stores.get(store).and_then(Option::as_ref);
    messages.into_iter().flatten().filter(move |message| message.name == name)
}

/// Returns a finding if a message is not in the mailbox that the home names.
fn location(facts: &Facts<'_>, sent: &Sent) -> Option<(TrialVerdict, String)> {
    let name = &sent.name;
    let mut stores = facts.end.stores.keys().filter(|store| copies_in(facts, store, name).next().is_some());
    let home = facts.end.home.as_deref().unwrap_or("none");
    if copies_in(facts, home, name).next().is_some() {
        return None;
    }
    Some(match stores.next() {
        None => (TrialVerdict::Loss, format!("{name} is in no store")),
        Some(store) => (TrialVerdict::Unreachable, format!("{name} is in {store}, and the home is {home}")),
    })
}

/// Returns how a message in the home differs from the message that was sent, if every copy of it does.
fn change(facts: &Facts<'_>, sent: &Sent) -> Option<String> {
    let home = facts.end.home.as_deref()?;
    let mut changes = copies_in(facts, home, &sent.name).map(|copy| difference(facts.carries, sent, copy));
    let first = changes.next()?;
    if changes.any(|change| change.is_none()) { None } else { first }
}

fn difference(carries: Carries, sent: &Sent, copy: &SeenMessage) -> Option<String> {
    let name = &sent.name;
    let set = |flags: &[String]| flags.iter().cloned().collect::<BTreeSet<_>>();
    let (had, has) = (set(&sent.flags), set(&copy.flags));
    let is_deleted = has.contains(DELETED) && !had.contains(DELETED);
    if copy.is_text_changed {
        Some(format!("{name} arrived with another text"))
    } else if is_deleted {
        Some(format!("{name} is marked as deleted"))
    } else if carries.flags && had != has {
        let list = |flags: BTreeSet<String>| flags.into_iter().collect::<Vec<_>>().join(" ");
        Some(format!("{name} had the flags ({}) and has ({})", list(had), list(has)))
    } else if carries.folders && copy.folder != sent.folder {
        Some(format!("{name} was in {} and is in {}", sent.folder, copy.folder))
    } else {
        None
    }
}

/// The flag of a message that the next expunge removes.
const DELETED: &str = "\\Deleted";

fn copies<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = String> + 'a {
    facts.end.stores.keys().flat_map(move |store| {
        facts.sent.iter().filter_map(move |sent| {
            let count = copies_in(facts, store, &sent.name).count();
            (count > 1).then(|| format!("{store} holds {count} copies of {}", sent.name))
        })
    })
}

/// Returns a finding if the last run reported success and had not done its work.
fn false_success(facts: &Facts<'_>, accepted: &[&Sent]) -> Option<String> {
    facts.runs.last().filter(|run| run.is_ok())?;
    let missing = accepted
        .iter()
        .find(|sent| sent.is_before_last_run && copies_in(facts, facts.destination, &sent.name).next().is_none())?;
    Some(format!("{FALSE_SUCCESS}, and {} is not in {}", missing.name, facts.destination))
}

fn returned<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = String> + 'a {
    let returned = facts.sent.iter().filter(|sent| sent.answer == MailReport::Returned);
    returned.map(|sent| format!("the system returned {} to its sender", sent.name))
}

fn inconclusive(facts: &Facts<'_>) -> Vec<String> {
    let ends = facts.runs.iter().flat_map(|run| run.tool.iter().chain(&run.directory_step));
    let reason = |ended: &Ended| match ended {
        Ended::TimedOut => Some("the tool did not end within its time limit and was killed".to_owned()),
        Ended::NotStarted(reason) => Some(reason.clone()),
        Ended::Exited(_) | Ended::Signal(_) | Ended::Killed => None,
    };
    let mut reasons: Vec<String> = ends.filter_map(reason).collect();
    if facts.is_fault_missing {
        reasons.push(FAULT_MISSING.to_owned());
    }
    let ended = facts.runs.iter().filter(|run| matches!(run.tool, Some(Ended::Exited(_))));
    let left: BTreeSet<&str> = ended.flat_map(|run| &run.left_behind).map(String::as_str).collect();
    if !left.is_empty() {
        let names: Vec<&str> = left.into_iter().collect();
        reasons.push(format!(
            "processes of the tool ran on and were ended before they could do more: {}",
            names.join(", ")
        ));
    }
    reasons.dedup();
    reasons
}
