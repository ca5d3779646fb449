//! The reference implementation: the model itself, one state at a time, under one combination of values for the assumptions.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use stranded_model::action::{Action, ActionKind, Fate};
use stranded_model::id::{Id, MailboxId, MessageSet};
use stranded_model::state::State;
use stranded_model::table::Table;
use stranded_model::{Executed, World};

use crate::oracle::names::{CandidateRuns, Names, Numbered};
use crate::oracle::{Explanation, explanation, model_terms};
use crate::protocol::RUN;
use crate::protocol::{Answer, Capabilities, Greeting, Observation, Operation, Outcome, Wrong};
use stranded_search::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::scenario::Spec;

use super::{AdapterError, HelloReply, Implementation};
use stranded_search::FORMAT_VERSION;

/// The model as an implementation.
#[derive(Debug)]
pub struct Reference<'a> {
    spec: &'a Spec,
    names: Names<'a>,
    world: World,
    now: Explanation,
    tampering: Option<Tampering>,
}

/// An action that was attempted, and its result in the model.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'m> {
    /// The world.
    pub world: &'m World,
    /// The action.
    pub action: &'m Action,
    /// The state before the action.
    pub before: &'m State,
    /// The program step that was executed; `None` if the action is not a step or is not enabled.
    pub step: Option<Executed>,
    /// True if the action was enabled.
    pub happened: bool,
}

/// Change of the state after an attempt, or of the answer; used by mutants.
pub type Tampering = fn(&Attempt<'_>, &mut State, &mut Answer);

impl<'a> Reference<'a> {
    /// The model under the combination of assumption values at this index of [`check::combinations_of`], or under the first one if
    /// there are fewer.
    ///
    /// # Errors
    /// The initial states of the scenario could not be computed.
    pub fn new(spec: &'a Spec, combination: usize) -> Result<Self, String> {
        let all = check::combinations_of(spec);
        let assumptions = all.get(combination).or_else(|| all.first()).copied().unwrap_or_default();
        let world = check::world(spec, assumptions, Engine::default(), &Limits::default())
            .map_err(|truncated| truncated.to_string())?;
        Ok(Self::in_world(spec, world))
    }

    /// The model in this world of the scenario.
    #[must_use]
    pub fn in_world(spec: &'a Spec, world: World) -> Self {
        let first = world.initial[0].clone();
        let names = Names::new(spec, accepted(&first));
        let now = beginning(first);
        Self { spec, names, world, now, tampering: None }
    }

    /// Changes every attempt by `tampering`.
    #[must_use]
    pub fn with_tampering(mut self, tampering: Tampering) -> Self {
        self.tampering = Some(tampering);
        self
    }

    /// The current state, with the names of its messages.
    #[must_use]
    pub fn now(&self) -> &Explanation {
        &self.now
    }

    /// The initial states.
    pub fn beginnings(&self) -> impl Iterator<Item = Explanation> {
        self.world.initial.iter().cloned().map(beginning)
    }

    /// Restores a state of the same run.
    pub fn restore(&mut self, now: Explanation) {
        self.now = now;
    }

    /// The observation of a mailbox in this state.
    #[must_use]
    pub fn observation(&self, now: &Explanation, mailbox: MailboxId) -> Observation {
        model_terms::observation(self.spec, &self.names, now, mailbox)
    }

    /// The operation in the terms of the model.
    ///
    /// # Errors
    /// The operation names something that the scenario does not have.
    pub(super) fn resolve(&mut self, operation: &Operation) -> Result<Operation<Numbered>, Wrong> {
        self.names.operation(operation)
    }

    /// The current state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.now.state
    }

    /// The operation that requests this action.
    #[must_use]
    pub fn operation(&self, action: &Action) -> Option<Operation> {
        crate::oracle::model_terms::operation(self.spec, &self.names, &self.now, action)
    }

    /// The world of this implementation.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    fn take(&mut self, action: &Action) -> Answer {
        // Of several messages that a step may take, the reference takes the first.
        let possible = |action: &Action| self.world.occur(&self.now.state, action).ok();
        let taken = self.world.with_any_message(action).find_map(|one| Some((one, possible(&one)?)));
        let (action, occurred) = taken.map_or((*action, None), |(one, occurrence)| (one, Some(occurrence)));
        let happened = occurred.is_some();
        let (after, step) = occurred.map_or((None, None), |occurrence| (Some(occurrence.state), occurrence.step));
        let ended = step.and_then(|executed| executed.ended);
        let mut answer = Answer { ended, ..Answer::of(if happened { Outcome::Ok } else { Outcome::Refused }) };
        match (self.tampering, after) {
            (None, None) => {}
            (None, Some(state)) => self.now.state = state,
            (Some(tampering), after) => {
                let mut state = after.unwrap_or_else(|| self.now.state.clone());
                let attempt = Attempt { world: &self.world, action: &action, before: &self.now.state, step, happened };
                tampering(&attempt, &mut state, &mut answer);
                self.now.state = state;
            }
        }
        answer
    }

    fn start(&mut self, run: CandidateRuns) -> Answer {
        let CandidateRuns { mailbox, administrator, .. } = run;
        let starts: Vec<Action> = run.indices().map(|run| Action::Start { mailbox, administrator, run }).collect();
        match starts.iter().find(|start| self.world.step(&self.now.state, start).is_ok()) {
            Some(due) => self.take(due),
            None => Answer::of(Outcome::Refused),
        }
    }

    /// Runs a program to its end. With `crash`, the program dies after half of its steps.
    fn run(&mut self, program: CandidateRuns, crash: bool) -> Answer {
        if self.start(program).result != Outcome::Ok {
            return Answer::of(Outcome::Refused);
        }
        let CandidateRuns { mailbox, administrator, .. } = program;
        let act = Action::Act { mailbox, administrator, message: None, fate: Fate::Answered };
        let run = self.world.run_of(administrator, &self.now.state.accounts[mailbox].programs[administrator]);
        let half = run.procedure.steps.len() / 2;
        let steps_without_check = 2 * run.procedure.steps.len() + self.world.scenario.site.messages;
        let mut known: FxHashSet<State> = FxHashSet::default();
        for step in 0_usize.. {
            // The program is in a loop that only another actor could end, so it is stopped here.
            if step > steps_without_check && !known.insert(self.now.state.clone()) {
                break;
            }
            if crash && step == half {
                match self.take(&Action::Die { mailbox, administrator }).result {
                    Outcome::Ok => return Answer::of(Outcome::Unknown),
                    // The scenario allows no further death of a program, so the program is stopped below.
                    Outcome::Refused | Outcome::Failed | Outcome::Unknown => break,
                }
            }
            match self.take(&act) {
                Answer { ended: Some(ended), .. } => return Answer { ended: None, ..Answer::of(ended) },
                Answer { result: Outcome::Ok, .. } => {}
                // The program waits for another actor, so it is stopped here.
                Answer { .. } => break,
            }
        }
        // Stopping the program here does not use up a fault of the scenario.
        let deadly = explanation::deadly(&self.world);
        if let Some(state) = explanation::killed(&deadly, &self.now.state, mailbox, administrator) {
            self.now.state = state;
        }
        Answer::of(Outcome::Unknown)
    }
}

impl Implementation for Reference<'_> {
    fn hello(&mut self, _greeting: &Greeting) -> Result<HelloReply, AdapterError> {
        let actions = ActionKind::ALL.into_iter().map(ActionKind::name).chain([RUN]).map(ToOwned::to_owned).collect();
        Ok(HelloReply::Ready(Capabilities {
            protocol: FORMAT_VERSION,
            name: "reference".to_owned(),
            actions,
            fields: Observation::FIELDS.map(ToOwned::to_owned).to_vec(),
            procedures: None,
            implements: None,
            start: true,
        }))
    }

    fn reset(&mut self, start: &BTreeMap<String, Observation>) -> Result<Answer, AdapterError> {
        let error = |wrong: Wrong| AdapterError { says: wrong.to_string() };
        self.names = Names::new(self.spec, accepted(&self.world.initial[0]));
        let start = self.names.start(start).map_err(error)?;
        let matches = |one: &Explanation| start.iter().all(|(mailbox, observation)| observation.fits(one, *mailbox));
        let found = self.world.initial.iter().cloned().map(beginning).find(matches);
        match found {
            Some(found) => {
                self.names = Names::new(self.spec, accepted(&found.state));
                self.now = found;
                Ok(Answer::of(Outcome::Ok))
            }
            None => Ok(Answer {
                says: Some("no initial state of this implementation is like that".to_owned()),
                ..Answer::of(Outcome::Refused)
            }),
        }
    }

    fn perform(&mut self, operation: &Operation) -> Result<Answer, AdapterError> {
        let operation = match self.names.operation(operation) {
            Ok(operation) => operation,
            Err(wrong) => return Ok(Answer { says: Some(wrong.to_string()), ..Answer::of(Outcome::Refused) }),
        };
        Ok(self.apply(operation))
    }

    fn observe(&mut self, mailbox: &str) -> Result<Observation, AdapterError> {
        let mailbox = self.mailbox(mailbox)?;
        Ok(self.observation(&self.now, mailbox))
    }
}

impl Reference<'_> {
    /// Performs an operation.
    pub(super) fn apply(&mut self, operation: Operation<Numbered>) -> Answer {
        if let Operation::Run { run, crash } = operation {
            return self.run(run, crash);
        }
        if let Operation::Start { run } = operation {
            return self.start(run);
        }
        let Some(action) = self.now.action(&operation) else { return Answer::of(Outcome::Refused) };
        let Operation::Deliver { mailbox, message, .. } = operation else { return self.take(&action) };
        let accepted = |now: &Explanation| now.state.accounts[mailbox].record.accepted.len();
        let before = accepted(&self.now);
        let answer = self.take(&action);
        if accepted(&self.now) > before {
            self.now.arrivals[mailbox].push(message);
        }
        answer
    }

    /// The mailbox with this name.
    pub(super) fn mailbox(&self, name: &str) -> Result<MailboxId, AdapterError> {
        let mut mailboxes = (0..self.spec.scenario.site.mailboxes).map(MailboxId::at);
        let found = mailboxes.find(|id| stranded_search::names::mailbox(*id) == name);
        found.ok_or_else(|| AdapterError { says: format!("the scenario has no mailbox `{name}`") })
    }
}

fn beginning(state: State) -> Explanation {
    let arrivals = Table::of(state.accounts.count(), |mailbox: MailboxId| {
        state.accounts[mailbox].record.accepted.iter().map(|message| message.0).collect()
    });
    Explanation { world: 0, state, arrivals, calls: Vec::new() }
}

fn accepted(state: &State) -> stranded_model::table::PerMailbox<usize> {
    Table::of(state.accounts.count(), |mailbox: MailboxId| {
        let accepted: MessageSet = state.accounts[mailbox].record.accepted;
        accepted.iter().map(|message| usize::from(message.0) + 1).max().unwrap_or(0)
    })
}
