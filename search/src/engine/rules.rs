//! The interface between the engines and the model: initial states, and the effect of each choice on one mailbox. The
//! rules themselves are in the model; implementations only call them.

use std::fmt::Debug;
use std::sync::Arc;

use stranded_model::action::Action;
use stranded_model::state::{Account, Shared, State};
use stranded_model::{Change, Occurrence, Refusal, SharedFacts, World};

use super::limits::Truncation;

/// A world, or an abstraction of one, that can be searched.
pub(crate) trait Rules: Send + Sync {
    /// An action with every open decision made.
    type Choice: Copy + Debug + PartialEq + Send + Sync;

    /// The world whose properties are judged.
    fn world(&self) -> &World;
    /// The initial states, in a fixed order.
    fn initial(&self) -> &[State];
    /// All choices, in the order in which they are tried: those for the first mailbox, the same for each other mailbox,
    /// then those for servers.
    fn choices(&self) -> &[Self::Choice];
    /// The action of a choice.
    fn action(choice: &Self::Choice) -> Action;
    /// Returns the effect of a choice on the mailbox that it concerns and on the shared part of the state. Adds the facts about the
    /// shared part that the rule reads to `read`, as [`World::change_reading`] does.
    ///
    /// # Errors
    /// The condition that forbids the choice.
    fn change_reading(
        &self,
        account: &Account,
        shared: &Shared,
        choice: &Self::Choice,
        read: &mut SharedFacts,
    ) -> Result<Change, Refusal>;

    /// As [`Rules::change_reading`], without the facts that the rule reads.
    ///
    /// # Errors
    /// The condition that forbids the choice.
    fn change(&self, account: &Account, shared: &Shared, choice: &Self::Choice) -> Result<Change, Refusal> {
        self.change_reading(account, shared, choice, &mut SharedFacts::default())
    }

    /// Returns the reason why a search of these rules is incomplete, if the rules could not answer a question.
    fn incomplete(&self) -> Option<Truncation> {
        None
    }

    /// Returns the effect of a choice on a whole state.
    ///
    /// # Errors
    /// The condition that forbids the choice.
    fn occur(&self, state: &State, choice: &Self::Choice) -> Result<Occurrence, Refusal> {
        // A choice that concerns a server changes no account, so any account serves.
        let mailbox = Self::action(choice).mailbox().unwrap_or_default();
        Ok(self.change(&state.accounts[mailbox], &state.shared, choice)?.in_state(state, mailbox))
    }
}

impl Rules for World {
    type Choice = Action;

    fn world(&self) -> &World {
        self
    }

    fn initial(&self) -> &[State] {
        &self.initial
    }

    fn choices(&self) -> &[Action] {
        self.actions()
    }

    fn action(choice: &Action) -> Action {
        *choice
    }

    fn change_reading(
        &self,
        account: &Account,
        shared: &Shared,
        choice: &Action,
        read: &mut SharedFacts,
    ) -> Result<Change, Refusal> {
        World::change_reading(self, account, shared, choice, read)
    }
}

macro_rules! borrowed {
    ($($owner:ty),*) => {$(
        impl<R: Rules> Rules for $owner {
            type Choice = R::Choice;

            fn world(&self) -> &World {
                (**self).world()
            }

            fn initial(&self) -> &[State] {
                (**self).initial()
            }

            fn choices(&self) -> &[Self::Choice] {
                (**self).choices()
            }

            fn action(choice: &Self::Choice) -> Action {
                R::action(choice)
            }

            fn incomplete(&self) -> Option<Truncation> {
                (**self).incomplete()
            }

            fn change_reading(
                &self,
                account: &Account,
                shared: &Shared,
                choice: &Self::Choice,
                read: &mut SharedFacts,
            ) -> Result<Change, Refusal> {
                (**self).change_reading(account, shared, choice, read)
            }
        }
    )*};
}

borrowed!(&R, Arc<R>);
