//! Rules with a bound of their own: a state that needs a number beyond the last one cannot be represented. The search is
//! truncated if it met such a state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stranded_model::action::Action;
use stranded_model::counter_abstraction::{Choice, CounterAbstraction};
use stranded_model::state::{Account, Shared, State};
use stranded_model::{Change, Refusal, SharedFacts, World};

use super::limits::Truncation;
use super::rules::Rules;

/// Rules, and a flag for each bound that is set when a state could not be represented.
pub(super) struct Bounded<R> {
    rules: R,
    numbers_used_up: AtomicBool,
    versions_used_up: AtomicBool,
}

impl<R> Bounded<R> {
    pub(super) fn new(rules: R) -> Arc<Self> {
        let flag = || AtomicBool::new(false);
        Arc::new(Self { rules, numbers_used_up: flag(), versions_used_up: flag() })
    }

    /// Notes a state that could not be represented, if this is the reason for the refusal.
    fn note(&self, refusal: Refusal) {
        if refusal == Refusal::NumbersUsedUp {
            self.numbers_used_up.store(true, Ordering::Relaxed);
        } else if refusal == Refusal::VersionsUsedUp {
            self.versions_used_up.store(true, Ordering::Relaxed);
        }
    }
}

impl<R: Rules> Rules for Bounded<R> {
    type Choice = R::Choice;

    fn world(&self) -> &World {
        self.rules.world()
    }

    fn initial(&self) -> &[State] {
        self.rules.initial()
    }

    fn choices(&self) -> &[R::Choice] {
        self.rules.choices()
    }

    fn action(choice: &R::Choice) -> Action {
        R::action(choice)
    }

    fn incomplete(&self) -> Option<Truncation> {
        let reached = |flag: &AtomicBool, truncation| flag.load(Ordering::Relaxed).then_some(truncation);
        reached(&self.numbers_used_up, Truncation::CounterAbstraction)
            .or(reached(&self.versions_used_up, Truncation::Versions))
    }

    fn change_reading(
        &self,
        account: &Account,
        shared: &Shared,
        choice: &R::Choice,
        read: &mut SharedFacts,
    ) -> Result<Change, Refusal> {
        let change = self.rules.change_reading(account, shared, choice, read);
        if let Err(refusal) = &change {
            self.note(*refusal);
        }
        change
    }
}

impl Rules for CounterAbstraction {
    type Choice = Choice;

    fn world(&self) -> &World {
        CounterAbstraction::world(self)
    }

    fn initial(&self) -> &[State] {
        &CounterAbstraction::world(self).initial
    }

    fn choices(&self) -> &[Choice] {
        CounterAbstraction::choices(self)
    }

    fn action(choice: &Choice) -> Action {
        choice.action
    }

    fn change_reading(
        &self,
        account: &Account,
        shared: &Shared,
        choice: &Choice,
        read: &mut SharedFacts,
    ) -> Result<Change, Refusal> {
        CounterAbstraction::change_reading(self, account, shared, choice, read)
    }
}
