//! Counter abstraction: any number of messages, of which one is tracked.
//!
//! An abstract state is a [`State`] in which message 0 is the tracked message, and each further number stands for one
//! or more untracked messages in the same locations. The memory of a program is a location too. Untracked messages have
//! no record, because no rule reads it, with one exception: a run need not copy a message that its owner has deleted, so
//! the record of deleted messages counts as a location of the messages that have another one. An untracked message in
//! no other location is forgotten.
//!
//! A set of messages is empty in the abstract state exactly if it is empty in the concrete state, and the same is true
//! of inclusion. Therefore every rule of the world applies to abstract states, through [`World::change`]. An action
//! that takes a single message needs a [`Choice`]: the message, and whether untracked messages remain in its locations.
//! [`CounterAbstraction::change`] gives the chosen message a number of its own, applies the rule, and folds the result.
//!
//! The abstraction allows every behaviour of any number of messages ([`abstraction_of`]), and some more, because a copy
//! takes messages in order of arrival, which is forgotten.

use std::borrow::Cow;

use crate::action::{Action, Fate};
use crate::assumption::Assumptions;
use crate::id::{Id, MessageId, MessageSet};
pub use crate::locations::TRACKED;
pub use crate::locations::{abstraction_of, abstractions_of};
use crate::locations::{each_location, fold, numbers_in_use, renumber, untracked};
use crate::procedure::Act;
use crate::refusal::Refusal;
use crate::scenario::Scenario;
use crate::state::{Account, Shared, State};
use crate::world::{Change, Occurrence, World};

/// A world with any number of messages, of which one is tracked.
#[derive(Clone, Debug)]
pub struct CounterAbstraction {
    world: World,
    choices: Vec<Choice>,
}

/// An action and the message that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Choice {
    /// The action. `taken` replaces the message that it names.
    pub action: Action,
    /// The message that the action takes.
    pub taken: Taken,
}

/// The message that an action takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taken {
    /// No message.
    Nothing,
    /// The tracked message.
    Tracked,
    /// An untracked message that had not arrived.
    New,
    /// One of the untracked messages with this number.
    Other {
        /// The number.
        like: MessageId,
        /// The untracked messages that remain in the same locations.
        rest: Rest,
    },
}

/// Untracked messages that remain in the locations of a taken one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rest {
    /// At least one remains.
    Some,
    /// None remains.
    None,
}

/// A choice in which every message that it concerns has a number of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfolded {
    /// The state before.
    pub before: State,
    /// The action.
    pub action: Action,
    /// The result, with the same numbers.
    pub occurrence: Occurrence,
}

/// The way in which an action takes a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// It takes no message.
    None,
    /// It takes the next message that arrives.
    Arriving,
    /// It takes the message that it names.
    Named,
    /// It takes the earliest message that the target lacks, if any.
    Lacking,
}

impl CounterAbstraction {
    /// The scenario with any number of messages, on a fresh site. The number in the scenario is ignored.
    #[must_use]
    pub fn new(scenario: &Scenario, assumptions: Assumptions) -> Self {
        Self::in_world(scenario, |scenario| {
            let mut world = World::new(scenario, assumptions);
            world.initial = abstractions_of(&world.initial);
            world
        })
    }

    /// The scenario with any number of messages, starting in the quiescent abstract states of an earlier one.
    #[must_use]
    pub fn following(scenario: &Scenario, assumptions: Assumptions, quiescent: &[State]) -> Self {
        Self::in_world(scenario, |scenario| World::following(scenario, assumptions, quiescent))
    }

    /// This abstraction, with stores that remember deletions.
    #[must_use]
    pub fn remembering_deletions(self) -> Self {
        Self { world: self.world.remembering_deletions(), ..self }
    }

    fn in_world(scenario: &Scenario, begin: impl FnOnce(&Scenario) -> World) -> Self {
        let mut listed = scenario.clone();
        // In the list of actions, one message stands for every message that may be taken.
        listed.site.messages = 1;
        let mut world = begin(&listed);
        world.scenario.site.messages = MessageSet::CAPACITY;
        Self { choices: choices(world.actions()), world }
    }

    /// The world that applies the rules.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Every choice of the scenario, in the order in which searches try them.
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// Returns the successor of a state.
    ///
    /// # Errors
    /// The condition that the choice fails.
    pub fn step(&self, state: &State, choice: &Choice) -> Result<State, Refusal> {
        let mailbox = choice.action.mailbox().unwrap_or_default();
        let change = self.change(&state.accounts[mailbox], &state.shared, choice)?;
        Ok(change.in_state(state, mailbox).state)
    }

    /// Applies a choice to the account that it concerns and to the shared part.
    ///
    /// # Errors
    /// The condition that the choice fails, or [`Refusal::NumbersUsedUp`] if the result cannot be represented.
    pub fn change(&self, account: &Account, shared: &Shared, choice: &Choice) -> Result<Change, Refusal> {
        let takes = self.takes(account, &choice.action);
        if takes == Takes::Named && choice.taken != Taken::Tracked {
            // If the rule refuses the shared number, it refuses each message of that number.
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

    /// Returns a choice without folding the result, for display. The number of the tracked message may differ from 0.
    ///
    /// # Errors
    /// The condition that the choice fails.
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

    /// Applies the rule to an arranged account, if it takes the chosen message.
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
            Action::Act { message: Some(_), .. } => Takes::Named,
            Action::Act { administrator, message: None, fate: Fate::Answered | Fate::ReplyLost, .. } => {
                let program = &account.programs[administrator];
                let Some(execution) = program.execution() else { return Takes::None };
                let steps = &self.world.run_of(administrator, program).procedure.steps;
                let copies = matches!(steps[usize::from(execution.next)].act, Act::CopyMessage { .. });
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
    /// The number of the taken message; if others remain, the last number, which was added for it.
    fn chosen(self, like: MessageId, unfolded: &Account) -> MessageId {
        match self {
            Self::Some => MessageId::at(numbers_in_use(unfolded) - 1),
            Self::None => like,
        }
    }
}

/// The choices for these actions of a world with one message.
fn choices(actions: &[Action]) -> Vec<Choice> {
    let numbers = || (1..MessageSet::CAPACITY).map(MessageId::at);
    let untracked = || numbers().flat_map(|like| [Rest::Some, Rest::None].map(|rest| Taken::Other { like, rest }));
    let mut choices = Vec::new();
    for action in actions {
        let mut push = |taken| choices.push(Choice { action: *action, taken });
        match *action {
            Action::Deliver { .. } => [Taken::Tracked, Taken::New].into_iter().for_each(&mut push),
            Action::Redeliver { .. } | Action::OwnerDeletes { .. } | Action::Act { message: Some(_), .. } => {
                [Taken::Tracked].into_iter().chain(untracked()).for_each(&mut push);
            }
            Action::Act { message: None, fate: Fate::Answered | Fate::ReplyLost, .. } => {
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
    /// The number that the chosen message swapped with the first, because a copy takes the earliest message.
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
            // The next message has the number after all that have arrived.
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
                add_chosen(&mut account.record.owner_deleted);
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

/// The action with this message, if it names one.
fn named(mut action: Action, chosen: MessageId) -> Action {
    if let Action::Redeliver { message, .. }
    | Action::OwnerDeletes { message, .. }
    | Action::Act { message: Some(message), .. } = &mut action
    {
        *message = chosen;
    }
    action
}

/// The messages that a store holds after and not before.
fn copied(before: &Account, after: &Account) -> MessageSet {
    let stores = before.mailboxes.values().zip(after.mailboxes.values());
    stores.map(|(before, after)| after.messages().without(before.messages())).fold(MessageSet::EMPTY, MessageSet::with)
}
