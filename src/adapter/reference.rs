//! The reference implementation: the model itself, one state after the other. Where no source says how the world behaves it has
//! one answer, as every real system has.

use std::collections::BTreeMap;

use stranded_model::World;
use stranded_model::action::{Action, Kind};
use stranded_model::id::{Id, MailboxId, MessageId, MessageSet};
use stranded_model::procedure::Outcome;
use stranded_model::state::State;
use stranded_model::table::Table;

use crate::check;
use crate::engine::{Engine, Limits};
use crate::oracle::step::{Look, Names, Op, Program, Step};
use crate::oracle::{Explanation, look};
use crate::scenario::Spec;
use crate::wire::deed::RUN;
use crate::wire::{Answer, Capabilities, Deed, Done, Event, Greeting, PROTOCOL, Sight};

use super::{Broken, Implementation, Welcome};

/// The model as an implementation.
#[derive(Debug)]
pub struct Reference<'a> {
    spec: &'a Spec,
    names: Names<'a>,
    world: World,
    now: Explanation,
}

impl<'a> Reference<'a> {
    /// Behaves as the model does under the given combination of answers, by its place among [`check::worlds`]; the first one
    /// when there are fewer.
    ///
    /// # Errors
    /// How the scenario starts could not be found out.
    pub fn new(spec: &'a Spec, combination: usize) -> Result<Self, String> {
        let all = check::worlds(spec);
        let assumptions = all.get(combination).or_else(|| all.first()).copied().unwrap_or_default();
        let world =
            check::world(spec, assumptions, Engine::default(), &Limits::default()).map_err(|cut| cut.to_string())?;
        Ok(Self::in_world(spec, world))
    }

    /// Behaves as this world of the scenario does.
    #[must_use]
    pub fn in_world(spec: &'a Spec, world: World) -> Self {
        let first = world.initial[0].clone();
        let names = Names::new(spec, accepted(&first));
        let now = explanation(first);
        Self { spec, names, world, now }
    }

    /// The state now.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.now.state
    }

    /// What it is asked so that this action happens.
    #[must_use]
    pub fn deed(&self, action: &Action) -> Option<Deed> {
        crate::oracle::step::deed(self.spec, &self.names, &self.now, action)
    }

    /// The world that it follows.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    fn take(&mut self, action: &Action) -> Answer {
        match self.world.occur(&self.now.state, action) {
            Ok(occurrence) => {
                self.now.state = occurrence.state;
                let ended = occurrence.step.and_then(|executed| executed.ended).map(Into::into);
                Answer { ended, ..Answer::of(Done::Ok) }
            }
            Err(_) => Answer::of(Done::Refused),
        }
    }

    fn start(&mut self, program: Program) -> Answer {
        let Program { mailbox, administrator, runs } = program;
        let due = (0..u32::BITS).filter(|run| runs & (1 << run) != 0).find_map(|run| {
            let run = u8::try_from(run).ok()?;
            self.world.step(&self.now.state, &Action::Start { mailbox, administrator, run }).ok()
        });
        match due {
            Some(state) => {
                self.now.state = state;
                Answer::of(Done::Ok)
            }
            None => Answer::of(Done::Refused),
        }
    }

    /// Runs a program to its end; killed on its way, it gets half-way.
    fn run(&mut self, program: Program, crash: bool) -> Answer {
        if self.start(program).result != Done::Ok {
            return Answer::of(Done::Refused);
        }
        let Program { mailbox, administrator, .. } = program;
        let act = Action::Act { mailbox, administrator, fate: stranded_model::action::Fate::Answered };
        let run = self.world.run_of(administrator, &self.now.state.accounts[mailbox].programs[administrator]);
        let half = run.procedure.steps.len() / 2;
        for step in 0_usize.. {
            if crash && step == half {
                self.take(&Action::Die { mailbox, administrator });
                return Answer::of(Done::Unknown);
            }
            match self.take(&act) {
                Answer { ended: Some(ended), .. } => return Answer { ended: None, ..Answer::of(ended) },
                Answer { result: Done::Ok, .. } => {}
                // It waits for something that does not come while nobody else acts; whoever asked gives it up.
                Answer { .. } => break,
            }
        }
        self.take(&Action::Die { mailbox, administrator });
        Answer::of(Done::from(Outcome::Unknown))
    }

    fn number(&self, mailbox: MailboxId, message: u8) -> Option<MessageId> {
        self.now.arrivals[mailbox].iter().position(|arrived| *arrived == message).map(MessageId::at)
    }
}

impl Implementation for Reference<'_> {
    fn greet(&mut self, _greeting: &Greeting) -> Result<Welcome, Broken> {
        let actions = Kind::ALL.into_iter().map(Kind::name).chain([RUN]).map(ToOwned::to_owned).collect();
        Ok(Welcome::Ready(Capabilities {
            protocol: PROTOCOL,
            name: "reference".to_owned(),
            actions,
            fields: Sight::FIELDS.map(ToOwned::to_owned).to_vec(),
            procedures: None,
            implements: None,
            start: true,
        }))
    }

    fn reset(&mut self, start: &BTreeMap<String, Sight>) -> Result<Answer, Broken> {
        let broken = |wrong: crate::wire::Wrong| Broken { says: wrong.to_string() };
        self.names = Names::new(self.spec, accepted(&self.world.initial[0]));
        let step = self.names.step(&Event::Reset { start: start.clone() }).map_err(broken)?;
        let Step::Reset(looks) = step else { return Ok(Answer::of(Done::Failed)) };
        let looks_so =
            |one: &Explanation| looks.iter().all(|(mailbox, look): &(MailboxId, Look)| look.fits(one, *mailbox));
        let found = self.world.initial.iter().cloned().map(explanation).find(looks_so);
        match found {
            Some(found) => {
                self.names = Names::new(self.spec, accepted(&found.state));
                self.now = found;
                Ok(Answer::of(Done::Ok))
            }
            None => {
                Ok(Answer { says: Some("this implementation never stands so".to_owned()), ..Answer::of(Done::Refused) })
            }
        }
    }

    fn perform(&mut self, deed: &Deed) -> Result<Answer, Broken> {
        let op = match self.names.op(deed) {
            Ok(op) => op,
            Err(wrong) => return Ok(Answer { says: Some(wrong.to_string()), ..Answer::of(Done::Refused) }),
        };
        Ok(match op {
            Op::Deliver { mailbox, message, by } => {
                let answer = self.take(&Action::Deliver { mailbox, by });
                if answer.result == Done::Ok {
                    self.now.arrivals[mailbox].push(message);
                }
                answer
            }
            Op::Redeliver { mailbox, message, by } => match self.number(mailbox, message) {
                Some(message) => self.take(&Action::Redeliver { mailbox, message, by }),
                None => Answer::of(Done::Refused),
            },
            Op::OwnerDeletes { mailbox, message, by } => match self.number(mailbox, message) {
                Some(message) => self.take(&Action::OwnerDeletes { mailbox, message, by }),
                None => Answer::of(Done::Refused),
            },
            Op::Start(program) => self.start(program),
            Op::Run { program, crash } => self.run(program, crash),
            Op::Act(action) => self.take(&action),
        })
    }

    fn observe(&mut self, mailbox: &str) -> Result<Sight, Broken> {
        let mailboxes = (0..self.spec.scenario.site.mailboxes).map(MailboxId::at);
        let found = mailboxes.into_iter().find(|id| crate::report::names::mailbox(*id) == mailbox);
        let mailbox = found.ok_or_else(|| Broken { says: format!("there is no mailbox `{mailbox}`") })?;
        Ok(look::sight(self.spec, &self.names, &self.now, mailbox))
    }
}

fn explanation(state: State) -> Explanation {
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
