//! Trials of whole movers: without a fault, once more after its success, and at each fault point in turn, in each mode, with a fresh
//! user; after a fault the tool runs again. The judge compares the mail that the system accepted with what directory and stores hold.
//!
//! [`site`] is the system under trial, [`report`] has the results as data, [`judge`] decides, [`run`] runs a program, `lanes` tries every
//! fault, `lane` has the proxies and processes of one thread, `behind` the configuration that a tool reads, and `one` is one trial, and `exercise` what the run without a
//! fault must show.

mod behind;
mod exercise;
pub mod judge;
mod lane;
pub(crate) mod lanes;
mod one;
pub mod report;
pub mod run;
pub mod site;

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

use self::lane::Lane;
use self::one::Plan;
pub(crate) use self::one::text;
use self::report::{DirectoryStep, MoverReport, TrialReport};
use self::run::Ended;
use self::site::{LANES, Site};
use crate::mover::{Mover, relative_file};
use crate::proxy::point::{FaultPoint, Mode};

/// The default time limit of one run of a tool.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Options of the trials of one mover.
#[derive(Clone, Debug)]
pub struct TrialOptions<'a> {
    /// The moment of the directory step.
    pub order: DirectoryStep,
    /// The modes that are tried at each point.
    pub modes: &'a [Mode],
    /// The points that are tried; all if empty.
    pub points: &'a [FaultPoint],
    /// The most points that are tried, evenly spread; all without it.
    pub points_max: Option<NonZeroUsize>,
    /// The time limit of one run of the tool.
    pub limit: Duration,
    /// True if a tool must succeed without a fault. False if the caller compares its failure with a procedure that fails too.
    pub must_succeed: bool,
}

/// Reason why a mover cannot be tried.
#[derive(Debug)]
pub enum TrialError {
    /// The tool is not there, or a point that was asked for is none of its points.
    Tool(String),
    /// The system under the tool did not do what a trial needs.
    System(io::Error),
}

impl fmt::Display for TrialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool(reason) => f.write_str(reason),
            Self::System(reason) => write!(f, "the system under the tool failed: {reason}"),
        }
    }
}

impl std::error::Error for TrialError {}

/// The callbacks of the caller while trials run.
pub trait Observer: Sync {
    /// A trial has ended; so many are planned.
    fn ended(&self, _trial: &TrialReport, _planned: usize) {}

    /// The system under the tool failed in a trial, for this reason, and the trial is repeated.
    fn repeats(&self, _reason: &str) {}

    /// Returns true if no more trials are to start.
    fn is_interrupted(&self) -> bool {
        false
    }
}

/// The observer that ignores everything.
impl Observer for () {}

/// Tries a mover without a fault, and then in each mode at each point that this run reached.
///
/// # Errors
/// The tool is not there, or the system fails before the first verdict. A later failure is in the report.
pub fn trials(
    site: &Site,
    mover: &Mover,
    options: &TrialOptions<'_>,
    observer: &dyn Observer,
) -> Result<MoverReport, TrialError> {
    let version = mover.version();
    let plan =
        Plan { mover, version: version.as_deref(), order: options.order, limit: options.limit, is_run_again: false };
    let mut lanes = (0..LANES).map(|number| Lane::start(site, number)).collect::<io::Result<Vec<_>>>();
    let lanes =
        lanes.as_mut().map_err(|reason| TrialError::System(io::Error::new(reason.kind(), reason.to_string())))?;
    let mut plain = one::trial(site, &mut lanes[0], plan, None).map_err(TrialError::System)?;
    is_there(mover, &plain)?;
    let planned = plain.reached.clone();
    let useless = exercise::judge(mover, options, &mut plain);
    let (points, modes) = match &useless {
        Some(_) => (Vec::new(), Vec::new()),
        None => (lanes::selected(&mover.to_string(), &planned, options)?, options.modes.to_vec()),
    };
    let not_exercised = exercise::not_exercised(site, mover, &plain);
    let (again, useless) = match again(site, &mut lanes[0], plan, observer, useless.is_none()) {
        Ok(again) => (again, useless),
        Err(reason) => (None, Some(reason)),
    };
    let (trials, stopped) = lanes::all(lanes, plain, &points, &modes, observer, |lane, point, mode| {
        one::trial(site, lane, plan, Some((point, mode)))
    });
    Ok(MoverReport {
        mover: mover.to_string(),
        version,
        repair: None,
        order: options.order,
        planned,
        points,
        modes,
        trials,
        again,
        stopped: useless.or(stopped),
        not_exercised,
    })
}

/// Tries a command once more after its success, unless that says nothing. What a built-in mover does then, its procedure says.
fn again(
    site: &Site,
    lane: &mut Lane,
    plan: Plan<'_>,
    observer: &dyn Observer,
    is_useful: bool,
) -> Result<Option<Box<TrialReport>>, String> {
    match plan.mover {
        Mover::Command(_) if is_useful => {
            let plan = Plan { is_run_again: true, ..plan };
            let tried = lanes::repeated(observer, || one::trial(site, lane, plan, None));
            tried.map(|trial| Some(Box::new(trial))).map_err(|reason| format!("a second run after success: {reason}"))
        }
        Mover::Command(_) | Mover::Shipped(_) | Mover::Performed { .. } => Ok(None),
    }
}

/// The exit code of `sh` for a command that is not there.
const NOT_FOUND: i32 = 127;

/// Refuses a tool that did not start.
fn is_there(mover: &Mover, plain: &TrialReport) -> Result<(), TrialError> {
    let end = plain.runs.first().and_then(|run| run.tool.as_ref());
    match (mover, end) {
        (_, Some(Ended::NotStarted(reason))) => Err(TrialError::Tool(reason.clone())),
        (Mover::Command(command), Some(Ended::Exited(NOT_FOUND))) => {
            let output = plain.runs[0].output.trim();
            let hint = relative_file(command).map(exercise::elsewhere).unwrap_or_default();
            Err(TrialError::Tool(format!("the command `{command}` is not there: {output}{hint}")))
        }
        (_, Some(_) | None) => Ok(()),
    }
}
