//! The demands on the run without a fault before faults are tried: the tool succeeds, and it reaches servers through the fault proxies.
//! Starts nothing.

use super::TrialOptions;
use super::one::BEFORE;
use super::report::{DirectoryStep, TrialReport, TrialVerdict};
use super::site::Site;
use crate::mover::{Mover, Shipped, relative_file};
use crate::proxy::point::{Connection, FaultPoint};

/// The beginning of the reason for a tool that did not succeed.
pub(super) const NEVER_SUCCEEDED: &str = "the tool never succeeded without a fault";

/// Judges the run without a fault, also by what it exercised. Returns the reason why trials with faults would say nothing, if there is
/// one.
pub(super) fn judge(mover: &Mover, options: &TrialOptions<'_>, plain: &mut TrialReport) -> Option<String> {
    let failure = never_succeeded(mover, plain).filter(|_| options.must_succeed);
    if let Some(reason) = &failure {
        // With the directory step first it is the operator who made the mail unreachable.
        let is_by_operator = options.order == DirectoryStep::First && plain.verdict == TrialVerdict::Unreachable;
        if plain.verdict.is_fine() || is_by_operator {
            plain.verdict = TrialVerdict::Inconclusive;
        }
        plain.reasons.push(reason.clone());
    }
    if by_tool(plain).next().is_none() && options.points.is_empty() {
        let says = "the tool sent nothing through the fault proxies; it must connect to the addresses that the placeholders \
                    name, which are other ones in each trial";
        return failure.or_else(|| Some(says.to_owned()));
    }
    // The record says what the movers that always fail do at each fault.
    failure.filter(|_| matches!(mover, Mover::Command(_)))
}

/// Returns the reason why a tool does not count as one that moves mail.
fn never_succeeded(mover: &Mover, plain: &TrialReport) -> Option<String> {
    let run = plain.runs.last().filter(|run| !run.is_ok())?;
    let last = run.output.lines().rev().find(|line| !line.trim().is_empty()).map(|line| format!(": {}", line.trim()));
    let hint = match mover {
        Mover::Command(command) => relative_file(command).map(elsewhere),
        Mover::Shipped(_) | Mover::Performed { .. } => None,
    };
    Some(format!("{NEVER_SUCCEEDED}: {}{}{}", run.ends(), last.unwrap_or_default(), hint.unwrap_or_default()))
}

/// Says that a file of a command line is not where the command runs.
pub(super) fn elsewhere(file: &str) -> String {
    format!("; the tool runs in a folder of its own, so give the full path of {file}")
}

/// Returns the points that the tool reached itself.
fn by_tool(plain: &TrialReport) -> impl Iterator<Item = &FaultPoint> {
    plain.reached.iter().filter(|point| !plain.reached_by_operator.contains(point))
}

/// The IMAP commands that carry no mail and change none: a tool that sends no other to a server moves the mail past the fault proxy.
const WITHOUT_MAIL: [&str; 15] = [
    "AUTHENTICATE",
    "CAPABILITY",
    "CLOSE",
    "ENABLE",
    "EXAMINE",
    "ID",
    "LIST",
    "LOGIN",
    "LOGOUT",
    "LSUB",
    "NAMESPACE",
    "NOOP",
    "SELECT",
    "STARTTLS",
    "STATUS",
];
/// The commands that bring a message to the destination.
const STORES_MAIL: [&str; 4] = ["APPEND", "REPLACE", "UID REPLACE", "DATA"];
/// The commands without which no message leaves an IMAP store.
const REMOVES_MAIL: [&str; 8] =
    ["STORE", "UID STORE", "EXPUNGE", "UID EXPUNGE", "MOVE", "UID MOVE", "DELETE", "RENAME"];
/// The requests that change a directory.
const WRITES_DIRECTORY: [&str; 4] = ["modify", "add", "delete", "rename"];

/// Returns the servers that a move needs and to which the tool sent nothing that moves mail. What changed at a server although no
/// request through its proxy can have done it went past the proxy, and no fault struck it there.
pub(super) fn not_exercised(site: &Site, mover: &Mover, plain: &TrialReport) -> Vec<String> {
    let sent = |connections: &[Connection], is_one: &dyn Fn(&str) -> bool| {
        by_tool(plain).any(|point| connections.contains(&point.connection) && is_one(&point.verb))
    };
    let source = &[Connection::SourceImap];
    let [from, _] = site.stores();
    let left = plain.end.stores.get(from).and_then(Option::as_ref);
    let has_removed = left.is_none_or(|left| !BEFORE.iter().all(|(name, ..)| left.iter().any(|one| one.name == *name)));
    let is_local = matches!(mover, Mover::Shipped(shipped) if reads_the_store_of_the_source(*shipped));
    let is_removed_past = has_removed && !sent(source, &|verb| REMOVES_MAIL.contains(&verb));
    let mut missing = Vec::new();
    if !is_local && (is_removed_past || !sent(source, &|verb| !WITHOUT_MAIL.contains(&verb))) {
        missing.push("source");
    }
    let stores = sent(&[Connection::DestinationImap, Connection::Lmtp], &|verb| STORES_MAIL.contains(&verb));
    if !stores && !sent(&[Connection::Doveadm], &|_| true) {
        missing.push("destination");
    }
    if plain.order == DirectoryStep::Tool && !sent(&[Connection::Directory], &|verb| WRITES_DIRECTORY.contains(&verb)) {
        missing.push("directory");
    }
    missing.into_iter().map(str::to_owned).collect()
}

/// Returns true if a mover runs on the source and reads its store without a connection.
fn reads_the_store_of_the_source(mover: Shipped) -> bool {
    match mover {
        Shipped::DoveadmBackup | Shipped::DoveadmSync | Shipped::DoveadmSync1 => true,
        Shipped::Mbsync
        | Shipped::Imapfilter
        | Shipped::Fetchmail
        | Shipped::Getmail
        | Shipped::Larch
        | Shipped::Imapsync => false,
    }
}
