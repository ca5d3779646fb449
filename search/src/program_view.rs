//! Programs as JSON: the part of a state view that concerns one administrator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stranded_model::id::ServerId;
use stranded_model::procedure::Outcome;
use stranded_model::scenario::Scenario;
use stranded_model::state::{Completion, Ended, Execution, LateRequest, Memory, Phase, Program, ReadVersion, Stamp};

use super::names;
use super::state_view::{administrator, read_messages, server};

/// The program of an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProgramView {
    /// The newest run, counted from 1.
    pub run: u8,
    /// The number of executions of that run.
    pub executions: u8,
    /// The next step, counted from 1; `null` if no program runs.
    pub next: Option<u8>,
    /// The number of servers that the next step has visited.
    pub visited: u8,
    /// The completion of the move since the program last wrote a home: `pending`, `reached`, or `spoiled` by the deletion
    /// of a last copy.
    pub completion: String,
    /// The messages that the destination must hold when the move is complete.
    pub required: Vec<String>,
    /// The messages that the program listed.
    pub listed: Vec<String>,
    /// The messages that the program noted as copied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copied: Vec<String>,
    /// The messages in the journal that earlier runs left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub journal: Vec<String>,
    /// The home that the program looked up.
    pub home: Option<String>,
    /// The version of the recipient that the program read: `absent`, or its version, change and signature with dots
    /// between them.
    pub version: Option<String>,
    /// The end of the last execution: an outcome, or `died`; `null` if none has ended.
    pub ended: Option<String>,
    /// True if the administrator owes a retry.
    pub owes_retry: bool,
}

/// A request that can still take effect although its program gave up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LateView {
    /// The administrator whose program sent it.
    pub administrator: String,
    /// The run, counted from 1.
    pub run: u8,
    /// The step, counted from 1.
    pub step: u8,
    /// The number of servers that the step had visited.
    pub visited: u8,
    /// The message that the step takes.
    pub message: Option<String>,
    /// The home that the program had looked up.
    pub home: Option<String>,
    /// The version on which the request depends.
    pub version: Option<String>,
    /// True if the administrator has started a newer run since.
    pub is_superseded: bool,
}

/// The value of `ended` of a program that died.
pub const DIED: &str = "died";

const ABSENT: &str = "absent";

const COMPLETIONS: [(&str, Completion); 3] =
    [("pending", Completion::Pending), ("reached", Completion::Reached), ("spoiled", Completion::Spoiled)];

impl ProgramView {
    /// Returns the view of a program.
    pub(crate) fn of(scenario: &Scenario, program: &Program) -> Self {
        let execution = program.execution().copied().unwrap_or(Execution::FRESH);
        let ended = match program.ended {
            Ended::Never => None,
            Ended::Died => Some(DIED.to_owned()),
            Ended::Reported(outcome) => Some(outcome.name().to_owned()),
        };
        let completion = COMPLETIONS.into_iter().find(|(_, completion)| *completion == execution.completion);
        Self {
            run: program.run + 1,
            executions: program.executions,
            next: program.execution().map(|execution| execution.next + 1),
            visited: execution.visited,
            completion: completion.expect("every completion has a name").0.to_owned(),
            required: names::messages(execution.required),
            listed: names::messages(execution.memory.listed),
            copied: names::messages(execution.memory.copied),
            journal: names::messages(program.journal),
            home: execution.memory.home.map(|home| names::server(scenario, home).to_owned()),
            version: execution.memory.version.map(written),
            ended,
            owes_retry: program.owes_retry,
        }
    }

    /// Reads a program back.
    pub(crate) fn read(&self, scenario: &Scenario) -> Result<Program, String> {
        let ended = match self.ended.as_deref() {
            None => Ended::Never,
            Some(DIED) => Ended::Died,
            Some(name) => {
                let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.name() == name);
                Ended::Reported(outcome.ok_or_else(|| format!("{name} is not an outcome"))?)
            }
        };
        let completion = COMPLETIONS.into_iter().find(|(name, _)| *name == self.completion);
        let (_, completion) = completion.ok_or_else(|| format!("{} is not a completion", self.completion))?;
        let phase = match self.next {
            None => Phase::Idle,
            Some(next) => Phase::Running(Execution {
                next: counted(next, "steps")?,
                visited: self.visited,
                completion,
                required: read_messages(&self.required)?,
                memory: Memory {
                    listed: read_messages(&self.listed)?,
                    copied: read_messages(&self.copied)?,
                    home: self.home.as_ref().map(|name| server(scenario, name)).transpose()?,
                    version: self.version.as_deref().map(read_version).transpose()?,
                },
            }),
        };
        let Self { executions, owes_retry, .. } = *self;
        let (run, journal) = (counted(self.run, "runs")?, read_messages(&self.journal)?);
        Ok(Program { run, executions, phase, ended, owes_retry, journal })
    }
}

impl LateView {
    /// Returns the view of a late request.
    pub(crate) fn of(scenario: &Scenario, request: &LateRequest) -> Self {
        Self {
            administrator: names::administrator(scenario, request.administrator).to_owned(),
            run: request.run + 1,
            step: request.step + 1,
            visited: request.visited,
            message: request.message.earliest().map(names::message),
            home: request.home.map(|home| names::server(scenario, home).to_owned()),
            version: request.version.map(written),
            is_superseded: request.is_superseded,
        }
    }

    /// Reads a late request back.
    pub(crate) fn read(&self, scenario: &Scenario) -> Result<LateRequest, String> {
        Ok(LateRequest {
            administrator: administrator(scenario, &self.administrator)?,
            run: counted(self.run, "runs")?,
            step: counted(self.step, "steps")?,
            visited: self.visited,
            message: read_messages(self.message.as_slice())?,
            home: self.home.as_ref().map(|name| server(scenario, name)).transpose()?,
            version: self.version.as_deref().map(read_version).transpose()?,
            is_superseded: self.is_superseded,
        })
    }
}

fn counted(number: u8, what: &str) -> Result<u8, String> {
    number.checked_sub(1).ok_or_else(|| format!("{what} are counted from 1"))
}

fn written(version: ReadVersion) -> String {
    match version {
        ReadVersion::Absent => ABSENT.to_owned(),
        ReadVersion::Stamp(Stamp { version, changed, signature }) => format!("{version}.{changed}.{}", signature.0),
    }
}

fn read_version(written: &str) -> Result<ReadVersion, String> {
    if written == ABSENT {
        return Ok(ReadVersion::Absent);
    }
    let numbers: Option<Vec<u8>> = written.split('.').map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        Some([version, changed, signature]) => {
            Ok(ReadVersion::Stamp(Stamp { version: *version, changed: *changed, signature: ServerId(*signature) }))
        }
        Some(_) | None => Err(format!("{written} is not a version of the recipient")),
    }
}
