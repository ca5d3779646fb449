//! Any number of messages: one of them is tracked, and of the others it is only known in which places some of them are.
//!
//! A state of the crowd is a [`State`] in which message 0 is the tracked one, and every further number stands for one or more
//! others that are all in the same places. What the record says of others is forgotten, since no act in the world reads it,
//! except how many of them their owner has deleted, which is a supply; the numbers after those of others count that. An other
//! that is in no place any more is forgotten altogether.
//!
//! So a set of messages is empty here where it is empty there, and lies within another where it does there. Every rule of the
//! world is right about a crowd, and [`World::change`] is the one place that is asked. Only of an act that takes a single
//! message there is more to say: which one, and whether others remain where it was. That is a [`Choice`]. [`CounterAbstraction::change`]
//! gives the chosen message a number of its own, asks the world, and folds what follows.
//!
//! Whatever happens to any number of messages, happens here as well ([`seen_from`]); not all that happens here happens there,
//! because a copy takes messages in the order of their arrival, which is forgotten.

use std::borrow::Cow;

use crate::action::{Action, Fate};
use crate::assumption::Assumptions;
use crate::id::{Id, MessageId, MessageSet};
pub use crate::locations::{abstraction_of, abstractions_of};
use crate::locations::{each_location, fold, numbers_in_use, renumber, untracked};
use crate::procedure::Act;
use crate::refusal::Refusal;
use crate::scenario::Scenario;
use crate::state::{Account, Phase, Shared, State};
use crate::world::{Change, Occurrence, World};

/// The number of the tracked message.
pub const TRACKED: MessageId = MessageId(0);

/// A world in which any number of messages arrive, as one of them sees it.
#[derive(Clone, Debug)]
pub struct CounterAbstraction {
    world: World,
    choices: Vec<Choice>,
}

/// An action, and which message it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Choice {
    /// What happens. Whatever message it names, `taken` says which one is meant.
    pub action: Action,
    /// Which message it takes.
    pub taken: Taken,
}

/// The message that an action takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taken {
    /// No single message.
    Nothing,
    /// The tracked message.
    Tracked,
    /// Another that had not arrived.
    New,
    /// One of the others that are where this number is.
    Other {
        /// The number that stands for them.
        like: MessageId,
        /// Whether others remain there.
        rest: Rest,
    },
}

/// Whether others remain where one was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rest {
    /// Some remain.
    Some,
    /// None remains.
    None,
}

/// A choice as the world sees it: every message that it concerns has a number of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfolded {
    /// The state before.
    pub before: State,
    /// What happens.
    pub action: Action,
    /// What follows, with the same numbers.
    pub occurrence: Occurrence,
}

/// How an action takes a single message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// It takes none.
    None,
    /// The next that arrives.
    Arriving,
    /// The one that it names.
    Named,
    /// The earliest that is lacking, if one is.
    Lacking,
}

impl CounterAbstraction {
    /// The scenario with any number of messages, on a fresh site; how many it says there are is not looked at.
    #[must_use]
    pub fn new(scenario: &Scenario, assumptions: Assumptions) -> Self {
        Self::in_world(scenario, |scenario| {
            let mut world = World::new(scenario, assumptions);
            world.initial = abstractions_of(&world.initial);
            world
        })
    }

    /// The same, with the at-rest states of an earlier crowd as its past.
    #[must_use]
    pub fn following(scenario: &Scenario, assumptions: Assumptions, quiescent: &[State]) -> Self {
        Self::in_world(scenario, |scenario| World::following(scenario, assumptions, quiescent))
    }

    /// The same crowd, with stores that remember what was deleted from them.
    #[must_use]
    pub fn remembering_deletions(self) -> Self {
        Self { world: self.world.remembering_deletions(), ..self }
    }

    fn in_world(scenario: &Scenario, begin: impl FnOnce(&Scenario) -> World) -> Self {
        let mut listed = scenario.clone();
        // In the list of actions one message stands for whichever is taken.
        listed.site.messages = 1;
        let mut world = begin(&listed);
        world.scenario.site.messages = MessageSet::CAPACITY;
        Self { choices: choices(world.actions()), world }
    }

    /// The world whose rules are asked.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Every choice that the scenario knows of, in the order in which searches try them.
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// What follows when this choice is made in this state.
    ///
    /// # Errors
    /// The condition that forbids it here.
    pub fn step(&self, state: &State, choice: &Choice) -> Result<State, Refusal> {
        let mailbox = choice.action.mailbox().unwrap_or_default();
        let change = self.change(&state.accounts[mailbox], &state.shared, choice)?;
        Ok(change.in_state(state, mailbox).state)
    }

    /// What a choice makes of the account that it concerns, and of what all accounts share.
    ///
    /// # Errors
    /// The condition that forbids it here; or [`Refusal::NumbersUsedUp`], and then what follows cannot be said.
    pub fn change(&self, account: &Account, shared: &Shared, choice: &Choice) -> Result<Change, Refusal> {
        let takes = self.takes(account, &choice.action);
        if takes == Takes::Named && choice.taken != Taken::Tracked {
            // Where the world refuses it to those that share a number, it refuses it to one of them.
            let Taken::Other { like, .. } = choice.taken else { return Err(Refusal::AnotherTaken) };
            let _possible = self.world.change(account, shared, &named(choice.action, like))?;
        }
        let Arranged { account: before, action, first } = arrange(account, choice, takes)?;
        let mut change = self.take(&before, shared, &action, choice.taken, takes)?;
        if let Some(number) = first {
            renumber(&mut change.account, number);
        }
        if choice.taken == Taken::New {
            change.account.record.accepted = account.record.accepted;
        }
        fold(&mut change.account);
        Ok(change)
    }

    /// What happens, without the others being put together again afterwards: for telling it. Which number the tracked message
    /// has in it, is not said.
    ///
    /// # Errors
    /// The condition that forbids it here.
    pub fn unfolded(&self, state: &State, choice: &Choice) -> Result<Unfolded, Refusal> {
        let mailbox = choice.action.mailbox().unwrap_or_default();
        let takes = self.takes(&state.accounts[mailbox], &choice.action);
        let Arranged { account, action, .. } = arrange(&state.accounts[mailbox], choice, takes)?;
        let Change { account: after, shared, step } =
            self.take(&account, &state.shared, &action, choice.taken, takes)?;
        let with = |account: Account| {
            let mut accounts = state.accounts.clone();
            accounts[mailbox] = account;
            accounts
        };
        let before = State { accounts: with(account.into_owned()), shared: state.shared.clone() };
        let occurrence = Occurrence { state: State { accounts: with(after), shared }, step };
        Ok(Unfolded { before, action, occurrence })
    }

    /// What the world makes of an account that was arranged, if it takes what was chosen.
    fn take(
        &self,
        before: &Account,
        shared: &Shared,
        action: &Action,
        taken: Taken,
        takes: Takes,
    ) -> Result<Change, Refusal> {
        let change = self.world.change(before, shared, action)?;
        let wanted = if taken == Taken::Nothing { MessageSet::EMPTY } else { MessageSet::just(TRACKED) };
        if takes == Takes::Lacking && copied(before, &change.account) != wanted {
            return Err(Refusal::AnotherTaken);
        }
        Ok(change)
    }

    fn takes(&self, account: &Account, action: &Action) -> Takes {
        match *action {
            Action::Deliver { .. } => Takes::Arriving,
            Action::Redeliver { .. } | Action::OwnerDeletes { .. } => Takes::Named,
            Action::Act { administrator, fate: Fate::Answered | Fate::ReplyLost, .. } => {
                let program = &account.programs[administrator];
                let Phase::Running { next, .. } = program.phase else { return Takes::None };
                let steps = &self.world.run_of(administrator, program).procedure.steps;
                let copies = matches!(steps[usize::from(next)].act, Act::CopyMessage { .. });
                if copies { Takes::Lacking } else { Takes::None }
            }
            Action::Act { fate: Fate::RequestLost, .. }
            | Action::LogOn { .. }
            | Action::Start { .. }
            | Action::Die { .. }
            | Action::Replicate { .. }
            | Action::Refresh { .. }
            | Action::Edit { .. }
            | Action::Fail { .. }
            | Action::Recover { .. } => Takes::None,
        }
    }
}

impl AsRef<World> for CounterAbstraction {
    fn as_ref(&self) -> &World {
        &self.world
    }
}

impl Rest {
    /// The number of the message that is taken; where others remain, that is the last one, which was made for it.
    fn chosen(self, like: MessageId, unfolded: &Account) -> MessageId {
        match self {
            Self::Some => MessageId::at(numbers_in_use(unfolded) - 1),
            Self::None => like,
        }
    }
}

/// Every choice for these actions of a world with one message.
fn choices(actions: &[Action]) -> Vec<Choice> {
    let numbers = || (1..MessageSet::CAPACITY).map(MessageId::at);
    let untracked = || numbers().flat_map(|like| [Rest::Some, Rest::None].map(|rest| Taken::Other { like, rest }));
    let mut choices = Vec::new();
    for action in actions {
        let mut push = |taken| choices.push(Choice { action: *action, taken });
        match *action {
            Action::Deliver { .. } => [Taken::Tracked, Taken::New].into_iter().for_each(&mut push),
            Action::Redeliver { .. } | Action::OwnerDeletes { .. } => {
                [Taken::Tracked].into_iter().chain(untracked()).for_each(&mut push);
            }
            Action::Act { fate: Fate::Answered | Fate::ReplyLost, .. } => {
                [Taken::Nothing, Taken::Tracked].into_iter().chain(untracked()).for_each(&mut push);
            }
            Action::Act { fate: Fate::RequestLost, .. }
            | Action::LogOn { .. }
            | Action::Start { .. }
            | Action::Die { .. }
            | Action::Replicate { .. }
            | Action::Refresh { .. }
            | Action::Edit { .. }
            | Action::Fail { .. }
            | Action::Recover { .. } => push(Taken::Nothing),
        }
    }
    choices
}

/// An account in which the chosen message has a number of its own, and the action that takes it.
struct Arranged<'a> {
    account: Cow<'a, Account>,
    action: Action,
    /// The number that the chosen message has exchanged for the first one: a copy takes the earliest of all.
    first: Option<MessageId>,
}

fn arrange<'a>(original: &'a Account, choice: &Choice, takes: Takes) -> Result<Arranged<'a>, Refusal> {
    let Choice { action, taken } = *choice;
    let fits = match taken {
        Taken::Nothing => matches!(takes, Takes::None | Takes::Lacking),
        Taken::Tracked => takes != Takes::None,
        Taken::New => takes == Takes::Arriving,
        Taken::Other { .. } => matches!(takes, Takes::Named | Takes::Lacking),
    };
    if !fits {
        return Err(Refusal::AnotherTaken);
    }
    let unused_number = || match numbers_in_use(original) {
        MessageSet::CAPACITY.. => Err(Refusal::NumbersUsedUp),
        unused => Ok(unused),
    };
    match taken {
        Taken::Tracked if takes == Takes::Arriving && original.record.accepted.contains(TRACKED) => {
            Err(Refusal::MessagesUsedUp)
        }
        Taken::Nothing | Taken::Tracked => Ok(Arranged { account: Cow::Borrowed(original), action, first: None }),
        Taken::New => {
            // The next that arrives has the number after all that have.
            let mut account = original.clone();
            account.record.accepted = MessageSet::first(unused_number()?);
            Ok(Arranged { account: Cow::Owned(account), action, first: None })
        }
        Taken::Other { like, .. } if !untracked(original).contains(like) => Err(Refusal::NoSuchMessage),
        Taken::Other { like, rest } => {
            let mut account = original.clone();
            if rest == Rest::Some {
                let chosen = MessageSet::just(MessageId::at(unused_number()?));
                let add_chosen = |location: &mut MessageSet| {
                    if location.contains(like) {
                        *location = location.with(chosen);
                    }
                };
                each_location(&mut account, add_chosen);
            }
            let chosen = rest.chosen(like, &account);
            let first = (takes == Takes::Lacking).then_some(chosen);
            if let Some(chosen) = first {
                renumber(&mut account, chosen);
            }
            Ok(Arranged { account: Cow::Owned(account), action: named(action, chosen), first })
        }
    }
}

/// The same action for this message, if it names one.
fn named(mut action: Action, chosen: MessageId) -> Action {
    if let Action::Redeliver { message, .. } | Action::OwnerDeletes { message, .. } = &mut action {
        *message = chosen;
    }
    action
}

/// The messages that are in a store now and were not before.
fn copied(before: &Account, after: &Account) -> MessageSet {
    let stores = before.mailboxes.values().zip(after.mailboxes.values());
    stores.map(|(before, after)| after.messages().without(before.messages())).fold(MessageSet::EMPTY, MessageSet::with)
}
