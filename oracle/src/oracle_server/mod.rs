//! The oracle as somebody's adviser: questions of a foreign test harness, a JSON line each, and the answers. `specs/oracle.md`
//! is the contract. It reads no file and no pipe, and never changes what the oracle thinks but by `take` and `reset`.

mod reply;
mod request;

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::action::{Action, ActionKind};

use crate::event_log::Line;
use crate::judged;
use crate::judged::{Judged, Subject};
use crate::oracle::{Belief, Oracle};
use crate::protocol::{Answer, Done, Event, Observation, Operation, Wrong};
use stranded_search::scenario::Spec;

pub use self::reply::{Enabled, Reply, Said};
use self::request::{Asked, Request};

/// The most states or sights that one answer lists.
const LISTED_MAX: usize = 1_000;

/// Whether there is more to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Going {
    /// There may be.
    On,
    /// That was the last.
    Ended,
}

/// An oracle that answers questions.
#[derive(Debug)]
pub struct Adviser<'a> {
    oracle: Oracle<'a>,
    /// The scenario as its file has it, and the procedure that stands in the place of every other.
    given: &'a Spec,
    procedure: Option<&'a str>,
}

impl<'a> Adviser<'a> {
    /// Nothing was taken yet.
    #[must_use]
    pub fn new(oracle: Oracle<'a>, given: &'a Spec, procedure: Option<&'a str>) -> Self {
        Self { oracle, given, procedure }
    }

    /// The answer to a line, and whether there is more to ask. A line that asks nothing that can be answered is answered with
    /// what would be right, and changes nothing.
    pub fn answer(&mut self, line: &Line<'_>) -> (Reply, Going) {
        let text = match str::from_utf8(line.bytes) {
            Ok(text) if line.bytes.len() <= crate::event_log::LINE_MAX => text,
            Ok(_) => return (Reply::error(None, Wrong::new("the line is too long", "at most 1 MiB")), Going::On),
            Err(_) => return (Reply::error(None, Wrong::new("the line is not UTF-8", "JSON")), Going::On),
        };
        let Request { id, asked } = match Request::of_line(text) {
            Ok(request) => request,
            Err((id, wrong)) => return (Reply::error(id, wrong), Going::On),
        };
        let going = if matches!(asked, Asked::Bye) { Going::Ended } else { Going::On };
        match self.say(asked) {
            Ok(said) => (Reply { id: Some(id), said }, going),
            Err(wrong) => (Reply::error(Some(id), wrong), Going::On),
        }
    }

    fn say(&mut self, asked: Asked) -> Result<Said, Wrong> {
        Ok(match asked {
            Asked::Enabled => Said::Enabled { operations: self.enabled()? },
            Asked::AllowedAnswers(operation) => Said::Answers { answers: self.answers(&self.renamed(operation))? },
            Asked::AllowedObservations(mailbox) => {
                let belief = self.belief()?;
                let observations = self.oracle.states(belief).map_err(|_| too_many())?;
                let of_mailbox = |mut state: BTreeMap<String, Observation>| state.remove(&mailbox);
                let observations: BTreeSet<Observation> = observations.into_iter().filter_map(of_mailbox).collect();
                if observations.is_empty() {
                    // A state has every mailbox of the scenario.
                    let known: Vec<String> = self.oracle.mailboxes().collect();
                    return Err(Wrong::new(format!("there is no mailbox `{mailbox}`"), known.join(" or ")));
                }
                let (observations, more) = some(observations.into_iter());
                Said::Observations { observations, more }
            }
            Asked::States => {
                let belief = self.belief()?;
                let (states, more) = some(self.oracle.states(belief).map_err(|_| too_many())?.into_iter());
                Said::States { explained: true, states, more }
            }
            Asked::Next(operation, answer) => {
                self.belief()?;
                let event = Event::Did { operation: self.renamed(operation), answer };
                let found = self.oracle.supposing(&event, |oracle, after| oracle.states(after))?;
                let states = found.transpose().map_err(|_| too_many())?;
                let (states, more) = some(states.clone().unwrap_or_default().into_iter());
                Said::States { explained: !states.is_empty(), states, more }
            }
            Asked::Take(event) => self.take(&self.renamed_event(*event))?,
            Asked::Verdict(implementation) => {
                let found = self.oracle.judgement();
                let subject = Subject::Implementation(&implementation);
                let scenario = &self.oracle.spec().name;
                let lines = BTreeMap::new();
                let judged = Judged { scenario, subject, judgement: &found, lines: &lines, extra: &[] };
                Said::Verdict(Box::new(judged::report(&judged)))
            }
            Asked::Bye => Said::Bye {},
        })
    }

    fn renamed(&self, mut operation: Operation) -> Operation {
        if let Some(name) = self.procedure {
            crate::adapter::rename(&mut operation, self.given, name);
        }
        operation
    }

    fn renamed_event(&self, event: Event) -> Event {
        match self.procedure {
            None => event,
            Some(name) => crate::adapter::renamed(event, self.given, name),
        }
    }

    /// What is left of the explanations.
    fn belief(&self) -> Result<Belief, Wrong> {
        let gone = || Wrong::new("nothing explains this run any more, or too much does", "`verdict`, or `reset`");
        self.oracle.belief().ok_or_else(gone)
    }

    /// What can be asked of an implementation now: whole runs, and single steps.
    fn enabled(&mut self) -> Result<Vec<Enabled>, Wrong> {
        let belief = self.belief()?;
        let open = self.oracle.beliefs().closed(belief).map_err(|_| too_many())?;
        let mut found: BTreeMap<Operation, usize> = BTreeMap::new();
        for number in &open {
            let now = self.oracle.beliefs().explanation(*number).clone();
            let world = &self.oracle.beliefs().scene(&now).world;
            let actions: Vec<Action> = world.enabled(&now.state).map(|(action, _)| action).collect();
            let operations: Vec<Operation> =
                actions.iter().filter_map(|action| self.oracle.operation_of(&now, action)).collect();
            let whole: Vec<Operation> = operations.iter().filter_map(whole_run).collect();
            let all: BTreeSet<Operation> = operations.into_iter().chain(whole).collect();
            all.into_iter().for_each(|operation| *found.entry(operation).or_default() += 1);
        }
        let enabled = |(operation, count): (Operation, usize)| Enabled { operation, always: count == open.len() };
        Ok(found.into_iter().map(enabled).collect())
    }

    /// The answers that some explanation allows.
    fn answers(&mut self, operation: &Operation) -> Result<Vec<Answer>, Wrong> {
        self.belief()?;
        let ends: &[Option<Done>] = match operation.kind() {
            Some(ActionKind::Act | ActionKind::RequestLost | ActionKind::ReplyLost) => {
                &[None, Some(Done::Ok), Some(Done::Refused), Some(Done::Failed), Some(Done::Unknown)]
            }
            Some(_) | None => &[None],
        };
        let mut allowed = Vec::new();
        for (result, ended) in Done::ALL.iter().flat_map(|result| ends.iter().map(move |ended| (*result, *ended))) {
            let answer = Answer { ended, ..Answer::of(result) };
            let event = Event::Did { operation: operation.clone(), answer: answer.clone() };
            // Where an answer says nothing, neither does how it ends.
            let says_more = ended.is_none() || result == Done::Ok;
            if says_more && self.oracle.would_explain(&event)? {
                allowed.push(answer);
            }
        }
        Ok(allowed)
    }

    fn take(&mut self, event: &Event) -> Result<Said, Wrong> {
        let begins = matches!(event, Event::Reset { .. });
        let known = if begins { 0 } else { self.oracle.findings_of_run().len() };
        let had_failed = !begins && self.oracle.failure_of_run().is_some();
        self.oracle.take(event)?;
        let failure = self.oracle.failure_of_run().filter(|_| !had_failed);
        let found = self.oracle.findings_of_run().iter().skip(known);
        Ok(Said::Taken {
            explained: self.oracle.belief().is_some(),
            failure: failure.map(|failure| Box::new(judged::failed(failure, None))),
            findings: found.map(|finding| judged::found(finding, None)).collect(),
        })
    }
}

fn too_many() -> Wrong {
    Wrong::new(
        "more explanations are left than there may be",
        "a larger --max-explanations, or a look at more of the site",
    )
}

/// A whole run in the place of its start.
fn whole_run(operation: &Operation) -> Option<Operation> {
    match operation {
        Operation::Start { run } => Some(Operation::Run { run: run.clone(), crash: false }),
        Operation::Deliver { .. }
        | Operation::Redeliver { .. }
        | Operation::LogOn { .. }
        | Operation::OwnerDeletes { .. }
        | Operation::Run { .. }
        | Operation::Act { .. }
        | Operation::RequestLost { .. }
        | Operation::ReplyLost { .. }
        | Operation::ProgramDies { .. }
        | Operation::Replicate { .. }
        | Operation::Refresh { .. }
        | Operation::OtherEdit { .. }
        | Operation::StoreCrashes { .. }
        | Operation::StoreRestarts { .. }
        | Operation::ReplicaUnreachable { .. }
        | Operation::ReplicaReachable { .. } => None,
    }
}

/// As many as an answer lists, and how many more there are.
fn some<T>(mut all: impl Iterator<Item = T>) -> (Vec<T>, usize) {
    let listed = all.by_ref().take(LISTED_MAX).collect();
    (listed, all.count())
}
