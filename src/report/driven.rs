//! The report on a conformance run, besides the judgement: the coverage, and for every verdict the shortest trace that shows it.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use stranded_oracle::conform::{ConformCoverage, ConformResult, Recording, Shrunk};
use stranded_oracle::protocol::{Answer, Event, Operation};
use stranded_search::lines::wrapped;

use stranded_oracle::judged::Judged;
use stranded_oracle::judged::{self, JudgementReport};

/// The report on a conformance run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DrivenReport {
    /// The judgement.
    #[serde(flatten)]
    pub judgement: JudgementReport,
    /// The number of operations that the implementation was asked to do.
    pub actions: usize,
    /// True if every operation that is possible was exercised.
    pub complete: bool,
    /// The coverage.
    pub coverage: CoverageReport,
    /// The operations that the scenario allows and that the implementation does not support.
    pub not_asked: Vec<String>,
    /// The violation of the protocol that ended the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// True if an interruption ended the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// For each unexpected verdict, the shortest trace that shows it.
    pub shortest: Vec<ShortestReport>,
}

/// The states and transitions that were exercised; a total is null if it was not counted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CoverageReport {
    /// The states in which some operation was exercised.
    pub states: usize,
    /// All states.
    pub states_of: Option<usize>,
    /// The transitions that were exercised.
    pub transitions: usize,
    /// All transitions.
    pub transitions_of: Option<usize>,
    /// The share of transitions that were exercised.
    pub percent: Option<f64>,
}

/// The shortest trace that shows a verdict.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShortestReport {
    /// The verdict.
    pub verdict: String,
    /// The number of its operations.
    pub actions: usize,
    /// The number of operations before shrinking.
    pub actions_before: usize,
    /// The reason why the trace is not reproducible.
    pub unsteady: Option<String>,
    /// The trace, as a recording for a replay.
    pub run: Recording,
}

/// Returns the report in JSON.
#[must_use]
pub fn report(judged: &Judged<'_>, driven: &ConformResult) -> DrivenReport {
    let ConformCoverage { states, states_of, transitions, transitions_of } = driven.coverage;
    let shortest = |one: &Shrunk| ShortestReport {
        verdict: one.verdict.name().to_owned(),
        actions: one.recording.operations().count(),
        actions_before: one.operations_before,
        unsteady: one.unsteady.clone(),
        run: one.recording.clone(),
    };
    DrivenReport {
        judgement: judged::report(judged),
        actions: driven.actions,
        complete: driven.is_complete,
        coverage: CoverageReport { states, states_of, transitions, transitions_of, percent: driven.coverage.percent() },
        not_asked: driven.not_asked.clone(),
        broken: driven.broken.as_ref().filter(|_| !driven.is_interrupted).map(|broken| broken.says.clone()),
        interrupted: driven.is_interrupted,
        shortest: driven.shrunk.iter().map(shortest).collect(),
    }
}

/// Returns the parts of the scenario that were not exercised: transitions, and operations that the implementation does not support.
#[must_use]
pub fn not_exercised(driven: &ConformResult) -> Vec<String> {
    let ConformCoverage { transitions, transitions_of, .. } = driven.coverage;
    let missing = match transitions_of {
        Some(all) if all == transitions => None,
        Some(all) => Some(format!("{} of {all} transitions", all.saturating_sub(transitions))),
        None => Some("an unknown number of transitions".to_owned()),
    };
    missing.into_iter().chain(driven.not_asked.iter().cloned()).collect()
}

/// Returns the coverage in one sentence.
#[must_use]
pub fn coverage(driven: &ConformResult) -> String {
    let ConformCoverage { states, states_of, transitions, transitions_of } = driven.coverage;
    let of = |some: usize, all: Option<usize>| match all {
        Some(all) => format!("{some} of {all}"),
        None => format!("{some} of an unknown number"),
    };
    let percent = driven.coverage.percent().map_or_else(String::new, |percent| format!(" ({percent:.1} %)"));
    let all = if driven.is_complete { "; every operation that it offers was exercised" } else { "" };
    format!(
        "{}; states exercised: {}; transitions exercised: {}{percent}{all}",
        if driven.actions == 1 { "1 action".to_owned() } else { format!("{} actions", driven.actions) },
        of(states, states_of),
        of(transitions, transitions_of),
    )
}

/// Returns the shortest trace that shows a verdict, a line for each operation.
#[must_use]
pub fn shortest(shrunk: &Shrunk, width: u16) -> String {
    let recording = &shrunk.recording;
    let count = recording.operations().count();
    let before = match shrunk.operations_before {
        same if same == count => String::new(),
        more => format!(", shrunk from {more}"),
    };
    let actions = if count == 1 { "action" } else { "actions" };
    let mut text = format!("Shortest trace that shows {}, {count} {actions}{before}:\n", shrunk.verdict.name());
    text.push_str(&self::recording(recording, width));
    let _ =
        writeln!(text, "       >> {}", wrapped(&format!("{}: {}", shrunk.verdict.name(), recording.says), 10, width));
    if let Some(unsteady) = &shrunk.unsteady {
        let _ = writeln!(text, "  {}", wrapped(&format!("It is not reproducible: {unsteady}."), 2, width));
    }
    text
}

/// Returns a recording, a line for each operation, with the observed and allowed values that the model does not explain.
#[must_use]
pub fn recording(recording: &Recording, width: u16) -> String {
    let mut text = String::new();
    let mut number = 0;
    for (step, narrated) in recording.steps.iter().zip(recording.narration()) {
        let operation_text = |operation: &Operation| narrated.clone().unwrap_or_else(|| operation_text(operation));
        match &step.event {
            Event::Did { operation, answer } => {
                number += 1;
                let line = format!("{}: {}", operation_text(operation), answer_text(answer));
                let _ = writeln!(text, "  {number:>3}  {}", wrapped(&line, 7, width));
            }
            Event::Call { call, operation } => {
                number += 1;
                let _ = writeln!(
                    text,
                    "  {number:>3}  {}",
                    wrapped(&format!("call {call}: {}", operation_text(operation)), 7, width)
                );
            }
            Event::Return { call, answer } => {
                let _ = writeln!(text, "       the answer to call {call} is {}", answer.result.name());
            }
            Event::Reset { .. } | Event::Observed { .. } => {}
        }
        for against in &step.against {
            let line = format!("{}: observed {}, allowed {}", against.what, against.seen, against.allowed);
            let _ = writeln!(text, "       >> {}", wrapped(&line, 10, width));
        }
        for guard in &step.guards {
            let _ = writeln!(text, "       >> because {}", wrapped(guard, 10, width));
        }
        let is_left = !step.against.is_empty() || !step.guards.is_empty();
        if is_left && number < recording.operations().count() {
            text.push_str("       (The model does not explain what follows, so its steps have only numbers.)\n");
        }
    }
    text
}

/// Returns an answer in a few words.
pub(crate) fn answer_text(answer: &Answer) -> String {
    let ended = answer.ended.map_or_else(String::new, |ended| format!(", run ends {}", ended.name()));
    let says = answer.says.as_ref().map_or_else(String::new, |says| format!(" ({says})"));
    format!("{}{ended}{says}", answer.result.name())
}

/// Returns an operation in a few words.
pub(crate) fn operation_text(operation: &Operation) -> String {
    let action = operation.action();
    match operation {
        Operation::Deliver { mailbox, message, by } | Operation::Redeliver { mailbox, message, by } => {
            format!("{action} {message} to {mailbox} by {by}")
        }
        Operation::LogOn { mailbox, by } => format!("{action} to {mailbox} by {by}"),
        Operation::OwnerDeletes { mailbox, message, by } => format!("{action} {message} of {mailbox} by {by}"),
        Operation::Run { run, crash } => {
            let crash = if *crash { ", and is killed during the run" } else { "" };
            format!(
                "{} runs {} of {} from {} to {}{crash}",
                run.administrator, run.procedure, run.mailbox, run.from, run.to
            )
        }
        Operation::Start { run } => {
            format!("{} starts {} of {} from {} to {}", run.administrator, run.procedure, run.mailbox, run.from, run.to)
        }
        Operation::Act { mailbox, administrator } => format!("{administrator} executes the next step on {mailbox}"),
        Operation::RequestLost { mailbox, administrator }
        | Operation::ReplyLost { mailbox, administrator }
        | Operation::RequestLate { mailbox, administrator } => {
            format!("{administrator} executes the next step on {mailbox}, {action}")
        }
        Operation::LateEffect { mailbox } => format!("{action} on {mailbox}"),
        Operation::JournalLost { mailbox, administrator } => {
            format!("{administrator}'s journal of {mailbox} is lost")
        }
        Operation::JournalOutlivesMail { mailbox, server }
        | Operation::StoreLooksEmpty { mailbox, server }
        | Operation::StoreShowsMail { mailbox, server } => format!("{action} {mailbox} on {server}"),
        Operation::ProgramDies { mailbox, administrator } => format!("{administrator}'s program on {mailbox} dies"),
        Operation::Replicate { mailbox, from, to } => format!("{action} {mailbox} from {from} to {to}"),
        Operation::Refresh { mailbox, from } => format!("{action} {mailbox} from {from}"),
        Operation::OtherEdit { mailbox, server } => format!("{action} of {mailbox} on {server}"),
        Operation::StoreCrashes { server }
        | Operation::StoreRestarts { server }
        | Operation::ReplicaUnreachable { server }
        | Operation::ReplicaReachable { server } => format!("{action} {server}"),
    }
}
