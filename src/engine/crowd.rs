//! A crowd as something to be searched: what cannot be told apart any more cuts the search.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stranded_model::action::Action;
use stranded_model::crowd::{Choice, Crowd};
use stranded_model::state::{Account, Shared, State};
use stranded_model::{Change, Refusal, World};

use super::limits::{Cut, Limits};
use super::rules::Rules;
use super::{Engine, Search, exact, reference, spread};

/// A crowd, and whether it was asked for what it cannot say.
struct Searched {
    crowd: Crowd,
    is_full: AtomicBool,
}

pub(super) fn search(engine: Engine, crowd: &Crowd, limits: &Limits<'_>) -> Search<Choice> {
    let searched = Arc::new(Searched { crowd: crowd.clone(), is_full: AtomicBool::new(false) });
    let found = match engine {
        Engine::Exact => exact::search_rules(&*searched, limits),
        Engine::Stateright => reference::search(&searched, limits),
        Engine::Timely => spread::search(&searched, limits, None),
    };
    Search { cut: found.cut.or(searched.unsaid()), ..found }
}

impl Rules for Searched {
    type Choice = Choice;

    fn world(&self) -> &World {
        self.crowd.world()
    }

    fn initial(&self) -> &[State] {
        &self.crowd.world().initial
    }

    fn choices(&self) -> &[Choice] {
        self.crowd.choices()
    }

    fn action(choice: &Choice) -> Action {
        choice.action
    }

    fn unsaid(&self) -> Option<Cut> {
        self.is_full.load(Ordering::Relaxed).then_some(Cut::Crowd)
    }

    fn change(&self, account: &Account, shared: &Shared, choice: &Choice) -> Result<Change, Refusal> {
        let change = self.crowd.change(account, shared, choice);
        if matches!(change, Err(Refusal::NumbersUsedUp)) {
            self.is_full.store(true, Ordering::Relaxed);
        }
        change
    }
}
