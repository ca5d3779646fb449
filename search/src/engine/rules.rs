//! What a search needs to know of a world: where it starts, and what each choice makes of one mailbox. The rules themselves
//! stand in the model; whoever answers here calls them.

use std::fmt::Debug;
use std::sync::Arc;

use stranded_model::action::Action;
use stranded_model::state::{Account, Shared, State};
use stranded_model::{Change, Occurrence, Refusal, World};

use super::limits::Truncation;

/// A world, or an abstraction of one, that can be searched.
pub(crate) trait Rules: Send + Sync {
    /// One thing that can happen, with everything chosen that is open.
    type Choice: Copy + Debug + PartialEq + Send + Sync;

    /// The world whose properties are judged.
    fn world(&self) -> &World;
    /// The states it starts in, in a fixed order.
    fn initial(&self) -> &[State];
    /// Everything that can happen at all, in the order in which it is tried: what concerns the first mailbox, the same for
    /// each further mailbox, then what concerns servers.
    fn choices(&self) -> &[Self::Choice];
    /// The action that is chosen.
    fn action(choice: &Self::Choice) -> Action;
    /// What a choice makes of the mailbox that it concerns, and of what all share.
    ///
    /// # Errors
    /// The condition that forbids it here.
    fn change(&self, account: &Account, shared: &Shared, choice: &Self::Choice) -> Result<Change, Refusal>;

    /// What these rules were asked for and could not say, which leaves a search of them incomplete.
    fn unsaid(&self) -> Option<Truncation> {
        None
    }

    /// What a choice makes of a whole state.
    ///
    /// # Errors
    /// The condition that forbids it here.
    fn occur(&self, state: &State, choice: &Self::Choice) -> Result<Occurrence, Refusal> {
        // A choice that concerns a server changes no account, so any will do.
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

    fn change(&self, account: &Account, shared: &Shared, choice: &Action) -> Result<Change, Refusal> {
        World::change(self, account, shared, choice)
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

            fn unsaid(&self) -> Option<Truncation> {
                (**self).unsaid()
            }

            fn change(&self, account: &Account, shared: &Shared, choice: &Self::Choice) -> Result<Change, Refusal> {
                (**self).change(account, shared, choice)
            }
        }
    )*};
}

borrowed!(&R, Arc<R>);
