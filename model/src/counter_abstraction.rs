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
//! The abstraction allows every behaviour of any number of messages ([`abstraction_of`]), and some more. It forgets the
//! order of arrival, so steps take messages in any order whatever the scenario says.

use std::borrow::Cow;

use crate::action::Action;
use crate::assumption::Assumptions;
use crate::id::{Id, MessageId, MessageSet};
pub use crate::locations::TRACKED;
pub use crate::locations::{abstraction_of, abstractions_of};
use crate::locations::{each_location, fold, numbers_in_use, untracked};
use crate::refusal::Refusal;
use crate::scenario::{CopyOrder, Scenario};
use crate::shared_part::SharedFacts;
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
        listed.environment.copy_order = CopyOrder::Any;
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
        self.change_reading(account, shared, choice, &mut SharedFacts::default())
    }

    /// As [`CounterAbstraction::change`]. Adds the facts about the shared part that the rule reads to `read`, as
    /// [`World::change_reading`] does.
    ///
    /// # Errors
    /// The condition that the choice fails, or [`Refusal::NumbersUsedUp`] if the result cannot be represented.
    pub fn change_reading(
        &self,
        account: &Account,
        shared: &Shared,
        choice: &Choice,
        read: &mut SharedFacts,
    ) -> Result<Change, Refusal> {
        let takes = Takes::of(&choice.action);
        if takes == Takes::Named && choice.taken != Taken::Tracked {
            // If the rule refuses the shared number, it refuses each message of that number.
            let Taken::Other { like, .. } = choice.taken else { return Err(Refusal::AnotherTaken) };
            let _possible = self.world.change_reading(account, shared, &named(choice.action, like), read)?;
        }
        let (before, action) = arrange(account, choice, takes)?;
        let mut change = self.world.change_reading(&before, shared, &action, read)?;
        if choice.taken == Taken::New {
            change.account.record.accepted = account.record.accepted;
        }
        fold(&mut change.account);
        Ok(change)
    }

    /// Returns a choice without folding the result, for display.
    ///
    /// # Errors
    /// The condition that the choice fails.
    pub fn unfolded(&self, state: &State, choice: &Choice) -> Result<Unfolded, Refusal> {
        let mailbox = choice.action.mailbox().unwrap_or_default();
        let (account, action) = arrange(&state.accounts[mailbox], choice, Takes::of(&choice.action))?;
        let Change { account: after, shared, step } = self.world.change(&account, &state.shared, &action)?;
        let with = |account: Account| {
            let mut accounts = state.accounts.clone();
            accounts[mailbox] = account;
            accounts
        };
        let before = State { accounts: with(account.into_owned()), shared: state.shared.clone() };
        let occurrence = Occurrence { state: State { accounts: with(after), shared }, step };
        Ok(Unfolded { before, action, occurrence })
    }
}

impl Takes {
    fn of(action: &Action) -> Self {
        match action {
            Action::Deliver { .. } => Self::Arriving,
            Action::Redeliver { .. } | Action::OwnerDeletes { .. } | Action::Act { message: Some(_), .. } => {
                Self::Named
            }
            Action::Act { message: None, .. }
            | Action::LogOn { .. }
            | Action::Start { .. }
            | Action::TakeEffect { .. }
            | Action::Die { .. }
            | Action::LoseJournal { .. }
            | Action::LoseRecent { .. }
            | Action::LookEmpty { .. }
            | Action::Reappear { .. }
            | Action::Replicate { .. }
            | Action::Refresh { .. }
            | Action::Edit { .. }
            | Action::Fail { .. }
            | Action::Recover { .. } => Self::None,
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
        match Takes::of(action) {
            Takes::Arriving => [Taken::Tracked, Taken::New].into_iter().for_each(&mut push),
            Takes::Named => [Taken::Tracked].into_iter().chain(untracked()).for_each(&mut push),
            Takes::None => push(Taken::Nothing),
        }
    }
    choices
}

/// The account in which the chosen message has a number of its own, and the action that takes it.
fn arrange<'a>(original: &'a Account, choice: &Choice, takes: Takes) -> Result<(Cow<'a, Account>, Action), Refusal> {
    let Choice { action, taken } = *choice;
    let fits = match taken {
        Taken::Nothing => takes == Takes::None,
        Taken::Tracked => takes != Takes::None,
        Taken::New => takes == Takes::Arriving,
        Taken::Other { .. } => takes == Takes::Named,
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
        Taken::Nothing | Taken::Tracked => Ok((Cow::Borrowed(original), action)),
        Taken::New => {
            // The next message has the number after all that have arrived.
            let mut account = original.clone();
            account.record.accepted = MessageSet::first(unused_number()?);
            Ok((Cow::Owned(account), action))
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
            Ok((Cow::Owned(account), named(action, chosen)))
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
