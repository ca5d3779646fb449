//! One trial: a fresh user with mail, the tool with a fault, the tool again as an operator would run it, a mail afterwards, the verdict.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::behind;
use super::judge::{self, Facts, Sent};
use super::lane::{self, Lane};
use super::report::{
    DirectoryStep, FinalState, MailReport, RunReport, SeenMessage, TrialReport, TrialVerdict, milliseconds,
};
use super::run::{self, Finished};
use super::site::Site;
use crate::mover::{Job, Mover};
use crate::proxy::faults::Fault;
use crate::proxy::point::{FaultPoint, Mode};
use crate::system::{self, Delivery, Directory, Named, StoredMessage, System, Trouble};

/// The mail that is there before the tool runs: its name, folder and flags.
pub(super) const BEFORE: [(&str, &str, &str); 3] =
    [("before-1", "INBOX", "\\Flagged"), ("before-2", "INBOX", ""), ("before-3", crate::mover::FOLDER, "\\Seen")];
/// The name of the message that arrives between a success and the run after it.
const BETWEEN: &str = "between";
/// The most lines of output that a report keeps of a run.
const LINES_MAX: usize = 12;
/// The most bytes of such a line.
const LINE_MAX: usize = 300;
/// The longest wait for the servers to finish after a run.
const DRAIN: Duration = Duration::from_secs(3);

/// The subject of a trial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'a> {
    pub(super) mover: &'a Mover,
    pub(super) version: Option<&'a str>,
    pub(super) order: DirectoryStep,
    pub(super) limit: Duration,
    /// True if the operator runs the tool once more after it has reported success and a message has arrived.
    pub(super) is_run_again: bool,
}

/// The reason for a second run that did not follow a success.
const NOT_RUN_AGAIN: &str = "the tool did not report success, so no run followed one";

/// Carries out one trial.
pub(super) fn trial(
    site: &Site,
    lane: &mut Lane,
    plan: Plan<'_>,
    fault: Option<(&FaultPoint, Mode)>,
) -> io::Result<TrialReport> {
    let start = Instant::now();
    let user = lane::fresh_user();
    let folder = lane.processes.folder().join(&user);
    fs::create_dir(&folder)?;
    let system = Arc::clone(&lane.system);
    begin(site, &system, &user).map_err(io::Error::other)?;

    let during = Arc::new(Mutex::new(None));
    lane.faults.begin(fault.map(|(point, mode)| armed(lane, &user, point, mode, &during)));
    let (first, of_operator) = attempt(site, lane, plan, &user, &folder);
    let (reached, frame) = lane.faults.end();
    let reached_by_operator = reached[of_operator].to_vec();
    let is_retried = !first.is_ok() || matches!(fault, Some((_, Mode::Kill)));
    let mut runs = vec![first];
    if is_retried {
        lane.faults.begin(None);
        runs.push(attempt(site, lane, plan, &user, &folder).0);
        lane.faults.end();
    }
    let mut mail = BTreeMap::new();
    let is_run_again = plan.is_run_again && runs.last().is_some_and(RunReport::is_ok);
    if is_run_again {
        mail.insert(BETWEEN.to_owned(), deliver(&system, &user, BETWEEN));
        lane.faults.begin(None);
        runs.push(attempt(site, lane, plan, &user, &folder).0);
        lane.faults.end();
    }

    let arrived = *during.lock().unwrap_or_else(PoisonError::into_inner);
    mail.extend(arrived.map(|answer| ("during".to_owned(), answer)));
    mail.insert("after".to_owned(), deliver(&system, &user, "after"));
    let end = observe(site, &system, &user).map_err(io::Error::other)?;
    let sent = sent(&mail, is_retried);
    let facts = Facts {
        sent: &sent,
        carries: plan.mover.carries(),
        runs: &runs,
        is_fault_missing: fault.is_some() && frame.is_none(),
        end: &end,
        destination: site.stores()[1],
    };
    let (mut verdict, mut reasons) = judge::judge(&facts);
    if is_run_again && !is_retried && verdict == TrialVerdict::FineAfterRetry {
        verdict = TrialVerdict::Fine;
    }
    if plan.is_run_again && !is_run_again {
        verdict = verdict.max(TrialVerdict::Inconclusive);
        reasons.push(NOT_RUN_AGAIN.to_owned());
    }
    clean(site, &system, &user);
    // A folder that remains is removed with the lane.
    let _ = fs::remove_dir_all(&folder);
    Ok(TrialReport {
        mover: plan.mover.to_string(),
        version: plan.version.map(str::to_owned),
        repair: None,
        order: plan.order,
        mode: fault.map(|(_, mode)| mode),
        point: fault.map(|(point, _)| point.clone()),
        frame,
        is_run_again: plan.is_run_again,
        reached,
        reached_by_operator,
        runs,
        mail,
        end,
        verdict,
        reasons,
        milliseconds: milliseconds(start),
    })
}

/// Creates a user, and stores the mail that is there before the tool runs.
fn begin(site: &Site, system: &System, user: &str) -> Result<(), Trouble> {
    let source = site.stores()[0];
    system.create_user(user, source)?;
    BEFORE.into_iter().try_for_each(|(name, folder, flags)| {
        system.append(source, user, folder, text(name, user).as_bytes(), &words(flags))
    })
}

/// Deletes what a trial leaves on servers that remain. What cannot be deleted stays under a name that no other trial has.
fn clean(site: &Site, system: &System, user: &str) {
    if site.is_cleaned {
        let _ = site.stores().map(|store| system.delete_mailbox(store, user));
        let _ = system.delete_user(user);
    }
}

fn words(flags: &str) -> Vec<String> {
    flags.split_whitespace().map(str::to_owned).collect()
}

/// The text of a message.
pub(crate) fn text(name: &str, user: &str) -> String {
    format!(
        "From: sender@example.test\r\nTo: {user}@example.test\r\nSubject: {name}\r\nMessage-ID: <{name}.{user}@example.test>\r\n\
         Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\n{}\r\n",
        body(name)
    )
}

fn body(name: &str) -> String {
    format!("This is {name}.")
}

/// Returns a fault with its act.
fn armed(lane: &Lane, user: &str, point: &FaultPoint, mode: Mode, during: &Arc<Mutex<Option<MailReport>>>) -> Fault {
    let (victim, during, user) = (lane.victim.clone(), Arc::clone(during), user.to_owned());
    let system = Arc::clone(&lane.system);
    let act = move || match mode {
        Mode::Cut | Mode::Swallow => {}
        Mode::Kill => victim.kill(),
        Mode::Mail => {
            let answer = deliver(&system, &user, "during");
            *during.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        }
    };
    Fault { point: point.clone(), mode, act: Arc::new(act) }
}

fn deliver(system: &System, user: &str, name: &str) -> MailReport {
    match system.deliver(user, text(name, user).as_bytes()) {
        Ok(Delivery::Stored) => MailReport::Accepted,
        Ok(Delivery::Returned(_)) => MailReport::Returned,
        Ok(Delivery::Deferred(_)) | Err(Trouble::Refused(_) | Trouble::Unreachable(_)) => MailReport::Deferred,
        Ok(Delivery::Unknown(_)) | Err(Trouble::Unknown(_)) => MailReport::Unknown,
    }
}

/// Runs the tool and the directory step once, in the order of the plan. Returns also which of the fault points belong to the directory
/// step.
fn attempt(site: &Site, lane: &mut Lane, plan: Plan<'_>, user: &str, folder: &Path) -> (RunReport, Range<usize>) {
    let start = Instant::now();
    let (mut output, mut left_behind) = (String::new(), Vec::new());
    let mut note = |finished: Finished| {
        output.push_str(&finished.output);
        left_behind.extend(finished.left_behind);
        finished.ended
    };
    let mut run = RunReport::default();
    let mut of_operator = 0..0;
    if plan.order == DirectoryStep::First {
        run.directory_step = Some(note(directory_step(site, lane, user, folder, plan.limit)));
        of_operator = 0..lane.faults.count();
    }
    if run.directory_step.as_ref().is_none_or(run::Ended::is_ok) {
        run.tool = Some(note(tool(site, lane, plan, user, folder)));
        if plan.order == DirectoryStep::Last && run.is_ok() {
            let before = lane.faults.count();
            run.directory_step = Some(note(directory_step(site, lane, user, folder, plan.limit)));
            of_operator = before..lane.faults.count();
        }
    }
    let output = site.config.without_secrets(&output);
    (RunReport { output: last_lines(&output), left_behind, milliseconds: milliseconds(start), ..run }, of_operator)
}

fn tool(site: &Site, lane: &mut Lane, plan: Plan<'_>, user: &str, folder: &Path) -> Finished {
    let job = Job {
        user,
        password: site.config.stores[0].access.password.text(),
        folder,
        directory_step: plan.order,
        endpoints: lane.endpoints,
        stores: site.stores(),
        source_config: site.source_config.as_deref(),
        system: Some(&lane.config),
    };
    let line = plan.mover.prepare(&job);
    process(lane, line, folder, plan.limit)
}

/// Runs a command line, and lets the servers finish what it asked for.
fn process(lane: &mut Lane, line: io::Result<Vec<String>>, folder: &Path, limit: Duration) -> Finished {
    let finished = match line {
        Ok(line) => run::run(&mut lane.processes, &lane.victim, &line, folder, limit),
        Err(reason) => Finished::not_started(reason.to_string()),
    };
    if !lane.traffic.drain(DRAIN) {
        lane.traffic.close();
    }
    finished
}

/// The operator's directory step: `ldapmodify` writes the home.
fn directory_step(site: &Site, lane: &mut Lane, user: &str, folder: &Path, limit: Duration) -> Finished {
    let line = ldapmodify(site, lane, user, folder);
    process(lane, line, folder, limit)
}

/// Writes the files of `ldapmodify` and returns its command line.
fn ldapmodify(site: &Site, lane: &Lane, user: &str, folder: &Path) -> io::Result<Vec<String>> {
    let (Directory::Ldap(ldap), Some(at)) = (&site.config.directory, lane.endpoints.directory) else {
        return Err(io::Error::other("the directory step needs an LDAP directory"));
    };
    let (change, secret) = (folder.join("home.ldif"), folder.join("directory-secret"));
    let (entry, attribute) = (ldap.entry.replace("{user}", user), &ldap.home);
    let home = &site.config.stores[1].home;
    fs::write(&change, format!("dn: {entry}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {home}\n"))?;
    behind::private(&secret, ldap.password.text().as_bytes())?;
    let (change, secret) = (change.display().to_string(), secret.display().to_string());
    let url = format!("ldap://{at}");
    let line = ["/usr/bin/ldapmodify", "-x", "-H", &url, "-D", &ldap.bind, "-y", &secret, "-f", &change];
    Ok(line.map(str::to_owned).to_vec())
}

/// Returns the last lines of an output.
fn last_lines(output: &str) -> String {
    let lines: Vec<String> = output.lines().map(|line| line.chars().take(LINE_MAX).collect()).collect();
    lines[lines.len().saturating_sub(LINES_MAX)..].join("\n")
}

fn sent(mail: &BTreeMap<String, MailReport>, is_retried: bool) -> Vec<Sent> {
    let before = BEFORE.map(|(name, folder, flags)| Sent {
        name: name.to_owned(),
        folder: folder.to_owned(),
        flags: words(flags),
        answer: MailReport::Accepted,
        is_before_last_run: true,
    });
    let later = mail.iter().map(|(name, answer)| Sent {
        name: name.clone(),
        folder: "INBOX".to_owned(),
        flags: Vec::new(),
        answer: *answer,
        is_before_last_run: (is_retried && name == "during") || name == BETWEEN,
    });
    before.into_iter().chain(later).collect()
}

/// Returns what directory and stores hold.
fn observe(site: &Site, system: &System, user: &str) -> Result<FinalState, Trouble> {
    let home = system.home(user)?.and_then(|home| match home.named {
        Named::Store(name) | Named::Other(name) => Some(name),
        Named::Nothing => None,
    });
    let mut stores = BTreeMap::new();
    for store in site.stores() {
        let messages = system.mailbox(store, user)?;
        let seen = |message: &StoredMessage| seen(system, store, user, message);
        let messages = messages.map(|messages| messages.iter().map(seen).collect::<Result<_, _>>()).transpose()?;
        stores.insert(store.to_owned(), messages);
    }
    Ok(FinalState { home, stores })
}

fn seen(system: &System, store: &str, user: &str, message: &StoredMessage) -> Result<SeenMessage, Trouble> {
    let end = format!(".{user}@example.test>");
    let name = message.message_id.as_deref().and_then(|id| id.strip_prefix('<')?.strip_suffix(&end));
    let is_text_changed = match name {
        Some(name) => {
            let sent = text(name, user);
            let is_equal = message.digest == system::identity(sent.as_bytes()).1;
            !is_equal && !has_all(&sent, &system.fetch(store, user, message)?)
        }
        None => false,
    };
    let name = name.unwrap_or("other").to_owned();
    Ok(SeenMessage { name, folder: message.folder.clone(), flags: message.flags.clone(), is_text_changed })
}

/// Returns true if a message has the body and every header line that was sent. A tool may add header lines of its own.
fn has_all(sent: &str, stored: &[u8]) -> bool {
    let stored = String::from_utf8_lossy(stored).replace("\r\n", "\n");
    let parts = |text: &str| {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        (head.lines().map(str::to_owned).collect::<Vec<_>>(), body.trim_end().to_owned())
    };
    let ((sent, sent_body), (stored, stored_body)) = (parts(&sent.replace("\r\n", "\n")), parts(&stored));
    sent_body == stored_body && sent.iter().all(|line| stored.contains(line))
}
