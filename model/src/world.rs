//! The world: a scenario under one answer to every assumption, and the function that applies its rules.

use std::borrow::Cow;

use crate::action::{Action, Part};
use crate::assumption::Assumptions;
use crate::id::{AdministratorId, Id, MailboxId, ServerId};
use crate::procedure::{Condition, Procedure, StepResult};
use crate::refusal::Refusal;
use crate::scenario::{Delivery, Fault, Run, RunId, RunsMax, Scenario};
use crate::state::{Account, Ended, Mark, Phase, Program, Server, Service, Shared, State};

/// A scenario under one answer to every assumption, with its initial states.
#[derive(Clone, Debug)]
pub struct World {
    /// The scenario, with procedures as the assumptions make them.
    pub scenario: Scenario,
    /// The answer to every assumption.
    pub assumptions: Assumptions,
    /// The initial states, in a fixed order.
    pub initial: Vec<State>,
    pub(crate) actions: Vec<Action>,
    pub(crate) tracks: Tracks,
}

/// Optional parts of the state, tracked only if the scenario reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tracks {
    /// Versions of recipients.
    pub(crate) versions: bool,
    /// Messages that stores remember as deleted.
    pub(crate) expunged: bool,
}

/// The input of a rule, copied on the first write: one account and the shared part.
pub(crate) struct Next<'a> {
    pub(crate) account: Cow<'a, Account>,
    pub(crate) shared: Cow<'a, Shared>,
}

/// The result of an action on one account and the shared part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The account after the action.
    pub account: Account,
    /// The shared part after the action.
    pub shared: Shared,
    /// The procedure step that was executed, if any.
    pub step: Option<Executed>,
}

/// The result of an action on a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The state after the action.
    pub state: State,
    /// The procedure step that was executed, if any.
    pub step: Option<Executed>,
}

/// A step that a program executed, and its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The run.
    pub run: RunId,
    /// The index of the step in its procedure.
    pub step: usize,
    /// The result that the program received.
    pub result: StepResult,
    /// True if a message left a location that kept it.
    pub deleted: bool,
    /// The outcome, if the run ended with this step.
    pub ended: Option<crate::procedure::Outcome>,
}

impl World {
    /// Every action of the scenario, in the order in which searches try them.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The actions that are possible in a state, each with its successor.
    pub fn enabled(&self, state: &State) -> impl Iterator<Item = (Action, State)> {
        self.actions.iter().filter_map(|action| Some((*action, self.step(state, action).ok()?)))
    }

    /// Returns the successor of a state. This is the one place that applies the rules of the world.
    ///
    /// # Errors
    /// The condition that the action fails.
    pub fn step(&self, state: &State, action: &Action) -> Result<State, Refusal> {
        self.occur(state, action).map(|occurrence| occurrence.state)
    }

    /// As [`World::step`], with the step that a program executed.
    ///
    /// # Errors
    /// The condition that the action fails.
    pub fn occur(&self, state: &State, action: &Action) -> Result<Occurrence, Refusal> {
        // An action on a server changes no account, so any account serves.
        let mailbox = action.mailbox().unwrap_or_default();
        Ok(self.change(&state.accounts[mailbox], &state.shared, action)?.in_state(state, mailbox))
    }

    /// Applies an action to the account that it concerns and to the shared part. No rule reads more than these two, so
    /// the result is the same whatever the other mailboxes are.
    ///
    /// # Errors
    /// The condition that the action fails.
    pub fn change(&self, account: &Account, shared: &Shared, action: &Action) -> Result<Change, Refusal> {
        let mut next = Next { account: Cow::Borrowed(account), shared: Cow::Borrowed(shared) };
        let mut step = None;
        match *action {
            Action::Deliver { by, .. } => self.deliver(&mut next, by)?,
            Action::Redeliver { message, by, .. } => self.redeliver(&mut next, message, by)?,
            Action::LogOn { by, .. } => self.log_on(&mut next, by)?,
            Action::OwnerDeletes { message, by, .. } => self.owner_deletes(&mut next, message, by)?,
            Action::Start { administrator, run, .. } => self.start(&mut next, administrator, run)?,
            Action::Act { administrator, fate, .. } => step = Some(self.act(&mut next, administrator, fate)?),
            Action::Die { administrator, .. } => self.die(&mut next, administrator)?,
            Action::Replicate { from, to, .. } => replicate(&mut next, from, to)?,
            Action::Refresh { from, .. } => refresh(&mut next, from)?,
            Action::Edit { replica, .. } => self.edit(&mut next, replica)?,
            Action::Fail { server, part } => self.fail(&mut next, server, part)?,
            Action::Recover { server, part } => recover(&mut next, server, part)?,
        }
        let mut account = next.account.into_owned();
        if action.mailbox().is_some() {
            self.update_derived(&mut account);
        }
        Ok(Change { account, shared: next.shared.into_owned(), step })
    }

    /// The run that a program executes or executed last.
    #[must_use]
    pub fn run_of(&self, administrator: AdministratorId, program: &Program) -> &Run {
        self.scenario.run(RunId { administrator, run: program.run })
    }

    /// Returns true if the account is quiescent: every run was executed, no program runs, no administrator owes a
    /// retry, no mail is queued, no mailbox is in transit, replicas are equal and services are up.
    #[must_use]
    pub fn is_quiescent(&self, account: &Account, shared: &Shared) -> bool {
        let finished = |(administrator, program): (AdministratorId, &Program)| {
            let runs = &self.scenario.administrators[administrator.index()].runs;
            let is_last = usize::from(program.run) + 1 == runs.len();
            !program.is_running() && !program.owes_retry && is_last && program.executions > 0
        };
        account.programs.iter().all(finished)
            && account.queued.is_empty()
            && account.mailboxes.values().all(|mailbox| mailbox.mark() == Mark::Settled)
            && account.replicas_agree()
            && account.remembered.is_none_or(|remembered| account.recipients.values().all(|now| *now == remembered))
            && shared.servers.values().all(|server| *server == Server::UP)
    }

    fn start(&self, next: &mut Next<'_>, administrator: AdministratorId, run: u8) -> Result<(), Refusal> {
        let account = &next.account;
        if self.scenario.environment.delivery == Delivery::Before && !account.queued.is_empty() {
            return Err(Refusal::MailUnsettled);
        }
        let mut program = account.programs[administrator];
        if program.is_running() {
            return Err(Refusal::Busy);
        }
        let runs_max = self.run_of(administrator, &program).runs_max;
        let settled = program.is_settled();
        let repeats = match runs_max {
            RunsMax::Times(times) => program.executions < times,
            RunsMax::Any => true,
            RunsMax::UntilOk => program.executions == 0 || !settled,
        };
        let is_over = program.executions > 0 && (runs_max != RunsMax::UntilOk || settled);
        if run == program.run {
            if !repeats {
                return Err(Refusal::NotDue);
            }
            program.executions = match runs_max {
                RunsMax::Times(_) => program.executions + 1,
                RunsMax::Any | RunsMax::UntilOk => 1,
            };
        } else {
            if run != program.run + 1 || !is_over {
                return Err(Refusal::NotDue);
            }
            program.run = run;
            program.executions = 1;
        }
        program.phase = Phase::Running { next: 0, arrived: false, read: None };
        next.account.to_mut().programs[administrator] = program;
        Ok(())
    }

    fn die(&self, next: &mut Next<'_>, administrator: AdministratorId) -> Result<(), Refusal> {
        if !next.account.programs[administrator].is_running() {
            return Err(Refusal::Idle);
        }
        self.spend_fault(next, Fault::ProgramDies)?;
        let program = &mut next.account.to_mut().programs[administrator];
        program.phase = Phase::Idle;
        program.ended = Ended::Died;
        program.owes_retry = true;
        Ok(())
    }

    fn fail(&self, next: &mut Next<'_>, server: ServerId, part: Part) -> Result<(), Refusal> {
        let fault = match part {
            Part::Store => Fault::StoreCrashes,
            Part::Replica => Fault::ReplicaUnreachable,
        };
        self.spend_fault(next, fault)?;
        switch(next, server, part, Service::Down)
    }

    pub(crate) fn spend_fault(&self, next: &mut Next<'_>, fault: Fault) -> Result<(), Refusal> {
        if !self.scenario.environment.faults.contains(&fault) {
            return Err(Refusal::NotInScenario);
        }
        let left = next.shared.faults_left.checked_sub(1).ok_or(Refusal::FaultsUsedUp)?;
        next.shared.to_mut().faults_left = left;
        Ok(())
    }

    /// Updates the derived parts of an account after every action: a run has arrived once its aim is reached, and
    /// versions count from the lowest that still matters.
    fn update_derived(&self, account: &mut Account) {
        let home = account.agreed_home();
        let mailboxes = account.mailboxes.clone();
        for (administrator, program) in account.programs.ids().zip(account.programs.values_mut()) {
            let run = &self.scenario.administrators[administrator.index()].runs[usize::from(program.run)];
            if let Phase::Running { arrived, .. } = &mut program.phase {
                let is_held = mailboxes[run.from].held().is_within(mailboxes[run.to].held());
                *arrived = *arrived || (home == Some(run.to) && is_held);
            }
        }
        crate::directory::recount(account);
    }
}

fn recover(next: &mut Next<'_>, server: ServerId, part: Part) -> Result<(), Refusal> {
    switch(next, server, part, Service::Up)
}

fn switch(next: &mut Next<'_>, server: ServerId, part: Part, wanted: Service) -> Result<(), Refusal> {
    let Server { store, replica } = next.shared.servers[server];
    let (now, changed) = match part {
        Part::Store => (store, Server { store: wanted, replica }),
        Part::Replica => (replica, Server { store, replica: wanted }),
    };
    if now == wanted {
        return Err(Refusal::AlreadyInState);
    }
    next.shared.to_mut().servers[server] = changed;
    Ok(())
}

fn replicate(next: &mut Next<'_>, from: ServerId, to: ServerId) -> Result<(), Refusal> {
    if next.shared.servers[from].replica == Service::Down || next.shared.servers[to].replica == Service::Down {
        return Err(Refusal::Unreachable);
    }
    let recipients = &next.account.recipients;
    let incoming = recipients[from];
    if !crate::directory::wins(&incoming, &recipients[to]) {
        return Err(Refusal::NothingToReplicate);
    }
    next.account.to_mut().recipients[to] = incoming;
    Ok(())
}

fn refresh(next: &mut Next<'_>, from: ServerId) -> Result<(), Refusal> {
    let current = next.account.recipients[from];
    if next.account.remembered.ok_or(Refusal::NotInScenario)? == current {
        return Err(Refusal::NothingToReplicate);
    }
    next.account.to_mut().remembered = Some(current);
    Ok(())
}

impl Change {
    /// The occurrence in a whole state, if this change is that of one of its mailboxes.
    #[must_use]
    pub fn in_state(self, state: &State, mailbox: MailboxId) -> Occurrence {
        let mut accounts = state.accounts.clone();
        accounts[mailbox] = self.account;
        Occurrence { state: State { accounts, shared: self.shared }, step: self.step }
    }
}

impl Executed {
    /// The procedure and the step that was executed.
    #[must_use]
    pub fn in_procedure<'a>(&self, world: &'a World) -> (&'a Procedure, &'a crate::procedure::Step) {
        let procedure = &world.scenario.run(self.run).procedure;
        (procedure, &procedure.steps[self.step])
    }
}

impl Condition {
    /// Returns true if a test of this condition reads the version of the recipient.
    pub(crate) fn reads_version(&self) -> bool {
        matches!(self, Self::HomeIs(_))
    }
}
