//! Trials of `XFER`: a fault at one point, `XFER` again as an operator does it, a repair, and the verdict. Each trial has a bed of its
//! own, because a repair acts on every mailbox of a backend.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::imap::Reply;
use super::judge::{Facts, judge};
use super::repair::{Act as RepairAct, Repair};
use super::{ADMIN, Backend, Murder, lmtp};
use crate::bed::BedError;
use crate::proxy::faults::{Act, Fault};
use crate::proxy::point::{FaultPoint, Mode};
use crate::trial::judge::Sent;
use crate::trial::lanes;
use crate::trial::report::{DirectoryStep, MailReport, MoverReport, RunReport, TrialReport, milliseconds};
use crate::trial::run::Ended;
use crate::trial::{Observer, TrialError, TrialOptions};

/// The name of `XFER` on the command line and in reports.
pub const XFER: &str = "xfer";
/// The user of every trial.
const USER: &str = "alice";
/// The mail that is in the mailbox before `XFER`: name, folder, flags.
const BEFORE: [(&str, &str, &[&str]); 3] =
    [("before-1", "INBOX", &[]), ("before-2", "INBOX", &["\\Flagged"]), ("before-3", "Work", &[])];
/// The mail of the mode `mail`, the mail before a repair, and the mail after everything else.
const DURING: &str = "during";
const LATE: &str = "late";
const AFTER: &str = "after";
/// The longest time that `XFER` waits at a frame for a delivery; the delivery may wait for `XFER` in turn.
const DELIVERY: Duration = Duration::from_secs(1);
/// The longest time for the end of the connections of `XFER`.
const DRAIN: Duration = Duration::from_secs(3);

/// Trials that run at the same time.
const LANES: usize = 2;

/// A fault of a trial.
type Planned = Option<(FaultPoint, Mode)>;

/// Tries `XFER` without a fault, and then in each mode at each point that this run reached. The programs are in this folder.
///
/// # Errors
/// A bed does not start before the first verdict, or a point that was asked for is none of the points. A later failure is in the
/// report.
pub fn trials(
    packages: &Path,
    repair: &Repair,
    options: &TrialOptions<'_>,
    observer: &dyn Observer,
) -> Result<MoverReport, TrialError> {
    let first = trial(packages, repair, options.limit, None).map_err(|reason| match reason {
        BedError::Missing(_) | BedError::NotUnpacked(_) | BedError::NotRoot => TrialError::Tool(reason.to_string()),
        BedError::System(..) | BedError::Server(_) => TrialError::System(io::Error::other(reason)),
    })?;
    let version = first.version.clone();
    let planned = first.reached.clone();
    let points = lanes::selected(XFER, &planned, options)?;
    let (trials, stopped) = lanes::all(&mut [(); LANES], first, &points, options.modes, observer, |(), point, mode| {
        trial(packages, repair, options.limit, Some((point.clone(), mode)))
    });
    let (mover, modes, repair) = (XFER.to_owned(), options.modes.to_vec(), repair.named());
    let (order, not_exercised) = (DirectoryStep::Tool, Vec::new());
    Ok(MoverReport {
        mover,
        version,
        repair,
        order,
        planned,
        points,
        modes,
        trials,
        again: None,
        stopped,
        not_exercised,
    })
}

/// Runs one trial on a bed of its own, with the programs in this folder.
///
/// # Errors
/// The bed does not start, or its servers do not answer before the fault.
fn trial(packages: &Path, repair: &Repair, limit: Duration, planned: Planned) -> Result<TrialReport, BedError> {
    let mut murder = Murder::up_from(packages)?;
    let started = Instant::now();
    let failed = |reason| BedError::System("prepare the mailbox of a trial", reason);
    let mut sent = prepare(&murder).map_err(failed)?;

    let delivery = Delivery::new(&murder);
    murder.faults().begin(planned.clone().map(|(point, mode)| fault(&murder, &delivery, mode, point)));
    let mut last = xfer(&murder, limit);
    let (reached, frame) = murder.faults().end();
    let was_killed = frame.is_some() && matches!(planned, Some((_, Mode::Kill)));
    if was_killed && !last.is_ok() {
        last.tool = Some(Ended::Killed);
    }
    let mut runs = vec![last.clone()];
    if was_killed {
        runs.push(murder.perform(RepairAct::Restart(Backend::Source)));
    }
    let is_retried = was_killed || !last.is_ok();
    if is_retried {
        last = xfer(&murder, limit);
        runs.push(last.clone());
    }
    sent.extend(delivery.taken().map(|answer| mail(DURING, answer, is_retried)));
    if !repair.acts.is_empty() {
        sent.push(mail(LATE, lmtp::deliver(murder.frontend(), USER, &text(LATE)), false));
    }
    runs.extend(repair.acts.iter().map(|act| murder.perform(*act)));
    // The sender of deferred mail tries again.
    for waiting in sent.iter_mut().filter(|sent| sent.answer == MailReport::Deferred) {
        waiting.answer = lmtp::deliver(murder.frontend(), USER, &text(&waiting.name));
    }
    sent.push(mail(AFTER, lmtp::deliver(murder.frontend(), USER, &text(AFTER)), false));

    let facts = Facts {
        sent: &sent,
        last_move: &last,
        is_retried,
        runs: &runs,
        is_fault_missing: planned.is_some() && frame.is_none(),
        end: &murder.end(USER).map_err(|reason| BedError::System("see what the servers hold", reason))?,
    };
    let (verdict, reasons) = judge(&facts);
    let arrived = sent.iter().filter(|sent| [DURING, LATE, AFTER].contains(&sent.name.as_str()));
    let (point, mode) = planned.unzip();
    Ok(TrialReport {
        mover: XFER.to_owned(),
        version: Some(murder.version().to_owned()),
        repair: repair.named(),
        order: DirectoryStep::Tool,
        mode,
        point,
        frame,
        is_run_again: false,
        reached,
        reached_by_operator: Vec::new(),
        mail: arrived.map(|sent| (sent.name.clone(), sent.answer)).collect(),
        end: facts.end.state(),
        verdict,
        reasons,
        milliseconds: milliseconds(started),
        runs,
    })
}

/// Creates the mailbox on the source.
fn prepare(murder: &Murder) -> io::Result<Vec<Sent>> {
    let refuse = |reply: Reply| if reply.is_ok() { Ok(()) } else { Err(io::Error::other(reply.to_string())) };
    for mailbox in ["", "/Work"] {
        murder.create(&format!("user/{USER}{mailbox}"))?;
    }
    let mut user = murder.log_on(Backend::Source, USER)?;
    let mut sent = Vec::new();
    for (name, folder, flags) in BEFORE {
        refuse(user.append(folder, flags, &text(name))?)?;
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let (name, folder, answer) = (name.to_owned(), folder.to_owned(), MailReport::Accepted);
        sent.push(Sent { name, folder, flags, answer, is_before_last_run: true });
    }
    Ok(sent)
}

/// The text of a message.
fn text(name: &str) -> Vec<u8> {
    let text = format!(
        "Message-ID: <{name}@example.test>\r\nFrom: sender@example.test\r\nDate: Sat, 01 Jan 2000 00:00:00 +0000\r\n\
         Subject: {name}\r\n\r\nText of {name}.\r\n"
    );
    text.into()
}

/// Returns the name of the message with this text, and whether the text is another one. Delivery adds lines before the others.
pub(super) fn recognized(stored: &[u8]) -> (String, bool) {
    let id = String::from_utf8_lossy(stored).split_once("Message-ID: <").map(|(_, rest)| rest.to_owned());
    let name = id.and_then(|rest| rest.split_once("@example.test>").map(|(name, _)| name.to_owned()));
    match name {
        Some(name) => {
            let is_changed = !stored.ends_with(&text(&name));
            (name, is_changed)
        }
        None => ("other".to_owned(), false),
    }
}

fn mail(name: &str, answer: MailReport, is_before_last_run: bool) -> Sent {
    Sent { name: name.to_owned(), folder: "INBOX".to_owned(), flags: Vec::new(), answer, is_before_last_run }
}

/// Asks the source to move the mailbox.
fn xfer(murder: &Murder, limit: Duration) -> RunReport {
    let started = Instant::now();
    let asked = murder.log_on(Backend::Source, ADMIN);
    let asked = asked.and_then(|mut admin| {
        admin.limit(limit)?;
        admin.command(&format!("XFER user/{USER} {}", murder.destination()))
    });
    let (ended, output) = match asked {
        Ok(reply) => (Ended::Exited(i32::from(!reply.is_ok())), reply.to_string()),
        Err(reason) if reason.kind() == io::ErrorKind::WouldBlock => (Ended::TimedOut, reason.to_string()),
        Err(reason) => (Ended::Exited(1), reason.to_string()),
    };
    // The servers finish what they were asked to do. The connections of one that is still at work after this time are closed.
    if !murder.traffic().drain(DRAIN) {
        murder.traffic().close();
    }
    RunReport { tool: Some(ended), output, milliseconds: milliseconds(started), ..RunReport::default() }
}

fn fault(murder: &Murder, delivery: &Delivery, mode: Mode, point: FaultPoint) -> Fault {
    let act: Act = match mode {
        Mode::Kill => {
            let group = murder.group(Backend::Source);
            Arc::new(move || group.into_iter().for_each(crate::processes::Group::kill))
        }
        Mode::Mail => {
            let delivery = delivery.clone();
            Arc::new(move || delivery.begin())
        }
        Mode::Cut | Mode::Swallow => Arc::new(|| {}),
    };
    Fault { point, mode, act }
}

/// A panic in another thread leaves whole values behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The delivery of the mode `mail`.
#[derive(Clone, Debug)]
struct Delivery {
    frontend: std::net::Ipv4Addr,
    delivering: Arc<Mutex<Option<JoinHandle<MailReport>>>>,
}

impl Delivery {
    fn new(murder: &Murder) -> Self {
        Self { frontend: murder.frontend(), delivering: Arc::default() }
    }

    /// Begins the delivery, and waits for its answer for a short time.
    fn begin(&self) {
        let frontend = self.frontend;
        let delivering = thread::spawn(move || lmtp::deliver(frontend, USER, &text(DURING)));
        let deadline = Instant::now() + DELIVERY;
        while !delivering.is_finished() && Instant::now() < deadline {
            thread::sleep(super::PAUSE);
        }
        *lock(&self.delivering) = Some(delivering);
    }

    /// Waits for the answer; `None` if there was no delivery.
    fn taken(&self) -> Option<MailReport> {
        let delivering = lock(&self.delivering).take()?;
        Some(delivering.join().unwrap_or(MailReport::Unknown))
    }
}
