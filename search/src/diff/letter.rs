//! Letters: an action as an observer sees it. The letter of a step has the administrator, the act, the servers, the message and the result;
//! it has neither the label nor the number of the step nor the name of the procedure. Two worlds share one alphabet, in which
//! servers and administrators have the same numbers if they have the same names.

use std::collections::HashMap;

use indexmap::IndexSet;
use stranded_model::action::{Action, Fate, View};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, ServerId};
use stranded_model::procedure::{Act, Outcome, ServerRef, StepResult};
use stranded_model::scenario::{Fault, Replication, RunId, Scenario};
use stranded_model::state::State;
use stranded_model::{Executed, Occurrence, World};

use super::resolved::with_servers;

/// An action as an observer sees it. The numbers are those of the [`Alphabet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Letter {
    /// An administrator starts a run.
    Start { mailbox: MailboxId, administrator: AdministratorId, from: ServerId, to: ServerId, connected_to: ServerId },
    /// A program executes a step, or visits one server of it.
    Act {
        mailbox: MailboxId,
        administrator: AdministratorId,
        /// The number of the act.
        act: usize,
        /// The server that is visited, if the step takes one act for each of several.
        visited: Option<ServerId>,
        message: Option<MessageId>,
        fate: Fate,
        result: StepResult,
        /// True if the step is done.
        finished: bool,
        /// The outcome, if the run ended.
        ended: Option<Outcome>,
    },
    /// The environment acts.
    Environment(Action),
}

/// The names and the acts of two worlds.
#[derive(Debug, Default)]
pub(super) struct Alphabet {
    servers: IndexSet<String>,
    administrators: IndexSet<String>,
    acts: Vec<Act>,
}

/// A step of a run, with the home that its program looked up.
type StepKey = (RunId, usize, Option<ServerId>);

/// The translation of one world into the alphabet.
#[derive(Debug)]
pub(super) struct Translation {
    servers: Vec<ServerId>,
    administrators: Vec<AdministratorId>,
    acts: HashMap<StepKey, usize>,
    /// True if all replicas change in the same moment, so that mail reads one directory.
    is_one_directory: bool,
    /// True if an unrelated edit writes that one directory, whichever replica it names.
    is_edited_as_one: bool,
}

impl Alphabet {
    /// Adds the names and the acts of a world.
    pub(super) fn translation(&mut self, world: &World) -> Translation {
        let scenario = &world.scenario;
        let servers: Vec<ServerId> =
            scenario.site.servers.values().map(|name| ServerId::at(self.servers.insert_full(name.clone()).0)).collect();
        let administrators = scenario
            .administrators
            .iter()
            .map(|one| AdministratorId::at(self.administrators.insert_full(one.name.clone()).0))
            .collect();
        let acts = self.acts_of(scenario, &servers);
        let is_one_directory = scenario.site.replication == Replication::Instant;
        let is_edited_as_one = is_one_directory && !scenario.environment.faults.contains(&Fault::ReplicaUnreachable);
        Translation { servers, administrators, acts, is_one_directory, is_edited_as_one }
    }

    /// Returns the number of each act, whatever home its program looked up.
    fn acts_of(&mut self, scenario: &Scenario, servers: &[ServerId]) -> HashMap<StepKey, usize> {
        let homes = || [None].into_iter().chain(scenario.site.servers.ids().map(Some));
        let mut acts = HashMap::new();
        for (id, run) in scenario.runs() {
            for (index, step) in run.procedure.steps.iter().enumerate() {
                for home in homes() {
                    let named = |reference: ServerRef| {
                        let server = run.server(reference).or(home);
                        server.map_or(reference, |server| ServerRef::Server(servers[server.index()]))
                    };
                    let act = self.number(with_servers(&step.act, &named));
                    acts.insert((id, index, home), act);
                }
            }
        }
        acts
    }

    fn number(&mut self, act: Act) -> usize {
        self.acts.iter().position(|other| *other == act).unwrap_or_else(|| {
            self.acts.push(act);
            self.acts.len() - 1
        })
    }
}

impl Translation {
    /// Returns the letter of an action.
    pub(super) fn letter(&self, world: &World, before: &State, action: &Action, occurrence: &Occurrence) -> Letter {
        match (*action, occurrence.step) {
            (Action::Act { mailbox, administrator, message, fate }, Some(executed)) => {
                let program = before.accounts[mailbox].programs[administrator];
                let execution = program.execution().expect("a program that acts is running");
                let Executed { run, step, result, finished, ended, .. } = executed;
                let visits_several = execution.visited > 0 || !finished;
                Letter::Act {
                    mailbox,
                    administrator: self.administrator(administrator),
                    act: self.acts[&(run, step, execution.memory.home)],
                    visited: visits_several.then(|| self.server(ServerId(execution.visited))),
                    message,
                    fate,
                    result,
                    finished,
                    ended,
                }
            }
            (Action::Start { mailbox, administrator, run }, _) => {
                let run = world.scenario.run(RunId { administrator, run });
                Letter::Start {
                    mailbox,
                    administrator: self.administrator(administrator),
                    from: self.server(run.from),
                    to: self.server(run.to),
                    connected_to: self.server(run.connected_to),
                }
            }
            (action, _) => Letter::Environment(self.environment(action)),
        }
    }

    fn server(&self, server: ServerId) -> ServerId {
        self.servers[server.index()]
    }

    fn administrator(&self, administrator: AdministratorId) -> AdministratorId {
        self.administrators[administrator.index()]
    }

    fn replica(&self, replica: ServerId, is_one: bool) -> ServerId {
        if is_one { ServerId::default() } else { self.server(replica) }
    }

    fn view(&self, view: View) -> View {
        match view {
            View::Replica(replica) => View::Replica(self.replica(replica, self.is_one_directory)),
            View::Remembered => View::Remembered,
        }
    }

    fn environment(&self, action: Action) -> Action {
        match action {
            Action::Deliver { mailbox, by } => Action::Deliver { mailbox, by: self.view(by) },
            Action::Redeliver { mailbox, message, by } => Action::Redeliver { mailbox, message, by: self.view(by) },
            Action::LogOn { mailbox, by } => Action::LogOn { mailbox, by: self.view(by) },
            Action::OwnerDeletes { mailbox, message, by } => {
                Action::OwnerDeletes { mailbox, message, by: self.view(by) }
            }
            Action::Start { mailbox, administrator, run } => {
                Action::Start { mailbox, administrator: self.administrator(administrator), run }
            }
            Action::Act { mailbox, administrator, message, fate } => {
                Action::Act { mailbox, administrator: self.administrator(administrator), message, fate }
            }
            Action::Die { mailbox, administrator } => {
                Action::Die { mailbox, administrator: self.administrator(administrator) }
            }
            Action::LoseJournal { mailbox, administrator } => {
                Action::LoseJournal { mailbox, administrator: self.administrator(administrator) }
            }
            Action::Replicate { mailbox, from, to } => {
                Action::Replicate { mailbox, from: self.server(from), to: self.server(to) }
            }
            Action::Refresh { mailbox, from } => {
                Action::Refresh { mailbox, from: self.replica(from, self.is_one_directory) }
            }
            Action::Edit { mailbox, replica } => {
                Action::Edit { mailbox, replica: self.replica(replica, self.is_edited_as_one) }
            }
            Action::TakeEffect { mailbox } => Action::TakeEffect { mailbox },
            Action::LoseRecent { mailbox, server } => Action::LoseRecent { mailbox, server: self.server(server) },
            Action::LookEmpty { mailbox, server } => Action::LookEmpty { mailbox, server: self.server(server) },
            Action::Reappear { mailbox, server } => Action::Reappear { mailbox, server: self.server(server) },
            Action::Fail { server, part } => Action::Fail { server: self.server(server), part },
            Action::Recover { server, part } => Action::Recover { server: self.server(server), part },
        }
    }
}
