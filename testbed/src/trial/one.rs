//! One trial: a fresh user with mail, the tool with a fault, the tool again as an operator would run it, a mail afterwards, the verdict.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::judge::{self, Facts, Sent};
use super::lane::{self, Lane};
use super::report::{DirectoryStep, FinalState, MailReport, RunReport, SeenMessage, TrialReport};
use super::run::{self, Finished};
use super::system;
use crate::bed::{ADMIN, Bed, PASSWORD, Store};
use crate::mover::{Job, Mover};
use crate::proxy::faults::Fault;
use crate::proxy::point::{FaultPoint, Mode};

/// The mail that is there before the tool runs: its name, folder and flags.
const BEFORE: [(&str, &str, &str); 3] =
    [("before-1", "INBOX", "\\Flagged"), ("before-2", "INBOX", ""), ("before-3", crate::mover::FOLDER, "\\Seen")];
/// The most lines of output that a report keeps of a run.
const LINES_MAX: usize = 12;
/// The most bytes of such a line.
const LINE_MAX: usize = 300;
/// The longest wait for the servers to finish after a run.
const DRAIN: Duration = Duration::from_secs(3);

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'a> {
    pub(super) mover: &'a Mover,
    pub(super) version: Option<&'a str>,
    pub(super) order: DirectoryStep,
    pub(super) limit: Duration,
}

/// Carries out one trial.
pub(super) fn trial(
    bed: &Bed,
    lane: &mut Lane,
    plan: Plan<'_>,
    fault: Option<(&FaultPoint, Mode)>,
) -> io::Result<TrialReport> {
    let start = Instant::now();
    let user = lane::fresh_user();
    let folder = lane.processes.folder().join(&user);
    fs::create_dir(&folder)?;
    bed.add_user(&user, Store::A).map_err(io::Error::other)?;
    let before = BEFORE.map(|(name, folder, flags)| (folder, flags, text(name, &user)));
    system::append(bed, Store::A, &user, &before)?;

    let during = Arc::new(Mutex::new(None));
    lane.faults.begin(fault.map(|(point, mode)| armed(bed, lane, &user, point, mode, &during)));
    let first = attempt(bed, lane, plan, &user, &folder);
    let (reached, frame) = lane.faults.end();
    let is_retried = !first.is_ok() || matches!(fault, Some((_, Mode::Kill)));
    let mut runs = vec![first];
    if is_retried {
        lane.faults.begin(None);
        runs.push(attempt(bed, lane, plan, &user, &folder));
        lane.faults.end();
    }

    let mut mail = BTreeMap::new();
    let arrived = *during.lock().unwrap_or_else(PoisonError::into_inner);
    mail.extend(arrived.map(|answer| ("during".to_owned(), answer)));
    mail.insert("after".to_owned(), deliver(bed, &user, "after"));
    let end = observe(bed, &user)?;
    let sent = sent(&mail, is_retried);
    let facts = Facts {
        sent: &sent,
        carries: plan.mover.carries(),
        runs: &runs,
        is_fault_missing: fault.is_some() && frame.is_none(),
        end: &end,
        destination: NAMES[1],
    };
    let (verdict, reasons) = judge::judge(&facts);
    // A folder that remains is removed with the lane.
    let _ = fs::remove_dir_all(&folder);
    Ok(TrialReport {
        mover: plan.mover.to_string(),
        version: plan.version.map(str::to_owned),
        order: plan.order,
        mode: fault.map(|(_, mode)| mode),
        point: fault.map(|(point, _)| point.clone()),
        frame,
        reached,
        runs,
        mail,
        end,
        verdict,
        reasons,
        milliseconds: milliseconds(start),
    })
}

/// The names of the source and the destination.
const NAMES: [&str; 2] = ["source", "destination"];

fn milliseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The text of a message.
fn text(name: &str, user: &str) -> String {
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
fn armed(
    bed: &Bed,
    lane: &Lane,
    user: &str,
    point: &FaultPoint,
    mode: Mode,
    during: &Arc<Mutex<Option<MailReport>>>,
) -> Fault {
    let (victim, during, user) = (lane.victim.clone(), Arc::clone(during), user.to_owned());
    let at = system::delivery(bed);
    let act = move || match mode {
        Mode::Cut | Mode::Swallow => {}
        Mode::Kill => victim.kill(),
        Mode::Mail => {
            let answer = report(system::deliver(at, &user, &text("during", &user)));
            *during.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        }
    };
    Fault { point: point.clone(), mode, act: Arc::new(act) }
}

fn deliver(bed: &Bed, user: &str, name: &str) -> MailReport {
    report(system::deliver(system::delivery(bed), user, &text(name, user)))
}

fn report(answer: io::Result<u16>) -> MailReport {
    match answer {
        Ok(200..=299) => MailReport::Accepted,
        Ok(400..=499) => MailReport::Deferred,
        Ok(_) => MailReport::Returned,
        Err(_) => MailReport::Unknown,
    }
}

/// Runs the tool and the directory step once, in the order of the plan.
fn attempt(bed: &Bed, lane: &mut Lane, plan: Plan<'_>, user: &str, folder: &Path) -> RunReport {
    let start = Instant::now();
    let mut output = String::new();
    let mut note = |finished: Finished| {
        output.push_str(&finished.output);
        finished.ended
    };
    let mut run = RunReport { tool: None, directory_step: None, output: String::new(), milliseconds: 0 };
    if plan.order == DirectoryStep::First {
        run.directory_step = Some(note(directory_step(bed, lane, user, folder, plan.limit)));
    }
    if run.directory_step.as_ref().is_none_or(run::Ended::is_ok) {
        run.tool = Some(note(tool(bed, lane, plan, user, folder)));
        if plan.order == DirectoryStep::Last && run.is_ok() {
            run.directory_step = Some(note(directory_step(bed, lane, user, folder, plan.limit)));
        }
    }
    if !lane.traffic.drain(DRAIN) {
        lane.traffic.close();
    }
    RunReport { output: last_lines(&output), milliseconds: milliseconds(start), ..run }
}

fn tool(bed: &Bed, lane: &mut Lane, plan: Plan<'_>, user: &str, folder: &Path) -> Finished {
    let source_config = bed.doveadm_config(Store::A);
    let job = Job {
        user,
        password: PASSWORD,
        folder,
        endpoints: lane.endpoints,
        stores: NAMES,
        source_config: Some(&source_config),
        system: None,
    };
    match plan.mover.prepare(&job) {
        Ok(line) => run::run(&mut lane.processes, &lane.victim, &line, folder, plan.limit),
        Err(reason) => Finished { ended: run::Ended::NotStarted(reason.to_string()), output: String::new() },
    }
}

/// The operator's directory step: `ldapmodify` writes the home.
fn directory_step(bed: &Bed, lane: &mut Lane, user: &str, folder: &Path, limit: Duration) -> Finished {
    let file = folder.join("home.ldif");
    let change =
        format!("dn: {}\nchangetype: modify\nreplace: mailHost\nmailHost: {}\n", Bed::dn(user), bed.host(Store::B));
    if let Err(reason) = fs::write(&file, change) {
        return Finished { ended: run::Ended::NotStarted(reason.to_string()), output: String::new() };
    }
    let url = format!("ldap://{}", lane.endpoints.directory);
    let file = file.display().to_string();
    let line = ["/usr/bin/ldapmodify", "-x", "-H", &url, "-D", ADMIN, "-w", PASSWORD, "-f", &file];
    run::run(&mut lane.processes, &lane.victim, &line.map(str::to_owned), folder, limit)
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
        flags: flags.split(' ').filter(|flag| !flag.is_empty()).map(str::to_owned).collect(),
        answer: MailReport::Accepted,
        is_before_last_run: true,
    });
    let later = mail.iter().map(|(name, answer)| Sent {
        name: name.clone(),
        folder: "INBOX".to_owned(),
        flags: Vec::new(),
        answer: *answer,
        is_before_last_run: is_retried && name == "during",
    });
    before.into_iter().chain(later).collect()
}

/// Returns what directory and stores hold.
fn observe(bed: &Bed, user: &str) -> io::Result<FinalState> {
    let value = system::home(bed, user).map_err(io::Error::other)?;
    let named = |value: &String| {
        let index = Store::ALL.iter().position(|store| bed.host(*store).to_string() == *value);
        index.map_or_else(|| value.clone(), |index| NAMES[index].to_owned())
    };
    let mut stores = BTreeMap::new();
    for (store, name) in Store::ALL.into_iter().zip(NAMES) {
        let messages = system::mailbox(bed, store, user)?;
        let messages = messages.map(|messages| messages.into_iter().map(|message| seen(user, message)).collect());
        stores.insert(name.to_owned(), messages);
    }
    Ok(FinalState { home: value.as_ref().map(named), stores })
}

fn seen(user: &str, message: system::StoredMessage) -> SeenMessage {
    let id = message.message_id.unwrap_or_default();
    let end = format!(".{user}@example.test>");
    let name = id.strip_prefix('<').and_then(|id| id.strip_suffix(&end));
    let is_text_changed = name.is_some_and(|name| message.text != body(name));
    let name = name.unwrap_or("other").to_owned();
    SeenMessage { name, folder: message.folder, flags: message.flags, is_text_changed }
}
