//! A crowd as something to be searched: what cannot be told apart any more cuts the search.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stranded_model::action::Action;
use stranded_model::counter_abstraction::{Choice, CounterAbstraction};
use stranded_model::state::{Account, Shared, State};
use stranded_model::{Change, Refusal, World};

use super::limits::{Limits, Truncation};
use super::rules::Rules;
use super::{Engine, Search, exact, stateright};

/// A crowd, and whether it was asked for what it cannot say.
struct Searched {
    abstraction: CounterAbstraction,
    is_full: AtomicBool,
}

pub(super) fn search(engine: Engine, abstraction: &CounterAbstraction, limits: &Limits<'_>) -> Search<Choice> {
    let searched = Arc::new(Searched { abstraction: abstraction.clone(), is_full: AtomicBool::new(false) });
    let found = match engine {
        Engine::Exact => exact::search(&*searched, limits),
        Engine::Stateright => stateright::search(&searched, limits),
        #[cfg(feature = "distributed")]
        Engine::Timely => super::distributed::search(&searched, limits, None),
    };
    Search { truncated: found.truncated.or(searched.unsaid()), ..found }
}

impl Rules for Searched {
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

    fn unsaid(&self) -> Option<Truncation> {
        self.is_full.load(Ordering::Relaxed).then_some(Truncation::CounterAbstraction)
    }

    fn change(&self, account: &Account, shared: &Shared, choice: &Choice) -> Result<Change, Refusal> {
        let change = self.abstraction.change(account, shared, choice);
        if matches!(change, Err(Refusal::NumbersUsedUp)) {
            self.is_full.store(true, Ordering::Relaxed);
        }
        change
    }
}
