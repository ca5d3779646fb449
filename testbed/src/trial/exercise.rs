//! The demands on the run without a fault before faults are tried: the tool succeeds, and it reaches servers through the fault proxies.
//! Starts nothing.

use super::TrialOptions;
use super::report::{DirectoryStep, TrialReport, TrialVerdict};
use crate::mover::{Mover, Shipped};
use crate::proxy::point::{Connection, FaultPoint};

/// The beginning of the reason for a tool that did not succeed.
pub(super) const NEVER_SUCCEEDED: &str = "the tool never succeeded without a fault";

/// Judges the run without a fault, also by what it exercised. Returns the reason why trials with faults would say nothing, if there is
/// one.
pub(super) fn judge(mover: &Mover, options: &TrialOptions<'_>, plain: &mut TrialReport) -> Option<String> {
    let failure = never_succeeded(plain).filter(|_| options.must_succeed);
    if let Some(reason) = &failure {
        if plain.verdict.is_fine() {
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
fn never_succeeded(plain: &TrialReport) -> Option<String> {
    let run = plain.runs.last().filter(|run| !run.is_ok())?;
    let last = run.output.lines().rev().find(|line| !line.trim().is_empty()).map(|line| format!(": {}", line.trim()));
    Some(format!("{NEVER_SUCCEEDED}: {}{}", run.ends(), last.unwrap_or_default()))
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

/// Returns the servers that a move needs and to which the tool sent nothing that moves mail.
pub(super) fn not_exercised(mover: &Mover, plain: &TrialReport) -> Vec<String> {
    let moves = |point: &&FaultPoint| !WITHOUT_MAIL.contains(&point.verb.as_str());
    let is_reached =
        |connections: &[Connection]| by_tool(plain).filter(moves).any(|point| connections.contains(&point.connection));
    let is_local = matches!(mover, Mover::Shipped(shipped) if reads_the_store_of_the_source(*shipped));
    let mut missing = Vec::new();
    if !is_local && !is_reached(&[Connection::SourceImap]) {
        missing.push("source");
    }
    if !is_reached(&[Connection::DestinationImap, Connection::Lmtp, Connection::Doveadm]) {
        missing.push("destination");
    }
    if plain.order == DirectoryStep::Tool && !is_reached(&[Connection::Directory]) {
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
