//! The oracle server: answers requests of a foreign test harness, one JSON line each. `specs/oracle.md` is the contract. It reads
//! no file and no pipe. Only the requests `take` and `reset` change the oracle.

mod reply;
mod request;

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::action::Action;

use crate::event_log::Line;
use crate::judged::{self, Judged, Subject};
use crate::oracle::{ExplanationSetId, Oracle};
use crate::protocol::{Answer, Event, Observation, Operation, Outcome, Wrong};
use stranded_search::scenario::Spec;

pub use self::reply::{Enabled, ServerReply, ServerReplyBody};
use self::request::{ServerRequest, ServerRequestBody};

/// The most states or observations that one reply lists.
const LISTED_MAX: usize = 1_000;

/// The state of a conversation after a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversation {
    /// Another request may follow.
    Open,
    /// The last request was answered.
    Ended,
}

/// An oracle that answers requests.
#[derive(Debug)]
pub struct OracleServer<'a> {
    oracle: Oracle<'a>,
    /// The scenario of the file, and the procedure that is judged in place of every other.
    given: &'a Spec,
    procedure: Option<&'a str>,
}

impl<'a> OracleServer<'a> {
    /// A server before the first request.
    #[must_use]
    pub fn new(oracle: Oracle<'a>, given: &'a Spec, procedure: Option<&'a str>) -> Self {
        Self { oracle, given, procedure }
    }

    /// Returns the reply to a line. The reply to a wrong line says what is expected, and the line changes nothing.
    pub fn answer(&mut self, line: &Line<'_>) -> (ServerReply, Conversation) {
        let text = match str::from_utf8(line.bytes) {
            Ok(text) if line.bytes.len() <= crate::event_log::LINE_MAX => text,
            Ok(_) => {
                return (
                    ServerReply::error(None, Wrong::new("the line is too long", "at most 1 MiB")),
                    Conversation::Open,
                );
            }
            Err(_) => {
                return (ServerReply::error(None, Wrong::new("the line is not UTF-8", "JSON")), Conversation::Open);
            }
        };
        let ServerRequest { id, body } = match ServerRequest::of_line(text) {
            Ok(request) => request,
            Err((id, wrong)) => return (ServerReply::error(id, wrong), Conversation::Open),
        };
        let conversation =
            if matches!(body, ServerRequestBody::Bye) { Conversation::Ended } else { Conversation::Open };
        match self.reply(body) {
            Ok(body) => (ServerReply { id: Some(id), body }, conversation),
            Err(wrong) => (ServerReply::error(Some(id), wrong), Conversation::Open),
        }
    }

    fn reply(&mut self, body: ServerRequestBody) -> Result<ServerReplyBody, Wrong> {
        Ok(match body {
            ServerRequestBody::Enabled => ServerReplyBody::Enabled { operations: self.enabled()? },
            ServerRequestBody::AllowedAnswers(operation) => {
                ServerReplyBody::Answers { answers: self.answers(&self.renamed(operation))? }
            }
            ServerRequestBody::AllowedObservations(mailbox) => {
                let set = self.explanations()?;
                let observations = self.oracle.states(set).map_err(|_| too_many())?;
                let of_mailbox = |mut state: BTreeMap<String, Observation>| state.remove(&mailbox);
                let observations: BTreeSet<Observation> = observations.into_iter().filter_map(of_mailbox).collect();
                if observations.is_empty() {
                    // A state has every mailbox of the scenario.
                    let known: Vec<String> = self.oracle.mailboxes().collect();
                    return Err(Wrong::new(format!("there is no mailbox `{mailbox}`"), known.join(" or ")));
                }
                let (observations, more) = listed(observations.into_iter());
                ServerReplyBody::Observations { observations, more }
            }
            ServerRequestBody::States => {
                let set = self.explanations()?;
                let (states, more) = listed(self.oracle.states(set).map_err(|_| too_many())?.into_iter());
                ServerReplyBody::States { explained: true, states, more }
            }
            ServerRequestBody::Next(operation, answer) => {
                self.explanations()?;
                let event = Event::Did { operation: self.renamed(operation), answer };
                let found = self.oracle.supposing(&event, |oracle, after| oracle.states(after))?;
                let states = found.transpose().map_err(|_| too_many())?;
                let (states, more) = listed(states.clone().unwrap_or_default().into_iter());
                ServerReplyBody::States { explained: !states.is_empty(), states, more }
            }
            ServerRequestBody::Take(event) => self.take(&self.renamed_event(*event))?,
            ServerRequestBody::Verdict(implementation) => {
                let found = self.oracle.judgement();
                let subject = Subject::Implementation(&implementation);
                let scenario = &self.oracle.spec().name;
                let lines = BTreeMap::new();
                let judged = Judged {
                    scenario,
                    subject,
                    judgement: &found,
                    lines: &lines,
                    not_exercised: &[],
                    broken: None,
                    extra: &[],
                };
                ServerReplyBody::Verdict(Box::new(judged::report(&judged)))
            }
            ServerRequestBody::Bye => ServerReplyBody::Bye {},
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

    /// Returns the explanations of this case.
    fn explanations(&self) -> Result<ExplanationSetId, Wrong> {
        let gone = || Wrong::new("this case has no explanation, or too many", "`verdict`, or `reset`");
        self.oracle.explanations().ok_or_else(gone)
    }

    /// Returns the operations that are possible now: whole runs, and single steps.
    fn enabled(&mut self) -> Result<Vec<Enabled>, Wrong> {
        let set = self.explanations()?;
        let open = self.oracle.sets().closed(set).map_err(|_| too_many())?;
        let mut found: BTreeMap<Operation, usize> = BTreeMap::new();
        for number in &open {
            let now = self.oracle.sets().explanation(*number).clone();
            let world = &self.oracle.sets().scene(&now).world;
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

    /// Returns the answers that some explanation allows.
    fn answers(&mut self, operation: &Operation) -> Result<Vec<Answer>, Wrong> {
        self.explanations()?;
        let mut ends = vec![None];
        if operation.is_step() {
            ends.extend(Outcome::ALL.map(Some));
        }
        let mut allowed = Vec::new();
        for (result, ended) in Outcome::ALL.iter().flat_map(|result| ends.iter().map(move |ended| (*result, *ended))) {
            let answer = Answer { ended, ..Answer::of(result) };
            let event = Event::Did { operation: operation.clone(), answer: answer.clone() };
            // An end of the run is reported only with an `ok`.
            let says_more = ended.is_none() || result == Outcome::Ok;
            if says_more && self.oracle.would_explain(&event)? {
                allowed.push(answer);
            }
        }
        Ok(allowed)
    }

    fn take(&mut self, event: &Event) -> Result<ServerReplyBody, Wrong> {
        let known = self.oracle.findings_of_case().len();
        let had_failed = self.oracle.failure_of_case().is_some();
        let begins = matches!(event, Event::Reset { .. });
        let found = if begins {
            // A reset shows the harm at the end of the case before it.
            let before = self.oracle.state();
            self.oracle.end_case();
            let found = self.oracle.findings_of_case()[known..].to_vec();
            self.oracle.return_to(before);
            self.oracle.take(event)?;
            found
        } else {
            self.oracle.take(event)?;
            self.oracle.findings_of_case()[known..].to_vec()
        };
        let failure = self.oracle.failure_of_case().filter(|_| begins || !had_failed);
        Ok(ServerReplyBody::Taken {
            explained: self.oracle.explanations().is_some(),
            failure: failure.map(|failure| Box::new(judged::failed(failure, None))),
            findings: found.iter().map(|finding| judged::found(finding, None)).collect(),
        })
    }
}

fn too_many() -> Wrong {
    Wrong::new(
        "more explanations are left than there may be",
        "a larger --max-explanations, or an observation of more of the site",
    )
}

/// Returns the operation that runs a whole procedure, for the operation that starts it.
fn whole_run(operation: &Operation) -> Option<Operation> {
    if let Operation::Start { run } = operation {
        Some(Operation::Run { run: run.clone(), crash: false })
    } else {
        None
    }
}

/// Returns the entries that a reply lists, and the number of the others.
fn listed<T>(mut all: impl Iterator<Item = T>) -> (Vec<T>, usize) {
    let first = all.by_ref().take(LISTED_MAX).collect();
    (first, all.count())
}
