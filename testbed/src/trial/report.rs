//! The results of trials, as data. Knows nothing of servers.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stranded_search::sanitize::shell_word;

use super::run::Ended;
use crate::proxy::point::{FaultPoint, Mode};

/// The moment of the operator's directory step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryStep {
    /// Before the tool starts.
    First,
    /// After the tool has exited with 0.
    Last,
    /// Never.
    Never,
    /// The tool writes the directory itself.
    Tool,
}

impl DirectoryStep {
    /// Every moment.
    pub const ALL: [Self; 4] = [Self::First, Self::Last, Self::Never, Self::Tool];

    /// Returns the name on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Never => "never",
            Self::Tool => "tool",
        }
    }
}

/// The verdict of a trial, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrialVerdict {
    /// All accepted mail is in the mailbox that the home names.
    Fine,
    /// The same, after the tool ran a second time.
    FineAfterRetry,
    /// The fault did not strike, or the tool did not run as planned.
    Inconclusive,
    /// Mail was returned to its sender.
    Bounced,
    /// The tool exited with 0, and mail that was there is not at the destination.
    FalseSuccess,
    /// A store holds more than one copy of a message.
    Duplicate,
    /// The text, the flags or the folder of a message changed.
    Changed,
    /// Mail is in a store that is not the home.
    Unreachable,
    /// Accepted mail is in no store.
    Loss,
}

impl TrialVerdict {
    /// Every verdict, the worst last.
    pub const ALL: [Self; 9] = [
        Self::Fine,
        Self::FineAfterRetry,
        Self::Inconclusive,
        Self::Bounced,
        Self::FalseSuccess,
        Self::Duplicate,
        Self::Changed,
        Self::Unreachable,
        Self::Loss,
    ];

    /// Returns the name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::FineAfterRetry => "fine after retry",
            Self::Inconclusive => "inconclusive",
            Self::Bounced => "bounced",
            Self::FalseSuccess => "false success",
            Self::Duplicate => "duplicate",
            Self::Changed => "changed",
            Self::Unreachable => "unreachable",
            Self::Loss => "loss",
        }
    }

    /// Returns true if an operator has nothing to repair.
    #[must_use]
    pub fn is_fine(self) -> bool {
        matches!(self, Self::Fine | Self::FineAfterRetry)
    }
}

impl fmt::Display for TrialVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One run of the tool with its directory step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RunReport {
    /// The end of the tool; `None` if the directory step before it failed.
    pub tool: Option<Ended>,
    /// The end of the directory step; `None` if the run had none, or ended before it.
    pub directory_step: Option<Ended>,
    /// The last lines of output.
    pub output: String,
    /// The processes that the tool left running. They were ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
    /// The duration in milliseconds.
    pub milliseconds: u64,
}

impl RunReport {
    /// Returns true if the tool and the directory step both reported success.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        let is_ok = |ended: &Option<Ended>| ended.as_ref().is_none_or(Ended::is_ok);
        self.tool.is_some() && is_ok(&self.tool) && is_ok(&self.directory_step)
    }

    /// Returns the ends of its programs in one sentence, without a full stop.
    #[must_use]
    pub fn ends(&self) -> String {
        let tool =
            self.tool.as_ref().map_or_else(|| "the tool did not run".to_owned(), |end| format!("the tool {end}"));
        let step = self.directory_step.as_ref().map(|end| format!(", the directory step {end}")).unwrap_or_default();
        format!("{tool}{step}")
    }
}

/// The answer to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailReport {
    /// The system accepted the mail.
    Accepted,
    /// The system asked the sender to try again later (4xx).
    Deferred,
    /// The system returned the mail to the sender (5xx).
    Returned,
    /// No answer came, so the mail may be anywhere.
    Unknown,
}

/// One message in a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SeenMessage {
    /// The name of the message in the trial, such as `before-1`; `other` if the trial did not send it.
    pub name: String,
    /// The folder.
    pub folder: String,
    /// The flags, except `\Recent`.
    pub flags: Vec<String>,
    /// True if the text is not the one that was sent.
    pub is_text_changed: bool,
}

/// The content of directory and stores at the end of a trial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct FinalState {
    /// The name of the store that is the home, or the value of the directory that names none.
    pub home: Option<String>,
    /// The messages of each store; a copy is a repeated entry. `None` if the store has no mailbox of the user.
    pub stores: BTreeMap<String, Option<Vec<SeenMessage>>>,
}

/// One trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TrialReport {
    /// The mover.
    pub mover: String,
    /// Its package and version.
    pub version: Option<String>,
    /// The repair that the operator does afterwards, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
    /// The moment of the directory step.
    pub order: DirectoryStep,
    /// The mode of the fault; `None` in the run without a fault.
    pub mode: Option<Mode>,
    /// The fault point; `None` in the run without a fault.
    pub point: Option<FaultPoint>,
    /// The number of the frame at which the fault struck, from 1 in the order of the run; `None` if it did not strike.
    pub frame: Option<usize>,
    /// True if the operator ran the tool once more after it had reported success and a message had arrived.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_run_again: bool,
    /// The fault points that the first run reached, in order.
    pub reached: Vec<FaultPoint>,
    /// The points among them that the operator's directory step reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached_by_operator: Vec<FaultPoint>,
    /// The runs of the tool.
    pub runs: Vec<RunReport>,
    /// The mail that arrived during and after the runs, by name.
    pub mail: BTreeMap<String, MailReport>,
    /// The content of directory and stores at the end.
    pub end: FinalState,
    /// The verdict.
    pub verdict: TrialVerdict,
    /// The reasons for the verdict, one sentence for each.
    pub reasons: Vec<String>,
    /// The duration of the trial in milliseconds.
    pub milliseconds: u64,
}

/// All trials of one mover in one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MoverReport {
    /// The mover.
    pub mover: String,
    /// Its package and version.
    pub version: Option<String>,
    /// The repair that the operator does after each trial, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
    /// The moment of the directory step.
    pub order: DirectoryStep,
    /// The fault points that the run without a fault reached, in order.
    pub planned: Vec<FaultPoint>,
    /// The points that are tried; all planned points, unless the caller selected some.
    pub points: Vec<FaultPoint>,
    /// The modes that are tried at each of these points.
    pub modes: Vec<Mode>,
    /// The trials: the run without a fault first, then each mode at each point.
    pub trials: Vec<TrialReport>,
    /// The trial in which the operator runs the tool again after a success; `None` if it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Box<TrialReport>>,
    /// The reason why trials are missing, if any are.
    pub stopped: Option<String>,
    /// The servers to which the tool sent nothing without a fault, although a move needs them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_exercised: Vec<String>,
}

/// The milliseconds since a moment.
pub(crate) fn milliseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The numbers of verdicts of trials, without those that no trial has.
pub fn counts<'a>(trials: impl IntoIterator<Item = &'a TrialReport>) -> BTreeMap<TrialVerdict, usize> {
    let mut counts = BTreeMap::new();
    for trial in trials {
        *counts.entry(trial.verdict).or_default() += 1;
    }
    counts
}

/// The mover with the repair that follows it.
#[must_use]
pub fn title(mover: &str, repair: Option<&str>) -> String {
    let repair = repair.map(|repair| format!(", then {repair}"));
    format!("{mover}{}", repair.unwrap_or_default())
}

/// The command that tries a mover, with the part of the command line that names the site.
#[must_use]
pub fn command(mover: &str, repair: Option<&str>, order: DirectoryStep, site: &str) -> String {
    let repair = repair.map(|repair| format!(" --repair {repair}")).unwrap_or_default();
    format!("stranded conform --tool {}{repair} --directory {} {site}", shell_word(mover), order.name())
}
