//! A mutant as an implementation: the reference with another program or with tampering. A mutant of one procedure runs its
//! own program, under any procedure name.

use std::collections::BTreeMap;

use stranded_model::World;
use stranded_model::id::MailboxId;
use stranded_model::state::State;

use crate::adapter::reference::Reference;
use crate::adapter::{AdapterError, HelloReply, Implementation};
use crate::oracle::Explanation;
use crate::oracle::names::{CandidateRuns, Numbered};
use crate::protocol::RunRequest;
use crate::protocol::{Answer, Greeting, Observation, Operation, Outcome, Wrong};
use stranded_search::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::scenario::Spec;

use super::{Defect, Mutant};

/// A running mutant.
#[derive(Debug)]
pub struct Mutated<'a> {
    mutant: &'static Mutant,
    spec: &'a Spec,
    reference: Reference<'a>,
    /// The state before the last operation.
    before: State,
}

/// The state of a mutant within a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    now: Explanation,
    /// Present only for mutants whose observations depend on the state before.
    before: Option<State>,
}

impl<'a> Mutated<'a> {
    /// The mutant in this scenario, under the combination of assumption values at this index.
    ///
    /// # Errors
    /// The initial states of the scenario could not be computed.
    pub fn new(mutant: &'static Mutant, spec: &'a Spec, combination: usize) -> Result<Self, String> {
        let scene = mutant.scene(spec)?;
        let all = check::combinations_of(&scene);
        let assumptions = all.get(combination).or_else(|| all.first()).copied().unwrap_or_default();
        let world = check::world(&scene, assumptions, Engine::default(), &Limits::default())
            .map_err(|truncated| truncated.to_string())?;
        Ok(Self::in_world(mutant, spec, world))
    }

    /// The mutant in this world of its scenario.
    #[must_use]
    pub fn in_world(mutant: &'static Mutant, spec: &'a Spec, world: World) -> Self {
        let world = match mutant.program() {
            Some(program) => {
                let program = program.under(&world.assumptions);
                world.with_procedures(|_| program.clone())
            }
            None => world,
        };
        let before = world.initial[0].clone();
        let reference = Reference::in_world(spec, world);
        let reference = match mutant.defect {
            Defect::World(tampering) => reference.with_tampering(tampering),
            Defect::Program { .. } | Defect::Observation(_) => reference,
        };
        Self { mutant, spec, reference, before }
    }

    /// The reference that it is made from.
    #[must_use]
    pub fn reference(&self) -> &Reference<'a> {
        &self.reference
    }

    /// The current state.
    #[must_use]
    pub fn position(&self) -> Position {
        let looks_back = matches!(self.mutant.defect, Defect::Observation(_));
        Position { now: self.reference.now().clone(), before: looks_back.then(|| self.before.clone()) }
    }

    /// Restores a state of the same run.
    pub fn restore(&mut self, position: &Position) {
        self.before = position.before.clone().unwrap_or_else(|| position.now.state.clone());
        self.reference.restore(position.now.clone());
    }

    /// The operation in the terms of the model; a mutant of one procedure accepts any procedure name.
    fn resolve(&mut self, operation: &Operation) -> Result<Operation<Numbered>, Wrong> {
        let runs_its_own = self.mutant.implements().is_some();
        if runs_its_own && let Operation::Run { run, crash } = operation {
            return Ok(Operation::Run { run: self.own(run)?, crash: *crash });
        }
        if runs_its_own && let Operation::Start { run } = operation {
            return Ok(Operation::Start { run: self.own(run)? });
        }
        self.reference.resolve(operation)
    }

    /// All runs of this administrator between these servers, with any procedure name.
    fn own(&mut self, run: &RunRequest) -> Result<CandidateRuns, Wrong> {
        let people = &self.spec.scenario.administrators;
        let own = people.iter().filter(|one| one.name == run.administrator).flat_map(|one| &one.runs);
        let mut names: Vec<String> = own.map(|one| one.procedure.name.clone()).collect();
        names.push(run.procedure.clone());
        let mut found: Result<CandidateRuns, Option<Wrong>> = Err(None);
        for procedure in names {
            let operation = Operation::Start { run: RunRequest { procedure, ..run.clone() } };
            match self.reference.resolve(&operation) {
                Ok(Operation::Start { run: program }) => {
                    let runs = found.as_ref().map_or(0, |one| one.runs);
                    found = Ok(CandidateRuns { runs: runs | program.runs, ..program });
                }
                Ok(_) => {}
                Err(wrong) => found = found.map_err(|_| Some(wrong)),
            }
        }
        found.map_err(|wrong| {
            wrong.unwrap_or_else(|| Wrong::new("the scenario has no such run".to_owned(), "a run of the scenario"))
        })
    }

    fn shown(&self) -> Explanation {
        let now = self.reference.now();
        match self.mutant.defect {
            Defect::Observation(shown) => Explanation { state: shown(&self.before, &now.state), ..now.clone() },
            Defect::Program { .. } | Defect::World(_) => now.clone(),
        }
    }

    /// The observation of a mailbox.
    #[must_use]
    pub fn observation(&self, mailbox: MailboxId) -> Observation {
        self.reference.observation(&self.shown(), mailbox)
    }
}

impl Implementation for Mutated<'_> {
    fn hello(&mut self, greeting: &Greeting) -> Result<HelloReply, AdapterError> {
        Ok(match self.reference.hello(greeting)? {
            HelloReply::Ready(mut capabilities) => {
                capabilities.name = self.mutant.name.to_owned();
                capabilities.implements = self.mutant.implements().map(ToOwned::to_owned);
                HelloReply::Ready(capabilities)
            }
            HelloReply::Skip(reason) => HelloReply::Skip(reason),
        })
    }

    fn reset(&mut self, start: &BTreeMap<String, Observation>) -> Result<Answer, AdapterError> {
        let answer = self.reference.reset(start)?;
        self.before = self.reference.state().clone();
        Ok(answer)
    }

    fn perform(&mut self, operation: &Operation) -> Result<Answer, AdapterError> {
        let operation = match self.resolve(operation) {
            Ok(operation) => operation,
            Err(wrong) => return Ok(Answer { says: Some(wrong.to_string()), ..Answer::of(Outcome::Refused) }),
        };
        self.before = self.reference.state().clone();
        Ok(self.reference.apply(operation))
    }

    fn observe(&mut self, mailbox: &str) -> Result<Observation, AdapterError> {
        let mailbox = self.reference.mailbox(mailbox)?;
        Ok(self.observation(mailbox))
    }
}
