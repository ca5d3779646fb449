//! What is told of an implementation that was driven, besides the judgement: what was tried of what there is, and for every
//! verdict the shortest run that shows it.

use std::fmt::Write as _;

use serde::Serialize;

use stranded_oracle::conform::{ConformCoverage, ConformResult, Recording, Shrunk};
use stranded_oracle::protocol::{Answer, Event, Operation};
use stranded_search::lines::wrapped;

use stranded_oracle::judged::Judged;
use stranded_oracle::judged::{self, JudgementReport};

/// The report on an implementation that was driven.
#[derive(Debug, Serialize)]
pub struct DrivenReport {
    /// The judgement.
    #[serde(flatten)]
    pub judgement: JudgementReport,
    /// How many actions were asked.
    pub actions: usize,
    /// Whether everything was tried that can be.
    pub complete: bool,
    /// What was tried, of what there is.
    pub coverage: CoverageReport,
    /// What the scenario allows and the implementation could not be asked to do, in words.
    pub not_asked: Vec<String>,
    /// For each verdict that nobody expected, the shortest run that shows it.
    pub shortest: Vec<ShortestReport>,
}

/// What was tried, of what there is; what could not be counted is null.
#[derive(Debug, Serialize)]
pub struct CoverageReport {
    /// States in which something was asked.
    pub states: usize,
    /// States there are.
    pub states_of: Option<usize>,
    /// Transitions that were asked for.
    pub transitions: usize,
    /// Transitions there are.
    pub transitions_of: Option<usize>,
    /// The part of the transitions that was asked for.
    pub percent: Option<f64>,
}

/// The shortest run that shows a verdict.
#[derive(Debug, Serialize)]
pub struct ShortestReport {
    /// The verdict.
    pub verdict: String,
    /// How many actions it takes.
    pub actions: usize,
    /// How many the run had that was found first.
    pub actions_before: usize,
    /// Why the implementation cannot be relied on to do the same again.
    pub unsteady: Option<String>,
    /// The run, to be judged or asked again.
    pub run: Recording,
}

/// The report in JSON.
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
        shortest: driven.shrunk.iter().map(shortest).collect(),
    }
}

/// What was tried, in one sentence.
#[must_use]
pub fn coverage(driven: &ConformResult) -> String {
    let ConformCoverage { states, states_of, transitions, transitions_of } = driven.coverage;
    let of = |some: usize, all: Option<usize>| match all {
        Some(all) => format!("{some} of {all}"),
        None => format!("{some}, of how many was not counted"),
    };
    let percent = driven.coverage.percent().map_or_else(String::new, |percent| format!(" ({percent:.1} %)"));
    let not_asked = match driven.not_asked.join(", ") {
        none if none.is_empty() => none,
        some => format!(". Not exercised: {some}"),
    };
    let all = if driven.is_complete { "; all that can be asked was asked" } else { "" };
    format!(
        "{} actions; states in which something was asked: {}; transitions: {}{percent}{all}{not_asked}",
        driven.actions,
        of(states, states_of),
        of(transitions, transitions_of),
    )
}

/// The shortest run that shows a verdict, a line for each action.
#[must_use]
pub fn shortest(shrunk: &Shrunk, width: u16) -> String {
    let record = &shrunk.recording;
    let count = record.operations().count();
    let before = match shrunk.operations_before {
        same if same == count => String::new(),
        more => format!(", out of {more}"),
    };
    let actions = if count == 1 { "action" } else { "actions" };
    let mut text = format!("Shortest run that shows {}, {count} {actions}{before}:\n", shrunk.verdict.name());
    text.push_str(&run(record, width));
    let _ = writeln!(text, "       >> {}", wrapped(&format!("{}: {}", shrunk.verdict.name(), record.says), 10, width));
    if let Some(unsteady) = &shrunk.unsteady {
        let _ = writeln!(text, "  {}", wrapped(&format!("It cannot be relied on: {unsteady}."), 2, width));
    }
    text
}

/// A run, a line for each action, and what was seen where the model does not explain it.
#[must_use]
pub fn run(record: &Recording, width: u16) -> String {
    let mut text = String::new();
    let mut number = 0;
    for step in &record.steps {
        match &step.event {
            Event::Did { operation, answer } => {
                number += 1;
                let line = format!("{}: {}", reported(operation), answered(answer));
                let _ = writeln!(text, "  {number:>3}  {}", wrapped(&line, 7, width));
            }
            Event::Call { call, operation } => {
                number += 1;
                let _ = writeln!(
                    text,
                    "  {number:>3}  {}",
                    wrapped(&format!("call {call}: {}", reported(operation)), 7, width)
                );
            }
            Event::Return { call, answer } => {
                let _ = writeln!(text, "       call {call} is answered {}", answer.result.name());
            }
            Event::Reset { .. } | Event::Observed { .. } => {}
        }
        for against in &step.against {
            let line = format!("{}: seen {}, allowed {}", against.what, against.seen, against.allowed);
            let _ = writeln!(text, "       >> {}", wrapped(&line, 10, width));
        }
        for guard in &step.guards {
            let _ = writeln!(text, "       >> because {}", wrapped(guard, 10, width));
        }
    }
    text
}

/// What was answered, in a few words.
pub(crate) fn answered(answer: &Answer) -> String {
    let ended = answer.ended.map_or_else(String::new, |ended| format!(", run ends {}", ended.name()));
    let says = answer.says.as_ref().map_or_else(String::new, |says| format!(" ({says})"));
    format!("{}{ended}{says}", answer.result.name())
}

/// What was asked, in a few words.
pub(crate) fn reported(operation: &Operation) -> String {
    let action = operation.action();
    match operation {
        Operation::Deliver { mailbox, message, by } | Operation::Redeliver { mailbox, message, by } => {
            format!("{action} {message} to {mailbox} by {by}")
        }
        Operation::LogOn { mailbox, by } => format!("{action} to {mailbox} by {by}"),
        Operation::OwnerDeletes { mailbox, message, by } => format!("{action} {message} of {mailbox} by {by}"),
        Operation::Run { run, crash } => {
            let crash = if *crash { ", killed on its way" } else { "" };
            format!(
                "{} runs {} of {} from {} to {}{crash}",
                run.administrator, run.procedure, run.mailbox, run.from, run.to
            )
        }
        Operation::Start { run } => {
            format!("{} starts {} of {} from {} to {}", run.administrator, run.procedure, run.mailbox, run.from, run.to)
        }
        Operation::Act { mailbox, administrator } => format!("{administrator}'s next step on {mailbox}"),
        Operation::RequestLost { mailbox, administrator } | Operation::ReplyLost { mailbox, administrator } => {
            format!("{administrator}'s next step on {mailbox}, {action}")
        }
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
