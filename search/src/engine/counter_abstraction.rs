//! Searches of a counter abstraction. The search is truncated when the abstraction runs out of locations to
//! distinguish.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stranded_model::action::Action;
use stranded_model::counter_abstraction::{Choice, CounterAbstraction};
use stranded_model::state::{Account, Shared, State};
use stranded_model::{Change, Refusal, World};

use super::limits::{Limits, Truncation};
use super::rules::Rules;
use super::{Engine, Search, exact, stateright};

/// A counter abstraction, and a flag that is set when it could not represent a state.
struct SearchedAbstraction {
    abstraction: CounterAbstraction,
    is_exhausted: AtomicBool,
}

pub(super) fn search(engine: Engine, abstraction: &CounterAbstraction, limits: &Limits<'_>) -> Search<Choice> {
    let searched =
        Arc::new(SearchedAbstraction { abstraction: abstraction.clone(), is_exhausted: AtomicBool::new(false) });
    let found = match engine {
        Engine::Exact => exact::search(&*searched, limits),
        Engine::Stateright => stateright::search(&searched, limits),
        #[cfg(feature = "distributed")]
        Engine::Timely => super::distributed::search(&searched, limits, None),
    };
    Search { truncated: found.truncated.or(searched.incomplete()), ..found }
}

impl Rules for SearchedAbstraction {
    type Choice = Choice;

    fn world(&self) -> &World {
        self.abstraction.world()
    }

    fn initial(&self) -> &[State] {
        &self.abstraction.world().initial
    }

    fn choices(&self) -> &[Choice] {
        self.abstraction.choices()
    }

    fn action(choice: &Choice) -> Action {
        choice.action
    }

    fn incomplete(&self) -> Option<Truncation> {
        self.is_exhausted.load(Ordering::Relaxed).then_some(Truncation::CounterAbstraction)
    }

    fn change(&self, account: &Account, shared: &Shared, choice: &Choice) -> Result<Change, Refusal> {
        let change = self.abstraction.change(account, shared, choice);
        if matches!(change, Err(Refusal::NumbersUsedUp)) {
            self.is_exhausted.store(true, Ordering::Relaxed);
        }
        change
    }
}
