//! Any number of messages: one of them is tracked, and of the others it is only known in which places some of them are.
//!
//! A state of the crowd is a [`State`] in which message 0 is the tracked one, and every further number stands for one or more
//! others that are all in the same places. What the record says of others is forgotten, since no act in the world reads it,
//! except how many of them their owner has deleted, which is a supply; the numbers after those of others count that. An other
//! that is in no place any more is forgotten altogether.
//!
//! So a set of messages is empty here where it is empty there, and lies within another where it does there. Every rule of the
//! world is right about a crowd, and [`World::change`] is the one place that is asked. Only of an act that takes a single
//! message there is more to say: which one, and whether others remain where it was. That is a [`Choice`]. [`Crowd::occur`]
//! gives the chosen message a number of its own, asks the world, and folds what follows.
//!
//! Whatever happens to any number of messages, happens here as well ([`seen_from`]); not all that happens here happens there,
//! because a copy takes messages in the order of their arrival, which is forgotten.

use crate::action::{Action, Fate};
use crate::assumption::Assumptions;
use crate::id::{Id, MessageId, MessageSet};
use crate::places::{each_place, fold, numbers, others, renumber};
pub use crate::places::{seen_from, seen_from_all};
use crate::procedure::Act;
use crate::refusal::Refusal;
use crate::scenario::Scenario;
use crate::state::{Account, Phase, State};
use crate::world::{Change, Occurrence, World};

/// The number of the tracked message.
pub const TRACKED: MessageId = MessageId(0);

/// A world in which any number of messages arrive, as one of them sees it.
#[derive(Clone, Debug)]
pub struct Crowd {
    world: World,
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

impl Crowd {
    /// The scenario with any number of messages, on a fresh site; how many it says there are is not looked at.
    #[must_use]
    pub fn new(scenario: &Scenario, assumptions: Assumptions) -> Self {
        Self::in_world(scenario, |scenario| {
            let mut world = World::new(scenario, assumptions);
            world.initial = seen_from_all(&world.initial);
            world
        })
    }

    /// The same, with the at-rest states of an earlier crowd as its past.
    #[must_use]
    pub fn following(scenario: &Scenario, assumptions: Assumptions, at_rest: &[State]) -> Self {
        Self::in_world(scenario, |scenario| World::following(scenario, assumptions, at_rest))
    }

    /// The same crowd, with stores that remember what was deleted from them.
    #[must_use]
    pub fn remembering_deletions(self) -> Self {
        Self { world: self.world.remembering_deletions() }
    }

    fn in_world(scenario: &Scenario, begin: impl FnOnce(&Scenario) -> World) -> Self {
        let mut listed = scenario.clone();
        // In the list of actions one message stands for whichever is taken.
        listed.site.messages = 1;
        let mut world = begin(&listed);
        world.scenario.site.messages = MessageSet::CAPACITY;
        Self { world }
    }

    /// The world whose rules are asked.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Whether so many kinds of others are told apart in a state that there is no number for one more. What follows such a
    /// state cannot be said.
    #[must_use]
    pub fn is_full(state: &State) -> bool {
        state.accounts.values().any(|account| numbers(account) >= MessageSet::CAPACITY)
    }

    /// Every choice that the scenario knows of in a state, in the order in which searches try them.
    pub fn choices(&self, state: &State, choices: &mut Vec<Choice>) {
        for action in self.world.actions() {
            let mut push = |taken| choices.push(Choice { action: *action, taken });
            let account = &state.accounts[action.mailbox().unwrap_or_default()];
            match self.takes(account, action) {
                Takes::None => push(Taken::Nothing),
                Takes::Arriving => [Taken::Tracked, Taken::New].into_iter().for_each(push),
                Takes::Named => one_of(account).for_each(push),
                Takes::Lacking => one_of(account).chain([Taken::Nothing]).for_each(push),
            }
        }
    }

    /// What follows when this choice is made in this state.
    ///
    /// # Errors
    /// The condition that forbids it here.
    pub fn step(&self, state: &State, choice: &Choice) -> Result<State, Refusal> {
        self.occur(state, choice).map(|occurrence| occurrence.state)
    }

    /// As [`Crowd::step`], with what the program that acted learned.
    ///
    /// # Errors
    /// The condition that forbids it here.
    pub fn occur(&self, state: &State, choice: &Choice) -> Result<Occurrence, Refusal> {
        let mailbox = choice.action.mailbox().unwrap_or_default();
        let known = &state.accounts[mailbox];
        let (before, action) = self.unfold(known, choice)?;
        let Change { mut account, shared, step } = self.change(&before, state, &action, choice.taken)?;
        if choice.taken == Taken::New {
            account.record.accepted = known.record.accepted;
        }
        fold(&mut account);
        let mut accounts = state.accounts.clone();
        accounts[mailbox] = account;
        Ok(Occurrence { state: State { accounts, shared }, step })
    }

    /// What happens, without the others being put together again afterwards: for telling it.
    ///
    /// # Errors
    /// The condition that forbids it here.
    pub fn unfolded(&self, state: &State, choice: &Choice) -> Result<Unfolded, Refusal> {
        let mailbox = choice.action.mailbox().unwrap_or_default();
        let (account, action) = self.unfold(&state.accounts[mailbox], choice)?;
        let Change { account: after, shared, step } = self.change(&account, state, &action, choice.taken)?;
        let with = |account: Account| {
            let mut accounts = state.accounts.clone();
            accounts[mailbox] = account;
            accounts
        };
        let before = State { accounts: with(account), ..state.clone() };
        let occurrence = Occurrence { state: State { accounts: with(after), shared }, step };
        Ok(Unfolded { before, action, occurrence })
    }

    /// What the world makes of an account in which the chosen message has a number of its own. A copy takes the earliest of all,
    /// so for a moment that is the chosen one.
    fn change(&self, before: &Account, state: &State, action: &Action, taken: Taken) -> Result<Change, Refusal> {
        if self.takes(before, action) != Takes::Lacking {
            return self.world.change(before, &state.shared, action);
        }
        let chosen = match taken {
            Taken::Nothing | Taken::New => None,
            Taken::Tracked => Some(TRACKED),
            Taken::Other { like, rest } => Some(rest.chosen(like, before)),
        };
        let mut account = before.clone();
        chosen.inspect(|chosen| renumber(&mut account, *chosen));
        let mut change = self.world.change(&account, &state.shared, action)?;
        if copied(&account, &change.account) != chosen.map_or(MessageSet::EMPTY, |_| MessageSet::just(TRACKED)) {
            return Err(Refusal::AnotherTaken);
        }
        chosen.inspect(|chosen| renumber(&mut change.account, *chosen));
        Ok(change)
    }

    /// The account in which the chosen message has a number of its own, and the action that names it.
    fn unfold(&self, known: &Account, choice: &Choice) -> Result<(Account, Action), Refusal> {
        let Choice { mut action, taken } = *choice;
        let takes = self.takes(known, &action);
        let fits = match taken {
            Taken::Nothing => matches!(takes, Takes::None | Takes::Lacking),
            Taken::Tracked => takes != Takes::None,
            Taken::New => takes == Takes::Arriving,
            Taken::Other { .. } => matches!(takes, Takes::Named | Takes::Lacking),
        };
        if !fits {
            return Err(Refusal::AnotherTaken);
        }
        let mut account = known.clone();
        match taken {
            Taken::Tracked if takes == Takes::Arriving && known.record.accepted.contains(TRACKED) => {
                return Err(Refusal::MessagesUsedUp);
            }
            Taken::Nothing | Taken::Tracked => {}
            // The next that arrives has the number after all that have.
            Taken::New => account.record.accepted = MessageSet::first(numbers(known)),
            Taken::Other { like, rest } => {
                if !others(known).contains(like) {
                    return Err(Refusal::NoSuchMessage);
                }
                if rest == Rest::Some {
                    let one_more = MessageSet::just(MessageId::at(numbers(known)));
                    let beside = |place: &mut MessageSet| {
                        if place.contains(like) {
                            *place = place.with(one_more);
                        }
                    };
                    each_place(&mut account, beside);
                }
                name(&mut action, rest.chosen(like, &account));
            }
        }
        Ok((account, action))
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

impl AsRef<World> for Crowd {
    fn as_ref(&self) -> &World {
        &self.world
    }
}

impl Rest {
    /// The number of the message that is taken; where others remain, that is the last one, which was made for it.
    fn chosen(self, like: MessageId, unfolded: &Account) -> MessageId {
        match self {
            Self::Some => MessageId::at(numbers(unfolded) - 1),
            Self::None => like,
        }
    }
}

fn one_of(account: &Account) -> impl Iterator<Item = Taken> {
    let each = |like| [Rest::Some, Rest::None].map(|rest| Taken::Other { like, rest });
    [Taken::Tracked].into_iter().chain(others(account).iter().flat_map(each))
}

fn name(action: &mut Action, chosen: MessageId) {
    if let Action::Redeliver { message, .. } | Action::OwnerDeletes { message, .. } = action {
        *message = chosen;
    }
}

/// The messages that are in a store now and were not before.
fn copied(before: &Account, after: &Account) -> MessageSet {
    let stores = before.mailboxes.values().zip(after.mailboxes.values());
    stores.map(|(before, after)| after.messages().without(before.messages())).fold(MessageSet::EMPTY, MessageSet::with)
}
