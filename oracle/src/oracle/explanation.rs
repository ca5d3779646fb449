//! One way in which all that was seen so far can have come about: a world, its state now, and what is under way.

use stranded_model::action::{Action, ActionKind};
use stranded_model::id::{Id, MailboxId, MessageId, MessageSet};
use stranded_model::procedure::Outcome;
use stranded_model::scenario::Fault;
use stranded_model::state::{Ended, State};
use stranded_model::table::{PerMailbox, Table};
use stranded_model::{Refusal, World};

use super::step::{Arrivals, Op, Program, Told};

/// One way in which all that was seen can have come about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Explanation {
    /// The place of the world among the oracle's.
    pub world: u16,
    /// The state now.
    pub state: State,
    /// The messages of each mailbox in the order in which they arrived, in the log's numbers.
    pub arrivals: PerMailbox<Arrivals>,
    /// What was asked and not answered, and what was answered without saying whether it happened.
    pub calls: Vec<Call>,
}

/// Something that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// Its number; `None` when nobody waits for it any more, and it may happen at any time or never.
    pub number: Option<u64>,
    /// What was asked.
    pub op: Op,
    /// What has become of it.
    pub status: Status,
}

/// What has become of something that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nothing yet.
    Waiting,
    /// The program was started; it runs, or has ended.
    Started,
    /// It is over.
    Over(Effect),
}

/// What became of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It happened, and a step that ended its run reported this.
    Happened(Option<Outcome>),
    /// The message was accepted and waits.
    Queued,
    /// The message went back to its sender.
    Returned,
    /// It was not possible.
    Refused(Refusal),
}

/// A world with what can happen unseen in it.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The world.
    pub world: World,
    /// The same, where a program can die without a fault of the scenario's supply.
    deadly: World,
    /// What can happen unseen.
    unseen: Vec<Action>,
}

impl Scene {
    /// A world in which actions of these kinds can happen unseen.
    #[must_use]
    pub fn new(world: World, unseen: &[ActionKind]) -> Self {
        let actions = world.actions().iter().copied().filter(|action| unseen.contains(&action.kind())).collect();
        let deadly = deadly(&world);
        Self { world, deadly, unseen: actions }
    }

    /// How it begins, with the messages that are there at first in their order.
    pub fn initial(&self, place: u16) -> impl Iterator<Item = Explanation> {
        self.world.initial.iter().map(move |state| Explanation {
            world: place,
            state: state.clone(),
            arrivals: Table::of(state.accounts.count(), |mailbox: MailboxId| {
                state.accounts[mailbox].record.accepted.iter().map(|message| message.0).collect()
            }),
            calls: Vec::new(),
        })
    }

    /// Everything that can happen next without anybody seeing it.
    #[must_use]
    pub fn unseen_next(&self, now: &Explanation) -> Vec<Explanation> {
        let mut next: Vec<Explanation> =
            self.unseen.iter().flat_map(|action| self.unseen_action(now, action)).collect();
        for place in 0..now.calls.len() {
            let Call { op, status, number } = now.calls[place];
            match status {
                Status::Waiting => next.extend(self.begin(now, &op).into_iter().filter_map(|(status, mut after)| {
                    if number.is_none() {
                        // Nobody waits for it, so all that matters is whether it happened.
                        if matches!(status, Status::Over(Effect::Refused(_))) {
                            return None;
                        }
                        after.calls.remove(place);
                    } else {
                        after.calls[place].status = status;
                    }
                    Some(after)
                })),
                Status::Started => next.extend(self.work(now, &op)),
                Status::Over(_) => {}
            }
        }
        next
    }

    fn unseen_action(&self, now: &Explanation, action: &Action) -> Vec<Explanation> {
        let Ok(state) = self.world.step(&now.state, action) else { return Vec::new() };
        let after = Explanation { state, ..now.clone() };
        match action {
            // Nobody saw which message it was.
            Action::Deliver { mailbox, .. } => {
                let known = 0..u8::try_from(self.world.scenario.site.messages).unwrap_or(u8::MAX);
                let fresh = known.filter(|message| !now.arrivals[*mailbox].contains(message));
                fresh.map(|message| after.with_arrival(*mailbox, message)).collect()
            }
            Action::Redeliver { .. }
            | Action::LogOn { .. }
            | Action::OwnerDeletes { .. }
            | Action::Start { .. }
            | Action::Act { .. }
            | Action::Die { .. }
            | Action::Replicate { .. }
            | Action::Refresh { .. }
            | Action::Edit { .. }
            | Action::Fail { .. }
            | Action::Recover { .. } => vec![after],
        }
    }

    /// What comes of something that was asked, when its moment has come. Nothing is left out: what is not possible is refused.
    #[must_use]
    pub fn begin(&self, now: &Explanation, op: &Op) -> Vec<(Status, Explanation)> {
        let refused = |reason| vec![(Status::Over(Effect::Refused(reason)), now.clone())];
        let numbered = |mailbox: MailboxId, message: u8| {
            let place = now.arrivals[mailbox].iter().position(|arrived| *arrived == message);
            place.map(MessageId::at)
        };
        match *op {
            Op::Deliver { mailbox, message, by } => {
                if numbered(mailbox, message).is_some() {
                    return refused(Refusal::MessagesUsedUp);
                }
                self.mail(now, mailbox, None, &Action::Deliver { mailbox, by })
                    .map_or_else(refused, |(effect, after)| {
                        vec![(Status::Over(effect), after.with_arrival(mailbox, message))]
                    })
            }
            Op::Redeliver { mailbox, message, by } => match numbered(mailbox, message) {
                None => refused(Refusal::NotQueued),
                Some(message) => self
                    .mail(now, mailbox, Some(message), &Action::Redeliver { mailbox, message, by })
                    .map_or_else(refused, |(effect, after)| vec![(Status::Over(effect), after)]),
            },
            Op::OwnerDeletes { mailbox, message, by } => match numbered(mailbox, message) {
                None => refused(Refusal::NoSuchMessage),
                Some(message) => self.take(now, &Action::OwnerDeletes { mailbox, message, by }),
            },
            Op::Act(action) => self.take(now, &action),
            Op::Start(program) => self.start(now, program, Status::Over(Effect::Happened(None))),
            Op::Run { program, .. } => self.start(now, program, Status::Started),
        }
    }

    fn take(&self, now: &Explanation, action: &Action) -> Vec<(Status, Explanation)> {
        match self.world.occur(&now.state, action) {
            Ok(occurrence) => {
                let ended = occurrence.step.and_then(|executed| executed.ended);
                let after = Explanation { state: occurrence.state, ..now.clone() };
                vec![(Status::Over(Effect::Happened(ended)), after)]
            }
            Err(reason) => vec![(Status::Over(Effect::Refused(reason)), now.clone())],
        }
    }

    fn mail(
        &self,
        now: &Explanation,
        mailbox: MailboxId,
        message: Option<MessageId>,
        action: &Action,
    ) -> Result<(Effect, Explanation), Refusal> {
        let state = self.world.step(&now.state, action)?;
        let arrived = MessageId::at(now.state.accounts[mailbox].record.accepted.len());
        let message = MessageSet::just(message.unwrap_or(arrived));
        let account = &state.accounts[mailbox];
        let effect = if message.is_within(account.record.returned) {
            Effect::Returned
        } else if message.is_within(account.queued) {
            Effect::Queued
        } else {
            Effect::Happened(None)
        };
        Ok((effect, Explanation { state, ..now.clone() }))
    }

    fn start(&self, now: &Explanation, program: Program, status: Status) -> Vec<(Status, Explanation)> {
        let Program { mailbox, administrator, runs } = program;
        let started = (0..u32::BITS).filter(|run| runs & (1 << run) != 0).map(|run| {
            let run = u8::try_from(run).expect("an administrator has few runs");
            self.world.step(&now.state, &Action::Start { mailbox, administrator, run })
        });
        let mut next = Vec::new();
        let mut refused = None;
        for outcome in started {
            match outcome {
                Ok(state) => next.push((status, Explanation { state, ..now.clone() })),
                Err(reason) => refused = Some(reason),
            }
        }
        match refused {
            Some(reason) if next.is_empty() => vec![(Status::Over(Effect::Refused(reason)), now.clone())],
            Some(_) | None => next,
        }
    }

    /// What a program that runs to its end can do next: a step, with whatever becomes of its request, or die where the
    /// scenario lets it.
    fn work(&self, now: &Explanation, op: &Op) -> Vec<Explanation> {
        let Op::Run { program, .. } = op else { return Vec::new() };
        let is_his = |action: &&Action| {
            matches!(action.kind(), ActionKind::Act | ActionKind::RequestLost | ActionKind::ReplyLost | ActionKind::Die)
                && action.administrator() == Some(program.administrator)
                && action.mailbox() == Some(program.mailbox)
        };
        let steps = self.world.actions().iter().filter(is_his);
        let states = steps.filter_map(|action| self.world.step(&now.state, action).ok());
        states.map(|state| Explanation { state, ..now.clone() }).collect()
    }

    /// What follows when a call is answered in this way; nothing, if this explanation does not allow the answer.
    #[must_use]
    pub fn answered(&self, now: &Explanation, place: usize, reported: Told) -> Option<Explanation> {
        let Call { op, status, .. } = now.calls[place];
        let mut after = now.clone();
        match status {
            Status::Over(effect) => {
                if !admits(&op, effect, reported) {
                    return None;
                }
                after.calls.remove(place);
            }
            Status::Started => {
                let Op::Run { program, crash } = op else { return None };
                after.state = self.ended(&now.state, program, crash, reported)?;
                after.calls.remove(place);
            }
            Status::Waiting => match (reported.result, op) {
                // Whoever cannot say how a run ended has made sure that it is over; it may never have begun.
                (Outcome::Unknown, Op::Run { .. }) => drop(after.calls.remove(place)),
                // Anything else may still happen, or never.
                (Outcome::Unknown, _) => after.calls[place].number = None,
                // A run that failed was begun.
                (Outcome::Failed, Op::Run { .. } | Op::Start(_)) => return None,
                (Outcome::Failed, _) => drop(after.calls.remove(place)),
                (Outcome::Ok | Outcome::Refused, _) => return None,
            },
        }
        Some(after)
    }

    /// The state when a run has ended with this answer.
    fn ended(&self, state: &State, program: Program, crash: bool, reported: Told) -> Option<State> {
        let Program { mailbox, administrator, .. } = program;
        let found = &state.accounts[mailbox].programs[administrator];
        if found.is_running() {
            // Whoever cannot say how a run ended has made sure that it did.
            let die = Action::Die { mailbox, administrator };
            return match reported.result {
                Outcome::Ok | Outcome::Refused | Outcome::Failed => None,
                // Being killed on demand is a fault of the scenario's supply, as long as there is one.
                Outcome::Unknown => {
                    let demanded = crash.then(|| self.world.step(state, &die).ok()).flatten();
                    demanded.or_else(|| killed(&self.deadly, state, mailbox, administrator))
                }
            };
        }
        let fits = match (found.ended, reported.result) {
            (_, Outcome::Unknown) => true,
            (Ended::Reported(outcome), result) => outcome == result,
            (Ended::Died, result) => result == Outcome::Failed,
            (Ended::Never, Outcome::Ok | Outcome::Refused | Outcome::Failed) => false,
        };
        fits.then(|| state.clone())
    }
}

/// The world in which a program can die without a fault of the scenario's supply, for [`killed`].
#[must_use]
pub fn deadly(world: &World) -> World {
    let mut deadly = world.clone();
    if !deadly.scenario.environment.faults.contains(&Fault::ProgramDies) {
        deadly.scenario.environment.faults.push(Fault::ProgramDies);
    }
    deadly
}

/// What follows when whoever gives a run up makes sure that its program has ended; the world is a [`deadly`] one.
#[must_use]
pub fn killed(
    deadly: &World,
    state: &State,
    mailbox: MailboxId,
    administrator: stranded_model::id::AdministratorId,
) -> Option<State> {
    let mut alive = state.clone();
    alive.shared.faults_left += 1;
    deadly.step(&alive, &Action::Die { mailbox, administrator }).ok()
}

/// Whether an answer may be given to something that had this effect.
fn admits(op: &Op, effect: Effect, reported: Told) -> bool {
    let Told { result, ended } = reported;
    if let Effect::Happened(reported) = effect
        && matches!(op, Op::Act(Action::Act { .. }))
        && matches!(result, Outcome::Ok | Outcome::Refused)
    {
        return result == Outcome::Ok && ended == reported;
    }
    match (effect, result) {
        (_, Outcome::Unknown) => true,
        (Effect::Happened(_), Outcome::Ok | Outcome::Failed) => true,
        (Effect::Happened(_), Outcome::Refused) => false,
        (Effect::Queued, Outcome::Ok | Outcome::Failed) => true,
        (Effect::Queued, Outcome::Refused) => false,
        (Effect::Returned, Outcome::Ok | Outcome::Refused) => true,
        (Effect::Returned, Outcome::Failed) => false,
        (Effect::Refused(reason), Outcome::Refused | Outcome::Failed) => !reason.is_bound(),
        (Effect::Refused(reason), Outcome::Ok) => reason.changes_nothing(),
    }
}

impl Explanation {
    fn with_arrival(&self, mailbox: MailboxId, message: u8) -> Self {
        let mut after = self.clone();
        // A log cannot name more messages than there is room for.
        if !after.arrivals[mailbox].is_full() {
            after.arrivals[mailbox].push(message);
        }
        after
    }

    /// Messages of the model in the log's numbers.
    #[must_use]
    pub fn in_log(&self, mailbox: MailboxId, messages: MessageSet) -> MessageSet {
        let arrivals = &self.arrivals[mailbox];
        let numbered = messages.iter().filter_map(|message| arrivals.get(message.index()));
        numbered.fold(MessageSet::EMPTY, |set, message| set.with(MessageSet::just(MessageId(*message))))
    }
}
