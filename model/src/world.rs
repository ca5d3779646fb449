//! The world: a scenario under one answer to every assumption, and the function that applies its rules.

use std::borrow::Cow;

use crate::action::{Action, ActionKind};
use crate::assumption::Assumptions;
use crate::directory::{refresh, replicate};
use crate::faults::{reappear, recover};
use crate::id::{AdministratorId, Id, MailboxId, MessageSet, ServerId};
use crate::memory::Needs;
use crate::procedure::{MemoryLife, Procedure, StepResult};
use crate::refusal::Refusal;
use crate::scenario::{Delivery, Run, RunId, RunsMax, Scenario};
use crate::shared_part::{SharedFacts, SharedPart};
use crate::state::{
    Account, Completion, Execution, LateRequest, Mailbox, Mark, Memory, Phase, Program, ReadVersion, Shared, State,
};

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
    /// The memory that each step still needs, by administrator, run and step.
    pub(crate) needs: Vec<Vec<Vec<Needs>>>,
}

/// Optional parts of the state, tracked only if the scenario reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tracks {
    /// Versions of recipients.
    pub(crate) versions: bool,
    /// Messages that stores remember as deleted.
    pub(crate) expunged: bool,
    /// Messages that a crash can lose.
    pub(crate) recent: bool,
    /// The largest gap between two versions that is counted, if larger ones make no difference.
    pub(crate) gap_max: Option<u8>,
}

/// The input of a rule, copied on the first write: one account and the shared part.
pub(crate) struct Next<'a> {
    pub(crate) account: Cow<'a, Account>,
    pub(crate) shared: SharedPart<'a>,
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
    /// True if the step is done, and false if it has to visit further servers.
    pub finished: bool,
    /// True if a message left a location that kept it.
    pub deleted: bool,
    /// The outcome, if the run ended with this step.
    pub ended: Option<crate::procedure::Outcome>,
    /// True if the run ended with this step, while the mailbox had outstanding messages.
    pub had_mail: bool,
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

    /// The next act of an administrator's program with an answer, if one is possible, and the state after it. Of several
    /// messages that the step may take, it takes the first.
    #[must_use]
    pub fn next_act(
        &self,
        state: &State,
        mailbox: MailboxId,
        administrator: AdministratorId,
    ) -> Option<(Action, State)> {
        let is_next = |action: &&Action| {
            action.kind() == ActionKind::Act
                && (action.mailbox(), action.administrator()) == (Some(mailbox), Some(administrator))
        };
        self.actions.iter().filter(is_next).find_map(|action| Some((*action, self.step(state, action).ok()?)))
    }

    /// The actions of this world that differ from this one at most in the message that a step takes, this one first.
    pub fn with_any_message(&self, action: &Action) -> impl Iterator<Item = Action> + use<'_> {
        let without_message = |mut action: Action| {
            if let Action::Act { message, .. } = &mut action {
                *message = None;
            }
            action
        };
        let given = *action;
        let is_same = move |other: &&Action| **other != given && without_message(**other) == without_message(given);
        [given].into_iter().chain(self.actions.iter().filter(is_same).copied())
    }

    /// Applies an action to the account that it concerns and to the shared part. No rule reads more than these two, so
    /// the result is the same whatever the other mailboxes are.
    ///
    /// # Errors
    /// The condition that the action fails.
    pub fn change(&self, account: &Account, shared: &Shared, action: &Action) -> Result<Change, Refusal> {
        self.change_reading(account, shared, action, &mut SharedFacts::default())
    }

    /// As [`World::change`]. Adds the facts about the shared part that the rule reads to `read`. With any other shared part of which the
    /// same of these facts are true, the action is refused for the same reason, or it has the same effect: the same account and step, the
    /// same services that stop or start, and as many faults spent.
    ///
    /// # Errors
    /// The condition that the action fails.
    pub fn change_reading(
        &self,
        account: &Account,
        shared: &Shared,
        action: &Action,
        read: &mut SharedFacts,
    ) -> Result<Change, Refusal> {
        let mut next = Next { account: Cow::Borrowed(account), shared: SharedPart::new(shared) };
        let step = self.apply(&mut next, action);
        *read = read.with(next.shared.read());
        let step = step?;
        let mut account = next.account.into_owned();
        if action.mailbox().is_some() {
            self.update_derived(&mut account);
        }
        Ok(Change { account, shared: next.shared.into_shared(), step })
    }

    /// Applies the rule of an action.
    fn apply(&self, next: &mut Next<'_>, action: &Action) -> Result<Option<Executed>, Refusal> {
        match *action {
            Action::Deliver { by, .. } => self.deliver(next, by)?,
            Action::Redeliver { message, by, .. } => self.redeliver(next, message, by)?,
            Action::LogOn { by, .. } => self.log_on(next, by)?,
            Action::OwnerDeletes { message, by, .. } => self.owner_deletes(next, message, by)?,
            Action::Start { administrator, run, .. } => self.start(next, administrator, run)?,
            Action::Act { administrator, message, fate, .. } => {
                return self.act(next, administrator, message, fate).map(Some);
            }
            Action::TakeEffect { .. } => self.take_effect(next)?,
            Action::Die { administrator, .. } => self.die(next, administrator)?,
            Action::LoseJournal { administrator, .. } => self.lose_journal(next, administrator)?,
            Action::LoseRecent { server, .. } => self.lose_recent(next, server)?,
            Action::LookEmpty { server, .. } => self.look_empty(next, server)?,
            Action::Reappear { server, .. } => reappear(next, server)?,
            Action::Replicate { from, to, .. } => replicate(next, from, to)?,
            Action::Refresh { from, .. } => refresh(next, from)?,
            Action::Edit { replica, .. } => self.edit(next, replica)?,
            Action::Fail { server, part } => self.fail(next, server, part)?,
            Action::Recover { server, part } => recover(next, server, part)?,
        }
        Ok(None)
    }

    /// The run that a program executes or executed last.
    #[must_use]
    pub fn run_of(&self, administrator: AdministratorId, program: &Program) -> &Run {
        self.scenario.run(RunId { administrator, run: program.run })
    }

    /// Returns true if the account is quiescent: every run was executed, no program runs, no administrator owes a retry
    /// that the scenario still allows, no mail is queued, no mailbox is in transit, replicas are equal and services are
    /// up.
    #[must_use]
    pub fn is_quiescent(&self, account: &Account, shared: &Shared) -> bool {
        let finished = |(administrator, program): (AdministratorId, &Program)| {
            let runs = &self.scenario.administrators[administrator.index()].runs;
            let is_last = usize::from(program.run) + 1 == runs.len();
            let may_retry = program.owes_retry && self.run_of(administrator, program).runs_max.allows_another(program);
            !may_retry && is_last && program.executions > 0
        };
        account.programs.iter().all(finished)
            && account.mailboxes.values().all(|mailbox| mailbox.mark() == Mark::Settled)
            && self.is_idle(account, shared)
    }

    /// Returns true if only an administrator or new mail can still change the account: no program runs, no mail is queued,
    /// no request is late, replicas are equal, services are up, and stores show what they hold.
    #[must_use]
    pub fn is_idle(&self, account: &Account, shared: &Shared) -> bool {
        account.programs.values().all(|program| !program.is_running())
            && account.queued.is_empty()
            && account.late.is_none()
            && account.hidden.values().all(Option::is_none)
            && account.replicas_agree()
            && account
                .remembered
                .is_none_or(|remembered| account.recipients.values().all(|now| now.without_stamp() == remembered))
            && shared.all_up()
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
        let is_over = program.executions > 0 && (runs_max != RunsMax::UntilOk || program.is_settled());
        if run == program.run {
            if !runs_max.allows_another(&program) {
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
        let mut execution = Execution::FRESH;
        if self.run_of(administrator, &program).procedure.memory == MemoryLife::Journal {
            execution.memory.copied = std::mem::take(&mut program.journal);
        }
        program.phase = Phase::Running(execution);
        let account = next.account.to_mut();
        account.programs[administrator] = program;
        if let Some(late) = account.late.as_mut().filter(|late| late.administrator == administrator) {
            late.is_superseded = self.run_of(late.administrator, &program).procedure.sends_tokens();
        }
        Ok(())
    }

    /// Updates the derived parts of an account after every action: the completion of each running move, and versions,
    /// which count from the lowest that still matters. A program forgets what no later step of its run uses.
    fn update_derived(&self, account: &mut Account) {
        let home = account.agreed_home();
        let is_running = account.programs.values().any(Program::is_running);
        if self.tracks.recent && !is_running {
            account.settle_recent();
        }
        for administrator in account.programs.ids() {
            let mut program = account.programs[administrator];
            let index = usize::from(program.run);
            let run = &self.scenario.administrators[administrator.index()].runs[index];
            let Phase::Running(execution) = &mut program.phase else { continue };
            let needs = self.needs[administrator.index()][index][usize::from(execution.next)];
            execution.forget(needs);
            execution.memory.version = execution.memory.version.filter(|version| account.shows(*version));
            if needs.completion {
                execution.note_completion(run, home, account, needs);
            }
            account.programs[administrator] = program;
        }
        if let Some(late) = account.late {
            let version = late.version.filter(|version| account.shows(*version));
            account.late = Some(LateRequest { version, ..late });
        }
        self.recount(account);
    }
}

impl Execution {
    /// Forgets everything that no later step of the run uses.
    fn forget(&mut self, needs: Needs) {
        let Memory { listed, copied, home, version } = &mut self.memory;
        let in_progress = self.visited > 0;
        *copied = if needs.copied { *copied } else { MessageSet::EMPTY };
        *listed = if needs.listed || in_progress { *listed } else { MessageSet::EMPTY };
        *home = home.filter(|_| needs.home);
        *version = version.filter(|_| needs.version || in_progress);
        if !needs.completion {
            (self.completion, self.required) = (Completion::Pending, MessageSet::EMPTY);
        }
    }

    /// Notes the messages of the source, and the completion of the move if this is a moment at which it is complete.
    fn note_completion(&mut self, run: &Run, home: Option<ServerId>, account: &Account, needs: Needs) {
        let (source, destination) = (account.stored(run.from).held(), account.stored(run.to).held());
        self.required = self.required.with(source).without(account.record.owner_deleted);
        let is_complete = home == Some(run.to) && self.required.is_within(destination);
        if self.completion == Completion::Pending && is_complete {
            self.completion = Completion::Reached;
        }
        let is_final = match self.completion {
            Completion::Pending => false,
            Completion::Reached => !needs.writes_home,
            Completion::Spoiled => true,
        };
        if is_final {
            self.required = MessageSet::EMPTY;
        }
    }
}

impl Account {
    /// Returns true if some replica shows this version of the recipient.
    fn shows(&self, version: ReadVersion) -> bool {
        self.recipients.values().any(|recipient| recipient.read_version() == version)
    }

    /// Mail that programs wrote is durable once none of them runs.
    fn settle_recent(&mut self) {
        for mailbox in self.mailboxes.values_mut().chain(self.hidden.values_mut().flatten()) {
            if let Mailbox::Present(contents) = mailbox {
                contents.recent = MessageSet::EMPTY;
            }
        }
    }
}

impl RunsMax {
    /// Returns true if the scenario allows a further execution of the run that this program executes or executed last.
    pub(crate) fn allows_another(self, program: &Program) -> bool {
        match self {
            Self::Times(times) => program.executions < times,
            Self::Any => true,
            Self::UntilOk => program.executions == 0 || !program.is_settled(),
        }
    }
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
